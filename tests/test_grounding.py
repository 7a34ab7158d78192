"""Grounding: every check about ids gets the ids that the reference makes, whatever was written."""

import pytest

from parity.backends.mock import EOS, Honest
from parity.compare import Verdict
from parity.grounding import GROUNDINGS
from parity.jobs import jobs_for
from parity.run import live, run
from parity.schedules import of_ids
from parity.stream_cases import StopScript
from parity.streams import Script, Step, Stops
from parity.types import Case, Encoding

A = {"pieces": ["a", "b"]}


def case(kind, payload, **options):
    """One case."""
    return Case("t/x-00000000", kind, payload, options)


def grounded(name, *cases):
    """What the cases become by the toy, or the kind of failure."""
    grounding = GROUNDINGS[name]
    seen = grounding.look(Honest(), cases)
    return [
        one.failure.kind if one.failure else grounding.grounded(was, one.value)
        for was, one in zip(cases, seen, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "was", "kind", "payload"),
    [
        ("ids", case("text", "ab"), "ids", [97, 98]),
        ("script", case("text", "ab"), "script", of_ids([97, 98])),
        ("script", case("text", ""), "script", of_ids([])),
        ("script", case("ids", (7, -1)), "script", of_ids([7, -1])),
        (
            "script", case("stream", {"requests": [A]}), "script",
            Script(((),), ((Step(0, (97,)),), (Step(0, (98,), "length"),))),
        ),
        (
            "stop_script", case("stop", {**A, "stops": ["b"]}), "stop_script",
            StopScript(((97,), (98,)), Stops(("b",))),
        ),
    ],
)  # fmt: skip
def test_a_case_becomes_what_a_check_takes(name, was, kind, payload):
    """By the ids of the reference, an id a step where no steps were written."""
    (now,) = grounded(name, was)

    assert was.kind in GROUNDINGS[name].takes
    assert (now.id, now.kind) == (was.id, kind)
    assert (list(now.payload) if kind == "ids" else now.payload) == payload


@pytest.mark.parametrize("kind", ["text", "ids", "stream"])
def test_a_script_says_how_it_was_written_and_what_ends_it(kind):
    """So that what was written as a stream alone is handed over in every way."""
    payload = {"text": "a", "ids": (97,), "stream": {"requests": [A]}}[kind]
    (now,) = grounded("script", case(kind, payload, specials="plain"))

    assert now.options == {"specials": "plain", "eos": EOS, "written_as": kind}


def test_what_was_drawn_at_random_stays_so():
    """It says itself how it was written."""
    (now,) = grounded("script", case("stream", {"requests": [A]}, written_as="random"))

    assert now.options["written_as"] == "random"


def test_kinds_are_mixed_and_the_order_is_kept():
    """Texts are encoded in one call; each case has its own script all the same."""
    cases = [
        case("text", "a"),
        case("ids", (7,)),
        case("stream", {"requests": [A]}),
        case("text", "b"),
    ]
    found = grounded("script", *cases)

    assert [one.payload.batches[0][0].ids for one in found] == [(97,), (7,), (97,), (98,)]


def test_a_case_without_ids_is_its_own_loss():
    """A lone surrogate has no bytes here, and the toy takes no bytes; the others have their ids."""
    cases = [case("text", "\ud800"), case("bytes", b"a"), case("text", "a")]
    first, second, third = grounded("script", *cases)

    assert (first, second) == ("UnicodeEncodeError", "Unsupported")
    assert third.payload == of_ids([97])


class NoEOS(Honest):
    """Says no EOS."""

    def eos(self):
        return None


class NoVocabulary(Honest):
    """Has no vocabulary."""

    def vocabulary(self):
        self.lacks("vocabulary")


@pytest.mark.parametrize(
    ("backend", "reason"),
    [(NoEOS(), "no ids: the vocabulary says no EOS"), (NoVocabulary(), "Unsupported")],
)
@pytest.mark.parametrize(
    ("check", "kind", "payload"),
    [
        ("joined", "stream", {"requests": [{"pieces": [{"eos": True}]}]}),
        ("stop_final", "stop", {"pieces": [{"eos": True}], "stops": ["a"]}),
    ],
)
def test_a_piece_that_the_reference_lacks_is_unsupported_with_its_reason(
    check, kind, payload, backend, reason
):
    """It is counted and shown, never a difference and never silently left out."""
    sides = {"reference": live(backend), "candidate": live(Honest())}
    ((_, tally, differing),) = run([case(kind, payload)], jobs_for([check]), sides)

    assert set(+tally.counts) == {Verdict.UNSUPPORTED}
    assert differing == []
    assert reason in " ".join(tally.unsupported)


class EncodesOtherwise(Honest):
    """Every text is the id 7; it decodes and streams as it should."""

    def encode(self, *_):
        return Encoding([7])


@pytest.mark.parametrize("kind", ["text", "stream"])
def test_a_wrong_encode_is_not_counted_again_as_a_wrong_stream(kind):
    """Both sides stream the ids of the reference."""
    payload = {"text": "abc", "stream": {"requests": [A]}}[kind]
    sides = {"reference": live(Honest()), "candidate": live(EncodesOtherwise())}
    ((_, tally, _),) = run([case(kind, payload)], jobs_for(["joined"]), sides)

    assert set(+tally.counts) == {Verdict.SAME}
