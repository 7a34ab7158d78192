"""One engine over all prompts, in a process of its own, and kept line by line."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from parity import jsonl
from parity.backend import Breach
from parity.decoded import keeping
from parity.decoded.halting import Halt
from parity.decoding import apart
from parity.decoding.apart import Apart
from parity.decoding.engines import Spec
from parity.decoding.gathering import batches, gather, schedule
from parity.decoding.judging import ENDED
from parity.decoding.records import Capabilities, Outcome, Prompt
from parity.errors import LoadFailed, NotWhatWasAsked
from parity.fingerprint import Fingerprint

USUAL: Final = {"batch": "1", "order": "given", "twice": "no", "threads": apart.THREADS}
"""How an engine is asked where its spec does not say, of what may change its answers."""
Told = Callable[[int], None]
"""Called with the number of prompts that are done."""


class Side(NamedTuple):
    """One engine over all prompts.

    text: its spec, with how it is asked.
    mark: what it is; the same before and after.
    outcomes: by prompt, in the order of the prompts.
    pieces: the text of each new id alone, for people to read: by this side, or by one before it.
    taken: how many of them are of a run that was stopped before.
    seconds: of wall time, loading included; used: `cpu_s`, `peak_mib`; of what was not taken.
    """

    text: str
    spec: Spec
    mark: Fingerprint
    capabilities: Capabilities
    outcomes: dict[str, Outcome]
    pieces: Mapping[int, str] = {}
    taken: int = 0
    seconds: float = 0.0
    used: Mapping[str, float] = {}


class Errand(NamedTuple):
    """What every side is asked, and where its outcomes are kept.

    pieces: the texts of single ids, by the first side that gave them; filled on the way.
    """

    prompts: Sequence[Prompt]
    top: int
    folder: Path
    pieces: dict[int, str]
    resume: bool = False

    @property
    def digest(self) -> str:
        """The SHA-256 of the prompts, as they are asked."""
        return digest_of(self.prompts)


def digest_of(prompts: Sequence[Prompt]) -> str:
    """Return the SHA-256 of prompts, as they are asked."""
    rows = [[*prompt[:3], prompt.max_tokens, list(prompt.stop)] for prompt in prompts]
    return hashlib.sha256(jsonl.dump(rows).encode()).hexdigest()


def text_of(spec: Spec) -> str:
    """Return a spec as a user writes it, with how it is asked."""
    return ",".join([spec.text, *map("=".join, spec.asked.items())])


def manner(spec: Spec) -> dict[str, str]:
    """Return how an engine is asked, as far as its answers may depend on that."""
    asked = {name: spec.asked.get(name, usual) for name, usual in USUAL.items()}
    return {**asked, **({"python": spec.asked["python"]} if "python" in spec.asked else {})}


def as_asked(spec: Spec, prompts: Sequence[Prompt]) -> dict[str, object]:
    """Return how an engine is asked these prompts: all in one batch is one way, of any size."""
    told = manner(spec)
    plan = schedule(spec.asked, text_of(spec))
    together = [[prompt.id for prompt in batch] for batch in batches(prompts, plan)]
    return {**told, "batch": together, "order": ""}


def run(spec: Spec, errand: Errand, name: str, told: Told, halt: Halt) -> Side:
    """Ask an engine for all prompts, and keep what comes of each in the folder's `name`.jsonl.

    Raises what loading raises, NotWhatWasAsked where it is another thing at the end, UsageError
    where it is to go on from a file of something else, EvidenceLost.
    """
    begun = time.monotonic()
    with opened(spec, halt) as engine:
        mark = engine.fingerprint()
        path = errand.folder / f"{name}.jsonl"
        key = _key(spec, mark, errand)
        kept = keeping.taken_over(path, key) if errand.resume else keeping.nothing(key)
        kept = kept._replace(outcomes={
            name: one for name, one in kept.outcomes.items()
            if not (one.failure and one.failure.kind in ENDED)
        })  # fmt: skip
        found = dict(kept.outcomes)
        plan = schedule(spec.asked, text_of(spec))
        record = keeping.Record(path, {"key": key, "side": mark._asdict()}, found)

        def keep(outcome: Outcome) -> None:
            halt.check()
            record.keep(outcome)
            found[outcome.prompt] = outcome
            told(len(found))

        told(len(found))
        with closing(record):
            gather(engine, errand.prompts, plan, keep, errand.top, done=kept.outcomes)
            halt.check()
            used = _unchanged(engine, mark)
            record.finish()
        pieces = _pieces(engine, found.values(), errand.pieces)
        errand.pieces.update(pieces)
    ordered = {prompt.id: found[prompt.id] for prompt in errand.prompts}
    seconds = time.monotonic() - begun
    return Side(
        text_of(spec), spec, mark, engine.capabilities, ordered, pieces,
        len(kept.outcomes), seconds, used,
    )  # fmt: skip


def _key(spec: Spec, mark: Fingerprint, errand: Errand) -> dict[str, object]:
    """Return what a file is of: what decides what is in it."""
    asked = {**manner(spec), **{n: v for n, v in spec.asked.items() if n in ("timeout", "memory")}}
    engine = {name: value for name, value in mark._asdict().items() if name != "spec"}
    return {
        "spec": spec.text, "asked": asked, "engine": engine,
        "prompts": errand.digest, "top": errand.top,
    }  # fmt: skip


@contextmanager
def opened(spec: Spec, halt: Halt) -> Iterator[Apart]:
    """Yield an engine, and end it. Raises LoadFailed where its process dies while it loads."""
    halt.check()
    try:
        engine = apart.start(spec)
    except Breach as error:
        reason = f"{type(error).__name__}: {error}"
        raise LoadFailed(f"{text_of(spec)!r} cannot be loaded; its process: {reason}") from error
    with halt.ending(engine):
        yield engine


def _pieces(engine: Apart, outcomes: Iterable[Outcome], known: Mapping[int, str]) -> dict[int, str]:
    """Return the text of each id that an engine gave, and that no side before it has."""
    made = [one.generation.ids or () for one in outcomes if one.generation]
    unknown = {id for ids in made for id in ids} - known.keys()
    try:
        return {**known, **{id: engine.decode([id]) for id in sorted(unknown)}}
    except KeyboardInterrupt:
        raise
    except Exception:  # noqa: BLE001 (what it looks like decides nothing)
        return dict(known)


def _unchanged(engine: Apart, before: Fingerprint) -> Mapping[str, float]:
    """Return what an engine has used. Raises NotWhatWasAsked where it is not what it was."""
    try:
        used, after = engine.usage(), engine.fingerprint()
    except Breach as error:
        reason = f"{type(error).__name__}: {error}"
        raise LoadFailed(f"{before.spec!r} cannot say what it is any more: {reason}") from error
    if after != before:
        raise NotWhatWasAsked(f"{before.spec!r} is another thing after the run than before it")
    return used
