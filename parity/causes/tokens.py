"""Causes in special and added tokens, in the template, and in tokens for what is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Final

from parity.causes.question import FIRST, OTHER, Ids, Question
from parity.types import AddedToken, Failure, Specials

UNKNOWN: Final = ("<unk>", "[UNK]", "<UNK>", "<|unk|>", "unk", "\u2047")
BYTE: Final = re.compile("<0x[0-9A-F]{2}>")


def doubled_start(question: Question) -> bool:
    """Say whether one side has the special token at the start once more."""
    if question.ids is None:
        return False

    def model(ask: Callable[..., Ids], text: str, mode: Specials) -> Ids:
        found: Ids = ask(text, mode)
        return found[:1] + found

    one, two = question.ids
    specials = {
        id for side in OTHER for id, token in question.asked.added[side].items() if token.special
    }
    first = one[0] if one else -1
    return bool(two) and first in specials and question.foretold(model)


def template(question: Question) -> bool:
    """Say whether both sides read the text alike, and put other special tokens around it."""
    if question.ids is None or question.mode != "template":
        return False
    texts = [question.text, f"a{question.text}", f"{question.text} a"]
    return all(
        question.asked.alike(text, "parse") and all(_holds(question, side, text) for side in OTHER)
        for text in texts
    )


def _holds(question: Question, side: str, text: str) -> bool:
    """Say whether the ids of a text with the template have those without it in them, in a row."""
    whole, part = (question.asked.ids(side, text, mode) for mode in ("template", "parse"))
    if isinstance(whole, Failure) or isinstance(part, Failure):
        return False
    starts = range(len(whole) - len(part) + 1)
    return any(whole[at : at + len(part)] == part for at in starts)


def special_parsing(question: Question) -> bool:
    """Say whether one side answers as if special tokens were read in the other mode."""
    if question.mode == "template" or not any(_contents(question, special=True)):
        return False
    other: Specials = "parse" if question.mode == "plain" else "plain"

    def model(ask: Callable[..., Ids], text: str, _: Specials) -> Ids:
        return ask(text, other)

    return question.foretold(model)


def stripped(question: Question) -> bool:
    """Say whether one side takes whitespace beside an added token that the other leaves."""
    return any(
        question.foretold(_stripping(before, after, token.content))
        for token in _contents(question)
        for before, after in ((r"\s+", ""), ("", r"\s+"), (r"\s*", r"\s*"))
        if re.search(rf"{before}{re.escape(token.content)}{after}", question.text)
    )


def _stripping(before: str, after: str, content: str) -> Callable[..., Ids]:
    found = re.compile(rf"{before}{re.escape(content)}{after}")

    def model(ask: Callable[..., Ids], text: str, mode: Specials) -> Ids:
        return ask(found.sub(lambda _: content, text), mode)

    return model


def in_a_word(question: Question) -> bool:
    """Say whether one side finds an added token within a word, and the other beside none alone."""
    if question.ids is None:
        return False
    for token in _contents(question):
        spaced = question.text.replace(token.content, f" {token.content} ")
        inside = [f"a{token.content}", f"{token.content}a"]
        alike = [question.asked.alike(text, question.mode) for text in (token.content, spaced)]
        if all(alike) and not any(question.asked.alike(text, question.mode) for text in inside):
            return True
    return False


def added_token(question: Question) -> bool:
    """Say whether one side finds an added token that the other does not find.

    It does so where the token is alone, too, and without the token both sides agree.
    """
    if question.ids is None:
        return False
    for side in OTHER:
        own, other = question.ids[FIRST[side]], question.ids[FIRST[OTHER[side]]]
        for id, token in question.asked.added[side].items():
            if id in own and id not in other and token.content in question.text:
                alone = question.asked.alike(token.content, question.mode)
                without = question.text.replace(token.content, "")
                if not alone and question.asked.alike(without, question.mode):
                    return True
    return False


def _contents(question: Question, *, special: bool = False) -> Iterator[AddedToken]:
    """Yield the added tokens that the text has."""
    seen: set[str] = set()
    for side in OTHER:
        for token in question.asked.added[side].values():
            fits = token.content in question.text and (token.special or not special)
            if fits and token.content and token.content not in seen:
                seen.add(token.content)
                yield token


WITNESSES: Final = ("\ua000", "\U0001f9ff", "\u16a0", "\u0b95", "\u1200", "\U00020000")
"""Characters that a small vocabulary has no token for: what is done with them shows the rule."""


def _one_side_alone(question: Question, has: Callable[[str, Ids], bool]) -> bool:
    """Say whether answers of one side have something that those of the other never have.

    Of the text, and of at least one witness that has nothing of the text.
    """
    for side in OTHER:
        seen = [
            (_has(question, side, text, has), _has(question, OTHER[side], text, has))
            for text in (question.text, *(one for one in WITNESSES if one not in question.text))
        ]
        own, other = (list(column) for column in zip(*seen, strict=True))
        if own[0] and any(own[1:]) and not any(other):
            return True
    return False


def _has(question: Question, side: str, text: str, has: Callable[[str, Ids], bool]) -> bool:
    ids = question.asked.ids(side, text, question.mode)
    return not isinstance(ids, Failure) and has(side, ids)


def byte_fallback(question: Question) -> bool:
    """Say whether one side spells in bytes what has no token, and the other never does."""
    spelt = question.asked.spelt
    return question.ids is not None and _one_side_alone(
        question, lambda side, ids: any(map(BYTE.fullmatch, spelt(side, ids)))
    )


def unknown_fused(question: Question) -> bool:
    """Say whether one side has one unknown token where the other has a run of them.

    Of the text, and of unknown characters beside each other.
    """
    unknown = _unknown(question)
    others = [text for one in WITNESSES for text in (one + one, f"{one} {one}")]
    return (
        question.ids is not None
        and _fused(question, question.text, unknown)
        and any(_fused(question, text, unknown) for text in others if text != question.text)
    )


def _fused(question: Question, text: str, unknown: set[int]) -> bool:
    """Say whether both sides differ on a text by runs of unknown tokens alone."""
    one, two = (question.asked.ids(side, text, question.mode) for side in OTHER)
    if isinstance(one, Failure) or isinstance(two, Failure) or one == two:
        return False
    runs = [
        [id for id, run in groupby(ids) for id in ([id] if id in unknown else run)]
        for ids in (one, two)
    ]
    return runs[0] == runs[1]


def unknown_token(question: Question) -> bool:
    """Say whether one side has an unknown token where the other never has one."""
    unknown = _unknown(question)
    return question.ids is not None and _one_side_alone(
        question, lambda _, ids: bool(unknown & set(ids))
    )


def _unknown(question: Question) -> set[int]:
    return {
        id
        for side in OTHER
        for id, token in question.asked.tokens[side].items()
        if token in UNKNOWN
    }


def renumbered(question: Question) -> bool:
    """Say whether both sides find the same tokens, and number them otherwise."""
    one, two = question.tokens()
    return bool(one) and one == two
