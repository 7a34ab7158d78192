"""Servers of completions: honest ones of each dialect are read, and every fault has its name."""

import contextlib
import threading

import fake_server
import pytest
from completion_faults import ANSWERING, MAKING, STREAMING, cuts_the_stream
from fake_completions import DIALECTS, serving

from parity.backend import Breach
from parity.decoding import engines
from parity.decoding.engines import read_spec
from parity.decoding.gathering import gather, schedule
from parity.decoding.records import Prompt, Request, Step
from parity.errors import BadSpec, LoadFailed, Unsupported
from parity.fingerprint import take
from parity.servers import failures

GIVES_IDS = ("vllm", "sglang", "tgi", "llama-server")
TAKES_IDS = ("vllm", "sglang", "llama-server", "openai")
OPENAI = ("vllm", "smg", "openai")
ALL = tuple(DIALECTS)
FAULTS = {
    "answers_other_ids_in_stream": dict.fromkeys(ALL, "StreamsAnother"),
    "ends_otherwise_in_stream": dict.fromkeys(ALL, "StreamsAnother"),
    "streams_an_id_twice": dict.fromkeys(ALL, "StreamsAnother"),
    "shifts_logprobs": {**dict.fromkeys(GIVES_IDS, "NotGreedy")},
    "takes_the_second_best": dict.fromkeys(GIVES_IDS, "NotGreedy"),
    "forgets_a_logprob": {"vllm": "Misaligned", "sglang": "Misaligned", "tgi": "Miscounts"},
    "lies_about_usage": dict.fromkeys(GIVES_IDS, "Miscounts"),
    "lies_about_the_prompt": dict.fromkeys(TAKES_IDS, "Miscounts"),
    "answers_more": dict.fromkeys(ALL, "Miscounts"),
    "gives_ids_as_strings": dict.fromkeys(GIVES_IDS, "BadReply"),
    "gives_ids_as_floats": dict.fromkeys(GIVES_IDS, "BadReply"),
    "gives_no_number": dict.fromkeys(GIVES_IDS, "BadReply"),
    "ends_by_magic": dict.fromkeys(ALL, "BadReply"),
    "stops_by_what_nobody_asked": {"vllm": "BadReply", "sglang": "BadReply"},
    "reads_another_prompt": {"vllm": "Miscounts"},
    "takes_other_settings": {"llama-server": "NotAsAsked"},
    "bans_eos": {"llama-server": "NotAsAsked"},
    "answers_fewer": dict.fromkeys(OPENAI, "Miscounts"),
    "answers_twice": dict.fromkeys(OPENAI, "Miscounts"),
    "says_error": dict.fromkeys(ALL, "ErrorInReply"),
    "answers_a_list": dict.fromkeys(ALL, "BadReply"),
    "streams_nothing": {**dict.fromkeys(ALL, "StreamsNothing"), "tgi": "BadReply",
                        "llama-server": "BadReply"},
    "streams_no_byte": dict.fromkeys(ALL, "BadReply"),
    "stops_streaming": dict.fromkeys(ALL, "BadReply"),
    "streams_an_error": dict.fromkeys(ALL, "ErrorInStream"),
}  # fmt: skip
"""What each fault is, by the dialects that it can be seen in."""
CONNECTIONS = {
    "cuts_the_stream": "ConnectionFailed", "hangs_up": "ConnectionFailed", "drips": "Timeout",
    "never_answers": "Timeout", "half_a_json": "NotJson", "answers_html": "NotJson",
    "answers_500": "Status500", "answers_422": "Status422", "hangs_up_within": "ConnectionFailed",
}  # fmt: skip
PROMPTS = [Prompt(f"t/{text}", "text", text, 4) for text in ("abc", "abx", "bcd")]
AS_IDS = [one._replace(kind="ids", payload=tuple(map(ord, one.payload))) for one in PROMPTS]


@pytest.fixture(scope="module")
def running():
    """A function that gives the server of a dialect."""
    with contextlib.ExitStack() as stack:
        found = {}

        def of(dialect):
            if dialect not in found:
                found[dialect] = stack.enter_context(serving(dialect))
            return found[dialect]

        yield of


@pytest.fixture(scope="module")
def of(running):
    """A function that gives an engine of a dialect; one of the same options is loaded once."""
    with contextlib.ExitStack() as stack:
        found = {}

        def load(dialect, **options):
            text = spec(running(dialect), dialect, **options)
            if text not in found:
                found[text] = stack.enter_context(contextlib.closing(engines.load(text)))
            return found[text]

        yield load


@pytest.fixture
def wrong(running):
    """A function that makes a server wrong, but for prompts that it spares, until the test ends."""
    made = []

    def make(dialect, fault, spared=()):
        made.append(running(dialect))
        made[-1].engine.wrong, made[-1].engine.spared = fault, spared

    yield make
    for server in made:
        server.engine.wrong, server.engine.spared = "", ()


def spec(server, dialect, **options):
    more = {"model": "m"} if dialect == "smg" else {}
    named = {"dialect": dialect, **more, **options}
    return ",".join([f"openai-http:{server.url}", *(f"{k}={v}" for k, v in named.items())])


def outcomes(engine, prompts=None, asked=""):
    """What `gather` keeps of prompts, by their ids; ids go in where there is no tokenizer."""
    found = []
    prompts = prompts or (AS_IDS if engine.server.shape.encode is None else PROMPTS)
    gather(engine, prompts, schedule(read_spec(f"x{asked}").asked, "x"), found.append, top=2)
    return {one.prompt: one for one in found}


def kinds(found):
    return {id: one.failure.kind if one.failure else "" for id, one in found.items()}


@pytest.mark.parametrize("dialect", ALL)
def test_an_honest_server_is_read(of, dialect):
    """Ids where there are any, text, chunks, finish, counts, and a step for each id."""
    made = outcomes(of(dialect))["t/abc"].generation

    assert (made.text, made.finish) == ("defg", "length")
    assert made.chunks[:4] == ("d", "e", "f", "g")
    assert made.counts.get("completion", 4) == 4
    assert made.ids == ((100, 101, 102, 103) if dialect in GIVES_IDS else None)
    if made.ids:
        assert made.steps[0] == Step(((100, -0.1), (101, -2.5)))
        assert len(made.steps) == 4


@pytest.mark.parametrize(
    ("fault", "dialect"), [(fault, dialect) for fault, known in FAULTS.items() for dialect in known]
)
def test_a_fault_is_a_failure_of_its_prompt_alone(of, wrong, fault, dialect):
    """It has a name, is no answer that another side could share, and the others are kept."""
    engine = of(dialect)
    wrong(dialect, fault, spared=("abc", "bcd"))
    found = outcomes(engine, asked=",batch=3")

    assert kinds(found) == {"t/abc": "", "t/abx": FAULTS[fault][dialect], "t/bcd": ""}
    assert found["t/abx"].failure.fault


def test_chunks_that_are_joined_by_time_are_left_out(of, wrong):
    """Two servers that join otherwise do not differ; what is not there is said to be absent."""
    engine = of("vllm")
    wrong("vllm", "joins")
    made = outcomes(engine)["t/abc"].generation

    assert (made.text, made.chunks) == ("defg", None)


def test_every_fault_is_expected_to_be_something():
    """A new one is in the table."""
    assert {*MAKING, *ANSWERING, *STREAMING} == {*FAULTS}


@pytest.mark.parametrize("fault", CONNECTIONS)
def test_a_connection_that_fails_is_a_failure_with_its_name(of, running, monkeypatch, fault):
    """Half an answer is none."""
    monkeypatch.setitem(fake_server.FAULTS, "cuts_the_stream", cuts_the_stream)
    engine, server = of("sglang", seconds="0.2"), running("sglang")
    monkeypatch.setattr(server, "fault", fault)
    found = outcomes(engine, [Prompt("t/ids", "ids", (97, 98), 4)])
    server.release()
    engine.server.client.failed = 0  # three in a row, and nothing is asked any more

    assert kinds(found) == {"t/ids": CONNECTIONS[fault]}


@pytest.mark.parametrize("dialect", ALL)
def test_eos_ends_a_completion_and_stays_among_its_ids(of, dialect):
    """999 is followed by 0, which is EOS."""
    engine = of(dialect)
    request = Request("t/eos", (996, 997), "\u03e4\u03e5", 8)
    (made,) = engine.generate([request], 2)

    assert made.finish == "eos"
    assert made.text == "\u03e6\u03e7"
    if dialect in GIVES_IDS:
        assert made.ids == (998, 999, 0)


def test_steps_that_llama_cpp_says_nothing_of_are_empty(of):
    """They are not filled with what is known of their neighbours."""
    (made,) = of("llama-server").generate([Request("t/x", (896, 897), "", 4)], 2)

    assert made.ids == (898, 899, 900, 901)
    assert [bool(step.top) for step in made.steps] == [True, True, False, False]


@pytest.mark.parametrize("dialect", ALL)
def test_a_stop_string_ends_a_completion(of, dialect):
    """Its text is cut, but for TGI's; OpenAI's word for it is that for EOS, and says neither."""
    engine = of(dialect)
    (made,) = engine.generate([Request("t/stop", (97, 98), "ab", 8, ("ef",))], 2)

    assert made.text == ("cdef" if dialect == "tgi" else "cd")
    assert engine.capabilities.stop_text == ("kept" if dialect == "tgi" else "cut")
    assert made.finish == ("string" if dialect in GIVES_IDS else "")


@pytest.mark.parametrize("dialect", ["vllm", "sglang", "llama-server"])
def test_given_ids_have_the_log_probabilities_of_their_steps(of, dialect):
    """By a prompt's, or by one request for each of them; whatever was given as the next."""
    engine = of(dialect)
    steps = engine.score((97, 98), (99, 500, 101), 2)

    assert engine.capabilities.scores
    assert [step.top[0][0] for step in steps] == [99, 100, 501]
    assert all(len(step.top) == 2 for step in steps)


@pytest.mark.parametrize("dialect", ["tgi", "smg", "openai"])
def test_scores_that_there_are_none_of_are_unsupported(of, dialect):
    """They are not made up of completions."""
    with pytest.raises(Unsupported, match="scores"):
        of(dialect).score((97,), (98,), 2)


@pytest.mark.parametrize("dialect", ALL)
def test_a_prompt_that_is_too_long_has_that_name(of, dialect):
    """Whatever the words of its server; the other prompt is answered."""
    long = Prompt("t/long", "text" if dialect != "openai" else "ids", "a" * 600, 4)
    if dialect == "openai":
        long = long._replace(payload=(97,) * 600)
    short = Prompt("t/short", "ids", (97,), 4) if dialect == "openai" else PROMPTS[0]
    found = kinds(outcomes(of(dialect), [long, short], ",batch=2"))

    assert list(found.values()) == ["PromptTooLong", ""]


@pytest.mark.parametrize("dialect", ["tgi", "smg"])
def test_ids_alone_are_unsupported_where_text_goes_in(of, dialect):
    """Nothing makes a text of them."""
    found = outcomes(of(dialect), [Prompt("t/ids", "ids", (97, 98), 4)])

    assert kinds(found) == {"t/ids": "Unsupported"}


def test_a_server_without_a_tokenizer_says_so(of):
    """The command has one of its own for it."""
    with pytest.raises(Unsupported, match="tokenizer"):
        of("openai").encode(PROMPTS[0])


@pytest.mark.parametrize("dialect", ["vllm", "sglang", "llama-server"])
def test_a_chat_ends_with_the_turn_that_is_asked_for(of, dialect):
    """The fakes write `A` for it."""
    chat = Prompt("t/chat", "messages", [{"role": "user", "content": "hi"}])

    assert of(dialect).encode(chat) == [*map(ord, "hiA")]


@pytest.mark.parametrize("dialect", ["sglang", "smg"])
def test_ids_are_decoded_where_special_tokens_can_be_left_out(of, dialect):
    """By the server."""
    assert of(dialect).decode([97, 0, 98]) == "ab"


def test_so_many_are_asked_at_once_as_were_said(of, running):
    """The server waits until three are there before it answers any."""
    engine = of("vllm", together="3", stream="no")
    running("vllm").engine.together = threading.Barrier(3)
    found = kinds(outcomes(engine, asked=",batch=3"))
    running("vllm").engine.together = threading.Barrier(1)

    assert set(found.values()) == {""}


def test_a_prompt_is_asked_once_without_a_stream(of, running):
    """There are no chunks then, and no name for them."""
    engine = of("vllm", stream="no")
    before = len(running("vllm").seen)
    (made,) = engine.generate([Request("t/a", (97,), "", 2)], 0)

    assert (made.chunks, made.steps, engine.capabilities.streams) == (None, None, "")
    assert len(running("vllm").seen) == before + 1


def test_two_names_of_one_server_are_one_thing(running):
    """By its port, whatever it is called."""
    url = running("vllm").url
    taken = []
    for name in (url, url.replace("127.0.0.1", "localhost")):
        engine = engines.load(f"openai-http:{name},dialect=vllm")
        taken.append(take("x", engine))
        engine.close()

    assert taken[0] == taken[1]
    assert taken[0].facts["says.version"] == "1.2.3"
    assert taken[0].facts["dialect"] == "vllm"


def test_nobody_there_is_said_with_the_url():
    """When it is loaded, not prompt by prompt."""
    with pytest.raises(LoadFailed, match=r"127\.0\.0\.1:1,?.*ConnectionFailed.*is it running"):
        engines.load("openai-http:http://127.0.0.1:1,dialect=vllm")


@pytest.mark.parametrize("dialect", OPENAI)
def test_a_model_that_is_not_there_is_said_when_it_is_loaded(running, dialect):
    """With those that are."""
    with pytest.raises(LoadFailed, match=r"UnknownModel.*'x'"):
        engines.load(spec(running(dialect), dialect, model="x"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://127.0.0.1:1", "wants dialect=NAME, one of vllm, sglang"),
        ("http://127.0.0.1:1,dialect=x", "not 'x'"),
        ("tiny,dialect=vllm", "wants a URL"),
        ("http://127.0.0.1:1,dialect=smg", "wants model=NAME"),
        ("http://127.0.0.1:1,dialect=tgi,model=m", "takes no model=m"),
        ("http://127.0.0.1:1,dialect=vllm,together=0", "together is a number"),
        ("http://127.0.0.1:1,dialect=vllm,stream=maybe", "stream is yes or no"),
        ("http://127.0.0.1:1,dialect=vllm,seconds=-1", "seconds=-1"),
    ],
)
def test_a_spec_that_cannot_be_meant_is_refused(text, said):
    """With what was expected."""
    with pytest.raises(BadSpec, match=said):
        engines.load(f"openai-http:{text}")


def test_the_names_of_failures_are_breaches():
    """Two servers that fail alike do not agree."""
    names = {name for known in FAULTS.values() for name in known.values()}
    found = [getattr(failures, name) for name in names if name != "Misaligned"]

    assert all(issubclass(one, Breach) for one in found)
