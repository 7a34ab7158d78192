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

from parity.plan_items import (
    OPENED,
    SINCE,
    CanaryItem,
    GoldenCheck,
    LedgerItem,
    PairItem,
    ParityItem,
    wanted_cases,
)

if TYPE_CHECKING:
    from parity.golden_commands import GoldenItem
    from parity.plan import Pair, Plan
    from parity.select import Predicate
    from parity.shards import Shard
    from parity.since import Since
    from parity.types import Case

    Kinds = Mapping[Path, Mapping[str, Case]]
    """A case of each kind that is in a corpus file, as far as it is selected."""

PLAN = pytest.StashKey["Path | None"]()
SHARD = pytest.StashKey["Shard | None"]()


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
            wanted = wanted_cases(self.config)
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
