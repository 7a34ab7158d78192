"""The `http` backend: five shapes over a real socket, and every way in which a server fails."""

import pytest
from fake_server import FAULTS, HARMLESS, serving

from parity import fingerprint, session
from parity.backends import load
from parity.compare import Verdict
from parity.errors import BadSpec, LoadFailed, SelfComparison, Unsupported
from parity.jobs import jobs_for
from parity.plan import Pair
from parity.run import live, run
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
def servers():
    """A running server of each shape, with a tokenizer that adds special tokens."""
    with (
        serving("smg", "tiny:wordpiece") as smg,
        serving("sglang", "tiny:wordpiece") as sglang,
        serving("vllm", "tiny:wordpiece") as vllm,
        serving("tgi", "tiny:wordpiece") as tgi,
        serving("llama_cpp", "tiny:wordpiece") as llama_cpp,
    ):
        found = {"smg": smg, "sglang": sglang, "vllm": vllm, "tgi": tgi, "llama_cpp": llama_cpp}
        assert [*found] == [*SHAPES]
        yield found


def spec(server, shape, **options):
    """The spec of a server; smg wants to be told its model."""
    if shape == "smg":
        options = {"model": "m", **options}
    return "".join([f"http:{server.url},shape={shape}", *(f",{k}={v}" for k, v in options.items())])


@pytest.fixture
def of(servers):
    """A function that loads a backend on the server of a shape, honest again."""
    made = []

    def make(shape, **options):
        servers[shape].fault = ""
        servers[shape].seen.clear()
        made.append(load(spec(servers[shape], shape, **options)))
        return made[-1]

    yield make
    for backend in made:
        backend.close()


@pytest.fixture(scope="module")
def hf():
    return load("hf:tiny:wordpiece")


def verdicts(cases, checks, reference, candidate):
    """What each check comes to, as counts by verdict."""
    sides = {"reference": live(reference), "candidate": live(candidate)}
    found = {}
    for job, tally, _ in run(cases, jobs_for(checks), sides):
        found[job.name] = {verdict.value: n for verdict, n in tally.counts.items() if n}
    return found


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


KINDS = {
    "answers_500": "Status500", "wants_a_key": "Status401",
    "asks_to_wait": "Status429", "leads_elsewhere": "Status302", "half_a_json": "NotJson",
    "hangs_up_within": "ConnectionFailed", "hangs_up": "ConnectionFailed",
    "never_answers": "Timeout", "drips": "Timeout", "answers_html": "NotJson",
    "says_text": "NotJson", "is_latin_1": "NotJson", "torn_gzip": "BadReply",
    "ids_as_strings": "BadReply", "ids_as_floats": "BadReply", "misses_a_key": "BadReply",
    "answers_null": "BadReply", "forgets_the_last": "MissingOutput",
}  # fmt: skip
STREAM_KINDS = {
    "stream_ends_early": "BadReply", "stream_is_cut": "ConnectionFailed",
    "stream_fails": "ErrorInStream", "stream_is_json": "NotJson", "stream_is_no_json": "BadReply",
    "goes_on_in_silence": "Timeout", "answers_500": "Status500", "hangs_up": "ConnectionFailed",
}  # fmt: skip
TELLS = {
    "wants_a_key": "key_file=", "asks_to_wait": "retry after 7", "leads_elsewhere": "elsewhere",
    "answers_500": "see its log", "never_answers": "seconds=",
    "answers_html": "text/html",
}  # fmt: skip


def _soon(backend):
    """Wait no longer than a moment for what is to come too late, now that it has been loaded."""
    backend.client.seconds = 0.1
    backend.client.session.timeout = 0.1


def test_every_fault_has_a_kind():
    """A new fault is expected to be something."""
    assert {"answers_422", *KINDS, *STREAM_KINDS, *(one.__name__ for one in HARMLESS)} == {*FAULTS}


@pytest.mark.parametrize("fault", KINDS)
def test_a_fault_of_a_server_is_a_failure_with_its_kind(of, servers, fault):
    """In a batch, too; and two servers that fail alike agree about nothing."""
    backend = of("smg")
    servers["smg"].fault = fault
    if KINDS[fault] == "Timeout":
        _soon(backend)
    cases = [Case(f"t/{n}", "text", text) for n, text in enumerate("ab")]
    sides = {"reference": live(backend), "candidate": live(backend)}
    ((_, tally, differing),) = run(cases, jobs_for(["ids_batched"]), sides)
    servers["smg"].release()

    missing = 1 if fault == "forgets_the_last" else 2
    assert tally.counts[Verdict.DIVERGED] == missing
    for one in differing:
        assert one.candidate.failure.kind == KINDS[fault]
        assert one.candidate.failure.fault
        assert TELLS.get(fault, "") in one.candidate.failure.message


def test_a_refusal_of_an_input_is_an_answer(of, servers):
    """Two servers that refuse it alike agree, and the case counts as failed."""
    backend = of("smg")
    servers["smg"].fault = "answers_422"
    with pytest.raises(Exception, match="missing field") as caught:
        backend.encode("a")
    sides = {"reference": live(backend), "candidate": live(backend)}
    ((_, tally, _),) = run([Case("t/a", "text", "a")], jobs_for(["ids"]), sides)

    assert type(caught.value).__name__ == "Status422"
    assert (tally.counts, tally.failed) == ({Verdict.SAME: 1}, 1)


@pytest.mark.parametrize("fault", STREAM_KINDS)
def test_a_fault_of_a_stream_is_a_failure_with_its_kind(of, servers, fault):
    """Half a stream is no short answer."""
    backend = of("sglang")
    servers["sglang"].fault = fault
    if STREAM_KINDS[fault] == "Timeout":
        _soon(backend)

    with pytest.raises(Exception, match=r".") as caught:
        backend.streamed_text("a", 8)
    servers["sglang"].release()
    assert type(caught.value).__name__ == STREAM_KINDS[fault]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fault", [one.__name__ for one in HARMLESS])
def test_what_servers_may_do_changes_nothing(of, servers, hf, shape, fault):
    """A body in gzip, or in chunks."""
    backend = of(shape)
    servers[shape].fault = fault
    mode = min(MODES[shape])

    assert backend.encode("Hello \u4e16", mode).ids == hf.encode("Hello \u4e16", mode).ids


@pytest.mark.parametrize(("shape", "kind"), [("smg", "UnknownModel"), ("vllm", "Status404")])
def test_a_model_that_is_gone_is_no_refusal_of_a_text(of, servers, monkeypatch, shape, kind):
    """Two servers without their models do not agree."""
    backend = of(shape, model="m")
    monkeypatch.setattr(servers[shape].engine, "model", "another")
    (seen,) = next(run([Case("t/a", "text", "a")], jobs_for(["ids"]), {
        "reference": live(backend), "candidate": live(backend)}))[2]  # fmt: skip

    assert seen.candidate.failure[::2] == (kind, True)


def test_half_a_pair_is_sent_as_its_escape_and_two_are_not(of):
    """JSON makes one character of two halves: that would be another text."""
    backend = of("smg")

    for text, kind in (("\ud83d", "Status400"), ("\ud83d\udc4d", "NotSendable")):
        with pytest.raises(Exception, match=r".") as caught:
            backend.encode(text)
        assert type(caught.value).__name__ == kind
    assert backend.encode("\U0001f44d \\ud83d\\udc4d").ids


def test_a_server_that_dies_never_looks_like_agreement():
    """Two servers that die in the middle fail alike, and no case counts as the same."""
    cases = [Case(f"t/{n}", "text", f"text {n}") for n in range(200)]
    with serving("smg") as smg, serving("sglang") as sglang:
        sides = [load(spec(smg, "smg")), load(spec(sglang, "sglang"))]
        before = verdicts(cases, ["ids", "ids_batched"], *sides)
        smg.die()
        sglang.die()
        after = verdicts(cases, ["ids", "ids_batched", "outcome"], *sides)
        for side in sides:
            with pytest.raises(LoadFailed, match="ConnectionFailed"):
                fingerprint.take("x", side)
            side.close()

    assert before == {key: {"same": 200} for key in ("ids", "ids_batched")}
    assert after == {key: {"diverged": 200} for key in ("ids", "ids_batched", "outcome")}


def test_a_server_that_hangs_is_given_up(of, servers):
    """Three times in a row, and then nothing is sent any more: it costs no hours."""
    backend = of("smg")
    servers["smg"].fault = "never_answers"
    _soon(backend)
    servers["smg"].seen.clear()
    cases = [Case(f"t/{n}", "text", f"text {n}") for n in range(500)]
    found = verdicts(cases, ["ids"], load("hf:tiny:wordpiece"), backend)
    servers["smg"].release()

    assert found == {"ids": {"diverged": 500}}
    assert len(servers["smg"].seen) <= 3


def test_who_it_is_is_asked_anew(of, servers, monkeypatch):
    """A server that is another one when the run ends is not what was compared."""
    for shape in SHAPES:
        backend = of(shape)
        before = fingerprint.take("x", backend)
        assert before == fingerprint.take("x", backend)
        with monkeypatch.context() as patch:
            patch.setattr(servers[shape].engine, "version", "1.2.4")
            assert fingerprint.take("x", backend) != before


def test_one_server_under_two_names_is_one_thing(servers):
    """By another name of loopback, with a slash, with what is known of its tokenizer."""
    port = servers["smg"].server_address[1]
    one = f"http:{servers['smg'].url},shape=smg,model=m"
    other = f"http:http://LOCALHOST:{port}/,shape=smg,model=m,tokenizer=tiny:wordpiece,seconds=3"

    with pytest.raises(SelfComparison), session.opened(Pair("p", one, other)):
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


def test_nobody_there_is_said_with_what_to_do():
    """Not a crash, and not a divergence."""
    with pytest.raises(LoadFailed, match=r"ConnectionFailed: .*is it running, at this URL"):
        load("http:http://127.0.0.1:1,shape=vllm")


def test_a_server_of_another_shape_is_said(servers):
    """It has not the paths of the one that was named."""
    with pytest.raises(LoadFailed, match=r"Status404.*is shape= the right one\?"):
        load(f"http:{servers['smg'].url},shape=llama_cpp")


@pytest.mark.parametrize("shape", ["smg", "vllm"])
def test_a_model_that_is_not_there_is_said_with_those_that_are(servers, shape):
    """The names that it would answer to."""
    with pytest.raises(LoadFailed, match=r"UnknownModel: .*'x'; it (has|serves): m;"):
        load(f"http:{servers[shape].url},shape={shape},model=x")


def test_an_old_path_is_asked_where_the_new_one_is_not(servers, monkeypatch):
    """SGLang's were renamed."""
    routes = servers["sglang"].engine.routes()
    old = {f"/get{path.replace('/', '_')}": routes.pop(path) for path in
           ("/model_info", "/server_info")}  # fmt: skip
    monkeypatch.setattr(servers["sglang"].engine, "routes", lambda: {**routes, **old})
    load(f"http:{servers['sglang'].url},shape=sglang").close()


def test_a_pair_whose_server_is_gone_does_not_stop_the_others(project, tokparity):
    """Its problem is its own: nothing is proved there, and the rest is compared."""
    gone = {"name": "gone", "candidate": "http:http://127.0.0.1:1,shape=smg,model=m"}
    project.plan(gone, {"name": "there"})
    done = tokparity("run")

    assert done.code == 3
    assert "is it running, at this URL" in " ".join(done.out.split())
    pairs = {row["name"]: row for row in project.run_file()[-1]["pairs"]}
    assert [pairs["gone"]["exit"], pairs["there"]["exit"]] == [3, 0]
