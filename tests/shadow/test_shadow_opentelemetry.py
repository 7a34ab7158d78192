"""Metrics for OpenTelemetry: what an SDK's reader collects is what the shadow counted."""

import logging
import os

import pytest
from metered import happen, key, problems, shadow_of
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from parity.errors import UsageError
from parity.shadow import opentelemetry
from parity.shadow.metrics import TABLE

HISTORY = (
    ("encode", "same", ""),
    ("encode", "diverged", "ids.value"),
    ("encode", "diverged", "ids.missing"),
    ("encode", "error", "Died"),
    ("encode", "dropped", "full"),
    ("encode_batch", "skipped", "Unsupported"),
    ("encode_batch", "timeout", "TimedOut"),
    ("encode_batch", "passed", ""),
    ("encode_cut", "pending", ""),
)


@pytest.fixture
def collecting():
    """A meter, and a function that gives what a reader of it collects now."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    yield provider.get_meter("test"), reader.get_metrics_data
    provider.shutdown()


def points(data):
    """The metrics of a collection, and their points, as the SDK has them."""
    if data is None:
        return []
    return [
        (metric, point)
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    ]


def flat(data, shadow="shadow"):
    """The numbers of one shadow, as `metered.problems` wants them."""
    found = {}
    for metric, point in points(data):
        labels = dict(point.attributes)
        if labels.pop("shadow") != shadow:
            continue
        known = TABLE[metric.name]
        if known.kind != "histogram":
            ending = "_total" if known.kind == "counter" else ""
            rows = {key(metric.name + ending, labels): point.value}
        else:
            rows = histogram(metric.name, labels, point)
        assert not rows.keys() & found.keys()
        found |= rows
    return found


def histogram(name, labels, point):
    """A histogram's point in the form that Prometheus has."""
    rows = {key(f"{name}_sum", labels): point.sum, key(f"{name}_count", labels): point.count}
    below = 0
    bounds = (*point.explicit_bounds, float("inf"))
    for bound, number in zip(bounds, point.bucket_counts, strict=True):
        below += number
        rows[key(f"{name}_bucket", {**labels, "le": float(bound)})] = below
    return rows


def lived(meter, **arguments):
    """A shadow that went through HISTORY, and its outcomes."""
    shadow = shadow_of()
    opentelemetry.register(shadow, meter=meter, **arguments)
    return shadow, [happen(shadow.watch, *event) for event in HISTORY]


def test_what_a_reader_collects_is_what_the_shadow_counted(collecting):
    """Each series and each number, and no series beside them; a second time, too."""
    meter, collect = collecting
    shadow, outcomes = lived(meter)

    assert not problems(flat(collect()), shadow.watch.snapshot(), outcomes)
    outcomes += [happen(shadow.watch, *event) for event in HISTORY]
    assert not problems(flat(collect()), shadow.watch.snapshot(), outcomes)


def test_one_collection_is_told_one_snapshot(collecting):
    """A call that is made in the middle of it is in none of its numbers, or in all."""
    meter, collect = collecting
    shadow, _ = lived(meter)
    looked = []
    snapshot = shadow.watch.snapshot

    def in_the_middle():
        looked.append(found := snapshot())
        happen(shadow.watch, "encode", "same")
        return found

    shadow.watch.snapshot = in_the_middle
    first, second = flat(collect()), flat(collect())
    total = key("parity_shadow_calls_total", {"surface": "encode"})

    assert len(looked) == 2
    assert (first[total], second[total]) == (5, 6)


def loses_a_class(found):
    """One class has no series."""
    return {one: number for one, number in found.items() if ("class", "ids.value") not in one[1]}


def doubles_a_count(found):
    """Sampled calls are counted twice."""
    return {
        one: 2 * number if one[0] == "parity_shadow_sampled_total" else number
        for one, number in found.items()
    }


def forgets_an_outcome(found):
    """Histograms are one value short."""
    return {
        one: number - 1 if one[0].endswith("_count") else number for one, number in found.items()
    }


@pytest.mark.parametrize(
    "fake", [loses_a_class, doubles_a_count, forgets_an_outcome], ids=lambda one: one.__name__
)
def test_an_exporter_that_tells_it_wrong_is_caught(fake, collecting):
    """The comparison that the real one passes fails for each of these."""
    meter, collect = collecting
    shadow, outcomes = lived(meter)

    assert problems(fake(flat(collect())), shadow.watch.snapshot(), outcomes)


def test_two_shadows_of_a_meter_are_told_apart(collecting, caplog):
    """Each has its own numbers; no instrument is made twice, which the SDK would warn of."""
    meter, collect = collecting
    with caplog.at_level(logging.WARNING):
        one, outcomes = lived(meter, name="one")
        other, others = lived(meter, name="other")
        happen(other.watch, "encode", "passed")
        found = collect()

    assert not problems(flat(found, "one"), one.watch.snapshot(), outcomes)
    assert not problems(flat(found, "other"), other.watch.snapshot(), others)
    assert not caplog.records


def test_a_name_that_is_taken_and_a_shadow_that_is_there_are_errors(collecting):
    """Two sources of one series, or one source of two, would be counted together."""
    meter, _ = collecting
    shadow, _ = lived(meter)

    with pytest.raises(UsageError, match="this shadow is registered already"):
        opentelemetry.register(shadow, meter=meter, name="again")
    with pytest.raises(UsageError, match="give this one a name of its own"):
        opentelemetry.register(shadow_of(), meter=meter)


def test_a_closed_shadow_is_observed_once_more(collecting):
    """Its last counts are not lost; what its histograms had is the SDK's."""
    meter, collect = collecting
    shadow, outcomes = lived(meter)
    shadow.watch.close(0)
    last, after = flat(collect()), flat(collect())

    assert not problems(last, shadow.watch.snapshot(), outcomes)
    assert not [name for name, _ in after if name.startswith("parity_shadow_")]
    assert not shadow.watch.listeners


def test_without_an_sdk_nothing_happens():
    """Instruments of the API alone take everything and keep nothing."""
    shadow, _ = lived(NoOpMeterProvider().get_meter("test"))

    assert shadow.watch.snapshot()["calls"] == len(HISTORY)
    assert len(shadow.watch.listeners) == 1


def test_the_providers_own_meter_is_used_where_none_is_given():
    """Without a provider it does nothing, and it is one meter for all of them."""
    one, other = shadow_of(), shadow_of()
    opentelemetry.register(one, name="default-1").close()
    registered = opentelemetry.register(other, name="default-2")
    with pytest.raises(UsageError, match="give this one a name of its own"):
        opentelemetry.register(one, name="default-2")
    registered.close()

    assert one.watch.listeners == other.watch.listeners == []


def test_names_units_and_buckets_are_the_tables(collecting):
    """What the SDK makes of an instrument is what the table says of it."""
    meter, collect = collecting
    lived(meter)
    found = points(collect())

    assert found
    for metric, point in found:
        known = TABLE[metric.name]
        assert (metric.unit, metric.description) == (known.unit, known.help)
        assert set(point.attributes) == {"shadow", *known.labels}
        if known.kind == "histogram":
            assert tuple(point.explicit_bounds) == known.buckets


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_is_observed_by_its_own_counts(collecting):
    """It begins at nothing, although the parent was in the middle of a collection."""
    meter, collect = collecting
    shadow, outcomes = lived(meter)
    held = opentelemetry.INSTRUMENTS[meter]._lock
    held.acquire()
    child = os.fork()
    if child == 0:
        happen(shadow.watch, "encode", "passed")
        found = flat(collect())
        own = found[key("parity_shadow_calls_total", {"surface": "encode"})]
        os._exit(0 if own == 1 else 1)
    held.release()
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert not problems(flat(collect()), shadow.watch.snapshot(), outcomes)
