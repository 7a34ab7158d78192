"""TextStreamer: equal to transformers' own, and its corners spelled out."""

import contextlib
import io

import numpy as np
import pytest
from sequences import TARGETS, decoder, groups, loaded, sequences
from toys import byte_fallback, byte_level, streamed

from parity.detokenizers.printable import HAN, is_han
from parity.detokenizers.text_streamer import TextStreamer
from parity.streams import Step

COUNT = 1_200
"""Sequences a vocabulary; 8,400 in all."""
NAME = "text_streamer"


def native_chunks(streamer, prompt, steps):
    """What TextIteratorStreamer puts in its queue."""
    streamer.put(np.array([prompt]))
    for step in steps:
        streamer.put(np.array(step, dtype=np.int64))
    streamer.end()
    return list(streamer)


@pytest.mark.assets
@pytest.mark.parametrize("target", TARGETS)
def test_it_is_transformers_own(target):
    """Chunk for chunk, with the empty ones and the last; one id a step, several, or none."""
    backend = loaded(f"transformers:{target}")
    from transformers import TextIteratorStreamer

    for number, (ids, draw) in enumerate(sequences(target, COUNT, NAME)):
        skip = draw.random() < 0.5
        steps = list(groups(ids, draw))
        native = TextIteratorStreamer(
            backend.tokenizer, skip_prompt=True, timeout=1, skip_special_tokens=skip
        )
        ours = TextStreamer(decoder(backend), ids, skip_special=skip)
        chunks = [ours.step(Step(0, tuple(step))) for step in steps] + [ours.flush()]

        assert chunks == native_chunks(native, ids, steps), (number, ids, skip)


@pytest.mark.assets
@pytest.mark.parametrize("target", TARGETS)
def test_what_is_printed_is_the_chunks_and_a_newline(target):
    """TextStreamer itself, which writes to the standard output."""
    backend = loaded(f"transformers:{target}")
    from transformers import TextStreamer as Native

    for ids, draw in sequences(target, 50, "printed"):
        native, steps = Native(backend.tokenizer), list(groups(ids, draw))
        ours = TextStreamer(decoder(backend), ())
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            for step in steps:
                native.put(np.array(step, dtype=np.int64))
            native.end()
        chunks = [ours.step(Step(0, tuple(step))) for step in steps] + [ours.flush()]

        assert "".join(chunks) + "\n" == printed.getvalue()


def test_han_is_what_transformers_calls_a_chinese_character():
    """At both ends of every range, and all over Unicode."""
    from transformers import TextIteratorStreamer

    edges = {edge + by for both in HAN for edge in both for by in (-1, 0, 1)}
    native = TextIteratorStreamer(None)._is_chinese_char
    codes = sorted({*edges, *range(0, 0x110000, 97)})

    assert [code for code in codes if is_han(chr(code)) != native(code)] == []


@pytest.mark.parametrize(
    ("tokens", "chunks"),
    [
        ((b"supercali", b"fragil", b"istic"), ".|.|.>supercalifragilistic"),
        (("\u3042".encode(), "\u306f\u3002".encode()), ".|.>\u3042\u306f\u3002"),
        (("\u0e01".encode(), "\u0e32".encode()), ".|.>\u0e01\u0e32"),
        (("\u4e16".encode(), b"a", "\u754c".encode()), "\u4e16|.|a\u754c>"),
        ((b"a b", b"c\n", b"d"), "a |bc\n|.>d"),
        ((b"a\n", b"b\n"), "a\n|b\n>"),
        ((b"a b c",), "a b >c"),
    ],
)
def test_words_lines_and_ideographs_are_sent(tokens, chunks):
    """And text without them comes at the end, in one chunk."""
    assert streamed(NAME, byte_level(*tokens), range(len(tokens))) == chunks


def test_a_word_that_begins_a_line_loses_its_space():
    """The ids before the newline are forgotten."""
    decoder = byte_fallback("\u2581a", "\n", "\u2581b")

    assert streamed(NAME, decoder, [0, 1, 2]) == ".|a\n|.>b"


def test_what_was_printed_is_counted_and_never_looked_at():
    """Text that is rewritten loses as many characters as it had."""
    decoder = byte_fallback("<0xE4>", "<0xB8>", "<0x96>", "<0xFF>", "a")

    assert streamed(NAME, decoder, range(5)) == ".|.|\u4e16|.|.>\ufffd\ufffd\ufffda"
