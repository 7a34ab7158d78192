"""Looks at trainers: the merges that are learnt of texts, and the ids that they give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from parity.backend import Backend
from parity.seeing import BadOutput, MutatedInput, observe, plain_ids, plain_text
from parity.stream_looks import Of
from parity.types import Case, Observation, Trained


class Learnt(NamedTuple):
    """What came of a training: merges, and the ids of each held-out text, or what was raised."""

    merges: list[list[bytes]]
    ids: list[list[int]] | BaseException


def trainings(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Train on the texts of each case and encode what was held out; look at all that came of it."""
    return [observe(_train, backend, case, 1) for case in cases]


def trainings_backwards(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Do the same with the texts in the other order."""
    return [observe(_train, backend, case, -1) for case in cases]


def _train(backend: Backend, case: Case, step: int) -> Learnt:
    texts = case.payload["texts"][::step]
    given = list(texts)
    trained = backend.train(given, case.payload["size"])
    if given != texts:
        raise MutatedInput("the texts were changed by the training that they were given to")
    if not isinstance(trained, Trained):
        raise BadOutput(f"a trainer gives a Trained, not {type(trained).__name__}")
    merges = _plain_merges(trained.merges)
    try:  # at once: who trains again may have forgotten it
        return Learnt(merges, _encoded(backend, trained, case.payload.get("held_out", [])))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (it is raised again where ids are looked at)
        return Learnt(merges, error)


def _plain_merges(merges: Any) -> list[list[bytes]]:
    try:
        return [[_plain_bytes(left), _plain_bytes(right)] for left, right in merges]
    except (TypeError, ValueError) as error:
        raise BadOutput(f"merges are pairs of bytes, not {ascii(merges)[:60]}") from error


def _plain_bytes(value: Any) -> bytes:
    found = plain_text(value)
    if isinstance(found, str):
        raise BadOutput(f"a merged token is bytes, not {found!a}")
    return found


def _encoded(backend: Backend, trained: Trained, texts: Sequence[str]) -> list[list[int]]:
    if trained.encode is None:
        backend.lacks("encode with what was trained")
    return [plain_ids(trained.encode(text)) for text in texts]


def _merges(_: Backend, __: Case, seen: Learnt) -> list[list[bytes]]:
    return seen.merges


def _ids(_: Backend, __: Case, seen: Learnt) -> list[list[int]]:
    if isinstance(seen.ids, BaseException):
        raise seen.ids
    return seen.ids


def _both(_: Backend, case: Case, seen: Learnt) -> list[Any]:
    held_out = case.payload.get("held_out")
    return [seen.merges, _ids(_, case, seen) if held_out else []]


merges = Of(trainings, _merges)
"""The merges, in order."""
trained_ids = Of(trainings, _ids)
"""The ids of each held-out text."""
learnt = Of(trainings, _both)
"""Both."""
merges_backwards = Of(trainings_backwards, _merges)
"""The merges that are learnt of the texts in the other order."""
