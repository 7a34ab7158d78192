r"""Alphabets: characters by category, script, normal form and age, from pinned tables.

What a generator draws may not depend on the Python that runs it, whose `unicodedata` is of another
year with each version. So the tables are files of this package, made from one version of Unicode.

An alphabet is a string, its simplest characters first. A large range would drown the small ones,
and what goes wrong goes wrong at the ends of ranges: so an alphabet has some characters of each
range, evenly spread, its first and its last among them.

>>> category("Nd")[:12], category_of("\u0663"), script_of("\u0e01")
('0123456789٠١', 'Nd', 'Thai')
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from parity.alphabets.categories import CATEGORIES
from parity.alphabets.edges import SINCE
from parity.alphabets.forms import FORMS
from parity.alphabets.marks import CLASSES
from parity.alphabets.scripts import SCRIPTS
from parity.reference.unicode_tables import ranges

UNICODE: Final = "18.0.0"
"""The version of the tables; the one of scripts is of Unicode 17, the newest there was."""
OF_A_RANGE: Final = 10
"""Characters that an alphabet has of one range, at most."""
SPACES: Final = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2009\u2028\u2029\u202f\u3000"
"""What one library or another takes for white space, and what it does not: U+200B, U+FEFF."""
NOT_SPACES: Final = "\u180e\u200b\u2060\ufeff"
"""What is no white space today, though it looks so and once was, or is cut like it."""
NONCHARACTERS: Final = "\ufdd0\ufdef\ufffe\uffff\U0001fffe\U0001ffff\U0010fffe\U0010ffff"
"""Code points that will never be characters, and are valid text."""
SURROGATES: Final = "\ud800\udbff\udc00\udfff\ud83d\udc4d"
"""Halves of UTF-16: no text in UTF-8 has them, a Python string may."""

OF_A_SCRIPT: Final = 100
"""Characters of one range of a script, at most: all but the ideographs and the syllables."""
OF_A_CLASS: Final = 8
"""Marks of one combining class, at most."""

Range = tuple[int, int]


class Forms(NamedTuple):
    """A character and its normal forms."""

    char: str
    nfc: str
    nfd: str
    nfkc: str
    nfkd: str


def categories() -> Mapping[str, Sequence[Range]]:
    """Return the ranges of each general category, "Cn" (unassigned) among them."""
    return _named(CATEGORIES)


def scripts() -> Mapping[str, Sequence[Range]]:
    """Return the ranges of each script, "Common" and "Inherited" among them."""
    return _named(SCRIPTS)


def ages() -> Mapping[str, Sequence[Range]]:
    """Return what each version of Unicode assigned or changed, from 11 on."""
    return _named(SINCE)


@cache
def _named(table: str) -> dict[str, list[Range]]:
    found: dict[str, list[str]] = {}
    for word in table.split():
        if word.endswith(":"):
            found[word[:-1]] = part = []
        else:
            part.append(word)
    return {name: ranges(" ".join(words)) for name, words in found.items()}


def spread(table: Iterable[Range], most: int = OF_A_RANGE) -> str:
    """Return up to `most` characters of each range: its first, its last, and what lies between.

    >>> spread([(0x30, 0x39), (0x61, 0x62)], most=4)
    '0369ab'
    """
    found = []
    for first, last in table:
        size = last - first
        steps = min(most - 1, size) or 1
        found += [chr(first + size * step // steps) for step in range(min(steps, size) + 1)]
    return "".join(found)


@cache
def category(*names: str) -> str:
    """Return the alphabet of general categories; without surrogates, which are no text."""
    return "".join(spread(categories()[name]) for name in names if name != "Cs")


@cache
def script(name: str, *kinds: str) -> str:
    """Return the characters of a script whose category begins with one of `kinds`.

    >>> script("Thai", "Nd"), script("Hebrew", "L")[:5]
    ('๐๑๒๓๔๕๖๗๘๙', 'אבגדה')
    """
    chars = spread(scripts()[name], most=OF_A_SCRIPT)
    return "".join(char for char in chars if category_of(char).startswith(kinds))


def category_of(char: str) -> str:
    """Return the general category of a character."""
    return _found(_bounds("categories"), char)


def script_of(char: str) -> str:
    """Return the script of a character, "" where it has none."""
    return _found(_bounds("scripts"), char)


def class_of(char: str) -> int:
    """Return the canonical combining class of a character."""
    return int(_found(_bounds("classes"), char) or 0)


class _Bounds(NamedTuple):
    firsts: list[int]
    lasts: list[int]
    names: list[str]


@cache
def _bounds(which: str) -> _Bounds:
    table = {"categories": CATEGORIES, "scripts": SCRIPTS, "classes": CLASSES}[which]
    rows = sorted((*bounds, name) for name, found in _named(table).items() for bounds in found)
    return _Bounds(*map(list, zip(*rows, strict=True)))


def _found(bounds: _Bounds, char: str) -> str:
    point = ord(char)
    at = bisect_right(bounds.firsts, point) - 1
    return bounds.names[at] if at >= 0 and point <= bounds.lasts[at] else ""


@cache
def edges() -> str:
    """Return characters that one version of Unicode knows otherwise than another."""
    return "".join(sorted({char for found in ages().values() for char in spread(found, most=3)}))


@cache
def marks() -> Sequence[str]:
    """Return combining marks, an alphabet for each combining class: these may change places."""
    return tuple(spread(found, most=2)[:OF_A_CLASS] for found in _named(CLASSES).values())


@cache
def forms() -> Sequence[Forms]:
    """Return characters that a normal form changes, with their forms."""
    return tuple(map(_forms, FORMS.split()))


def _forms(row: str) -> Forms:
    char, *made = (
        "".join(chr(int(x, 16)) for x in field.split(".") if x) for field in row.split(">")
    )
    nfc, nfd, nfkc, nfkd = [*made, *[""] * (4 - len(made))]
    nfc, nfd = nfc or char, nfd or char
    return Forms(char, nfc, nfd, nfkc or nfc, nfkd or nfd)
