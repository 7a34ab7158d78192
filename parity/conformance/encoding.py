"""Rules for encode, encode_batch and offsets."""

from __future__ import annotations

from typing import Final

from parity.conformance.subject import ENDINGS, TEXTS, Broken, Subject, differ, shown
from parity.errors import Unsupported
from parity.types import Encoding, Failure

MEGABYTE, SHORT = 1 << 20, 1 << 13
"""The lengths of a long text and of one that fits any buffer, in characters."""
WORDS, END = "the quick brown fox ", ". Jumps over it! 12345"
LAST: Final = 4
"""Ids at the end of a text that are compared."""


def encode_repeats(subject: Subject) -> None:
    """A text has the same ids and offsets whenever it is asked, whatever was asked in between."""
    first = {text: subject.encode(text) for text in TEXTS}
    for text in reversed(TEXTS):
        differ(f"encode({shown(text)})", first[text], subject.encode(text), "and later")


def empty_text(subject: Subject) -> None:
    """The empty text is a text; as text alone it has no ids."""
    found = subject.encode("")
    if found.ids or found.offsets:
        raise Broken(f"encode('') gives {shown(found.ids)}")


def nul(subject: Subject) -> None:
    """A text does not end at a NUL."""
    _not_cut(subject, "a\0b", subject.ids("a\0b"))


def long_text(subject: Subject) -> None:
    """A text of a megabyte is encoded to its end."""
    short, long = (subject.ids(_ending(length))[-LAST:] for length in (SHORT, MEGABYTE))
    if short != long:
        raise Broken(
            f"a text of {MEGABYTE:,} characters ends in the ids {shown(long)}, a shorter one with "
            f"the same end in {shown(short)} (does the tokenizer's file say that it is truncated?)"
        )


def _ending(length: int) -> str:
    return (WORDS * (length // len(WORDS) + 1))[: length - len(END)] + END


def lone_surrogates(subject: Subject) -> None:
    """Half a surrogate pair gives ids or an error, and ends neither the text nor the backend."""
    _answered(subject, "a\ud800b")


def ill_formed_bytes(subject: Subject) -> None:
    """Bytes that are no UTF-8 give ids or an error, and end neither the text nor the backend."""
    _answered(subject, b"a\xffb")


def _answered(subject: Subject, text: str | bytes) -> None:
    found = subject.try_encode(text)
    if not isinstance(found, Failure):
        return _not_cut(subject, text, found)
    if found.fault or found.kind in ENDINGS:
        raise Broken(f"encode({shown(text)}) gives {found.kind}: {found.message[:200]}")
    return None


def _not_cut(subject: Subject, text: str | bytes, ids: list[int]) -> None:
    """Raise Broken where `a?b` has the ids of `a`, or none at all."""
    start = subject.ids("a")
    if ids == start != subject.ids("ab") or (start and not ids):
        raise Broken(f"encode({shown(text)}) gives {shown(ids)}: the text was cut")


def parse_finds_specials(subject: Subject) -> None:
    """In the mode `parse`, a special token that is written out is its id."""
    for id, content in _specials(subject):
        ids = subject.ids(content, "parse")
        if id not in ids:
            raise Broken(f"encode({shown(content)}, 'parse') gives {shown(ids)}, without {id}")


def plain_has_no_specials(subject: Subject) -> None:
    """In the mode `plain`, a special token that is written out is text."""
    for id, content in _specials(subject):
        ids = subject.ids(content, "plain")
        if id in ids and ids == subject.ids(content, "parse"):
            raise Broken(f"encode({shown(content)}, 'plain') gives {shown(ids)}, as 'parse' does")


def _specials(subject: Subject) -> list[tuple[int, str]]:
    added = subject.vocabulary().added
    found = [(id, token.content) for id, token in sorted(added.items()) if token.special]
    if not found:
        raise Unsupported("no special tokens")
    return found[:5]


def batch_is_single(subject: Subject) -> None:
    """A batch gives for each text, in order, what the text gives alone."""
    alone = [subject.ids(text) for text in TEXTS]
    for size in (1, 2, len(TEXTS)):
        found = [one.ids for one in subject.encode_batch(TEXTS[:size])]
        if len(found) != size:
            raise Broken(f"a batch of {size} texts gives {len(found)} results")
        for text, one, other in zip(TEXTS, found, alone, strict=False):
            differ(f"{shown(text)} in a batch of {size}", one, other, "alone")


def empty_batch(subject: Subject) -> None:
    """A batch of no texts has no results."""
    found = subject.encode_batch([])
    if found:
        raise Broken(f"encode_batch([]) gives {shown(found)}")


def texts_unchanged(subject: Subject) -> None:
    """The list of texts is after a batch call what it was before."""
    given = list(TEXTS)
    subject.asked("encode_batch", subject.backend.encode_batch, given, "parse", False)  # noqa: FBT003
    differ("the list of texts after encode_batch", given, list(TEXTS), "before")


def offsets_inside(subject: Subject) -> None:
    """Each id has a range, and it lies in the text."""
    _inside(subject, [text for text in TEXTS if text.isascii()])


def offsets_in_code_points(subject: Subject) -> None:
    """Ranges count code points: neither bytes nor UTF-16."""
    _inside(subject, [text for text in TEXTS if not text.isascii()])


def _inside(subject: Subject, texts: list[str]) -> None:
    for text in texts:
        found = _ranged(subject, text)
        spans = found.offsets or []
        if len(spans) != len(found.ids):
            raise Broken(f"encode({shown(text)}): {len(found.ids)} ids, {len(spans)} ranges")
        for span in spans:
            if not 0 <= span[0] <= span[1] <= len(text):
                raise Broken(f"encode({shown(text)}) has a range {span}; it ends at {len(text)}")


def offsets_ordered(subject: Subject) -> None:
    """No range begins before the one before it."""
    for text in TEXTS:
        starts = [start for start, _ in _ranged(subject, text).offsets or []]
        if starts != sorted(starts):
            raise Broken(f"encode({shown(text)}): ranges begin at {shown(starts)}")


def offsets_batched(subject: Subject) -> None:
    """A batch gives the ranges that each text has alone."""
    alone = [_ranged(subject, text).offsets for text in TEXTS]
    found = [one.offsets for one in subject.encode_batch(TEXTS, offsets=True)]
    for text, one, other in zip(TEXTS, found, alone, strict=False):
        differ(f"ranges of {shown(text)}: a batch", one, other, "alone")


def _ranged(subject: Subject, text: str) -> Encoding:
    found = subject.encode(text)
    if found.offsets is None:
        raise Unsupported("no offsets")
    return found
