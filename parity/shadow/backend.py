"""A backend that answers as the reference does, and compares a sample with a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Self

from parity import fingerprint
from parity.backend import Backend, Identity
from parity.backends import load
from parity.shadow.apart import Apart
from parity.shadow.front import Asked, front
from parity.shadow.live import STREAM, Live, live
from parity.shadow.settings import BadSetting, Settings, settings
from parity.shadow.sides import Failed, Here, Side
from parity.shadow.surfaces import SURFACES, whole
from parity.shadow.watch import Watch

HOW: Final = ("thread", "process")
"""Where a candidate may run."""


THEIRS: Final = (
    "name", "spec", "here", "releases_gil", "eos", "vocabulary", "normal_form", "chat_template",
    "snippet", "stages", "train",
)  # fmt: skip
"""What a backend has beside surfaces: the reference's own, which nobody compares."""


class Shadow(Backend):
    """The reference, to whoever calls it; a sample of what it is asked goes to the candidate, too.

    reference, candidate: backends, or specs of such (an engine for `generate`).
    how: where the candidate runs, `thread` or `process`; a process wants a spec.
    Other arguments are the fields of `settings.Settings`. Raises BadSetting, and for the reference
    what loading it raises; a candidate that cannot be loaded is counted, not raised.

    >>> with Shadow("mock:honest", "mock:drops_last_id", rate=1.0) as shadow:
    ...     ids = shadow.encode("a").ids
    >>> shadow.snapshot()["classes"]
    {'ids.missing': 1}
    """

    def __init__(
        self, reference: Any, candidate: Any, *, how: str = "thread", **arguments: Any
    ) -> None:
        found = settings(**arguments)
        self.reference = load(reference) if isinstance(reference, str) else reference
        side = side_of(candidate, how, found)
        streams = SURFACES[STREAM]._replace(kept=partial(_stream, self.reference, side))
        surfaces = {**SURFACES, STREAM: streams}
        self.watch = Watch(found, about(self.reference), side, surfaces)
        for name, surface in surfaces.items():
            call = getattr(self.reference, name, None)
            if call is not None:
                setattr(self, name, front(Asked(call, name, surface, self.watch)))
        for name in THEIRS:
            if hasattr(self.reference, name):
                setattr(self, name, getattr(self.reference, name))
        self._known(found)

    def _known(self, found: Settings) -> None:
        """Raise BadSetting for a rate of what is no surface."""
        strange = sorted(set(found.rates) - set(self.watch.surfaces))
        if strange:
            known = ", ".join(self.watch.surfaces)
            raise BadSetting(f"rates names {strange[0]!r}, which is no surface; surfaces: {known}")

    @property
    def algorithm(self) -> str:
        """The name of the reference's streams."""
        return str(getattr(self.reference, "algorithm", ""))

    @property
    def stop_rule(self) -> str:
        """The tie rule of the reference's stops."""
        return str(getattr(self.reference, "stop_rule", ""))

    def __getattr__(self, name: str) -> Any:
        if name == "reference":
            raise AttributeError(name)
        return getattr(self.reference, name)

    def live(self, prompt: Sequence[int] = (), **named: Any) -> Live:
        """Return a stream of the reference that is fed step by step, as `live.live` says."""
        return live(self.reference, self.watch, prompt, **named)

    def identity(self) -> Identity:
        """Say what the reference is: that is what answers."""
        found: Identity = self.reference.identity()
        return found

    def snapshot(self) -> dict[str, Any]:
        """Return the counts, as `counts.Counts.snapshot` does."""
        return self.watch.snapshot()

    def close(self, deadline: float | None = None) -> None:
        """Stop sampling, compare what waits within so many seconds, and write the footer.

        The reference goes on answering, and is left open.
        """
        self.watch.close(deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def side_of(candidate: Any, how: str, settings: Settings) -> Side:
    """Return where a candidate runs; what cannot be loaded fails there. Raises BadSetting.

    A shadow that is switched off loads none.
    """
    if how not in HOW:
        raise BadSetting(f"how is {' or '.join(HOW)}: where the candidate runs, not {how!r}")
    if how == "process" and not isinstance(candidate, str):
        raise BadSetting(
            "how='process' loads the candidate there, so it wants a spec such as "
            f"'hf:models/qwen', not an object of {type(candidate).__name__}; 'py:MODULE:MAKE' is "
            "the spec of what your own function makes"
        )
    if not settings.enabled:
        return Failed(SwitchedOff())
    if how == "process":
        return Apart(candidate, settings)
    try:
        found = load(candidate) if isinstance(candidate, str) else candidate
        side = Here(partial(getattr, found), about(found))
        side.algorithm = getattr(found, "algorithm", "")
    except Exception as error:  # noqa: BLE001 (the reference serves, whatever the candidate is)
        return Failed(error)
    return side


def _stream(reference: Any, side: Side, value: Any) -> Any:
    """Return what came of a script, copied; where it was cut only where both cut alike."""
    alike = getattr(reference, "algorithm", "") == getattr(side, "algorithm", "")
    return SURFACES[STREAM].kept(value) if alike else whole(value)


class SwitchedOff(Exception):
    """The shadow is switched off."""


def about(backend: Any) -> dict[str, Any]:
    """Return a side's fingerprint as plain data."""
    return fingerprint.take(getattr(backend, "spec", ""), backend)._asdict()
