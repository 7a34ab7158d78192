"""Causes of other ids of a chat: the token at its start, which templates and encoders both add."""

from __future__ import annotations

from parity.causes.question import Question


def doubled_bos(question: Question) -> bool:
    """Say whether one side has the first id of the other once more before it."""
    longer, shorter = _by_length(question)
    return longer[1:] == shorter and longer[:1] == shorter[:1] != []


def missing_bos(question: Question) -> bool:
    """Say whether one side has a special token before what is all of the other."""
    longer, shorter = _by_length(question)
    special = {
        id for side in question.asked.added.values() for id, one in side.items() if one.special
    }
    return longer[1:] == shorter != [] and longer[0] in special and longer[:1] != shorter[:1]


def _by_length(question: Question) -> tuple[list[int], list[int]]:
    values = question.found.reference.value, question.found.candidate.value
    one, two = ((list(value) if isinstance(value, list) else []) for value in values)
    return (one, two) if len(one) > len(two) else (two, one)
