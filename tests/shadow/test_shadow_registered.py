"""Shadows in a registry: by names of their own, until they end, in the process that they are in."""

import gc
import os
import subprocess
import sys
import weakref

import pytest
from metered import happen, problems, shadow_of
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client import parser as text
from scraping import HISTORY, flat, lived

from parity.errors import UsageError
from parity.shadow import prometheus
from parity.shadow.wrapping import shadowed


def test_what_was_wrapped_is_registered_as_it_is():
    """In two lines, whatever the reference is; what nobody watches is refused."""
    registry = CollectorRegistry()
    with shadowed(str.upper, str.lower, rate=1.0) as upper:
        prometheus.register(upper, registry=registry)
        assert upper("ab") == "AB"
    found = flat(registry.collect())

    labels = frozenset({("surface", "upper"), ("class", "value.value")})
    assert found["parity_shadow_diverged_by_class_total", labels] == 1
    with pytest.raises(UsageError, match="not an object of str"):
        prometheus.register("a tokenizer", registry=registry)


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
