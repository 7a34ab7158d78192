"""The loop: one verdict for each case and job, and no verdict for what was not compared."""

import threading
from collections import Counter

import pytest

from parity import ledger
from parity.backend import Backend
from parity.backends._faults import FAULTS
from parity.backends.mock import Honest
from parity.checks import CHECKS, LAWS
from parity.compare import Verdict
from parity.errors import UnknownCheck, Unsupported
from parity.jobs import golden_jobs, jobs_for
from parity.run import FEW, live, run
from parity.select import select
from parity.signature import sign
from parity.types import Case, Encoding, Observation

ANY = "id:*"


class Fails(Honest):
    """Encoding raises one error."""

    def __init__(self, error):
        self.error = error

    def encode(self, *_):
        raise self.error


class Lacks(Honest):
    """There is no encoding of texts with a `b`."""

    def encode(self, text, *args):
        return self.lacks("b") if "b" in text else super().encode(text, *args)


class Counts(Honest):
    """Remembers how often each text was encoded, one at a time or in a batch."""

    def __init__(self):
        self.single, self.batched = Counter(), Counter()

    def encode(self, text, *args):
        self.single[text] += 1
        return super().encode(text, *args)

    def encode_batch(self, texts, *args):
        self.batched.update(texts)
        honest = Honest()
        return [honest.encode(text, *args) for text in texts]


class RemembersItsThread(Honest):
    """In which threads it was called; like one that gains by a thread of its own."""

    releases_gil = True

    def __init__(self):
        self.threads = set()

    def encode(self, text, *args):
        self.threads.add(threading.get_ident())
        return super().encode(text, *args)


class WrongIdsRightText(Honest):
    """Encodes everything with an id too many; decodes as it should."""

    def encode(self, text, *args):
        return Encoding([*super().encode(text, *args).ids, 65])

    def encode_batch(self, texts, *args):
        return [self.encode(text, *args) for text in texts]


class Returns(Backend):
    """Encodes each text to ids of a table."""

    def __init__(self, **ids):
        self.ids = ids

    def encode(self, text, *_):
        return Encoding(self.ids[text])


def texts(*payloads):
    """Cases."""
    return [Case(f"t/x-{n:08x}", "text", payload) for n, payload in enumerate(payloads)]


def outcome(names, reference, candidate, cases, **options):
    """All counts of a run, and what differed."""
    sides = {"reference": live(reference), "candidate": live(candidate)}
    known = options.pop("known", ())
    jobs = [job._replace(known=known) for job in jobs_for(names)]
    counts, differing = Counter(), []
    for _, tally, found in run(cases, jobs, sides, **options):
        counts.update(+tally.counts)
        differing += found
    return counts, differing


def tallies(names, reference, candidate, cases, **options):
    """What each job came to, batch by batch."""
    sides = {"reference": live(reference), "candidate": live(candidate)}
    return [tally for _, tally, _ in run(cases, jobs_for(names), sides, **options)]


def entry(select_=ANY, expires=None):
    """One known difference."""
    return ledger.Entry("*", "*", select(select_), "known", expires)


@pytest.mark.parametrize("batch", [1, 2, 3, 1024])
def test_every_case_gets_one_verdict(batch):
    """Whatever the size of a batch; the last one is not whole."""
    counts, _ = outcome(["ids"], Honest(), Honest(), texts(*"abcde"), batch=batch)

    assert counts == {Verdict.SAME: 5}


@pytest.mark.parametrize("batch", [1, 3, 1024])
def test_the_case_that_differs_is_named(batch):
    """It alone, with the place and both sides."""
    candidate = Returns(a=[97], b=[98, 1], c=[99])
    counts, (found,) = outcome(["ids"], Honest(), candidate, texts(*"abc"), batch=batch)

    assert counts == {Verdict.SAME: 2, Verdict.DIVERGED: 1}
    assert (found.case.payload, found.difference.path) == ("b", (1,))
    assert (found.reference.value, found.candidate.value) == ([98], [98, 1])


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_an_observer_with_another_number_of_answers_agrees_with_nobody(count):
    """Nothing is paired with what it happens to stand beside, on either side or on both."""
    short = [Observation([97])] * count
    sides = {"reference": lambda *_: short, "candidate": lambda *_: short}
    ((_, tally, _),) = run(texts(*"aaaa"), jobs_for(["ids"]), sides)

    assert tally.counts == {Verdict.DIVERGED: 4}


@pytest.mark.parametrize("fault", ["drops_last_output", "doubles_last_output", "mutates_its_input"])
def test_both_sides_with_one_breach_do_not_agree(fault):
    """Two stacks that lose the same result have proved nothing."""
    both = FAULTS[fault](Honest())
    counts, _ = outcome(["ids_batched"], both, FAULTS[fault](Honest()), texts("a"))

    assert counts == {Verdict.DIVERGED: 1}


def test_both_sides_with_the_same_floats_do_not_agree():
    """What is no id on one side is none on two."""
    sides = [FAULTS["answers_with_floats"](Honest()) for _ in range(2)]

    assert outcome(["ids"], *sides, texts("a"))[0] == {Verdict.DIVERGED: 1}


def test_the_same_error_on_both_sides_is_the_same_and_counted_apart():
    """So that a run in which everything failed proves nothing."""
    (tally,) = tallies(["ids"], Fails(KeyError("a")), Fails(KeyError("b")), texts("a", "b"))

    assert tally.counts[Verdict.SAME] == 2
    assert (tally.compared, tally.failed, tally.proved) == (2, 2, 0)


@pytest.mark.parametrize("name", ["ids", "ids_batched", "outcome"])
def test_another_error_diverges(name):
    """The kind decides, whatever the message says."""
    counts, _ = outcome([name], Fails(KeyError("a")), Fails(TypeError("a")), texts("a"))

    assert counts == {Verdict.DIVERGED: 1}


def test_unsupported_is_counted_with_its_reason_and_never_compared():
    """Whichever side has no answer."""
    (tally,) = tallies(["ids"], Honest(), Lacks(), texts("a", "b"))

    assert tally.counts == {Verdict.SAME: 1, Verdict.UNSUPPORTED: 1}
    assert tally.unsupported == {"candidate: mock has no b": 1}
    assert tally.compared == tally.proved == 1


def test_both_sides_without_an_answer_have_compared_nothing():
    """Agreeing that there is nothing is no agreement."""
    (tally,) = tallies(["ids"], Fails(Unsupported("no")), Fails(Unsupported("no")), texts("a"))

    assert (tally.compared, tally.proved) == (0, 0)


def test_a_wrong_encode_is_not_counted_again_as_wrong_text():
    """Both sides decode the ids of the reference."""
    sides = Honest(), WrongIdsRightText()

    assert outcome(["ids"], *sides, texts("a"))[0] == {Verdict.DIVERGED: 1}
    assert outcome(["text"], *sides, texts("a"))[0] == {Verdict.SAME: 2}


def test_a_text_that_the_reference_cannot_encode_is_not_decoded():
    """It is counted as not compared, with the reason."""
    cases = [*texts("a", "\ud83d", "b"), Case("t/i-00000009", "ids", (97,))]
    (tally,) = tallies(["text"], Honest(), Honest(), cases)

    assert tally.counts == {Verdict.SAME: 6, Verdict.UNSUPPORTED: 2}
    assert list(tally.unsupported) == [
        "no ids: the reference fails to encode it (UnicodeEncodeError)"
    ]


def test_each_text_is_grounded_with_its_own_ids():
    """What stands between texts, or fails, shifts nothing."""
    cases = [
        Case("t/i-00000007", "ids", (120,)),
        *texts("a", "\ud83d", "b"),
        Case("t/i-00000008", "ids", (121,)),
    ]
    seen = {}
    sides = {side: live(Honest()) for side in ("reference", "candidate")}
    sides["candidate"] = lambda _, look, cases: [
        seen.setdefault(case.id, one)
        for case, one in zip(cases, look(Honest(), cases), strict=True)
    ]
    list(run(cases, jobs_for(["text"]), sides))

    assert "".join(one.value for id, one in seen.items() if id.endswith("#keep")) == "xaby"


def test_a_law_never_compares_an_observation_with_itself():
    """`repeatable` calls twice, though the same look was made before."""
    backend = Counts()
    outcome(["ids", "repeatable", "batch_is_single"], backend, Honest(), texts("a"))

    # `ids`, the first look that both laws share, and the second look of `repeatable`
    assert backend.single["a"] == 3
    assert backend.batched["a"] == 1


def test_checks_share_a_look():
    """Grounding takes the batch that was encoded already."""
    backend = Counts()
    outcome(["ids_batched", "text"], backend, Honest(), texts("a"))

    assert backend.batched["a"] == 1


@pytest.mark.parametrize(
    ("faulty", "verdict"),
    [("reference", Verdict.NONDETERMINISTIC), ("candidate", Verdict.DIVERGED)],
)
def test_a_reference_that_is_not_repeatable_is_nondeterministic(faulty, verdict):
    """Nobody can agree with what does not agree with itself; a candidate is just wrong."""
    sides = {"reference": Honest(), "candidate": Honest()}
    sides[faulty] = FAULTS["remembers_last_call"](Honest())
    _, (found,) = outcome(["repeatable"], *sides.values(), texts("a"))

    assert (found.verdict, found.judged) == (verdict, faulty)


def test_any_other_broken_law_diverges_on_both_sides():
    """A law is one job a side."""
    sides = [FAULTS["pads_batches"](Honest()) for _ in range(2)]
    counts, found = outcome(["batch_is_single"], *sides, texts("a", "bb"))

    assert counts == {Verdict.SAME: 2, Verdict.DIVERGED: 2}
    assert {one.judged for one in found} == {"reference", "candidate"}


def test_an_interruption_ends_the_run():
    """On the other thread too."""
    sides = Honest(), Fails(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        outcome(["ids"], *sides, texts("a"))


@pytest.mark.parametrize(("count", "threads"), [(FEW, 1), (FEW + 1, 2)])
def test_few_cases_are_not_worth_a_thread(count, threads):
    """Minimising asks a few cases some hundred times, and a new thread can cost milliseconds."""
    sides = RemembersItsThread(), RemembersItsThread()
    outcome(["ids"], *sides, texts(*map(str, range(count))))

    assert len(sides[0].threads | sides[1].threads) == threads


def test_a_backend_that_exits_with_success_does_not_end_the_run():
    """Otherwise the process would be green."""
    counts, _ = outcome(["ids"], Honest(), Fails(SystemExit(0)), texts("a"))

    assert counts == {Verdict.DIVERGED: 1}


@pytest.mark.parametrize(
    ("candidate", "verdict"),
    [
        (Returns(a=[1]), Verdict.EXPECTED),
        (Fails(KeyError("a")), Verdict.EXPECTED),
        (Honest(), Verdict.UNEXPECTED),
        (Fails(Unsupported("no")), Verdict.UNSUPPORTED),
    ],
)
def test_what_the_ledger_names_must_still_differ(candidate, verdict):
    """A whole batch that is equal is looked at case by case for it."""
    assert outcome(["ids"], Honest(), candidate, texts("a"), known=[entry()])[0] == {verdict: 1}


def test_what_the_ledger_does_not_select_counts_as_ever():
    """An entry excuses its own cases."""
    candidate = Returns(a=[1], b=[1], c=[99])
    known = [entry("id:*0")]
    counts, _ = outcome(["ids"], Honest(), candidate, texts(*"abc"), known=known)

    assert counts == {Verdict.EXPECTED: 1, Verdict.DIVERGED: 1, Verdict.SAME: 1}


def test_a_property_that_informs_is_never_unexpected():
    """Nor diverged: the ledger has no say in what decides nothing."""
    counts, _ = outcome(["round_trip"], Honest(), Honest(), texts("a", "\ud83d"), known=[entry()])

    assert counts == {Verdict.SAME: 2, Verdict.REPORTED: 2}


@pytest.mark.parametrize("names", [["idz"], ["ids", "nothing"], ["_ids"]])
@pytest.mark.parametrize("make", [jobs_for, golden_jobs])
def test_an_unknown_name_is_refused(make, names):
    """A misspelt check that is dropped would leave a run with nothing to fail."""
    with pytest.raises(UnknownCheck, match=r"known: ids, .*round_trip"):
        make(names)


def test_every_name_is_a_job():
    """Laws are one a side, and only checks have goldens."""
    assert len(jobs_for([*CHECKS, *LAWS])) == len(CHECKS) + 2 * len(LAWS)
    assert [job.name for job in golden_jobs([*CHECKS, *LAWS])] == list(CHECKS)


def golden(ids, **recorded):
    """A run of a golden against the honest backend: counts and what differed."""
    memory = [Observation(signature=sign("ids", Observation(value)), **recorded) for value in ids]
    sides = {"golden": lambda *_: memory, "reference": live(Honest())}
    ((_, tally, differing),) = run(texts(*"ab"), golden_jobs(["ids"]), sides)
    return +tally.counts, differing


def test_a_golden_of_signatures_decides():
    """Without any value."""
    assert golden([[97], [98]])[0] == {Verdict.SAME: 2}
    assert golden([[97], [99]])[0] == {Verdict.SAME: 1, Verdict.DIVERGED: 1}


def test_a_golden_under_another_check_agrees_with_nothing():
    """The check's name is part of a signature."""
    memory = [Observation(signature=sign("ids_batched", Observation([97])))]
    sides = {"golden": lambda *_: memory, "reference": live(Honest())}
    ((_, tally, _),) = run(texts("a"), golden_jobs(["ids"]), sides)

    assert tally.counts[Verdict.DIVERGED] == 1


def test_no_case_is_no_result():
    """What yields nothing has nothing to be green about."""
    assert tallies(["ids"], Honest(), Honest(), []) == []


def test_a_check_that_takes_no_case_of_a_batch_has_compared_none():
    """Counted as nothing, not as the same."""
    (tally,) = tallies(["text"], Honest(), Honest(), [Case("t/m-0", "messages", [])])

    assert tally.compared == 0
