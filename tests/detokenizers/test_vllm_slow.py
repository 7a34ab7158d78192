"""vLLM's slow path: what of the prompt is context, and what is skipped as it comes."""

import pytest
from toys import byte_level, streamed

from parity.detokenizers.vllm_slow import VLLMSlow

TOY = byte_level(b"a", b"\xc3", b"\xa9", b" b", b"<s>", special=(4,))


@pytest.mark.parametrize(
    ("prompt", "skip", "tokens", "prefix"),
    [
        ((), True, [], 0),
        ((0, 3), True, [0, 3], 0),
        ((0, 3, 0, 3, 0, 3, 0, 3), True, [3, 0, 3, 0, 3, 0, 3], 2),
        ((0, 0, 4, 4, 4, 4, 4, 4, 3), True, [3], 0),
        ((0, 0, 4, 4, 4, 4, 4, 4, 3), False, [4, 4, 4, 4, 4, 4, 3], 2),
    ],
)
def test_the_context_is_five_of_the_last_seven(prompt, skip, tokens, prefix):
    """Skipped ones are gone before the five are counted."""
    stream = VLLMSlow(TOY, prompt, skip_special=skip)

    assert (stream.tokens, stream.known, stream.prefix) == (tokens, len(tokens), prefix)


@pytest.mark.parametrize(
    ("finish", "chunks"), [("eos", "a|.>"), ("stop", "a|.>"), ("length", "a| b>")]
)
def test_an_id_that_stopped_the_request_is_not_decoded(finish, chunks):
    assert streamed("vllm_slow", TOY, [0, 3], finish=finish) == chunks


def test_a_character_that_the_prompt_began_is_lost():
    """The half stood for a character already."""
    assert streamed("vllm_slow", TOY, [2, 3], prompt=(0, 1)) == ".| b>"


def test_several_ids_a_step_are_joined():
    assert streamed("vllm_slow", TOY, [(0, 1), (2, 3)]) == "a|\xe9 b>"


@pytest.mark.parametrize("id", [-1, 5, 999_999])
def test_an_unknown_id_has_no_text_and_is_asked_of_no_decoder(id):
    """A library may refuse it."""

    def strict(ids, skip):
        assert all(0 <= one < TOY.size for one in ids)
        return TOY.decode(ids, skip)

    assert streamed("vllm_slow", TOY._replace(decode=strict), [0, id, 3]) == "a|.| b>"
