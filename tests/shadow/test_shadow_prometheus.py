"""Metrics for Prometheus: what a client scrapes is what the shadow counted, number by number."""

import gc
import os
import subprocess
import sys
import threading
import urllib.request
import weakref
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from metered import happen, problems, shadow_of
from prometheus_client import CollectorRegistry, Counter, generate_latest, start_http_server
from prometheus_client import parser as text
from prometheus_client.openmetrics import parser as openmetrics

from parity.errors import UsageError
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
HISTORY = (
    ("encode", "same", ""),
    ("encode", "diverged", "ids.value"),
    ("encode", "diverged", "ids.missing"),
    ("encode", "diverged", "ids.value"),
    ("encode", "error", "Died"),
    ("encode", "dropped", "full"),
    ("encode_batch", "same", ""),
    ("encode_batch", "skipped", "Unsupported"),
    ("encode_batch", "timeout", "TimedOut"),
    ("encode_batch", "passed", ""),
    ("encode_cut", "passed", ""),
    ("encode_cut", "pending", ""),
)
"""Every fate, two classes, and calls of which nothing became yet."""


def flat(families, shadow="shadow"):
    """The samples of one shadow, as `metered.problems` wants them."""
    found = {}
    for family in families:
        for sample in family.samples:
            labels = {name: value for name, value in sample.labels.items() if name != "shadow"}
            if "le" in labels:
                labels["le"] = float(labels["le"])
            series = sample.name, frozenset(labels.items())
            assert series not in found or sample.labels["shadow"] != shadow
            if sample.labels["shadow"] == shadow:
                found[series] = sample.value
    return found


@contextmanager
def served(registry):
    """The address of an exporter of this machine's own."""
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    try:
        yield f"http://127.0.0.1:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def scraped(address, accept="text/plain"):
    """What a client gets."""
    request = urllib.request.Request(address, headers={"Accept": accept})  # noqa: S310 (loopback)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 (loopback)
        return answer.read().decode()


def lived(registry, **arguments):
    """A shadow that went through HISTORY, and its outcomes."""
    shadow = shadow_of()
    prometheus.register(shadow, registry=registry, **arguments)
    return shadow, [happen(shadow.watch, *event) for event in HISTORY]


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


def test_two_shadows_of_a_registry_are_told_apart():
    """Each has its own numbers, under its own name, in one exposition."""
    registry = CollectorRegistry()
    one, outcomes = lived(registry, name="one")
    other = shadow_of()
    prometheus.register(other, registry=registry, name="other")
    happen(other.watch, "encode", "passed")
    told = generate_latest(registry).decode()
    families = list(text.text_string_to_metric_families(told))

    assert not problems(flat(families, "one"), one.watch.snapshot(), outcomes)
    assert not problems(flat(families, "other"), other.watch.snapshot())
    assert told.count("# TYPE parity_shadow_calls_total ") == 1


def test_a_name_that_is_taken_and_a_shadow_that_is_there_are_errors():
    """Two sources of one series, or one source of two, would be counted together."""
    registry = CollectorRegistry()
    shadow = shadow_of()
    prometheus.register(shadow, registry=registry)

    with pytest.raises(UsageError, match="this shadow is registered already, as 'shadow'"):
        prometheus.register(shadow, registry=registry, name="again")
    with pytest.raises(UsageError, match="give this one a name of its own"):
        prometheus.register(shadow_of(), registry=registry)
    assert len(shadow.watch.listeners) == 1


def test_somebody_elses_metrics_of_these_names_are_an_error():
    """The registry is as it was before."""
    registry = CollectorRegistry()
    Counter("parity_shadow_calls", "Of somebody else.", registry=registry)
    shadow = shadow_of()

    with pytest.raises(UsageError, match="the registry has metrics of such names"):
        prometheus.register(shadow, registry=registry)
    assert not shadow.watch.listeners


def test_a_closed_shadows_name_is_free():
    """A service that opens its shadow again goes on under the same name."""
    registry = CollectorRegistry()
    shadow, _ = lived(registry)
    shadow.watch.close()
    again, outcomes = lived(registry)

    assert not problems(flat(registry.collect()), again.watch.snapshot(), outcomes)
    assert not shadow.watch.listeners


def test_what_is_closing_is_told_until_it_ended_and_once_after():
    """A candidate that hangs at the end is seen, and what it never answered stays pending."""
    registry = CollectorRegistry()
    shadow, outcomes = lived(registry)
    shadow.watch.waiting.close()
    assert flat(registry.collect())
    assert flat(registry.collect())
    shadow.watch.close(0)

    assert not problems(flat(registry.collect()), shadow.watch.snapshot(), outcomes)
    assert not flat(registry.collect())


def test_a_shadow_that_nobody_holds_is_not_held_by_its_metrics():
    """It goes, so that its log can say how it ended; its name is free."""
    registry = CollectorRegistry()
    shadow, _ = lived(registry)
    watch = weakref.ref(shadow.watch)
    del shadow
    gc.collect()

    assert watch() is None
    assert not flat(registry.collect())
    again, outcomes = lived(registry)
    assert not problems(flat(registry.collect()), again.watch.snapshot(), outcomes)


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


def test_a_registered_shadow_can_be_taken_out():
    """At once, and twice does nothing."""
    registry = CollectorRegistry()
    shadow = shadow_of()
    registered = prometheus.register(shadow, registry=registry)
    happen(shadow.watch, "encode", "same")
    registered.close()
    registered.close()

    assert not flat(registry.collect())
    assert not shadow.watch.listeners


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_tells_its_own_counts():
    """What a child is scraped for is what it did itself."""
    registry = CollectorRegistry()
    shadow, outcomes = lived(registry)
    child = os.fork()
    if child == 0:
        own = [happen(shadow.watch, *event) for event in HISTORY[:4]]
        found = flat(registry.collect())
        os._exit(bool(problems(found, shadow.watch.snapshot(), own)))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert not problems(flat(registry.collect()), shadow.watch.snapshot(), outcomes)


def told_by(code, **environment):
    """What a fresh interpreter prints."""
    return subprocess.run(  # noqa: S603 (code of this file)
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


MULTIPROCESS = """
from prometheus_client import CollectorRegistry, generate_latest, multiprocess
from parity.shadow import prometheus
from parity.shadow.backend import Shadow
own, gathered = CollectorRegistry(), CollectorRegistry()
multiprocess.MultiProcessCollector(gathered)
shadow = Shadow("mock:honest", "mock:drops_last_id", rate=1.0)
prometheus.register(shadow, registry=own)
shadow.encode("a")
wanted = b'parity_shadow_calls_total{shadow="shadow",surface="encode"} 1.0'
print(wanted in generate_latest(own), b"parity_shadow" in generate_latest(gathered))
shadow.close()
"""


def test_multiprocess_mode_gathers_no_shadow_and_a_registry_of_its_own_tells_it(tmp_path):
    """As the module says: files of other processes have no collector's numbers."""
    done = told_by(MULTIPROCESS, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))

    assert (done.stdout, done.stderr) == ("True False\n", "")


ABSENT = """
import sys
sys.modules["prometheus_client"] = sys.modules["opentelemetry"] = None
import parity.shadow.backend
from parity.errors import MissingPackage
for name in ("prometheus", "opentelemetry"):
    try:
        __import__(f"parity.shadow.{name}")
    except MissingPackage as error:
        print(error)
del sys.modules["prometheus_client"], sys.modules["opentelemetry"]
"""


def test_without_the_packages_a_shadow_works_and_its_metrics_say_what_to_install():
    """Neither is imported by a shadow; whoever asks for one that is not there gets the line."""
    done = told_by(ABSENT)

    one, other = done.stdout.splitlines()
    assert one.endswith("the package prometheus-client: pip install 'tokparity[prometheus]'")
    assert other.endswith("package opentelemetry-api: pip install 'tokparity[opentelemetry]'")
    assert done.stderr == ""


def test_help_says_that_only_sampled_calls_are_measured():
    """Who reads a dashboard sees it where the number is."""
    registry = CollectorRegistry()
    lived(registry)
    told = generate_latest(registry).decode()

    for metric in TABLE.values():
        if metric.heard and f"# HELP {metric.name}" in told:
            line = next(one for one in told.splitlines() if one.startswith(f"# HELP {metric.name}"))
            assert "Of sampled calls alone" in line
