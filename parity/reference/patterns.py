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
    (?i:s)     s, S and U+017F; (?i:k) has U+212A. Only literals fold: (?i:\p{Lu}) is \p{Lu}

What is not listed in the tables below raises Unsupported with its reason, rather than being
carried on a guess: backreferences, \G, \K, \R, \X, (?m), and folding of letters that are not ASCII
or that fold as several (`(?i:ss)` also matches ß).

Oniguruma's tables are those of Unicode 16. Among the characters assigned there every general
category agrees but for U+0295 (there Ll, today Lo). What the `regex` module of 2026 knows beyond
them, 17,810 characters, is replaced in the *text*, before it is searched, by a code point that
nobody assigned and that is on the same side of every character and range that the pattern spells
out.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Final, NamedTuple

import regex

from parity.errors import Unsupported
from parity.reference.dialect import (
    ANCHORS,
    BRACKETS,
    CATEGORY,
    CLASSES,
    CONTROLS,
    COUNTS,
    FOLDED,
    LAST,
    LIGATURES,
    MOST,
    NUMBERS,
    OTHERWISE,
    POINTS,
    QUANTIFIER,
    SIX,
)
from parity.reference.unicode_tables import YOUNG, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parity.reference.document import Node

YOUNGER: Final = members(YOUNG)
"""What the `regex` module knows and Oniguruma does not."""
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
    carrier = _Carrier(pattern)
    try:
        search = regex.compile(carrier.carry(), regex.VERSION1)
    except RecursionError as error:
        raise Unsupported(
            f"reference does not carry groups that deep in {pattern[:60]!a}"
        ) from error
    except regex.error as error:
        raise Unsupported(
            f"reference cannot carry the pattern {pattern!a} to `regex`: {error}"
        ) from error
    return Pattern(search, None, tuple(sorted(set(carrier.named))))


def literal(text: str) -> Pattern:
    """Return the pattern that matches the text itself; the empty text matches everywhere."""
    return Pattern(regex.compile("".join(map(_character, text)), regex.VERSION1), text)


class _Carrier:
    """One pass over a pattern, from left to right; `at` is the next character."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.folding = [False]  # whether case is ignored, for each open group
        self.before = ""  # the folded literal just carried, to see ligatures
        self.repeatable = False  # whether a quantifier may follow
        self.named: list[tuple[int, int]] = []  # ranges of code points that are spelt out
        self.openings = {
            "(": self.group,
            ")": self.close,
            "|": self.alternative,
            "[": self.set,
            "\\": self.escape,
        }

    def carry(self) -> str:
        """Return the pattern in the words of the `regex` module."""
        if self.taken("(?i)"):
            self.folding = [True]
        out: list[str] = []
        while self.at < len(self.pattern):
            quantifier = QUANTIFIER.match(self.pattern, self.at)
            if quantifier and not self.repeatable:
                raise self.refused(f"{quantifier[0]!r} after another quantifier, or after nothing")
            if quantifier and any(int(count) > MOST for count in COUNTS.findall(quantifier[0])):
                raise self.refused(f"more than {MOST:,} repetitions")
            out.append(self.quantified(out.pop(), quantifier[0]) if quantifier else self.symbol())
        return "".join(out)

    def symbol(self) -> str:
        char, self.repeatable = self.next(), True
        if char in "()":  # Oniguruma looks for ligatures through groups: (?i:s(?:t)) matches ﬆ
            return self.openings[char]()
        before, self.before = self.before, ""
        if char in self.openings:
            return self.openings[char]()
        return POINTS[char] if char in POINTS else self.letter(char, before)

    def quantified(self, symbol: str, quantifier: str) -> str:
        """Return a symbol, or the end of a group, with what repeats it.

        Ruby reads x{1,3}+ as (?:x{1,3})+ and x{2}? as (?:x{2})?.
        """
        self.repeatable, self.before = False, ""
        self.at += len(quantifier)
        repeated = symbol + quantifier.replace("{,", "{0,")
        outer = self.taken("?", "+") if quantifier.endswith("}") else ""
        if outer and symbol == ")":
            raise self.refused(f"{quantifier + outer!r} after a group")
        return f"(?:{repeated}){outer}" if outer else repeated

    def close(self) -> str:
        self.folding.pop()
        if not self.folding:
            raise self.refused("an unmatched ')'")
        return ")"

    def alternative(self) -> str:
        self.repeatable = False
        return "|"

    def group(self) -> str:
        self.repeatable = False
        ignoring = self.taken("?i:")
        self.folding.append(bool(ignoring) or self.folding[-1])
        opening = ignoring or self.taken("?:", "?=", "?!", "?<=", "?<!", "?>")
        if not opening and self.peek("?", "*"):
            raise self.refused(f"the group {self.pattern[self.at - 1 : self.at + 3]!r}")
        return "(" + (opening.replace("i", "") or "?:")

    def escape(self) -> str:
        char = self.next()
        if char in ANCHORS:
            self.repeatable = False
            return ANCHORS[char]
        return self.class_or_property(char, bracketed=False) or self.letter(self.escaped(char), "")

    def class_or_property(self, char: str, *, bracketed: bool) -> str:
        r"""Return the set that an escape such as \s or \p{L} means; empty for other escapes."""
        if char.lower() in CLASSES:
            six = SIX if char in "wW" and not bracketed else ""
            return ("[^" if char.isupper() else "[") + CLASSES[char.lower()] + six + "]"
        if char not in "pP":
            return ""
        found = regex.compile(r"\{(\^?)(\w+)\}").match(self.pattern, self.at)
        if not found:
            raise self.refused(f"\\{char} without a name")
        self.at = found.end()
        negated = (char == "P") != bool(found[1])
        if found[2] in OTHERWISE:
            return f"[{'^' if negated else ''}{OTHERWISE[found[2]]}]"
        name = found[2] if CATEGORY.fullmatch(found[2]) else f"Script={found[2]}"
        return rf"\{'P' if negated else 'p'}{{{name}}}"

    def escaped(self, char: str) -> str:
        r"""Return the one character that an escape such as \n or \u00e9 means."""
        if char in CONTROLS:
            return chr(CONTROLS[char])
        for number in NUMBERS:
            found = regex.compile(number).match(self.pattern, self.at - 1)
            if found:
                self.at = found.end()
                if int(found[1], 16) > LAST:
                    raise self.refused(f"{found[0]}, which is beyond Unicode,")
                return chr(int(found[1], 16))
        if char in string.ascii_letters + string.digits:
            raise self.refused(f"\\{char}")
        return char

    def letter(self, char: str, before: str) -> str:
        self.name(char, char)
        if not self.folding[-1]:
            return _character(char)
        if (before + char).lower() in LIGATURES:
            raise self.refused(f"{before + char!r} ignoring case, which is also one character")
        self.before = char
        folded = self.folded(char)
        return f"[{folded}]" if len(folded) > 1 and char.isalpha() else folded

    def folded(self, char: str) -> str:
        if not char.isascii():
            raise self.refused(f"{char!a} ignoring case")
        lower = char.lower()
        both = FOLDED.get(lower, lower + lower.upper()) if char.isalpha() else char
        return "".join(map(_character, both))

    def set(self) -> str:
        """Carry a bracketed class with all that is nested in it; `depth` counts open brackets."""
        out, depth = self.opened(), 1
        while depth:
            if self.peek("[:"):
                out += self.bracket()
            elif self.taken("["):
                out, depth = out + self.opened(), depth + 1
            elif self.taken("]"):
                out, depth = out + "]", depth - 1
            else:
                out += self.taken("&&") or self.member()
        return out

    def opened(self) -> str:
        negation = self.taken("^")
        if self.peek("]"):
            raise self.refused("a class that starts with ']'")
        return "[" + negation

    def bracket(self) -> str:
        found = regex.compile(r"\[:(\^?)(\w+):\]").match(self.pattern, self.at)
        if not found or found[2] not in BRACKETS:
            raise self.refused("a POSIX bracket of no known name")
        self.at = found.end()
        return f"[{found[1]}{BRACKETS[found[2]]}]"

    def member(self) -> str:
        start = self.next()
        if start == "\\":
            escape = self.next()
            found = self.class_or_property(escape, bracketed=True)
            if found:
                return found
            start = "\b" if escape == "b" else self.escaped(escape)
        if not self.peek("-") or self.peek("-]", "-[", "-&&"):
            self.name(start, start)
            return self.folded(start) if self.folding[-1] else _character(start)
        self.at += 1
        end = self.next()
        if end == "\\":
            end = self.escaped(self.next())
        return self.range(start, end)

    def range(self, start: str, end: str) -> str:
        if end < start:
            raise self.refused(f"the empty range {start + '-' + end!a}")
        self.name(start, end)
        if self.folding[-1]:
            return "".join(self.folded(chr(code)) for code in range(ord(start), ord(end) + 1))
        return f"{_character(start)}-{_character(end)}"

    def name(self, first: str, last: str) -> None:
        """Remember what is spelt out; ASCII is on nobody's side who needs a stand-in."""
        if first == last and first in YOUNGER:
            raise self.refused(f"{first!a}, which Oniguruma does not know,")
        if not last.isascii():
            self.named.append((ord(first), ord(last)))

    def next(self) -> str:
        if self.at >= len(self.pattern):
            raise self.refused("an end in the middle of a class or an escape")
        self.at += 1
        return self.pattern[self.at - 1]

    def taken(self, *texts: str) -> str:
        """Move behind the first of the texts that stands here and return it; else return ""."""
        found = next((text for text in texts if self.pattern.startswith(text, self.at)), "")
        self.at += len(found)
        return found

    def peek(self, *texts: str) -> bool:
        return self.pattern.startswith(texts, self.at)

    def refused(self, what: str) -> Unsupported:
        return Unsupported(
            f"reference does not carry {what} at {self.at} of the pattern {self.pattern!a}"
        )


def _character(char: str) -> str:
    """Return a character as the `regex` module reads it inside and outside of brackets."""
    if char.isascii() and char.isalnum():
        return char
    return f"\\U{ord(char):08x}"
