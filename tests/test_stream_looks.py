r"""Looks at streams: one run for many looks, every failure an observation, every fault named."""

from collections import Counter

import pytest

from parity.backends.mock import Honest
from parity.checks import CHECKS, LAWS
from parity.compare import Verdict
from parity.jobs import golden_jobs, jobs_for
from parity.run import live, run
from parity.stream_looks import (
    Judged,
    Of,
    chunks,
    erred,
    faults,
    joined_chunks,
    judged,
    scheduled,
    skips,
    streams,
)
from parity.streams import Emitted, Script, Step, Streamed
from parity.types import Case, Failure, Observation

STREAMS = [name for name, check in CHECKS.items() if check.grounded == "script"]
ON_STREAMS = [name for name, law in LAWS.items() if law.grounded == "script"]


def stream(*pieces, **more):
    """A stream case of one request."""
    return Case("t/x-00000000", "stream", {"requests": [{"pieces": list(pieces), **more}]})


def script_case(*ids, **options):
    """A case of one id a step."""
    steps = tuple((Step(0, (id,)),) for id in ids)
    return Case(
        "t/x-00000000", "script", Script(((),), (*steps, (Step(0, (), "length"),))), options
    )


class Counts(Honest):
    """Remembers every script that it was asked to stream."""

    def __init__(self):
        self.asked = Counter()

    def stream(self, script):
        self.asked[script] += 1
        return super().stream(script)


class Gives(Honest):
    """Streams one thing, whatever the script."""

    def __init__(self, thing):
        self.thing = thing

    def stream(self, script):
        return self.thing(super().stream(script))


def outcome(names, reference, candidate, cases, make=jobs_for):
    """Counts of a run."""
    counts = Counter()
    sides = {"reference": live(reference), "candidate": live(candidate)}
    for _, tally, _ in run(cases, make(names), sides):
        counts.update(+tally.counts)
    return counts


def test_a_failure_of_the_first_look_passes_through():
    """What was not seen has no part that could be looked at."""
    lost = Observation(failure=Failure("Gone", "no"))
    look = Of(lambda *_: [Observation([1]), lost], lambda _, __, seen: seen[0] + 1)
    case = Case("t/x-00000000", "text", "a")

    assert look(None, [case, case]) == [Observation(2), lost]


def test_a_part_that_raises_is_an_observation():
    """Of its own case alone."""
    look = Of(lambda *_: [Observation([]), Observation([1])], lambda _, __, seen: seen[0])
    case = Case("t/x-00000000", "text", "a")
    first, second = look(None, [case, case])

    assert (first.failure.kind, second.value) == ("IndexError", 1)


def test_a_script_is_streamed_once_whatever_looks_at_it():
    """All checks and all laws that share a way of handing over share what came of it."""
    own = {"schedule_free", "interleaved_is_alone"}  # these stream scripts that they change
    sides = Counts(), Counts()
    counts = outcome([*STREAMS, *(set(ON_STREAMS) - own)], *sides, [stream("a", "b", "c", "d")])

    assert set(counts) == {Verdict.SAME}
    assert [side.asked.total() for side in sides] == [len(CHECKS["chunks"].views)] * 2


def test_a_golden_is_asked_for_the_look_itself():
    """It remembers what a check saw, and can derive nothing."""
    asked = []

    def golden(name, look, cases):
        asked.append((name, look))
        return look(Honest(), cases)

    sides = {"reference": live(Honest()), "golden": golden}
    found = list(run([stream("a")], golden_jobs(["chunks", "joined"]), sides))

    assert asked == [("chunks", chunks), ("joined", joined_chunks)]
    assert [tally.counts[Verdict.SAME] for _, tally, _ in found] == [2, 2]  # views that are kept


@pytest.mark.parametrize(
    "thing",
    [
        lambda _: None,
        lambda seen: seen.emitted,
        lambda seen: seen._replace(emitted=None),
        lambda seen: seen._replace(emitted=[None]),
        lambda seen: seen._replace(held="0"),
        lambda _: Streamed([Emitted(0, 7, ())]),
        lambda _: Streamed([Emitted(0, "a", ("b",))]),
        lambda _: Streamed([Emitted("0", "a", ())]),
    ],
)
def test_what_is_no_stream_is_a_failure(thing):
    """Of every look, and nothing raises."""
    for look in (streams, chunks, joined_chunks, judged):
        (seen,) = look(Gives(thing), [script_case(97)])
        assert seen.failure is not None


ROWS = {
    "drops_the_last_row": lambda seen: seen._replace(emitted=seen.emitted[:-1]),
    "adds_a_row": lambda seen: seen._replace(emitted=[*seen.emitted, seen.emitted[-1]]),
    "forgets_the_end": lambda seen: seen._replace(
        emitted=[row for row in seen.emitted if row.at == "step"]
    ),
    "streams_nothing": lambda seen: seen._replace(emitted=[]),
}


@pytest.mark.parametrize(
    "name", ["joined", "chunks", "streamed_whole", "nothing_lost", "tail_sent"]
)
@pytest.mark.parametrize("broken", ROWS)
def test_rows_that_do_not_fit_the_steps_agree_with_nothing(broken, name):
    """Not even with the same from the other side: nothing was proved by either."""
    backend = Gives(ROWS[broken])
    counts = outcome([name], backend, backend, [stream("a", "b", "c")])

    assert set(counts) == {Verdict.DIVERGED}


class NamesNoAlgorithm(Honest):
    """Streams by something that nobody knows."""

    algorithm = "homemade"


def test_an_algorithm_that_is_not_known_is_judged_all_the_same():
    """It skips special tokens as the script says."""
    (seen,) = judged(NamesNoAlgorithm(), [script_case(97, 256, skip_special=True)])

    assert seen.value == [Judged("a", "a", "")]
    assert [skips("homemade", Script((), (), skip)) for skip in (True, False)] == [True, False]


def test_an_algorithm_that_skips_in_its_own_way_is_judged_by_it():
    """The right text of one that always shows special tokens shows them."""
    made = Script((), (), skip_special=True)

    assert [skips(name, made) for name in ("tgi", "llama_cpp", "vllm")] == [False, True, True]


@pytest.mark.parametrize(
    ("sent", "right", "names"),
    [
        ("ab", "ab", ""), ("", "", ""), ("a", "ab", "tail"), ("", "a", "tail"),
        ("a\ufffd", "a\u4e16", "early"), ("a\ufffd", "a", "early"), ("\ufffdab", "ab", "early"),
        ("ab", "a\ufffdb", "lost replacement"), ("a\ufffdb", "a\ufffd\ufffdb", "lost replacement"),
        ("a", "a\ufffd", "tail replacement"), ("ac", "abc", "lost"), ("bc", "abc", "lost"),
        ("aab", "ab", "retracted"), ("ab", "a", "retracted"), ("a", "", "retracted"),
        ("x", "\ufffd", "retracted replacement"), ("@hel", "hello", "retracted tail"),
        ("\u4e16\u4e16\ufffd", "\u4e16\ufffd", "retracted"), ("hlo\ufffd", "hello", "lost early"),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_named(sent, right, names):
    """One fault does not hide another: a text that repeats and ends too soon has both."""
    assert faults(Judged(sent, right, "")) == set(names.split())


@pytest.mark.parametrize(
    ("sent", "right", "prompt", "again"),
    [
        ("ab", "b", "a", True), ("b", "b", "a", False), ("a", "a", "", False),
        ("aab", "aab", "a", False), ("a", "", "a", True), ("a", "ab", "a", False),
        ("\n", "\n\n", "\n", False), ("ax", "b", "a", True), ("elloc", "c", "hello", True),
        ("\ufffda", "a", "\ufffd", False), ("xb", "b", "a", False),
    ],
)  # fmt: skip
def test_a_prompt_is_sent_again_only_where_that_is_not_the_text(sent, right, prompt, again):
    """An end of it is enough; half a character of it is none."""
    assert ("prompt" in faults(Judged(sent, right, prompt))) is again


def test_a_case_goes_as_its_options_say():
    """By a schedule, and special tokens kept unless it says otherwise."""
    assert scheduled(script_case(1)).skip_special is False
    assert scheduled(script_case(1, skip_special=True)).skip_special is True
    assert scheduled(script_case(1, schedule="ended", eos=9)).batches[-1][0] == Step(0, (9,), "eos")
    assert scheduled(script_case(1, schedule="ended", eos=None)) == scheduled(script_case(1))


def test_an_error_is_no_text_that_is_spelled_like_it():
    """A side that sends the name of an error does not agree with one that has it."""
    end = [Emitted(0, None, ()), Emitted(0, None, (), "end")]
    sent = Streamed([Emitted(0, "ValueError", (97,)), *end])
    raised = Streamed([Emitted(0, None, (97,), error="ValueError"), *end])
    looks = [check.look for name, check in CHECKS.items() if name in ("chunks", "joined")]

    for look in looks:
        (text,) = look(Streams(sent), [script_case(97)])
        (error,) = look(Streams(raised), [script_case(97)])
        assert text.value != error.value
        assert (erred(text.value), erred(error.value)) == (False, True)


@pytest.mark.parametrize("name", ["streamed_whole", "tail_sent", "interleaved_is_alone"])
def test_a_law_says_nothing_of_a_stream_that_fails(name):
    """It fails alike on both looks, and is counted so; or the error is seen."""
    end = [Emitted(0, None, ()), Emitted(0, None, (), "end")]
    raised = [Emitted(0, None, (97,), error="ValueError"), *end]
    job = jobs_for([name], ["reference"])[0]._replace(cases=())
    (seen,) = job.candidate[1](Streams(Streamed(raised)), [script_case(97)])

    assert seen.failure or erred(seen.value)


class Streams(Honest):
    """Gives one answer to every script."""

    def __init__(self, answer):
        self.answer = answer

    def stream(self, _):
        return self.answer


def test_a_request_among_others_is_looked_at_to_its_last_chunk():
    """Not only its first one."""

    class LosesTheLast(Honest):
        def stream(self, script):
            seen = super().stream(script)
            if len(script.prompts) == 1:
                return seen
            place = max(n for n, row in enumerate(seen.emitted) if not row.request and row.chunk)
            rows = [row._replace(chunk="") if n == place else row
                    for n, row in enumerate(seen.emitted)]  # fmt: skip
            return seen._replace(emitted=rows)

    found = run(
        [stream("a", "b", "c")],
        jobs_for(["interleaved_is_alone"], ["reference"]),
        {"reference": live(LosesTheLast())},
    )

    assert [tally.counts[Verdict.DIVERGED] for _, tally, _ in found] == [1]
