"""A shadow's metrics for Prometheus, through prometheus-client; two lines switch them on.

    from parity.shadow import prometheus
    prometheus.register(shadow)

Counters are read off the shadow when somebody scrapes, one snapshot a scrape: what a scrape says
of calls adds up, and between scrapes nothing is paid. Several shadows in a registry are told apart
by the label `shadow`. A shadow that was closed is told once more, so that its last counts are seen;
its name is free from its close on. One that nobody holds any more is not held by its metrics.

Processes: each has its own counts and is scraped by itself; a child that was forked begins at 0.
The multiprocess mode of prometheus-client gathers files that its own metrics write, and a
collector such as this one writes none: there a shadow's metrics are in no gathered answer. Let
each worker serve a registry of its own (`register(shadow, registry=...)`), or read the logs.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

from parity.errors import MissingPackage
from parity.shadow.measured import Filled, Key
from parity.shadow.metrics import COUNTER, TABLE, Metric
from parity.shadow.registered import AlreadyRegistered, Registered, Shadows

try:
    from prometheus_client import REGISTRY, CollectorRegistry
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )
    from prometheus_client.utils import floatToGoString
except ImportError as error:
    raise MissingPackage(
        "metrics for Prometheus need the package prometheus-client: "
        "pip install 'tokparity[prometheus]'"
    ) from error


Family = Any
"""A metric family of prometheus-client; each kind has an `add_metric` of its own."""


def register(
    shadow: Any, *, registry: CollectorRegistry = REGISTRY, name: str = "shadow"
) -> Registered:
    """Let a registry tell a shadow's metrics until the shadow is closed.

    shadow: a `backend.Shadow`, or what `wrapping.shadowed` gave.
    name: the value of the label `shadow`. Raises AlreadyRegistered, NoShadow.
    """
    with REGISTERING:
        collector = COLLECTORS.get(registry)
        if collector is None:
            collector = Collector()
            try:
                registry.register(collector)
            except ValueError as error:
                raise AlreadyRegistered(
                    f"the registry has metrics of such names: {error}"
                ) from error
            COLLECTORS[registry] = collector
        return collector.shadows.add(shadow, name)


class Collector:
    """All shadows of one registry: a name of a metric can be told by one collector alone."""

    def __init__(self) -> None:
        self.shadows = Shadows()

    def describe(self) -> Iterator[Family]:
        """Yield every metric without a number, so that the registry knows the names."""
        for metric in TABLE.values():
            yield _family(metric)

    def collect(self) -> Iterator[Family]:
        """Yield every metric of every shadow that has numbers of it."""
        families = {name: _family(metric) for name, metric in TABLE.items()}
        for name, measured in self.shadows.now().items():
            counters, filled = measured.added()
            for reading in (*measured.counts(), *counters):
                families[reading.name].add_metric((name, *reading.labels), reading.value)
            for key, histogram in filled.items():
                _fill(families[key[0]], name, key, histogram)
        yield from (family for family in families.values() if family.samples)


def _family(metric: Metric) -> Family:
    kind = FAMILY[metric.kind]
    return kind(metric.name, metric.help, labels=("shadow", *metric.labels))


def _fill(family: Family, shadow: str, key: Key, histogram: Filled) -> None:
    name, labels = key
    bounds = map(floatToGoString, (*TABLE[name].buckets, math.inf))
    rows = list(zip(bounds, map(float, histogram.below), strict=True))
    family.add_metric((shadow, *labels), buckets=rows, sum_value=histogram.sum)


FAMILY: Final[Mapping[str, Callable[..., Family]]] = {
    COUNTER: CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
}
COLLECTORS: Final[WeakKeyDictionary[CollectorRegistry, Collector]] = WeakKeyDictionary()
"""Where a second shadow of a registry finds the first; a registry has no place for it."""
REGISTERING: Final = threading.Lock()
