"""Shapes of servers: whatever a server answers is read, or is a failure with a name."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.servers import SHAPES
from parity.servers.events import Event
from parity.servers.failures import Rejected, Retracted, ServerFailed, of_status
from parity.servers.shape import Chunk
from parity.servers.tgi import in_code_points

KEYS = ["tokens", "text", "prompt", "content", "tokenizers", "name", "data", "id", "choices",
        "token", "start", "stop", "output_ids", "meta_info", "finish_reason", "type", "error",
        "tokenize_response", "templated_text", "generated_text", "details",
        "token_ids"]  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers(-1, 3) | st.floats() | st.sampled_from(["", "m"])
REPLIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)
GIVEN = {"encode": ["", "a", ["a", "b"]], "decode": [[], [1], [[1], [2]]]}


@pytest.mark.parametrize("name", SHAPES)
@given(reply=REPLIES)
def test_any_reply_is_read_or_is_no_answer(name, reply):
    """No KeyError, no AttributeError: a server that answers nonsense has a failure of its own."""
    shape = SHAPES[name]
    reads = [lambda question=question: question.read(reply, "m") for question in shape.who]
    for operation in ("encode", "decode", "render", "chat_ids"):
        call = getattr(shape, operation)
        several = GIVEN.get(operation, [None])
        if call:
            wanted = [one for one in several if shape.batches or not _is_batch(one)]
            reads += [lambda call=call, one=one: call.read(reply, one) for one in wanted]
    for read in reads:
        with suppress(ServerFailed):
            read()


def _is_batch(given):
    return isinstance(given, list) and bool(given) and not isinstance(given[0], int)


@pytest.mark.parametrize("name", SHAPES)
@given(replies=st.lists(REPLIES, max_size=4), ends=st.booleans())
def test_any_stream_is_chunks_or_is_no_answer(name, replies, ends):
    """A stream that ends too early is not one that has ended."""
    events = [Event(json.dumps(reply)) for reply in replies] + [Event("[DONE]")] * ends
    try:
        found = SHAPES[name].stream.chunks(events, {})
    except (ServerFailed, Retracted):
        return

    assert all(isinstance(chunk, Chunk) for chunk in found)
    assert ends or any(chunk.finish for chunk in found) or name in ("tgi", "llama_cpp")


@given(st.text(max_size=8), st.data())
def test_ranges_of_bytes_are_those_of_characters(text, draw):
    """Each way is the other's inverse where a range is of whole characters."""
    start = draw.draw(st.integers(0, len(text)))
    stop = draw.draw(st.integers(start, len(text)))
    before, inside = (len(part.encode()) for part in (text[:start], text[start:stop]))
    found = in_code_points(text, [(before, before + inside)])

    assert text[slice(*found[0])] == text[start:stop]


@pytest.mark.parametrize("ranges", [[(0, 9)], [(-1, 0)], [(2, 1)]])
def test_a_range_outside_its_text_is_no_answer(ranges):
    """Nothing is clamped."""
    with pytest.raises(ServerFailed, match="is not in a text of 4 bytes"):
        in_code_points("a\u4e16", ranges)


@pytest.mark.parametrize(("status", "is_answer"), [(400, True), (422, True), (404, False),
                                                   (500, False), (599, False)])  # fmt: skip
def test_a_status_is_an_answer_where_it_is_about_the_input(status, is_answer):
    """And one class each, so that the kind of two failures is the same."""
    failure = of_status(status, "x")

    assert isinstance(failure, Rejected if is_answer else ServerFailed)
    assert type(failure) is type(of_status(status, "y"))
    assert type(failure).__name__ == f"Status{status}"
