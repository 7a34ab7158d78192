"""An entry whose day has come fails whatever speaks of it, with its date."""

import datetime as dt
import json
from xml.etree import ElementTree as ET

import pytest
from helpers import outcomes

from parity import ledger

PAST, FUTURE = "2026-01-01", "2999-01-01"
ENTRY = """
[[expected]]
pair = "toy"
check = "ids"
select = "id:*"
reason = "known"
expires = {}
"""
SAYS = "golden/expected.toml: entry 1 expired on 2026-01-01: renew it, or take it out"


def planned(project, candidate="mock:drops_last_id", expires=PAST, more=""):
    """Two pairs, and a ledger of one entry about the first."""
    other = {"name": "other", "checks": ["ids"]}
    project.plan({"candidate": candidate, "checks": ["ids"]}, other)
    project.file("golden/expected.toml", ENTRY.format(expires) + more)


@pytest.mark.parametrize(
    ("candidate", "flags", "code"),
    [
        ("mock:drops_last_id", [], 1),
        ("py:mine:Mine", [], 1),
        ("py:mine:Mine", ["--select", "text:abc"], 1),
        ("py:mine:Mine", ["--pair", "toy"], 1),
        ("py:mine:Mine", ["--pair", "other"], 0),
    ],
    ids=["still differs", "agrees", "selected", "its pair", "another pair"],
)
def test_an_expired_entry_fails_the_runs_that_it_speaks_of(
    project, tokparity, candidate, flags, code
):
    """Whether its cases still differ or not: a date is a promise to look again."""
    planned(project, candidate)
    ran = tokparity("run", *flags)
    footer = project.run_file()[-1]

    assert ran.code == footer["exit"] == code
    assert (SAYS in ran.out) is bool(code)
    assert footer["expired_entries"] == ({"golden/expected.toml: entry 1": PAST} if code else {})


def test_an_entry_counts_until_its_day(project, tokparity):
    """It covers what it selects, and fails nothing."""
    planned(project, expires=FUTURE)

    assert tokparity("run").code == 0
    assert project.run_file()[-1]["expired_entries"] == {}


def test_what_an_expired_entry_selects_is_a_divergence(project, tokparity):
    """From its day on it counts for nothing."""
    planned(project)
    tokparity("run")

    assert project.run_file()[-1]["pairs"][0]["rows"][0]["diverged"] == 2


def test_an_entry_expires_at_the_start_of_its_day_in_utc(project):
    """The same moment everywhere."""
    planned(project, expires="2026-06-30")
    (entry,) = ledger.read(project.folder / "golden" / "expected.toml")
    days = [dt.date(2026, 6, 29), dt.date(2026, 6, 30), dt.date(2026, 7, 1)]

    assert [ledger.expired(entry, day) for day in days] == [False, True, True]


def test_an_expired_entry_for_newer_tables_is_passed_over(project, tokparity):
    """It is another Python's."""
    planned(project, "py:mine:Mine", more='unicode = "99.0"\n')

    assert tokparity("run").code == 0
    assert project.run_file()[-1]["ledger"]["in_force"] == []


def of_junit(project):
    """What the test cases of the ledger say in a JUnit report, each failure."""
    root = ET.parse(project.folder / "a.xml").getroot()  # noqa: S314
    cases = [one for one in root.iter("testcase") if one.get("name").startswith("ledger")]
    return [child.get("message") for case in cases for child in case]


def test_junit_fails_for_what_is_expired_or_stale(project, tokparity):
    """A dashboard is as red as the exit code."""
    stale = ENTRY.format(FUTURE).replace("id:*", "id:t/gone-*")
    planned(project, "py:mine:Mine", more=stale)
    tokparity("run", "--output", "junit=a.xml")
    said = "\n".join(of_junit(project))

    assert SAYS in said
    assert "entry 2 selects no case any more" in said


def test_junit_fails_for_no_ledger_that_is_as_it_must_be(project, tokparity):
    """What is known is no failure."""
    planned(project, expires=FUTURE)
    tokparity("run", "--output", "junit=a.xml")

    assert of_junit(project) == []


@pytest.mark.parametrize(
    ("args", "failed"), [([], 1), (["--parity-pair", "toy"], 1), (["--parity-pair", "other"], 0)]
)
def test_the_item_of_the_ledger_fails_with_the_date(project, ran, args, failed):
    """Where it speaks of a pair that is collected."""
    planned(project, "py:mine:Mine")
    result = ran(*args, "-k", "ledger")

    assert outcomes(result).get("failed", 0) == failed
    if failed:
        result.stdout.fnmatch_lines(["*entry 1 expired on 2026-01-01: renew it, or take it out"])


def test_the_item_of_the_ledger_passes_while_no_entry_has_expired(project, ran):
    """There is one wherever the ledger has entries."""
    planned(project, expires=FUTURE)
    result = ran("-k", "ledger", "-v")

    assert outcomes(result)["passed"] == 1


def test_a_plan_without_entries_has_no_such_item(project, ran):
    """Nothing can expire."""
    project.plan({"checks": ["ids"]})

    assert outcomes(ran()) == {"passed": 2}


def test_the_footer_says_which_entries_count_and_which_selected_a_case(project, tokparity):
    """So that shards of a run, put together, tell what is stale."""
    gone = ENTRY.format(FUTURE).replace("id:*", "id:t/gone-*")
    planned(project, expires=FUTURE, more=gone)
    tokparity("run", "--pair", "toy")
    found = project.run_file()[-1]["ledger"]
    places = [f"golden/expected.toml: entry {number}" for number in (1, 2)]

    assert (found["in_force"], found["selected"]) == (places, places[:1])
    assert found["cases"] == {places[0]: 2}
    assert found["unnarrowed"] is False


def test_a_run_without_a_ledger_says_so_too(project, tokparity):
    """The key is always there."""
    project.plan({"checks": ["ids"]})
    tokparity("run")
    found = project.run_file()[-1]

    assert found["ledger"] == {
        "in_force": [], "selected": [], "cases": {}, "sha256": "", "unnarrowed": True,
    }  # fmt: skip
    assert json.dumps(found["expired_entries"]) == "{}"


def test_expected_stands_apart_from_same_in_the_table(project, tokparity):
    """What is known to differ does not agree."""
    case = {"candidate": "mock:reads_lower_case", "checks": ["ids"]}
    project.plan(case, rows=["ab", "AB", "CD"])
    entry = ENTRY.format(FUTURE).replace("id:*", f"id:{project.ids()[1]}")
    project.file("golden/expected.toml", entry)
    out = tokparity("run").out
    rows = [text.split() for text in out.splitlines() if text.startswith(("  check", "  ids  "))]
    counts = dict(zip(*rows[:2], strict=True))

    assert {name: counts[name] for name in ("compared", "same", "diverged", "expected")} == {
        "compared": "3", "same": "1", "diverged": "1", "expected": "1",
    }  # fmt: skip
