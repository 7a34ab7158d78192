"""A harness that completes prompts: what it answers is read, and each fault has its name."""

import contextlib
import shlex
import sys
from pathlib import Path

import pytest

from parity.decoding import apart, engines
from parity.decoding.engines import read_spec
from parity.decoding.gathering import gather, schedule
from parity.decoding.records import Generation, Prompt, Request
from parity.errors import BadSpec, LoadFailed, Unsupported
from parity.fingerprint import take

PROGRAM = Path(__file__).with_name("generating.py")
PROMPTS = [Prompt(f"t/{text}", "text", text, 3) for text in ("abc", "abx", "bcd")]
FAULTS = {
    "gives-ids-as-floats": "BadReply", "gives-ids-as-strings": "BadReply",
    "gives-no-ids": "BadReply", "answers-more": "BadReply", "ends-by-magic": "BadReply",
    "says-bytes": "BadReply", "answers-a-list": "BadReply", "dies": "Crashed",
    "hangs": "TimedOut", "logs": "Garbage", "fails": "MemoryError",
}  # fmt: skip


def spec(*flags, options=""):
    return f"command:{shlex.join([sys.executable, str(PROGRAM), *flags])}{options}"


@pytest.fixture
def load():
    """A function that loads the harness, with a fault or without."""
    with contextlib.ExitStack() as stack:

        def of(*flags, options=""):
            engine = engines.load(spec(*flags, options=options))
            stack.callback(engine.harness.talker.close)
            return engine

        yield of


def test_a_harness_completes_prompts(load):
    """Ids, text and why it ended; its words become ours."""
    engine = load()
    asked = [
        Request("a", (97, 98), "ab", 3),
        Request("b", (253,), "", 9),
        Request("c", (97,), "a", 9, ("de",)),
    ]

    assert engine.generate(asked, 5) == [
        Generation((99, 100, 101), "length", "cde"),
        Generation((254, 255, 0), "eos", "\xfe\xff"),
        Generation((98, 99, 100, 101), "string", "bc"),
    ]
    assert load("ends-by-an-id").generate([Request("x", (120,), "", 1)], 0)[0].finish == "id"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_a_failure_of_its_prompt_alone(load, fault):
    """A harness that died is started again for the next."""
    engine = load(fault, options=",seconds=0.5" if fault == "hangs" else "")
    found = []
    gather(engine, PROMPTS, schedule({"batch": "3"}, "x"), found.append)

    kinds = {one.prompt: one.failure.kind if one.failure else "" for one in found}
    assert kinds == {"t/abc": "", "t/abx": FAULTS[fault], "t/bcd": ""}


def test_a_text_goes_in_where_that_is_asked_for(load):
    """And ids alone are then Unsupported."""
    engine = load(options=",prompts=text")
    text, ids = engine.generate([Request("a", (1,), "ab", 2), Request("b", (1,), "", 2)], 0)

    assert text.ids == (99, 100)
    assert isinstance(ids, Unsupported)
    assert not engine.capabilities.ids_in


def test_its_tokenizer_is_asked(load):
    """With special tokens around a text, without them around a chat."""
    engine = load()
    chat = [{"role": "user", "content": "hi"}]

    assert engine.encode(PROMPTS[0]) == [256, 97, 98, 99]
    assert engine.encode(Prompt("t/chat", "messages", chat)) == [*b"hiA"]
    assert engine.decode([256, 104, 105]) == "hi"


def test_a_harness_that_generates_nothing_is_unsupported(load):
    """When it is loaded: the cell is skipped, and named."""
    with pytest.raises(Unsupported, match="echo has no generate"):
        load("generates-nothing")


def test_its_program_and_options_are_its_identity(load):
    """And what it was told to load."""
    taken = take("x", load(options=f",model={PROGRAM.parent},load=a:1;b:2,said_dtype=float16"))

    assert taken.artefacts.keys() >= {PROGRAM.name}
    assert taken.facts["load a"] == "1"
    assert taken.facts["said_dtype"] == "float16"
    assert taken.facts["prompts"] == "ids"


def test_a_harness_runs_apart_like_any_engine():
    """Through the process that bounds it."""
    found = []
    engine = apart.start(read_spec(spec()))
    try:
        gather(engine, PROMPTS[:1], schedule({}, "x"), found.append)
    finally:
        engine.close()

    assert found[0].generation == Generation((100, 101, 102), "length", "def")


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("command:./no-such-program", LoadFailed, "no program"),
        (spec(options=",prompts=bytes"), BadSpec, "prompts is ids or text"),
        (spec(options=",stop_text=lost"), BadSpec, "stop_text is cut or kept"),
        (spec(options=",load=a"), BadSpec, "NAME:VALUE"),
        (spec(options=",load=a:1"), BadSpec, "model="),
        (spec(options=",seconds=x"), BadSpec, "number of seconds"),
    ],
)
def test_a_spec_that_cannot_be_meant_is_refused(text, error, said):
    """With what was expected."""
    with pytest.raises(error, match=said):
        engines.load(text)
