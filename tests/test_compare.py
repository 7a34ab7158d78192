"""Compare: the first place where two values part, lengths before contents, nothing cut off."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.compare import Verdict, compare, first_difference, part
from parity.signature import sign
from parity.types import Case, Failure, Observation

CASE = Case("t/a-00000000", "text", "a")
ITEMS = st.lists(st.integers(0, 3), max_size=60)
LEAVES = st.none() | st.integers(2, 5) | st.text("ab\ud83d", max_size=3) | st.binary(max_size=2)
PLAIN = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)
VALUE = Observation([1])
FAULT = Failure("MissingOutput", "", fault=True)


def failing(kind, message=""):
    """An observation of an exception."""
    return Observation(failure=Failure(kind, message))


def dig(value, path):
    """What stands at a path."""
    for step in path:
        value = value[step]
    return value


@settings(deadline=None, max_examples=400)
@given(PLAIN, PLAIN)
def test_nothing_parts_exactly_where_values_are_equal(left, right):
    """No difference is missed, and none is made up."""
    assert (first_difference(left, right) is None) == (left == right)


@settings(deadline=None)
@given(PLAIN)
def test_a_value_does_not_part_from_itself(value):
    """Whatever it holds."""
    assert first_difference(value, value) is None


@settings(deadline=None)
@given(ITEMS, ITEMS)
def test_the_index_is_the_first(left, right):
    """Everything before it is equal, and it is not; lengths are those of both."""
    found = first_difference(left, right)
    if found is None:
        return
    (index,) = found.path

    assert left[:index] == right[:index]
    assert left[index : index + 1] != right[index : index + 1]
    assert found.lengths == (len(left), len(right))


@settings(deadline=None, max_examples=200)
@given(PLAIN, PLAIN)
def test_the_path_leads_to_what_is_shown(left, right):
    """Who follows it finds the two values of the report."""
    found = first_difference(left, right)
    if found is None or found.kind != "value":
        return

    assert dig(left, found.path) == found.reference
    assert dig(right, found.path) == found.candidate


@settings(deadline=None)
@given(ITEMS, st.lists(st.integers(), min_size=1))
def test_a_prefix_is_no_agreement(start, rest):
    """The shorter side is told by the kind; the index is its length."""
    shorter = first_difference(start + rest, start)
    longer = first_difference(start, start + rest)

    assert (shorter.kind, shorter.path, shorter.reference) == ("missing", (len(start),), rest[0])
    assert (longer.kind, longer.path, longer.candidate) == ("extra", (len(start),), rest[0])


def test_a_difference_beyond_the_fortieth_id_is_found():
    """No preview decides."""
    ids = list(range(1000))
    found = first_difference(ids, [*ids[:999], 7])

    assert (found.path, found.reference, found.candidate) == ((999,), 999, 7)


@pytest.mark.parametrize(
    ("left", "right", "kind", "path"),
    [
        ("a", b"a", "type", ()),
        (1, 1.0, "type", ()),
        (1, True, "type", ()),
        ("1", 1, "type", ()),
        (None, "", "type", ()),
        ([], {}, "type", ()),
        ([], None, "type", ()),
        ([["a"]], [["b"]], "value", (0, 0, 0)),
        ([[1, 2]], [[1]], "missing", (0, 1)),
        ([1, None], [1, "a"], "value", (1,)),
        ({"a": 1}, {}, "missing", ("a",)),
        ({}, {"a": 1}, "extra", ("a",)),
        ({"a": [1, 2]}, {"a": [1, 3]}, "value", ("a", 1)),
        ("a\r\n", "a\n", "value", (1,)),
        ("\u00e9", "e\u0301", "value", (0,)),
        ("\ud83d\ude00", "\U0001f600", "value", (0,)),
        ([[0, 1], [1, 2]], [(0, 1), (1, 3)], "value", (1, 1)),
    ],
)
def test_a_difference_has_its_kind_and_place(left, right, kind, path):
    """A table of what parts, how and where."""
    found = first_difference(left, right)

    assert (found.kind, found.path) == (kind, path)


@pytest.mark.parametrize(("left", "right"), [([1], (1,)), ([[0, 1]], [(0, 1)]), ((), [])])
def test_lists_and_tuples_of_the_same_items_agree(left, right):
    """As their signatures do: what came through JSON has only lists."""
    assert first_difference(left, right) is None


@pytest.mark.parametrize(
    ("reference", "candidate", "verdict"),
    [
        (VALUE, VALUE, Verdict.SAME),
        (VALUE, Observation([2]), Verdict.DIVERGED),
        (VALUE, failing("KeyError"), Verdict.DIVERGED),
        (failing("KeyError"), VALUE, Verdict.DIVERGED),
        (failing("KeyError", "a"), failing("KeyError", "b"), Verdict.SAME),
        (failing("KeyError", "a"), failing("TypeError", "a"), Verdict.DIVERGED),
        (Observation(failure=FAULT), Observation(failure=FAULT), Verdict.DIVERGED),
        (Observation(failure=FAULT), failing("MissingOutput"), Verdict.DIVERGED),
        (failing("Unsupported"), VALUE, Verdict.UNSUPPORTED),
        (VALUE, failing("Unsupported"), Verdict.UNSUPPORTED),
        (failing("Unsupported"), failing("Unsupported"), Verdict.UNSUPPORTED),
        (failing("KeyError"), failing("Unsupported"), Verdict.UNSUPPORTED),
    ],
)
def test_outcomes_have_their_verdict(reference, candidate, verdict):
    """The kind of a failure decides, its message never; a breach agrees with nothing."""
    assert compare(CASE, "ids", reference, candidate).verdict is verdict


def test_a_value_is_compared_with_a_recorded_signature():
    """A golden that keeps no value still decides."""
    golden = Observation(signature=sign("ids", VALUE))

    assert part("ids", golden, VALUE) is None
    assert part("ids", golden, Observation([2])).kind == "signature"


def test_a_recorded_value_tells_where_a_signature_differs():
    """The signature decides, the value explains."""
    golden = Observation([1, 2], signature=sign("ids", Observation([1, 2])))

    assert part("ids", golden, Observation([1, 3])).path == (1,)


def test_a_recorded_value_does_not_overrule_its_signature():
    """A line that somebody edited by hand does not make a run green."""
    golden = Observation([1, 3], signature=sign("ids", Observation([1, 2])))

    assert part("ids", golden, Observation([1, 3])).kind == "signature"
