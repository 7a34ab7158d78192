"""Completions of servers: whatever is answered is read, or is a failure with a name."""

from contextlib import nullcontext, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.servers import DIALECTS
from parity.servers.completing import Asked, Completed, Forced, checked, checked_stream
from parity.servers.failures import ServerFailed, StreamsAnother
from parity.servers.shape import Chunk

KEYS = ["choices", "text", "finish_reason", "stop_reason", "token_ids", "prompt_token_ids",
        "logprobs", "tokens", "top_logprobs", "usage", "prompt_tokens", "completion_tokens",
        "prompt_logprobs", "logprob", "token_id:1", "1", "output_ids", "meta_info", "type",
        "matched", "output_token_logprobs", "output_top_logprobs", "input_token_logprobs",
        "input_top_logprobs", "generated_text", "details", "generated_tokens", "top_tokens", "id",
        "content", "generation_settings", "stop_type", "tokens_evaluated", "tokens_predicted",
        "completion_probabilities", "error"]  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers(-1, 3) | st.floats()
    | st.sampled_from(["", "length", "stop", "eos", "limit", "token_id:1"])
)  # fmt: skip
REPLIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8)
    ),
    max_leaves=20,
)
HONEST = {
    "vllm": {"choices": [{
        "text": "a", "finish_reason": "length", "token_ids": [1], "prompt_logprobs": [None, {"1": {
            "logprob": -0.1}}],
        "logprobs": {"tokens": ["token_id:1"], "top_logprobs": [{"token_id:1": -0.1}]}}]},
    "sglang": {"text": "a", "output_ids": [1], "meta_info": {
        "finish_reason": {"type": "length"}, "prompt_tokens": 1, "completion_tokens": 1,
        "output_token_logprobs": [[-0.1, 1, None]], "output_top_logprobs": [[[-0.1, 1, None]]],
        "input_token_logprobs": [[None, 1, None], [-0.1, 1, None]],
        "input_top_logprobs": [None, [[-0.1, 1, None]]]}},
    "tgi": {"generated_text": "a", "details": {
        "finish_reason": "length", "generated_tokens": 1, "tokens": [{"id": 1, "logprob": -0.1}],
        "top_tokens": [[{"id": 1, "logprob": -0.1}]]}},
    "smg": {"choices": [{"text": "a", "finish_reason": "length"}]},
    "openai": {"choices": [{"text": "a", "finish_reason": "length"}]},
}  # fmt: skip
ASKED = Asked((1,), 1, (), 1)
DONE = Completed("ab", "length", "length", (1, 2))
ONE, TWO = Chunk("a", (1,)), Chunk("b", (2,), "length")


def places(value, where=()):
    """Where each part of a reply is."""
    yield where
    inner = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else inner:
        yield from places(one, (*where, key))


def replaced(value, where, new):
    """A reply with another thing in one place."""
    if not where:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[where[0]] = replaced(value[where[0]], where[1:], new)
    return copy


@pytest.mark.parametrize("name", HONEST)
@given(data=st.data())
def test_any_reply_is_read_or_is_no_answer(name, data):
    """No KeyError: an honest reply with anything anywhere is read, or has a failure of its own."""
    completing, honest = DIALECTS[name].completing, HONEST[name]
    where = data.draw(st.sampled_from([*places(honest)]))
    reply = replaced(honest, where, data.draw(REPLIES))
    with suppress(ServerFailed):
        checked(completing.completion.read(reply, ASKED), ASKED)
    if completing.forced:
        with suppress(ServerFailed):
            completing.forced.read(reply, Forced((1,), (1,), 1))


@given(reply=REPLIES)
def test_any_reply_of_llama_cpp_is_read_or_is_no_answer(reply):
    """Its honest reply repeats what it was sent."""
    call = DIALECTS["llama-server"].completing.completion
    settings = call.body(ASKED)
    honest = {"content": "a", "tokens": [1], "stop_type": "limit", "tokens_evaluated": 1,
              "tokens_predicted": 1, "generation_settings": settings, "completion_probabilities": [
                  {"id": 1, "logprob": -0.1, "top_logprobs": [{"id": 1, "logprob": -0.1}]}],
              }  # fmt: skip

    assert checked(call.read(honest, ASKED), ASKED).known[0].id == 1
    for where in places(honest):
        with suppress(ServerFailed):
            checked(call.read(replaced(honest, where, reply), ASKED), ASKED)


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_reply_is_read(name):
    """Else the properties above say nothing."""
    completing = DIALECTS[name].completing

    assert checked(completing.completion.read(HONEST[name], ASKED), ASKED).text == "a"
    if completing.forced:
        assert completing.forced.read(HONEST[name], Forced((1,), (1,), 1)) == (((1, -0.1),),)


@pytest.mark.parametrize(
    ("chunks", "whole", "is_another"),
    [
        ([ONE, TWO], True, False),
        ([TWO], True, True),
        ([TWO], False, False),
        ([Chunk("b", (2,)), Chunk("a", (1,), "length")], False, True),
        ([ONE, Chunk("b", (2,), "stop")], False, True),
    ],
)
def test_a_stream_is_of_its_completion_or_another(chunks, whole, is_another):
    """All ids, or some of them in their order; and the same end."""
    context = pytest.raises(StreamsAnother) if is_another else nullcontext()
    with context:
        checked_stream(DONE, chunks, whole=whole)


@pytest.mark.parametrize(
    ("text", "streamed", "is_another"),
    [
        ("ab", "ab", False),
        ("ab\ufffd", "ab", False),
        ("ab", "ab\ufffd", False),
        ("abc", "ab", False),
        ("ab", "ax", True),
        ("ab", "ba", True),
    ],
)
def test_where_there_are_no_ids_a_text_begins_the_other(text, streamed, is_another):
    """The end of a stream may lack what is no whole character, or could begin a stop string."""
    found = Completed(text, "length", "length")
    context = pytest.raises(StreamsAnother) if is_another else nullcontext()
    with context:
        checked_stream(found, [Chunk(streamed, None, "length")], whole=False)
