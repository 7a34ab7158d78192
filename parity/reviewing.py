"""The review of pending goldens: a list, one change in full, and what accepting and rejecting do.

Nothing is loaded but the pending files and their goldens; `reviewed` shows them, `walk` asks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import changes, jsonl, pending, reviewed
from parity.changes import Change
from parity.errors import GoldenError, NothingSelected, UsageError
from parity.golden_commands import refuse_in_ci
from parity.pending import Pending
from parity.types import Observation

Ask = Callable[[str], str]
"""Shows a question and returns a line of an answer; raises EOFError where there is none."""
NOTHING: Final = "nothing is pending; `tokparity golden check` leaves what it finds"
KEYS: Final = "(a)ccept (r)eject (s)kip, A R S: all of this class, (e)xplain, (q)uit"
WHY: Final = "a reason is wanted: it stands in the golden, for whoever asks later"
SEE: Final = "`tokparity review list` shows what is pending"
GO_ON: Final = """\
go on:
  tokparity review show ID                       one change in full
  tokparity review accept ID --reason TEXT       into the golden (or --class C, or --all)
  tokparity review reject ID                     the golden stays (or --class C, or --all)"""


class Wanted(NamedTuple):
    """Which changes somebody means: by identity or case, by class, or all."""

    ids: tuple[str, ...] = ()
    group: str = ""
    everything: bool = False


def load() -> list[Pending]:
    """Return what is pending. Raises GoldenError for a file that cannot be relied upon."""
    return [pending.read(path) for path in pending.found()]


def every(files: Sequence[Pending]) -> list[Change]:
    """Return the changes of all files."""
    return [one for found in files for one in changes.of(found)]


def listed(console: Console, *, as_json: bool) -> int:
    """Print what is pending; return 0."""
    found = every(load())
    if as_json:
        _print_json(console, found)
    elif found:
        reviewed.show_list(found, console)
    else:
        reviewed.say(NOTHING, console)
    return 0


def without_terminal(console: Console) -> int:
    """Print what is pending and how to go on; return 4 while something is."""
    found = every(load())
    if not found:
        reviewed.say(NOTHING, console)
        return 0
    reviewed.show_list(found, console)
    reviewed.say(GO_ON, console)
    return GoldenError.exit_code


def show(wanted: str, console: Console, *, as_json: bool) -> int:
    """Print one change in full; return 0. Raises NothingSelected."""
    found = select(every(load()), Wanted(ids=(wanted,)))
    if as_json:
        _print_json(console, found)
    else:
        for one in found:
            reviewed.show(one, console)
            reviewed.say(reviewed.command(one), console)
    return 0


def select(found: Sequence[Change], wanted: Wanted) -> list[Change]:
    """Return the changes that are meant, in their order.

    Raises NothingSelected for a name of nothing, UsageError for one of several changes.
    """
    if wanted.everything + bool(wanted.group) + bool(wanted.ids) != 1:
        raise UsageError("name changes by ID, or a class by --class, or say --all: one of these")
    if wanted.everything:
        chosen = list(found)
    elif wanted.group:
        chosen = [one for one in found if wanted.group == one.group]
    else:
        names = {name for id in wanted.ids for name in _named(found, id)}
        chosen = [one for one in found if (one.golden, one.case) in names]
    if not chosen:
        what = f"no change is of class {wanted.group!a}; " if wanted.group else ""
        raise NothingSelected(f"{what}{NOTHING if not found else SEE}")
    return chosen


def _named(found: Sequence[Change], id: str) -> list[tuple[Any, str]]:
    mine = [one for one in found if id in (one.identity, one.case)]
    if not mine:
        raise NothingSelected(f"no pending change is {id!a}; {SEE if found else NOTHING}")
    if len(mine) > 1:
        names = ", ".join(f"{one.identity} of {one.golden}" for one in mine)
        raise UsageError(f"{id!a} is {len(mine)} changes: {names}; name one of them, or a class")
    return [(one.golden, one.case) for one in mine]


def accept(wanted: Wanted, reason: str, console: Console, *, as_json: bool) -> int:
    """Write changes into their goldens, each with a reason; return 0.

    Raises GoldenError in CI, and where nothing may be written; then nothing is.
    """
    refuse_in_ci("changes are not accepted here")
    if not reason.strip():
        raise UsageError(WHY)
    files = load()
    chosen = select(every(files), wanted)
    _accept(files, chosen, reason)
    _told("accepted", chosen, console, as_json=as_json)
    return 0


def _accept(files: Sequence[Pending], chosen: Sequence[Change], reason: str) -> None:
    """Write the chosen changes; first all texts are made, so that what is refused writes none."""
    names = {(one.golden, one.identity) for one in chosen}
    made = []
    for found in files:
        mine = {identity for place, identity in names if place == found.place}
        if mine:
            made.append((found, changes.accepted(found, mine, reason.strip())))
    for found, text in made:
        changes.settle(found, text, found.about)


def reject(wanted: Wanted, console: Console, *, as_json: bool) -> int:
    """Take changes off what is pending; their goldens stay as they are. Return 0."""
    refuse_in_ci("changes are not rejected here")
    files = load()
    chosen = select(every(files), wanted)
    _reject(files, chosen)
    _told("rejected", chosen, console, as_json=as_json)
    return 0


def _reject(files: Sequence[Pending], chosen: Sequence[Change]) -> None:
    names = {(one.golden, one.identity) for one in chosen}
    for found in files:
        mine = {identity for place, identity in names if place == found.place}
        if mine:
            changes.settle(found, None, changes.rejected(found, mine))


def _told(what: str, chosen: Sequence[Change], console: Console, *, as_json: bool) -> None:
    left = len(every(load()))
    if as_json:
        document = {what: [document_of(one) for one in chosen], "pending": left}
        console.out(json.dumps(document, indent=1), highlight=False)
    else:
        reviewed.say(f"{len(chosen):,} {what}, {left:,} still pending", console)


def walk(console: Console, ask: Ask) -> int:
    """Go through what is pending, ask about each change; return 4 while something is left."""
    skipped: set[str] = set()
    total = len(every(load()))
    if not total:
        reviewed.say(NOTHING, console)
        return 0
    while True:
        files = load()
        open_ = [one for one in every(files) if one.identity not in skipped]
        if not open_:
            break
        place = f"{total - len(open_) + 1:,} of {total:,}"
        alike = [one for one in open_ if one.group == open_[0].group]
        reviewed.say(f"\n[{place}]  class {alike[0].group}: {len(alike):,} like it", console)
        reviewed.show(open_[0], console)
        try:
            if not _decided(files, alike, skipped, console, ask):
                break
        except EOFError:
            break
    left = len(every(load()))
    reviewed.say(f"{left:,} still pending", console)
    return GoldenError.exit_code if left else 0


def _decided(
    files: Sequence[Pending],
    alike: Sequence[Change],
    skipped: set[str],
    console: Console,
    ask: Ask,
) -> bool:
    """Ask about the first of some changes of one class, and do it; False where somebody quits."""
    while True:
        key = ask(f"{KEYS} ").strip()
        chosen = list(alike) if key.isupper() else list(alike[:1])
        if key == "q":
            return False
        if key == "e":
            reviewed.say(reviewed.command(alike[0]), console)
        elif key in ("s", "S"):
            skipped.update(one.identity for one in chosen)
            return True
        elif key in ("r", "R"):
            _reject(files, chosen)
            return True
        elif key in ("a", "A") and _accepted(files, chosen, console, ask):
            return True


def _accepted(
    files: Sequence[Pending], chosen: Sequence[Change], console: Console, ask: Ask
) -> bool:
    reason = ask("reason: ")
    if not reason.strip():
        reviewed.say(WHY, console)
        return False
    try:
        _accept(files, chosen, reason)
    except GoldenError as error:
        reviewed.say(str(error), console)
        return False
    return True


def _print_json(console: Console, found: Sequence[Change]) -> None:
    document = {"pending": len(found), "changes": [document_of(one) for one in found]}
    console.out(json.dumps(document, indent=1), highlight=False)


def document_of(one: Change) -> dict[str, Any]:
    """Return a change as JSON holds it; a value that only its signature is kept of is not there."""
    return {
        "identity": one.identity,
        "golden": one.golden.as_posix(),
        "pair": one.pair,
        "check": one.check,
        "case": one.case,
        "kind": one.kind,
        "class": one.group,
        "says": one.says,
        "input": dict(one.input),
        "old": _seen(one.old),
        "new": _seen(one.new),
        "signatures": {"old": one.was, "new": one.sha256},
        "details": list(one.details),
    }


def _seen(seen: Observation | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    if seen.failure:
        return {"failure": seen.failure.kind}
    return {} if seen.value is None else {"value": jsonl.plain(seen.value)}
