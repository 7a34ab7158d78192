"""The proxy between two real servers: llama.cpp's own, with the tiny model."""

import json

import pytest

pytest.importorskip("httpx2", reason="the package httpx2 is not installed")
pytest.importorskip("starlette", reason="the package starlette is not installed")
pytest.importorskip("uvicorn", reason="the package uvicorn is not installed")
pytest.importorskip("gguf", reason="the package gguf is not installed")
pytest.importorskip("xllamacpp", reason="the package xllamacpp is not installed")
from upstream import ask, proxied

from parity.decoding import engines

ASKED = {
    "ids": ("/tokenize", {"content": "Hello 42 w\u00f6rld"}),
    "text": ("/detokenize", {"tokens": [40, 41, 42]}),
    "one_piece": ("/completion", {"prompt": "Hello", "n_predict": 8, "return_tokens": True}),
    "stream": (
        "/completion", {"prompt": "Hello", "n_predict": 8, "return_tokens": True, "stream": True},
    ),
    "openai": ("/v1/completions", {"prompt": "Hello", "max_tokens": 8}),
    "openai_stream": ("/v1/completions", {"prompt": "Hello", "max_tokens": 8, "stream": True}),
}  # fmt: skip


@pytest.fixture(scope="module")
def servers():
    """Two, of one and of two slots."""
    made = [engines.load(f"llama-server:tiny,parallel={slots}") for slots in (1, 2)]
    yield [engine.client.url for engine in made]
    for engine in made:
        engine.close()


def test_two_real_servers_agree_by_ids_text_and_chunks(servers):
    """Whatever they say of the moment; and the client has what the primary says."""
    rows = [("content-type", "application/json")]
    bodies = {
        name: (path, json.dumps({**body, "temperature": 0}).encode())
        for name, (path, body) in ASKED.items()
    }
    with proxied(*servers) as running:
        passed = {name: ask(running.url, *one, headers=rows) for name, one in bodies.items()}
    direct = {name: ask(servers[0], *one, headers=rows) for name, one in bodies.items()}
    found = running.book.snapshot()

    assert (found["same"], found["sampled"], found["proxy"]) == (len(ASKED), len(ASKED), {})
    assert {name: (one[0], one[3]) for name, one in passed.items()} == dict.fromkeys(
        ASKED, (200, True)
    )
    assert [passed[name] for name in ("ids", "text")] == [direct[name] for name in ("ids", "text")]


def test_a_completion_of_another_length_is_found(servers):
    """One id more is in its ids, and nothing before it differs."""
    from parity.shadow.proxy.answers import Answer, paired, read

    rows = [("content-type", "application/json")]
    said = []
    for url, most in zip(servers, (8, 9), strict=True):
        body = {**ASKED["one_piece"][1], "temperature": 0, "n_predict": most}
        status, _, data, _ = ask(url, "/completion", json.dumps(body).encode(), headers=rows)
        said.append(read("complete", Answer(status, (), data)))
    left, right = paired(*said)

    assert (len(left["ids"][0]), len(right["ids"][0])) == (8, 9)
    assert left["ids"][0] == right["ids"][0][:8]
