"""One call, one outcome: each way to differ is found, in every aspect, under its own class."""

import pytest

from parity.backend import Breach
from parity.decoding.records import Generation
from parity.errors import Unsupported
from parity.shadow.judging import judged
from parity.shadow.records import DIVERGED, SAME, SKIPPED, Call
from parity.shadow.surfaces import SURFACES
from parity.streams import Emitted, StopRun, Streamed
from parity.types import Encoding, Failure, Observation

IDS, PAIRS = [1, 2, 3], [(0, 1), (1, 2), (2, 3)]
ONE = Encoding(IDS, PAIRS)


def rows(*chunks):
    """What is streamed for one request, a chunk an id."""
    return Streamed([Emitted(0, chunk, (at,)) for at, chunk in enumerate(chunks)])


def encodings(*ids):
    """A batch without offsets."""
    return [Encoding(list(one)) for one in ids]


ANSWERS = {
    "encode": ONE,
    "encode_batch": [ONE, Encoding([4], [(0, 1)])],
    "encode_cut": [ONE, Encoding([4], [(0, 1)])],
    "decode": "abc",
    "decode_batch": ["abc", "d"],
    "stream": rows("a", None, "bc"),
    "stop": StopRun(["a", "b"], "c", "abc", "d", "string"),
    "render": "<user>a",
    "expand": "abc",
    "chat_ids": IDS,
    "prompts": [IDS, [4]],
    "generate": [Generation((1, 2), "eos", "ab"), Generation((3,), "length", "c")],
}
"""A right answer of every surface."""

WRONG = [
    ("encode", Encoding([1, 2, 4], PAIRS), "ids.value"),
    ("encode", Encoding([1, 2], PAIRS[:2]), "ids.missing"),
    ("encode", Encoding([1, 2, 3, 4], [*PAIRS, (3, 4)]), "ids.extra"),
    ("encode", Encoding(IDS, [*PAIRS[:2], (2, 4)]), "offsets.value"),
    ("encode", Encoding(IDS, PAIRS[:2]), "offsets.missing"),
    ("encode", Encoding(IDS, [*PAIRS, (3, 3)]), "offsets.extra"),
    ("encode_batch", [ONE, Encoding([5], [(0, 1)])], "ids.value"),
    ("encode_batch", [ONE], "ids.missing"),
    ("encode_batch", [ONE, Encoding([4], [(0, 1)]), ONE], "ids.extra"),
    ("encode_batch", [ONE, Encoding([4], [(0, 2)])], "offsets.value"),
    ("encode_batch", encodings((1, 2), (4,)), "ids.missing"),
    ("encode_cut", encodings(IDS, (4, 0)), "ids.extra"),
    ("decode", "abd", "text.value"),
    ("decode", "ab", "text.missing"),
    ("decode", "abcd", "text.extra"),
    ("decode", b"abc", "text.type"),
    ("decode_batch", ["abc", "e"], "text.value"),
    ("decode_batch", ["abc"], "text.missing"),
    ("decode_batch", ["abc", "d", ""], "text.extra"),
    ("stream", rows("a", None, "bd"), "joined.value"),
    ("stream", rows("a", None, "b"), "joined.missing"),
    ("stream", rows("a", "b", "c"), "chunks.value"),
    ("stream", rows("ab", None, "c"), "chunks.extra"),
    ("stream", rows("a", "", "bc"), "chunks.value"),
    ("stop", StopRun(["a", "x"], "c", "abc", "d", "string"), "texts.value"),
    ("stop", StopRun(["a"], "c", "abc", "d", "string"), "texts.missing"),
    ("stop", StopRun(["a", "b"], "x", "abc", "d", "string"), "tail.value"),
    ("stop", StopRun(["a", "b"], "c", "abcd", "d", "string"), "final.extra"),
    ("stop", StopRun(["a", "b"], "c", "abc", "e", "string"), "matched.value"),
    ("stop", StopRun(["a", "b"], "c", "abc", 4, "string"), "matched.value"),
    ("stop", StopRun(["a", "b"], "c", "abc", None, "string"), "matched.value"),
    ("stop", StopRun(["a", "b"], "c", "abc", "d", "eos"), "reason.value"),
    ("stop", StopRun(["a", "b"], "c", "abc", "d", "string", "ValueError"), "error.extra"),
    ("render", "<user>b", "text.value"),
    ("expand", "ab", "text.missing"),
    ("chat_ids", [1, 2, 4], "ids.value"),
    ("chat_ids", [1, 2], "ids.missing"),
    ("prompts", [IDS, [5]], "ids.value"),
    ("prompts", [IDS], "ids.missing"),
    ("generate", [Generation((1, 9), "eos", "ab"), Generation((3,), "length", "c")], "ids.value"),
    ("generate", [Generation((1, 2), "eos", "ax"), Generation((3,), "length", "c")], "text.value"),
    ("generate", [Generation((1, 2), "eos", "ab"), Generation((3,), "eos", "c")], "finish.value"),
    ("generate", [Generation((1, 2), "eos", "ab")], "ids.missing"),
    ("generate", [Generation((1, 2), "eos", "ab"), ValueError()], "ids.value"),
]
GARBAGE = [None, 7, 1.5, object(), {}, {"ids": IDS}, [None], [["a"], 1], Encoding(None), lambda: 0]
"""Answers of no operation; a few are plain to some surface, and differ there."""


def outcome(surface, answer, ask, **more):
    """What becomes of a call that the reference answered so."""
    seen = answer if isinstance(answer, Observation) else Observation(answer)
    call = Call("r", surface, more.get("args", ("x",)), {}, seen, 0.0, 0.0, 1)
    return judged(call, ask, SURFACES[surface].plain)


def says(value):
    """A candidate that answers, or raises, the same always."""

    def ask(*_):
        if isinstance(value, BaseException):
            raise value
        return value

    return ask


def test_every_surface_has_a_right_answer_and_wrong_ones():
    """A new surface brings its cases."""
    assert set(ANSWERS) == {name for name, *_ in WRONG} == set(SURFACES)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_same_answer_is_the_same(name):
    """And nothing else comes with it."""
    found = outcome(name, ANSWERS[name], says(ANSWERS[name]))

    assert (found.fate, found.why, found.difference) == (SAME, "", None)


@pytest.mark.parametrize(("name", "answer", "why"), WRONG)
def test_each_way_to_differ_is_found_under_its_class(name, answer, why):
    """With the first place, under the aspect's name, and both answers as plain data."""
    found = outcome(name, ANSWERS[name], says(answer))

    assert (found.fate, found.why) == (DIVERGED, why)
    assert found.difference.path[0] == why.split(".")[0]
    assert found.reference.value is not None
    assert found.candidate.value is not None


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("answer", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_never_the_same_and_never_ends_the_watch(name, answer):
    """Whatever a candidate returns, it is a divergence, and known as a fault or as a value."""
    assert outcome(name, ANSWERS[name], says(answer)).fate == DIVERGED


@pytest.mark.parametrize("answer", [None, 7, object()], ids=range(3))
def test_two_answers_that_are_none_do_not_agree(answer):
    """A fault on both sides proves nothing."""
    assert outcome("encode", answer, says(answer)).fate == DIVERGED


@pytest.mark.parametrize("error", [ValueError("a"), SystemExit(0), GeneratorExit(), MemoryError()])
def test_an_exception_where_the_reference_answered_is_an_outcome(error):
    """It is under the name of its class; so is an answer where the reference raised."""
    kind = type(error).__name__
    raised = outcome("encode", ONE, says(error))
    answered = outcome("encode", Observation(failure=Failure(kind, "")), says(ONE))

    assert (raised.fate, raised.why) == (DIVERGED, f"outcome.{kind}")
    assert (answered.fate, answered.why) == (DIVERGED, "outcome.value")


def test_two_exceptions_agree_by_the_name_of_their_class():
    """Not by their message; and not where one is a breach of the contract."""
    same = outcome("encode", Observation(failure=Failure("ValueError", "a")), says(ValueError("b")))
    other = outcome("encode", Observation(failure=Failure("ValueError", "a")), says(KeyError("a")))
    breach = outcome(
        "encode", Observation(failure=Failure("Breach", "", fault=True)), says(Breach())
    )

    assert [same.fate, other.fate, breach.fate] == [SAME, DIVERGED, DIVERGED]
    assert other.why == "outcome.KeyError"


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_an_operation_that_a_side_does_not_have_is_skipped(side):
    """Nothing was compared, and it does not look so; a class of that name is no excuse."""
    if side == "candidate":
        found = outcome("encode", ONE, says(Unsupported("no")))
    else:
        found = outcome("encode", Observation(failure=Failure("Unsupported", "no")), says(ONE))
    fake = outcome("encode", ONE, says(type("Unsupported", (Exception,), {})()))

    whose = "CandidateUnsupported" if side == "candidate" else "Unsupported"
    assert (found.fate, found.why) == (SKIPPED, whose)
    assert fake.fate == DIVERGED


def test_an_aspect_that_one_side_does_not_have_is_not_compared():
    """Ids are, and offsets are not; where nothing is shared the call is skipped."""
    without, other = Encoding(IDS), Encoding([1, 2, 4])
    silent = [Generation(None, "eos", None)]

    assert outcome("encode", ONE, says(without)).fate == SAME
    assert outcome("encode", without, says(ONE)).fate == SAME
    assert outcome("encode", ONE, says(other)).why == "ids.value"
    assert outcome("generate", silent, says(silent)).fate == SAME


@pytest.mark.parametrize("args", [([1, 2],), ([{"content": "a"}],), ({"a": [1]},)])
def test_a_candidate_that_changes_what_it_was_given_diverges(args):
    """However right its answer is."""

    def ask(_, given, __):
        spoilt = given[0]
        if isinstance(spoilt, dict):
            spoilt["b"] = 1
        else:
            spoilt.append(1)
        return "abc"

    found = outcome("decode", "abc", ask, args=args)

    assert (found.fate, found.why) == (DIVERGED, "outcome.ChangedInput")
