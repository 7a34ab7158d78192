"""One divergence in a few lines."""

import pytest

from parity.compare import compare
from parity.reports.divergence import lines
from parity.runfile import record
from parity.types import Case, Failure, Observation

CASE = Case("t/a-00000000", "text", "a")
FAILS = Observation(failure=Failure("ValueError", "no\x1b"))


def shown(reference, candidate, case=CASE):
    """The lines of a divergence; what is no observation is the value of one."""
    seen = [
        one if isinstance(one, Observation) else Observation(one) for one in (reference, candidate)
    ]
    return "\n".join(lines(record(compare(case, "ids", *seen), {1: "one"})))


@pytest.mark.parametrize(
    ("reference", "candidate", "says"),
    [
        ([1, 2], [1, 3], "first difference at [1] of 2 / 2"),
        ([1, 2], [1], "first difference at [1] of 2 / 1, candidate ends first"),
        ([1], [1, 2], "first difference at [1] of 1 / 2, reference ends first"),
        ([1], [], "candidate  »end«"),
        ([1], FAILS, "the outcome differs"),
        ([1], FAILS, r'candidate  ValueError: "no\u001b"'),
        ([1], FAILS, "reference  a value: [1]"),
        ([1], "1", "the type differs"),
        ("ab", "ac", 'reference  "b"'),
        ("ab", "a", "candidate  nothing"),
        (b"ab", b"ac", "reference  98"),
        ([(0, 1), (1, 2)], [(0, 1), (1, 3)], "first difference at [1][1] of 2 / 2"),
        ({"a": [1]}, {"a": [2]}, "first difference at [a][0]"),
        ({"a": [1]}, {}, "first difference at [a], candidate ends first"),
        ([1] * 9, [1] * 8 + [2], '… 1 "one"'),
    ],
)
def test_the_first_place_is_shown_with_both_sides(reference, candidate, says):
    """Whatever differs there."""
    assert says in shown(reference, candidate)


@pytest.mark.parametrize(
    ("kind", "payload", "says"),
    [
        ("text", "\ud83d" + "\ude00", r'text       "\ud83d\ude00"'),
        ("bytes", b"\xff", "bytes      bytes ff"),
        ("ids", (1, 2), "ids        [1, 2]"),
    ],
)
def test_the_input_is_shown(kind, payload, says):
    """As it is: two code points are two."""
    assert says in shown([1], [2], CASE._replace(kind=kind, payload=payload))


def test_long_ids_are_shown_around_the_difference_alone():
    """No wall of ids."""
    assert len(shown([1] * 5000, [1] * 4000 + [2] * 1000)) < 600


def test_where_a_divergence_lies_is_shown_as_it_can_be_read():
    """What a template has in it does nothing to a terminal; what is not known is not said."""
    row = record(compare(CASE, "ids", Observation([1]), Observation([2])), {})
    known = {
        **row,
        "cause": "filter:int",
        "where": "template line 2, {{ x\x1b[31m }}",
        "minimal": None,
    }

    assert "where      template line 2, {{ x\\u001b[31m }}" in list(lines(known))
    assert "where" not in "\n".join(lines({**known, "where": None}))


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, r'template   "\n{{ x }}"'),
        ({"x": "\u200b"}, r"with 'x': '\u200b'"),
        ({"x": "a" * 500}, "… +"),
    ],
)
def test_a_template_is_shown_with_what_it_is_rendered_with(variables, says):
    """Its source as a text, its variables cut where they are long."""
    payload = {"source": "\n{{ x }}", "variables": variables}

    assert says in shown([1], [2], CASE._replace(kind="template", payload=payload))
