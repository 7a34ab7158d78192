"""What tokenizers takes a character for, by asking it about every code point there is.

    python -m benchmarks.unicode_tables > parity/reference/unicode_tables.py

tokenizers has six sets of Unicode tables in it, each from another library and another year. None
of them can be asked for, but each shows in what a component does with one character. Takes a
minute; a test does it again, so that a newer tokenizers is noticed.
"""

from __future__ import annotations

import struct
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import regex
from tokenizers import Regex, normalizers, pre_tokenizers

POINTS: Final = [*range(0xD800), *range(0xE000, 0x110000)]
"""All code points but surrogates, which no text has."""
HEADER: Final = '''\
"""What tokenizers 0.23.3 takes a character for, where that is not what it is today.

Theory. tokenizers reads Unicode through six libraries, each with the tables of its own year, and
a component is exact only with the tables that it has:

    unicode_normalization_alignments   Unicode 9    NFC, NFD, NFKC, NFKD, StripAccents
    unicode_categories                 Unicode 8    punctuation; BERT's accents and control
                                                    characters
    its own table of scripts           Unicode 9    UnicodeScripts
    Oniguruma, and Rust's `regex`      Unicode 16   patterns, Whitespace, word borders
    unicode_segmentation               Unicode 17   grapheme clusters of Precompiled
    Rust's own `char`                  Unicode 17   White_Space, Digits, Lowercase

A table is a list of ranges, in hexadecimal, of code points that do what its name says.

Made by `python -m benchmarks.unicode_tables`, which asks tokenizers about every code point.
"""

from __future__ import annotations

from typing import Final

UNICODE: Final = {
    "normalization": "9",
    "categories": "8",
    "scripts": "9",
    "patterns": "16",
    "clusters": "17",
    "characters": "17",
}
"""The version of Unicode that each kind of component is modelled with."""


def ranges(table: str) -> list[tuple[int, int]]:
    """Return the first and the last code point of each range.

    >>> ranges("41-5a 5f")
    [(65, 90), (95, 95)]
    """
    bounds = (part.split("-") for part in table.split())
    return [(int(bound[0], 16), int(bound[-1], 16)) for bound in bounds]


def members(table: str) -> frozenset[str]:
    """Return the characters of a table."""
    points = (point for first, last in ranges(table) for point in range(first, last + 1))
    return frozenset(map(chr, points))

'''


def kept(normalizer: Any, text: str = "a{}a") -> Iterator[tuple[int, str]]:
    """Yield each code point and what becomes of it between two letters."""
    for point in POINTS:
        before, after = text.split("{}")
        made = normalizer.normalize_str(before + chr(point) + after)
        yield point, made[len(before) : len(made) - len(after)]


def removed(normalizer: Any) -> set[int]:
    """Return the code points that a normalizer takes out."""
    return {point for point, made in kept(normalizer) if not made}


def isolated(pre_tokenizer: Any) -> set[int]:
    """Return the code points that a pre-tokenizer cuts out."""
    return {
        point
        for point in POINTS
        if len(pre_tokenizer.pre_tokenize_str(f"a{chr(point)}a")) == 3  # noqa: PLR2004 - a, it, a
    }


def having(pattern: str) -> set[int]:
    """Return the code points that the `regex` module finds."""
    search = regex.compile(pattern).match
    return {point for point in POINTS if search(chr(point))}


def young() -> set[int]:
    """Return what `regex` knows and Oniguruma takes for unassigned."""
    split = pre_tokenizers.Split(Regex(r"\p{Cn}"), "removed")
    return {point for point in having(r"\P{Cn}") if not split.pre_tokenize_str(chr(point))}


def inert() -> set[int]:
    """Return marks and composed characters that normalization leaves as and where they are."""
    normalize = normalizers.NFKD().normalize_str
    candidates = having(r"[^\p{ccc=0}]") | having(r"\P{dt=None}")

    def moves(char: str) -> bool:
        neighbours = ("\u0334", "\u0345", "\u0300")
        texts = [text for other in neighbours for text in (f"a{char}{other}", f"a{other}{char}")]
        return normalize(char) != char or any(normalize(text) != text for text in texts)

    return {point for point in candidates if not moves(chr(point))}


def charsmap() -> bytes:
    """Return a charsmap that turns "a" into "b": see `parity.reference`, precompiled.py."""
    units = [0] * 512
    units[0] = 256 << 10
    units[256 ^ ord("a")] = ord("a") | 1 << 8 | 1 << 10
    units[256 ^ ord("a") ^ 1] = 1 << 31
    return struct.pack("<I512I", 4 * len(units), *units) + b"b\0"


def separate() -> set[int]:
    """Return what `regex` takes for part of the cluster before it, and Precompiled does not."""
    normalize = normalizers.Precompiled(charsmap()).normalize_str
    extending = {point for point in POINTS if regex.fullmatch(r"\X", f"a{chr(point)}")}
    return {point for point in extending if normalize(f"a{chr(point)}") != "b"}


def lowered() -> Iterator[str]:
    """Yield what tokenizers lowers and Unicode 14, the oldest that Python has, does not."""
    for point, made in kept(normalizers.Lowercase()):
        if made != chr(point) and (
            unicodedata.category(chr(point)) == "Cn" or made != chr(point).lower()
        ):
            yield f"{point:x}>{ord(made):x}"


def scripts() -> Iterator[str]:
    """Yield runs of one script, numbered as they come; what is in no run goes with any."""
    together = pre_tokenizers.UnicodeScripts().pre_tokenize_str
    examples: list[str] = []
    runs: list[list[int]] = []
    for point in POINTS:
        char = chr(point)
        if len(together(f"a{char}")) == len(together(f"\u03b1{char}")) == 1:
            continue
        order = [runs[-1][2], *range(len(examples))] if runs else []
        script = next((at for at in order if len(together(examples[at] + char)) == 1), None)
        if script is None:
            script = len(examples)
            examples.append(char)
        if runs and runs[-1][1:] == [point - 1, script]:
            runs[-1][1] = point
        else:
            runs.append([point, point, script])
    for first, last, script in runs:
        yield f"{first:x}-{last:x}:{script}"


def spelt(points: Iterable[int]) -> Iterator[str]:
    """Yield the ranges of code points."""
    runs: list[list[int]] = []
    for point in sorted(points):
        if runs and runs[-1][1] == point - 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    for first, last in runs:
        yield f"{first:x}" if first == last else f"{first:x}-{last:x}"


def bert(**what: bool) -> Any:
    """Return a BertNormalizer that does one thing."""
    every = ("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
    return normalizers.BertNormalizer(**dict.fromkeys(every, False) | what)


TABLES: Final[dict[str, tuple[str, Callable[[], Iterable[str]]]]] = {
    "YOUNG": (
        "Unassigned in Oniguruma and in Rust's `regex`, and known to the `regex` module.",
        lambda: spelt(young()),
    ),
    "INERT": (
        "Marks and composed characters that normalization leaves as and where they are.",
        lambda: spelt(inert()),
    ),
    "COMBINING": ("What StripAccents removes.", lambda: spelt(removed(normalizers.StripAccents()))),
    "NONSPACING": (
        "What BertNormalizer's strip_accents removes, of what NFD made.",
        lambda: spelt(removed(bert(strip_accents=True))),
    ),
    "CONTROL": (
        "What BertNormalizer's clean_text removes.",
        lambda: spelt(removed(bert(clean_text=True))),
    ),
    "IDEOGRAPHS": (
        "What BertNormalizer's handle_chinese_chars puts between spaces.",
        lambda: spelt(
            point for point, made in kept(bert(handle_chinese_chars=True)) if made[:1] == " " < made
        ),
    ),
    "PUNCTUATION": (
        "What Punctuation and BertPreTokenizer cut out.",
        lambda: spelt(isolated(pre_tokenizers.Punctuation())),
    ),
    "NUMERIC": ("What Digits cuts out.", lambda: spelt(isolated(pre_tokenizers.Digits(True)))),  # noqa: FBT003
    "SEPARATE": (
        "What the `regex` module takes for part of the cluster before it, beyond Unicode 17.",
        lambda: spelt(separate()),
    ),
    "LOWERED": ("What Lowercase lowers beyond Unicode 14: code point > code point.", lowered),
    "SCRIPTS": (
        "Runs of one script: first-last:number. What is in no run goes with any script.",
        scripts,
    ),
}


def module() -> str:
    """Return the text of parity/reference/unicode_tables.py."""
    parts = [HEADER]
    for name, (meaning, made) in TABLES.items():
        lines = textwrap.fill(" ".join(made()), 100, break_on_hyphens=False)
        parts.append(f'{name}: Final = """\n{lines}\n"""\n"""{meaning}"""\n')
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(module())
