"""The badge: counts, never a share, and green for what is green."""

import json

import pytest
from planted_runs import KINDS, row

from parity.reports import badge

SAID = {
    "exact": ("exact 44,112", "brightgreen"),
    "as expected": ("as expected 9, 3 expected", "green"),
    "diverging": ("1 of 8 differ", "red"),
    "unexpected": ("1 of 7 differ", "red"),
    "stale": ("1 stale entry, 1 expired entry", "red"),
    "refused": ("inconclusive", "orange"),
    "cut": ("inconclusive", "orange"),
    "nothing": ("inconclusive", "orange"),
    "no case": ("nothing was compared", "orange"),
    "locked": ("golden or lock problem", "red"),
}


@pytest.mark.parametrize(("name", "says"), SAID.items(), ids=SAID)
def test_a_badge_has_counts_and_a_colour(kinds, name, says):
    """The words and the colour of each kind of run."""
    found = json.loads(badge.render(kinds(name)))

    assert (found["message"], found["color"]) == says


@pytest.mark.parametrize("name", KINDS)
def test_no_badge_has_a_share(kinds, name):
    """99.99 % is not parity."""
    found = json.loads(badge.render(kinds(name)))

    assert "%" not in found["message"]
    assert ("green" in found["color"]) is (KINDS[name] == 0)


@pytest.mark.parametrize("differ", [1, 43_999, 44_111])
def test_nothing_is_rounded(planted, differ):
    """Neither one of many, nor all but one."""
    counts = {"compared": 44_112, "same": 44_112 - differ, "diverged": differ}
    run = planted([row("ids", **counts)], verdict="diverged", exit=1)

    assert json.loads(badge.render(run))["message"] == f"{differ:,} of 44,112 differ"
