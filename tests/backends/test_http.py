"""The `http` backend: five shapes over a real socket, each held to the tokenizer behind it."""

import pytest
from fake_server import HARMLESS, serving, spec
from helpers import verdicts

from parity import fingerprint, session
from parity.backends import load
from parity.errors import BadSpec, SelfComparison, Unsupported
from parity.plan import Pair
from parity.servers import SHAPES
from parity.servers.shape import Chunk
from parity.types import Case

TEXTS = [
    "",
    "a",
    "Hello <|im_start|> there",
    "\u4e16\u754c \U0001f336\ufe0f e\u0301",
    "\r\n\t  x\x00",
]
MODES = {
    "smg": {"parse"}, "sglang": {"parse", "template"}, "vllm": {"parse", "template"},
    "tgi": {"template"}, "llama_cpp": {"parse", "plain", "template"},
}  # fmt: skip
SKIPS = {"smg": {True, False}, "sglang": {True, False}, "vllm": {False}, "tgi": set(),
         "llama_cpp": {False}}  # fmt: skip
CHAT = [{"role": "user", "content": "Hi <|im_end|>"}, {"role": "assistant", "content": "\u4e16"}]
SAID = "Hello \u4e16\u754c \U0001f336\ufe0f, a b!"


@pytest.fixture(scope="module")
def hf():
    return load("hf:tiny:wordpiece")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["parse", "plain", "template"])
def test_a_shape_encodes_in_the_modes_that_it_has(of, hf, shape, mode):
    """The engine's own defaults decide nothing: what it is told does, and the rest it has not."""
    cases = [Case(f"t/{n}", "text", text, {"specials": mode}) for n, text in enumerate(TEXTS)]
    found = verdicts(cases, ["ids", "ids_batched"], hf, of(shape))
    expected = "same" if mode in MODES[shape] else "unsupported"

    assert found == {key: {expected: len(TEXTS)} for key in ("ids", "ids_batched")}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("skip", [True, False])
def test_a_shape_decodes_in_the_ways_that_it_has(of, hf, shape, skip):
    """Special tokens skipped and kept; none of them is what a missing word falls back to."""
    batch = [[], *([hf.encode(text, "template").ids for text in TEXTS])]
    backend = of(shape)
    if skip in SKIPS[shape]:
        singly = [backend.decode(ids, skip) for ids in batch]

        assert singly == backend.decode_batch(batch, skip) == hf.decode_batch(batch, skip)
    else:
        for call, given in ((backend.decode, batch[1]), (backend.decode_batch, batch)):
            with pytest.raises(Unsupported):
                call(given, skip)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_batch_is_one_request_where_there_is_a_word_for_it(of, servers, shape):
    """And else one after another."""
    backend = of(shape)
    mode = min(MODES[shape])
    servers[shape].seen.clear()
    backend.encode_batch(["a", "b", "c"], mode)

    assert len(servers[shape].seen) == (1 if SHAPES[shape].batches else 3)
    assert backend.encode_batch([], mode) == []


@pytest.mark.parametrize(
    ("shape", "sent"),
    [
        ("smg", {"prompt": "a", "model": "m"}),
        ("sglang", {"prompt": "a", "add_special_tokens": False}),
        ("vllm", {"prompt": "a", "add_special_tokens": False}),
        (
            "llama_cpp",
            {"content": "a", "add_special": False, "parse_special": True, "with_pieces": False},
        ),
    ],
)
def test_nothing_is_left_to_a_default(of, servers, shape, sent):
    """Every option that an engine has about special tokens is in the request."""
    of(shape).encode("a")

    assert servers[shape].seen[-1][1] == sent


def test_ranges_of_bytes_come_as_code_points(of, hf):
    """Those of TGI; the others report none."""
    for text in TEXTS:
        assert of("tgi").encode(text, "template") == hf.encode(text, "template")
    for shape in ("smg", "sglang", "vllm", "llama_cpp"):
        assert of(shape).encode("abc").offsets is None


@pytest.mark.parametrize("shape", ["sglang", "vllm"])
def test_a_chat_is_encoded_in_one_call(of, hf, shape):
    """The turn is opened if that is asked, tools and variables go along, nothing is added."""
    backend = of(shape)
    tools = [{"type": "function", "function": {"name": "f"}}]
    plain = "user: Hi <|im_end|>\nassistant: \u4e16\n"

    assert backend.chat_ids(CHAT, {}) == hf.encode(plain).ids
    assert backend.chat_ids(CHAT, {"add_generation_prompt": True, "tools": tools,
                                   "variables": {"k": 1}}) == (
        hf.encode(f"{plain}fk=1assistant: ").ids
    )  # fmt: skip
    for lacking in (lambda: backend.chat_ids(CHAT, {"documents": []}),
                    lambda: backend.render(CHAT, {})):  # fmt: skip
        with pytest.raises(Unsupported):
            lacking()


def test_tgi_templates_a_chat_and_always_opens_a_turn(of, hf):
    """Text and ids come of one call; a chat that asks for no answer it has not."""
    backend, asked = of("tgi"), {"add_generation_prompt": True}
    text = "user: Hi <|im_end|>\nassistant: \u4e16\nassistant: "

    assert backend.render(CHAT, asked) == text
    assert backend.chat_ids(CHAT, asked) == hf.encode(text).ids
    with pytest.raises(Unsupported):
        backend.render(CHAT, {})


def test_llama_cpp_templates_a_chat_and_continues_by_itself(of):
    """A last message of the assistant's is continued there, so it must be asked for."""
    backend = of("llama_cpp")

    assert backend.render(CHAT[:1], {}) == "user: Hi <|im_end|>\n"
    assert backend.render(CHAT, {"continue_final_message": True}).endswith("assistant: \u4e16\n")
    for lacking in (lambda: backend.render(CHAT, {}), lambda: backend.chat_ids(CHAT[:1], {})):
        with pytest.raises(Unsupported):
            lacking()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("incremental", [False, True])
def test_streamed_text_is_what_is_new_with_its_ids(shape, incremental):
    """Cumulative or in deltas, in packets of one to seven bytes; ids where they are reported."""
    with serving(shape, "tiny:byte-bpe-600") as server:
        server.engine.incremental = incremental
        backend = load(spec(server, shape))
        chunks = backend.streamed_text("Hi", 1000)
        ids = [id for chunk in chunks for id in chunk.ids or ()]
        said = server.engine.said
        backend.close()

    assert "".join(chunk.text for chunk in chunks) == SAID
    assert [chunk.finish for chunk in chunks if chunk.finish] in (["length"], ["limit"])
    if shape == "smg":
        assert {chunk.ids for chunk in chunks} == {None}
    elif shape == "llama_cpp":
        assert 0 < len(ids) < len(said)  # it reports no id of a token inside a character
    else:
        assert ids == said


@pytest.mark.parametrize("shape", SHAPES)
def test_a_stream_may_be_asked_for_ids_and_stops(of, servers, shape):
    """Greedy, with the limit and the stops that were given; TGI takes no ids."""
    backend = of(shape)
    if shape == "tgi":
        with pytest.raises(Unsupported):
            backend.streamed_text([1, 2], 2)
        chunks = backend.streamed_text("a", 2, ["x"])
    else:
        chunks = backend.streamed_text([1, 2], 2, ["x"])
    body = servers[shape].seen[-1][1]
    told = {**body, **body.get("sampling_params", {}), **body.get("parameters", {})}

    assert all(isinstance(chunk, Chunk) for chunk in chunks)
    assert told["stop"] == ["x"]
    assert told.get("temperature", 0) == 0
    assert told.get("do_sample", False) is False


def test_a_cumulative_stream_may_not_take_text_back(of, servers, monkeypatch):
    """It is seen, as what it is."""
    backend = of("sglang")
    monkeypatch.setattr(servers["sglang"].engine, "deltas", lambda ids: ["ab", "cd"][: len(ids)])
    monkeypatch.setattr(
        servers["sglang"].engine, "generate", _retracts(servers["sglang"].engine.generate)
    )

    with pytest.raises(Exception, match="was sent, and now") as caught:
        backend.streamed_text("a", 2)
    assert type(caught.value).__name__ == "Retracted"


def _retracts(generate):
    def wrong(body):
        stream = generate(body)
        return stream._replace(data=stream.data.replace(b'"abcd"', b'"ad"'))

    return wrong


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fault", [one.__name__ for one in HARMLESS])
def test_what_servers_may_do_changes_nothing(of, servers, hf, shape, fault):
    """A body in gzip, or in chunks."""
    backend = of(shape)
    servers[shape].fault = fault
    mode = min(MODES[shape])

    assert backend.encode("Hello \u4e16", mode).ids == hf.encode("Hello \u4e16", mode).ids


def test_half_a_pair_is_sent_as_its_escape_and_two_are_not(of):
    """JSON makes one character of two halves: that would be another text."""
    backend = of("smg")

    for text, kind in (("\ud83d", "Status400"), ("\ud83d\udc4d", "NotSendable")):
        with pytest.raises(Exception, match=r".") as caught:
            backend.encode(text)
        assert type(caught.value).__name__ == kind
    assert backend.encode("\U0001f44d \\ud83d\\udc4d").ids


def test_who_it_is_is_asked_anew(of, servers, monkeypatch):
    """A server that is another one when the run ends is not what was compared."""
    for shape in SHAPES:
        backend = of(shape)
        before = fingerprint.take("x", backend)
        assert before == fingerprint.take("x", backend)
        with monkeypatch.context() as patch:
            patch.setattr(servers[shape].engine, "version", "1.2.4")
            assert fingerprint.take("x", backend) != before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "http://127.0.0.1:{smg},shape=smg,model=m",
            "http://LOCALHOST:{smg}/,shape=smg,model=m,tokenizer=tiny:wordpiece,seconds=3",
        ),
        ("http://127.0.0.1:{vllm},shape=vllm", "http://localhost:{vllm},shape=vllm,model=m"),
        ("http://127.0.0.1:{tgi},shape=tgi", "http://127.1:{tgi},shape=tgi,seconds=9"),
    ],
)
def test_one_server_under_two_names_is_one_thing(servers, one, other):
    """By another name of loopback, with its only model named or not, with more known of it."""
    ports = {shape: server.server_address[1] for shape, server in servers.items()}
    specs = [f"http:{spec}".format(**ports) for spec in (one, other)]

    with pytest.raises(SelfComparison), session.opened(Pair("p", *specs)):
        pass


def test_a_tokenizer_folder_gives_its_digests(of):
    """They are kept and checked; nothing is read from it."""
    found = fingerprint.take("x", of("smg", tokenizer="tiny:wordpiece"))

    assert "tokenizer.json" in found.artefacts
    with pytest.raises(Unsupported):
        of("smg", tokenizer="tiny:wordpiece").vocabulary()


def test_a_key_is_sent_and_is_in_no_fingerprint(of, servers, tmp_path):
    """A run file is given to others."""
    (tmp_path / "key").write_text("sesame\n")
    backend = of("vllm", key_file=tmp_path / "key")
    backend.encode("a")

    assert "Bearer sesame" in servers["vllm"].keys
    assert "sesame" not in str(fingerprint.take("x", backend))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", r"wants shape=NAME, one of smg, sglang, vllm, tgi, llama_cpp"),
        (",shape=ollama", r"not 'ollama'"),
        (",shape=smg", r"smg wants model=NAME"),
        (",shape=tgi,model=x", r"takes no model=x"),
        (",shape=vllm,seconds=soon", r"seconds=soon is no number"),
        (",shape=vllm,seconds=inf", r"seconds=inf is no number"),
        (",shape=vllm,key_file=nowhere", r"key_file=nowhere cannot be read"),
        (",shape=vllm,tokenizer=tiny:none", r"no tiny tokenizer 'none'"),
        (",shape=vllm,retries=3", r"no option 'retries'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, message):
    """With what could be meant; nothing is asked."""
    with pytest.raises(BadSpec, match=message):
        load(f"http:http://127.0.0.1:1{options}")


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:3000", "ftp://a", "http://", "http://a:b@c", "http://a?b", "http://a:x"]
)
def test_a_url_that_cannot_be_meant_is_refused(url):
    """A password has no place in what is printed."""
    with pytest.raises(BadSpec, match="http: "):
        load(f"http:{url},shape=vllm")


def test_an_old_path_is_asked_where_the_new_one_is_not(servers, monkeypatch):
    """SGLang's were renamed."""
    routes = servers["sglang"].engine.routes()
    old = {f"/get{path.replace('/', '_')}": routes.pop(path) for path in
           ("/model_info", "/server_info")}  # fmt: skip
    monkeypatch.setattr(servers["sglang"].engine, "routes", lambda: {**routes, **old})
    load(f"http:{servers['sglang'].url},shape=sglang").close()
