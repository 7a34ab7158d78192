"""The training text of the tiny tokenizers: four hundred kilobytes that grow out of `seed.txt`.

Theory: a BPE that is to learn four thousand merges needs more text than anyone wants to commit, but
it only looks at counts. So the seed (our own sentences in 37 languages, emoji, code) is
retold: words of one language are drawn again and again, the first ones of the seed most often, now
and then two words are spliced at a drawn place, and languages written without spaces are retold in
short spans. Rows of neighbouring code points follow, each code point once: they are too rare to
become tokens, but the bytes that they share do, which gives tokens that end inside a character.
Last come the words that only differ in case, digits, punctuation or the white space around them.

Where it is wrong: the sentences make no sense, and counts follow no real language.

Everything is drawn with `Dice`, a congruential generator, and no Unicode table of Python's is asked
(only ASCII words change their case), so the text is the same for every Python. Licence: CC0-1.0,
all of it written by us.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

SEED = Path(__file__).with_name("seed.txt")

# Retold lines a section; the languages not named get USUAL lines each.
USUAL = 45
LINES = {"en": 420, "de": 90, "fr": 90, "es": 90, "ru": 120, "zh-hans": 200, "zh-hant": 90}
LINES |= {"ja": 200, "ko": 120, "ar": 70, "hi": 70, "emoji": 90, "symbols": 30, "code": 0}

# Sections whose sentences have no spaces between words.
SPACELESS = ("th", "zh-hans", "zh-hant", "ja")

# Rows of code points: first, last, step. A step keeps the share of large blocks small.
ROWS = (
    (0xC0, 0x17F, 1),  # Latin with marks
    (0x400, 0x45F, 1),  # Cyrillic
    (0x5D0, 0x5EA, 1),  # Hebrew
    (0x621, 0x64A, 1),  # Arabic
    (0x904, 0x939, 1),  # Devanagari
    (0x1E00, 0x1EFF, 1),  # Latin with two marks
    (0x2190, 0x21FF, 1),  # arrows
    (0x3041, 0x3096, 1),  # Hiragana
    (0x30A1, 0x30FA, 1),  # Katakana
    (0x4E00, 0x9FFF, 9),  # Han
    (0xAC00, 0xD7A3, 13),  # Hangul syllables
    (0x1F300, 0x1F64F, 1),  # emoji
    (0x1F680, 0x1F6C5, 1),  # emoji, transport
    (0x1F900, 0x1F9FF, 1),  # emoji, supplement
    (0x20000, 0x2A6D0, 331),  # Han, extension B: four bytes in UTF-8
)
ROW_LENGTH = 24  # code points a row

# fmt: off
IDENTIFIERS = (
    "index", "size", "token", "tokens", "name", "value", "items", "result", "length", "offset",
    "data", "text", "ids", "left", "right", "count", "buffer", "cursor", "parser", "reader",
    "writer", "config", "path", "node", "key", "error", "state", "table",
)
# fmt: on
STATEMENTS = (
    "    {0} = {1}.{2}({0})",
    "    if {0} is None or {0}.{1} == 0:\n        return {2}",
    "        self.{0}_{1} = {2}",
    "    for {0} in range(len({1})):\n        {2}.append({0})",
    "\t{0}->{1} = &{2}[0];",
    "  const {0} = {1}.{2}(({0}) => {0} + 1);\n",
    "def {0}_{1}({2}: int) -> str:",
    '    assert {0}["{1}"] != {2}, f"{{{0}}}"',
    "    }} else {{\n      {0}.{1} = !{2};\n    }}\n  }}",
    '  "{0}": {{"{1}": [1, 2, 3], "{2}": "x"}},',
)


class Dice:
    """Draws that are the same everywhere: Knuth's MMIX linear congruential generator."""

    def __init__(self, seed: int) -> None:
        """Equal seeds give equal draws."""
        self.state = seed

    def below(self, limit: int) -> int:
        """One of 0 .. limit - 1, from the upper bits (the lower ones have short periods)."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % limit

    def small(self, limit: int) -> int:
        """One of 0 .. limit - 1, small ones more often: frequent words make early merges."""
        return min(self.below(limit), self.below(limit))


def sections() -> dict[str, str]:
    """The seed, by the name that stands after `==`."""
    parts = SEED.read_text(encoding="utf-8").removeprefix("== ").rstrip("\n").split("\n== ")
    pairs = (part.partition("\n") for part in parts)
    return {name: body for name, _, body in pairs}


def words_of(body: str) -> list[str]:
    """The words of a section, in order, as often as they stand there."""
    return [word for word in body.replace("\n", " ").split(" ") if word]


def spoken(dice: Dice, words: Sequence[str]) -> str:
    """A line of drawn words; one in eight is the head of one word and the tail of another."""
    line = []
    for _ in range(6 + dice.below(8)):
        word = words[dice.small(len(words))]
        if dice.below(8) == 0:
            other = words[dice.below(len(words))]
            word = word[: 1 + dice.below(len(word))] + other[dice.below(len(other)) :]
        line.append(word)
    return " ".join(line)


def spans(dice: Dice, sentences: str) -> str:
    """A line of short spans, for languages without spaces."""
    starts = [dice.small(len(sentences)) for _ in range(7)]
    return "".join(sentences[at : at + 2 + dice.below(6)] for at in starts)


def retold(dice: Dice, name: str, body: str) -> Iterator[str]:
    """The section as it stands, then its drawn lines."""
    yield from body.split("\n\n") if name == "code" else body.split("\n")
    words = words_of(body)
    for _ in range(LINES.get(name, USUAL)):
        yield spans(dice, "".join(words)) if name in SPACELESS else spoken(dice, words)


def program(dice: Dice) -> str:
    """A dozen statements with drawn names: indentation, newlines, operators, brackets."""
    drawn = (STATEMENTS[dice.below(len(STATEMENTS))] for _ in range(12))
    return "\n".join(
        line.format(*(IDENTIFIERS[dice.small(len(IDENTIFIERS))] for _ in range(3)))
        for line in drawn
    )


def rows() -> Iterator[str]:
    """Each code point of ROWS once, a few on a line."""
    for first, last, step in ROWS:
        points = range(first, last + 1, step)
        for at in range(0, len(points), ROW_LENGTH):
            yield "".join(map(chr, points[at : at + ROW_LENGTH]))


def variants(dice: Dice, words: Sequence[str]) -> str:
    """Words in other cases, with digits, punctuation and runs of white space between them."""
    gaps = (
        " ",
        " ",
        "  ",
        "   ",
        "\t",
        "\n",
        "\n\n",
        "\r\n",
        " - ",
        ", ",
        "... ",
        "!\n",
        "?! ",
        "/",
    )
    line = []
    for _ in range(10):
        word = words[dice.small(len(words))]
        forms = (word.upper(), word.title(), word, f"{word}{dice.below(100)}", f"({word})", "_" * 4)
        line += [forms[dice.below(len(forms))], gaps[dice.below(len(gaps))]]
    return "".join(line)


def documents() -> list[str]:
    """The whole training text, in order; some documents have several lines."""
    dice = Dice(20_240_131)  # any seed will do; another one makes other tokenizers
    seed = sections()
    text = [line for name, body in seed.items() for line in retold(dice, name, body)]
    text += [program(dice) for _ in range(200)]
    text += rows()
    english = words_of(seed["en"])
    text += [variants(dice, english) for _ in range(250)]
    return text


def digest() -> str:
    """SHA-256 of the training text, its documents joined by newlines, in UTF-8."""
    return hashlib.sha256("\n".join(documents()).encode()).hexdigest()
