"""Full decoding as items of pytest: one for each candidate of each entry of the plan.

`pyproject.toml::decode:NAME::CANDIDATE`, marked `parity`, and `model` where it needs the weights
of a real model. The reference of an entry runs once a process, with its first item, and so do all
candidates that are selected, two at a time; under xdist each worker runs its own. An item that
compared nothing fails, but for what cannot run here: a mode that needs another device is skipped,
and all of an entry that says `optional = true`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.mark.expression import Expression

from parity.decoded import asked, differing, running, telling
from parity.decoded.asked import Asked
from parity.decoded.entries import Entry, read
from parity.decoded.running import GOLDEN, REPEAT, Begun, Cell
from parity.decoded.sides import Side
from parity.decoded.waves import NOT_HERE, Absent
from parity.errors import Inconclusive, ParityError, Unsupported
from parity.plan_items import Failed, ParityItem

PROPERTY: Final = "parity-decode"
"""The user property of an item that says where it ran, or why it was skipped."""
ANYWHERE: Final = "auto"
TINY: Final = "tiny"
ASKED: Final = "model"
"""The marker of a real model, and what -m must name for entries that wait until they are asked."""
FOUND = pytest.StashKey["dict[str, dict[str, Side | Absent]]"]()
OPENED = pytest.StashKey["dict[str, Begun | ParityError]"]()
SHOWN: Final = 3
"""Findings that a failing item shows."""


def nodes(parent: pytest.Collector, path: Path) -> Iterator[pytest.Collector]:
    """Yield a node for each entry of a plan that is wanted now. Raises BadPlan and its kin."""
    for entry in read(path):
        if not entry.waits or _asks(parent.config):
            yield EntryNode.from_parent(parent, name=f"decode:{entry.name}", entry=entry)


def summary(terminal: Any, config: pytest.Config, path: Path) -> Iterator[str]:
    """Yield what ran where, of the reports of items, and what waits until it is asked for."""
    reports = [one for kind in ("passed", "failed", "skipped") for one in terminal.getreports(kind)]
    told = [
        value
        for report in reports
        for name, value in getattr(report, "user_properties", ())  # not of a collector
        if name == PROPERTY and report.when == "call"
    ]
    if told:
        places = [one["ran"] for one in told if "ran" in one]
        yield telling.where_words(places, [tuple(one["skip"]) for one in told if "skip" in one])
    for entry in read(path):
        if entry.waits and not _asks(config):
            yield f"decode {entry.name} waits until it is asked for: -m 'parity and {ASKED}'"


def _asks(config: pytest.Config) -> bool:
    """Say whether -m names what needs a real model, and takes it."""
    wanted = config.option.markexpr or ""
    return ASKED in wanted and Expression.compile(wanted).evaluate(_both)


def _both(name: str, /, **_: str | int | bool | None) -> bool:
    return name in ("parity", ASKED)


class EntryNode(pytest.Collector):
    """An entry: an item for the reference against itself, one each candidate, one for a golden."""

    def __init__(self, *, entry: Entry, **options: Any) -> None:
        super().__init__(**options)
        self.entry = entry

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items. Raises CollectError for what is wrong in the entry."""
        option = self.config.option
        worker = getattr(self.config, "workerinput", {}).get("workerid", "")
        jobs = 1 if worker else min(2, os.cpu_count() or 1)
        wanted = self.entry.wanted._replace(device=option.parity_device, jobs=jobs)
        try:
            what = asked.read(wanted)
        except NOT_HERE as error:
            yield LackingItem.from_parent(self, name="reference", entry=self.entry, error=error)
            return
        except ParityError as error:
            raise self.CollectError(f"decode {self.entry.name!r}: {error}") from error
        folder = what.errand.folder / worker
        what = what._replace(errand=what.errand._replace(folder=folder))
        names = [REPEAT, *what.candidates, *([GOLDEN] if wanted.golden else [])]
        for name in names:
            yield DecodeItem.from_parent(self, name=name, entry=self.entry, asked=what)


class LackingItem(ParityItem):
    """An entry whose model or packages are not here: one item, which says so."""

    def __init__(
        self, *, name: str, parent: pytest.Collector, entry: Entry, error: ParityError, **own: Any
    ) -> None:
        super().__init__(name=name, parent=parent, **own)
        self.entry, self.error = entry, error
        if entry.wanted.model not in ("", TINY):
            self.add_marker(ASKED)

    def runtest(self) -> None:
        """Skip the entry if it may be skipped; else fail: nothing was compared."""
        if not self.entry.optional:
            raise Failed(f"inconclusive: {self.error}")
        pytest.skip(str(self.error))


class DecodeItem(ParityItem):
    """One candidate of an entry."""

    def __init__(
        self, *, name: str, parent: pytest.Collector, entry: Entry, asked: Asked, **options: Any
    ) -> None:
        super().__init__(name=name, parent=parent, **options)
        self.entry, self.asked = entry, asked
        if entry.wanted.model not in ("", TINY):
            self.add_marker(ASKED)

    def runtest(self) -> None:
        """Run the candidate, and fail with what differs or with why nothing is proved."""
        begun = self._begun()
        cell = self._cell(begun)
        if cell.absent and cell.skipped:
            self._skip(cell.absent.error, cell)
        told = {"ran": telling.place(cell.side or begun.reference)}
        self.user_properties.append((PROPERTY, told))
        self.add_report_section("call", "parity", telling.of_cell(cell, begun.noise))
        if cell.code:
            lines = differing.differing(cell, begun.reference, begun.noise.budget, SHOWN)
            raise Failed("\n".join([telling.of_cell(cell, begun.noise), *lines]))

    def _cell(self, begun: Begun) -> Cell:
        """Return what is found of this item's candidate."""
        if self.name == REPEAT:
            return begun.repeat
        if begun.stopped:
            raise Failed(f"inconclusive: {begun.stopped}")
        if self.name == GOLDEN:
            return running.golden(begun)
        return running.cell_of(begun, self.name, self._found(begun))

    def _found(self, begun: Begun) -> Side | Absent:
        """Return what came of this candidate; it is run beside the others that are selected."""
        found = self.config.stash.setdefault(FOUND, {}).setdefault(self.entry.name, {})
        if self.name not in found:
            names = [self.name]
            if not hasattr(self.config, "workerinput"):  # a worker of xdist has the next one only
                names += [item.name for item in self.session.items if item.parent is self.parent]
            specs = {name: spec for name, spec in self.asked.candidates.items() if name in names}
            try:
                found |= begun.waves.all(specs)
            except ParityError:  # of one of them: each says so for itself
                found[self.name] = begun.waves.one(self.name, specs[self.name])
        return found[self.name]

    def _begun(self) -> Begun:
        """Return the entry's reference, run once a process; its error is that of every item."""
        opened = self.config.stash.setdefault(OPENED, {})
        if self.entry.name not in opened:
            try:
                opened[self.entry.name] = running.begin(self.asked, lambda *_: None)
            except (Inconclusive, Unsupported) as error:
                opened[self.entry.name] = error
        found = opened[self.entry.name]
        if isinstance(found, Begun):
            return found
        cell = Cell("reference", self.entry.wanted.reference, absent=Absent("", found))
        if cell.skipped:
            self._skip(found, cell)
        raise Failed(f"inconclusive: {found}")

    def _skip(self, error: ParityError, cell: Cell) -> None:
        """Skip the item, if it may be; else fail it."""
        require = self.config.option.parity_require
        if require != ANYWHERE and telling.wants_cuda(cell):
            raise Failed(f"{require} is required: {error}")
        mode = self.name in self.asked.modes and isinstance(error, Unsupported)
        if not mode and not self.entry.optional:
            raise Failed(f"inconclusive: {error}")
        self.user_properties.append((PROPERTY, {"skip": telling.skip(cell)}))
        pytest.skip(str(error))
