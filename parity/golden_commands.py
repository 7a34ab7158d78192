"""Goldens of a plan: which there are, what would be recorded now, what the commands say of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console

from parity import app, concluding, corpus, golden, pending, session
from parity.app import Flags
from parity.checks import CHECKS
from parity.errors import BadPlan, GoldenError
from parity.golden import BadGolden, first
from parity.pending import Recorded
from parity.plan import Pair, Plan
from parity.reports.visible import printable
from parity.run import live, remember
from parity.trailer import Acceptance

ORPHAN: Final = "stale: no item of the plan keeps {}; tokparity golden update removes it"


class GoldenItem(NamedTuple):
    """One golden: a pair's reference, a check, a corpus file (None for a check's own cases)."""

    pair: Pair
    check: str
    corpus: Path | None
    path: Path


def golden_items(found: Plan) -> Iterator[GoldenItem]:
    """Yield every golden that a plan keeps. Raises BadPlan where two would be one file."""
    places: set[Path] = set()
    for item in _golden_items(found):
        if item.path in places:
            raise BadPlan(
                f"{item.path}: two corpora of pair {item.pair.name!r} have this name; rename one"
            )
        places.add(item.path)
        yield item


def _golden_items(found: Plan) -> Iterator[GoldenItem]:
    for pair in found.pairs:
        for check in pair.golden:
            if CHECKS[check].own:
                place = golden.place(found.golden, pair.name, "own", check)
                yield GoldenItem(pair, check, None, place)
                continue
            for path in session.corpora(pair):
                if any(session.takes(check, case) for case in session.cases_of(pair, path)):
                    place = golden.place(found.golden, pair.name, corpus.name(path), check)
                    yield GoldenItem(pair, check, path, place)


def recorded(item: GoldenItem, loaded: session.Loaded) -> Recorded:
    """Return what the golden's file would be if it were recorded now, and of which cases.

    Raises Inconclusive where the reference answers none of them.
    """
    chosen = session.cases_of(item.pair, item.corpus)
    memory = remember(live(loaded.reference), chosen, item.check)
    digest = corpus.digest([item.corpus]) if item.corpus else ""
    name = corpus.name(item.corpus) if item.corpus else "own"
    head = golden.header(item.check, name, digest, loaded.fingerprints[0])
    text = golden.render(head, memory.cases, memory.observations)
    return Recorded(text, memory.cases)


def in_ci() -> bool:
    """Say whether this is a run in CI, where no golden and no pending file is written."""
    return bool(os.environ.get("CI"))


def refuse_in_ci(what: str) -> None:
    """Raise GoldenError where the environment variable CI is set."""
    if in_ci():
        raise GoldenError(f"CI is set: {what}; record them on a branch")


def leave_pending(item: GoldenItem, now: Recorded, tokens: Callable[[], Mapping[int, str]]) -> str:
    """Leave a pending file where a golden does not hold, or take away the one where it does.

    tokens: gives the reference's token strings by id.
    Returns a line that says so, "" where nothing is pending. In CI nothing is written.
    """
    if in_ci():
        return ""
    path = pending.leave(item.path, now, tokens)
    return f"pending in {path}; go through it with `tokparity review`" if path else ""


class Problem(NamedTuple):
    """One way in which a golden is not what it must be.

    kind: as in `golden.Change` and `golden.BadGolden`, `orphan` (no item of the plan keeps the
        file), or `trailer` (an acceptance of what no longer stands there).
    """

    golden: Path
    kind: str
    case: str
    text: str


class Done(NamedTuple):
    """What a check came to.

    whole: nothing of the plan was left out.
    differ: how many goldens do not hold. pending: how many pending files were left.
    narrowed: how many that do not hold have none, as flags leave out cases that they keep.
    """

    whole: bool
    goldens: int
    differ: int
    code: int
    problems: Sequence[Problem]
    pending: int
    narrowed: int


def check(flags: Flags, console: Console, *, as_json: bool) -> int:
    """Check every golden of the plan; return the exit code. What fails leaves a pending file."""
    done = _done(flags)
    if as_json:
        problems = [{**one._asdict(), "golden": one.golden.as_posix()} for one in done.problems]
        console.out(json.dumps({**done._asdict(), "problems": problems}, indent=1), highlight=False)
    else:
        _show(done, console)
    return done.code


def _done(flags: Flags) -> Done:
    found = app.plan_for(flags)
    items = _items(found)
    full = not _narrowed(flags)
    all_items = items if full else golden_items(app.plan_for(_wide(flags)))
    known = {_essence(item) for item in all_items}
    codes, problems, left, narrowed = [], [], 0, 0
    for item, now, tokens in _recorded(found, items):
        is_whole = _essence(item) in known
        code, said = _checked(item, now, is_whole=is_whole)
        codes.append(code)
        problems += said
        if is_whole:
            left += bool(leave_pending(item, now, partial(dict, tokens)))
        elif code:
            narrowed += 1
    differ = sum(code != 0 for code in codes)
    if full:
        _forget_pending(items)
        orphans = [
            Problem(path, "orphan", "", ORPHAN.format(path)) for path in _orphans(found, items)
        ]
        problems += orphans
        codes.append(GoldenError.exit_code if orphans else 0)
    return Done(full, len(items), differ, concluding.worst(codes), problems, left, narrowed)


def _checked(item: GoldenItem, now: Recorded, *, is_whole: bool) -> tuple[int, list[Problem]]:
    """Return the exit code of one golden, and what is wrong with it.

    is_whole: all cases of the plan were looked at, so one that is not there is gone.
    """
    try:
        before = golden.read(item.path)
    except BadGolden as error:
        return error.exit_code, [Problem(item.path, error.kind, "", str(error))]
    after = golden.parse(now.text.encode(), str(item.path))
    changes = golden.differences(before, after, str(item.path))
    changes = [one for one in changes if is_whole or one.kind != "stale"]
    old = golden.outdated(before)
    said = [Problem(item.path, one.kind, one.case, one.text) for one in changes]
    said += [Problem(item.path, "trailer", one.accepted, _outdated(one)) for one in old]
    return golden.exit_code(changes) or (GoldenError.exit_code if old else 0), said


def _outdated(one: Acceptance) -> str:
    return (
        f"{one.accepted}: was accepted ({one.reason!a}) with another signature than it has; "
        "tokparity golden update drops that line"
    )


def _show(done: Done, console: Console) -> None:
    by_file: dict[Path, list[Problem]] = {}
    made: dict[str, list[Path]] = {}
    for one in done.problems:
        if one.kind == "artefact":
            made.setdefault(one.text.removeprefix(f"{one.golden} "), []).append(one.golden)
        else:
            by_file.setdefault(one.golden, []).append(one)
    for text, paths in made.items():  # one changed file is said once, not with each golden
        more = f" (and {len(paths) - 1:,} more)" if paths[1:] else ""
        _print(console, printable(f"{paths[0]}{more} {text}"))
    for path, mine in by_file.items():
        for line in first([one.text for one in mine]):
            named = line if str(path) in line else f"{path}: {line}"
            _print(console, printable(named))
    _print(console, f"{done.goldens:,} goldens checked, {done.differ:,} differ")
    if done.pending:
        _print(console, f"{done.pending:,} pending; go through them with `tokparity review`")
    if done.narrowed:
        _print(console, f"{done.narrowed:,} checked in part: nothing of them is pending")


def _print(console: Console, line: str) -> None:
    console.print(line, soft_wrap=True, markup=False, highlight=False)


def update(flags: Flags, console: Console) -> int:
    """Write the goldens of the plan that are not what they would be; return the exit code."""
    refuse_in_ci("goldens are not written here")
    found = app.plan_for(flags)
    items = _items(found)
    for item, now, _ in _recorded(found, items):
        before = _bytes(item.path)
        text = golden.with_trailer(now.text, before)
        if text.encode("ascii") != before:
            golden.write(item.path, text)
        pending.remove(pending.path_of(item.path))
    if not _narrowed(flags):
        for path in _orphans(found, items):
            path.unlink()
            _print(console, f"removed {path}")
    _print(console, f"{len(items):,} goldens written")
    return 0


def _items(found: Plan) -> list[GoldenItem]:
    items = list(golden_items(found))
    if not items:
        raise BadPlan('no pair of the plan keeps goldens: give one `golden = ["ids"]`')
    return items


def _recorded(
    found: Plan, items: Sequence[GoldenItem]
) -> Iterator[tuple[GoldenItem, Recorded, Mapping[int, str]]]:
    """Yield items, what they would be, and token strings where one of a pair is another now.

    Pair by pair, once the pair has stayed what it was.
    """
    for pair in found.pairs:
        mine = [item for item in items if item.pair.name == pair.name]
        if mine:
            with session.opened(pair) as loaded:
                made = [recorded(item, loaded) for item in mine]
                then = [golden.without_trailer(_bytes(item.path)) for item in mine]
                same = then == [now.text.encode() for now in made]
                tokens = {} if same else session.pieces(loaded.reference)
            for item, now in zip(mine, made, strict=True):
                yield item, now, tokens


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _narrowed(flags: Flags) -> bool:
    """Say whether flags leave out goldens or cases, or ask for other ones, than the plan."""
    return flags._replace(built_in=False, network=False, moving=False) != Flags()


def _wide(flags: Flags) -> Flags:
    """Return flags that leave nothing of the plan out."""
    return Flags(built_in=flags.built_in, network=flags.network, moving=flags.moving)


def _essence(item: GoldenItem) -> tuple[object, ...]:
    """Return what decides which cases a golden has, and what is seen of them."""
    pair = item.pair
    return (item.path, item.check, item.corpus, pair.reference, pair.specials, pair.select)


def _orphans(found: Plan, items: Sequence[GoldenItem]) -> list[Path]:
    """Return goldens that no item keeps; another file in that folder is somebody's, and stays."""
    known = {item.path for item in items}
    return [path for path in in_folder(found.golden) if path not in known]


def in_folder(folder: Path) -> list[Path]:
    """Return the goldens of a folder, by what they start with."""
    paths = sorted(folder.glob("*/*.jsonl"))
    return [path for path in paths if path.is_file() and path.read_bytes().startswith(golden.START)]


def _forget_pending(items: Sequence[GoldenItem]) -> None:
    """Remove pending files that are of no item of the plan any more."""
    known = {pending.path_of(item.path) for item in items}
    for path in pending.found() if not in_ci() else ():
        if path not in known:
            pending.remove(path)
