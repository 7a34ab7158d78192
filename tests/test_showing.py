"""`tokparity show` and `tokparity backends`: one case in full, and what is missing."""

import re
import sys

import pytest

from parity import assets, cli
from parity.backends.mock import FAULTS
from parity.types import case_digest

EXAMPLES = re.findall(r"^ *(tokparity show .*)$", cli.show.help, re.MULTILINE)
TRAP = "a\u202e\x1b[31m[red]:cat:"


def test_a_case_is_shown_with_what_both_sides_make_of_it(project, tokparity):
    """Ids, pieces and ranges, side by side; where they part is one of the lines."""
    project.plan({"candidate": "mock:drops_last_id"}, rows=["ab"])
    ran = tokparity("show", project.ids()[0])

    assert ran.code == 0
    assert 'text      "ab"' in ran.out
    assert "U+0061 U+0062" in ran.out
    assert '0    97 "<0x61>" 0:1    97 "<0x61>" 0:1' in ran.out
    assert '1    98 "<0x62>" 1:2    no id 1:2' in ran.out


def test_a_case_of_ids_is_shown_decoded(project, tokparity):
    """With special tokens skipped, and kept."""
    project.plan({}, rows=[[256, 97]])
    ran = tokparity("show", project.ids()[0])

    assert '"a"' in ran.out
    assert '"<s>a"' in ran.out


def test_a_case_of_bytes_is_shown_as_it_is(project, tokparity):
    """No side has to take it."""
    project.plan(rows=[{"id": f"t/b-{case_digest('bytes', 'ff', {})}", "bytes": "ff"}])

    assert r"bytes     b'\xff'" in tokparity("show", "t/b").out


def test_the_start_of_an_id_is_enough(project, tokparity):
    """Where only one case has it."""
    project.plan({"candidate": "mock:drops_last_id"}, rows=["ab"])

    assert tokparity("show", "t/case").code == 0


def test_the_view_after_an_id_is_no_part_of_it(project, tokparity):
    """A report's id can be copied whole."""
    project.plan(rows=["ab"])

    assert tokparity("show", f"{project.ids()[0]}#keep").code == 0


def test_the_start_of_several_ids_is_refused(project, tokparity):
    """With the first of them."""
    project.plan()
    ran = tokparity("show", "t/")

    assert ran.code == 2
    assert f"2 cases start with 't/': {project.ids()[0]}, {project.ids()[1]}" in ran.err


def test_an_unknown_id_is_exit_code_5(project, tokparity):
    """No case is selected."""
    project.plan()
    ran = tokparity("show", "nowhere/")

    assert ran.code == 5
    assert "no case 'nowhere/' in the plan's corpora" in ran.err


def test_what_a_terminal_acts_upon_is_shown_escaped(project, tokparity):
    """Text, pieces, and what a backend says of itself; markup and emoji codes as they are."""
    project.plan({"candidate": "py:mine:Lacks"}, rows=[TRAP])
    ran = tokparity("show", "t/case")

    assert r'"a\u202e\u001b[31m[red]:cat:"' in ran.out
    assert r"Unsupported: \u001b[31m[red]\u202e:cat: has no encode" in " ".join(ran.out.split())
    assert not set("\x1b\u202e") & set(ran.out)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_side_is_shown_and_crashes_nothing(project, tokparity, fault):
    """Fewer ids than ranges, floats, panics: it is for these that one looks."""
    project.plan({"candidate": f"mock:{fault}"}, rows=["ab<s> \r\n\ud83d", [256, 97, 300]])

    assert [tokparity("show", id).code for id in project.ids()] == [0, 0]


def test_a_narrow_terminal_cuts_no_id(project, tokparity, monkeypatch):
    """Cells are folded."""
    monkeypatch.setenv("COLUMNS", "24")
    project.plan({"candidate": "py:mine:Wrong"}, rows=["\U0001f600"])
    ran = tokparity("show", "t/case")

    assert "…" not in ran.out.partition("toy")[2]


def test_tags_are_explained(tokparity):
    """As TAGS.md does."""
    ran = tokparity("show", "special/alone-6c5042c1", "--pair", "byte-bpe-600")

    assert ran.code == 0
    assert "special.place" in ran.out
    assert "not explained" not in ran.out


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_of_the_help_shows_a_case(tokparity, line):
    """It names a case that is there."""
    assert tokparity(*line.split()[1:]).code == 0


def test_every_kind_is_listed_with_what_is_missing(tokparity, monkeypatch):
    """And with what installs it."""
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "tiktoken" else "found"
    )
    monkeypatch.setenv("COLUMNS", "200")
    ran = tokparity("backends")

    assert ran.code == 0
    assert all(f"\n{kind} " in ran.out for kind in ("hf", "mock", "py", "reference", "tiktoken"))
    assert "no: pip install 'tokparity[tiktoken]'" in ran.out


def test_every_asset_is_listed_with_its_state(tokparity, monkeypatch):
    """Ready, missing or not the one that is locked."""
    monkeypatch.setattr(assets, "state", lambda name: f"missing: {name} [red]")
    before = "torch" in sys.modules  # of another test
    ran = tokparity("backends")

    for name in assets.names():
        assert f"asset:{name:<18} missing: {name} [red]" in ran.out
    assert ("torch" in sys.modules) == before
