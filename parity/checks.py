"""What can be seen of a backend: checks, for two sides, and laws, for one side with itself.

A `Look` makes observations of a batch of cases. A check is one look at both sides. A law is two
looks at one side that must agree. Adding either is one function and one row of a table.

Nothing here raises for what a backend does: an exception is an observation, and so is a result of
the wrong number or the wrong type. Inputs are copied before a backend gets them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle
from operator import index
from typing import Any, Final, NamedTuple

from parity.backend import Backend
from parity.errors import Unsupported
from parity.packed import PackedIds, pack, unpack
from parity.types import AddedToken, Case, Encoding, Failure, Observation, Specials

Look = Callable[[Backend, Sequence[Case]], Sequence[Observation]]

VOCABULARY: Final = (
    Case("vocabulary/tokens", "vocabulary", "tokens"),
    Case("vocabulary/added", "vocabulary", "added"),
)
DECLARED: Final = (Case("vocabulary/declared", "vocabulary", "declared"),)
SKIP: Final = True
"""What `skip_special` is where neither the case nor a view says."""
UNEVEN: Final = (3, 1, 2, 7, 16, 61, 256)
"""Batch sizes that follow one another when a law asks whether the batch matters; the first is
more than one, so that two cases are enough to show that it does."""


class Check(NamedTuple):
    """One look at both sides.

    takes: kinds of cases. A grounded check takes texts too, as the ids that the reference
        makes of them, so that a wrong encode is not counted again as a wrong decode.
    views: each case is looked at once per view, with these options; by name.
    own: cases of its own; such a check takes nothing from a corpus.
    """

    look: Look
    about: str
    takes: frozenset[str] = frozenset({"text", "bytes"})
    grounded: bool = False
    views: Mapping[str, Mapping[str, Any]] = {}
    own: tuple[Case, ...] = ()


class Law(NamedTuple):
    """Two looks at one side that must agree; `gates` is false for a property that only informs."""

    once: Look
    again: Look
    about: str
    takes: frozenset[str] = frozenset({"text"})
    grounded: bool = False
    own: tuple[Case, ...] = ()
    gates: bool = True


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
        return Failure("Unsupported", str(error))
    kind = type(error).__name__
    if kind == "Unsupported":  # of somebody else's: it must not pass for the answer of that name
        kind = f"{type(error).__module__}.{kind}"
    return Failure(kind, str(error), isinstance(error, Breach))


class Breach(Exception):
    """The backend broke the contract; two sides with the same breach do not agree."""


class BadOutput(Breach):
    """A value that is not what the operation returns."""


class MissingOutput(Breach):
    """A batch gave fewer results than it has inputs."""


class ExtraOutput(Breach):
    """A batch gave more results than it has inputs."""


class MutatedInput(Breach):
    """A backend changed what it was given."""


def single_ids(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
    """Encode one text at a time."""
    return _of_packed([observe(_encode_packed, backend, case) for case in cases])


def batch_ids(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
    """Encode all texts in one batch call for each mode of special tokens."""

    def call(texts: list[str | bytes], specials: Specials) -> list[Any]:
        return [seen.ids for seen in backend.encode_batch(texts, specials)]

    return _of_packed(_grouped(cases, "specials", "parse", call, packed_ids))


def offsets(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Encode one text at a time and look at the ranges, in code points."""
    return [observe(_encode_offsets, backend, case) for case in cases]


def texts(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Decode ids in one batch call for each way of treating special tokens."""
    return _grouped(cases, "skip_special", SKIP, backend.decode_batch, plain_text)


def vocabulary(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the whole vocabulary, or at the table of added tokens, by effective id."""
    return [observe(_PARTS[case.payload], backend) for case in cases]


def outcomes(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the kind of result alone: a value, or the kind of error."""
    calls = {"ids": _decode_text}
    return [
        _kind_of_result(observe(calls.get(case.kind, _encode_ids), backend, case)) for case in cases
    ]


def uneven_batches(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Encode from the last text to the first, in batches of uneven sizes."""
    order = list(reversed(cases))
    seen: list[Observation] = []
    for size in cycle(UNEVEN):
        seen.extend(batch_ids(backend, order[:size]))
        del order[:size]
        if not order:
            break
    return seen[::-1]


def inputs(_: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the inputs as they are, without any backend."""
    return [Observation([_own_copy(case)]) for case in cases]


def inputs_after(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Give each input to every operation that takes it, in a list, and look at the list again."""
    return [observe(_input_after_use, backend, case) for case in cases]


def normal_forms(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the text in the normal form that the backend declares."""
    return [observe(_normal_form, backend, case) for case in cases]


def round_trips(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Encode as plain text, decode with nothing skipped."""
    return [observe(_round_trip, backend, case) for case in cases]


def declared_ids(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the ids of added tokens as the artefact declares them."""
    return [observe(_declared, backend) for _ in cases]


def effective_ids(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the ids of added tokens as the backend uses them."""
    return [observe(_effective, backend) for _ in cases]


TEXT: Final = frozenset({"text"})
IDS: Final = frozenset({"ids"})

CHECKS: Final[Mapping[str, Check]] = {
    "ids": Check(single_ids, "token ids, one text a call"),
    "ids_batched": Check(batch_ids, "token ids, through the batch call"),
    "offsets": Check(offsets, "ranges of the text, in code points", TEXT),
    "text": Check(
        texts,
        "decoded text, with special tokens skipped and kept",
        IDS,
        grounded=True,
        views={"skip": {"skip_special": True}, "keep": {"skip_special": False}},
    ),
    "vocabulary": Check(
        vocabulary, "tokens and added tokens by effective id", frozenset(), own=VOCABULARY
    ),
    "outcome": Check(
        outcomes, "value or kind of error, of encode and decode", TEXT | IDS | {"bytes"}
    ),
}

LAWS: Final[Mapping[str, Law]] = {
    "batch_is_single": Law(
        single_ids, uneven_batches, "a batch gives what single calls give, in any order and size"
    ),
    "repeatable": Law(single_ids, single_ids, "the same call gives the same ids again"),
    "inputs_unchanged": Law(
        inputs, inputs_after, "nothing that a backend is given is changed", TEXT | IDS
    ),
    "declared_ids": Law(
        declared_ids, effective_ids, "added tokens have the ids that their file declares",
        frozenset(), own=DECLARED,
    ),
    "round_trip": Law(
        normal_forms, round_trips, "decoding gives back the declared normal form (informs only)",
        gates=False,
    ),
}  # fmt: skip


# One call, for one case.


def _encode(backend: Backend, case: Case) -> Encoding:
    seen = backend.encode(case.payload, case.options.get("specials", "parse"))
    if not isinstance(seen, Encoding):
        raise BadOutput(f"encode returns an Encoding, not {type(seen).__name__}")
    return seen


def _encode_ids(backend: Backend, case: Case) -> list[int]:
    return plain_ids(_encode(backend, case).ids)


def _encode_packed(backend: Backend, case: Case) -> bytes:
    return packed_ids(_encode(backend, case).ids)


def _encode_offsets(backend: Backend, case: Case) -> list[tuple[int, int]]:
    found = _encode(backend, case).offsets
    return backend.lacks("offsets") if found is None else plain_pairs(found)


def _decode_text(backend: Backend, case: Case) -> str | bytes:
    return plain_text(backend.decode(list(case.payload)))


def _normal_form(backend: Backend, case: Case) -> str | bytes:
    return plain_text(backend.normal_form(case.payload))


def _round_trip(backend: Backend, case: Case) -> str | bytes:
    ids = plain_ids(backend.encode(case.payload, "plain").ids)
    return plain_text(backend.decode(list(ids), skip_special=False))


def _own_copy(case: Case) -> Any:
    return list(case.payload) if case.kind == "ids" else case.payload


def _input_after_use(backend: Backend, case: Case) -> list[Any]:
    payload = _own_copy(case)
    given = [payload]
    if case.kind == "ids":
        calls = [observe(backend.decode, payload), observe(backend.decode_batch, given)]
    else:
        calls = [observe(backend.encode_batch, given, case.options.get("specials", "parse"))]
    if all(seen.failure and seen.failure.kind == "Unsupported" for seen in calls):
        backend.lacks("operation that takes this input")
    return given


def _tokens(backend: Backend) -> list[Any]:
    tokens = backend.vocabulary().tokens
    return [[id, plain_text(tokens[id])] for id in plain_ids(sorted(tokens))]


def _added(backend: Backend) -> list[Any]:
    added = backend.vocabulary().added
    return [[id, plain_token(added[id])] for id in plain_ids(sorted(added))]


_PARTS: Final = {"tokens": _tokens, "added": _added}


def _declared(backend: Backend) -> dict[str, list[int]]:
    declared = backend.vocabulary().declared
    if declared is None:
        backend.lacks("table of declared ids")
    return {content: plain_ids([id]) for content, id in declared.items()}


def _effective(backend: Backend) -> dict[str, list[int]]:
    """Return the ids of each content: one that has two keeps both."""
    added = backend.vocabulary().added
    found: dict[str, list[int]] = {}
    for id in plain_ids(sorted(added)):
        found.setdefault(added[id].content, []).append(id)
    return found


def _kind_of_result(seen: Observation) -> Observation:
    if seen.failure is None:
        return Observation("value")
    if seen.failure.fault or seen.failure.kind == "Unsupported":
        return seen
    return Observation(f"error {seen.failure.kind}")


# One call, for a batch.


def _grouped(
    cases: Sequence[Case],
    option: str,
    default: Any,
    call: Callable[[list[Any], Any], Any],
    plain: Callable[[Any], Any],
) -> list[Observation]:
    groups: dict[Any, list[int]] = {}
    for place, case in enumerate(cases):
        groups.setdefault(case.options.get(option, default), []).append(place)
    seen = [Observation()] * len(cases)
    for value, places in groups.items():
        batch = [_own_copy(cases[place]) for place in places]
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
    return _in_batch(call, batch[:middle], plain) + _in_batch(call, batch[middle:], plain)


def _aligned(results: Any, count: int, plain: Callable[[Any], Any]) -> list[Observation]:
    if not isinstance(results, Sequence) or isinstance(results, str | bytes):
        failure = failed(BadOutput(f"a batch call returns a list, not {type(results).__name__}"))
        return [Observation(failure=failure)] * count
    seen = [observe(plain, value) for value in results[:count]]
    if len(results) < count:
        failure = failed(MissingOutput(f"{count} inputs, {len(results)} outputs"))
        seen += [Observation(failure=failure)] * (count - len(results))
    if len(results) > count:
        failure = failed(ExtraOutput(f"{count} inputs, {len(results)} outputs"))
        seen[-1:] = [Observation(failure=failure)]
    return seen


def _of_packed(seen: list[Observation]) -> Sequence[Observation]:
    """Return observations of packed ids as one, or where there is a failure, each with its list."""
    if any(one.failure for one in seen):
        return [one if one.failure else Observation(unpack(one.value)) for one in seen]
    return PackedIds([one.value for one in seen])


# What is plain data.


def plain_ids(value: Any) -> list[int]:
    """Return ids as a list of its own, of `int` and nothing else.

    Integers by value: whatever `pack` takes; a float is none. A backend that fills one buffer
    again and again cannot change what was seen.
    """
    return unpack(packed_ids(value))


def packed_ids(value: Any) -> bytes:
    """Return ids as `plain_ids` sees them, packed."""
    try:
        return pack(value if type(value) is list else list(value))
    except (TypeError, OverflowError) as error:
        raise BadOutput(f"ids are a list of integers, not {ascii(value)[:60]}") from error


def plain_pairs(value: Any) -> list[tuple[int, int]]:
    """Return offsets as pairs of integers."""
    try:
        return [(index(start), index(end)) for start, end in value]
    except (TypeError, ValueError) as error:
        raise BadOutput(f"offsets are pairs of integers, not {ascii(value)[:60]}") from error


def plain_text(value: Any) -> str | bytes:
    """Return text, or bytes, and nothing else."""
    if not isinstance(value, str | bytes):
        raise BadOutput(f"text is str or bytes, not {ascii(value)[:60]}")
    if type(value) in (str, bytes):
        return value
    return str.__str__(value) if isinstance(value, str) else bytes(value)


def plain_token(token: AddedToken) -> list[Any]:
    """Return an added token as its text and flags; a flag is True, False or None."""
    content, *flags = token
    if not all(flag is None or type(flag) is bool for flag in flags):
        raise BadOutput(f"flags are True, False or None, not {ascii(token)[:120]}")
    return [plain_text(content), *flags]
