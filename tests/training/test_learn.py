"""The oracle of training: what it counts, which of several it takes, and what is left open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import training

WORDS = st.lists(st.text("abc ", max_size=9).map(str.encode), max_size=6)
SIZES = st.integers(256, 270)


@pytest.mark.parametrize(
    ("pieces", "ties", "merges"),
    [
        (["ba", "ab"], "lowest", ["a+b", "b+a"]),
        (["ba", "ab"], "first", ["b+a", "a+b"]),
        (["ba", "ab"], "highest", ["b+a", "a+b"]),
        ([" a", "bc"], "lowest", [" +a", "b+c"]),
        ([" a", "bc"], "alphabet", ["b+c", " +a"]),
        (["aaa", "bc", "bc"], "lowest", ["a+a", "b+c"]),
        (["aaa", "bc", "bc"], "highest", ["b+c", "a+a"]),
        (["abab"], "lowest", ["a+b", "ab+ab"]),
        (["aaaaa"], "lowest", ["a+a", "aa+a"]),
    ],
)
def test_of_pairs_with_one_count_the_rule_decides(pieces, ties, merges):
    """Lower ids, the place in the GPT-2 alphabet, or what came first; aaa has aa twice."""
    found = training.learn([piece.encode() for piece in pieces], 258, ties)

    assert [f"{left.decode()}+{right.decode()}" for left, right in found] == merges


def test_a_run_is_counted_once_where_that_is_asked_for():
    """What a fake does."""
    pieces = [b"aaa", b"bc", b"bc"]

    assert training.learn(pieces, 257, overlaps=False) == [(b"b", b"c")]


@pytest.mark.parametrize("size", [-1, 0, 255])
def test_a_size_without_room_for_the_bytes_is_refused(size):
    """No vocabulary of bytes has fewer tokens."""
    with pytest.raises(ValueError, match="no room for the 256 bytes"):
        training.learn([b"ab"], size)


@given(WORDS)
def test_where_nothing_is_left_it_stops(pieces):
    """Each piece is one token then."""
    merges = training.learn(pieces, 10_000)

    assert all(len(training.spell(piece, merges)) <= 1 for piece in pieces)


@given(WORDS, SIZES, st.sampled_from(sorted(training.TIES)))
def test_no_two_merges_make_the_same_bytes(pieces, size, ties):
    """So a token is known by its bytes."""
    made = [left + right for left, right in training.learn(pieces, size, ties)]

    assert len(set(made)) == len(made)


@given(WORDS, SIZES, st.sampled_from(sorted(training.TIES)))
def test_merges_are_read_off_their_tokens(pieces, size, ties):
    """A library that shows tokens in order shows its merges."""
    merges = training.learn(pieces, size, ties)

    assert training.pairs_of([left + right for left, right in merges]) == merges


def test_a_token_that_no_merge_can_have_made_is_refused():
    """It is not guessed at."""
    with pytest.raises(ValueError, match="b'abc' is no merge of two tokens before it"):
        training.pairs_of([b"abc"])


@given(WORDS, SIZES)
def test_pieces_are_spelt_as_they_were_merged(pieces, size):
    """Encoding a piece that was learnt of gives the tokens that training left of it."""
    merges = training.learn(pieces, size)
    words = training.words_of(pieces)
    for pair in merges:
        words = training.merged(words, pair)

    assert set(words) == {tuple(training.spell(piece, merges)) for piece in pieces}


@given(WORDS, SIZES)
def test_the_order_of_pieces_matters_to_no_rule_that_goes_by_ids(pieces, size):
    """Only `first` looks at it."""
    for ties in ("lowest", "alphabet", "highest"):
        assert training.learn(pieces, size, ties) == training.learn(pieces[::-1], size, ties)


def test_bytes_are_numbered_as_the_rule_says():
    """`!` is the first of the GPT-2 alphabet, and a space is past all that Latin-1 prints."""
    assert training.numbered()[:2] == [b"\x00", b"\x01"]
    assert training.numbered("alphabet")[0] == b"!"
    assert training.numbered("alphabet").index(b" ") == 220
