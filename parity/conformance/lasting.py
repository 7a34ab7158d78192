"""Rules for what must outlast everything that was asked: identity, and answers after errors."""

from __future__ import annotations

from parity import fingerprint
from parity.conformance.subject import Broken, Subject, differ, shown
from parity.errors import ParityError, Unsupported
from parity.types import Failure

BAD = ("a\ud800b", b"a\xffb", [-1], [1 << 32], [1 << 70])
"""What may be answered with an error: text that is none, ids that are none."""
LACKING = "Unsupported"


def identity_is_stable(subject: Subject) -> None:
    """A backend is what it says it is, and says the same before and after it has worked."""
    try:
        before = fingerprint.take("", subject.backend)
        subject.ids("hello")
        after = fingerprint.take("", subject.backend)
    except Unsupported:
        return
    except ParityError as error:
        raise Broken(f"identity() is refused: {error}") from error
    for field, one, other in zip(before._fields, before, after, strict=True):
        differ(f"`{field}` of identity()", one, other, "and after an encode")


def errors_are_stable(subject: Subject) -> None:
    """What cannot be answered fails in the same way whenever it is asked."""
    kinds = set()
    for given in BAD:
        first, again = (_kind(subject, given) for _ in range(2))
        if first != again:
            raise Broken(f"{shown(given)} gives {first}, and later {again}")
        kinds.add(first)
    if kinds == {LACKING}:
        raise Unsupported("nothing that could fail")


def goes_on_after_errors(subject: Subject) -> None:
    """An error changes no later answer."""
    text = "Hello, world!"
    before = subject.ids(text)
    for given in BAD:
        _kind(subject, given)
        differ(f"encode({shown(text)})", before, subject.ids(text), f"and after {shown(given)}")


def _kind(subject: Subject, given: str | bytes | list[int]) -> str:
    """Return the kind of error that a bad input gives, or that it gives a value or is lacking."""
    try:
        if isinstance(given, list):
            found: object = subject.try_decode(given)
        else:
            found = subject.try_encode(given)
    except Unsupported:
        return LACKING
    return found.kind if isinstance(found, Failure) else "a value"
