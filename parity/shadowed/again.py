"""The two sides of a log, loaded again, and whether they are still what they were."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from parity import fingerprint
from parity.backend import Backend
from parity.backends import load
from parity.errors import Inconclusive, ParityError
from parity.fingerprint import Fingerprint
from parity.shadowed import totals
from parity.shadowed.reading import Run
from parity.shadowed.store import Input
from parity.stream_cases import StopScript
from parity.streams import Script, Step, Stops

SIDES = ("reference", "candidate")


class Sides(NamedTuple):
    """Both, loaded. others: what is another than the log's, in sentences."""

    reference: Backend
    candidate: Backend
    others: list[str]


class Opened:
    """Backends by their specs, each loaded once. reference, candidate: in the place of a log's."""

    def __init__(self, reference: str = "", candidate: str = "") -> None:
        self.given = {"reference": reference, "candidate": candidate}
        self._loaded: dict[tuple[str, str], Backend] = {}

    def of(self, run: Run) -> Sides:
        """Return the sides of a run.

        Raises Inconclusive where the log names none that loads here, and for a spec that was given
        what `load` raises.
        """
        reference, candidate = (self._side(name, run) for name in SIDES)
        others = [
            line
            for name, side in zip(SIDES, (reference, candidate), strict=True)
            for line in _others(name, totals.part(run.header, name), side)
        ]
        return Sides(reference, candidate, others)

    def close(self) -> None:
        """Let go of all of them."""
        for backend in self._loaded.values():
            with contextlib.suppress(ParityError):
                backend.close()

    def _side(self, name: str, run: Run) -> Backend:
        given = self.given[name]
        spec = given or str(totals.part(run.header, name).get("spec") or "")
        if not spec:
            raise Inconclusive(f"the log has no spec of the {name}: --{name} SPEC")
        if (name, spec) not in self._loaded:
            try:
                self._loaded[name, spec] = load(spec)
            except ParityError as error:
                if given:
                    raise
                raise Inconclusive(
                    f"the {name} of the log, {spec!a}, does not load here: {error}; --{name} SPEC "
                    "names another"
                ) from error
        return self._loaded[name, spec]


def _others(name: str, mark: Mapping[str, Any], side: Backend) -> list[str]:
    """Return what a side is another in than the log says, as one sentence or none."""
    now = fingerprint.take(getattr(side, "spec", ""), side)
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
