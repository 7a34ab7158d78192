r"""Patterns: how an Oniguruma pattern of tokenizer.json is carried to the `regex` module.

tokenizers compiles patterns with Oniguruma, Ruby syntax. Both engines backtrack, take the first
alternative that matches and know possessive and atomic groups, so a pattern can be carried symbol
by symbol. Where a symbol means something else there, it is spelt out; measured on tokenizers
0.23.3, over every code point:

    $          before each newline and at the very end: (?=\n|\Z)
    ^          at the start and after each newline, except at the very end
    \Z  \z     \Z is before a last newline or at the end, \z only at the end
    .          everything but U+000A
    \s         White_Space: U+001C..1F are not in it, U+0085 is
    \w  \b     Alphabetic, M, Nd, Pc, and the six ² ³ ¹ ¼ ½ ¾; within brackets without those six
    x{1,3}+    (?:x{1,3})+, not possessive; x{2}? is (?:x{2})?, not lazy; x{1,2}? is lazy
    \h         a hexadecimal digit (elsewhere: horizontal space)
    [[:punct:]] P and S;  [[:alnum:]] has no marks that are not Alphabetic
    (?i:s)     s, S and U+017F; (?i:k) has U+212A. Outside of brackets only literals fold:
               (?i:\p{Lu}) is \p{Lu}; within, the whole set does, and a class there is refused
    [^\S\n]    (?![\S\n]) and any character: of a negated set with a negated class in it `regex`
               makes another set

What is not listed in dialect.py raises Unsupported with its reason, rather than being
carried on a guess: backreferences, \G, \K, \R, \X, (?m), folding of letters that are not ASCII
or that fold as several (`(?i:ss)` also matches ß), and what carrier.py names.

Oniguruma's tables are those of Unicode 16. Among the characters assigned there every general
category agrees but for U+0295 (there Ll, today Lo). What the `regex` module of 2026 knows beyond
them, 17,810 characters, is replaced in the *text*, before it is searched, by a code point that
nobody assigned and that is on the same side of every character and range that the pattern spells
out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import regex

from parity.errors import Unsupported
from parity.reference.carrier import YOUNGER, carried, character

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parity.reference.document import Node

STRANGERS: Final = (
    *(0x378, 0x530, 0x5FF, 0x7B2, 0xA00, 0xD0D, 0xE00, 0xFFF, 0x137F, 0x17FF, 0x1AFF, 0x1F16),
    *(0x2065, 0x2FFF, 0xA48F, 0xD7FF, 0xFDD0, 0xFFFE, 0x101FF, 0x12FFF, 0x16FFF, 0x1FFFF),
    *range(0x2FFFF, 0x110000, 0x10000),
)
"""Code points that nobody assigned, here and there, to stand in for younger characters."""


class Pattern(NamedTuple):
    """A pattern ready to search with.

    search: what the `regex` module searches with.
    text: the literal text that it is, or None.
    named: the ranges of code points that the pattern spells out, to find stand-ins.
    younger: characters that the `regex` module knows and the modelled engine does not.
    """

    search: regex.Pattern[str]
    text: str | None = None
    named: tuple[tuple[int, int], ...] = ()
    younger: frozenset[str] = YOUNGER

    def matches(self, text: str) -> list[tuple[int, int]]:
        """Return the ranges of the matches, from left to right, as Oniguruma's Rust binding does.

        It skips an empty match that touches the match before it, which Python's `finditer` yields;
        in an empty text it finds nothing at all.

        >>> compiled("a*").matches("aab")
        [(0, 2), (3, 3)]
        """
        if not text:
            return []
        if self.text is None and not text.isascii() and not self.younger.isdisjoint(text):
            text = "".join(map(self.stand_in, text))
        found = [match.span() for match in self.search.finditer(text)]
        if all(start < end for start, end in found):
            return found
        return list(self._with_empty(text))

    def _with_empty(self, text: str) -> Iterator[tuple[int, int]]:
        at, end = 0, -1
        while at <= len(text):
            found = self.search.search(text, at)
            if found is None:
                return
            if found.start() == found.end() == end:
                at += 1
                continue
            at = end = found.end()
            yield found.span()

    def stand_in(self, char: str) -> str:
        """Return a character that nobody knows, and that is on the same side of what is spelt out.

        Only for a character that Oniguruma does not know; others are returned as they are.
        """
        if char not in self.younger:
            return char
        sides = self._sides(ord(char))
        for stranger in STRANGERS:
            if self._sides(stranger) == sides:
                return chr(stranger)
        raise Unsupported(f"reference has no stand-in for {char!a} in {self.search.pattern!a}")

    def read_as(self, node: Node) -> Pattern:
        """Return the pattern with the tables that a file is read with."""
        return self._replace(younger=frozenset()) if node.current else self

    def _sides(self, point: int) -> list[bool]:
        return [first <= point <= last for first, last in self.named]


def read_pattern(node: Node) -> Pattern:
    """Return the pattern of {"Regex": ...} or {"String": ...}."""
    if len(node.expect(dict)) == 1:
        if "Regex" in node.expect(dict):
            return compiled(node.get("Regex").expect(str)).read_as(node)
        if "String" in node.expect(dict):
            return literal(node.get("String").expect(str))
    raise node.bad("expected {'Regex': ...} or {'String': ...}")


def compiled(pattern: str) -> Pattern:
    """Return an Oniguruma pattern; raises Unsupported for what cannot be carried."""
    try:
        made, named = carried(pattern)
        search = regex.compile(made, regex.VERSION1)
    except RecursionError as error:
        raise Unsupported(
            f"reference does not carry groups that deep in {pattern[:60]!a}"
        ) from error
    except regex.error as error:
        raise Unsupported(
            f"reference cannot carry the pattern {pattern!a} to `regex`: {error}"
        ) from error
    return Pattern(search, None, named)


def literal(text: str) -> Pattern:
    """Return the pattern that matches the text itself; the empty text matches everywhere."""
    return Pattern(regex.compile("".join(map(character, text)), regex.VERSION1), text)
