"""The pytest plugin: with a plan in pyproject.toml, `pytest -m parity` needs no test file.

One item a pair, check and corpus file; one a golden; one for the canaries. A divergence fails its
item with the first places that differ; an item that compared nothing fails too, and is never
skipped, unless the check was not named and a side has no such operation. Importing this file
imports no backend's library.

The items hang under the plan's own file, `pyproject.toml::pair::check::corpus`, so -k, -x, --lf,
xdist and a node id on the command line work as for any test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parity.app import GoldenItem
    from parity.plan import Pair, Plan
    from parity.run import Tally
    from parity.session import Loaded, PairResult

OPENED = pytest.StashKey["dict[str, Loaded]"]()
PLAN = pytest.StashKey["Path | None"]()
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
        "--parity-off", action="store_true", help="collect no parity items from pyproject.toml"
    )
    parser.addini("parity_plan", "the file that holds [tool.parity]", default="pyproject.toml")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, refuse to write goldens in CI, and collect the plan."""
    config.addinivalue_line("markers", "parity: an item of the plan in [tool.parity]")
    if getattr(config.option, "update_snapshots", False) and os.environ.get("CI"):
        message = "CI is set: goldens are not written here; record them on a branch"
        raise pytest.UsageError(message)
    path = config.stash[PLAN] = _plan_file(config)
    if path and _wanted(config) and str(path) not in config.args:
        config.args.append(str(path))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the plan's file."""
    if file_path == parent.config.stash[PLAN]:
        return PlanFile.from_parent(parent, path=file_path)
    return None


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which plan is used."""
    path = config.stash[PLAN]
    return f"parity: plan in {path.name}" if path else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let go of the backends."""
    for loaded in session.config.stash.get(OPENED, {}).values():
        loaded.reference.close()
        loaded.candidate.close()


def _plan_file(config: pytest.Config) -> Path | None:
    from parity import plan

    if config.option.parity_off:
        return None
    path = config.rootpath / config.getini("parity_plan")
    return path if plan.has_plan(path) else None


def _wanted(config: pytest.Config) -> bool:
    """Say whether to collect the plan: always, but where files were named and -m does not ask."""
    asked = "parity" in (config.option.markexpr or "")
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    inside = any(Path(arg.partition("::")[0]).resolve() == config.rootpath for arg in config.args)
    return (asked or not named) and not inside


class PlanFile(pytest.File):
    """pyproject.toml as a collector: canaries, then each pair's items."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items. Raises what reading the plan and its corpora raises."""
        from parity import app, plan
        from parity.errors import ParityError

        try:
            found = plan.read(self.path)
            chosen = self.config.option.parity_pair
            pairs = [pair for pair in found.pairs if not chosen or pair.name in chosen]
            yield CanaryItem.from_parent(self, name="canaries")
            for pair in pairs:
                yield from self._pair(pair, found)
            if not self.config.option.parity_select:
                for item in app.golden_items(found._replace(pairs=tuple(pairs))):
                    yield GoldenCheck.from_parent(self, name=_golden_name(item), item=item)
        except ParityError as error:
            raise self.CollectError(str(error)) from error

    def _pair(self, pair: Pair, found: Plan) -> Iterator[pytest.Item]:
        from parity import corpus, session

        paths = session.corpora(pair)
        kinds = {path: [*corpus.read(path)] for path in paths}
        for check in pair.checks:
            if not session.wants_corpus(check):
                yield PairItem.of(self, pair, found, check, None)
                continue
            for path, cases in kinds.items():
                if any(session.takes(check, case) for case in cases):
                    yield PairItem.of(self, pair, found, check, path)


class ParityItem(pytest.Item):
    """An item of the plan: marked, placed in the plan's file, its failures without tracebacks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
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
        from parity import canary

        released = canary.release()
        self.add_report_section("call", "parity", str(released))
        if released.survived:
            raise Failed(f"{released}; survived: {', '.join(released.survived)}")


class PairItem(ParityItem):
    """A pair under one check or law, on one corpus file."""

    pair: Pair
    plan: Plan
    check: str
    corpus: Path | None

    @classmethod
    def of(
        cls, parent: PlanFile, pair: Pair, plan: Plan, check: str, corpus: Path | None
    ) -> PairItem:
        """Return the item."""
        name = "::".join([pair.name, check, *([corpus.stem] if corpus else [])])
        item: PairItem = cls.from_parent(parent, name=name)
        item.pair, item.plan, item.check, item.corpus = pair, plan, check, corpus
        return item

    def runtest(self) -> None:
        """Compare, and fail with the first divergences or with why nothing is proved."""
        from parity import session
        from parity.reports.divergence import lines
        from parity.runfile import record

        pair = self.pair._replace(checks=(self.check,))
        selected = self.config.option.parity_select
        wanted = session.predicate(selected)
        cases = session.cases_of(pair, self.corpus)
        result = session.PairResult(pair.name)
        shown: list[str] = []

        def keep(_: str, found: Any, tokens: Any) -> None:
            if found.verdict.value not in ("expected", "reported") and len(shown) < SHOWN:
                shown.append("\n".join(lines(record(found, tokens))))

        loaded = _opened(self.config, self.pair)
        todo = session.jobs(pair, self.plan, wanted)
        session.compare_pair(loaded, todo, filter(wanted, cases) if wanted else cases, result, keep)
        session.check_unchanged(loaded)
        session.conclude(pair, result, partial=bool(selected))
        self._conclude(result, shown, selected)

    def _conclude(self, result: PairResult, shown: Sequence[str], selected: str) -> None:
        counts = _counts(result)
        self.add_report_section("call", "parity", counts)
        if shown:
            raise Failed("\n\n".join([counts, *shown]))
        if result.problem and selected and not _counted(result):
            pytest.skip(f"--parity-select {selected!r} leaves no case here")
        if result.problem and not self.pair.named and _unsupported(result):
            pytest.skip(f"{result.problem}: {_unsupported(result)}")
        if result.problem:
            raise Failed(f"inconclusive: {result.problem}; {counts}; {_unsupported(result)}")
        if result.code:
            raise Failed(counts)


class GoldenCheck(ParityItem):
    """What a reference does now, against the golden in git, through syrupy."""

    def __init__(self, *, item: GoldenItem, **options: Any) -> None:
        super().__init__(**options)
        self.golden = item
        self.golden_path = item.path
        self.obj = _golden

    def runtest(self) -> None:
        """Compare with the golden, or write it where --snapshot-update was given."""
        from parity import app, session

        loaded = _opened(self.config, self.golden.pair)
        text = app.golden_text(self.golden, loaded)
        session.check_unchanged(loaded)
        snapshot = _snapshot(self)
        if not snapshot == text:
            raise Failed("\n".join([f"golden {self.golden.path}", *snapshot.get_assert_diff()]))


def _golden() -> None:
    """Stand in for the function of a golden item, which syrupy asks for its name."""


def _golden_name(item: GoldenItem) -> str:
    return "::".join(["golden", item.pair.name, item.check, item.path.name.split(".")[0]])


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
    """Return a pair's two sides, loaded once a process."""
    from parity import session

    opened = config.stash.setdefault(OPENED, {})
    if pair.name not in opened:
        opened[pair.name] = session.load_pair(pair)
    return opened[pair.name]


def _counts(result: PairResult) -> str:
    return "; ".join(
        f"{name}{'' if judged == 'both' else f' ({judged})'}: {_row(row)}"
        for (name, judged), row in result.rows.items()
    )


def _row(row: Tally) -> str:
    found = [f"{count} {verdict.value}" for verdict, count in row.counts.items() if count]
    return f"{row.compared} compared, {', '.join(found) or 'nothing seen'}"


def _counted(result: PairResult) -> int:
    return sum(row.counts.total() for row in result.rows.values())


def _unsupported(result: PairResult) -> str:
    reasons = {reason for row in result.rows.values() for reason in row.unsupported}
    return "; ".join(sorted(reasons))
