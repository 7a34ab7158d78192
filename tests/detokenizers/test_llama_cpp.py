"""llama.cpp: bytes, what counts as cut, and ids that no frame reports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import byte_level, rows

from parity.detokenizers.llama_cpp import is_cut

NAME = "llama_cpp"
TOY = byte_level(b"hi ", b"\xf0", b"\x9f\x8c", b"\xb6", b"<s>", b"\xb1", b"A", special=(4,))


def test_a_token_in_the_middle_of_a_character_has_no_frame_and_its_id_none():
    """Only the id that completes the character is reported."""
    emitted = rows(NAME, TOY, [0, 1, 2, 3, 0])

    assert [(row.chunk, row.ids) for row in emitted] == [
        (b"hi ", (0,)),
        (None, ()),
        (None, ()),
        (b"\xf0\x9f\x8c\xb6", (3,)),
        (b"hi ", (0,)),
        (b"", ()),
    ]


def test_of_several_ids_a_step_those_with_frames_are_reported():
    emitted = rows(NAME, TOY, [(0, 1), (2, 3, 0)])

    assert [(row.chunk, row.ids) for row in emitted[:2]] == [
        (b"hi ", (0,)),
        (b"\xf0\x9f\x8c\xb6hi ", (3, 0)),
    ]


@pytest.mark.parametrize("skip", [True, False])
def test_a_special_token_is_an_empty_frame(skip):
    """Whatever the request says."""
    assert [row.chunk for row in rows(NAME, TOY, [0, 4], skip=skip)] == [b"hi ", b"", b""]


def test_a_continuation_byte_alone_is_sent_at_once():
    """It begins nothing that could be cut."""
    assert [row.chunk for row in rows(NAME, TOY, [5, 6])] == [b"\xb1", b"A", b""]


def test_a_lead_byte_counts_as_cut_whatever_follows():
    """Until as many bytes as it asks for have come."""
    assert [row.chunk for row in rows(NAME, TOY, [1, 6, 6, 6])] == [
        None, None, None, b"\xf0AAA", b"",
    ]  # fmt: skip


@given(data=st.binary(max_size=6), tokens=st.lists(st.binary(max_size=3), min_size=1, max_size=8))
def test_frames_join_to_the_bytes_before_a_cut(data, tokens):
    """Nothing is lost, doubled or moved; what is held at the end is cut."""
    tokens = [data, *tokens]
    whole = b"".join(tokens)
    frames = b"".join(
        row.chunk or b"" for row in rows(NAME, byte_level(*tokens), range(len(tokens)))
    )

    assert whole.startswith(frames)
    assert (frames == whole) == (not is_cut(whole) or not whole[len(frames) :])
