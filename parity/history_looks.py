"""Looks at a backend that something happened to before: what it answers then must be the same.

A library remembers: words that it has cut already, the settings of the last call, one table for
all tokenizers of a process. Each look here asks, lets something happen, and returns what is
answered after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from parity import backends
from parity.backend import Backend
from parity.looks import single_ids
from parity.process_looks import unloadable
from parity.seeing import observe
from parity.thread_looks import LENGTH, cut_ids
from parity.types import SPECIALS, Case, Observation
from parity.workers import option

WORDS: Final = 20_480
"""Distinct words that are pushed through: more than twice what the largest known cache of words
holds, the 10,000 of tokenizers' BPE."""
_CALL: Final = 1024
"""Words a batch call."""
_LETTERS: Final = "etaoinshrdlucmfw"
_STRIDE: Final = 0x9E37
"""An odd number: its multiples modulo 65,536 are all different, and have letters in any order."""


def cold(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
    """Ask a backend that was loaded just now, from the last case to the first."""
    single_ids(backend, cases)  # the other one is warm, whichever look is first
    if not backend.spec:
        return unloadable(backend, len(cases))
    fresh = backends.load(backend.spec)
    try:
        return list(single_ids(fresh, cases[::-1]))[::-1]
    finally:
        fresh.close()


def after_words(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
    """Ask, push more words through than a cache holds, in the modes of the cases, and ask again."""
    single_ids(backend, cases)
    modes = {case.options.get("specials", SPECIALS[0]) for case in cases}
    for mode in sorted(modes):
        for batch in _batches(option(cases, "words", WORDS)):
            observe(backend.encode_batch, batch, mode)
    return single_ids(backend, cases)


def words(count: int) -> Iterator[str]:
    """Yield so many distinct words of four letters, the same on every run; no more than 65,536.

    >>> list(words(3))
    ['eeee', 'dfoh', 'ocsf']
    """
    for number in range(count):
        spelt = number * _STRIDE % 0x10000
        yield "".join(_LETTERS[spelt >> shift & 15] for shift in (12, 8, 4, 0))


def _batches(count: int) -> Iterator[list[str]]:
    every = list(words(count))
    return (every[at : at + _CALL] for at in range(0, count, _CALL))


def after_cut(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
    """Ask after each text was cut or filled up to some ids, one call a case and all in one."""
    cut = cut_ids(backend, cases)
    if all(one.failure and one.failure.kind == "Unsupported" for one in cut):
        return cut
    found: list[Observation] = []
    for case in cases:
        observe(backend.encode_cut, [case.payload], option(cases, "length", LENGTH))
        found.extend(single_ids(backend, [case]))
    return found


def beside_another(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
    """Ask while another that was loaded from the same spec is asked for other things."""
    single_ids(backend, cases)
    if not backend.spec:
        return unloadable(backend, len(cases))
    other = backends.load(backend.spec)
    try:
        return [_disturbed(backend, other, case) for case in cases]
    finally:
        other.close()


def _disturbed(backend: Backend, other: Backend, case: Case) -> Observation:
    """Return what one answers after the other was asked: other modes, other texts, a cut."""
    mine = case.options.get("specials", SPECIALS[0])
    for mode in SPECIALS:
        for text in ([case.payload] if mode != mine else []) + [
            case.payload[::-1],
            "x" + case.payload,
        ]:
            seen = observe(other.encode, text, mode)
            if not seen.failure:
                observe(lambda ids=list(seen.value.ids): other.decode(ids))
    observe(other.encode_cut, [case.payload], LENGTH)
    return single_ids(backend, [case])[0]
