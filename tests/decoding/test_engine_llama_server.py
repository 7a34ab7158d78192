"""The engine llama-server: its ids are those of transformers, and what is wrong has a name."""

import os
import signal

import pytest
from fake_llama import (
    SAID,
    AddsBos,
    CutsItsStream,
    EchoesNothing,
    FailsInside,
    ForgetsStops,
    Honest,
    KeepsItsIds,
    SamplesAnyway,
    SaysNothing,
    ShiftsEntries,
    StreamsAnother,
    serving,
)
from greedy_ids import ENDING, LAST, SIZE, expected, requests

from parity import backends, fingerprint
from parity.decoding import apart, engines, streamed, weights
from parity.decoding.engine import PromptTooLong
from parity.decoding.engines import read_spec
from parity.decoding.gathering import gather, schedule
from parity.decoding.records import Generation, Prompt, Request, Step
from parity.errors import BadSpec, Refused

pytest.importorskip("xllamacpp", reason="no xllamacpp here: it has a wheel per platform")
pytest.importorskip("gguf", reason="the package gguf is not installed")
pytest.importorskip("httpx2", reason="the package httpx2 is not installed")
from parity.decoding.engines.llama_server import LlamaServer

OPTIONS = {"dtype": "float32", "prefix": "no", "stream": "yes", "parallel": "1"}
CHAT = [{"role": "user", "content": "hi"}]


@pytest.fixture(scope="module")
def load():
    """An engine of a spec's options, loaded once and ended with the module."""
    made = {}

    def of(options=""):
        if options not in made:
            made[options] = engines.load(f"llama-server:tiny{options}")
        return made[options]

    yield of
    for engine in made.values():
        engine.close()


@pytest.fixture
def fake():
    """What an engine on a fake server makes of one prompt."""

    def ask(server, **asked):
        with serving(server) as url:
            engine = LlamaServer(url, None, OPTIONS, None)
            try:
                request = Request("fake", (1, 2, 3), max_tokens=len(SAID))._replace(**asked)
                return engine.generate([request], 2)[0]
            finally:
                engine.close()

    return ask


@pytest.mark.parametrize("options", ["", ",parallel=4", ",prefix=yes", ",ubatch=8"])
def test_its_ids_are_those_of_transformers(load, options):
    """In float32 with a float32 cache: alone, in slots, with a warm prefix, in small pieces."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    engine = load(options)
    found = [one for _ in range(2 if "prefix" in options else 1)
             for one in engine.generate(requests(), 0)]  # fmt: skip

    assert [one.ids for one in found[-len(requests()) :]] == expected()


def test_a_step_is_of_its_id_or_says_nothing(load):
    """Bytes of many scripts: the best log-probability of a step is of the id that was chosen."""
    found = load().generate(requests(64), 3)
    steps = [(step, id) for one in found for step, id in zip(one.steps, one.ids, strict=True)]
    told = [(step, id) for step, id in steps if step != Step()]

    assert all(step.top[0][0] == id for step, id in told)
    assert len(steps) // 2 < len(told) < len(steps)


def test_joined_chunks_are_the_text_unless_its_end_is_cut(load):
    """What is held back when the limit comes is never sent, and stays missing."""
    for one in load().generate(requests(48), 0):
        joined = "".join(one.chunks)

        assert one.text.startswith(joined)
        assert joined == one.text or "\ufffd" in one.text[len(joined) - 1 :]


def test_its_stream_is_that_of_the_algorithm_that_it_names(load):
    """Frame by frame, over the tokenizer of the folder; empty frames apart."""
    by = streamed.over(load().capabilities.streams, backends.load("hf:" + str(weights.tiny())))
    for request, one in zip(requests(48), load().generate(requests(48), 0), strict=True):
        sent = tuple(chunk for chunk in one.chunks if chunk)

        assert sent == streamed.chunks(one.ids, by, request.ids, one.finish)


def test_a_stop_string_across_ids_ends_it(load):
    """It is cut from the text; the ids of all of it stay; the chunks join to that text."""
    engine, request, stop = load(), requests()[3], "he<a"
    whole = engine.generate([request], 0)[0]
    cut = engine.generate([request._replace(stop=(stop,))], 2)[0]

    assert cut.finish == "string"
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.ids == whole.ids[: len(cut.ids)]
    assert stop in engine.decode(cut.ids)
    assert "".join(cut.chunks) == cut.text


def test_eos_ends_it_and_stays(load):
    """It has no text, and is not banned."""
    (found,) = load().generate([requests(400)[ENDING]], 0)

    assert (found.finish, len(found.ids), found.ids[-1]) == ("eos", SIZE, LAST)
    assert found.text == load().decode(found.ids)


def test_a_prompt_that_is_too_long_fails_alone(load):
    """Before it is begun, or where its completion does not fit."""
    long, tight = Request("long", (5,) * 1100), Request("tight", (5,) * 1020)
    found = load().generate([long, requests()[0], tight], 0)

    assert [type(one) for one in found] == [PromptTooLong, Generation, PromptTooLong]
    assert "1100 ids" in str(found[0])


def test_scores_of_its_own_ids_are_its_steps(load):
    """As near as another split of the same sums is."""
    engine, request = load(), requests(12)[2]
    made = engine.generate([request], 3)[0]
    scores = engine.score(request.ids, made.ids, 3)

    assert len(scores) == len(made.ids)
    for score, step in zip(scores, made.steps, strict=True):
        for (id, value), (other, again) in zip(score.top, step.top, strict=False):
            assert id == other
            assert value == pytest.approx(again, abs=1e-5)


def test_it_reads_texts_and_chats_by_its_own_tokenizer(load):
    """Special tokens are parsed, and a turn is opened; decode leaves them out."""
    engine = load()

    assert engine.encode(Prompt("a", "text", "hi<|im_end|>"))[-1] == 602
    assert engine.encode(Prompt("a", "messages", CHAT)).count(601) == 2
    assert engine.decode([*engine.encode(Prompt("a", "text", "hi")), 602]) == "hi"


def test_its_fingerprint_has_its_file_and_its_options(load):
    """Whose context is that of the model, where more was asked for."""
    found = fingerprint.take("x", load(",parallel=4"))

    assert found.native.endswith("xllamacpp.Server")
    assert list(found.artefacts) == ["model.gguf"]
    assert (found.facts["parallel"], found.facts["context"]) == ("4", "1024")


def test_entries_that_are_fewer_than_ids_never_shift(fake):
    """Inside a character there is none."""
    made = fake(Honest())
    told = [step.top[0][0] if step.top else None for step in made.steps]

    assert made.ids == tuple(SAID)
    assert told == [
        *SAID[:3], None, None, SAID[5], None, None, SAID[8], *SAID[9:11],
        None, None, SAID[13], None, None, SAID[16], SAID[17],
    ]  # fmt: skip
    assert "".join(made.chunks) == made.text


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        (SamplesAnyway, "NotWhatWasAsked"),
        (EchoesNothing, "NotWhatWasAsked"),
        (AddsBos, "NotWhatWasAsked"),
        (KeepsItsIds, "BadReply"),
        (ShiftsEntries, "Misaligned"),
        (StreamsAnother, "StreamsOtherIds"),
        (CutsItsStream, "BadReply"),
        (FailsInside, "Status500"),
    ],
)
def test_a_server_that_is_wrong_is_caught(fake, server, kind):
    """Each by its name, in the place of the prompt."""
    assert type(fake(server())).__name__ == kind


def test_a_stop_string_that_is_not_taken_is_caught(fake):
    """By its echo: the completion alone would look as if the string never came."""
    assert type(fake(ForgetsStops(), stop=("z",))).__name__ == "NotWhatWasAsked"


def test_an_empty_completion_is_no_answer():
    """Nothing came, and the limit cannot be why."""
    found = []
    with serving(SaysNothing()) as url:
        engine = LlamaServer(url, None, OPTIONS, None)
        gather(engine, [Prompt("a", "ids", (1, 2))], schedule({}, ""), found.append)
        engine.close()

    assert [one.failure.kind for one in found] == ["SilentlyEmpty"]


def test_a_server_that_dies_fails_its_prompt_and_the_next_is_answered():
    """It runs in the engine's process, which is started again."""
    found = []
    engine = apart.start(read_spec("llama-server:tiny,stream=no"))
    prompts = [Prompt(request.id, "ids", request.ids, 4) for request in requests()[:2]]
    try:
        os.kill(engine.talker.process.process.pid, signal.SIGKILL)
        gather(engine, prompts, schedule({}, ""), found.append, top=2)
    finally:
        engine.close()

    assert [one.failure and one.failure.kind for one in found] == ["Crashed", None]
    assert len(found[1].generation.ids) == 4


def test_a_file_of_an_unknown_architecture_is_refused(tmp_path):
    """With what llama.cpp says of it."""
    import gguf

    writer = gguf.GGUFWriter(tmp_path / "odd.gguf", "neverheard")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    with pytest.raises(Refused, match="neverheard"):
        engines.load(f"llama-server:{tmp_path / 'odd.gguf'},dtype=stored")


@pytest.mark.parametrize(
    "options", ["kv=int8", "flash=maybe", "parallel=0", "context=all", "stream=on", "prefix=1"]
)
def test_an_option_that_cannot_be_meant_is_refused(options):
    """Before a model is looked for."""
    with pytest.raises(BadSpec, match=options.partition("=")[0]):
        engines.load(f"llama-server:nowhere.gguf,{options}")
