"""The trailer of a golden: who reads the file later learns why a case is what it is.

After the cases stands a line for each change that somebody accepted in a review:

    {"accepted": "cjk/han-3f9c2a10", "sha256": "…", "was": "…", "reason": "Unicode 16 tables"}

sha256: the signature that was accepted; null where the case has no line any more.
was: the signature before; null where the case had no line.
`accepted` is a case's id, or `header` for the digests of the artefacts.

A line that is no longer about the signature that stands in the file is dropped when it is written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from parity import jsonl
from parity.errors import GoldenError

HEADER: Final = "header"
"""What is accepted where the artefacts are; no case has this id, which has no topic."""
KEYS: Final = ("accepted", "sha256", "was", "reason")
DIGEST: Final = re.compile("[0-9a-f]{64}")


class Acceptance(NamedTuple):
    """One change that somebody accepted."""

    accepted: str
    sha256: str | None
    was: str | None
    reason: str

    def line(self) -> str:
        """Return the line that says so, without its newline."""
        return jsonl.dump(self._asdict())


def parse(row: Mapping[str, Any]) -> Acceptance:
    """Return what a line of a trailer says. Raises GoldenError where it says nothing clear."""
    if tuple(row) != KEYS:
        raise GoldenError(f"was edited by hand: an acceptance has {', '.join(KEYS)}, in this order")
    for key in ("accepted", "reason"):
        if not isinstance(row[key], str) or not row[key].strip():
            raise GoldenError(f"was edited by hand: an acceptance has no {key}")
    for key in ("sha256", "was"):
        if row[key] is not None and not (isinstance(row[key], str) and DIGEST.fullmatch(row[key])):
            raise GoldenError(f"was edited by hand: {key} is no signature: {row[key]!a}")
    return Acceptance(**row)


def of_header(head: Mapping[str, Any]) -> str:
    """Return the signature of what a golden was made for."""
    return hashlib.sha256(jsonl.dump(dict(sorted(head["artefacts"].items()))).encode()).hexdigest()


def holds(one: Acceptance, head: Mapping[str, Any], signatures: Mapping[str, str]) -> bool:
    """Say whether what was accepted is what stands in the file."""
    now = of_header(head) if one.accepted == HEADER else signatures.get(one.accepted)
    return one.sha256 == now


def kept(
    found: Iterable[Acceptance], head: Mapping[str, Any], signatures: Mapping[str, str]
) -> list[Acceptance]:
    """Return the acceptances that hold, the first of each: the header's, then in corpus order.

    Those of cases that have no line stand last, by id.
    """
    holding: dict[str, Acceptance] = {}
    for one in found:
        if holds(one, head, signatures):
            holding.setdefault(one.accepted, one)
    order = [id for id in (HEADER, *signatures) if id in holding]
    gone = sorted(holding.keys() - set(order))
    return [holding[id] for id in (*order, *gone)]
