"""Pair shifts and budgets: what is noise is measured, and what is unknown is not zero."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sides import BUDGET, KEY, changed, failed, outcome, shifted, step, with_step

from parity.decoding import budgets
from parity.decoding.budgets import measure
from parity.decoding.records import Step
from parity.decoding.shifts import (
    Shift,
    between,
    certified,
    comparable,
    damage,
    level,
    margins,
    shift,
)
from parity.errors import GoldenError, Inconclusive
from parity.types import Failure

LOGITS = st.lists(st.floats(-20, 20), min_size=5, max_size=5)


def top(logits, count=5):
    """A step of logits: the best, by log-probability."""
    whole = math.log(math.fsum(map(math.exp, logits)))
    ordered = sorted(enumerate(logits), key=lambda pair: -pair[1])[:count]
    return Step(tuple((id, value - whole) for id, value in ordered))


def pair_shift(one, other):
    """The definition, from whole logits: of the reference's leading two, and of the two leaders."""
    first, second = sorted(range(len(one)), key=lambda place: -one[place])[:2]
    leader = max(range(len(other)), key=other.__getitem__)
    return max(abs((one[first] - one[id]) - (other[first] - other[id])) for id in (second, leader))


@given(LOGITS, LOGITS)
def test_a_shift_is_that_of_the_leading_logits(one, other):
    """Softmax falls out of it."""
    found = shift(top(one), top(other))

    assert found.exact
    assert found.nats == pytest.approx(pair_shift(one, other), abs=1e-9)


@given(LOGITS, LOGITS, st.integers(2, 4), st.integers(1, 4))
def test_a_short_top_gives_no_more_than_the_true_shift(one, other, first, second):
    """The least that it can be is no guess."""
    found = shift(top(one, first), top(other, second))

    assert found.nats <= pair_shift(one, other) + 1e-9


def test_a_third_id_that_leads_the_candidate_is_seen():
    """The pair of the reference may be as it was."""
    one = Step(((1, -0.1), (2, -3.0), (3, -9.0)))

    assert shift(one, Step(((3, -0.01), (1, -5.0), (2, -7.9)))).nats == pytest.approx(8.9 + 4.99)


@given(LOGITS, st.floats(-50, 50))
def test_what_is_added_to_all_logits_shifts_nothing(logits, constant):
    """Two engines may normalise as they like."""
    assert shift(top(logits), top([one + constant for one in logits])).nats == pytest.approx(
        0, abs=1e-9
    )


def test_a_top_that_lacks_both_leading_ids_is_seen():
    """It disagrees about everything; that is no step without a shift."""
    found = shift(Step(((1, -0.1), (2, -3.0))), Step(((8, -0.1), (9, -4.0))))

    assert found == Shift(pytest.approx(2.9 + 3.9), exact=False)


@pytest.mark.parametrize("sides", [(Step(), step(1)), (step(1), Step()), (Step(((1, -1.0),)),) * 2])
def test_a_step_without_log_probabilities_is_unknown(sides):
    """Not zero."""
    assert shift(*sides) == Shift(None)


def test_steps_are_compared_until_ids_part_and_no_further():
    """The step at which they part is the last whose ids before are the same."""
    one, other = outcome((1, 2, 3, 4)).generation, outcome((1, 2, 7, 4, 5)).generation

    assert len(comparable(one, other)) == 3
    assert len(comparable(one, outcome((1, 2)).generation)) == 2
    assert len(comparable(one, one)) == 4
    assert comparable(one, changed(outcome((1, 2)), steps=None).generation) == []


def test_one_step_beyond_is_beyond_however_few_are_seen():
    """A fault is not averaged away."""
    found = level([Shift(0.01)] * 50 + [Shift(0.2)] + [Shift(None)] * 100, 0.1)

    assert (found.outcome, found.place) == ("beyond", 50)
    assert "1 beyond" in found.note
    assert "51 of 151 steps seen" in found.note


def test_within_is_said_of_no_prompt_whose_steps_are_mostly_unseen():
    """How many were is said."""
    found = level([Shift(0.01)] * 21 + [Shift(None)] * 43, 0.1)

    assert found.outcome == "absent"
    assert "21 of 64 steps seen" in found.note


def test_the_least_that_a_shift_can_be_counts_where_it_is_beyond():
    """Below the budget it is unseen."""
    assert level([Shift(0.2, exact=False)], 0.1).outcome == "beyond"
    assert level([Shift(0.05, exact=False)], 0.1).outcome == "absent"
    assert level([Shift(0.05)], 0.1).outcome == "within"
    assert level([], 0.1).outcome == "absent"


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((Step(((1, float("nan")), (2, -1.0))),), "not finite"),
        ((Step(((1, -1.0), (2, float("-inf")))),), "not finite"),
        ((Step(((1, -2.0), (2, -1.0))),), "not best first"),
        ((Step(((1, -1.0), (1, -2.0))),), "twice"),
        ((), "0 steps of log-probabilities for 1 ids"),
    ],
)
def test_damage_is_named(steps, words):
    """What cannot be compared is no small shift."""
    assert words in damage(outcome((1,), steps=steps).generation)


def test_a_margin_is_the_candidates_where_the_reference_has_none():
    """Only while the ids before are the same; else it is another text's."""
    one = changed(outcome((1, 2, 3)), steps=None).generation
    other = outcome((1, 7, 3), margin=4.0).generation

    assert margins(one, other) == [4.0, 4.0, None]
    assert margins(outcome((1, 2), margin=3.0).generation, other) == [3.0, 3.0]


def test_a_certified_prefix_ends_at_a_margin_that_is_not_above_the_budget():
    """Or that nobody knows."""
    assert certified([2.0, 0.1, 3.0], 0.1) == 1
    assert certified([2.0, None, 3.0], 0.1) == 1
    assert certified([2.0, 3.0], 0.1) == 2
    assert certified([], 0.1) == 0


def test_a_budget_is_ten_times_the_greatest_shift_of_all_controls():
    """And says what it was measured on."""
    one = outcome()
    controls = {"batch=8": [shifted(one, 0.001)], "float64": [shifted(one, 0.004, [2])]}
    found = measure([one], controls, KEY)

    assert found.ambient == pytest.approx(0.004)
    assert found.nats == 10 * found.ambient
    assert (found.controls, found.steps) == (("batch=8", "float64"), 8)
    assert str(found).startswith("0.04 nats = 10 x 0.004 over 8 steps of batch=8; float64")


def test_steps_behind_a_control_that_chose_otherwise_measure_nothing():
    """They are of another text; the step itself counts."""
    one = outcome((10, 20, 30, 40))
    other = with_step(outcome((10, 21, 30, 40)), 1, step(21, 0.5, 20))

    found = measure([one], {"c": [with_step(other, 3, step(40, 15.0))]}, KEY, 0.5)

    assert (found.steps, found.ambient) == (2, 2.5)


def test_a_budget_wider_than_half_of_the_margins_is_none():
    """A reference whose log-probabilities are not its own twice would excuse any fault by it."""
    one = outcome((10, 20, 30, 40))

    with pytest.raises(Inconclusive, match="wider than half"):
        measure([one], {"c": [with_step(one, 1, step(20, 4.0))]}, KEY, 10)


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({}, "no control"),
        ({"c": []}, "compared no step"),
        ({"c": [failed(Failure("Crashed"))]}, "compared no step"),
        ({"c": [outcome(steps=None)]}, "compared no step"),
        ({"c": [outcome()]}, "bit-identical"),
        ({"c": [outcome(prompt_ids=(7,))]}, "other prompt ids"),
        ({"c": [shifted(outcome(), 3.0)]}, "no noise"),
        ({"c": [with_step(outcome(), 0, Step(((10, math.nan),)))]}, "not finite"),
        ({"c": [shifted(outcome(), 0.001)], "d": []}, "d compared no step"),
    ],
)
def test_what_measures_no_noise_gives_no_budget(controls, words):
    """Nothing, the same numerics, another prompt, another model: none is guessed around."""
    with pytest.raises(Inconclusive, match=words):
        measure([outcome()], controls, KEY)


def test_a_budget_of_zero_is_one_that_was_asked_for():
    """An engine that must repeat itself has no noise."""
    assert measure([outcome()], {"again": [outcome()]}, KEY, identical=True).nats == 0


def test_a_budget_is_kept_and_read_by_its_key(tmp_path):
    """For any other key there is none."""
    path = budgets.write(tmp_path, BUDGET, {})

    assert path.read_bytes().isascii()
    assert budgets.read(tmp_path, KEY) == BUDGET
    assert budgets.read(tmp_path, KEY._replace(dtype="bfloat16")) is None
    assert budgets.read(tmp_path, KEY._replace(device="cuda")) is None


def test_a_budget_of_another_model_is_refused(tmp_path):
    """Even where the first twelve digits are the same."""
    budgets.write(tmp_path, BUDGET, {})

    with pytest.raises(GoldenError, match="measured for model"):
        budgets.read(tmp_path, KEY._replace(model="ab" * 31 + "cd"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"nats": 5.0}, "edited by hand"),
        ({"ambient": 5.0}, "edited by hand"),
        ({"steps": 0}, "edited by hand"),
        ({"controls": []}, "edited by hand"),
        ({"factor": 0.5, "nats": 0.005}, "edited by hand"),
        ({"nats": "0.1"}, "another type"),
        ({"budget": 2}, "schema 2"),
        ({"key": {"model": "ab"}}, "has no dtype"),
    ],
)
def test_a_budget_that_was_not_measured_is_refused(tmp_path, change, words):
    """What stands in the file must follow from itself."""
    path = budgets.write(tmp_path, BUDGET, {})
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))

    with pytest.raises(GoldenError, match=words):
        budgets.read(tmp_path, KEY)


def test_no_budget_is_written_by_a_run_that_is_held_to_it(tmp_path):
    """CI reads."""
    with pytest.raises(GoldenError, match="CI is set"):
        budgets.write(tmp_path, BUDGET, {"CI": "true"})

    assert list(tmp_path.iterdir()) == []


def test_shifts_of_two_generations_are_in_their_order():
    """One for each comparable step."""
    one = outcome()
    found = between(one.generation, shifted(one, 0.5, [1]).generation)

    assert [one.nats for one in found] == [0.0, 0.5, 0.0, 0.0]
