r"""What may be shown of text that may still change: whole words, whole lines, Han characters.

Origin: transformers' TextStreamer, from which SGLang took it and added a rule. *Han* is what
transformers calls a Chinese character: eight ranges of ideographs, up to extension E. Kana, Hangul,
Bopomofo, the punctuation of these scripts, and the ideographs of Unicode's later extensions (F from
U+2CEB0, and all of plane 3) are not in it.
"""

from __future__ import annotations

from typing import Final

HAN: Final = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)
"""First and last code point of each range."""


def is_han(character: str) -> bool:
    r"""Say whether a character is an ideograph.

    >>> is_han("\u4e16"), is_han("\u3042"), is_han("\ud55c"), is_han("\U0002ceb0")
    (True, False, False, False)
    """
    code = ord(character)
    return any(first <= code <= last for first, last in HAN)


def whole_words(text: str) -> str:
    r"""Return a text up to its last space, that with it.

    >>> whole_words("a bc"), whole_words("abc")
    ('a ', '')
    """
    return text[: text.rfind(" ") + 1]


def printable(text: str) -> str:
    r"""Return the part of a text that SGLang shows before it is sure of the text.

    >>> printable("a bc"), printable("a bc\n"), printable("a\u4e16") == "a\u4e16"
    ('a ', 'a bc\n', True)
    >>> printable("a\u4e16\ufffd") == "a\u4e16"
    True
    """
    if text.endswith("\n") or (text and is_han(text[-1])):
        return text
    if len(text) > 1 and is_han(text[-2]):
        return text[:-1]
    return whole_words(text)
