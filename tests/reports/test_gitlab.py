"""GitLab: an issue a cause, with a fingerprint that stays."""

import json

import pytest
from planted_runs import KINDS

from parity.reports import gitlab


def issues(run):
    """The report, parsed."""
    return json.loads(gitlab.render(run))


@pytest.mark.parametrize("name", KINDS)
def test_no_two_issues_have_one_fingerprint(kinds, name):
    """GitLab drops the second."""
    prints = [issue["fingerprint"] for issue in issues(kinds(name))]

    assert len(prints) == len(set(prints))
    assert bool(prints) is (KINDS[name] != 0)


def test_two_problems_of_a_kind_are_two_issues(planted):
    """Stale entries, say."""
    run = planted([], stale_entries=["a: entry 1", "a: entry 2"], verdict="diverged", exit=1)

    assert len({issue["fingerprint"] for issue in issues(run)}) == 2


def test_a_cause_keeps_its_fingerprint_whichever_cases_show_it(diverging):
    """Another case of the same cause is the same issue."""
    (row,) = diverging.divergences
    one = diverging._replace(divergences=[{**row, "cause": "digits"}])
    case = {**row["case"], "id": "t/other-00000000"}
    other = diverging._replace(divergences=[{**row, "cause": "digits", "case": case}] * 3)

    assert issues(one)[0]["fingerprint"] == issues(other)[0]["fingerprint"]
    assert issues(one)[0]["check_name"] == "tokparity/digits"


@pytest.mark.parametrize(
    ("place", "path", "line"),
    [
        ({"corpus": "x", "file": "texts/x.jsonl", "line": 7}, "texts/x.jsonl", 7),
        ({"corpus": "x", "file": None, "line": 7}, "pyproject.toml", 1),
        (None, "pyproject.toml", 1),
    ],
)
def test_an_issue_stands_in_the_corpus_or_in_the_plan(diverging, place, path, line):
    """A corpus that comes along is no file of the project."""
    (row,) = diverging.divergences
    (issue,) = issues(diverging._replace(divergences=[{**row, "place": place}]))

    assert issue["location"] == {"path": path, "lines": {"begin": line}}
    assert issue["severity"] == "critical"


def test_what_proves_nothing_blocks(kinds):
    """It is worse than what differs."""
    assert {issue["severity"] for issue in issues(kinds("refused"))} == {"blocker"}
