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
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import regex

from parity import artefact
from parity.alphabets import categories, category_of, script_of, scripts
from parity.backend import Backend
from parity.errors import ParityError, UsageError
from parity.seeing import observe

PIECES: Final = regex.compile(
    r"""(?x)
    (?P<g>\p{Zs}?)
    (?: (?P<l>[\p{L}\p{M}]+) | (?P<n>\p{N}+) | (?P<p>[\p{P}\p{S}]+)
      | (?P<o>[^\s\p{L}\p{M}\p{N}\p{P}\p{S}]+) )
    (?P<e>[\r\n]?)
    | \s+"""
)
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
            self.sorts.update(map(_sort, chain.from_iterable(map(PIECES.finditer, texts))))

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


def _of(seen: Iterable[str], known: Iterable[str]) -> Share:
    wanted = set(known)
    return Share(len(wanted.intersection(seen)), len(wanted))


def _sort(piece: regex.Match[str]) -> str:
    kind = next((name for group, name in KINDS.items() if piece[group]), "")
    if kind:
        return f"{'space+' * bool(piece['g'])}{kind}{'+newline' * bool(piece['e'])}"
    text = piece[0]
    plain = {" ": "spaces", "\n": "newlines", "\t": "tabs"}
    return plain.get(text[0], "mixed white space") if len(set(text)) == 1 else "mixed white space"


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
    found = {}
    for part in filter(None, text.split(",")):
        name, _, percent = part.partition("=")
        wanted = float(percent) if re.fullmatch(r"\d{1,3}(\.\d+)?", percent) else -1
        if name not in NAMES or not 0 <= wanted <= 100:  # noqa: PLR2004 (percent)
            raise UsageError(
                f"--min-coverage is NAME=PERCENT, with {', '.join(NAMES)}; this is {part!r}"
            )
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
