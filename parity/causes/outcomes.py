"""Causes that the answers themselves tell: failures, batches, broken contracts, vocabularies."""

from __future__ import annotations

from typing import Any

from parity.causes.question import Question
from parity.types import Failure


def _failures(question: Question) -> tuple[Failure | None, Failure | None]:
    return question.found.reference.failure, question.found.candidate.failure


def _values(question: Question) -> tuple[Any, Any]:
    return question.found.reference.value, question.found.candidate.value


def _kinds(question: Question) -> list[str]:
    return [found.kind if found else "" for found in _failures(question)]


def count(question: Question) -> bool:
    """Say whether a batch gave the wrong number of results."""
    return any(kind in ("MissingOutput", "ExtraOutput", "WrongCount") for kind in _kinds(question))


def exchanged(question: Question) -> bool:
    """Say whether one side's answer is right for the text, and the other is no form of it."""
    one, two = _values(question)
    ids = isinstance(one, list) and isinstance(two, list) and question.alike_alone
    if not ids or not _is_of_a_batch(question):
        return False
    answers = [question.answers[0]]
    return tuple(one) in answers and not (one[: len(two)] == two or two[: len(one)] == one)


def even(question: Question) -> bool:
    """Say whether one answer is the other with the same id over and over; one more could be any."""
    one, two = _values(question)
    if not (isinstance(one, list) and isinstance(two, list) and _is_of_a_batch(question)):
        return False
    short, long = sorted((one, two), key=len)
    rest = long[len(short) :] if long[: len(short)] == short else long[: len(long) - len(short)]
    return (
        0 < len(short) < len(long) - 1
        and short in (long[: len(short)], long[len(long) - len(short) :])
        and len(set(map(str, rest))) == 1
        and question.alike_alone
    )


def of_a_batch(question: Question) -> bool:
    """Say whether both sides answer alike when they are asked for the text alone."""
    return _is_of_a_batch(question)


def _is_of_a_batch(question: Question) -> bool:
    if question.check in ("batch_is_single", "decode_batch_is_single"):
        return True
    if question.check == "offsets_batched":
        asked = question.asked
        one, two = (asked.encoding(side, question.text, question.mode) for side in asked.sides)
        return one == two
    return question.alike_alone and question.steady()


def changed(question: Question) -> bool:
    """Say whether a side changed its input."""
    return question.check == "inputs_unchanged" or "MutatedInput" in _kinds(question)


def broken(question: Question) -> bool:
    """Say whether an answer is no answer: a float for an id, a number for a text."""
    return any(found is not None and found.fault for found in _failures(question))


def kinds(question: Question) -> bool:
    """Say whether both sides fail, each with an error of its own."""
    one, two = _errors(question)
    return bool(one and two and one != two)


def one_fails(question: Question) -> bool:
    """Say whether one side fails where the other answers."""
    one, two = _errors(question)
    return bool(one) != bool(two)


def _errors(question: Question) -> list[str]:
    """Return the kind of error of each side, or "" where it answered."""
    if question.check == "outcome":
        return [
            str(value).removeprefix("error ").removeprefix("value") for value in _values(question)
        ]
    return _kinds(question)


def limit(question: Question) -> bool:
    """Say whether one side fails on what is long, and both agree on its halves."""
    if not one_fails(question) or not question.text:
        return False
    half = len(question.text) // 2
    halves = question.text[:half], question.text[half:]
    plain = "a" * len(question.text)
    ids = question.asked.ids
    return (
        half > 0
        and all(ids("reference", part, question.mode) == ids("candidate", part, question.mode)
                for part in halves)
        and isinstance(ids("reference", plain, question.mode), Failure)
        != isinstance(ids("candidate", plain, question.mode), Failure)
    )  # fmt: skip


def not_repeatable(question: Question) -> bool:
    """Say whether the law about the same call twice was broken."""
    return question.check in ("repeatable", "decode_repeatable", "training_repeatable")


def hangs(question: Question) -> bool:
    """Say whether one of several that were asked at once was waited for in vain."""
    return "Hung" in _kinds(question)


def broken_law(_: Question) -> bool:
    """Say that the law is the cause: what it lets happen is all that is different."""
    return True


def _tables(question: Question) -> tuple[dict[Any, Any], dict[Any, Any]] | None:
    one, two = _values(question)
    if isinstance(one, dict) and isinstance(two, dict):
        return one, two
    if isinstance(one, list) and isinstance(two, list):
        return dict(one), dict(two)
    return None


def other_size(question: Question) -> bool:
    """Say whether ids are there on one side alone, and no content has only moved."""
    tables = _tables(question)
    if tables is None or tables[0].keys() == tables[1].keys():
        return False
    return not other_id(question)


def other_string(question: Question) -> bool:
    """Say whether an id has another token string."""
    tables = _tables(question)
    if tables is None or question.found.case.payload != "tokens":
        return False
    one, two = tables
    return any(one[id] != two[id] for id in one.keys() & two.keys())


def other_flags(question: Question) -> bool:
    """Say whether an added token has the same content and other flags."""
    tables = _tables(question)
    if tables is None or question.found.case.payload != "added":
        return False
    one, two = tables
    return any(one[id] != two[id] and one[id][0] == two[id][0] for id in one.keys() & two.keys())


def other_id(question: Question) -> bool:
    """Say whether an added token has the same content and another id."""
    tables = _tables(question)
    if tables is None or question.found.case.payload == "tokens":
        return False
    if question.check == "declared_ids":
        return True
    one, two = ({str(item): id for id, item in table.items()} for table in tables)
    return any(one[item] != two[item] for item in one.keys() & two.keys())
