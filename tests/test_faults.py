"""Fakes x checks: the proof that the toolkit can fail, and that it does not cry wolf."""

from functools import cache
from pathlib import Path

import pytest

from parity import artefact, corpus
from parity.backends import load
from parity.backends._faults import FAULTS
from parity.canary import CASES, CAUGHT
from parity.checks import CHECKS, LAWS
from parity.compare import Verdict
from parity.jobs import jobs_for
from parity.run import live, run

EVERYTHING = (*CHECKS, *LAWS)
GATES = {*CHECKS, *(name for name, law in LAWS.items() if law.gates)}
REAL = "hf:tiny:byte-bpe-600"
REAL_FOR = {"forgets_template": "hf:tiny:byte-bpe-4096"}  # the other one adds no BOS


def verdicts(reference, candidate, cases, names=EVERYTHING):
    """For each check and law all verdicts that it gave; each job has backends of its own."""
    found = {name: set() for name in names}
    for name in names:
        sides = {"reference": live(load(reference)), "candidate": live(load(candidate))}
        for job, tally, differing in run(cases, jobs_for([name]), sides):
            found[job.name] |= set(+tally.counts)
            assert {one.verdict for one in differing} <= set(+tally.counts)
    return found


@cache
def shipped():
    """Every case that is shipped."""
    return list(corpus.read_all(corpus.find(["all"], artefact.shipped(), Path())))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_by_the_check_that_it_names(name):
    """On the toy tokenizer and the canaries' cases."""
    found = verdicts("mock:honest", f"mock:{name}", CASES, [FAULTS[name].caught_by])

    assert found[FAULTS[name].caught_by] & CAUGHT


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_caught_on_a_real_backend(name):
    """On a real tokenizer and the corpora that are shipped."""
    real = REAL_FOR.get(name, REAL)
    found = verdicts(real, f"mock:{name},of={real}", shipped(), [FAULTS[name].caught_by])

    assert found[FAULTS[name].caught_by] & CAUGHT


@pytest.mark.parametrize(
    ("backend", "cases"), [("mock:honest", lambda: CASES), (REAL, shipped)], ids=["mock", "real"]
)
def test_nothing_is_seen_where_there_is_nothing(backend, cases):
    """Two honest backends agree in every check and keep every law that gates."""
    found = verdicts(backend, backend, cases())

    assert all(found[name] <= {Verdict.SAME, Verdict.UNSUPPORTED} for name in GATES)
    assert all(Verdict.SAME in found[name] for name in GATES)


@pytest.mark.parametrize("name", sorted(GATES))
def test_every_check_and_law_can_fail(name):
    """Each that gates has a fault of its own."""
    assert name in {fault.caught_by for fault in FAULTS.values()}


def test_round_trip_only_informs():
    """A tokenizer that normalises is not wrong: the property is reported and fails nothing."""
    found = verdicts("mock:honest", "mock:strips_text", CASES, ["round_trip"])

    assert found["round_trip"] == {Verdict.SAME, Verdict.REPORTED}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_thing_wrong_and_says_which(name):
    """Its name and its docstring are what a report would say."""
    assert FAULTS[name].__doc__
    assert FAULTS[name].caught_by in GATES
