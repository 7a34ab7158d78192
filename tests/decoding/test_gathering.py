"""All prompts through one engine in a process of its own: nothing is lost, nothing is invented."""

from pathlib import Path

import pytest
import toy_engines
from toy_engines import Counting

from parity import jsonl
from parity.decoding import apart, engines
from parity.decoding.engines import read_spec
from parity.decoding.gathering import Schedule, gather, schedule
from parity.decoding.records import Generation, Outcome, Prompt, Step, as_data, from_data
from parity.errors import BadSpec, UnknownBackend

PROMPTS = [Prompt(f"toy/{text}", "text", text, 4) for text in ("abc", "axc", "bcd", "cde", "def")]


@pytest.fixture
def gathered(monkeypatch):
    """What an engine of toys makes of prompts, in a process of its own."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))

    def run(name, options="", prompts=PROMPTS):
        spec = read_spec(f"callable:toy_engines:{name}{options}")
        found = []
        engine = apart.start(spec)
        try:
            gather(engine, prompts, schedule(spec.asked, spec.text), found.append, top=2)
        finally:
            engine.close()
        return found

    return run


def failures(found):
    """The kind of each failure, by prompt; "" where there is none."""
    return {one.prompt: one.failure.kind if one.failure else "" for one in found}


def test_an_engine_apart_answers_every_prompt(gathered):
    """One outcome each, with the ids that went in, the ids that came out, and a step for each."""
    found = gathered("Counting", ",batch=2")

    assert [one.prompt for one in found] == [prompt.id for prompt in PROMPTS]
    assert found[0].prompt_ids == (97, 98, 99)
    assert found[0].generation.ids == (100, 101, 102, 103)
    assert found[0].generation.steps[0].margin == pytest.approx(2.4)
    assert all(from_data(as_data(one)) == one for one in found)


def test_a_killed_process_fails_the_prompts_of_its_batch_by_name(gathered):
    """The others are answered, by a new process."""
    found = failures(gathered("KilledAtX"))

    assert found == {
        "toy/abc": "", "toy/axc": "Crashed", "toy/bcd": "", "toy/cde": "", "toy/def": "",
    }  # fmt: skip


def test_a_silent_nothing_is_a_failure(gathered):
    """Two sides of nothing would be equal."""
    assert set(failures(gathered("SilentlyEmpty")).values()) == {"SilentlyEmpty"}


def test_fewer_answers_than_prompts_fail_the_batch(gathered):
    """Nobody knows which prompt was left out."""
    assert set(failures(gathered("AnswersFewer", ",batch=5")).values()) == {"Miscounted"}


def test_one_prompt_that_fails_leaves_the_others_of_its_batch(gathered):
    """An exception in the list is that prompt's alone."""
    found = failures(gathered("RaisesAtX", ",batch=5"))

    assert found["toy/axc"] == "ValueError"
    assert sum(map(bool, found.values())) == 1


def test_out_of_time_is_told_as_such(gathered):
    """The batch that takes too long is failed; its process is ended."""
    found = gathered("Sleeps", ",timeout=0.5", PROMPTS[:1])

    assert failures(found) == {"toy/abc": "TimedOut"}


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (Generation((), "eos", ""), "SilentlyEmpty"),
        (Generation([5], "length"), "NoGeneration"),
        (Generation((5.0,), "length"), "NoGeneration"),
        (Generation((5,), "length", b"a"), "NoGeneration"),
        (Generation((5,), "length", counts=None), "NoGeneration"),
        (Generation((5,), "length", steps=((),)), "NoGeneration"),
        (Generation((5,), None), "NoGeneration"),
        (Generation((5,), "banana"), "NoGeneration"),
        (Generation((1 << 40,), "length"), "NoGeneration"),
        (Generation((5,), "length", by=None), "NoGeneration"),
    ],
)
def test_what_is_no_generation_fails_its_prompt_by_name(made, kind):
    """An EOS that ended a completion is among its ids, and every field has its type."""

    class Wrong(toy_engines.Counting):
        def generate(self, requests, top):
            return [made for _ in requests]

    found = []
    gather(Wrong(), PROMPTS[:1], schedule({}, "toy"), found.append)

    assert found[0].failure.kind == kind


@pytest.mark.parametrize("ids", [None, "abc", [1.5], [-1], [1 << 31]])
def test_what_are_no_prompt_ids_fails_the_prompt_by_name(ids):
    """Whatever an engine's own tokenizer gives."""

    class Wrong(toy_engines.Counting):
        def encode(self, prompt):
            return ids

    found = []
    gather(Wrong(), PROMPTS[:1], schedule({}, "toy"), found.append)

    assert found[0].failure.kind in ("NoGeneration", "TypeError")
    assert found[0].generation is None


@pytest.mark.parametrize("order", ["reversed", "shuffled-3"])
def test_an_order_changes_when_and_not_what(gathered, order):
    """Every prompt is asked once, in another order."""
    given, other = gathered("Counting"), gathered("Counting", f",order={order}")

    assert [one.prompt for one in given] != [one.prompt for one in other]
    assert {one.prompt: one.generation for one in given} == {
        one.prompt: one.generation for one in other
    }


@pytest.mark.parametrize("wrong", ["batch=0", "order=up", "twice=maybe"])
def test_a_schedule_that_cannot_be_meant_is_refused(wrong):
    """By the name of what is wrong."""
    spec = read_spec(f"transformers,{wrong}", "tiny")

    with pytest.raises(BadSpec, match=wrong.partition("=")[0]):
        schedule(spec.asked, spec.text)


def test_what_is_done_is_not_asked_again_but_in_its_batch():
    """A batch that is not whole is asked whole: so no prompt has other neighbours than before."""
    found = []
    done = {"toy/abc", "toy/axc", "toy/bcd"}

    gather(Counting(), PROMPTS, Schedule(batch=2), found.append, done=done)

    assert [one.prompt for one in found] == ["toy/bcd", "toy/cde", "toy/def"]


def test_a_banned_id_is_kept_as_strict_json_has_it():
    """Its log-probability is minus infinity, which JSON has no number for."""
    steps = (Step(((5, -0.5), (7, float("-inf")))),)
    outcome = Outcome("a/b", (1,), Generation((5,), "length", steps=steps))

    assert from_data(jsonl.parse(jsonl.dump(as_data(outcome)).encode())) == outcome


def test_the_options_of_an_engine_are_known_without_its_library():
    """So a misspelt one is refused before anything is loaded."""
    assert engines.options("callable") == ["arguments"]
    with pytest.raises(UnknownBackend, match="known: callable"):
        engines.options("callabel")


def test_an_engine_apart_says_what_it_used(monkeypatch):
    """Seconds of processors and memory, of its own process."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    engine = apart.start(read_spec("callable:toy_engines:Counting"))
    try:
        used = engine.usage()
    finally:
        engine.close()

    assert used["cpu_s"] > 0
    assert used["peak_mib"] > 5
