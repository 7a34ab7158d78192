"""The items that pytest runs of a plan: each fails with its report, and never with a traceback."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parity.concluding import PairResult
    from parity.golden_commands import GoldenItem
    from parity.plan import Pair, Plan
    from parity.plugin import PairNode, PlanFile
    from parity.select import Predicate
    from parity.session import Loaded
    from parity.since import Since

OPENED = pytest.StashKey["dict[str, Loaded]"]()
SINCE: pytest.StashKey[Since] = pytest.StashKey()
SHOWN = 3
"""Divergences that a failing item shows."""


def wanted_cases(config: pytest.Config) -> Predicate | None:
    """Return what selects the cases of the items, or None where all are wanted."""
    from parity.parts import Part

    return Part(config.option.parity_select, None, config.stash.get(SINCE, None)).wanted


class ParityItem(pytest.Item):
    """An item of the plan: marked, placed in the plan's file, its failures without tracebacks."""

    def __init__(self, *, name: str, parent: pytest.Collector, **options: Any) -> None:
        # Said as text: pytest 9.2 takes the corpus in brackets for parameters when it reads an id
        # again (--lf), and for a part of the name when it makes one.
        super().__init__(name=name, parent=parent, nodeid=f"{parent.nodeid}::{name}", **options)
        self.add_marker("parity")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> Any:
        """Return a divergence or an error of ours as its message alone."""
        from parity.errors import ParityError

        if isinstance(excinfo.value, Failed | ParityError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the item comes from."""
        return self.path, 0, self.name


class Failed(Exception):
    """A parity item that does not hold; the message is the report."""


class CanaryItem(ParityItem):
    """Every known fault is caught: without this, no other item means anything."""

    def runtest(self) -> None:
        """Release the canaries."""
        self.add_report_section("call", "parity", _release())


def _release() -> str:
    """Release the canaries and return how many were caught. Raises Failed if one survives."""
    from parity import canary

    released = canary.release()
    if released.survived:
        raise Failed(f"{released}; survived: {', '.join(released.survived)}")
    return str(released)


class LedgerItem(ParityItem):
    """No entry of the ledger that speaks of a pair has expired."""

    plan: Plan
    pairs: Sequence[str]

    @classmethod
    def of(cls, parent: PlanFile, plan: Plan, pairs: Sequence[str]) -> LedgerItem:
        """Return the item; pairs: the names of those that are collected."""
        item: LedgerItem = cls.from_parent(parent, name="ledger")
        item.plan, item.pairs = plan, pairs
        return item

    def runtest(self) -> None:
        """Fail with each entry whose day has come."""
        from parity import expected
        from parity.reports import ledger as told

        whole = len(self.pairs) == len(self.plan.pairs)
        expired = expected.expired_entries(self.plan.ledger, self.pairs, every=whole)
        found = told.expired({"expired_entries": expired})
        if whole and wanted_cases(self.config) is None:
            found += _stale(self.plan)
        if found:
            raise Failed("\n".join(found))


def _stale(plan: Plan) -> list[str]:
    """Return a line for each entry that can select nothing, as is known without a run."""
    from parity import ledger
    from parity.ledgering.reaching import STALE, of_plan

    today = ledger.today()
    rows = [one for one in of_plan(plan, today) if one.state(today) == STALE or one.never()]
    return [f"{one.entry.place}: {one.never() or one.why_stale()}: take it out" for one in rows]


class PairItem(ParityItem):
    """A pair under one check or law, on one corpus file."""

    pair: Pair
    plan: Plan
    check: str
    corpus: Path | None

    @classmethod
    def of(cls, parent: PairNode, check: str, corpus: Path | None) -> PairItem:
        """Return the item."""
        from parity.corpus import name as named

        name = f"{check}[{named(corpus)}]" if corpus else check
        item: PairItem = cls.from_parent(parent, name=name)
        item.pair, item.plan, item.check, item.corpus = parent.pair, parent.plan, check, corpus
        return item

    def runtest(self) -> None:
        """Compare, and fail with the first divergences or with why nothing is proved."""
        from parity import concluding, session
        from parity.examine import Examiner, as_data
        from parity.reports.divergence import lines
        from parity.runfile import record

        pair = self.pair._replace(checks=(self.check,))
        wanted = wanted_cases(self.config)
        cases = session.cases_of(pair, self.corpus)
        result = concluding.PairResult(pair.name)
        first: list[tuple[Any, Any]] = []

        def keep(_: str, found: Any, tokens: Any) -> None:
            if found.verdict.value not in ("expected", "reported") and len(first) < SHOWN:
                first.append((found, tokens))

        loaded = _opened(self.config, self.pair)
        todo = [session.related(job, loaded) for job in session.jobs(pair, self.plan, wanted)]
        session.compare_pair(loaded, todo, filter(wanted, cases) if wanted else cases, result, keep)
        examiner = Examiner(loaded.reference, loaded.candidate, todo)
        shown = [
            "\n".join(lines({**record(found, tokens), **as_data(found, examiner.examine(found))}))
            for found, tokens in first
        ]
        session.check_unchanged(loaded)
        concluding.conclude(pair, result, partial=wanted is not None)
        self._conclude(result, shown, loaded)

    def _conclude(self, result: PairResult, shown: Sequence[str], loaded: Loaded) -> None:
        from parity import session
        from parity.reports import counts

        said, lacking = counts.line(result), counts.unsupported(result)
        self.add_report_section("call", "parity", said)
        if shown:
            raise Failed("\n\n".join([said, *shown]))
        if result.problem and not self.pair.named and lacking:
            wanted = wanted_cases(self.config)
            if session.proves_anything(loaded, self.plan, wanted):
                pytest.skip(f"{result.problem}: {lacking}")
        if result.problem:
            raise Failed(f"inconclusive: {result.problem}; {said}; {lacking}")
        if result.code:
            raise Failed(said)


class GoldenCheck(ParityItem):
    """What a reference does now, against the golden in git, through syrupy."""

    def __init__(self, *, item: GoldenItem, **options: Any) -> None:
        super().__init__(**options)
        self.golden = item
        self.golden_path = item.path
        self.obj = _golden

    def runtest(self) -> None:
        """Compare with the golden, or write it where --snapshot-update was given."""
        from parity import golden_commands, session

        loaded = _opened(self.config, self.golden.pair)
        now = golden_commands.recorded(self.golden, loaded)
        session.check_unchanged(loaded)
        snapshot = _snapshot(self)
        holds = snapshot == now.text
        error = snapshot.executions[snapshot.num_executions - 1].exception
        if not holds and error is not None:
            raise error
        pending = golden_commands.leave_pending(
            self.golden, now, lambda: session.pieces(loaded.reference)
        )
        if not holds:
            differs = [*snapshot.get_assert_diff(), *([pending] if pending else [])]
            raise Failed("\n".join([f"golden {self.golden.path}", *differs]))


def _golden() -> None:
    """Stand in for the function of a golden item, which syrupy asks for its name."""


def _snapshot(item: GoldenCheck) -> Any:
    try:
        from syrupy.assertion import SnapshotAssertion
        from syrupy.location import PyTestLocation

        from parity.snapshot import GoldenExtension
    except ImportError as error:
        raise Failed("goldens need syrupy: pip install 'tokparity[pytest]'") from error
    return SnapshotAssertion(
        session=item.config._syrupy,  # type: ignore[attr-defined]  # noqa: SLF001 (as its fixture)
        extension_class=GoldenExtension,
        test_location=PyTestLocation(item),
        update_snapshots=item.config.option.update_snapshots,
    )


def _opened(config: pytest.Config, pair: Pair) -> Loaded:
    """Return a pair's two sides, loaded once a process, where the canaries are caught."""
    from parity import session

    opened = config.stash.setdefault(OPENED, {})
    if pair.name not in opened:
        loaded = session.load_pair(pair)
        _release()  # after loading: a backend that comes with a patch of ours is caught too
        opened[pair.name] = loaded
    return opened[pair.name]
