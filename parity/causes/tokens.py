"""Causes in special and added tokens, in the template, and in tokens for what is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Final

from parity.causes.question import FIRST, OTHER, Ids, Question
from parity.types import AddedToken, Specials

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
    """Say whether the sides agree where no template adds its tokens."""
    if question.ids is None or question.mode != "template":
        return False
    texts = [question.text, f"a{question.text}", f"{question.text} a"]
    return all(question.asked.alike(text, "parse") for text in texts)


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
    """Say whether one side finds an added token in the text that the other does not find."""
    if question.ids is None:
        return False
    for side in OTHER:
        own, other = question.ids[FIRST[side]], question.ids[FIRST[OTHER[side]]]
        for id, token in question.asked.added[side].items():
            if id in own and id not in other and token.content.strip() in question.text:
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


def byte_fallback(question: Question) -> bool:
    """Say whether one side spells in bytes what the other has no token for."""
    if question.ids is None:
        return False
    one, two = ([bool(BYTE.fullmatch(token)) for token in tokens] for tokens in question.tokens())
    unknown = [bool(set(tokens) & set(UNKNOWN)) for tokens in question.tokens()]
    return (any(one) and not any(two) and (unknown[1] or len(two) < len(one))) or (
        any(two) and not any(one) and (unknown[0] or len(one) < len(two))
    )


def unknown_fused(question: Question) -> bool:
    """Say whether one side has one unknown token where the other has a run of them."""
    if question.ids is None:
        return False
    one, two = question.ids
    unknown = _unknown(question)
    fused = [
        [id for id, run in groupby(ids) for id in ([id] if id in unknown else run)]
        for ids in (one, two)
    ]
    return fused[0] == fused[1]


def unknown_token(question: Question) -> bool:
    """Say whether one side has an unknown token and the other has none."""
    if question.ids is None:
        return False
    unknown = _unknown(question)
    one, two = (bool(unknown & set(ids)) for ids in question.ids)
    return one != two


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
