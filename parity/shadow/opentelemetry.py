"""A shadow's metrics for OpenTelemetry, through its API alone; two lines switch them on.

    from parity.shadow import opentelemetry
    opentelemetry.register(shadow)

Without an SDK all of it does nothing. Counters and gauges are observed when the SDK collects, and
one collection is told one snapshot, as long as one reader collects at a time. Histograms, and what
streams and stops did, are recorded in the watch's thread. The attribute `shadow` tells several
shadows apart. A shadow that was closed is observed once more.

Processes: a child that was forked begins at 0 in what is observed; what its SDK does with
histograms that were recorded before the fork is the SDK's affair, and its exporter's thread is not
in the child: set the provider up after the fork.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from parity.errors import MissingPackage
from parity.shadow.measured import after_fork
from parity.shadow.metrics import COUNTER, HISTOGRAM, TABLE, Metric, Reading
from parity.shadow.registered import Registered, Shadows

try:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter
except ImportError as error:
    raise MissingPackage(
        "metrics for OpenTelemetry need the package opentelemetry-api: "
        "pip install 'tokparity[opentelemetry]'"
    ) from error

SCOPE: Final = "tokparity"


def register(shadow: Any, *, meter: Meter | None = None, name: str = "shadow") -> Registered:
    """Let a meter, or the provider's own `tokparity`, tell a shadow's metrics until its close.

    shadow: a `backend.Shadow`, or what `wrapping.shadowed` gave.
    name: the value of the attribute `shadow`. Raises AlreadyRegistered, NoShadow.
    """
    with REGISTERING:
        found = DEFAULT.get(SCOPE) if meter is None else INSTRUMENTS.get(meter)
        if found is None:
            where = get_meter(SCOPE) if meter is None else meter
            found = INSTRUMENTS[where] = Instruments(where)
        if meter is None:
            DEFAULT[SCOPE] = found
        return found.shadows.add(shadow, name, partial(found.record, name))


class Instruments:
    """All shadows of one meter: an instrument is made once, or its second callback is lost."""

    def __init__(self, meter: Meter) -> None:
        self.shadows = Shadows()
        self._begin()
        after_fork(self._begin)
        self._instruments = {one.name: self._made(meter, one) for one in TABLE.values()}

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._said: dict[str, list[Observation]] = {}

    def _made(self, meter: Meter, metric: Metric) -> Any:
        about = {"name": metric.name, "unit": metric.unit, "description": metric.help}
        if metric.kind == HISTOGRAM:
            return meter.create_histogram(
                **about, explicit_bucket_boundaries_advisory=metric.buckets
            )
        if metric.heard:
            return meter.create_counter(**about)
        callbacks = [partial(self._observed, metric.name)]
        if metric.kind == COUNTER:
            return meter.create_observable_counter(**about, callbacks=callbacks)
        return meter.create_observable_gauge(**about, callbacks=callbacks)

    def record(self, shadow: str, reading: Reading) -> None:
        """Take in what an outcome adds."""
        instrument = self._instruments[reading.name]
        tell = instrument.record if TABLE[reading.name].kind == HISTOGRAM else instrument.add
        tell(reading.value, _attributes(shadow, reading))

    def _observed(self, name: str, _: CallbackOptions) -> list[Observation]:
        """Return an instrument's numbers; the first that is asked again looks at all anew."""
        with self._lock:
            if name in self._asked or not self._asked:
                self._asked, self._said = set(), self._look()
            self._asked.add(name)
            return self._said.get(name, [])

    def _look(self) -> dict[str, list[Observation]]:
        found: dict[str, list[Observation]] = {}
        for name, measured in self.shadows.now().items():
            for one in measured.counts():
                said = Observation(one.value, _attributes(name, one))
                found.setdefault(one.name, []).append(said)
        return found


def _attributes(shadow: str, reading: Reading) -> dict[str, str]:
    labels = TABLE[reading.name].labels
    return {"shadow": shadow, **dict(zip(labels, reading.labels, strict=True))}


INSTRUMENTS: Final[WeakKeyDictionary[Meter, Instruments]] = WeakKeyDictionary()
"""Where a second shadow of a meter finds the first; a meter has no place for it."""
DEFAULT: Final[dict[str, Instruments]] = {}
"""The same of the provider's own meter, which is another object at each `get_meter` until a
provider is set."""
REGISTERING: Final = threading.Lock()
