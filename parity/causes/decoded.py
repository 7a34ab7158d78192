"""Causes in decoded text, where both sides get the same ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from parity.causes.forms import FORMS, Form
from parity.causes.question import OTHER, Question
from parity.reference.decoders import cleaned
from parity.types import Failure


def _contexts(question: Question) -> list[tuple[int, ...]]:
    ids = tuple(question.found.case.payload)
    plain = question.asked.ids("reference", "a", "plain")
    beside = () if isinstance(plain, Failure) else tuple(plain)
    return [ids, ids + ids, beside + ids, ids + beside]


def _foretold(question: Question, model: Callable[[Callable[[bool], Any], bool], Any]) -> bool:
    """Say whether a model of one side foretells its text for the ids and among neighbours.

    model: (what the other side answers with special tokens skipped or kept, whether they are).
    """
    skip = bool(question.found.case.options.get("skip_special", True))
    rows = [
        {
            side: {each: question.asked.text(side, ids, skip=each) for each in (True, False)}
            for side in OTHER
        }
        for ids in _contexts(question)
    ]
    return any(
        all(
            isinstance(row[side][skip], str)
            and model(row[OTHER[side]].__getitem__, skip) == row[side][skip]
            for row in rows
        )
        for side in OTHER
    )


def special_tokens(question: Question) -> bool:
    """Say whether one side skips special tokens where the other keeps them."""
    return _foretold(question, lambda text, skip: text(not skip))


DECODED: Final[Mapping[str, tuple[Form, ...]]] = {
    "decoded-edges": (
        str.strip, str.lstrip, str.rstrip, lambda text: f" {text}",
        lambda text: text.removeprefix(" "),
    ),
    "clean-up": (cleaned,),
    "decoded-form": (*FORMS["normal-form"], *FORMS["case"]),
    "decoded-spaces": (*FORMS["whitespace"], lambda text: text.replace(" ", "")),
    "replacement-character": (
        lambda text: text.replace("\ufffd", ""),
        lambda text: re.sub("\ufffd+", "\ufffd", text),
        lambda text: text.replace("\ufffd", "?"),
    ),
}  # fmt: skip
"""Forms that a side may give in the place of the text, by the cause that they are."""


def form(question: Question, name: str) -> bool:
    """Say whether one side gives another form of the text."""
    return any(_foretold(question, _model(one)) for one in DECODED[name])


def _model(change: Form) -> Callable[[Callable[[bool], Any], bool], Any]:
    def model(text: Callable[[bool], Any], skip: bool) -> Any:  # noqa: FBT001
        found = text(skip)
        return change(found) if isinstance(found, str) else None

    return model
