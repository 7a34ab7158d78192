"""Fakes x checks: the proof that the toolkit can fail, and that it does not cry wolf."""

from functools import cache
from pathlib import Path

import pytest

from parity import artefact, corpus
from parity.backends import load
from parity.backends._faults import ELSEWHERE, FAULTS
from parity.canary import CASES, CAUGHT
from parity.checks import CHECKS, LAWS
from parity.compare import Verdict
from parity.jobs import jobs_for
from parity.run import live, run

EVERYTHING = (*CHECKS, *LAWS)
OTHERS = ("stream", "stop", "messages", "template")
TRAINING = ("train",)
OF_CHATS = {"prompt_ids", "template_source"}
GATES = {*CHECKS, *(name for name, law in LAWS.items() if law.gates != "never")}
ASKED = {name for name, law in LAWS.items() if law.gates == "asked"}
"""Laws that cost much: they see some of the cases here, and their own tests do the rest."""
SETTINGS = {"cut_threads_are_serial"}
"""What tokenizers does not keep: to cut, it has settings that all threads share."""
REAL = "hf:tiny:byte-bpe-600"
REAL_FOR = {"forgets_template": "hf:tiny:byte-bpe-4096"}  # the other one adds no BOS
TRAINER = "trainer:gpt4"
PIPED = f"pipeline:redecode,encode={REAL},render=jinja,stops=vllm"
"""The same with the oracle of streams, which keeps every law, a stop decoder and a template."""


def verdicts(reference, candidate, cases, names=EVERYTHING):
    """For each check and law all verdicts that it gave; each job has backends of its own."""
    found = {name: set() for name in names}
    for name in names:
        made = load(candidate) if isinstance(candidate, str) else candidate
        sides = {"reference": live(load(reference)), "candidate": live(made)}
        for job, tally, differing in run(cases, jobs_for([name]), sides):
            found[job.name] |= set(+tally.counts)
            assert {one.verdict for one in differing} <= set(+tally.counts)
    return found


@cache
def shipped():
    """Every case that is shipped, but streams, stops, chats and trainings."""
    return [case for case in _all() if case.kind not in OTHERS + TRAINING]


@cache
def handed():
    """Some of the shipped streams, stops and chats: each fifth."""
    return [case for case in _all() if case.kind in OTHERS][::5]


@cache
def trained():
    """Every training case that is shipped."""
    return [case for case in _all() if case.kind in TRAINING]


@cache
def some():
    """Each hundredth of the shipped texts and ids."""
    return [case for case in _all() if case.kind in ("text", "ids")][::100]


def _all():
    return corpus.read_all(corpus.find(["all"], artefact.shipped(), Path()))


def is_of_pipelines(name):
    """Whether a check or law is about streams, stops or prompts."""
    about = CHECKS.get(name) or LAWS[name]
    chats = about.takes and about.takes <= {"messages", "template"}
    return about.grounded in ("script", "stop_script") or chats or name in OF_CHATS


def is_of_trainers(name):
    """Whether a check or law is about training."""
    about = CHECKS.get(name) or LAWS[name]
    return about.takes == frozenset(TRAINING)


OF_TRAINERS = {name for name in GATES if is_of_trainers(name)}
OF_PIPELINES = {name for name in GATES if is_of_pipelines(name)}
HOLDS = {"holds_no_longer", "no_control_ids"}
"""What no engine's stop decoder keeps: each holds back some text that no stop can reach; and what
no template keeps: a special token in what a user says is one."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_by_the_check_that_it_names(name):
    """On the toy tokenizer and the canaries' cases."""
    found = verdicts("mock:honest", f"mock:{name}", CASES, [FAULTS[name].caught_by])

    assert found[FAULTS[name].caught_by] & CAUGHT


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_on_a_real_backend(name):
    """On a real tokenizer and the corpora that are shipped."""
    check = FAULTS[name].caught_by
    piped = check in OF_PIPELINES or FAULTS[name].__module__.endswith(".prompts")
    real = REAL_FOR.get(name, PIPED if piped else REAL)
    cases = handed() if piped else some() if check in ASKED else shipped()
    if check in OF_TRAINERS:
        real, cases = TRAINER, trained()
    found = verdicts(real, FAULTS[name](load(real)), cases, [check])

    assert found[FAULTS[name].caught_by] & CAUGHT


@pytest.mark.parametrize(
    ("backend", "cases", "names"),
    [
        ("mock:honest", lambda: CASES, GATES - ASKED),
        (REAL, shipped, GATES - OF_PIPELINES - OF_TRAINERS - ASKED),
        (REAL, some, ASKED - SETTINGS),
        (PIPED, handed, OF_PIPELINES - HOLDS),
        (TRAINER, trained, OF_TRAINERS),
    ],
    ids=["mock", "real", "some", "pipeline", "trainer"],
)
def test_nothing_is_seen_where_there_is_nothing(backend, cases, names):
    """Two honest backends agree in every check and keep every law that gates."""
    found = verdicts(backend, backend, cases(), sorted(names))

    assert all(found[name] <= {Verdict.SAME, Verdict.UNSUPPORTED} for name in names)
    assert all(Verdict.SAME in found[name] for name in names)


@pytest.mark.parametrize("name", sorted(GATES))
def test_every_check_and_law_can_fail(name):
    """Each that gates has a fault of its own."""
    assert name in {fault.caught_by for fault in {**FAULTS, **ELSEWHERE}.values()}


def test_round_trip_only_informs():
    """A tokenizer that normalises is not wrong: the property is reported and fails nothing."""
    found = verdicts("mock:honest", "mock:strips_text", CASES, ["round_trip"])

    assert found["round_trip"] == {Verdict.SAME, Verdict.REPORTED}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_thing_wrong_and_says_which(name):
    """Its name and its docstring are what a report would say."""
    assert FAULTS[name].__doc__
    assert FAULTS[name].caught_by in GATES
