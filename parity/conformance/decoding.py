"""Rules for decode, decode_batch and the vocabulary."""

from __future__ import annotations

from parity.conformance.subject import ENDINGS, TEXTS, Broken, Subject, differ, shown
from parity.errors import Unsupported
from parity.types import Failure

WIDE = 1 << 32
"""What a number of 32 bits takes for 0."""


def decodes_its_ids(subject: Subject) -> None:
    """The ids of a text have a text, and each of them has one alone."""
    for text in TEXTS:
        ids = subject.ids(text)
        subject.decode(ids)
        for id in ids:
            subject.decode([id])


def decode_repeats(subject: Subject) -> None:
    """Ids have the same text whenever it is asked."""
    lists = _lists(subject)
    first = [subject.decode(ids) for ids in lists]
    for ids, text in zip(reversed(lists), reversed(first), strict=True):
        differ(f"decode({shown(ids)})", text, subject.decode(ids), "and later")


def decodes_nothing(subject: Subject) -> None:
    """No ids are the empty text."""
    found = subject.decode([])
    if found:
        raise Broken(f"decode([]) gives {shown(found)}")


def unknown_id(subject: Subject) -> None:
    """An id that no token has gives an error or any text, and ends nothing."""
    _foreign(subject, subject.size + 1, None)


def negative_id(subject: Subject) -> None:
    """A negative id is not counted from the end of the vocabulary."""
    _foreign(subject, -1, subject.size - 1)


def wide_id(subject: Subject) -> None:
    """An id of more than 32 bits is not taken for the one that its lower 32 bits make."""
    _foreign(subject, WIDE, 0)


def _foreign(subject: Subject, id: int, taken: int | None) -> None:
    """Raise Broken where an id that is none ends the backend, or has the text of another."""
    found = subject.try_decode([id])
    if isinstance(found, Failure):
        if found.fault or found.kind in ENDINGS:
            raise Broken(f"decode([{id}]) gives {found.kind}: {found.message[:200]}")
    elif taken is not None and found and found == subject.try_decode([taken]):
        unknown = subject.try_decode([subject.size + 1])
        if found != unknown:
            raise Broken(f"decode([{id}]) gives {shown(found)}, which is the text of id {taken}")


def skip_special(subject: Subject) -> None:
    """A special token is left out where that is asked for, and shown where it is not."""
    added = sorted(subject.vocabulary().added.items())
    special = [(id, token.content) for id, token in added if token.special]
    if not special:
        raise Unsupported("no special tokens")
    for id, content in special[:5]:
        kept, left = subject.decode([id], skip=False), subject.decode([id], skip=True)
        if not _within(content, kept):
            raise Broken(f"decode([{id}]) with nothing skipped gives {shown(kept)}")
        if _within(content, left):
            raise Broken(f"decode([{id}]) with special tokens skipped gives {shown(left)}")


def _within(content: str, text: str | bytes) -> bool:
    found = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return content.strip() in found


def decode_batch_is_single(subject: Subject) -> None:
    """A batch gives for each list of ids, in order, what the list gives alone."""
    lists = _lists(subject)
    alone = [subject.decode(ids) for ids in lists]
    for size in (1, 2, len(lists)):
        found = subject.decode_batch(lists[:size])
        if len(found) != size:
            raise Broken(f"a batch of {size} lists gives {len(found)} results")
        for ids, one, other in zip(lists, found, alone, strict=False):
            differ(f"{shown(ids)} in a batch of {size}", one, other, "alone")


def empty_decode_batch(subject: Subject) -> None:
    """A batch of no lists has no results."""
    found = subject.decode_batch([])
    if found:
        raise Broken(f"decode_batch([]) gives {shown(found)}")


def ids_unchanged(subject: Subject) -> None:
    """A list of ids is after decoding what it was before."""
    for ids in _lists(subject):
        given = list(ids)
        subject.asked("decode", subject.backend.decode, given, False)  # noqa: FBT003
        differ(f"the ids after decode({shown(ids)})", given, ids, "before")


def vocabulary_repeats(subject: Subject) -> None:
    """The vocabulary is the same whenever it is asked."""
    one, other = subject.vocabulary(), subject.vocabulary()
    for field in one._fields:
        if getattr(one, field) != getattr(other, field):
            raise Broken(f"`{field}` of the vocabulary is another one the second time")


def vocabulary_has_its_ids(subject: Subject) -> None:
    """Every id that encoding gives is in the vocabulary."""
    tokens = subject.vocabulary().tokens
    for text in TEXTS:
        for id in subject.ids(text):
            if id not in tokens:
                raise Broken(f"encode({shown(text)}) gives the id {id}, which is no token's")


def added_are_tokens(subject: Subject) -> None:
    """Every added token is in the vocabulary under its id and its name."""
    found = subject.vocabulary()
    for id, token in sorted(found.added.items()):
        if found.tokens.get(id) != token.content:
            named = shown(found.tokens.get(id))
            raise Broken(f"the added token {shown(token.content)} is {id}, which is named {named}")


def _lists(subject: Subject) -> list[list[int]]:
    return [subject.ids(text) for text in TEXTS]
