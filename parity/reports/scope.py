"""Which part of a plan a run was about, in words: what it says is not said of the whole plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_SHOWN: Final = 12
"""Digits of a commit that are shown."""


def lines(header: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each thing that leaves out cases of the plan, or that was merged.

    >>> list(lines({"shard": [2, 4]}))
    ['part  shard 2 of 4: what it finds is said of its own cases alone']
    """
    if header.get("shard"):
        number, of = header["shard"]
        yield f"part  shard {number} of {of}: what it finds is said of its own cases alone"
    merged = header.get("shards")
    if isinstance(merged, list) and merged:
        yield f"merged  {len(merged)} of {_of(merged)} shards"
    since = header.get("since")
    if since:
        commit = since["commit"][:_SHOWN]
        because = since.get("because") or "changed cases alone"
        yield f"since  {since['rev']} ({commit}): {because}"


def _of(merged: list[Any]) -> str:
    first = merged[0]
    shard = first.get("shard") if isinstance(first, dict) else None
    return str(shard[1]) if isinstance(shard, list) and len(shard) > 1 else "?"
