"""Looks: each makes observations of a batch of cases. A check is one, a law is two (`checks`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import cycle
from typing import Any, Final

from parity.backend import Backend
from parity.packed import PackedIds, unpack
from parity.rendered import asked, render, rendered
from parity.seeing import (
    grouped,
    observe,
    own_copy,
    packed_ids,
    plain_encoding,
    plain_encodings,
    plain_ids,
    plain_pairs,
    plain_text,
    plain_token,
    plain_vocabulary,
)
from parity.types import AS_JSON, Case, Encoding, Observation, Specials

Look = Callable[[Backend, Sequence[Case]], Sequence[Observation]]

SKIP: Final = True
"""What `skip_special` is where neither the case nor a view says."""
UNEVEN: Final = (3, 1, 2, 7, 16, 61, 256)
"""Batch sizes that follow one another when a law asks whether the batch matters; the first is
more than one, so that two cases are enough to show that it does."""


def single_ids(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
    """Encode one text at a time."""
    backend = backend.ahead("ids", [_encode_call(case) for case in cases])
    return _of_packed([observe(_encode_packed, backend, case) for case in cases])


def batch_ids(backend: Backend, cases: Sequence[Case]) -> Sequence[Observation]:
    """Encode all texts in one batch call for each mode of special tokens."""

    def call(texts: list[str | bytes], specials: Specials) -> list[Any]:
        return [seen.ids for seen in plain_encodings(backend.encode_batch(texts, specials))]

    return _of_packed(grouped(cases, "specials", "parse", call, packed_ids))


def offsets(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Encode one text at a time and look at the ranges, in code points."""
    backend = backend.ahead("offsets", [_encode_call(case) for case in cases])
    return [observe(_encode_offsets, backend, case) for case in cases]


def batch_offsets(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the ranges that the batch call gives."""

    def call(texts: list[str | bytes], specials: Specials) -> list[Any]:
        seen = plain_encodings(backend.encode_batch(texts, specials, offsets=True))
        return [encoding.offsets for encoding in seen]

    return grouped(cases, "specials", "parse", call, partial(_ranges, backend))


def single_texts(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Decode one list of ids at a time."""
    backend = backend.ahead("decode", [_decode_call(case) for case in cases])
    return [observe(_decode_text, backend, case) for case in cases]


def texts(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Decode ids in one batch call for each way of treating special tokens."""
    return grouped(cases, "skip_special", SKIP, backend.decode_batch, plain_text)


def vocabulary(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the whole vocabulary, or at the table of added tokens, by effective id."""
    return [observe(_PARTS[case.payload], backend) for case in cases]


def outcomes(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the kind of result alone: a value, or the kind of error."""
    calls = {"ids": _decode_text, **dict.fromkeys(AS_JSON, rendered)}
    return [
        _kind_of_result(observe(calls.get(case.kind, _encode_ids), backend, case)) for case in cases
    ]


def uneven_ids(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Encode from the last text to the first, in batches of uneven sizes."""
    return _uneven(batch_ids, backend, cases)


def uneven_texts(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Decode from the last ids to the first, in batches of uneven sizes."""
    return _uneven(texts, backend, cases)


def _uneven(look: Look, backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    order = list(reversed(cases))
    seen: list[Observation] = []
    for size in cycle(UNEVEN):
        seen.extend(look(backend, order[:size]))
        del order[:size]
        if not order:
            break
    return seen[::-1]


def inputs(_: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the inputs as they are, without any backend."""
    return [Observation([_written(case, own_copy(case), asked(case))]) for case in cases]


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


def _encode_call(case: Case) -> tuple[str | bytes, Specials]:
    return case.payload, case.options.get("specials", "parse")


def _decode_call(case: Case) -> tuple[list[int], bool]:
    return list(case.payload), case.options.get("skip_special", SKIP)


def _encode(backend: Backend, case: Case) -> Encoding:
    return plain_encoding(backend.encode(*_encode_call(case)))


def _encode_ids(backend: Backend, case: Case) -> list[int]:
    return plain_ids(_encode(backend, case).ids)


def _encode_packed(backend: Backend, case: Case) -> bytes:
    return packed_ids(_encode(backend, case).ids)


def _encode_offsets(backend: Backend, case: Case) -> list[tuple[int, int]]:
    return _ranges(backend, _encode(backend, case).offsets)


def _ranges(backend: Backend, offsets: Any) -> list[tuple[int, int]]:
    return backend.lacks("offsets") if offsets is None else plain_pairs(offsets)


def _decode_text(backend: Backend, case: Case) -> str | bytes:
    return plain_text(backend.decode(*_decode_call(case)))


def _normal_form(backend: Backend, case: Case) -> str | bytes:
    return plain_text(backend.normal_form(case.payload))


def _round_trip(backend: Backend, case: Case) -> str | bytes:
    ids = plain_ids(plain_encoding(backend.encode(case.payload, "plain")).ids)
    return plain_text(backend.decode(list(ids), skip_special=False))


def _input_after_use(backend: Backend, case: Case) -> list[Any]:
    payload = own_copy(case)
    given, options = [payload], asked(case)
    if case.kind in AS_JSON:
        calls = [observe(render, backend, case, payload, options)]
    elif case.kind == "ids":
        calls = [observe(backend.decode, payload), observe(backend.decode_batch, given)]
    else:
        calls = [observe(backend.encode_batch, given, case.options.get("specials", "parse"))]
    if all(seen.failure and seen.failure.kind == "Unsupported" for seen in calls):
        backend.lacks("operation that takes this input")
    return [_written(case, one, options) for one in given]


def _written(case: Case, payload: Any, options: dict[str, Any]) -> Any:
    """Return an input as it can be kept: what is JSON as its text, which no number gets lost in."""
    return json.dumps([payload, options]) if case.kind in AS_JSON else payload


def _tokens(backend: Backend) -> list[Any]:
    tokens = plain_vocabulary(backend.vocabulary()).tokens
    return [[id, plain_text(tokens[id])] for id in plain_ids(sorted(tokens))]


def _added(backend: Backend) -> list[Any]:
    added = plain_vocabulary(backend.vocabulary()).added
    return [[id, plain_token(added[id])] for id in plain_ids(sorted(added))]


_PARTS: Final = {"tokens": _tokens, "added": _added}


def _declared(backend: Backend) -> dict[str, list[int]]:
    declared = plain_vocabulary(backend.vocabulary()).declared
    if declared is None:
        backend.lacks("table of declared ids")
    return {content: plain_ids([id]) for content, id in declared.items()}


def _effective(backend: Backend) -> dict[str, list[int]]:
    """Return the ids of each content: one that has two keeps both."""
    added = plain_vocabulary(backend.vocabulary()).added
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


def _of_packed(seen: list[Observation]) -> Sequence[Observation]:
    """Return observations of packed ids as one, or where there is a failure, each with its list."""
    if any(one.failure for one in seen):
        return [one if one.failure else Observation(unpack(one.value)) for one in seen]
    return PackedIds([one.value for one in seen])
