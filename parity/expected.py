"""What the ledger says of a run: its entries, with classes that exist, and how they stand.

An entry that names a class covers divergences of that class alone. The class of a divergence is
known only when both sides can be asked, so what such an entry excuses is held back until all of a
pair is compared: then every one of them is classified, and counted by what was found.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from parity import ledger
from parity.causes import ABOUT, OF_PROMPTS
from parity.compare import Comparison, Verdict
from parity.errors import BadLedger
from parity.ledger import Entry

ALONE: Final = frozenset(
    {"attribute", "bounds", "engine-died", "escape", "subscript", "template-source", "whitespace"}
)
"""Causes of prompts that are a whole name; the others stand before a colon: `filter:int`."""
NAMES: Final = (*ABOUT, *(name if name in ALONE else f"{name}:…" for name in OF_PROMPTS))
FEW: Final = ("case", "digits", "unicode-tables", "outcome", "filter:int", "unclassified")
"""Names that an error shows, so that one sees what they look like."""


class Names(Protocol):
    """What tells the class of a divergence, "" where none are asked for."""

    def cause(self, found: Comparison) -> str:
        """Return the name."""


class Standing(NamedTuple):
    """How the entries of a ledger stand at the end of a run.

    in_force: places of those that count today, here. cases: how many cases each of them selected.
    stale: of a whole run, those in force that selected none. expired: place -> its date.
    sha256: of the ledger's bytes, "" where there is no ledger.
    unnarrowed: whether all of the plan ran, so that what selected nothing is stale.
    """

    in_force: tuple[str, ...] = ()
    cases: Mapping[str, int] = {}
    stale: tuple[str, ...] = ()
    expired: Mapping[str, str] = {}
    sha256: str = ""
    unnarrowed: bool = False


def read(path: Path) -> list[Entry]:
    """Return the entries of a ledger; none if the file is not there. Raises BadLedger."""
    return parsed(path, ledger.content(path))


def parsed(path: Path, data: bytes) -> list[Entry]:
    """Return the entries of a ledger's bytes. Raises BadLedger, for a class that is none, too."""
    found = list(ledger.parsed(path, data))
    for entry in found:
        if entry.cause and not is_class(entry.cause):
            raise BadLedger(f"{entry.place}: {_unknown(entry.cause)}")
    return found


def is_class(name: str) -> bool:
    """Say whether a divergence can be of this class.

    >>> [is_class(name) for name in ("digits", "filter:int", "filter", "digit")]
    [True, True, False, False]
    """
    head, _, rest = name.partition(":")
    return name in ABOUT or (head in OF_PROMPTS and bool(rest) is (head not in ALONE))


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, NAMES, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"no class {name!r}; {hint}some that there are: {', '.join(FEW)}"


def awaited(found: Comparison, known: Sequence[Entry]) -> Entry | None:
    """Return the entry that excuses a comparison if its class is the right one, or None."""
    if found.verdict is not Verdict.EXPECTED:
        return None
    entry = ledger.find(known, found.case)
    return entry if entry is not None and entry.cause else None


def settled(held: Iterable[tuple[Comparison, Entry]], examiner: Names) -> Iterator[Comparison]:
    """Yield comparisons that were held back, each with its class and the verdict that it makes."""
    for found, entry in held:
        cause = examiner.cause(found)
        if cause == entry.cause:
            yield found._replace(cause=cause)
        else:
            note = (
                f"{entry.place} covers the class {entry.cause!r} alone, and this is of "
                f"{f'the class {cause!r}' if cause else 'no class'}"
            )
            yield found._replace(verdict=Verdict.DIVERGED, note=note, cause=cause)


def standing(
    path: Path, pairs: Sequence[str], cases: Mapping[str, int], *, unnarrowed: bool
) -> Standing:
    """Return how the entries of a ledger stand. Raises BadLedger.

    pairs: the names of those that ran. cases: how many cases each entry selected, by its place.
    """
    data, today = ledger.content(path), ledger.today()
    entries = [entry for entry in parsed(path, data) if ledger.applies(entry, today)]
    stale = (entry.place for entry in entries if unnarrowed and not cases.get(entry.place))
    return Standing(
        in_force=tuple(entry.place for entry in entries),
        cases=dict(cases),
        stale=tuple(stale),
        expired=expired_entries(path, pairs, every=unnarrowed),
        sha256=hashlib.sha256(data).hexdigest() if data else "",
        unnarrowed=unnarrowed,
    )


def expired_entries(path: Path, pairs: Sequence[str], *, every: bool) -> dict[str, str]:
    """Return the date of each entry whose day has come, by its place. Raises BadLedger.

    Of those that speak of one of these pairs, or of every one.
    """
    today = ledger.today()
    return {
        entry.place: entry.expires.isoformat()
        for entry in read(path)
        if entry.expires is not None
        and ledger.expired(entry, today)
        and ledger.fits_here(entry)
        and (every or any(ledger.speaks(entry, pair) for pair in pairs))
    }
