"""A shadow that went through every fate, a registry that tells it, and a client that scrapes."""

import urllib.request
from contextlib import contextmanager

from metered import happen, shadow_of
from prometheus_client import start_http_server

from parity.shadow import prometheus

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
