"""Causes in how many ids there are: cut off, filled up, lost at an end, or in another order."""

from __future__ import annotations

from typing import Final

from parity.causes.question import FIRST, OTHER, NoAnswer, Question, around

LONGER: Final = (8, 64, 512)
"""How often a text is repeated to be longer than what it may be cut or filled up to."""
LONG: Final = "word " * 400
"""A text that is longer than most limits, and has nothing odd in it."""


def truncated(question: Question) -> bool:
    """Say whether one side gives no more than so many ids, and the other more."""
    if question.ids is None:
        return False
    short, long = sorted(question.ids, key=len)
    side = next(side for side in OTHER if question.ids[FIRST[side]] == short)
    if short not in (long[: len(short)], long[len(long) - len(short) :]):
        return False
    ask, size = question.ask(side), len(question.text)
    texts = [*(question.text * count for count in (1, 2, 8)), LONG]
    try:
        most = {len(ask(text, question.mode)) for text in texts}
    except NoAnswer:
        return False
    starts = (question.text[: size // cut] for cut in (2, 4, 8, 16, 64))
    alike = any(question.asked.alike(start, question.mode) for start in starts if start)
    return most == {len(short)} and alike and len(short) > 1


def padded(question: Question) -> bool:
    """Say whether one side fills up what is short with one id over and over."""
    if question.ids is None:
        return False
    short, long = sorted(question.ids, key=len)
    over = len(long) - len(short)
    rest = long[len(short) :] if long[: len(short)] == short else long[:over]
    if not over or len(set(rest)) != 1 or short not in (long[: len(short)], long[over:]):
        return False
    longer = [(question.text or "a ") * count for count in LONGER]
    return any(question.asked.alike(text, question.mode) for text in longer)


def missing(question: Question) -> bool:
    """Say whether one side always lacks the same number of ids at an end, whatever the text."""
    if question.ids is None:
        return False
    over = len(question.ids[0]) - len(question.ids[1])
    ends = [_lacks(question, text) for text in (*around(question.text), "some words", "\u5bb6")]
    return bool(over) and ends[0] is not None and len(set(ends)) == 1


def _lacks(question: Question, text: str) -> tuple[str, int] | None:
    try:
        one, two = (question.ask(side)(text, question.mode) for side in OTHER)
    except NoAnswer:
        return None
    over = len(one) - len(two)
    short, long = sorted((one, two), key=len)
    if long[: len(short)] == short:
        return "tail", over
    return ("head", over) if long[abs(over) :] == short else None


def empty(question: Question) -> bool:
    """Say whether one side answers nothing at all, whatever the text."""
    texts = (*around(question.text), "some words", "\u5bb6")
    return any(
        all(question.asked.ids(side, text, question.mode) == () for text in texts) for side in OTHER
    )


def order(question: Question) -> bool:
    """Say whether both sides give the same ids in another order, also among neighbours."""
    if question.ids is None:
        return False
    try:
        pairs = [
            [sorted(question.ask(side)(text, question.mode)) for side in OTHER]
            for text in around(question.text)
        ]
    except NoAnswer:
        return False
    return all(one == two for one, two in pairs)
