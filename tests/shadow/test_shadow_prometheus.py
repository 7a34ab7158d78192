"""Metrics for Prometheus: what a client scrapes is what the shadow counted, number by number."""

import threading
from types import SimpleNamespace

import pytest
from metered import happen, problems, shadow_of
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client import parser as text
from prometheus_client.openmetrics import parser as openmetrics
from scraping import HISTORY, flat, lived, scraped, served

from parity.shadow import prometheus
from parity.shadow.backend import Shadow
from parity.shadow.front import Asked, front
from parity.shadow.metrics import TABLE
from parity.shadow.settings import settings
from parity.shadow.sides import Here
from parity.shadow.surfaces import SURFACES
from parity.shadow.watch import Watch
from parity.types import Encoding

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.mark.parametrize(
    ("accept", "parse"),
    [
        ("text/plain", text.text_string_to_metric_families),
        (OPENMETRICS, openmetrics.text_string_to_metric_families),
    ],
    ids=["text", "openmetrics"],
)
def test_what_a_client_scrapes_is_what_the_shadow_counted(accept, parse):
    """Over HTTP, in both formats, each series and each number, and no series beside them."""
    registry = CollectorRegistry()
    shadow, outcomes = lived(registry)
    with served(registry) as address:
        found = flat(parse(scraped(address, accept)))

    assert not problems(found, shadow.watch.snapshot(), outcomes)


def test_a_real_shadow_is_scraped_until_it_is_closed_and_once_after():
    """Its last counts are not lost, and then it is gone."""
    registry = CollectorRegistry()
    with Shadow("mock:honest", "mock:drops_last_id", rate=1.0) as shadow:
        prometheus.register(shadow, registry=registry)
        for number in range(20):
            shadow.encode("a" * number)
    with served(registry) as address:
        last, after = scraped(address), scraped(address)
    found = flat(text.text_string_to_metric_families(last))
    labels = frozenset({("surface", "encode"), ("class", "ids.missing")})

    assert found["parity_shadow_diverged_by_class_total", labels] == 19
    encode = frozenset({("surface", "encode")})
    assert found["parity_tokenizer_tokens_per_encode_sum", encode] == sum(range(20))
    assert found["parity_tokenizer_chars_per_encode_count", encode] == 20
    assert not after
    assert not shadow.watch.listeners


def loses_a_class(families):
    """One class has no series."""
    for family in families:
        family.samples = [one for one in family.samples if one.labels.get("class") != "ids.missing"]
    return families


def doubles_a_count(families):
    """Sampled calls are counted twice."""
    for family in families:
        if family.name == "parity_shadow_sampled":
            family.samples = [one._replace(value=2 * one.value) for one in family.samples]
    return families


def forgets_a_label(families):
    """What was dropped, and why, is told of no surface."""
    for family in families:
        if family.name == "parity_shadow_not_compared_by_reason":
            family.samples = [
                one._replace(labels={**one.labels, "surface": ""}) for one in family.samples
            ]
    return families


def calls_a_timeout_an_error(families):
    """Two fates are one."""
    for family in families:
        family.samples = [
            one._replace(labels={**one.labels, "fate": "error"})
            if one.labels.get("fate") == "timeout"
            else one
            for one in family.samples
        ]
    return families


def rounds_a_bound(families):
    """Buckets are named by six digits."""
    for family in families:
        family.samples = [
            one._replace(labels={**one.labels, "le": f"{float(one.labels['le']):g}"})
            if "le" in one.labels
            else one
            for one in family.samples
        ]
    return families


def swaps_the_sides(families):
    """The candidate's durations are the reference's."""
    other = {"reference": "candidate", "candidate": "reference"}
    for family in families:
        family.samples = [
            one._replace(labels={**one.labels, "side": other[one.labels["side"]]})
            if "side" in one.labels
            else one
            for one in family.samples
        ]
    return families


def tells_each_bucket_alone(families):
    """Buckets do not hold what is below them."""
    for family in families:
        before, samples = 0, []
        for one in family.samples:
            if "le" in one.labels:
                before = 0 if one.labels["le"] == "1e-05" else before
                samples.append(one._replace(value=one.value - before))
                before = one.value
            else:
                samples.append(one)
        family.samples = samples
    return families


FAKES = (
    loses_a_class,
    doubles_a_count,
    forgets_a_label,
    calls_a_timeout_an_error,
    rounds_a_bound,
    swaps_the_sides,
    tells_each_bucket_alone,
)


@pytest.mark.parametrize("fake", FAKES, ids=lambda one: one.__name__)
def test_an_exporter_that_tells_it_wrong_is_caught(fake):
    """The comparison that the real one passes fails for each of these."""
    registry = CollectorRegistry()
    shadow, outcomes = lived(registry)
    honest = flat(registry.collect())
    wrong = flat(fake(list(registry.collect())))

    assert not problems(honest, shadow.watch.snapshot(), outcomes)
    assert problems(wrong, shadow.watch.snapshot(), outcomes)


def test_queue_listeners_and_log_are_told(tmp_path):
    """What waits while the candidate answers, and what the log and the listeners came to."""
    registry = CollectorRegistry()
    entered, going = threading.Event(), threading.Event()

    def encode(_):
        entered.set()
        going.wait(10)
        return Encoding([1])

    found = settings({}, rate=1.0, report=str(tmp_path / "log.jsonl"), max_diffs=1, calls=2)
    watch = Watch(found, {"side": "reference"}, Here(lambda _: encode, {"side": "candidate"}))
    call = front(Asked(lambda _: Encoding([2]), "encode", SURFACES["encode"], watch))
    prometheus.register(SimpleNamespace(watch=watch), registry=registry)
    watch.listeners = [*watch.listeners, raises]
    call("abc")
    entered.wait(10)
    for _ in range(9):
        call("abc")
    found = flat(registry.collect())
    assert found["parity_shadow_queue_length", frozenset()] == 2
    assert found["parity_shadow_queue_bytes", frozenset()] == watch.waiting.held > 0
    going.set()
    watch.close()
    found = flat(registry.collect())
    state = watch.log.state()

    for name in ("lines", "capped", "failed", "rotated"):
        assert found[f"parity_shadow_log_{name}_total", frozenset()] == state[name]
    assert (state["lines"], state["capped"]) == (2, 2)
    assert found["parity_shadow_listeners_failed_total", frozenset()] == 3
    assert found["parity_shadow_enabled", frozenset()] == 1


def test_an_open_breaker_is_told():
    """Who sees that nothing is compared sees why."""
    registry = CollectorRegistry()
    shadow, _ = lived(registry)
    told = []
    for _ in range(shadow.watch.settings.breaker):
        told.append(flat(registry.collect())["parity_shadow_breaker_open", frozenset()])
        shadow.watch.breaker.settled("error")

    assert not any(told)
    assert flat(registry.collect())["parity_shadow_breaker_open", frozenset()] == 1


class Died(Exception):
    """Of a candidate."""


def raises(_):
    """A listener that fails."""
    raise Died


def test_each_scrape_in_the_middle_of_traffic_adds_up():
    """One scrape is one snapshot: no call is in one number and not yet in the other."""
    registry = CollectorRegistry()
    shadow = shadow_of()
    prometheus.register(shadow, registry=registry)
    ended = threading.Event()

    def traffic():
        while not ended.is_set():
            for event in HISTORY[:-1]:
                happen(shadow.watch, *event)

    threads = [threading.Thread(target=traffic) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            found = flat(registry.collect())
            for (name, labels), calls in found.items():
                if name == "parity_shadow_calls_total":
                    passed = found["parity_shadow_passed_total", labels]
                    sampled = found["parity_shadow_sampled_total", labels]
                    compared = found["parity_shadow_compared_total", labels]
                    series = frozenset({*labels, ("side", "candidate")})
                    count = found.get(("parity_tokenizer_encode_duration_seconds_count", series), 0)

                    assert calls == passed + sampled
                    assert count <= compared <= sampled
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_help_says_that_only_sampled_calls_are_measured():
    """Who reads a dashboard sees it where the number is."""
    registry = CollectorRegistry()
    lived(registry)
    told = generate_latest(registry).decode()

    for metric in TABLE.values():
        if metric.heard and f"# HELP {metric.name}" in told:
            line = next(one for one in told.splitlines() if one.startswith(f"# HELP {metric.name}"))
            assert "Of sampled calls alone" in line
