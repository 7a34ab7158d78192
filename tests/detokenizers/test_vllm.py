"""vLLM over DecodeStream: prompts in two generations, stops, and recovery."""

import pytest
from toys import byte_fallback, byte_level, rows, streamed

from parity.detokenizers.vllm import VLLMSuffix

BOTH = pytest.mark.parametrize("name", ["vllm", "vllm_suffix"])
HALF = byte_level(b"Tell me: ", b"\xc3", b"\xa9", b" a", b"<s>", b"", special=(4,))


@BOTH
@pytest.mark.parametrize("finish", ["eos", "stop"])
def test_an_id_that_stopped_the_request_is_not_decoded(name, finish):
    """It is the last of its step."""
    assert streamed(name, HALF, [0, (3, 4)], finish=finish) == "Tell me: | a>"


@BOTH
@pytest.mark.parametrize("finish", ["length", "string", "abort"])
def test_any_other_last_id_is(name, finish):
    assert streamed(name, HALF, [0, 4], finish=finish) == "Tell me: |<s>>"


def test_a_prompt_that_ends_in_half_a_character_comes_out_whole():
    """vllm-project/vllm#48853: no prefix could be set."""
    assert streamed("vllm", HALF, [2, 3], prompt=(0, 0, 1)) == "Tell me: Tell me: \xe9| a>"


def test_of_a_long_prompt_only_a_suffix_comes_out():
    """No suffix without half a character is found, so all of it is stepped; the half was held."""
    assert streamed("vllm_suffix", HALF, [2, 3], prompt=(0, 0, 0, 0, 0, 1)) == "\xe9| a>"


@pytest.mark.parametrize(
    ("prompt", "suffix"),
    [
        ((), ()),
        ((1, 1, 1, 1), (1, 1, 1, 1)),
        ((0, 3, 3, 3, 0), (3, 3, 3, 0)),
        ((0, 1, 2, 3, 3, 3), (1, 2, 3, 3, 3)),
        ((0, 1, 2, 4, 4, 4), (1, 2, 4, 4, 4)),
        ((1,) * 5, (1,) * 5),
        ((0, 1, *(5,) * 21, 2), (1, *(5,) * 21, 2)),  # 23
        ((0, 1, *(5,) * 22, 2), (0, 1, *(5,) * 22, 2)),
        ((3, 1, 2, *(1,) * 30), (3, 1, 2, *(1,) * 30)),
        ((0, 1, 2, 3, 2, *(3,) * 30), (3,) * 4),
    ],
)
def test_the_safe_suffix_is_the_shortest_without_half_a_character(prompt, suffix):
    """Of 4 ids or more; the whole prompt if there is none up to 23, or it is that short."""
    assert tuple(VLLMSuffix(HALF, prompt)._safe_suffix()) == suffix


@BOTH
def test_after_an_invalid_prefix_a_new_stream_goes_on(name):
    """With the id at hand, no past, and no space before it."""
    decoder = byte_fallback("<0xE4>", "<0xB8>", "<0x96>", "<0xFF>", "\u2581a", "\u2581b", "\u2581c")

    assert streamed(name, decoder, range(7), prompt=(5,)) == ".|.|\u4e16|.|a| b| c>"


@BOTH
@pytest.mark.parametrize("id", [-1, 2**32])
def test_an_id_that_is_no_32_bit_number_has_no_text(name, id):
    """The others of its step have theirs."""
    emitted = rows(name, HALF, [0, (3, id, 3), 3])

    assert [row.chunk for row in emitted] == ["Tell me: ", " a a", " a", None]


def test_the_ids_of_a_step_are_stepped_one_by_one():
    """So a half at the end holds back nothing before it, unlike in one step of DecodeStream."""
    groups = [(0, 1), (2, 3)]

    assert streamed("vllm", HALF, groups) == "Tell me: |\xe9 a>"
    assert streamed("decode_stream", HALF, groups) == ".|Tell me: \xe9 a>"
