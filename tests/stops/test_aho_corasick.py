"""The automaton, beside looking at every place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stop_steps import stop_lists

from parity.stops.aho_corasick import AhoCorasick


@pytest.mark.parametrize(
    ("patterns", "text", "end", "match"),
    [
        (["c", "abc"], "xabc", 4, "abc"),
        (["abc", "b"], "abc", 2, "b"),
        (["abcd", "bx"], "abcx", 0, ""),
        (["abcd", "bcx"], "abcx", 4, "bcx"),
        (["abx", "by", "c"], "abc", 3, "c"),
        (["aabaax", "ac"], "aabaac", 6, "ac"),
        (["a", "a"], "a", 1, "a"),
        (["\u4e16\u754c"], "\u4e16\u4e16\u754c", 3, "\u4e16\u754c"),
        ([], "abc", 0, ""),
    ],
)
def test_the_first_to_end_wins_and_of_those_the_longest(patterns, text, end, match):
    """Standard semantics, also where a longer pattern was begun and falls back."""
    assert AhoCorasick(patterns).first(text)[1:] == (end, match)


@given(patterns=stop_lists(), text=st.text("ab\u00e9\u4e16", max_size=12), at=st.integers(0, 12))
def test_a_match_is_what_a_look_at_every_place_finds(patterns, text, at):
    """However the text is cut in two: the state carries what was begun."""
    automaton = AhoCorasick(patterns)
    state, end, match = automaton.first(text[:at])
    if not match:
        _, end, match = automaton.first(text[at:], state)
        end += len(text[:at]) if match else 0
    ends = [
        (place + len(pattern), place, pattern)
        for pattern in patterns
        for place in range(len(text))
        if text.startswith(pattern, place)
    ]
    found = min(ends, default=(0, 0, ""))

    assert (end, match) == (found[0], found[2])
