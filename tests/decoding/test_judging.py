"""Classes: each row of the table, and that no fault becomes a pass."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sides import BUDGET, EOS, PROMPT, budget, changed, failed, outcome, shifted, step, with_step

from parity.decoding.findings import CLASSES
from parity.decoding.judging import NOISE, judge, repeated, stake
from parity.decoding.profiles import PROFILES, conclude
from parity.decoding.records import Step
from parity.types import Failure

CRASHED = Failure("Crashed", "killed")
UNABLE = Failure("Unsupported", "no such mode")
LONG = tuple(range(10, 80, 10))
ONE = outcome(LONG)
NO_STEPS = changed(ONE, steps=None)


def parted(margin, other_margin, ambient=0.0, places=None):
    """Two sides that part at step 4 by margins, with the steps before shifted."""
    one = with_step(ONE, 4, step(50, margin, 51))
    other = changed(one, ids=(*LONG[:4], 51, 1, 1))
    return one, with_step(
        shifted(other, ambient, range(4) if places is None else places),
        4, step(51, other_margin, 50),
    )  # fmt: skip


def without_steps(sides, *which):
    """The same sides, some without log-probabilities."""
    return tuple(
        changed(side, steps=None) if place in which else side for place, side in enumerate(sides)
    )


def unseen(side, places):
    """A side of which some steps show nothing."""
    for place in places:
        side = with_step(side, place, Step())
    return side


def text_only(**said):
    """A side that gives no ids."""
    return changed(ONE, ids=None, steps=None, **said)


TIED = Step(((50, -0.7), (51, -0.7), (999, -20.0)))
ROWS = {
    # a side that cannot be compared
    "never answered": (ONE, None, "ABSENT"),
    "the reference never answered": (None, ONE, "ABSENT"),
    "unsupported": (ONE, failed(UNABLE), "ABSENT"),
    "unsupported on both sides": (failed(UNABLE), failed(UNABLE), "ABSENT"),
    "nothing": (ONE, ONE._replace(generation=None), "ABSENT"),
    "one failed": (ONE, failed(CRASHED), "FAILED"),
    "both failed alike": (failed(CRASHED), failed(CRASHED), "FAILED"),
    "one failed, one is unable": (failed(CRASHED), failed(UNABLE), "FAILED"),
    "both aborted": (changed(ONE, finish="abort"), changed(ONE, finish="abort"), "FAILED"),
    "not a number": (ONE, with_step(ONE, 2, Step(((30, math.nan), (31, -1.0)))), "FAILED"),
    "infinite on both sides": (
        *(with_step(ONE, 2, Step(((30, -0.1), (31, -math.inf)))),) * 2, "FAILED",
    ),
    "a step too few": (ONE, changed(ONE, steps=ONE.generation.steps[1:]), "FAILED"),
    # what went in
    "other prompt ids": (ONE, ONE._replace(prompt_ids=(1, 2, 4)), "INPUT"),
    "other prompt ids and another completion": (
        ONE, outcome((5, 6), prompt_ids=(9, 1, 2, 3)), "INPUT",
    ),
    "a BOS that a server adds": (
        changed(ONE, counts={"prompt": 3}), changed(ONE, counts={"prompt": 4}), "INPUT",
    ),
    # no ids
    "no ids, the same text": (ONE, text_only(), "SAME"),
    "no ids, another text": (ONE, text_only(text="?"), "UNEXPLAINED"),
    "no ids, another end": (ONE, text_only(finish="eos"), "UNEXPLAINED"),
    "no ids, no text": (ONE, text_only(text=None), "ABSENT"),
    # the same ids
    "the same": (ONE, ONE, "SAME"),
    "noise": (ONE, shifted(ONE, 0.09), "SAME"),
    "no log-probabilities": (ONE, NO_STEPS, "SAME"),
    "another reason to end": (ONE, changed(ONE, finish="eos"), "STOP"),
    "another number of ids reported": (
        changed(ONE, counts={"completion": 7}), changed(ONE, counts={"completion": 6}), "STOP",
    ),
    "another text": (ONE, changed(ONE, text="?"), "DETOK"),
    "other chunks": (changed(ONE, chunks=("a",)), changed(ONE, chunks=("", "a")), "DETOK"),
    "one step beyond": (ONE, shifted(ONE, 0.5, [3]), "LOCAL"),
    "three steps beyond": (ONE, shifted(ONE, 0.5, [4, 5, 6]), "LOCAL"),
    "two steps beyond after one within": (ONE, shifted(ONE, 0.5, [1, 2]), "SYSTEMIC"),
    "four steps beyond": (ONE, shifted(ONE, 0.5, [3, 4, 5, 6]), "SYSTEMIC"),
    "from the first step": (ONE, shifted(ONE, 0.5, [0]), "SYSTEMIC"),
    "every step beyond": (ONE, shifted(ONE, 0.11), "SYSTEMIC"),
    # an end too early
    "ends early": (ONE, outcome(LONG[:4], finish="eos"), "STOP"),
    "goes on": (outcome(LONG[:4]), ONE, "STOP"),
    "nothing at all": (ONE, outcome((), finish="eos"), "STOP"),
    # ids that part
    "margins within": (*parted(0.03, 0.04), "NEAR_TIE"),
    "margins within, noise before": (*parted(0.03, 0.04, 0.09), "NEAR_TIE"),
    "a tie of the reference": (*parted(0.0, 0.04), "TIE"),
    "a tie of the candidate": (*parted(0.04, 0.0), "TIE"),
    "a tie of both": (*parted(0.0, 0.0), "TIE"),
    "one margin beyond": (*parted(0.03, 0.5), "LOCAL"),
    "the sum beyond": (*parted(0.06, 0.06), "LOCAL"),
    "a tie against a wide margin": (*parted(0.0, 0.5), "LOCAL"),
    "margins within, shifts before": (*parted(0.03, 0.04, 0.2), "SYSTEMIC"),
    "margins within, one shift before": (*parted(0.03, 0.04, 0.2, [1]), "SYSTEMIC"),
    "a tie, shifts before": (*parted(0.0, 0.0, 0.2), "SYSTEMIC"),
    "margins beyond, shifts before": (*parted(0.3, 0.4, 0.2), "SYSTEMIC"),
    "its own logits say otherwise": (
        parted(0.5, 0.0)[0],
        with_step(parted(0.5, 0.0)[1], 4, step(50, 0.5, 51)), "LOCAL",
    ),
    "its own logits say a little otherwise": (
        parted(0.06, 0.0)[0],
        with_step(parted(0.06, 0.0)[1], 4, step(50, 0.06, 51)), "LOCAL",
    ),
    "a third id is far better": (
        parted(0.0, 0.0)[0],
        with_step(parted(0.0, 0.0)[1], 4, Step(((7, -0.1), (51, -3.0), (50, -3.0)))), "LOCAL",
    ),
    "the other's id is far below": (
        parted(0.03, 0.04)[0],
        with_step(parted(0.03, 0.04)[1], 4, Step(((51, -0.1), (52, -4.0)))), "LOCAL",
    ),
    "the other's id is not shown": (
        parted(0.03, 0.04)[0],
        with_step(parted(0.03, 0.04)[1], 4, Step(((51, -0.1), (52, -0.11)))), "UNEXPLAINED",
    ),
    "no log-probabilities of either": (*without_steps(parted(0.03, 0.04), 0, 1), "UNEXPLAINED"),
    "only of the reference, within": (*without_steps(parted(0.03, 0.04), 1), "UNEXPLAINED"),
    "only of the reference, beyond": (*without_steps(parted(0.5, 0.04), 1), "LOCAL"),
    "only of the candidate, beyond": (*without_steps(parted(0.03, 0.5), 0), "LOCAL"),
    "steps before unseen": (
        parted(0.03, 0.04)[0], unseen(parted(0.03, 0.04)[1], range(3)), "UNEXPLAINED",
    ),
    "half of the steps before unseen": (
        parted(0.03, 0.04)[0], unseen(parted(0.03, 0.04)[1], range(2)), "NEAR_TIE",
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_each_row_of_the_table_has_its_class(row):
    """The first that holds decides."""
    reference, candidate, kind = ROWS[row]
    found = judge(PROMPT, reference, candidate, BUDGET, EOS)

    assert found.kind == kind, found.note
    assert found.prompt == PROMPT.id
    assert found.note or kind == "SAME"


def test_every_class_that_one_comparison_can_have_has_a_row():
    """NONDETERMINISTIC is of an engine and itself."""
    assert {kind for *_, kind in ROWS.values()} == set(CLASSES) - {"NONDETERMINISTIC"}


@pytest.mark.parametrize("row", ROWS)
def test_who_is_the_reference_does_not_matter_to_whether_it_passes(row):
    """Sides that agree, agree both ways."""
    reference, candidate, _ = ROWS[row]
    kinds = [
        judge(PROMPT, *sides, BUDGET, EOS).kind
        for sides in ((reference, candidate), (candidate, reference))
    ]
    passes = [kind in NOISE or kind == "SAME" for kind in kinds]

    assert passes[0] == passes[1]


def test_what_was_found_is_told_in_numbers():
    """The step, both margins, the shift there, and the greatest before."""
    found = judge(PROMPT, *parted(0.03, 0.04, 0.05), BUDGET, EOS)

    assert found.step == 4
    assert found.margins == pytest.approx((0.03, 0.04))
    assert found.shift == pytest.approx(0.07)
    assert found.ambient == pytest.approx(0.05)
    assert (found.certified, found.steps) == (4, 7)


def test_the_ambient_shift_of_the_same_ids_is_of_all_steps():
    """There is none behind which nothing is compared."""
    found = judge(PROMPT, ONE, shifted(ONE, 0.05, [6]), BUDGET)

    assert found.ambient == pytest.approx(0.05)
    assert found.step is None
    assert (found.certified, found.steps) == (7, 7)


def test_an_id_that_happens_to_be_eos_at_the_last_place_is_said():
    """Both reasons to end are true, and still not the same."""
    ids = (1, 2, 3, 4, 5, 6, 7, 0)
    one = outcome(ids)

    assert "happens to be EOS" in judge(PROMPT, one, one, BUDGET, EOS).note
    found = judge(PROMPT, one, changed(one, finish="eos"), BUDGET, EOS)
    assert found.kind == "STOP"
    assert "finish: length and eos; the last id of 8 happens to be EOS" in found.note


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ((1, 0), "the reference goes on with 3; the last id of both is EOS"),
        ((1,), "the reference goes on with 0; that is EOS"),
    ],
)  # fmt: skip
def test_an_end_too_early_says_what_eos_has_to_do_with_it(ids, words):
    """One that went on behind EOS, and one that lost it."""
    found = judge(PROMPT, outcome((1, 0, 3)), outcome(ids, finish="eos"), BUDGET, EOS)

    assert found.kind == "STOP"
    assert found.step == len(ids)
    assert words in found.note


def test_more_ids_than_were_asked_for_are_said():
    """The length is a reason to end."""
    found = judge(PROMPT, outcome(range(1, 9)), outcome(range(1, 10)), BUDGET)

    assert "9 ids are more than the 8 asked for" in found.note


def test_without_a_budget_nothing_is_noise():
    """Not even a tie: the steps before it may have shifted."""
    assert judge(PROMPT, *parted(0.0, 0.0), None).kind == "UNEXPLAINED"
    assert judge(PROMPT, ONE, ONE, None).kind == "SAME"


def test_unknown_prompt_ids_are_said_where_ids_part():
    """Another input looks like another model."""
    one, other = parted(0.3, 0.4)
    found = judge(PROMPT, one, other._replace(prompt_ids=None), BUDGET)

    assert found.kind == "LOCAL"
    assert "the candidate has no prompt ids, so the input may be another" in found.note


LOGS = st.sampled_from([-0.1, -0.12, -0.15, -0.4, -1.0])
NOISE_OF_A_STEP = st.sampled_from([0.0, 0.0, 0.01, -0.02, 0.3])


@st.composite
def sides(draw):
    """Two sides whose logits are mostly close; some steps show little, some choices are odd."""
    logs = [[draw(LOGS) for _ in range(3)] for _ in range(5)]
    made = []
    for _ in range(2):
        steps, ids = [], []
        for values in logs[: draw(st.sampled_from([5, 5, 5, 4, 0]))]:
            own = sorted(((id, one + draw(NOISE_OF_A_STEP)) for id, one in enumerate(values)),
                         key=lambda pair: -pair[1])  # fmt: skip
            steps.append(Step(tuple(own[: draw(st.sampled_from([3, 3, 3, 2, 0]))])))
            ids.append(own[draw(st.sampled_from([0] * 9 + [1]))][0])
        made.append(outcome(tuple(ids), text="", steps=tuple(steps)))
    return made


RANK = {"SYSTEMIC": 3, "LOCAL": 2, "UNEXPLAINED": 1, "NEAR_TIE": 0, "TIE": 0, "SAME": 0, "STOP": 3}


@given(sides(), st.floats(0.001, 5), st.floats(1, 10))
def test_a_greater_budget_finds_no_more(both, nats, times):
    """SYSTEMIC, LOCAL, unexplained, a pass: never back."""
    narrow, wide = (judge(PROMPT, *both, budget(size)).kind for size in (nats, nats * times))

    assert RANK[wide] <= RANK[narrow]


@given(sides(), st.floats(0.001, 5))
def test_noise_is_never_in_the_certified_prefix(both, nats):
    """There, its margin would have been above the budget."""
    found = judge(PROMPT, *both, budget(nats))

    assert found.kind not in NOISE or found.certified <= found.step


@given(sides(), st.floats(0.001, 5), st.sampled_from(sorted(PROFILES)))
def test_no_profile_lets_a_fault_pass(both, nats, profile):
    """A tolerance makes no pass of LOCAL or SYSTEMIC, nor of an end too early."""
    found = judge(PROMPT, *both, budget(nats))
    verdict = conclude(profile, [found], budget(nats))

    assert found.kind not in ("LOCAL", "SYSTEMIC", "STOP") or verdict.code == 1
    assert found.kind != "UNEXPLAINED" or verdict.code in (1, 3)


def test_what_is_at_stake_is_counted_against_a_side_that_contradicts_itself():
    """Margins of 5 and -5 are no stake of zero."""
    found = stake(Step(((1, -0.1), (2, -5.1))), Step(((1, -0.1), (2, -5.1))), (1, 2))

    assert found.margins == pytest.approx((5, -5))
    assert found.shift == pytest.approx(10)


@pytest.mark.parametrize(
    ("again", "kind"),
    [
        (ONE, "SAME"),
        (shifted(ONE, 0.05), "SAME"),
        (changed(ONE, text="?"), "NONDETERMINISTIC"),
        (parted(0.0, 0.0)[1], "NONDETERMINISTIC"),
        (parted(0.3, 0.4)[1], "NONDETERMINISTIC"),
        (outcome(LONG[:3]), "NONDETERMINISTIC"),
        (shifted(ONE, 0.5), "NONDETERMINISTIC"),
        (ONE._replace(prompt_ids=(7,)), "NONDETERMINISTIC"),
        (failed(CRASHED), "FAILED"),  # which says nothing of what it would have answered
        (failed(Failure("ValueError", "a")), "NONDETERMINISTIC"),
        (None, "ABSENT"),
        (failed(UNABLE), "ABSENT"),
    ],
)
def test_whatever_an_engine_does_otherwise_a_second_time_is_nondeterministic(again, kind):
    """Near ties too: nothing but chance changed."""
    assert repeated(PROMPT, ONE, again, BUDGET, EOS).kind == kind


def test_an_engine_that_fails_twice_has_failed():
    """It did repeat itself, and proved nothing."""
    assert repeated(PROMPT, failed(CRASHED), failed(CRASHED), BUDGET).kind == "FAILED"
