"""The year of the tables as a cause: it takes the age of a character, not the character."""

import zlib

import pytest
import regex

from parity import backends
from parity.alphabets import ages
from parity.asking import Asked
from parity.backend import Backend, Identity
from parity.causes import classify
from parity.compare import Verdict
from parity.jobs import jobs_for
from parity.run import live, run
from parity.types import Case, Encoding

ASTRAL = 0x10000


def older_than(version):
    """What a table of a version does not have, of the versions that we know."""
    spans = [
        span
        for name, ranges in ages().items()
        if int(name.partition(".")[0]) > version
        for span in ranges
    ]
    return lambda char: any(first <= ord(char) <= last for first, last in spans)


class Toy(Backend):
    """Cuts between letters, numbers and what it does not know; an id is a digest of a piece."""

    name = "toy"

    def __init__(self, unknown, version):
        self.unknown, self.version = unknown, version

    def encode(self, text, specials="parse"):  # noqa: ARG002 (an operation)
        seen = "".join("?" if self.unknown(char) else char for char in text)
        pieces = regex.finditer(r"\p{L}+|\p{N}|\s+|[^\s\p{L}\p{N}]+", seen)
        spans = [one.span() for one in pieces]
        return Encoding([zlib.crc32(text[a:b].encode()) for a, b in spans], spans)

    def identity(self):
        return Identity(self, facts={"unicode patterns": self.version} if self.version else {})


def cause(text, one, two):
    """What a difference of ids on a text is called."""
    sides = {"reference": live(one), "candidate": live(two)}
    for *_, differing in run([Case("t/x-0", "text", text)], jobs_for(["ids"]), sides):
        for found in differing:
            assert found.verdict is Verdict.DIVERGED
            return classify(found, Asked(one, two))
    return pytest.fail("the two sides agree")


@pytest.mark.parametrize("stated", [("16", "14"), ("", "")])
@pytest.mark.parametrize("text", ["ab\U0001d2c9!", "a\U0001d2c9!\U0001e4d0?", "x\ua7dax"])
def test_what_one_side_does_not_know_yet_is_of_its_tables(text, stated):
    """Numerals and letters of Unicode 15 and 16, alone and several; stated by both, or by none."""
    sides = Toy(older_than(16), stated[0]), Toy(older_than(14), stated[1])

    assert cause(text, *sides) == "unicode-tables"
    assert cause(text, *reversed(sides)) == "unicode-tables"


@pytest.mark.parametrize(
    ("unknown", "text"),
    [
        (lambda char: ord(char) >= ASTRAL, "ab\U0001d2c9!"),
        (lambda char: char == "\U0001d2c9", "ab\U0001d2c9!"),
        (lambda char: char == "b", "a1b!"),
    ],
)
def test_what_is_not_of_an_age_is_not_named_for_it(unknown, text):
    """All of a plane, old characters too; one character alone; an old one."""
    sides = Toy(older_than(16), "16"), Toy(unknown, "14")

    assert cause(text, *sides) != "unicode-tables"


def test_a_character_that_is_younger_than_both_tables_is_none_of_theirs():
    """As both state them: what Unicode 17 assigned, neither 14 nor 16 has."""
    sides = Toy(older_than(18), "16"), Toy(older_than(16), "14")

    assert cause("x\ua7cex", *sides) != "unicode-tables"


class FindsAddedTokensFirst(Backend):
    """Looks for added tokens in the text as it is, where the tokenizer looks in its normal form."""

    name = "finds"

    def __init__(self):
        self.inner = backends.load("hf:tiny:byte-bpe-4096")

    def encode(self, text, specials="parse"):
        if "Cafe\u0301" not in text:
            return self.inner.encode(text, specials)
        return Encoding([id for one in text for id in self.inner.encode(one).ids])

    def vocabulary(self):
        return self.inner.vocabulary()


def test_an_added_token_in_the_normal_form_alone_says_nothing_of_tables():
    """Of marks both read the same, and so of every other text."""
    sides = backends.load("hf:tiny:byte-bpe-4096"), FindsAddedTokensFirst()

    assert cause("Cafe\u0301", *sides) not in ("unicode-tables", "ignore-merges")
