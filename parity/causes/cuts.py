"""Causes in where a text is cut: one side encodes pieces apart that the other encodes together.

The model: a side's ids are those that the other gives for the pieces, one after the other. What
looks like a cut between two digits can also be one lost merge; so other texts with such borders
must be foretold too, and at least one of them must be cut where the other side does not cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Final

import regex

from parity.asking import SIDES
from parity.causes.question import Ids, Question
from parity.types import Failure

CJK: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
CONTRACTION: Final = r"(?i:['\u2019](?:s|t|re|ve|m|ll|d))"

CUTS: Final[Mapping[str, Sequence[str]]] = {
    "digits": (r"\p{N}", r"\p{N}{1,3}", r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))", r"\p{N}+"),
    "contraction": (CONTRACTION, r"['\u2019]"),
    "cjk": (CJK, rf"{CJK}+"),
    "punctuation": (r"[\p{P}\p{S}]", r"[\p{P}\p{S}]+", r"\p{P}", r"\p{P}+"),
    "whitespace-cut": (r"\s", r"\s+", r"[\r\n]", r"[\r\n]+", r" "),
    "characters": (r"(?s:.)", r"\X"),
}
"""What becomes a piece of its own, by the cause that it is."""

TRAPS: Final[Mapping[str, Sequence[str]]] = {
    "digits": ("12", "1234", "99", "2024", "room 101 now", "1000000"),
    "contraction": ("don't", "it's so", "I'll", "we've been"),
    "cjk": ("\u6211\u4eec", "\u306e\u3067", "\u3053\u3068", "\uc548\ub155", "a \u4e00\u76f4 b"),
    "punctuation": ("...", "a.b", "(a)", "), (", "!?", "x == y"),
    "whitespace-cut": ("a b", "  a", "a\n\nb", ".\n", "some words"),
    "characters": ("some words", "the", "\u00e9t\u00e9"),
}


def cut(question: Question, name: str) -> bool:
    """Say whether one side cuts a text where the other does not."""
    return any(_cuts(question, pattern, TRAPS[name]) for pattern in CUTS[name])


def _cuts(question: Question, pattern: str, others: Sequence[str]) -> bool:
    found = regex.compile(f"({pattern})")
    if not found.search(question.text) or question.mode == "template":
        return False

    def model(ask: Callable[..., Ids], text: str, mode: str) -> Ids:
        pieces = [piece for piece in found.split(text) if piece]
        return tuple(id for piece in pieces for id in ask(piece, mode))

    texts = [*others, *_witnesses(question, found)]
    return _same_text(question) and question.foretold(model, texts, apart=True)


def _witnesses(question: Question, found: regex.Pattern[str]) -> list[str]:
    """Return tokens of the vocabulary in which there is such a border: who cuts there shows it."""
    inside = question.asked.having(found)
    step = max(len(inside) // WITNESSES, 1)
    return inside[::step][:WITNESSES]


WITNESSES: Final = 8


def merge(question: Question) -> bool:
    """Say whether the same text is cut otherwise within runs of letters, or of one kind."""
    if question.ids is None or not question.text or not _same_text(question):
        return False
    one, two = question.tokens()
    if one == two or "".join(one) != "".join(two):
        return False
    return _one_kind(question.text) or all(
        run in question.text and _one_kind(run) for run in _recut(question, one, two)
    )


def _recut(question: Question, one: Sequence[str], two: Sequence[str]) -> list[str]:
    """Return the texts between two cuts of both sides that they cut otherwise in between."""
    ids = question.ids[0] if question.ids else ()
    ends, others = _ends(one), _ends(two)
    shared = [end for end in ends if end in others]
    found = []
    for start, end in pairwise([0, *shared]):
        inside = [place for place, at in enumerate(ends) if start < at <= end]
        if len(inside) > 1 or any(start < at < end for at in others):
            run = question.asked.text("reference", [ids[place] for place in inside], skip=False)
            found.append(run if isinstance(run, str) else "")
    return found


def _ends(tokens: Sequence[str]) -> list[int]:
    """Return where each token ends, in characters of the token strings."""
    return list(accumulate(map(len, tokens)))


def whole_tokens(question: Question) -> bool:
    """Say whether one side takes pieces whole that the other never merges: ignore_merges.

    There are then other tokens like that, which have nothing of this one.
    """
    if question.ids is None or min(map(len, question.ids)) != 1:
        return False
    found = zip(SIDES, question.ids, strict=True)
    if any(set(ids) <= question.asked.added[side].keys() for side, ids in found):
        return False  # no model makes an added token
    whole = len(question.ids[0]) == 1
    texts = question.asked.texts
    others = 0
    for text in texts[:: max(len(texts) // SAMPLED, 1)]:
        if question.text in text or text in question.text:
            continue
        sizes = [
            len(ids) if not isinstance(ids, Failure) else 0
            for ids in (question.asked.ids(side, text, "plain") for side in SIDES)
        ]
        if sizes[0] != sizes[1]:
            if (sizes[0] == 1) != whole or 1 not in sizes:
                return False
            others += 1
    return others > 1  # one could be chance


SAMPLED: Final = 2_000
"""Tokens of the vocabulary that are asked for, at most."""


def _same_text(question: Question) -> bool:
    one, two = question.ids or ((), ())
    rows = zip(SIDES, (one, two), strict=True)
    texts = [question.asked.text(side, ids, skip=False) for side, ids in rows]
    return isinstance(texts[0], str) and texts[0] == texts[1]


KINDS: Final = (r"\s?\p{L}[\p{L}\p{M}]*", r"\s?\p{N}+", r"\s?[^\s\p{L}\p{N}]+", r"\s+")


def _one_kind(text: str) -> bool:
    return any(regex.fullmatch(kind, text) for kind in KINDS)
