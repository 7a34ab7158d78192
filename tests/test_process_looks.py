"""Processes that load it anew, and forks, get what this one gets; what is lost is told."""

import os
import sys

import pytest

from parity import elsewhere
from parity.backends import load
from parity.backends._faults import ELSEWHERE
from parity.backends.mock import Honest
from parity.process_looks import in_forks, in_processes
from parity.types import Case, Failure, Observation

FEW = {"processes": 2}
BROKEN = """
import os
from parity.backends.mock import Honest
class Broken(Honest):
    def encode(self, text, specials="parse"):
        if text == "b" and {parent} != os.getpid():
            print("it is said here")
            os.write(2, b"the last words\\n")
            os._exit(7)
        return super().encode(text, specials)
    def identity(self):
        return super().identity()
def make():
    return Broken()
"""


def texts(*payloads, **options):
    """Cases with few processes."""
    return [
        Case(f"t/x-{n:08x}", "text", payload, {**FEW, **options})
        for n, payload in enumerate(payloads)
    ]


def test_processes_load_the_same_spec_and_agree():
    """On text of every sort: it goes there and its ids come back."""
    backend = load("mock:honest")
    cases = texts("a", "\u2028 \U0001f600", "x<s>y", "a\ud83d", "\ud83d\ude00")

    assert [one.value and one.value["ids"] for one in in_processes(backend, cases)] == [
        None if "\ud83d" in case.payload else backend.encode(case.payload).ids for case in cases
    ]


def test_a_process_that_says_otherwise_is_named():
    """With its number and its order."""
    backend = load("mock:answers_with_its_process")
    seen = in_processes(backend, texts("a", "b"))

    assert [one.value["by"] for one in seen] == ["process 1 of 2, from case 1"] * 2


def test_a_process_that_dies_is_an_observation(tmp_path, monkeypatch):
    """Of each case that it did not come to; what it said last is told."""
    (tmp_path / "broken_there.py").write_text(BROKEN.format(parent=os.getpid()))
    monkeypatch.syspath_prepend(tmp_path)
    seen = in_processes(load("py:broken_there:make"), texts("a", "b"))
    sys.modules.pop("broken_there")

    assert {one.failure.kind for one in seen if one.failure} == {"Died"}
    assert "it ended with exit code 7: the last words" in seen[1].failure.message


def test_what_was_not_loaded_from_a_spec_cannot_be_loaded_again():
    """That is no difference."""
    (seen,) = in_processes(Honest(), texts("a"))

    assert seen.failure == (
        "Unsupported",
        "mock has no spec that it can be loaded from again",
        False,
    )


def test_forks_agree():
    """They know what was loaded before."""
    seen = in_forks(Honest(), texts("a", "x<s>y"))

    assert [one.value for one in seen] == [{"ids": [97]}, {"ids": [120, 256, 121]}]


@pytest.mark.parametrize(
    ("fault", "kinds", "says"),
    [
        ("forgets_specials_in_a_fork", [None, None], ""),
        ("waits_for_ever_in_a_fork", ["Hung", "Hung"], "fork 1 of 2, from case 1: no answer for"),
        ("dies_in_a_fork", ["Died", "Died"], "fork 1 of 2, from case 1: it ended with exit code 7"),
    ],
)
def test_what_a_fork_does_otherwise_is_an_observation(fault, kinds, says):
    """Another answer, none for as long as is waited, or its end."""
    seen = in_forks(ELSEWHERE[fault](Honest()), texts("a", "x<s>y", seconds=0.3))

    assert [one.failure and one.failure.kind for one in seen] == kinds
    assert all(one.failure.message.startswith(says) for one in seen if one.failure)
    assert says or seen[1].value["by"] == "fork 1 of 2, from case 1"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_fault_that_another_process_shows_says_which_law_sees_it(name):
    """They are no canaries: they are shown here."""
    assert ELSEWHERE[name].__doc__
    assert ELSEWHERE[name].caught_by in ("processes_are_serial", "forked_are_serial")


@pytest.mark.parametrize("payload", ["a\u2028\n", "a\ud83d", "\ud83d\ude00", ""])
def test_a_case_is_the_same_elsewhere(payload):
    """Line ends and halves of surrogate pairs too."""
    case = Case("t/x-0", "text", payload, {"specials": "plain"})

    assert elsewhere.read_case(elsewhere.jsonl.parse(elsewhere.case_line(case).encode())) == case


@pytest.mark.parametrize(
    "seen",
    [
        Observation([1, 2]),
        Observation([]),
        Observation(b"\xff"),
        Observation(failure=Failure("ValueError", "wh\ud83dy", fault=True)),
    ],
)
def test_an_observation_is_the_same_here(seen):
    """Failures with their messages."""
    assert elsewhere.read_line(elsewhere.jsonl.dump(elsewhere.as_line(seen)).encode()) == seen
