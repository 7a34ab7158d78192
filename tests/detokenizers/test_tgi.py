"""TGI: its short prompts, its special tokens, and the answer that is given whole."""

import pytest
from toys import byte_level, streamed

from parity.detokenizers.tgi import generated_text

TOY = byte_level(b"a", b"\xc3", b"\xa9", b" b", b"<s>", b"</s>", special=(4, 5), eos=5)


@pytest.mark.parametrize("finish", ["eos", "stop", "length"])
def test_the_stream_shows_special_tokens(finish):
    """EOS too, whatever the request says."""
    assert streamed("tgi", TOY, [4, 0, 5], finish=finish, skip=True) == "<s>|a|</s>>"


def test_a_character_that_the_prompt_began_is_lost():
    """The half stood for a character already."""
    assert streamed("tgi", TOY, [2, 3], prompt=(0, 0, 0, 0, 1)) == ".| b>"


@pytest.mark.parametrize(
    ("prompt", "chunks"),
    [
        ((), ".|.|.|.|.|\ufffd\ufffd\ufffd\ufffda>"),
        ((3,), ".|.|.|.|.|\ufffd\ufffd\ufffda>"),
        ((3, 3, 3, 3, 3), ".|.|.|.|.|\ufffd\ufffd\ufffd\ufffd\ufffda>"),
    ],
)
def test_a_short_prompt_is_a_context_that_slides(prompt, chunks):
    """A negative offset counts from the end: what is held and falls out of it is lost."""
    assert streamed("tgi", TOY, [2, 2, 2, 2, 2, 0], prompt=prompt) == chunks


def test_several_ids_a_step_are_joined():
    assert streamed("tgi", TOY, [(0, 1), (2, 3)]) == "a|\xe9 b>"


@pytest.mark.parametrize(
    ("prompt", "ids", "text"),
    [
        ((0,), (0, 3, 5), "a b"),
        ((), (0, 3), "a b"),
        ((0,), (), ""),
        ((0,), (0, 3, 1), ""),  # all of it, for half a character at the end
        ((0,), (0, 1, 3), "a\ufffd b"),
        ((0, 1), (2, 3), " b"),  # the one id of context began a character
    ],
)
def test_the_answer_given_whole(prompt, ids, text):
    """Special tokens are skipped, and half a character at the end leaves nothing."""
    assert generated_text(TOY, prompt, ids) == text
