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
    \w         Alphabetic, M, Nd, Pc, and the six ² ³ ¹ ¼ ½ ¾; [[:word:]] lacks those six
    \h         a hexadecimal digit (elsewhere: horizontal space)
    [[:punct:]] P and S;  [[:alnum:]] has no marks that are not Alphabetic
    (?i:s)     s, S and U+017F; (?i:k) has U+212A. Only literals fold: (?i:\p{Lu}) is \p{Lu}

What is not listed in the tables below raises Unsupported with its reason, rather than being
carried on a guess: backreferences, \G, \K, \R, \X, (?m), `x{2}+` (in Ruby not possessive), `x{2}?`
(in Ruby not lazy), non-ASCII or multi-character folding (`(?i:ss)` also matches ß).

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

_CLASSES: Final = {
    "s": SPACE,
    "d": r"\p{Nd}",
    "w": WORD + r"\xb2\xb3\xb9\xbc-\xbe",
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
_CATEGORIES: Final = frozenset(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po "
    "S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Co Cn".split()
)
_CONTROLS: Final = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "a": 7, "e": 27}
_NUMBERS: Final = (r"x\{([0-9A-Fa-f]{1,6})\}", r"x([0-7][0-9A-Fa-f])", r"u([0-9A-Fa-f]{4})")
_ANCHORS: Final = {
    "A": r"\A",
    "z": r"\Z",
    "Z": r"(?=\n?\Z)",
    "b": "(?:(?<=[{w}])(?![{w}])|(?<![{w}])(?=[{w}]))".replace("{w}", _CLASSES["w"]),
    "B": "(?:(?<=[{w}])(?=[{w}])|(?<![{w}])(?![{w}]))".replace("{w}", _CLASSES["w"]),
}
_GROUPS: Final = ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>")
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
        message = f"reference cannot carry the pattern {pattern!a} to `regex`: {error}"
        raise Unsupported(message) from error


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
        self.folding = [False]  # of each open group
        self.before = ""  # the literal just carried, to see ligatures
        self.repeatable = False  # whether a quantifier may follow

    def carry(self) -> str:
        """Return the pattern in the words of the `regex` module."""
        if self.take("(?i)"):
            self.folding = [True]
        out = []
        while self.at < len(self.pattern):
            out.append(self.symbol())
        return "".join(out)

    def symbol(self) -> str:
        quantifier = _QUANTIFIER.match(self.pattern, self.at)
        if quantifier:
            return self.quantifier(quantifier[0])
        before, self.before, self.repeatable = self.before, "", True
        char = self.pattern[self.at]
        if char == "(":
            return self.group()
        if char == "[":
            return self.set()
        self.at += 1
        if char in ")|":
            return self.boundary(char)
        if char == "\\":
            return self.escape()
        if char in "^$.":
            return {"^": r"(?:\A|(?<=\n)(?!\Z))", "$": r"(?=\n|\Z)", ".": r"[^\n]"}[char]
        return self.letter(char, before)

    def quantifier(self, text: str) -> str:
        if not self.repeatable:
            raise self.refused(f"{text!r} after another quantifier, or after nothing")
        self.repeatable, self.before = False, ""
        self.at += len(text)
        if text[-1] in "?+" and self.peek(("{",)) and _QUANTIFIER.match(self.pattern, self.at):
            raise self.refused("a quantifier after another one")
        if text.endswith("}") and self.peek(("?", "+")):
            raise self.refused(f"{text + self.pattern[self.at]!r}, which Ruby reads in its own way")
        return text.replace("{,", "{0,")

    def boundary(self, char: str) -> str:
        self.repeatable = char == ")"
        if char == ")":
            self.folding.pop()
            if not self.folding:
                raise self.refused("an unmatched ')'")
        return char

    def group(self) -> str:
        self.repeatable = False
        self.folding.append(self.folding[-1])
        if self.take("(?i:"):
            self.folding[-1] = True
            return "(?:"
        for opening in _GROUPS:
            if self.take(opening):
                return opening
        if self.peek(("(?",)):
            raise self.refused(f"the group {self.pattern[self.at : self.at + 4]!r}")
        self.at += 1
        return "(?:"

    def escape(self) -> str:
        char = self.next()
        if char in _ANCHORS:
            self.repeatable = False
            return _ANCHORS[char]
        return self.class_or_property(char) or self.letter(self.escaped(char), "")

    def class_or_property(self, char: str) -> str:
        """Return the set that an escape such as \\s or \\p{L} means; empty for other escapes."""
        if char.lower() in _CLASSES:
            return ("[^" if char.isupper() else "[") + _CLASSES[char.lower()] + "]"
        if char not in "pP":
            return ""
        found = regex.compile(r"\{(\^?)(\w+)\}").match(self.pattern, self.at)
        if not found:
            raise self.refused(f"\\{char} without a name")
        self.at = found.end()
        name = found[2] if found[2] in _CATEGORIES else f"Script={found[2]}"
        return rf"\{'P' if (char == 'P') != bool(found[1]) else 'p'}{{{name}}}"

    def escaped(self, char: str) -> str:
        """Return the one character that an escape such as \\n or \\u00e9 means."""
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
        """Carry a bracketed class with all that is nested in it; depth counts open brackets."""
        out, depth = "", 0
        while True:
            if self.take("[^") or self.take("["):
                out, depth = out + self.pattern[self.at - 1].replace("^", "[^"), depth + 1
                if self.peek(("]",)):
                    raise self.refused("a class that starts with ']'")
            elif self.take("]"):
                out, depth = out + "]", depth - 1
            elif self.take("&&"):
                out += "&&"
            else:
                out += self.member()
            if depth == 0:
                return out
            if self.peek(("[:",)):
                out += self.bracket()

    def bracket(self) -> str:
        found = regex.compile(r"\[:(\^?)(\w+):\]").match(self.pattern, self.at)
        if not found or found[2] not in _BRACKETS:
            raise self.refused("a POSIX bracket of no known name")
        self.at = found.end()
        following = self.bracket() if self.peek(("[:",)) else ""
        return f"[{found[1]}{_BRACKETS[found[2]]}]{following}"

    def member(self) -> str:
        start = self.next()
        if start == "\\":
            escape = self.next()
            found = self.class_or_property(escape)
            if found:
                return found
            start = "\b" if escape == "b" else self.escaped(escape)
        if not self.peek(("-",)) or self.peek(("-]", "-[", "-&&")):
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

    def take(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) * found
        return found

    def peek(self, texts: tuple[str, ...]) -> bool:
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
