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

Wrong on characters younger than Oniguruma's tables. Among those assigned there every general
category and script that was measured agrees, but for U+0295 (there Ll, in Unicode 17 Lo). The
`regex` module of 2026 has about 17,500 characters more, 17,144 of them letters.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Final

import regex

from parity.errors import Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACE: Final = r"\t-\r\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
WORD: Final = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"
SIX: Final = r"\xb2\xb3\xb9\xbc-\xbe"

_CLASSES: Final = {
    "s": SPACE,
    "d": r"\p{Nd}",
    "w": WORD,
    "h": "0-9A-Fa-f",
}
_BRACKETS: Final = {
    "alnum": r"\p{Alphabetic}\p{Nd}",
    "alpha": r"\p{Alphabetic}",
    "ascii": r"\x00-\x7f",
    "blank": r"\t\p{Zs}",
    "cntrl": r"\p{Cc}",
    "digit": r"\p{Nd}",
    "graph": rf"[^{SPACE}\p{{Cc}}\p{{Cn}}\p{{Cs}}]",
    "lower": r"\p{Lowercase}",
    "print": rf"[^{SPACE}\p{{Cc}}\p{{Cn}}\p{{Cs}}]\p{{Zs}}",
    "punct": r"\p{P}\p{S}",
    "space": SPACE,
    "upper": r"\p{Uppercase}",
    "word": WORD,
    "xdigit": "0-9A-Fa-f",
}
_CATEGORY: Final = regex.compile(r"L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfon]?")
_CONTROLS: Final = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "a": 7, "e": 27}
_NUMBERS: Final = (r"x\{([0-9A-Fa-f]{1,6})\}", r"x([0-7][0-9A-Fa-f])", r"u([0-9A-Fa-f]{4})")
_ANCHORS: Final = {
    "A": r"\A",
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "b": "(?:(?<=[{w}])(?![{w}])|(?<![{w}])(?=[{w}]))".replace("{w}", WORD + SIX),
    "B": "(?:(?<=[{w}])(?=[{w}])|(?<![{w}])(?![{w}]))".replace("{w}", WORD + SIX),
}
_POINTS: Final = {"^": r"(?:\A|(?<=\n)(?!\Z))", "$": r"(?=\n|\Z)", ".": r"[^\n]"}
_QUANTIFIER: Final = regex.compile(r"[?*+][?+]?|\{(?:\d+,\d*|,\d+)\}\??|\{\d+\}")
_FOLDED: Final = {"s": "sS\u017f", "k": "kK\u212a"}
_LIGATURES: Final = ("ss", "st", "ff", "fi", "fl")
"""Pairs of letters that Oniguruma also finds as one character (ß, ﬆ, ﬀ, ﬁ, ﬂ) when it folds."""


def compiled(pattern: str) -> regex.Pattern[str]:
    """Return the pattern ready to search with; raises Unsupported for what cannot be carried."""
    carried = _Carrier(pattern).carry()
    try:
        return regex.compile(carried, regex.VERSION1)
    except regex.error as error:
        raise Unsupported(
            f"reference cannot carry the pattern {pattern!a} to `regex`: {error}"
        ) from error


def literal(text: str) -> regex.Pattern[str]:
    """Return the pattern that matches the text itself; the empty text matches everywhere."""
    return regex.compile("".join(map(_character, text)), regex.VERSION1)


def matches(pattern: regex.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the matches as Oniguruma's Rust binding does.

    It skips an empty match that touches the match before it, which Python's `finditer` yields.

    >>> list(matches(compiled("a*"), "aab"))
    [(0, 2), (3, 3)]
    """
    at, end = 0, -1
    while at <= len(text):
        found = pattern.search(text, at)
        if found is None:
            return
        if found.start() == found.end() == end:
            at += 1
            continue
        at = end = found.end()
        yield found.span()


class _Carrier:
    """One pass over a pattern, from left to right; `at` is the next character."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.folding = [False]  # whether case is ignored, for each open group
        self.before = ""  # the folded literal just carried, to see ligatures
        self.repeatable = False  # whether a quantifier may follow
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
            quantifier = _QUANTIFIER.match(self.pattern, self.at)
            if quantifier and not self.repeatable:
                raise self.refused(f"{quantifier[0]!r} after another quantifier, or after nothing")
            out.append(self.quantified(out.pop(), quantifier[0]) if quantifier else self.symbol())
        return "".join(out)

    def symbol(self) -> str:
        char, self.repeatable = self.next(), True
        if char in "()":  # Oniguruma looks for ligatures through groups: (?i:s(?:t)) matches ﬆ
            return self.openings[char]()
        before, self.before = self.before, ""
        if char in self.openings:
            return self.openings[char]()
        return _POINTS[char] if char in _POINTS else self.letter(char, before)

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
        if char in _ANCHORS:
            self.repeatable = False
            return _ANCHORS[char]
        return self.class_or_property(char, bracketed=False) or self.letter(self.escaped(char), "")

    def class_or_property(self, char: str, *, bracketed: bool) -> str:
        r"""Return the set that an escape such as \s or \p{L} means; empty for other escapes."""
        if char.lower() in _CLASSES:
            six = SIX if char in "wW" and not bracketed else ""
            return ("[^" if char.isupper() else "[") + _CLASSES[char.lower()] + six + "]"
        if char not in "pP":
            return ""
        found = regex.compile(r"\{(\^?)(\w+)\}").match(self.pattern, self.at)
        if not found:
            raise self.refused(f"\\{char} without a name")
        self.at = found.end()
        name = found[2] if _CATEGORY.fullmatch(found[2]) else f"Script={found[2]}"
        return rf"\{'P' if (char == 'P') != bool(found[1]) else 'p'}{{{name}}}"

    def escaped(self, char: str) -> str:
        r"""Return the one character that an escape such as \n or \u00e9 means."""
        if char in _CONTROLS:
            return chr(_CONTROLS[char])
        for number in _NUMBERS:
            found = regex.compile(number).match(self.pattern, self.at - 1)
            if found:
                self.at = found.end()
                return chr(int(found[1], 16))
        if char in string.ascii_letters + string.digits:
            raise self.refused(f"\\{char}")
        return char

    def letter(self, char: str, before: str) -> str:
        if not self.folding[-1]:
            return _character(char)
        if (before + char).lower() in _LIGATURES:
            raise self.refused(f"{before + char!r} ignoring case, which is also one character")
        self.before = char
        folded = self.folded(char)
        return f"[{folded}]" if len(folded) > 1 and char.isalpha() else folded

    def folded(self, char: str) -> str:
        if not char.isascii():
            raise self.refused(f"{char!a} ignoring case")
        lower = char.lower()
        both = _FOLDED.get(lower, lower + lower.upper()) if char.isalpha() else char
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
        if not found or found[2] not in _BRACKETS:
            raise self.refused("a POSIX bracket of no known name")
        self.at = found.end()
        return f"[{found[1]}{_BRACKETS[found[2]]}]"

    def member(self) -> str:
        start = self.next()
        if start == "\\":
            escape = self.next()
            found = self.class_or_property(escape, bracketed=True)
            if found:
                return found
            start = "\b" if escape == "b" else self.escaped(escape)
        if not self.peek("-") or self.peek("-]", "-[", "-&&"):
            return self.folded(start) if self.folding[-1] else _character(start)
        self.at += 1
        end = self.next()
        if end == "\\":
            end = self.escaped(self.next())
        return self.range(start, end)

    def range(self, start: str, end: str) -> str:
        if end < start:
            raise self.refused(f"the empty range {start + '-' + end!a}")
        if self.folding[-1]:
            return "".join(self.folded(chr(code)) for code in range(ord(start), ord(end) + 1))
        return f"{_character(start)}-{_character(end)}"

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
