"""Code and punctuation: names, operators, quotes, indentation, addresses and markup.

Where names change case, where punctuation meets a newline, and where a run of signs is cut.
"""

from __future__ import annotations

from typing import Final

from parity.grammar import Grammar, OneOf, Pick, Repeat

NAMES: Final = (
    "a", "x1", "aB", "AB", "ABc", "HTMLParser", "snake_case", "__init__", "_", "$a", "@a", "#a",
    "café", "Führer", "if", "return", "def f():", "i18n", "0x1F", "1e-7", "v1.2.3",
)  # fmt: skip
SIGNS: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
TYPOGRAPHIC: Final = "“”‘’„«»‹›—–…·•†§¶¿¡‧、。，「」『』（）：；！？·\u2010\u2011\ufe4f\uff3f"
LINES: Final = ("\n", "\n    ", "\n\t", "\r\n", "\n\n", " \n", "\n  ", "  ", " ", "\t")
PIECES: Final = (
    "://", "->", "=>", "::", "===", "!=", "<!--", "-->", "</a>", "<a b='c'>", "```", "\\n",
    "\\u0041", "//", "/*", "*/", "{{", "}}", "{%", "%}", "('", '")', '");', "]]", "...", "----",
    "====", "~/.a", "a@b.c", "www.",
)  # fmt: skip


def grammar() -> Grammar:
    """Return a few pieces of code and punctuation, one after the other."""
    parts = (Pick(NAMES), Pick(SIGNS, 1, 3), Pick(LINES), Pick(PIECES), Pick(TYPOGRAPHIC, 1, 2))
    return Repeat(OneOf(parts, (3, 3, 3, 2, 2)), 1, 5)
