"""How to see what a backend does without being fooled by it.

Nothing here raises for what a backend does: an exception is an observation, and so is a result of
the wrong number or the wrong type. Inputs are copied before a backend gets them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from itertools import islice
from operator import index
from typing import Any

from parity.backend import Breach
from parity.errors import Unsupported
from parity.packed import pack, unpack
from parity.types import AS_JSON, AddedToken, Case, Encoding, Failure, Observation, Vocabulary


def observe(call: Callable[..., Any], *args: Any) -> Observation:
    """Return what a call gave, or the failure that it was."""
    try:
        return Observation(call(*args))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (a panic is no Exception, nor is sys.exit(0))
        return Observation(failure=failed(error))


def failed(error: BaseException) -> Failure:
    """Return an exception as data: the name of its class decides, its message does not."""
    if isinstance(error, Unsupported):
        return Failure("Unsupported", _message(error))
    kind = type(error).__name__
    if kind == "Unsupported":  # of somebody else's: it must not pass for the answer of that name
        kind = f"{type(error).__module__}.{kind}"
    return Failure(kind, _message(error), isinstance(error, Breach))


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as worse:  # noqa: BLE001 (an exception that cannot be told is one still)
        return f"its message cannot be read: {type(worse).__name__}"


class BadOutput(Breach):
    """A value that is not what the operation returns."""


class MissingOutput(Breach):
    """A batch gave fewer results than it has inputs."""


class ExtraOutput(Breach):
    """A batch gave more results than it has inputs."""


class UnexplainedFailure(Breach):
    """A batch call failed, and each of its inputs alone did not."""


class MutatedInput(Breach):
    """A backend changed what it was given."""


def own_copy(case: Case) -> Any:
    """Return the payload of a case as a backend may have it."""
    if case.kind in AS_JSON:
        return deepcopy(case.payload)
    return list(case.payload) if case.kind == "ids" else case.payload


def grouped(
    cases: Sequence[Case],
    option: str,
    default: Any,
    call: Callable[[list[Any], Any], Any],
    plain: Callable[[Any], Any],
) -> list[Observation]:
    """Make one batch call for each value of an option; return one observation a case."""
    groups: dict[Any, list[int]] = {}
    for place, case in enumerate(cases):
        groups.setdefault(case.options.get(option, default), []).append(place)
    seen = [Observation()] * len(cases)
    for value, places in groups.items():
        batch = [own_copy(cases[place]) for place in places]
        results = _in_batch(partial(_call_with, call, value), batch, plain)
        for place, result in zip(places, results, strict=True):
            seen[place] = result
    return seen


def _call_with(call: Callable[[list[Any], Any], Any], value: Any, given: list[Any]) -> Any:
    return call(given, value)


def _in_batch(
    call: Callable[[list[Any]], Any], batch: list[Any], plain: Callable[[Any], Any]
) -> list[Observation]:
    """Return one observation per item; if the call fails as a whole, halves find who it was."""
    given = [list(item) if isinstance(item, list) else item for item in batch]
    whole = observe(call, given)
    if given != batch:
        failure = failed(MutatedInput("the batch was changed by the call that it was given to"))
        return [Observation(failure=failure)] * len(batch)
    if whole.failure is None:
        return _aligned(whole.value, len(batch), plain)
    if len(batch) == 1:
        return [whole]
    middle = len(batch) // 2
    halves = _in_batch(call, batch[:middle], plain) + _in_batch(call, batch[middle:], plain)
    if any(seen.failure for seen in halves):
        return halves
    failure = failed(UnexplainedFailure(f"{whole.failure.kind} in a batch of {len(batch)}"))
    return [Observation(failure=failure)] * len(batch)


def _aligned(results: Any, count: int, plain: Callable[[Any], Any]) -> list[Observation]:
    if not isinstance(results, Sequence) or isinstance(results, str | bytes):
        failure = failed(BadOutput(f"a batch call returns a list, not {type(results).__name__}"))
        return [Observation(failure=failure)] * count
    seen = _each(plain, results[:count])
    if len(results) < count:
        failure = failed(MissingOutput(f"{count} inputs, {len(results)} outputs"))
        seen += [Observation(failure=failure)] * (count - len(results))
    if len(results) > count:
        failure = failed(ExtraOutput(f"{count} inputs, {len(results)} outputs"))
        seen[-1:] = [Observation(failure=failure)]
    return seen


def _each(plain: Callable[[Any], Any], results: Sequence[Any]) -> list[Observation]:
    try:
        return [Observation(plain(value)) for value in results]
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 (one of them is no plain value: see which)
        return [observe(plain, value) for value in results]


def items(value: Any) -> list[Any]:
    """Return the items of what has a length: that many, whatever else it would give.

    Raises BadOutput for what gives more, and TypeError for an iterator, which has no end that
    could be waited for.
    """
    if type(value) is list:
        return value
    length = len(value)
    found = list(islice(value, length + 1))
    if len(found) > length:
        raise BadOutput(f"a {type(value).__name__} of the length {length} has more items")
    return found


def plain_ids(value: Any) -> list[int]:
    """Return ids as a list of its own, of `int` and nothing else.

    Integers by value: whatever `pack` takes; a float is none. A backend that fills one buffer
    again and again cannot change what was seen.
    """
    return unpack(packed_ids(value))


def packed_ids(value: Any) -> bytes:
    """Return ids as `plain_ids` sees them, packed."""
    try:
        return pack(items(value))
    except (TypeError, OverflowError) as error:
        raise BadOutput(f"ids are a list of integers, not {ascii(value)[:60]}") from error


def plain_pairs(value: Any) -> list[tuple[int, int]]:
    """Return offsets as pairs of integers."""
    try:
        return [(index(start), index(end)) for start, end in items(value)]
    except (TypeError, ValueError) as error:
        raise BadOutput(f"offsets are pairs of integers, not {ascii(value)[:60]}") from error


def plain_text(value: Any) -> str | bytes:
    """Return text, or bytes, and nothing else."""
    if not isinstance(value, str | bytes):
        raise BadOutput(f"text is str or bytes, not {ascii(value)[:60]}")
    if type(value) in (str, bytes):
        return value
    return str.__str__(value) if isinstance(value, str) else bytes(value)


def plain_encoding(value: Any) -> Encoding:
    """Return what encode returned, if it is an Encoding."""
    if not isinstance(value, Encoding):
        raise BadOutput(f"encode returns an Encoding, not {type(value).__name__}")
    return value


def plain_encodings(value: Any) -> list[Encoding]:
    """Return what a batch call returned, if it is a list of Encodings."""
    if not isinstance(value, list | tuple):
        raise BadOutput(f"a batch call returns a list, not {type(value).__name__}")
    return [plain_encoding(item) for item in items(value)]


def plain_vocabulary(value: Any) -> Vocabulary:
    """Return a vocabulary, if its parts are mappings."""
    if not isinstance(value, Vocabulary) or not all(
        part is None or isinstance(part, Mapping) for part in value
    ):
        raise BadOutput(f"vocabulary returns a Vocabulary, not {ascii(value)[:60]}")
    return value


def plain_token(token: AddedToken) -> list[Any]:
    """Return an added token as its text and flags; a flag is True, False or None."""
    content, *flags = token
    if not all(flag is None or type(flag) is bool for flag in flags):
        raise BadOutput(f"flags are True, False or None, not {ascii(token)[:120]}")
    return [plain_text(content), *flags]
