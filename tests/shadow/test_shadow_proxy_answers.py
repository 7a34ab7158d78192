"""What answers of each kind of server say, and which requests have one right answer."""

import gzip
import json
import zlib

import fake_server
import pytest

pytest.importorskip("httpx2", reason="the package httpx2 is not installed")
pytest.importorskip("starlette", reason="the package starlette is not installed")
pytest.importorskip("uvicorn", reason="the package uvicorn is not installed")
from fake_engines import ENGINES
from upstream import ask, frames, proxied, reply

from parity.errors import Unsupported
from parity.servers.failures import BadReply, ErrorInReply, ErrorInStream, NotJson, Retracted
from parity.shadow.proxy.answers import Answer, framed_alike, paired, read
from parity.shadow.proxy.dialects import is_greedy, surface_of

JSON = (b"content-type", b"application/json")
SSE = (b"Content-Type", b"text/event-stream; charset=utf-8")


def said(value, surface="complete", *headers):
    """What an answer in one piece says."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read(surface, Answer(200, [JSON, *headers], data))


def streamed(*events, done=True, surface="complete"):
    """What a stream says."""
    parts = [f"data: {json.dumps(event)}\n\n" for event in events]
    data = "".join([*parts, "data: [DONE]\n\n" if done else ""]).encode()
    return read(surface, Answer(200, [SSE], data))


CALL = {"id": "call-1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
SAME = {
    "vllm": (
        {"choices": [{"index": 0, "text": "ab", "token_ids": [1, 2], "finish_reason": "stop",
                      "stop_reason": None}]},
        [{"choices": [{"index": 0, "text": "a", "token_ids": [1]}]},
         {"choices": [{"index": 0, "text": "b", "token_ids": [2], "finish_reason": "stop",
                       "stop_reason": None}]},
         {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}],
    ),
    "several": (
        {"choices": [{"index": 1, "text": "c", "finish_reason": "length"},
                     {"index": 0, "text": "ab", "finish_reason": "stop"}]},
        [{"choices": [{"index": 0, "text": "a"}]}, {"choices": [{"index": 1, "text": "c"}]},
         {"choices": [{"index": 0, "text": "b", "finish_reason": "stop"}]},
         {"choices": [{"index": 1, "text": "", "finish_reason": "length"}]}],
    ),
    "chat": (
        {"choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "content": None, "reasoning_content": "hm", "tool_calls": [CALL]}}]},
        [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
         {"choices": [{"index": 0, "delta": {"reasoning_content": "hm"}}]},
         {"choices": [{"index": 0, "delta": {"tool_calls": [
             {"index": 0, "id": "x", "function": {"name": "f", "arguments": '{"a":'}}]}}]},
         {"choices": [{"index": 0, "delta": {"tool_calls": [
             {"index": 0, "function": {"arguments": " 1}"}}]}, "finish_reason": "tool_calls"}]}],
    ),
    "llama_cpp": (
        {"content": "ab", "tokens": [1, 2], "stop": True, "stop_type": "eos",
         "stopping_word": "", "tokens_evaluated": 4, "tokens_predicted": 2},
        [{"content": "a", "tokens": [1], "stop": False},
         {"content": "b", "tokens": [2], "stop": False},
         {"content": "", "tokens": [], "stop": True, "stop_type": "eos", "stopping_word": "",
          "tokens_evaluated": 4, "tokens_predicted": 2}],
    ),
    "sglang_cumulative": (
        {"text": "aab", "output_ids": [1, 1, 2], "meta_info": {
            "finish_reason": {"type": "stop", "matched": 2}, "completion_tokens": 3}},
        [{"text": "a", "output_ids": [1], "meta_info": {"completion_tokens": 1}},
         {"text": "aab", "output_ids": [1, 1, 2], "meta_info": {
             "completion_tokens": 3, "finish_reason": {"type": "stop", "matched": 2}}}],
    ),
    "sglang_incremental": (
        {"text": "aab", "output_ids": [1, 1, 2], "meta_info": {
            "finish_reason": {"type": "stop", "matched": 2}, "completion_tokens": 3}},
        [{"text": "a", "output_ids": [1], "meta_info": {"completion_tokens": 1}},
         {"text": "ab", "output_ids": [1, 2], "meta_info": {
             "completion_tokens": 3, "finish_reason": {"type": "stop", "matched": 2}}}],
    ),
    "tgi": (
        {"generated_text": "ab", "details": {"finish_reason": "length", "generated_tokens": 2,
                                             "tokens": [{"id": 1}, {"id": 2}]}},
        [{"index": 1, "token": {"id": 1, "text": "a"}, "generated_text": None, "details": None},
         {"index": 2, "token": {"id": 2, "text": "b"}, "generated_text": "ab",
          "details": {"finish_reason": "length", "generated_tokens": 2}}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_a_stream_and_an_answer_in_one_piece_say_the_same(name):
    """But for where its chunks end; counts, where only one tells them."""
    whole, events = SAME[name]
    left, right = paired(said(whole, "chat"), streamed(*events, surface="chat"))

    assert left == {**right, "chunks": None, "matched": left["matched"]}
    assert left["complete"] is True
    assert left["finish"][0] in ("stop", "length", "tool_calls", "eos")


FAULTS = {
    "id": ('"token_ids": [2]', '"token_ids": [3]'),
    "tokens": ('"tokens": [2]', '"tokens": [3]'),
    "output": ("1, 2]", "1, 3]"),
    "token": ('"id": 2', '"id": 3'),
    "text": ('"text": "b"', '"text": "B"'),
    "content": ('"content": "b"', '"content": "B"'),
    "cumulative": ('"aab"', '"aaB"'),
    "finish": ('"stop"}', '"length"}'),
    "stop_type": ('"eos"', '"limit"'),
    "type": ('"type": "stop"', '"type": "length"'),
    "details": ('"length"', '"eos_token"'),
    "matched": ('"matched": 2', '"matched": 3'),
    "counts": ('"tokens_evaluated": 4', '"tokens_evaluated": 5'),
    "arguments": (r"{\"a\":", r"{\"b\":"),
    "reasoning": ('"hm"', '"ha"'),
    "place": ('"index": 1, "delta"', '"index": 0, "delta"'),
}


@pytest.mark.parametrize("name", SAME)
def test_a_fault_in_a_stream_of_each_kind_is_seen(name):
    """Each that can be planted in it: an id, a text, an end, a count."""
    events = SAME[name][1]
    right = streamed(*events, surface="chat")
    text = json.dumps(events)
    planted = {fault: text.replace(*parts) for fault, parts in FAULTS.items() if parts[0] in text}
    wrong = {
        fault: streamed(*json.loads(changed), surface="chat") for fault, changed in planted.items()
    }

    assert len(planted) >= 2
    for fault, found in wrong.items():
        left, other = paired(right, found)
        assert left != other, fault


def test_a_chat_is_text_and_reasoning_and_calls():
    """Ids of calls are of the moment."""
    found = said(SAME["chat"][0], "chat").aspects

    assert (found["text"], found["reasoning"]) == ([""], ["hm"])
    assert found["tools"] == [[[0, "f", '{"a": 1}']]]


def test_ids_of_the_prompt_are_told_by_vllm():
    """What it read is what its tokenizer made."""
    choice = {"index": 0, "text": "b", "prompt_token_ids": [7, 8], "finish_reason": "stop"}

    assert said({"choices": [choice]}).aspects["prompt_ids"] == [[7, 8]]


def test_words_for_an_end_are_translated_between_two_dialects_only():
    """EOS is no stop string for a server that says which; OpenAI's word is both."""
    openai, llama = said(reply()), said(SAME["llama_cpp"][0])

    assert [side["finish"] for side in paired(openai, llama)] == [["stop"], ["stop"]]
    assert [side["finish"] for side in paired(llama, llama)] == [["eos"], ["eos"]]


@pytest.mark.parametrize(
    ("rows", "alike"),
    [
        ([("a", [1]), ("b", [2])], True),
        ([("", [1]), ("ab", [2])], True),
        ([("ab", [1, 2])], False),
        ([("a", [1]), ("", []), ("b", [2])], True),
        ([("a", [1]), ("b", [3])], False),
    ],
)
def test_chunks_are_compared_where_every_frame_has_the_same_ids(rows, alike):
    """Which ids share a frame is a matter of time."""
    one = read("complete", Answer(200, [SSE], b"".join(frames(("a", [1]), ("b", [2])))))
    other = read("complete", Answer(200, [SSE], b"".join(frames(*rows))))

    assert framed_alike(one, other) is alike
    assert (paired(one, other)[0]["chunks"] is not None) is alike


def test_a_stream_without_ids_has_no_chunks_to_compare():
    """Nothing says which of its frames belong together."""
    found = streamed({"choices": [{"index": 0, "text": "a", "finish_reason": "stop"}]})

    assert (found.aspects["ids"], found.aspects.get("chunks")) == (None, None)


@pytest.mark.parametrize(
    ("done", "finish", "complete"),
    [(True, None, True), (False, "stop", True), (False, None, False)],
)
def test_a_stream_is_complete_by_its_last_event_or_its_finish_reasons(done, finish, complete):
    """Bytes that end are no end."""
    data = b"".join(frames(("a", [1]), done=done, finish=finish))

    assert read("complete", Answer(200, [SSE], data)).aspects["complete"] is complete


@pytest.mark.parametrize(
    ("surface", "value", "aspects"),
    [
        ("tokenize", {"tokens": [1, 2], "count": 2, "max_model_len": 9}, {"ids": [1, 2]}),
        ("tokenize", {"tokens": [{"id": 1, "piece": "a"}]}, {"ids": [1]}),
        ("tokenize", {"tokens": [[1], [2]]}, {"ids": [[1], [2]]}),
        ("tokenize", {"tokens": []}, {"ids": []}),
        ("tokenize", [{"id": 3, "start": 0, "stop": 2}], {"ids": [3], "offsets": [[0, 2]]}),
        ("tokenize", {"tokenize_response": [{"id": 3}], "templated_text": "a"},
         {"ids": [3], "text": "a"}),
        ("detokenize", {"prompt": "a"}, {"text": "a"}),
        ("detokenize", {"text": ["a", "b"]}, {"text": ["a", "b"]}),
        ("detokenize", {"content": "a"}, {"text": "a"}),
        ("render", {"prompt": "<a>"}, {"text": "<a>"}),
    ],
)  # fmt: skip
def test_ids_and_texts_of_tokenizers_behind_a_server(surface, value, aspects):
    """vLLM's, llama.cpp's, SGLang's and TGI's."""
    assert said(value, surface).aspects == aspects


@pytest.mark.parametrize(
    ("surface", "data", "error"),
    [
        ("complete", b"<html>", NotJson),
        ("complete", b"\xff", NotJson),
        ("complete", b"[" * 100_000, NotJson),
        ("complete", b"null", BadReply),
        ("complete", b"[]", BadReply),
        ("complete", b'{"choices": 1}', BadReply),
        ("complete", b'{"choices": [1]}', BadReply),
        ("complete", b'{"choices": [{"text": 1}]}', BadReply),
        ("complete", b'{"choices": [{"text": "", "token_ids": [true]}]}', BadReply),
        ("complete", b'{"content": "a", "tokens": [1.0]}', BadReply),
        ("complete", b'{"output_ids": [], "meta_info": 1}', BadReply),
        ("complete", b'{"error": "no"}', ErrorInReply),
        ("tokenize", b'{"tokens": ["1"]}', BadReply),
        ("tokenize", b'{"ids": [1]}', BadReply),
        ("detokenize", b'{"prompt": 1}', BadReply),
        ("render", b'"text"', BadReply),
    ],
)
def test_what_is_no_answer_of_its_kind_is_a_fault(surface, data, error):
    """Never a value that could agree with another."""
    with pytest.raises(error):
        said(data, surface)


def test_an_error_in_a_stream_and_text_taken_back_are_faults():
    """The end of such a stream says nothing."""
    with pytest.raises(ErrorInStream):
        streamed({"choices": []}, {"error": {"message": "no"}})
    with pytest.raises(Retracted):
        streamed(
            {"text": "ab", "output_ids": [1], "meta_info": {"completion_tokens": 1}},
            {"text": "b", "output_ids": [1, 2], "meta_info": {"completion_tokens": 2}},
        )


@pytest.mark.parametrize(
    ("names", "packed"),
    [
        (b"gzip", gzip.compress),
        (b"X-GZIP", gzip.compress),
        (b"deflate", zlib.compress),
        (b"deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
        (b"identity", bytes),
    ],
)
def test_an_encoding_is_taken_off_for_reading(names, packed):
    """In the reverse order of their names."""
    found = said(packed(reply()), "complete", (b"Content-Encoding", names))

    assert found == said(reply())


def test_what_cannot_be_unpacked_is_not_read():
    """One that is not known is not compared; one that is not what it says is a fault."""
    with pytest.raises(Unsupported):
        said(b"?", "complete", (b"content-encoding", b"br"))
    with pytest.raises(BadReply):
        said(b"plain", "complete", (b"content-encoding", b"gzip"))


def test_a_body_that_unpacks_without_end_is_not_held(monkeypatch):
    """A few bytes must not fill the memory."""
    monkeypatch.setattr("parity.shadow.proxy.answers.LONGEST", 1000)
    with pytest.raises(BadReply, match="more than 1,000 bytes"):
        said(gzip.compress(bytes(5000)), "complete", (b"content-encoding", b"gzip"))


@pytest.mark.parametrize(
    ("body", "greedy"),
    [
        ({"temperature": 0}, True),
        ({"temperature": 0.0, "n": 1, "best_of": None}, True),
        ({}, False),
        ({"temperature": None}, False),
        ({"temperature": False}, False),
        ({"temperature": "0"}, False),
        ({"temperature": 0.1, "seed": 1}, False),
        ({"temperature": 0, "n": 2}, False),
        ({"text": "a", "sampling_params": {"temperature": 0}}, True),
        ({"text": "a", "sampling_params": {}}, False),
        ({"text": ["a"], "sampling_params": [{"temperature": 0}, {"temperature": 1}]}, False),
        ({"inputs": "a"}, True),
        ({"inputs": "a", "parameters": {"do_sample": True}}, False),
        ({"inputs": "a", "parameters": {"temperature": 0.5}}, False),
        ({"inputs": "a", "parameters": 1}, False),
        ({"sampling_params": 1}, False),
    ],
)
def test_a_request_is_greedy_where_it_says_so(body, greedy):
    """What a server does by default is not known here; TGI's default is greedy."""
    assert is_greedy("complete", body) is greedy
    assert is_greedy("tokenize", body)


@pytest.mark.parametrize(
    ("method", "path", "kind", "surface"),
    [
        ("POST", "/v1/completions", b"application/json", "complete"),
        ("POST", "/v1/chat/completions", b"Application/JSON; charset=utf-8", "chat"),
        ("POST", "/tokenize", b"application/vnd.x+json", "tokenize"),
        ("GET", "/v1/completions", b"application/json", "other"),
        ("POST", "/v1/completions", b"text/plain", "other"),
        ("POST", "/v1/embeddings", b"application/json", "other"),
        ("POST", "/v1/completions/", b"application/json", "other"),
    ],
)
def test_a_surface_is_a_method_a_path_and_a_type(method, path, kind, surface):
    """Whatever else comes is passed and not compared."""
    assert surface_of(method, path, [(b"Content-Type", kind)]) == surface


ASKED = {
    "vllm": [
        ("/tokenize", {"prompt": "ab \u4e16"}), ("/detokenize", {"tokens": [70, 71, 72]}),
        ("/v1/completions", {"prompt": "a", "max_tokens": 9, "temperature": 0, "stream": True,
                             "return_token_ids": True}),
    ],
    "sglang": [
        ("/tokenize", {"prompt": ["ab", "\u4e16"]}), ("/detokenize", {"tokens": [[70], [71]]}),
        ("/generate", {"text": "a", "stream": True,
                       "sampling_params": {"temperature": 0, "max_new_tokens": 9}}),
    ],
    "tgi": [
        ("/tokenize", {"inputs": "ab \u4e16"}),
        ("/generate_stream", {"inputs": "a", "parameters": {"max_new_tokens": 9}}),
    ],
    "llama_cpp": [
        ("/tokenize", {"content": "ab \u4e16"}), ("/detokenize", {"tokens": [70, 71, 72]}),
        ("/completion", {"prompt": "a", "n_predict": 9, "temperature": 0, "stream": True,
                         "return_tokens": True}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("shape", ASKED)
def test_two_engines_of_a_kind_agree(shape):
    """The fake servers of every shape, over real sockets."""
    assert shape in ENGINES
    with fake_server.serving(shape) as primary, fake_server.serving(shape) as candidate:
        with proxied(primary.url, candidate.url) as running:
            got = [asked(running.url, *one) for one in ASKED[shape]]
        direct = [asked(primary.url, *one) for one in ASKED[shape]]
    found = running.book.snapshot()

    assert [status for status, _ in got] == [200] * len(got)
    assert got == direct
    assert (found["same"], found["sampled"]) == (len(got), len(got))


def asked(url, path, body):
    """Ask, and return status and bytes; dates and packets are of the moment."""
    rows = [("content-type", "application/json")]
    status, _, data, _ = ask(url, path, json.dumps(body).encode(), headers=rows)
    return status, data
