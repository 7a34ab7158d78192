r"""The pre-tokenizers that know classes of characters and take no pattern.

    Whitespace           keeps runs of \w and runs of what is neither \w nor \s; drops the rest
    WhitespaceSplit      drops White_Space
    BertPreTokenizer     drops White_Space, isolates punctuation
    Punctuation          cuts at punctuation, by default isolating it
    Digits               cuts out numbers, one by one or run by run
    CharDelimiterSplit   drops one character
    FixedLength          cuts every `length` characters (default 5)
    UnicodeScripts       cuts where the script changes

Punctuation is ASCII's and Unicode 8's categories P. A number is of category N in Unicode 17. \w is
that of Rust's `regex`: Oniguruma's without the six superscripts and fractions, and with the two
joiners U+200C and U+200D.

UnicodeScripts, as in sentencepiece, takes Hiragana, Katakana and U+30FC as Han, and the space as
going with any script. What goes with any, also every character that Unicode 9 lacks, joins the
piece before it; at the start of a text there is none, and it is dropped. Kept.

Source: the format's documentation; measured on tokenizers 0.23.3.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import regex

from parity.reference import current
from parity.reference.dialect import SPACE, WORD
from parity.reference.normalizers.characters import SPACES
from parity.reference.patterns import Pattern, literal
from parity.reference.pre_tokenizers.splitting import Cut, cutter, read_behaviour
from parity.reference.tables import Table
from parity.reference.unicode_tables import NUMERIC, PUNCTUATION, SCRIPTS

if TYPE_CHECKING:
    from parity.reference.document import Node
    from parity.reference.pre_tokenizers.splitting import Finder

JOINERS: Final = r"\u200c\u200d"
_WORDS: Final = Pattern(
    regex.compile(rf"[{WORD}{JOINERS}]+|[^{WORD}{JOINERS}{SPACE}]+", regex.VERSION1)
)
_PUNCTUATION: Final = Table(PUNCTUATION)
_NUMERIC: Final = Table(NUMERIC)
_RUNS: Final = [
    (int(first, 16), int(last, 16), int(script))
    for first, last, script in (run.replace(":", "-").split("-") for run in SCRIPTS.split())
]


def one_by_one(table: Table) -> Finder:
    """Return what finds each character of a table."""
    return lambda text: [(place, place + 1) for place in table.places(text)]


white_space: Final = cutter(one_by_one(SPACES), "Removed")


def read_words(node: Node) -> Cut:
    """Return the cut of Whitespace."""
    return cutter(_WORDS.read_as(node).matches, "Removed", inverted=True)


def punctuation_of(node: Node) -> Table:
    """Return the table of punctuation that a file is read with."""
    return current.PUNCTUATION if node.current else _PUNCTUATION


def read_punctuation(node: Node) -> Cut:
    """Return the pre-tokenizer Punctuation."""
    behaviour = read_behaviour(node.get("behavior", default="Isolated"))
    return cutter(one_by_one(punctuation_of(node)), behaviour)


def read_digits(node: Node) -> Cut:
    """Return the pre-tokenizer Digits."""
    single = node.field("individual_digits").expect(bool)
    numbers = current.NUMERIC if node.current else _NUMERIC
    return cutter(one_by_one(numbers), "Isolated" if single else "Contiguous")


def read_delimiter(node: Node) -> Cut:
    """Return the pre-tokenizer CharDelimiterSplit."""
    return cutter(literal(node.field("delimiter").char()).matches, "Removed")


def read_fixed_length(node: Node) -> Cut:
    """Return the pre-tokenizer FixedLength."""
    length = node.get("length", default=5)
    size = length.unsigned(64)
    if size < 1:
        raise length.bad("a length of at least 1 is wanted")

    def spans(text: str) -> list[tuple[int, int]]:
        return [(at, min(at + size, len(text))) for at in range(0, len(text), size)]

    return Cut(None, spans)


def script_runs(text: str) -> list[tuple[int, int]]:
    """Return the runs of one script.

    >>> script_runs(" the カタ漢")
    [(1, 5), (5, 8)]
    """
    cuts: list[int] = []
    before = None
    for place, char in enumerate(text):
        script = script_of(char)
        if script is not None and script != before:
            cuts.append(place)
            before = script
    return list(pairwise([*cuts, len(text)]))


scripts: Final = Cut(None, script_runs)


@lru_cache(maxsize=1 << 14)
def script_of(char: str) -> int | None:
    """Return the number of a character's script; None for what goes with any."""
    point = ord(char)
    place = bisect_right(_RUNS, (point, 0x110000, 0)) - 1
    if place < 0 or point > _RUNS[place][1]:
        return None
    return _RUNS[place][2]
