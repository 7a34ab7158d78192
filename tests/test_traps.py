"""The proof of the search: every trap is found from generators alone, made small, and named."""

from collections import Counter
from functools import cache

import pytest

from parity import causes
from parity.backends import load
from parity.backends._faults import TRAPS
from parity.hunt import Hunt
from parity.plan import Pair
from parity.session import Loaded
from parity.types import SPECIALS

ENOUGH = 12_000
"""Cases within which each trap is found: one batch of every strategy but one."""
LONGER = 3
"""Code points or ids that a smallest case may have more than the smallest that there is."""
SEARCHED = [name for name, trap in TRAPS.items() if trap.caught_by != "vocabulary"]
"""What a vocabulary shows by itself needs no search."""


def hunt(name):
    """A search with the strategies that a search has by default, in the mode of the trap."""
    trap = TRAPS[name]
    base = f"hf:{trap.base}"
    pair = Pair("traps", base, f"mock:{name},of={base}")
    search = Hunt(Loaded(pair, load(base), trap(load(base)), ()), (), (), seed=0)
    search.state.batches = Counter(dict.fromkeys(search.strategies, SPECIALS.index(trap.mode)))
    return search


@cache
def findings(name):
    """What is found until one finding is of the trap's cause and small."""
    search, found = hunt(name), []
    while search.state.cases < ENOUGH and not any(right(TRAPS[name], one) for one in found):
        found += search.turn()
    return found


def right(trap, finding):
    """Whether a finding is named for the trap's cause, proven smallest, and small enough."""
    examined = finding.examined
    least = examined.minimal.found
    return (
        examined.cause == trap.cause
        and least is not None
        and examined.minimal.proven
        and len(least.case.payload) <= trap.least + LONGER
    )


@pytest.mark.parametrize("name", SEARCHED)
def test_a_trap_is_found_made_small_and_named(name):
    """From the default strategies and seed 0, and by none that was given a text of it."""
    assert [one for one in findings(name) if right(TRAPS[name], one)]


@pytest.mark.parametrize("name", SEARCHED)
def test_no_input_that_shows_a_trap_is_shorter_than_its_least(name):
    """`least` is what it says, as far as the search knows."""
    trap = TRAPS[name]
    sizes = [
        len(one.examined.minimal.found.case.payload)
        for one in findings(name)
        if one.examined.cause == trap.cause and one.examined.minimal.found
    ]
    assert min(sizes) >= trap.least


def test_there_are_traps_of_every_sort():
    """At least thirty, over ids, offsets, decoded text, special tokens and normal forms."""
    kinds = Counter(TRAPS[name].caught_by for name in SEARCHED)
    named = {TRAPS[name].cause for name in SEARCHED}

    assert len(SEARCHED) >= 30
    assert {"ids", "offsets", "text"} <= kinds.keys()
    assert {"special-parsing", "added-token", "normal-form", "prefix-space"} <= named
    assert len(named) >= 25
    assert named <= causes.ABOUT.keys()


@pytest.mark.parametrize("name", ["loses_a_merge", "misses_an_added_token", "cleans_up"])
def test_a_trap_is_found_alike_with_another_seed(name):
    """It is not luck: what another seed draws shows it, too."""
    search = hunt(name)
    search.seed = 1
    found = [one for _ in range(len(search.strategies)) for one in search.turn()]

    assert [one for one in found if right(TRAPS[name], one)]
