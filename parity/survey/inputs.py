"""What implementations are asked: a stated part of the corpora, and a stated number drawn."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Final

from parity import artefact, corpus, session
from parity.backend import Backend
from parity.generators import GENERATORS, known
from parity.plan import Pair
from parity.types import Case

CORPORA: Final = (
    "bidi", "cjk", "code", "contractions", "decode", "digits", "edge", "emoji", "ids", "invisible",
    "multilingual", "normalisation", "special", "whitespace", "derived/codepoints",
)  # fmt: skip
SELECT: Final = "not tag:invisible.surrogate and (not id:derived/* or id:derived/codepoints/n*)"
"""No halves of UTF-16, which are no text; of the single code points, the numbers."""
STREAMS: Final = 40
"""Cases of the corpus `streams`, for those who have a stream."""
LEFT_OUT: Final = frozenset({"surrogates"})
DRAWN: Final = 64
"""Cases that each generator draws for a vocabulary; LONG of those that are long."""
LONG: Final = {"long_runs": 8}


@cache
def written() -> Sequence[Case]:
    """Return the cases of the corpora that are taken."""
    pair = Pair("matrix", "", "", corpora=CORPORA, select=SELECT)
    wanted = session.predicate(SELECT)
    return [case for case in session.cases(pair) if wanted is None or wanted(case)]


@cache
def streams() -> Sequence[Case]:
    """Return the streams that are taken."""
    paths = corpus.find(("streams",), artefact.shipped(), artefact.shipped())
    return list(islice(corpus.read_all(paths), STREAMS))


def strategies() -> list[str]:
    """Return the names of the generators that draw: those of texts and of ids."""
    kinds = ("text", "ids")
    return [name for name, one in GENERATORS.items() if one.kind in kinds and name not in LEFT_OUT]


def drawn(reference: Backend, count: int, seed: int) -> list[Case]:
    """Return what the generators draw for a vocabulary: by the seed and the vocabulary alone."""
    about = known(reference)
    found = []
    for name in strategies():
        generator = GENERATORS[name]
        if generator.needs_ids and not about.pools.uniform:
            continue
        sample = generator.make(about)
        draw = random.Random(f"{seed}/{name}/0")  # noqa: S311 (texts, not secrets)
        size = min(count, LONG.get(name, count))
        found += [
            Case(f"drawn/{name}-{place}", generator.kind, sample(draw)) for place in range(size)
        ]
    return found


def until(deadline: float, cases: Iterable[Case]) -> Iterator[Case]:
    """Yield cases until a time of the monotonic clock: what is left then is not compared."""
    for case in cases:
        if time.monotonic() > deadline:
            return
        yield case
