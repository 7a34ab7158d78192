"""DecodeStream: equal to the package's own, and its corners spelled out."""

import pytest
from sequences import TARGETS, decoder, groups, loaded, sequences
from tokenizers.decoders import DecodeStream as Native
from toys import byte_fallback, byte_level, rows, streamed

from parity.detokenizers.decode_stream import DecodeStream

COUNT = 1_700
"""Sequences a vocabulary; 11,900 in all."""
NAME = "decode_stream"


def outcome(call, *given):
    """The chunk, or the kind of the error; the package has no class for an invalid prefix."""
    try:
        return call(*given)
    except Exception as error:  # noqa: BLE001 (what came of it)
        native = str(error).startswith("Invalid prefix encountered")
        return ("InvalidPrefix" if native else type(error).__name__,)


@pytest.mark.assets
@pytest.mark.parametrize("target", TARGETS)
def test_it_is_the_packages_own(target):
    """Chunk for chunk and error for error; seeded or not, one id a step, several, or none."""
    backend = loaded(f"hf:{target}")
    seen = set()
    for number, (ids, draw) in enumerate(sequences(target, COUNT, NAME)):
        skip, cut = draw.random() < 0.5, draw.choice((0, 0, draw.randint(0, len(ids))))
        native = Native(ids=ids[:cut] if cut else None, skip_special_tokens=skip)
        ours = DecodeStream(decoder(backend), ids[:cut], skip_special=skip)
        for group in groups(ids[cut:], draw):
            bad = draw.choice(([-1], [2**32], [5, -1])) if draw.random() < 0.01 else group
            expected = outcome(native.step, backend.tokenizer, bad if len(bad) != 1 else bad[0])

            assert outcome(ours.append, bad) == expected, (number, ids, cut, skip)
            seen.add(type(expected).__name__ if type(expected) is not tuple else expected[0])

    rewrites = {"InvalidPrefix"} if target == "tiny:fallback-bpe" else set()
    assert seen == {"str", "NoneType", "TypeError"} | rewrites


@pytest.mark.parametrize("ids", [[-1], [2**32]])
def test_a_prompt_that_holds_no_id_is_refused_at_once(ids):
    """With the package's kind of error."""
    for make in (lambda: Native(ids=ids), lambda: DecodeStream(byte_level(), ids)):
        with pytest.raises(OverflowError):
            make()


def test_a_prompt_that_ends_in_half_a_character_comes_out_whole():
    """No prefix could be set: vllm-project/vllm#48853."""
    decoder = byte_level(b"Tell me: ", b"\xc3", b"\xa9")

    assert streamed(NAME, decoder, [2], prompt=(0, 1)) == "Tell me: \xe9>"


def test_after_an_error_the_window_grows_and_fails_again():
    """Until its text begins with the prefix once more, which it hardly does."""
    decoder = byte_fallback("<0xE4>", "<0xB8>", "<0x96>", "a")
    emitted = rows(NAME, decoder, [0, 1, 2, 0, 3, 3])

    assert [row.error for row in emitted] == ["", "", "", "", *["InvalidPrefix"] * 2, ""]
    assert [row.chunk for row in emitted[:3]] == [None, None, "\u4e16"]


@pytest.mark.parametrize(
    ("before", "after", "chunks"),
    [
        ("\xe9", "\u4e16", "\xe9|InvalidPrefix>"),  # one character each, and a byte more
        ("\xe9", "ab", "\xe9|.>"),  # a character more, as many bytes
    ],
)
def test_longer_is_meant_in_bytes(before, after, chunks):
    """Where the text was rewritten; else it is the same in characters."""
    toy = byte_level(b"x", b"y")
    decoder = toy._replace(decode=lambda ids, _: before if len(ids) == 1 else after)

    assert streamed(NAME, decoder, [0, 1]) == chunks


def test_ids_that_are_done_with_are_dropped():
    """Two chunks' ids stay, however long the stream."""
    stream = DecodeStream(byte_level(b"a", b"\xc3", b"\xa9"))
    for _ in range(1_000):
        for id in (0, 1, 2):
            stream.append((id,))

    assert len(stream.window) <= 4


@pytest.mark.parametrize("id", [-1, 2**32])
def test_an_id_that_is_no_32_bit_number_leaves_the_stream_as_it_was(id):
    emitted = rows(NAME, byte_level(b"a", b"b"), [0, (1, id), 1])

    assert [(row.chunk, row.error) for row in emitted] == [
        ("a", ""),
        (None, "TypeError"),
        ("b", ""),
        (None, ""),
    ]
