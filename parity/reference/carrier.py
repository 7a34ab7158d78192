"""One pass over an Oniguruma pattern: each symbol in the words of the `regex` module, or refused.

What the symbols mean is in patterns.py, how they are spelt in dialect.py. Refused are also the
places where both engines know a symbol and mean another thing by it, found by drawing patterns at
random: a class within brackets that ignores case (Oniguruma folds the whole set), an operator of
sets without one of its sides, a hyphen between a class and something, and within a lookbehind all
that repeats, holds on to what it matched, or looks around (`regex` goes there from right to left),
and the repetition of a group that may match nothing.
"""

from __future__ import annotations

import string
from typing import Final

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

YOUNGER: Final = members(YOUNG)
"""What the `regex` module knows and Oniguruma does not."""
CASELESS: Final = frozenset("sSdD")
"""Classes that have no letters, so that ignoring case changes nothing in them."""
LOOKBEHINDS: Final = ("?<=", "?<!")
LOOKS: Final = ("?=", "?!", *LOOKBEHINDS)


def carried(pattern: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return a pattern as `regex` reads it, and the ranges of code points that it spells out.

    Raises Unsupported for what cannot be carried.
    """
    carrier = _Carrier(pattern)
    return carrier.carry(), tuple(sorted(set(carrier.named)))


class _Carrier:
    """One pass over a pattern, from left to right; `at` is the next character."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.folding = [False]  # whether case is ignored, for each open group
        self.groups: list[str] = []  # how each open group was opened
        self.before = ""  # the folded literal just carried, to see ligatures
        self.repeatable = False  # whether a quantifier may follow
        self.sets: list[str] = []  # how each open bracket was opened
        self.negative = False  # whether the set that is carried has a negated class in it
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
        starts: list[int] = []  # where in `out` each open group starts, and the last closed one
        while self.at < len(self.pattern):
            quantifier = QUANTIFIER.match(self.pattern, self.at)
            if quantifier:
                self.check(quantifier[0], "".join(out[starts.pop() :]) if out[-1:] == [")"] else "")
                out.append(self.quantified(out.pop(), quantifier[0]))
                continue
            if out[-1:] == [")"]:
                starts.pop()
            if self.peek("("):
                starts.append(len(out))
            out.append(self.symbol())
        return "".join(out)

    def check(self, quantifier: str, group: str) -> None:
        """Refuse what may not be repeated, or is not repeated alike; group: what is, if a group."""
        if not self.repeatable:
            raise self.refused(f"{quantifier!r} after another quantifier, or after nothing")
        if self.behind():
            raise self.refused("a repetition within a lookbehind")
        if any(int(count) > MOST for count in COUNTS.findall(quantifier)):
            raise self.refused(f"more than {MOST:,} repetitions")
        if group and not quantifier.startswith("?") and regex.fullmatch(f"(?V1){group}", ""):
            raise self.refused("the repetition of a group that may be empty")

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
        self.repeatable = self.groups.pop() not in LOOKS
        return ")"

    def behind(self) -> str:
        """Return how the outermost lookbehind was opened that is still open, or ""."""
        return next((opening for opening in self.groups if opening in LOOKBEHINDS), "")

    def alternative(self) -> str:
        self.repeatable = False
        return "|"

    def group(self) -> str:
        self.repeatable = False
        ignoring = self.taken("?i:")
        self.folding.append(bool(ignoring) or self.folding[-1])
        opening = ignoring or self.taken("?:", *LOOKS, "?>")
        if not opening and self.peek("?", "*"):
            raise self.refused(f"the group {self.pattern[self.at - 1 : self.at + 3]!r}")
        if self.behind() and opening not in ("?:", "?i:"):
            raise self.refused(f"the group '({opening}' within a lookbehind")
        self.groups.append(opening)
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
            return character(char)
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
        return "".join(map(character, both))

    def set(self) -> str:
        """Carry a bracketed class with all that is nested in it; `sets` are the open brackets."""
        self.negative = False
        outer = out = self.opened()
        self.sets = [outer]
        while self.sets:
            if self.peek("[:"):
                out += self.bracket()
            elif self.taken("["):
                out += self.nested()
            elif self.taken("]"):
                self.sets.pop()
                out += "]"
            else:
                out += self.both(out) or self.member()
        if outer == "[" or not self.negative:
            return out
        if self.behind():
            raise self.refused("a negated set of negated classes within a lookbehind")
        return f"(?:(?![{out.removeprefix(outer)})(?s:.))"

    def opened(self) -> str:
        negation = self.taken("^")
        if self.peek("]"):
            raise self.refused("a class that starts with ']'")
        return "[" + negation

    def nested(self) -> str:
        """Carry the start of a set within a set."""
        opened = self.opened()
        if self.folding[-1]:
            raise self.refused("a set within a set ignoring case")
        if self.negative and opened == "[^":
            raise self.refused("a negated set beside another negated class")
        self.negated(opened == "[^")
        self.sets.append(opened)
        return opened

    def negated(self, is_so: bool) -> None:  # noqa: FBT001 - what is true of a member
        """Note a negated member of a set: the whole can then be anything, or nothing."""
        if is_so and "[^" in self.sets[1:]:
            raise self.refused("a negated class in a negated set within a set")
        self.negative = self.negative or is_so

    def both(self, before: str) -> str:
        """Carry the operator of sets, which needs both its sides."""
        operator = self.taken("&&")
        if operator and (before.endswith(("[", "[^", "&&")) or self.peek("]", "&&")):
            raise self.refused("'&&' without one of its sides")
        return operator

    def bracket(self) -> str:
        found = regex.compile(r"\[:(\^?)(\w+):\]").match(self.pattern, self.at)
        if not found or found[2] not in BRACKETS:
            raise self.refused("a POSIX bracket of no known name")
        if self.folding[-1]:
            raise self.refused(f"{found[0]!r} ignoring case")
        self.at = found.end()
        self.negated(bool(found[1]))
        return self.no_range(f"[{found[1]}{BRACKETS[found[2]]}]")

    def member(self) -> str:
        start = self.next()
        if start == "\\":
            escape = self.next()
            found = self.class_or_property(escape, bracketed=True)
            if found:
                if self.folding[-1] and escape not in CASELESS:
                    raise self.refused(f"the class \\{escape} in a set ignoring case")
                self.negated(found.startswith(("[^", r"\P")))
                return self.no_range(found)
            start = "\b" if escape == "b" else self.escaped(escape)
        if self.peek("-[", "-&&") or (start == "-" and self.peek("[")):
            raise self.refused("a hyphen before a set")
        if not self.peek("-") or self.peek("-]"):
            self.name(start, start)
            return self.folded(start) if self.folding[-1] else character(start)
        self.at += 1
        end = self.next()
        if end == "\\":
            end = self.escaped(self.next())
        return self.range(start, end)

    def no_range(self, found: str) -> str:
        if self.peek("-") and not self.peek("-]"):
            raise self.refused("a class before a hyphen")
        return found

    def range(self, start: str, end: str) -> str:
        if end < start:
            raise self.refused(f"the empty range {start + '-' + end!a}")
        self.name(start, end)
        if self.folding[-1]:
            return "".join(self.folded(chr(code)) for code in range(ord(start), ord(end) + 1))
        return f"{character(start)}-{character(end)}"

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


def character(char: str) -> str:
    """Return a character as the `regex` module reads it inside and outside of brackets."""
    if char.isascii() and char.isalnum():
        return char
    return f"\\U{ord(char):08x}"
