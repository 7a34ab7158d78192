"""The ledger: what differs as it says is expected, what does not fails, what is stale goes."""

import datetime as dt

import pytest

from parity import ledger
from parity.compare import Comparison, Verdict
from parity.errors import BadLedger
from parity.types import Case, Observation

TODAY = dt.date(2026, 6, 30)
GOOD = 'pair = "qwen-*"\ncheck = "ids*"\nselect = "tag:a"\nreason = "older tables"\n'
BAD = {
    "no TOML": ("[[expected]", "a.toml: "),
    "another table": ("[wrong]\na = 1", "entries and nothing else"),
    "a table, not a list": (f"[expected]\n{GOOD}", "entries and nothing else"),
    "a list of numbers": ("expected = [1]", "entries and nothing else"),
    "unknown key": (f'[[expected]]\n{GOOD}checks = "x"', "entry 1: unknown key 'checks'"),
    "no reason": ("[[expected]]\n" + GOOD.replace("reason", "link"), "the key 'reason' is wanted"),
    "blank reason": ("[[expected]]\n" + GOOD.replace("older tables", " "), "'reason' is wanted"),
    "a number": ("[[expected]]\n" + GOOD.replace('"ids*"', "1"), "the key 'check' is wanted"),
    "bad select": ("[[expected]]\n" + GOOD.replace("tag:a", "(tag:a"), "entry 1: select"),
    "expiry of text": (f'[[expected]]\n{GOOD}expires = "2027-01-01"', "'expires' is a date"),
    "expiry with a time": (f"[[expected]]\n{GOOD}expires = 2027-01-01T00:00:00", "is a date"),
    "the second": (f"[[expected]]\n{GOOD}[[expected]]\n", "entry 2: the key 'pair'"),
}


def written(folder, content):
    """A ledger file."""
    path = folder / "a.toml"
    path.write_text(content, encoding="utf-8")
    return path


def entry(folder, more=""):
    """The entry of GOOD."""
    (found,) = ledger.read(written(folder, f"[[expected]]\n{GOOD}{more}"))
    return found


def judged(folder, verdict):
    """A comparison after the ledger has spoken."""
    case = Case("t/a-00000000", "text", "a", tags=("a",))
    found = Comparison(case, "ids", verdict, Observation([1]), Observation([2]))
    return ledger.judge(found, entry(folder))


@pytest.mark.parametrize(("content", "says"), BAD.values(), ids=BAD)
def test_a_bad_entry_is_named(tmp_path, content, says):
    """An entry that cannot be meant excuses nothing."""
    path = written(tmp_path, content)

    with pytest.raises(BadLedger, match=says) as caught:
        ledger.read(path)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_no_file_is_no_entry(tmp_path):
    """Without a ledger every difference counts."""
    assert ledger.read(tmp_path / "gone.toml") == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Verdict.DIVERGED, Verdict.EXPECTED),
        (Verdict.SAME, Verdict.UNEXPECTED),
        (Verdict.UNSUPPORTED, Verdict.UNSUPPORTED),
    ],
)
def test_an_entry_turns_a_verdict(tmp_path, before, after):
    """What is known must still differ; what was not compared stays so."""
    assert judged(tmp_path, before).verdict is after


@pytest.mark.parametrize("verdict", [Verdict.DIVERGED, Verdict.SAME])
def test_a_turned_verdict_gives_the_reason(tmp_path, verdict):
    """The reader learns what the ledger says."""
    assert "older tables" in judged(tmp_path, verdict).note


@pytest.mark.parametrize(
    ("pair", "check", "relevant"),
    [
        ("qwen-hf", "ids", True),
        ("qwen-hf", "ids_batched", True),
        ("qwen-hf", "text", False),
        ("llama-hf", "ids", False),
        ("Qwen-hf", "ids", False),
    ],
)
def test_an_entry_speaks_of_its_pair_and_check(tmp_path, pair, check, relevant):
    """And of no other."""
    assert bool(ledger.relevant([entry(tmp_path)], pair, check, TODAY)) is relevant


@pytest.mark.parametrize(
    ("expires", "relevant"), [("2026-07-01", True), ("2026-06-30", False), ("2026-06-29", False)]
)
def test_an_expired_entry_counts_for_nothing(tmp_path, expires, relevant):
    """From the day that it names on."""
    found = entry(tmp_path, f"expires = {expires}")

    assert bool(ledger.relevant([found], "qwen-a", "ids", TODAY)) is relevant


def test_the_first_entry_that_selects_a_case_is_found(tmp_path):
    """A case that no entry selects has none."""
    entries = [entry(tmp_path)]

    assert ledger.find(entries, Case("t/a-00000000", "text", "", tags=("a",))) is entries[0]
    assert ledger.find(entries, Case("t/a-00000000", "text", "", tags=("b",))) is None
