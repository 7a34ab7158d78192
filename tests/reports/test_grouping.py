"""Grouping: one cause may be thousands of cases; what has no cause is not thrown together."""

from itertools import chain

import pytest

from parity.causes import UNCLASSIFIED
from parity.reports.grouping import causes_of, grouped


def row(name, check="ids", judged="both", cause=None, least=None):
    """A divergence of a run file, as far as grouping looks."""
    minimal = None if least is None else {"case": {"payload": least}}
    return {
        "case": {"id": name}, "check": check, "judged": judged, "cause": cause, "minimal": minimal,
    }  # fmt: skip


def names(rows):
    """The ids of the cases of each group."""
    return [[one["case"]["id"] for one in group] for group in grouped(rows)]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ({"cause": "case", "least": "A"}, {"cause": "case", "least": "B"}, True),
        ({"cause": "case"}, {"cause": "digits"}, False),
        ({"cause": "case"}, {"cause": "case", "check": "text"}, False),
        ({"cause": "case"}, {"cause": "case", "judged": "candidate"}, False),
        ({"cause": UNCLASSIFIED, "least": "A"}, {"cause": UNCLASSIFIED, "least": "A"}, True),
        ({"cause": UNCLASSIFIED, "least": "A"}, {"cause": UNCLASSIFIED, "least": "B"}, False),
        ({"cause": UNCLASSIFIED}, {"cause": UNCLASSIFIED}, True),
        ({"cause": UNCLASSIFIED, "least": "A"}, {"cause": UNCLASSIFIED}, False),
        ({"cause": ""}, {"cause": ""}, False),
        ({"cause": "", "least": [1]}, {"cause": "", "least": [1]}, True),
        ({}, {}, False),
    ],
)
def test_what_is_of_one_cause_is_one_group(one, other, together):
    """Of one check and side; without a named cause, what has one smallest case."""
    found = names([row("a", **one), row("b", **other)])

    assert found == ([["a", "b"]] if together else [["a"], ["b"]])


def test_a_group_starts_with_what_is_minimised():
    """It is what a report shows; the others stay in their order."""
    rows = [row("a", cause="case"), row("b", cause="case"), row("c", cause="case", least="A")]

    assert names(rows) == [["c", "a", "b"]]


def test_groups_are_in_the_order_in_which_they_were_found():
    """Not by size or name."""
    rows = [row("a", cause="digits"), row("b", cause="case"), row("c", cause="case")]

    assert names(rows) == [["a"], ["b", "c"]]


def test_nothing_is_lost_by_grouping():
    """Each divergence is in one group."""
    causes = ("case", UNCLASSIFIED, "", None)
    rows = [row(str(place), cause=causes[place % 4]) for place in range(40)]

    assert sorted(chain.from_iterable(names(rows))) == sorted(str(place) for place in range(40))


def test_a_cause_is_told_with_its_cases_checks_and_smallest_case():
    """The largest first; the head counts both."""
    rows = [
        row("a", cause="digits"),
        *(row(f"b{place}", cause="case") for place in range(1200)),
        row("c", check="text", cause="case", least="A"),
    ]
    head, first, second = causes_of(rows)

    assert head == "2 causes, 1,202 cases"
    assert first.split() == ["case", "1,201", "of", "ids,", "text", "smallest", '"A"']
    assert second.split() == ["digits", "1", "of", "ids"]


def test_one_is_one():
    """Of causes and of cases."""
    assert next(causes_of([row("a", cause="case")])) == "1 cause, 1 case"


def test_what_was_not_classified_is_not_told_as_a_cause():
    """Where no cause was asked for there is no line at all."""
    assert list(causes_of([row("a"), row("b", cause="")])) == []
