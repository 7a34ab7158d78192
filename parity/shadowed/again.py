"""The two sides of a log, made again, and whether they are still what they were.

A side is named as it was where the log was made: by the spec of a backend, or by `module:factory`,
called without arguments, for a tokenizer of another kind that `wrapping.shadowed` knows.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from parity.backend import Backend
from parity.backends import known, load
from parity.errors import Inconclusive, LoadFailed, ParityError, SelfComparison
from parity.fingerprint import Fingerprint, refuse_equal
from parity.shadow.natives import about, kind_of
from parity.shadow.object_surfaces import OBJECTS
from parity.shadow.records import Call, Outcome
from parity.shadow.settings import Settings
from parity.shadow.sides import Here, Side
from parity.shadow.surfaces import SURFACES, Surface
from parity.shadow.wrapping import side_for, surfaces_of
from parity.shadowed import totals
from parity.shadowed.reading import Run
from parity.shadowed.store import Input
from parity.stream_cases import StopScript
from parity.streams import Script, Step, Stops

NAMES: Final = ("reference", "candidate")


class Sides(NamedTuple):
    """Both, made. others: what is another than the log's, in sentences."""

    reference: Any
    candidate: Side
    surfaces: Mapping[str, Surface]
    others: list[str]

    def judged(self, call: Call) -> Outcome:
        """Ask the candidate, and compare, as the shadow did."""
        return self.candidate.judged(call, self.surfaces[call.surface])


class Opened:
    """Sides by their specs, each made once. reference, candidate: in the place of a log's."""

    def __init__(self, reference: str = "", candidate: str = "") -> None:
        self.given = {"reference": reference, "candidate": candidate}
        self._made: dict[tuple[str, str], Any] = {}

    def of(self, run: Run) -> Sides:
        """Return the sides of a run.

        Raises Inconclusive where the log names none that loads here, or both are one thing, and
        for a spec that was given what `load` raises.
        """
        reference, candidate = (self._side(name, run) for name in NAMES)
        marks = [Fingerprint(**about(side)) for side in (reference, candidate)]
        _refuse_one(*marks)
        others = [
            line
            for name, now in zip(NAMES, marks, strict=True)
            for line in _others(name, totals.part(run.header, name), now)
        ]
        if kind_of(reference) == "backend":
            here = Here(partial(getattr, candidate), about(candidate))
            return Sides(reference, here, SURFACES, others)
        kind = kind_of(reference)
        if kind not in OBJECTS:
            raise Inconclusive(f"the reference is {reference!a}: no tokenizer of a known kind")
        side = side_for(kind, candidate, "thread", Settings())
        return Sides(reference, side, surfaces_of(reference, kind, candidate), others)

    def close(self) -> None:
        """Let go of all of them."""
        for side in self._made.values():
            if isinstance(side, Backend):
                with contextlib.suppress(ParityError):
                    side.close()

    def _side(self, name: str, run: Run) -> Any:
        given = self.given[name]
        spec = given or str(totals.part(run.header, name).get("spec") or "")
        if not spec:
            raise Inconclusive(f"the log has no spec of the {name}: --{name} SPEC")
        if (name, spec) not in self._made:
            try:
                self._made[name, spec] = made(spec)
            except ParityError as error:
                if given:
                    raise
                raise Inconclusive(
                    f"the {name} of the log, {spec!a}, does not load here: {error}; --{name} SPEC "
                    "names another"
                ) from error
        return self._made[name, spec]


def made(spec: str) -> Any:
    """Return what a spec of a backend, or `module:factory`, makes. Raises ParityError.

    A kind of backend stands before a module of the same name.
    """
    module, _, name = spec.partition(":")
    if module in {one.kind for one in known()} or not name.isidentifier() or not _is_there(module):
        return load(spec)
    try:
        return getattr(importlib.import_module(module), name)()
    except Exception as error:
        raise LoadFailed(f"{spec!a} made nothing: {type(error).__name__}: {error}") from error


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _refuse_one(reference: Fingerprint, candidate: Fingerprint) -> None:
    try:
        refuse_equal(reference, candidate)
    except SelfComparison as error:
        raise Inconclusive(
            "both sides are one and the same thing: where they agree, nothing is fixed; "
            "--candidate SPEC names another"
        ) from error


def _others(name: str, mark: Mapping[str, Any], now: Fingerprint) -> list[str]:
    """Return what a side is another in than the log says, as one sentence or none."""
    try:
        then = Fingerprint(**mark)
        if then.essence() == now.essence():
            return []
    except (TypeError, AttributeError):
        return [f"the log does not say what the {name} was"]
    parts = [
        field
        for field in ("native", "file_sha256", "artefacts", "packages", "facts")
        if getattr(then, field) != getattr(now, field)
    ]
    return [f"the {name} is another than the log's: {', '.join(parts)}"]


def rebuilt(given: Input) -> Input:
    """Return an input as its surface wants it: a script is plain data where it is kept.

    What cannot be one is left as it is; whoever is asked it says so.
    """
    make = _MADE.get(given.surface)
    if make is None or not given.args:
        return given
    with contextlib.suppress(TypeError, ValueError):
        return given._replace(args=[make(*given.args[0]), *given.args[1:]])
    return given


def _script(prompts: Any, batches: Any, *rest: Any) -> Script:
    steps = (
        tuple(Step(request, tuple(ids), *more) for request, ids, *more in call) for call in batches
    )
    return Script(tuple(map(tuple, prompts)), tuple(steps), *rest)


def _stop_script(steps: Any, stops: Any, *rest: Any) -> StopScript:
    strings, ids, *more = stops
    found = Stops(tuple(strings), tuple(ids), *more)
    return StopScript(tuple(map(tuple, steps)), found, *rest)


_MADE: Final[Mapping[str, Callable[..., Any]]] = {"stream": _script, "stop": _stop_script}
