"""`tokparity shadow replay`: run again what diverged, from the user's own store.

What a divergence line has is the digest of its input; the input is where it always was. Both sides
are asked again, and the outcome is judged as the shadow did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import files, jsonl
from parity.errors import Inconclusive, UsageError
from parity.seeing import observe
from parity.shadow import redacting
from parity.shadow.judging import made_plain
from parity.shadow.records import DIVERGED, SAME, Call, Outcome
from parity.shadow.surfaces import Surface
from parity.shadowed import again, store, telling, totals
from parity.shadowed.again import Sides
from parity.shadowed.reading import BadLog, Run, read
from parity.shadowed.store import Input
from parity.shadowed.tail import place

FIXED, STILL, CHANGED, ABSENT, UNASKED = STATES = (
    "fixed", "still", "changed", "absent", "unasked",
)  # fmt: skip
"""What became of a divergence: both sides are the same now; the same class at the same place;
another class or place; the input is not in the store; it could not be asked."""
STYLES: Final = {FIXED: "green", STILL: "bold red", CHANGED: "bold red"}
LONGEST_KEY: Final = 64
"""Bytes, as BLAKE2b has it."""


class Wanted(NamedTuple):
    """What is replayed. reference, candidate: specs in the place of the log's."""

    logs: Sequence[Path]
    store: Path | None = None
    reference: str = ""
    candidate: str = ""
    key_file: Path | None = None
    output: Path | None = None


class Replayed(NamedTuple):
    """One divergence of a log, and what became of it.

    now: its class now, "" where both sides are the same or it was not asked. why: of one that was
        not replayed.
    """

    run: str
    line: Mapping[str, Any]
    state: str
    now: str = ""
    path: Sequence[int | str] = ()
    why: str = ""


def replay(wanted: Wanted, console: Console) -> int:
    """Replay what logs have, print it, write it; return the exit code. Raises ParityError."""
    _spare(wanted)
    runs = read(wanted.logs)
    for run in runs:
        for why in totals.doubts(run):
            telling.say(console, f"CANNOT BE BELIEVED: run {run.id or '?'}: {why}", "bold red")
    inputs = _inputs(wanted, runs)
    sides = again.Opened(wanted.reference, wanted.candidate)
    found: list[Replayed] = []
    try:
        for run in runs:
            found += _run(run, inputs, sides, console)
    finally:
        sides.close()
    for one in found:
        telling.say(console, _told(one), STYLES.get(one.state, "bold yellow"))
    if wanted.output:
        with files.told(wanted.output, "what became of each divergence is to be written there"):
            files.write(wanted.output, (jsonl.dump(_row(one)) + "\n" for one in found))
    counts = Counter(one.state for one in found)
    telling.say(console, _summary(runs, counts))
    return _code(counts)


def _spare(wanted: Wanted) -> None:
    """Raise UsageError where what is to be written would replace what is to be read."""
    inputs = [path for path in (*wanted.logs, wanted.store, wanted.key_file) if path]
    if wanted.output and files.real(wanted.output) in map(files.real, inputs):
        raise UsageError(f"--output {wanted.output} would replace what is read: name another file")


def _code(counts: Counter[str]) -> int:
    if not counts or counts[ABSENT] or counts[UNASKED]:
        return 3
    return 1 if counts[STILL] or counts[CHANGED] else 0


def _inputs(wanted: Wanted, runs: Sequence[Run]) -> dict[str, Input]:
    """Return the inputs that the store has; every line of it is read."""
    if wanted.store is None:
        if any("content" not in row for run in runs for row in run.divergences):
            raise UsageError("the log has no content (that is its default): --store FILE")
        return {}
    key = _key(wanted.key_file, runs)
    digests = {
        (totals.digest(row), key if _keyed(run) else b""): row["surface"]
        for run in runs
        for row in run.divergences
    }
    return store.find(wanted.store, digests)


def _keyed(run: Run) -> bool:
    return bool(totals.part(run.header, "settings").get("keyed"))


def _key(path: Path | None, runs: Sequence[Run]) -> bytes:
    """Return the key of the logs' digests. Raises UsageError."""
    needed = any(map(_keyed, runs))
    if path is None:
        if needed:
            raise UsageError("the digests of the log have a key: --key-file FILE")
        return b""
    if not needed:
        raise UsageError("--key-file: the digests of the log have no key")
    try:
        key = path.read_bytes()
    except OSError as error:
        raise UsageError(f"--key-file {path}: {error.strerror}") from error
    if not 0 < len(key) <= LONGEST_KEY:
        raise UsageError(f"--key-file {path}: {len(key)} bytes; a key is 1 to {LONGEST_KEY}")
    return key


def _run(
    run: Run, inputs: Mapping[str, Input], opened: again.Opened, console: Console
) -> Iterator[Replayed]:
    """Yield what became of the divergences of a run."""
    if not run.divergences:
        return
    given = [_given(row, inputs) for row in run.divergences]
    if not any(given):
        why = "not in the store"
        yield from (Replayed(run.id, row, ABSENT, why=why) for row in run.divergences)
        return
    try:
        sides = opened.of(run)
    except Inconclusive as error:
        telling.say(console, f"run {run.id}: {error}", "bold yellow")
        yield from (Replayed(run.id, row, UNASKED, why=str(error)) for row in run.divergences)
        return
    for line in sides.others:
        telling.say(console, f"run {run.id}: {line}", "yellow")
    for row, one in zip(run.divergences, given, strict=True):
        if one is None:
            yield Replayed(run.id, row, ABSENT, why="not in the store")
        else:
            yield _again(run, row, one, sides)


def _given(row: Mapping[str, Any], inputs: Mapping[str, Input]) -> Input | None:
    """Return the input of a divergence: from its own line, where that has it, or from the store."""
    content = row.get("content")
    if content is None or None in (content.get("args"), content.get("named")):
        return inputs.get(totals.digest(row))
    try:
        return Input(
            row["surface"],
            redacting.restored(content["args"]),
            redacting.restored(content["named"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadLog(f"divergence {row['number']}: its content cannot be read: {error}") from error


def _again(run: Run, row: Mapping[str, Any], given: Input, sides: Sides) -> Replayed:
    """Ask both sides, and compare with what the line says."""
    surface, name = sides.surfaces.get(given.surface), given.surface
    if surface is None or not hasattr(sides.reference, name):
        return Replayed(run.id, row, UNASKED, why=f"the reference has no {name!a}")
    given = again.rebuilt(given)
    reference = observe(_asked, sides.reference, surface, deepcopy(given))
    seen = made_plain(reference, surface.plain)
    if seen.failure and redacting.failure(seen) != row["reference"].get("failure"):
        # both may raise it, and agree: of an input that cannot be asked, nothing is fixed
        return Replayed(run.id, row, UNASKED, why=f"the reference raises {seen.failure.kind} now")
    outcome = sides.judged(Call("", name, tuple(given.args), given.named, reference, 0.0, 0.0, 0))
    if outcome.fate == SAME:
        return Replayed(run.id, row, FIXED)
    if outcome.fate != DIVERGED:
        return Replayed(run.id, row, UNASKED, why=outcome.why)
    now, path = redacting.class_of(outcome.why), _path(outcome)
    same = now == row["class"] and path == _was(row)
    return Replayed(run.id, row, STILL if same else CHANGED, now, path)


def _asked(reference: Any, surface: Surface, given: Input) -> Any:
    return surface.kept(getattr(reference, given.surface)(*given.args, **given.named))


def _was(row: Mapping[str, Any]) -> Sequence[int | str]:
    """Return where the two sides parted then."""
    path = totals.part(row, "difference").get("path")
    return path if isinstance(path, list) else []


def _path(outcome: Outcome) -> list[int | str]:
    if outcome.difference is None:
        return []
    return redacting.path(outcome.difference.path, outcome.reference.value)


def _told(one: Replayed) -> str:
    line = one.line
    was = f"{line['class']} at {place(_was(line))}"
    head = f"{one.state:<8}{line['surface']}  {was}"
    if one.state == CHANGED:
        head += f", now {one.now} at {place(one.path)}"
    if one.why:
        head += f"  ({one.why})"
    return f"{head}  request {line['request']}  input {totals.digest(line)[:16]}"


def _row(one: Replayed) -> dict[str, Any]:
    """Return what --output has of a divergence: nothing that the log has not."""
    names = ("number", "request", "surface", "class")
    return {
        "run": one.run,
        **{name: one.line[name] for name in names},
        "path": list(_was(one.line)),
        "digest": totals.digest(one.line),
        "state": one.state,
        "now": {"class": one.now, "path": list(one.path)} if one.now else None,
        "why": one.why,
    }


def _summary(runs: Sequence[Run], counts: Counter[str]) -> str:
    lines, all_of_them = counts.total(), totals.diverged(runs)
    if not lines:
        return f"nothing to replay: no line of a divergence, {all_of_them:,} are counted"
    told = ", ".join(f"{counts[state]:,} {state}" for state in STATES if counts[state])
    more = f"; {all_of_them:,} are counted, the others have no line" if all_of_them > lines else ""
    return f"{lines:,} line{'s' * (lines != 1)}: {told}{more}"
