"""The oracle: what it wants, and that what it calls safe is exact."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stop_steps import requests, steps_of, stop_lists

from parity.errors import Unsupported
from parity.stops.faults import classify
from parity.stops.oracle import wanted
from parity.stops.stop_decoder import TIES
from parity.streams import Stops, StopStep

CUTTING = ("completes_first", "completes_first_listed", "starts_first", "list_order")


@pytest.mark.parametrize(
    ("tie", "strings", "texts", "final", "matched", "known"),
    [
        ("completes_first", ("abcd", "b"), ("abcd",), "a", "b", 0),
        ("completes_first", ("c", "abc"), ("abc",), "", "abc", 0),
        ("completes_first_listed", ("c", "abc"), ("abc",), "ab", "c", 0),
        ("completes_first_listed", ("abcd", "b"), ("abcd",), "a", "b", 0),
        ("starts_first", ("b", "abcd"), ("abcd",), "", "abcd", 0),
        ("starts_first", ("ab", "abc"), ("abc",), "", "ab", 0),
        ("list_order", ("d", "ab"), ("abcd",), "abc", "d", 0),
        ("list_order", ("d", "ab"), ("ab", "cd"), "", "ab", 0),
        ("ends_with", ("d", "ab"), ("ab", "cd"), "ab", "ab", 0),
        ("ends_with", ("b",), ("abc", "b\n"), "abcb\n", "b", 1),
        ("none", ("a",), ("abcd",), "abcd", None, None),
    ],
)
def test_a_tie_rule_chooses_among_the_matches_of_a_step(tie, strings, texts, final, matched, known):
    """And what is known after a step is not looked at again."""
    right = wanted(Stops(strings), steps_of(*texts), tie)

    assert (right.run.final, right.run.matched, right.known) == (final, matched, known)


@pytest.mark.parametrize(
    ("tie", "strings", "texts", "safe"),
    [
        ("completes_first", ("STOP",), ("xS", "T"), ("x", "x")),
        ("completes_first", ("STOP",), ("xS", "un"), ("x", "xSun")),
        ("completes_first", ("abc", "b"), ("xa",), ("xa",)),
        ("completes_first", ("c", "abc"), ("xa",), ("x",)),
        ("completes_first_listed", ("c", "abc"), ("xa",), ("xa",)),
        ("completes_first_listed", ("abc", "c"), ("xa",), ("x",)),
        ("starts_first", ("b", "abc"), ("xa",), ("x",)),
        ("list_order", ("b", "abc"), ("xa",), ("xa",)),
        ("list_order", ("abc", "b"), ("xa",), ("x",)),
        ("ends_with", ("abc",), ("xa",), ("xa",)),
        ("none", ("abc",), ("xa",), ("xa",)),
    ],
)
def test_only_a_stop_that_can_win_makes_text_unsafe(tie, strings, texts, safe):
    """A stop with one inside that always comes before it holds nothing."""
    assert wanted(Stops(strings), steps_of(*texts), tie).safe == safe


def cut_by(stops, text, more, tie):
    """The final text if `more` comes in those pieces behind a text that is there."""
    return wanted(stops, steps_of(text, *more), tie).run.final


def splits(text):
    """Every way to cut a text into pieces that are not empty."""
    for ends in product((False, True), repeat=max(len(text) - 1, 0)):
        pieces, start = [], 0
        for place, cut in enumerate(ends, 1):
            if cut:
                pieces.append(text[start:place])
                start = place
        yield [*pieces, text[start:]]


@pytest.mark.parametrize("tie", CUTTING)
@given(
    strings=st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=3), data=st.data()
)
def test_the_safe_text_is_what_no_continuation_cuts(tie, strings, data):
    """Exactly: every text of up to two more characters, in every way it could come."""
    stops = Stops(tuple(strings))
    text = data.draw(st.text("ab", max_size=4))
    right = wanted(stops, steps_of(text), tie)
    if right.known is not None:
        return
    more = ["".join(letters) for size in (1, 2) for letters in product("ab", repeat=size)]
    finals = [cut_by(stops, text, pieces, tie) for rest in more for pieces in splits(rest)]

    assert len(right.safe[0]) == min(len(text), *map(len, finals))


@pytest.mark.parametrize("tie", TIES)
@given(request=requests(), visible=st.booleans())
def test_the_run_that_the_oracle_wants_has_no_fault(tie, request, visible):
    """It sends the safe text, all of it, and nothing at the end."""
    stops, steps = request
    right = wanted(stops._replace(visible=visible), steps, tie)

    assert classify(right.run, right) == ()
    assert len(right.safe) == len(right.run.texts)


@pytest.mark.parametrize("tie", CUTTING)
@given(request=requests())
def test_what_is_safe_stays_safe(tie, request):
    """No text that may be sent has to be taken back."""
    safe = wanted(*request, tie).safe

    assert all(after.startswith(before) for before, after in pairwise(safe))


@given(strings=stop_lists(), text=st.text("ab\u00e9\u4e16", max_size=8))
def test_a_character_a_step_all_rules_that_cut_agree_on_when(strings, text):
    """Which of several wins may differ; that one does, and at which step, cannot."""
    stops, steps = Stops(tuple(strings)), steps_of(*text)

    assert len({wanted(stops, steps, tie).known for tie in CUTTING}) == 1


def test_ids_after_a_stop_token_in_its_step_are_unsupported():
    """Which of the text is theirs, nothing says."""
    with pytest.raises(Unsupported, match="ids after it"):
        wanted(Stops((), (9,)), [StopStep((9, 1), "<end>a")], "completes_first")


def test_before_a_visible_stop_everything_is_safe():
    """It cuts only what comes behind it."""
    steps = steps_of("xS", "TOP!")

    assert wanted(Stops(("STOP",), visible=True), steps, "list_order").safe == ("xS", "xSTOP")
