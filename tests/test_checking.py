"""`tokparity backends check`: what it prints and how it exits."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from parity import conformance
from parity.conformance import RULES, encoding

FAULTY = Path(__file__).parent / "remote" / "faulty.py"


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A megabyte is shorter here."""
    monkeypatch.setattr(encoding, "MEGABYTE", 1 << 14)


def test_what_holds_ends_with_no_error(tokparity):
    """Every rule has a row, and the last line counts them."""
    ran = tokparity("backends", "check", "mock:honest")

    assert ran.code == 0
    assert all(
        rule.__name__.replace("_", " ") in ran.out for rules in RULES.values() for rule in rules
    )
    assert "mock:honest: 41 rules hold, 0 are broken, 1 are of what it has not" in ran.out


def test_what_breaks_is_shown_with_its_example_and_its_law(tokparity):
    """And the exit code is that of a divergence."""
    ran = tokparity("backends", "check", "mock:counts_offsets_in_bytes")

    assert ran.code == 1
    assert (
        "offsets in code points breaks: Ranges count code points: neither bytes nor UTF-16.\n"
        "  encode('\\xe9') has a range (0, 2); it ends at 1\n"
    ) in ran.out


def test_what_has_nothing_proves_nothing(tokparity):
    """An identity alone is no backend that could be compared."""
    ran = tokparity("backends", "check", "jinja:none")

    assert (ran.code, "nothing could be checked" in ran.out) == (3, True)


def test_the_document_has_every_finding(tokparity):
    """For a program that reads it."""
    ran = tokparity("backends", "check", "mock:drops_last_output", "--json")
    document = json.loads(ran.out)
    (broken,) = [row for row in document["findings"] if row["verdict"] == "breaks"]

    assert (ran.code, document["exit"], document["spec"]) == (1, 1, "mock:drops_last_output")
    assert (broken["operation"], broken["rule"]) == ("encode_batch", "batch_is_single")
    assert broken["detail"] == "a batch of 1 texts gives 0 results"
    assert broken["law"].startswith("A batch gives for each text, in order")


def test_a_harness_is_checked_message_by_message(tokparity):
    """One that claims another version each time is caught in both ways."""
    command = shlex.join([sys.executable, str(FAULTY), "--lie-version"])
    ran = tokparity("backends", "check", f"command:{command}")

    assert (ran.code, ran.err) == (1, "")
    assert "hello repeats" in ran.out
    assert "identity is stable" in ran.out


def test_the_bare_command_lists_the_kinds_as_ever(tokparity):
    """`check` is one word more."""
    ran = tokparity("backends")

    assert (ran.code, "tiny tokenizers: " in ran.out) == (0, True)


def test_without_the_schema_package_the_kit_says_what_to_install(tokparity, monkeypatch):
    """No run needs it; the kit needs it where there are messages."""
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    command = shlex.join([sys.executable, str(FAULTY)])
    ran = tokparity("backends", "check", f"command:{command}")

    assert (ran.code, ran.out) == (3, "")
    assert "pip install 'tokparity[protocol]'" in ran.err


def test_every_rule_says_its_law():
    """Who reads that it is broken reads what is."""
    laws = [rule.__doc__ for rules in conformance.RULES.values() for rule in rules]

    assert all(law and law.endswith(".") for law in laws)
