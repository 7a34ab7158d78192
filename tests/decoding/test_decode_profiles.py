"""Profiles: what a run comes to, and what it proves where nothing differs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sides import BUDGET, PROMPT, budget, changed, failed, outcome

from parity.decoding.chances import at_most, interval
from parity.decoding.findings import CLASSES, Finding
from parity.decoding.judging import judge
from parity.decoding.profiles import PROFILES, conclude, statement
from parity.decoding.repeats import repeats
from parity.errors import Inconclusive, UsageError
from parity.types import Failure

SAME = judge(PROMPT, outcome(), outcome(), BUDGET)
CODES = {
    "exact": {"SAME": 0, "TIE": 0, "NEAR_TIE": 0, "FAILED": 3, "ABSENT": 3},
    "exact64": {"SAME": 0, "TIE": 0, "NEAR_TIE": 0, "FAILED": 3, "ABSENT": 3},
    "bounded": {"SAME": 0, "TIE": 0, "NEAR_TIE": 0, "UNEXPLAINED": 3, "FAILED": 3, "ABSENT": 3},
    "determinism": {"SAME": 0, "FAILED": 3, "ABSENT": 3},
}
"""Exit codes of a run with one such finding; all others are a divergence."""


def of(kind, count=1, certified=100, steps=100, step=100):
    """Findings of a kind."""
    return [Finding("toy/one", kind, {}, step, certified=certified, steps=steps)] * count


def wide(profile):
    """A budget that a profile can be concluded with."""
    dtype = "float64" if profile == "exact64" else "float32"
    return BUDGET._replace(key=BUDGET.key._replace(dtype=dtype))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", CLASSES)
def test_a_class_means_to_a_profile_what_its_table_says(profile, kind):
    """One of a hundred is enough."""
    verdict = conclude(profile, [*of("SAME", 99), *of(kind)], wide(profile))

    assert verdict.code == CODES[profile].get(kind, 1)
    assert verdict.counts[kind] == (100 if kind == "SAME" else 1)
    assert verdict.code != 1 or kind in verdict.words[0]


def test_a_run_of_all_the_same_is_exact_and_says_what_that_is_worth():
    """With the budget, the certified share, and what was not compared."""
    verdict = conclude("exact", [SAME] * 32, BUDGET)

    assert (verdict.code, verdict.word, verdict.certified) == (0, "EXACT", 1.0)
    assert verdict.words == (
        "budget 0.1 nats = 10 x 0.01 over 100 steps of toy,batch=8, on cpu in float32",
        "certified prefixes cover 100.0% of 128 steps",
        f"chunks: not compared in 32 of 32 prompts: {SAME.levels['chunks'].note}",
        "rows: not compared in 32 of 32 prompts: a side does not show all logits",
    )
    assert verdict.statement == (
        "0 of 32 prompts differ; with 95 % confidence fewer than 8.94 % of such prompts do"
    )


def test_no_prompt_is_nothing_selected():
    """Not exact."""
    assert conclude("exact", [], BUDGET).code == 5


@pytest.mark.parametrize("profile", ["exact", "bounded"])
def test_a_run_without_a_budget_proves_nothing(profile):
    """What is noise was not measured; a budget of zero was not, either."""
    assert conclude(profile, [SAME], None).code == 3
    assert conclude(profile, [SAME], budget(0.0)).code == 3
    assert conclude("determinism", [SAME], None).code == 0


def test_a_divergence_is_one_without_a_budget_too():
    """Ids that part in an exact profile need none to be other ids."""
    assert conclude("exact", of("UNEXPLAINED"), None).code == 1
    assert conclude("bounded", of("UNEXPLAINED"), None).code == 3
    assert conclude("bounded", of("INPUT"), None).code == 1


@pytest.mark.parametrize(("certified", "code"), [(95, 0), (94, 3), (0, 3)])
def test_certified_prefixes_must_cover_enough_of_all_steps(certified, code):
    """Noise could have changed the rest: that they agree there is luck."""
    assert conclude("exact", of("SAME", certified=certified), BUDGET).code == code
    assert conclude("bounded", of("SAME", certified=certified), BUDGET).code == 0


def test_noise_takes_its_steps_from_the_certified_share():
    """Many near ties are inconclusive, not exact."""
    verdict = conclude("exact", [*of("SAME", 9), *of("NEAR_TIE", certified=10, step=10)], BUDGET)

    assert verdict.code == 3
    assert verdict.certified == pytest.approx(0.91)
    assert any("NEAR_TIE" in word or "numerics explain" in word for word in verdict.words)


@pytest.mark.parametrize("profile", ["exact", "bounded"])
def test_noise_in_the_certified_prefix_is_a_divergence(profile):
    """Whoever called it noise."""
    assert conclude(profile, of("NEAR_TIE", step=4), BUDGET).code == 1


def test_text_alone_is_not_exact():
    """Other ids can have one text."""
    one = changed(outcome(), ids=None, steps=None)
    found = judge(PROMPT, outcome(), one, BUDGET)
    verdict = conclude("exact", [*[SAME] * 99, found], BUDGET)

    assert found.kind == "SAME"
    assert verdict.code == 3
    assert "ids were not given" in verdict.words[0]


def test_a_run_that_compared_no_step_proves_nothing():
    """Two sides of nothing are equal."""
    nothing = outcome((), finish="eos")

    for profile in PROFILES:
        found = judge(PROMPT, nothing, nothing, wide(profile))
        assert conclude(profile, [found], wide(profile)).code == 3


def test_a_side_that_is_absent_everywhere_proves_nothing():
    """Skipped is not passed."""
    unable = failed(Failure("Unsupported", "no such cache"))
    verdict = conclude("exact", [judge(PROMPT, outcome(), unable, BUDGET)] * 3, BUDGET)

    assert verdict.code == 3
    assert "3 prompts" in verdict.words[0]
    assert "no such cache" in verdict.words[0]
    assert verdict.statement == "0 prompts compared"


def test_a_profile_is_for_its_dtypes():
    """bfloat16 is never exact; the dtype of the other side counts, too."""
    half = BUDGET._replace(key=BUDGET.key._replace(dtype="bfloat16"))

    assert conclude("exact", [SAME], half).code == 3
    assert conclude("exact", [SAME], BUDGET, ("float32", "bfloat16")).code == 3
    assert conclude("exact64", [SAME], BUDGET).code == 3
    assert conclude("bounded", [SAME], half, ("bfloat16", "q4_1")).code == 0


def test_a_profile_that_nobody_knows_is_named():
    """With those that there are."""
    with pytest.raises(UsageError, match="exact, exact64, bounded, determinism"):
        conclude("loose", [SAME], BUDGET)


def test_differences_are_told_with_their_interval():
    """Of the prompts that were compared."""
    found = [*of("SAME", 30), *of("LOCAL", 2), *of("FAILED", 5)]

    assert statement(found).startswith("2 of 32 prompts differ; with 95 % confidence 0.766 to 20.8")


@pytest.mark.parametrize(
    ("events", "trials", "wanted"),
    [
        (0, 10, (0.0, 0.3085)),
        (1, 10, (0.0025, 0.4450)),
        (5, 10, (0.1871, 0.8129)),
        (10, 10, (0.6915, 1.0)),
        (22, 2048, (0.006744, 0.016220)),
        (0, 0, (0.0, 1.0)),
    ],
)
def test_intervals_are_those_of_clopper_and_pearson(events, trials, wanted):
    """As tables have them."""
    assert interval(events, trials) == pytest.approx(wanted, abs=5e-5)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_narrows_with_trials(counts):
    """Each bound is that at which a tail has its half of the error."""
    events, trials = counts
    low, high = interval(events, trials)

    def tail(share, upto):
        return math.fsum(
            math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(upto + 1)
        )

    assert low <= events / trials <= high
    assert events == trials or tail(high, events) == pytest.approx(0.025, rel=1e-6)
    assert events == 0 or 1 - tail(low, events - 1) == pytest.approx(0.025, rel=1e-6)


def test_none_of_many_bounds_the_share_from_above():
    """The rule of three, exactly."""
    assert at_most(0, 2048) == pytest.approx(1 - 0.05 ** (1 / 2048))
    assert at_most(0, 0) == at_most(3, 3) == 1.0


def test_repeats_count_unique_samples_and_the_hazard_of_an_id():
    """Until two runs part, each id was a chance to."""
    prompts = ("a", "b", "c")
    first = [outcome((1, 2, 3, 4), prompt=id) for id in prompts]
    again = [first[0], outcome((1, 2, 9, 9), prompt="b"), first[2]]
    third = [first[0], outcome((1, 7), prompt="b"), first[2]]
    found = repeats({"first": first, "again": again, "batch=8": third})

    assert found.unique == {"a": 1, "b": 3, "c": 1}
    assert found.table == {1: 2, 3: 1}
    assert (found.identical, found.prompts, found.rate) == (2, 3, pytest.approx(2 / 3))
    assert (found.parted, found.ids) == (2, 4 * 4 + 3 + 2)
    assert found.hazard == pytest.approx((2 / 21, *interval(2, 21)))


def test_a_failure_is_no_identical_sample():
    """It is a sample of its own; failing alike is not repeating an answer."""
    crashed = failed(Failure("Crashed"))
    other = outcome(prompt="b")

    found = repeats({"one": [crashed, other], "two": [outcome(), other]})
    assert (found.unique["toy/one"], found.identical) == (2, 1)
    found = repeats({"one": [crashed, other], "two": [crashed, other]})
    assert (found.unique["toy/one"], found.identical) == (1, 1)


def test_an_end_too_early_is_another_sample():
    """One list of ids is the start of the other."""
    found = repeats({"one": [outcome((1, 2, 3))], "two": [outcome((1, 2))]})

    assert (found.unique["toy/one"], found.parted, found.ids) == (2, 1, 3)


@pytest.mark.parametrize("runs", [{}, {"one": [outcome()]}, {"one": [outcome()], "two": []}])
def test_nothing_is_deterministic_that_was_not_run_twice(runs):
    """One sample is always unique."""
    with pytest.raises(Inconclusive):
        repeats(runs)
