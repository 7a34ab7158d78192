"""A real server: llama.cpp's is one thing, by its own engine and by two dialects of HTTP."""

import contextlib

import pytest

from parity.decoding import engines
from parity.decoding.engine import PromptTooLong
from parity.decoding.records import Prompt, Request

pytest.importorskip("xllamacpp", reason="no xllamacpp here: it has a wheel per platform")
pytest.importorskip("gguf", reason="the package gguf is not installed")
pytest.importorskip("httpx2", reason="the package httpx2 is not installed")

TEXT = Prompt("t/text", "text", "The licence of \u65e5\u672c\u8a9e \U0001f336\ufe0f and 12 ")
CHAT = Prompt("t/chat", "messages", [{"role": "user", "content": "hi"}])
REQUESTS = [
    Request("t/long", tuple(range(300, 330)), "", 24),
    Request("t/one", (5, 6, 7), "", 1),
    Request("t/stop", (5, 6, 7), "", 24, ("e",)),
]


@pytest.fixture(scope="module")
def sides():
    """The engine of its own, and the two dialects on the same server."""
    with contextlib.ExitStack() as stack:

        def load(text):
            return stack.enter_context(contextlib.closing(engines.load(text)))

        own = load("llama-server:tiny")
        url = own.client.url
        made = [
            f"openai-http:{url},dialect={name},together=1" for name in ("llama-server", "openai")
        ]
        yield own, *map(load, made)


def test_prompts_become_the_same_ids(sides):
    """Of a text, and of a chat."""
    own, http, _ = sides

    assert http.encode(TEXT) == own.encode(TEXT)
    assert http.encode(CHAT) == own.encode(CHAT)


def test_its_own_dialect_gives_what_its_engine_gives(sides):
    """Ids, text, chunks, finish, counts, and the same numbers of every step."""
    own, http, _ = sides
    requests = [Request("t/text", tuple(own.encode(TEXT)), "", 24), *REQUESTS]

    assert http.generate(requests, 20) == own.generate(requests, 20)


def test_the_dialect_of_openai_gives_the_same_text(sides):
    """And chunks, and counts; no ids, and for a stop string no reason."""
    own, _, plain = sides
    for one, other in zip(own.generate(REQUESTS, 0), plain.generate(REQUESTS, 20), strict=True):
        assert other[2:5] == one[2:5]
        assert (other.ids, other.steps) == (None, None)
        assert other.finish == ("" if one.finish == "string" else one.finish)


def test_given_ids_have_the_same_log_probabilities(sides):
    """One request for each; none is known of an id that ends inside a character."""
    own, http, _ = sides
    prompt = (5, 6, 7)
    forced = http.generate([Request("t/a", prompt, "", 12)], 0)[0].ids
    steps = http.score(prompt, forced, 3)

    assert sum(bool(step.top) for step in steps) > len(forced) // 2
    for step, id in zip(steps, forced, strict=True):
        assert not step.top or step.top[0][0] == id
    assert [[id for id, _ in step.top] for step in steps] == [
        [id for id, _ in step.top] for step in own.score(prompt, forced, 3)
    ]


def test_a_prompt_that_is_too_long_has_the_same_name(sides):
    """Whichever way it is asked."""
    request = Request("t/long", tuple(range(300, 340)) * 60, "", 4)

    assert [type(side.generate([request], 2)[0]) for side in sides] == [PromptTooLong] * 3
