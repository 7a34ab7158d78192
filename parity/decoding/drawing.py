"""Prompts of random ids, as mini-sglang's `token_parity` draws them: profiles, a seed, an order.

From `random.Random(seed)` come first the ids of the shared prefix, where there is one; then for
each prompt its length, between both ends, and its ids behind the prefix. Each id is
`randint(100, 20000)`. A vocabulary of fewer than 20,001 entries has not all of these: then each id
is `randint(100, size - 1)`, or `randint(0, size - 1)` where it has no 100 either; so what is drawn
for a small vocabulary is something else from the first id on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from parity.decoding.records import Prompt
from parity.errors import UsageError

LOW: Final = 100
HIGH: Final = 20_000
WHOLE: Final = HIGH + 1
"""Entries of a vocabulary from which on nothing is clipped."""
SEED: Final = 42


class Profile(NamedTuple):
    """So many prompts, their lengths in ids, and how many ids all of them begin with."""

    least: int
    most: int
    prompts: int
    prefix: int = 0


PROFILES: Final[Mapping[str, Profile]] = {
    "seeds-short": Profile(8, 32, 8),
    "seeds-long": Profile(384, 512, 4),
    "seeds-prefix": Profile(96, 128, 8, prefix=80),
}


def is_drawn(name: str) -> bool:
    """Say whether a name is that of a drawn set; `@` and a number behind it are another seed."""
    return name.partition("@")[0] in PROFILES


def of(name: str, vocabulary_size: int) -> list[Prompt]:
    """Return a drawn set by its name, such as seeds-short or seeds-short@7. Raises UsageError."""
    profile, at, seed = name.partition("@")
    if at and not re.fullmatch(r"\d{1,18}", seed):
        raise UsageError(f"{name!r}: behind the @ stands a seed, a whole number, not {seed!r}")
    return drawn(profile, int(seed or SEED), vocabulary_size)


def drawn(name: str, seed: int = SEED, vocabulary_size: int = WHOLE) -> list[Prompt]:
    """Return the prompts of a profile. Those of another seed have it in their ids.

    >>> drawn("seeds-short")[0].payload[:3]
    (3748, 919, 9112)
    >>> [prompt.id for prompt in drawn("seeds-long", 7)][:2]
    ['seeds-long@7/0', 'seeds-long@7/1']
    """
    if vocabulary_size < 1:
        raise UsageError(f"{name}: ids are drawn from a vocabulary, and this has no entry")
    least, most, prompts, prefix = PROFILES[name]
    high = min(HIGH, vocabulary_size - 1)
    low = LOW if high >= LOW else 0
    numbers = random.Random(seed)  # noqa: S311 (a stream that others draw, too)

    def ids(how_many: int) -> tuple[int, ...]:
        return tuple(numbers.randint(low, high) for _ in range(how_many))

    shared = ids(prefix)
    of = name if seed == SEED else f"{name}@{seed}"
    return [
        Prompt(f"{of}/{number}", "ids", (*shared, *ids(numbers.randint(least, most) - prefix)))
        for number in range(prompts)
    ]
