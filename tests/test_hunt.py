"""The search: what it draws, compares and keeps depends on the seed and the sides alone."""

import json
from collections import Counter

import pytest

from parity.backends import load
from parity.backends._faults import FAULTS, TRAPS
from parity.backends.mock import Honest
from parity.compare import Verdict
from parity.errors import Unsupported, UsageError
from parity.hunt import LONG, SIZES, Hunt, compared, differ
from parity.plan import Pair
from parity.session import Loaded
from parity.types import SPECIALS

FAST = ("borders", "digits", "id_sequences")
LOWER = TRAPS["reads_lower_case"]


def hunt(candidate=LOWER, strategies=FAST, checks=(), seed=0, **pair):
    """A search between the toy tokenizer and a fault on top of it."""
    sides = Pair("toy", "mock:honest", f"mock:{candidate.__name__}", **pair)
    loaded = Loaded(sides, Honest(), candidate(Honest()), ())
    return Hunt(loaded, strategies, checks, seed)


class honest(Honest):  # noqa: N801 (as faults are named)
    """Nothing is wrong."""

    def __init__(self, _=None):
        super().__init__()


def turns(search, count):
    """What some turns find."""
    return [found for _ in range(count) for found in search.turn()]


def told(found):
    """What a finding is, as data."""
    least = found.examined.minimal.found
    return found.id, found.strategy, found.found.case, found.examined.cause, least.case


def test_the_same_seed_finds_the_same_under_the_same_ids():
    """Twice, from nothing: findings, counts and coverage."""
    one, two = hunt(), hunt()
    found = [list(map(told, turns(search, 6))) for search in (one, two)]

    assert found[0] == found[1] != []
    assert one.state == two.state
    assert one.coverage.state() == two.coverage.state()


def test_another_seed_draws_other_cases():
    """And finds the same kind, which has the same id."""
    one, two = hunt(seed=0), hunt(seed=1)
    found = [turns(search, 1) for search in (one, two)]

    assert found[0][0].found.case.payload != found[1][0].found.case.payload
    assert found[0][0].id == found[1][0].id


@pytest.mark.parametrize("stop", [1, 2, 3, 4, 5])
def test_a_search_goes_on_from_its_state_as_if_it_had_not_been_stopped(stop):
    """Wherever it was: the same turns follow, with the same findings and coverage."""
    whole, first, second = hunt(), hunt(), hunt()
    every = list(map(told, turns(whole, 6)))
    before = list(map(told, turns(first, stop)))
    second.state = first.state.copy()
    second.coverage.restore(json.loads(json.dumps(first.coverage.state())))
    after = list(map(told, turns(second, 6 - stop)))

    assert before + after == every
    assert second.state == whole.state
    assert second.coverage.state() == whole.coverage.state()


@pytest.mark.parametrize("parts", [[1, 1023], [300, 300, 424], [2000]])
def test_a_batch_in_parts_is_the_batch(parts):
    """However few cases are asked for at a time, none is left out and none comes twice."""
    whole, some = hunt(strategies=("digits",)), hunt(strategies=("digits",))
    drawn = []
    for search, sizes in ((whole, [None]), (some, parts)):
        cases, keep = [], search._cases

        def noting(name, most, state, cases=cases, keep=keep):
            made = keep(name, most, state)
            cases += made
            return made

        search._cases = noting
        for size in sizes:
            list(search.turn(size))
        drawn.append(cases)

    assert drawn[0] == drawn[1]
    assert some.state.batches == whole.state.batches == Counter(digits=1)
    assert some.state.cases == whole.state.cases == SIZES["text"]


def test_a_turn_that_is_stopped_is_none():
    """What it found is given, and the state is as before: the next one does it again, whole."""
    search, other = hunt(), hunt()
    stopped = search.turn()
    first = next(stopped)
    stopped.close()

    assert search.state == hunt().state
    assert next(one.id for one in turns(search, 1)) == first.id
    turns(other, 1)
    assert search.state == other.state


def test_every_strategy_has_its_turn_in_order():
    """And as many of them as each other."""
    search, seen = hunt(honest), []
    for _ in range(7):
        before = Counter(search.state.batches)
        turns(search, 1)
        seen += (search.state.batches - before).elements()

    assert seen == [*FAST, *FAST, FAST[0]]


def test_modes_of_special_tokens_take_turns():
    """A batch of a strategy is in one of them, the next one in the next."""
    search = hunt(honest, ("digits",))
    modes = [search._options("text", number).get("specials", "parse") for number in range(4)]

    assert modes == [*SPECIALS, SPECIALS[0]]


@pytest.mark.parametrize("mode", ["plain", "template"])
def test_the_mode_of_a_pair_is_the_only_one(mode):
    """Whoever named it wants no other."""
    search = hunt(honest, ("digits",), specials=mode)

    assert {search._options("text", number)["specials"] for number in range(4)} == {mode}


def test_what_is_counted_is_what_was_compared():
    """Each text by three checks, one of them in two ways; each list of ids in two ways."""
    search = hunt(honest, ("digits", "id_sequences"))
    turns(search, 2)

    size = SIZES["text"]
    assert search.state.cases == 2 * size
    assert compared(search.result) == 2 * size + 2 * size + 2 * size
    assert differ(search.result) == search.state.differing == 0
    assert search.inputs() == 2 * size


def test_what_differs_is_counted_however_few_are_examined():
    """Every text that has a capital differs, and a few are looked at."""
    search = hunt(strategies=("borders",), checks=("ids_batched",))
    found = turns(search, 1)
    row = search.result.rows["ids_batched", "both"]

    assert row.counts[Verdict.DIVERGED] == search.state.differing == differ(search.result) > 100
    assert sum(search.state.causes.values()) == 8
    assert len(found) == 1


def test_a_kind_of_divergence_is_found_once():
    """Its check, its cause, its smallest case: no other turn gives it again."""
    ids = [one.id for one in turns(hunt(), 9)]

    assert len(ids) == len(set(ids))


def test_inputs_that_fail_alike_bound_nothing():
    """Half of a surrogate pair has no ids on either side: of such texts nothing is known."""
    search = hunt(honest, ("surrogates",), ("ids_batched",))
    turns(search, 1)
    row = search.result.rows["ids_batched", "both"]

    assert row.failed > 0
    assert search.inputs() == SIZES["text"] - row.failed


def test_long_texts_come_in_smaller_batches():
    """A batch of them is no larger than it must be."""
    search = hunt(honest, ("long_runs",), ("ids_batched",))
    turns(search, 1)

    assert search.state.cases == LONG["long_runs"]


def test_a_fault_of_batches_is_found_with_the_batch_that_shows_it():
    """The smallest case is one of a few that are looked at in one call."""
    search = hunt(FAULTS["reverses_batches"], ("digits",), ("ids_batched",))
    found = turns(search, 1)

    assert {one.examined.cause for one in found} <= {"batch-order", "batch"}
    assert all(len(one.examined.minimal.batch) == 2 for one in found)


@pytest.mark.parametrize(
    ("fault", "strategy", "check"),
    [
        ("streams_in_capitals", "step_schedules", "joined"),
        ("splits_prompts", "messages", "prompt_ids"),
    ],
)
def test_streams_and_chats_are_searched_when_they_are_named(fault, strategy, check):
    """Each kind of case is compared by the check for its kind."""
    faults = {**FAULTS, "splits_prompts": FAULTS["encodes_prompts_twice_over"]}
    search = hunt(faults[fault], (strategy,))
    found = turns(search, 1)

    assert {one.found.check for one in found} == {check}


def test_a_strategy_that_nothing_compares_is_refused():
    """Drawing for nothing would look like a search."""
    with pytest.raises(UsageError, match="'id_sequences' draws cases of the kind ids"):
        hunt(strategies=("digits", "id_sequences"), checks=("ids_batched",))


def test_the_default_is_what_can_be_compared():
    """With a check of texts alone no ids are drawn, though a search has them by default."""
    some, every = hunt(strategies=(), checks=("ids_batched",)), hunt(strategies=())

    assert "id_sequences" not in some.strategies
    assert set(some.strategies) == set(every.strategies) - {"id_sequences"}


def test_checks_that_take_nothing_of_the_default_are_refused():
    """A vocabulary has no texts to draw."""
    with pytest.raises(UsageError, match="no strategy of texts or ids"):
        hunt(strategies=(), checks=("vocabulary",))


@pytest.mark.parametrize("answer", [None, RuntimeError("no"), Unsupported("no")])
def test_a_side_without_a_vocabulary_is_searched_with_what_needs_none(answer):
    """By default; who names a strategy that needs one is told."""

    class Silent(Honest):
        def vocabulary(self):
            if isinstance(answer, Exception):
                raise answer
            return answer

    loaded = Loaded(Pair("toy", "a", "b"), Silent(), Honest(), ())
    search = Hunt(loaded, (), (), 0)

    assert {"borders", "special_tokens"} <= set(search.strategies)
    assert not {"vocabulary_texts", "id_sequences"} & set(search.strategies)
    with pytest.raises(Unsupported, match="vocabulary"):
        Hunt(loaded, ("vocabulary_texts",), (), 0)


def test_a_real_pair_that_differs_is_found_out():
    """What tiktoken cannot know of a tokenizer.json: added tokens within words."""
    one, two = load("hf:tiny:byte-bpe-600"), load("tiktoken:tiny:byte-bpe-600")
    loaded = Loaded(Pair("real", "hf", "tiktoken"), one, two, ())
    found = turns(Hunt(loaded, ("special_tokens",), ("ids_batched",), 0), 1)

    assert "added-token-strip" in {one.examined.cause for one in found}


def test_a_side_that_only_trains_is_searched_by_training_cases():
    """Nothing else of it can be compared; what is found is named and small."""
    specs = "trainer:gpt4", "trainer:gpt4,ties=first"
    search = Hunt(Loaded(Pair("trainers", *specs), *map(load, specs), ()), (), (), 0)
    found = turns(search, 1)

    assert search.strategies == ("training_texts",)
    assert {one.examined.cause for one in found} == {"tie-order", "other-merges"}
    assert all(one.examined.minimal.proven for one in found)
