"""What both sides can, and what the reference does now: checks for a plan, and its goldens."""

from __future__ import annotations

import contextlib
import glob
import importlib.util
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from parity import backends, golden_commands, session
from parity.backend import Backend
from parity.backends import read_spec, written
from parity.errors import ParityError, UsageError
from parity.plan import Pair, Plan
from parity.seeing import observe

MINE: Final = "corpora/*.jsonl"
CORPORA: Final = (
    "all", "!bytes", "!chat", "!stops", "!streams", "!templates", "!training", MINE,
)  # fmt: skip
"""Texts and ids of the shipped corpora, and the project's own."""
PROBE: Final = "abc d"
GOLDEN: Final = ("ids", "text")
ORACLES: Final = ("reference", "transformers")
"""Kinds of candidates that are tried, in order, where none is named."""


@contextlib.contextmanager
def opened(name: str, reference: str, candidate: str) -> Iterator[session.Loaded]:
    """Yield both sides of the pair, loaded: the candidate that was named, or the first that is one.

    Raises what loading raises, and UsageError where no candidate is named and none takes it.
    """
    given = [candidate] if candidate else _candidates(reference)
    side = backends.load(reference)
    try:
        loaded = _first(name, reference, given, side, named=bool(candidate))
        try:
            yield loaded
            session.check_unchanged(loaded)
        finally:
            session.close(loaded, kept=side)
    finally:
        observe(side.close)


def _candidates(reference: str) -> list[str]:
    """Return the specs of both oracles on the reference's own target, without its options."""
    spec = read_spec(reference)
    specs = (spec._replace(kind=kind, options={}) for kind in ORACLES if kind != spec.kind)
    return [written(one) for one in specs]


def _first(
    name: str, reference: str, candidates: Sequence[str], side: Backend, *, named: bool
) -> session.Loaded:
    reasons = []
    for candidate in candidates:
        kind = read_spec(candidate).kind
        if not named and kind == ORACLES[1] and not _is_here(kind):
            reasons.append(f"{candidate}: {kind} is not installed")
            continue
        try:
            return session.load_pair(Pair(name, reference, candidate), side)
        except ParityError as error:
            if named:
                raise
            reasons.append(f"{candidate}: {error}")
    raise UsageError(
        f"no side to compare {reference!r} with; name the one that you use: --candidate SPEC "
        f"(tokparity backends lists the kinds). Tried: {'; '.join(reasons)}"
    )


def _is_here(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def checks_of(loaded: session.Loaded) -> tuple[str, ...]:
    """Return the checks that both sides can answer; each is named, so each must compare.

    Raises UsageError where one of them encodes nothing.
    """
    sides = loaded.reference, loaded.candidate
    encoded = [observe(side.encode, PROBE) for side in sides]
    for spec, seen in zip((loaded.pair.reference, loaded.pair.candidate), encoded, strict=True):
        if seen.failure:
            raise UsageError(
                f"{spec!r} does not encode {PROBE!r}: {seen.failure.kind}: {seen.failure.message}; "
                "init is for two tokenizers, and [tool.parity] can compare other things"
            )
    ids = list(encoded[0].value.ids)
    can = {
        "ids": True,
        "offsets": all(seen.value.offsets is not None for seen in encoded),
        "text": not any(observe(side.decode, ids).failure for side in sides),
        "vocabulary": not any(observe(side.vocabulary).failure for side in sides),
        "batch_is_single": not any(observe(side.encode_batch, [PROBE]).failure for side in sides),
    }
    return tuple(check for check, both in can.items() if both)


def goldens(loaded: session.Loaded, checks: Sequence[str], own: bytes | None) -> dict[Path, bytes]:
    """Return the goldens of ids and text as `golden update` would write them, by path.

    own: the corpus of the user that is not written yet. Raises UsageError for one that is there.
    """
    with tempfile.TemporaryDirectory(prefix="tokparity-init-") as name:
        mine = [MINE] if list(Path().glob(MINE)) else []
        if own is not None:
            folder = Path(name) / "corpora"
            folder.mkdir()
            (folder / "own.jsonl").write_bytes(own)
            mine.append(f"{glob.escape(str(folder))}/*.jsonl")
        golden = tuple(check for check in GOLDEN if check in checks)
        pair = loaded.pair._replace(
            checks=tuple(checks), named=True, corpora=(*CORPORA[:-1], *mine), golden=golden
        )
        found = {
            item.path: golden_commands.recorded(item, loaded).text.encode("ascii")
            for item in golden_commands.golden_items(Plan((pair,)))
        }
    for path in found:
        if path.exists():
            raise UsageError(f"{path.as_posix()}: is there already; take another --name")
    return found


def vocabulary_of(loaded: session.Loaded) -> list[str]:
    """Return the added tokens of the reference, in order of their ids; none where it tells none."""
    seen = observe(loaded.reference.vocabulary)
    added = {} if seen.failure else seen.value.added
    return [added[id].content for id in sorted(added)]
