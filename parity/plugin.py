"""The pytest plugin: with a plan in pyproject.toml, `pytest -m parity` needs no test file.

One item a pair, check and corpus file; one a golden; one for the canaries. A divergence fails its
item with the first places that differ; an item that compared nothing fails too, and is never
skipped, unless the check was not named and a side has no such operation. Importing this file
imports no backend's library.

The items hang under the plan's own file, `pyproject.toml::pair::check[corpus]`, so -k, -x, --lf,
xdist and a node id on the command line work as for any test.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parity.golden_commands import GoldenItem
    from parity.plan import Pair, Plan
    from parity.select import Predicate
    from parity.session import Loaded, PairResult
    from parity.shards import Shard
    from parity.since import Since
    from parity.types import Case

    Kinds = Mapping[Path, Mapping[str, Case]]
    """A case of each kind that is in a corpus file, as far as it is selected."""

OPENED = pytest.StashKey["dict[str, Loaded]"]()
PLAN = pytest.StashKey["Path | None"]()
SHARD = pytest.StashKey["Shard | None"]()
SINCE = pytest.StashKey["Since"]()
SHOWN = 3
"""Divergences that a failing item shows."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the ini key; all of them start with `parity`."""
    group = parser.getgroup("parity", "tokenizer parity")
    group.addoption(
        "--parity-pair", action="append", default=[], metavar="NAME", help="only this pair"
    )
    group.addoption(
        "--parity-select", default="", metavar="EXPR", help="only cases that fit, as in tokparity"
    )
    group.addoption(
        "--parity-shard", default="", metavar="I/N", help="only part I of N of the items"
    )
    group.addoption(
        "--parity-since", default="", metavar="REV", help="only what a change can make differ"
    )
    group.addoption(
        "--parity-off", action="store_true", help="collect no parity items from pyproject.toml"
    )
    for name, what in (("device", "where engines compute"), ("require", "fail what is not run on")):
        places = ("auto", "cpu", "cuda")
        group.addoption(
            f"--parity-{name}", default="auto", choices=places, help=f"{what}: a device"
        )
    parser.addini("parity_plan", "the file that holds [tool.parity]", default="pyproject.toml")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, refuse to write goldens in CI, and collect the plan."""
    config.addinivalue_line("markers", "parity: an item of the plan in [tool.parity]")
    config.addinivalue_line("markers", "model: needs the weights of a real model")
    config.stash[SHARD] = _shard(config.option.parity_shard)
    path = config.stash[PLAN] = _plan_file(config)
    if path and getattr(config.option, "update_snapshots", False) and os.environ.get("CI"):
        message = "CI is set: goldens are not written here; record them on a branch"
        raise pytest.UsageError(message)
    if path and _wanted(config, path):
        config.args.append(str(path))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the plan's file."""
    if file_path == parent.config.stash[PLAN]:
        return PlanFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal whole items out to shards by their names; the canaries are in every shard with others.

    Whole ones, so that what all shards run is item for item what one run would: an item whose
    check compares nothing fails in the shard that has it, as it would without any.
    """
    shard = config.stash[SHARD]
    ours = [item for item in items if isinstance(item, ParityItem)]
    dealt = [item for item in ours if not isinstance(item, CanaryItem)]
    if shard is None or not dealt:
        return
    mine = {item for item in dealt if shard.holds(item.nodeid.partition("::")[2])}
    gone = {item for item in (dealt if mine else ours) if item not in mine}
    config.hook.pytest_deselected(items=[item for item in items if item in gone])
    items[:] = [item for item in items if item not in gone]


def _shard(text: str) -> Shard | None:
    from parity import shards
    from parity.errors import UsageError

    try:
        return shards.read(text) if text else None
    except UsageError as error:
        raise pytest.UsageError(f"--parity-shard: {error}") from error


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which plan is used, and which part of it."""
    path, shard = config.stash[PLAN], config.stash[SHARD]
    part = [f"parity: {shard} of the items"] if path and shard else []
    return [f"parity: plan in {path.name}", *part] if path else []


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how many canaries were caught, where the plan was collected."""
    path = config.stash[PLAN]
    given = {Path(arg.partition("::")[0]).resolve() for arg in config.args}
    if path and given & {path, config.rootpath}:
        from parity import canary
        from parity.decoded import items

        since = config.stash.get(SINCE, None)
        told = [f"since {since.rev}: {since.because}"] if since else []
        if since and since.ids == frozenset():
            told.append("nothing of the plan was compared")
        for line in (*told, canary.release(), *items.summary(terminalreporter, config, path)):
            terminalreporter.write_line(f"parity: {line}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let go of the backends."""
    from parity import session as sessions
    from parity.errors import LoadFailed

    for loaded in session.config.stash.get(OPENED, {}).values():
        try:
            sessions.close(loaded)
        except LoadFailed as error:
            warnings.warn(pytest.PytestWarning(str(error)), stacklevel=1)


def _plan_file(config: pytest.Config) -> Path | None:
    path = config.rootpath / config.getini("parity_plan")
    if config.option.parity_off or not path.is_file() or b"parity" not in path.read_bytes():
        return None
    from parity import plan
    from parity.errors import BadPlan

    try:
        return path if plan.has_plan(path) else None
    except BadPlan as error:
        raise pytest.UsageError(str(error)) from error


def _wanted(config: pytest.Config, path: Path) -> bool:
    """Say whether to collect the plan: always, but where files were named and -m does not ask."""
    marks = config.option.markexpr or ""
    asked = "parity" in marks and "not parity" not in marks
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    given = {Path(arg.partition("::")[0]).resolve() for arg in config.args}
    here = Path.cwd() == config.rootpath
    if asked and not here:
        message = f"start pytest in {config.rootpath}: a plan's paths are as seen from there"
        raise pytest.UsageError(message)
    return (asked or (here and not named)) and not given & {config.rootpath, path}


class PlanFile(pytest.File):
    """pyproject.toml as a collector: the canaries, then a node for each pair."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield the canaries and the pairs. Raises CollectError for what is wrong in the plan."""
        from parity import expected, plan, session
        from parity.decoded import items

        with _as_one_message():
            since = _since(self.config, self.path)
            decoded = [] if since and since.wanted else list(items.nodes(self, self.path))
        yield from decoded
        if plan.has(self.path, "decode") and not plan.has(self.path, "pairs"):
            return
        with _as_one_message():
            found = plan.read(self.path)
            entries = expected.read(found.ledger)
            pairs = _chosen(found, self.config.option.parity_pair)
            wanted = _wanted_cases(self.config)
            for pair in pairs:
                session.refuse_repeated_ids(pair)
            kinds = {pair.name: _kinds(pair, wanted) for pair in pairs}
        nodes = [
            PairNode.from_parent(
                self, name=pair.name, pair=pair, plan=found, kinds=kinds[pair.name], wanted=wanted
            )
            for pair in pairs
        ]
        selected = self.config.option.parity_select
        fits = any(node.fits() for node in nodes)
        if since and since.wanted and not fits and not any(map(_has_goldens, nodes)):
            return  # nothing is compared, so that nothing is green, not even the canaries
        if selected and not fits and not (since and since.wanted):
            raise self.CollectError(f"--parity-select {selected!r} fits no case of the plan")
        yield CanaryItem.from_parent(self, name="canaries")
        if entries:
            yield LedgerItem.of(self, found, [pair.name for pair in pairs])
        yield from nodes


class PairNode(pytest.Collector):
    """A pair: an item a check and corpus file, and an item a golden."""

    def __init__(
        self, *, pair: Pair, plan: Plan, kinds: Kinds, wanted: Predicate | None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.pair, self.plan, self.kinds, self.wanted = pair, plan, kinds, wanted

    def fits(self) -> bool:
        """Say whether any check of the pair has a case that is selected."""
        return any(self._places(check) for check in self.pair.checks)

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items; a check that was named has one even where no case is for it."""
        from parity import corpus
        from parity.jobs import decides

        for check in self.pair.checks:
            if not decides(check, named=self.pair.named):
                continue  # an item that only informs could not fail
            places = self._places(check)
            if not places and self.pair.named and self.wanted is None:
                places = [None]
            for path in places:
                yield PairItem.of(self, check, path)
        if not self.config.option.parity_select:
            for item in self.goldens():
                of = f"[{corpus.name(item.corpus)}]" if item.corpus else ""
                name = f"golden-{item.check}{of}"
                yield GoldenCheck.from_parent(self, name=name, item=item)

    def goldens(self) -> list[GoldenItem]:
        """Return the goldens of the pair: after a change, those that it touched."""
        from parity import files, golden_commands

        since = self.config.stash.get(SINCE, None)
        with _as_one_message():
            mine = self.plan._replace(pairs=(self.pair,))
            found = list(golden_commands.golden_items(mine))
        if since is None or since.wanted is None:
            return found
        return [
            item
            for item in found
            if since.changed & {files.real(path) for path in (item.path, item.corpus) if path}
        ]

    def _places(self, check: str) -> list[Path | None]:
        """Return the corpus files with cases for a check, or [None] where it has its own."""
        from parity import session

        own = session.own(check)
        if own:
            return [None] if self.wanted is None or any(map(self.wanted, own)) else []
        return [
            path
            for path, kinds in self.kinds.items()
            if any(session.takes(check, case) for case in kinds.values())
        ]


def _chosen(found: Plan, names: Sequence[str]) -> list[Pair]:
    from parity.errors import BadPlan

    known = [pair.name for pair in found.pairs]
    for name in names:
        if name not in known:
            raise BadPlan(f"no pair {name!r} in the plan; known: {', '.join(known)}")
    return [pair for pair in found.pairs if not names or pair.name in names]


def _has_goldens(node: PairNode) -> bool:
    return not node.config.option.parity_select and bool(node.goldens())


def _since(config: pytest.Config, path: Path) -> Since | None:
    """Return what changed, asked once a process. Raises UsageError and its kin."""
    from parity import plan, since

    rev = config.option.parity_since
    if rev and SINCE not in config.stash:
        found = plan.read(path) if plan.has(path, "pairs") else plan.Plan(())
        config.stash[SINCE] = since.read(rev, found, config.rootpath)
    return config.stash.get(SINCE, None)


def _wanted_cases(config: pytest.Config) -> Predicate | None:
    """Return what selects the cases of the items, or None where all are wanted."""
    from parity.parts import Part

    return Part(config.option.parity_select, None, config.stash.get(SINCE, None)).wanted


def _kinds(pair: Pair, wanted: Predicate | None) -> Kinds:
    from parity import session

    return {
        path: {
            case.kind: case
            for case in session.cases_of(pair, path)
            if wanted is None or wanted(case)
        }
        for path in session.corpora(pair)
    }


@contextlib.contextmanager
def _as_one_message() -> Iterator[None]:
    """Turn an error of ours into an error of collection, which pytest shows without a traceback."""
    from parity.errors import ParityError

    try:
        yield
    except ParityError as error:
        raise pytest.Collector.CollectError(str(error)) from error


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
        if expired:
            raise Failed("\n".join(told.expired({"expired_entries": expired})))


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
        from parity import session
        from parity.examine import Examiner, as_data
        from parity.reports.divergence import lines
        from parity.runfile import record

        pair = self.pair._replace(checks=(self.check,))
        wanted = _wanted_cases(self.config)
        cases = session.cases_of(pair, self.corpus)
        result = session.PairResult(pair.name)
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
        session.conclude(pair, result, partial=wanted is not None)
        self._conclude(result, shown, loaded)

    def _conclude(self, result: PairResult, shown: Sequence[str], loaded: Loaded) -> None:
        from parity import session
        from parity.reports import counts

        said, lacking = counts.line(result), counts.unsupported(result)
        self.add_report_section("call", "parity", said)
        if shown:
            raise Failed("\n\n".join([said, *shown]))
        if result.problem and not self.pair.named and lacking:
            wanted = _wanted_cases(self.config)
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
