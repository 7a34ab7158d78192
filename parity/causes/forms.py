"""Causes in how a text is prepared: one side reads another form of it.

The model: a side answers for a text what the other answers for that form of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from parity.alphabets import category_of
from parity.causes.question import Ids, Question
from parity.errors import MissingPackage
from parity.reference import current

Form = Callable[[str], str]

NORMAL_FORMS: Final = ("NFC", "NFD", "NFKC", "NFKD")
HIDDEN: Final = frozenset({"Cc", "Cf"})


def _tables() -> Any:
    """Return the newest tables of normal forms that are there: unicodedata2's, or this Python's."""
    try:
        return current.normalization()
    except MissingPackage:
        return unicodedata


def normalized(form: str, text: str) -> str:
    """Return a text in a normal form, by the newest tables that are there."""
    found: str = _tables().normalize(form, text)
    return found


def _without(categories: frozenset[str], kept: str, text: str) -> str:
    return "".join(c for c in text if c in kept or category_of(c) not in categories)


def _accents(text: str) -> str:
    return _without(frozenset({"Mn"}), "", normalized("NFD", text))


def _surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _spaced(text: str) -> str:
    return text if text.startswith(" ") else f" {text}"


def _unspaced(text: str) -> str:
    return text.removeprefix(" ")


FORMS: Final[Mapping[str, Sequence[Form]]] = {
    "lone-surrogate": (_surrogates,),
    "newline": (lambda text: text.replace("\r\n", "\n"), lambda text: re.sub("\r\n?", "\n", text)),
    "prefix-space": (_spaced, _unspaced, lambda text: f" {text}"),
    "case": (str.lower, str.casefold, str.upper),
    "normal-form": tuple(partial(normalized, form) for form in NORMAL_FORMS),
    "accents": (_accents, lambda text: _accents(text.lower())),
    "invisible": (
        partial(_without, HIDDEN, "\t\n\r"),
        partial(_without, HIDDEN, ""),
        lambda text: text.replace("\0", ""),
    ),
    "whitespace": (
        str.strip,
        str.rstrip,
        str.lstrip,
        lambda text: re.sub(r"\s+", " ", text),
        lambda text: re.sub(r"\s+", " ", text).strip(),
        lambda text: re.sub(" +", " ", text),
        lambda text: re.sub(r"\s", " ", text),
        str.expandtabs,
    ),
}
"""Forms that a side may read, by the cause that they are."""

TRAPS: Final[Mapping[str, Sequence[str]]] = {
    "lone-surrogate": ("x\ud83dy", "\udc4d"),
    "newline": ("a\r\nb", "\r\n\r\n"),
    "prefix-space": ("word", "two words", " word ", "  a"),
    "case": ("Ab", "WORD word"),
    "normal-form": ("e\u0301", "\u00e9", "\ufb01z", "\uac01", "\u1100\u1161"),
    "accents": ("\u00e9t\u00e9", "na\u00efve"),
    "invisible": ("a\u200db", "a\u200bb", "a\0b", "x\0y"),
    "whitespace": (" a b ", "a  b", "a\tb "),
}
"""Other texts with the same trap: what is foretold for one must hold for all."""


def form(question: Question, name: str, *, apart: bool = True) -> bool:
    """Say whether one side reads another form of the text; apart: and of another text too."""
    return any(_reads(question, one, TRAPS[name], apart=apart) for one in FORMS[name])


def _reads(question: Question, change: Form, others: Sequence[str], *, apart: bool) -> bool:
    if change(question.text) == question.text:
        return False

    def model(ask: Callable[..., Ids], text: str, mode: str) -> Ids:
        return ask(change(text), mode)

    return question.foretold(model, others, apart=apart)
