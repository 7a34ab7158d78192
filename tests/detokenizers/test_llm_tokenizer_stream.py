"""llm-tokenizer's DecodeStream: bytes, and its flush."""

import pytest
from toys import byte_fallback, byte_level, rows, streamed

from parity.detokenizers import DETOKENIZERS
from parity.streams import Step

NAME = "llm_tokenizer_stream"


def test_where_a_prompt_ends_in_half_a_character_the_next_letter_is_lost():
    """Three bytes stand for the half; the character that it becomes has two."""
    decoder = byte_level(b"\xe3\x83\xbc\xc3", b"\xa3", b"a b")

    assert streamed(NAME, decoder, [1, 2], prompt=(0,)) == ".| b>"
    assert streamed("tgi", decoder, [1, 2], prompt=(0,)) == ".|a b>"


def test_a_cut_inside_a_character_moves_back_to_its_start():
    """Nothing ends in half of a character."""
    decoder = byte_fallback("<0xE4>", "<0xB8>", "<0x96>", "<0xC3>", "<0xA9>", "ab")

    assert streamed(NAME, decoder, [3, 4, 0, 1, 2]) == ".|\xe9|.|.|\u4e16>"
    assert streamed(NAME, decoder, [3, 4, 0, 5]) == ".|\xe9|.|\ufffd\ufffd\ufffdab>"


@pytest.mark.parametrize(
    ("ids", "chunks"),
    [
        ([0, 1], "a|.>\ufffd"),
        ([1], ".>\ufffd"),
        ([0], "a>"),
        ([3, 3], ".|.>"),  # no text to flush
    ],
)
def test_the_flush_sends_what_no_chunk_covers(ids, chunks):
    """U+FFFD included."""
    decoder = byte_level(b"a", b"\xc3", b"\xa9", b"")

    assert streamed(NAME, decoder, ids) == chunks


def test_the_flush_has_no_context():
    """A SentencePiece token loses its space."""
    decoder = byte_fallback("\u2581a", "\u2581\ufffd")

    assert streamed(NAME, decoder, [0, 1]) == "a|.>\ufffd"


def test_a_second_flush_has_nothing_left():
    stream = DETOKENIZERS[NAME](byte_level(b"\xc3"))
    stream.step(Step(0, (0,)))

    assert [stream.flush(), stream.flush()] == ["\ufffd", None]


def test_a_step_that_holds_all_back_sends_no_frame():
    decoder = byte_level(b"a", b"\xc3", b"\xa9")
    emitted = rows(NAME, decoder, [(0, 1), 1, 2, ()])

    assert [row.chunk for row in emitted] == ["a", None, "\ufffd\xe9", None, None]


@pytest.mark.parametrize("name", ["llm_tokenizer_stream", "tgi", "sglang"])
def test_the_context_is_the_last_five_ids_of_the_prompt(name):
    """Not one more: a longer context would hide what the engine gets wrong with a short one."""
    decoder = byte_level(*(bytes([97 + number]) for number in range(12)))
    asked = []

    def decode(ids, skip):
        asked.append(list(ids))
        return decoder.decode(ids, skip)

    def decode_batch(batch, skip):
        return [decode(ids, skip) for ids in batch]

    watched = decoder._replace(decode=decode, decode_batch=decode_batch)
    stream = DETOKENIZERS[name](watched, tuple(range(10)), skip_special=False)
    stream.step(Step(0, (10,)))

    assert max(asked, key=len) == [5, 6, 7, 8, 9, 10]
