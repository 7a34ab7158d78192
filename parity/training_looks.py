"""Looks at trainers: the merges that are learnt of texts, and the ids that they give.

Merges are asked for alone: a wrong encoder is not counted again as a wrong trainer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity.backend import Backend
from parity.seeing import BadOutput, MutatedInput, observe, plain_ids, plain_text
from parity.types import Case, Observation, Trained


def merges(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Train on the texts of each case; look at the merges, in order."""
    return [observe(_merges, backend, case) for case in cases]


def merges_backwards(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Look at the merges that are learnt of the texts in the other order."""
    turned = [
        case._replace(payload={**case.payload, "texts": case.payload["texts"][::-1]})
        for case in cases
    ]
    return merges(backend, turned)


def trained_ids(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Train on the texts of each case; look at the ids of each text that was held out."""
    return [observe(_ids, backend, case) for case in cases]


def learnt(backend: Backend, cases: Sequence[Case]) -> list[Observation]:
    """Train once for both; of one that only trains, look at the merges alone."""
    return [observe(_both, backend, case) for case in cases]


def _merges(backend: Backend, case: Case) -> list[list[bytes]]:
    return _plain_merges(_trained(backend, case, []).merges)


def _ids(backend: Backend, case: Case) -> list[list[int]]:
    seen = _trained(backend, case, case.payload.get("held_out", []))
    return backend.lacks("encode with what was trained") if seen.ids is None else _plain_ids(seen)


def _both(backend: Backend, case: Case) -> list[Any]:
    seen = _trained(backend, case, case.payload.get("held_out", []))
    return [_plain_merges(seen.merges), None if seen.ids is None else _plain_ids(seen)]


def _trained(backend: Backend, case: Case, held_out: Sequence[str]) -> Trained:
    texts = case.payload["texts"]
    given = list(texts), list(held_out)
    seen = backend.train(given[0], case.payload["size"], given[1])
    if given != (texts, held_out):
        raise MutatedInput("the texts were changed by the training that they were given to")
    if not isinstance(seen, Trained):
        raise BadOutput(f"a trainer gives a Trained, not {type(seen).__name__}")
    if seen.ids is not None and len(seen.ids) != len(held_out):
        raise BadOutput(f"{len(held_out)} texts were held out, {len(seen.ids)} have ids")
    return seen


def _plain_merges(found: Any) -> list[list[bytes]]:
    try:
        return [[_plain_bytes(left), _plain_bytes(right)] for left, right in found]
    except (TypeError, ValueError) as error:
        raise BadOutput(f"merges are pairs of bytes, not {ascii(found)[:60]}") from error


def _plain_bytes(value: Any) -> bytes:
    found = plain_text(value)
    if isinstance(found, str):
        raise BadOutput(f"a merged token is bytes, not {found!a}")
    return found


def _plain_ids(seen: Trained) -> list[list[int]]:
    return [plain_ids(ids) for ids in seen.ids or ()]
