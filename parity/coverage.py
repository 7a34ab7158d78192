"""What a corpus, or a fuzz run, has seen of a vocabulary and of Unicode: counted, not guessed.

    vocabulary    ids that the reference gave, of all that it has
    added         the same of its added tokens
    merges        merges whose result was among these ids; known of a tokenizer.json alone
    scripts       scripts of the characters in the texts
    categories    general categories of them
    pre-tokens    sorts of pieces that a text falls into: by the kinds of characters that begin it,
                  go on and end it, such as a space, letters and a newline

An id that was never given was never compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import regex

from parity import artefact
from parity.alphabets import categories, category_of, script_of, scripts
from parity.backend import Backend
from parity.errors import ParityError, UsageError
from parity.looks import Look, batch_ids, single_ids
from parity.packed import PackedIds, unpack
from parity.run import Observer
from parity.seeing import observe
from parity.types import Case, Observation

PIECES: Final = re.compile(r"[ g]?(?:l+|n+|p+|o+)[\r\n]?|[ g\r\n\tw]+")
"""What a text falls into, spelt in `CLASSES`."""
CLASSES: Final = {
    "l": regex.compile(r"[\p{L}\p{M}]"),
    "n": regex.compile(r"\p{N}"),
    "p": regex.compile(r"[\p{P}\p{S}]"),
    "g": regex.compile(r"\p{Zs}"),
    "w": regex.compile(r"\s"),
}
"""Letters that stand for classes of characters; U+0020, TAB, CR and LF stand for themselves, and
`o` is any other."""
SORTS: Final = (
    *(
        f"{space}{kind}{end}"
        for kind in ("letters", "digits", "signs", "others")
        for space in ("", "space+")
        for end in ("", "+newline")
    ),
    *("spaces", "newlines", "tabs", "mixed white space"),
)
KINDS: Final = {"l": "letters", "n": "digits", "p": "signs", "o": "others"}
NAMES: Final = ("vocabulary", "added", "merges", "scripts", "categories", "pre-tokens")
OF_IDS: Final = NAMES[:3]
"""What ids alone tell of."""
NEVER: Final = frozenset({"Cs"})
"""A general category that no text in UTF-8 has."""


class Share(NamedTuple):
    """How many of how many."""

    hit: int
    of: int

    @property
    def percent(self) -> float:
        """The share in percent; 0 of nothing."""
        return 100 * self.hit / self.of if self.of else 0.0


class Coverage:
    """What was seen so far. ids, characters, sorts: of the reference, of texts, of their pieces."""

    def __init__(self, reference: Backend) -> None:
        seen = observe(reference.vocabulary).value
        self.tokens: Mapping[int, str] = seen.tokens if seen else {}
        self.added = frozenset(seen.added) if seen else frozenset()
        self.merged = _merged(reference, {text: id for id, text in self.tokens.items()})
        self.ids: set[int] = set()
        self.characters: set[str] = set()
        self.sorts: set[str] = set()

    def texts(self, texts: Sequence[str]) -> None:
        """Count the characters and pieces of texts."""
        self.characters.update(*texts)
        if len(self.sorts) < len(SORTS):
            spelt = "|".join([text.translate(_CLASSES) for text in texts])
            self.sorts.update(map(_sort, set(PIECES.findall(spelt))))

    def encoded(self, lists: Iterable[Iterable[int]]) -> None:
        """Count the ids that the reference gave."""
        self.ids.update(chain.from_iterable(lists))

    def shares(self) -> dict[str, Share]:
        """Return what was seen of what, by `NAMES`, as far as the reference tells what there is."""
        found = {
            "vocabulary": Share(len(self.ids & self.tokens.keys()), len(self.tokens)),
            "added": Share(len(self.ids & self.added), len(self.added)),
            "merges": Share(len(self.ids & self.merged), len(self.merged)),
            "scripts": _of(map(script_of, self.characters), scripts()),
            "categories": _of(map(category_of, self.characters), categories().keys() - NEVER),
            "pre-tokens": _of(self.sorts, SORTS),
        }
        return {name: share for name, share in found.items() if share.of}

    def state(self) -> dict[str, list[Any]]:
        """Return what was seen as JSON's types."""
        return {
            "ids": sorted(self.ids), "characters": sorted(map(ord, self.characters)),
            "sorts": sorted(self.sorts),
        }  # fmt: skip

    def restore(self, state: Mapping[str, list[Any]]) -> None:
        """Go on from a state."""
        self.ids.update(state["ids"])
        self.characters.update(map(chr, state["characters"]))
        self.sorts.update(state["sorts"])


class Covering:
    """The observer of a reference, which notes the ids that it gives.

    note: called with the lists of ids of each batch.
    """

    def __init__(self, observer: Observer, note: Callable[[Iterable[Iterable[int]]], None]) -> None:
        self.observer, self.note = observer, note
        self.overlaps = getattr(observer, "overlaps", False)

    def __call__(self, name: str, look: Look, cases: Sequence[Case]) -> Sequence[Observation]:
        """Return what the observer sees."""
        seen = self.observer(name, look, cases)
        if look in (batch_ids, single_ids):
            if isinstance(seen, PackedIds):
                self.note([unpack(b"".join(seen.packed))])
            else:
                self.note(one.value for one in seen if one.failure is None)
        return seen


def of_ids(reference: Backend, ids: Collection[int]) -> dict[str, Share]:
    """Return what a run's ids are of what the reference has; nothing where none were given.

    It asks the reference: not before everything is compared.
    """
    if not ids:
        return {}
    found = Coverage(reference)
    found.ids.update(ids)
    shares = found.shares()
    return {name: shares[name] for name in OF_IDS if name in shares}


def _of(seen: Iterable[str], known: Iterable[str]) -> Share:
    wanted = set(known)
    return Share(len(wanted.intersection(seen)), len(wanted))


class _Classes(dict[int, str]):
    """The class of each character, by its code point."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        self[point] = found = next(
            (name for name, pattern in CLASSES.items() if pattern.fullmatch(char)), "o"
        )
        return found


_CLASSES: Final = _Classes((ord(char), char) for char in " \t\r\n")


def _sort(piece: str) -> str:
    r"""Return the sort of a piece that is spelt in classes.

    >>> _sort(" ll\n"), _sort("n"), _sort("  ")
    ('space+letters+newline', 'digits', 'spaces')
    """
    kind = next((KINDS[letter] for letter in KINDS if letter in piece), "")
    if kind:
        ends = piece.endswith(("\r", "\n"))
        return f"{'space+' * (piece[0] in ' g')}{kind}{'+newline' * ends}"
    plain = {" ": "spaces", "\n": "newlines", "\t": "tabs"}
    alone = len(set(piece)) == 1
    return plain.get(piece[0], "mixed white space") if alone else "mixed white space"


def _merged(reference: Backend, ids: Mapping[str, int]) -> frozenset[int]:
    """Return the ids that merges make, of a tokenizer.json among the reference's artefacts."""
    seen = observe(reference.identity).value
    for path in seen.artefacts if seen else ():
        if Path(path).suffix != ".json":
            continue
        try:
            model = artefact.read_json(Path(path)).get("model", {})
            pairs = [merge.split(" ") if isinstance(merge, str) else merge
                     for merge in model.get("merges", ())]  # fmt: skip
            return frozenset(ids["".join(pair)] for pair in pairs if "".join(pair) in ids)
        except (ParityError, AttributeError, TypeError):
            continue
    return frozenset()


def least(text: str) -> dict[str, float]:
    """Return what `--min-coverage` asks for: percent by name. Raises UsageError.

    >>> least("vocabulary=50,scripts=10.5")
    {'vocabulary': 50.0, 'scripts': 10.5}
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, percent = part.partition("=")
        wanted = float(percent) if re.fullmatch(r"\d{1,3}(\.\d+)?", percent) else -1
        if name not in NAMES or not 0 <= wanted <= 100:  # noqa: PLR2004 (percent)
            raise UsageError(
                f"--min-coverage is NAME=PERCENT, with {', '.join(NAMES)}; this is {part!r}"
            )
        if name in found:
            raise UsageError(f"--min-coverage: {name!r} comes twice; say it once")
        found[name] = wanted
    return found


def lacking(shares: Mapping[str, Share], wanted: Mapping[str, float]) -> list[str]:
    """Say what was covered less than is wanted."""
    found = []
    for name, percent in wanted.items():
        share = shares.get(name)
        if share is None:
            found.append(f"{name}: the reference does not tell what there is")
        elif share.percent < percent:
            found.append(f"{name}: {share.percent:.1f} % is covered, {percent:g} % is wanted")
    return found
