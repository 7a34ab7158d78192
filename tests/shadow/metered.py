"""A watch to which outcomes are told one by one, and what must be said of it: by the slow way."""

import bisect
import math
from collections import Counter
from types import SimpleNamespace

from parity.shadow.metrics import SECONDS, SIZES
from parity.shadow.records import Call, Outcome
from parity.shadow.settings import settings
from parity.shadow.sides import Failed
from parity.shadow.watch import Watch
from parity.types import Encoding, Observation

FIELDS = {
    "calls": "calls", "passed": "passed", "sampled": "sampled", "compared": "compared",
    "same": "same", "diverged": "diverged", "skipped": "skipped", "timeout": "timeouts",
    "error": "errors", "dropped": "dropped",
}  # fmt: skip
FATES = ("same", "diverged", "skipped", "timeout", "error", "dropped")


def shadow_of():
    """What has a watch, switched off so that it has no thread: outcomes are told by `happen`."""
    nobody = Failed(LookupError())
    return SimpleNamespace(watch=Watch(settings({}, enabled=False), {}, nobody))


def encoded(text="abc", surface="encode", seconds=0.002):
    """A sampled call of encode, and its answer."""
    answer = Encoding(list(range(len(text))), None)
    if surface == "encode":
        return Call("request-1", surface, (text,), {}, Observation(answer), seconds, 0.0, 10)
    return Call("request-1", surface, ([text],), {}, Observation([answer]), seconds, 0.0, 10)


def happen(watch, surface, fate, why="", call=None, seconds=0.003):
    """Let one call become what it becomes, counted as the watch counts it; return its outcome."""
    watch.counts.ticks(surface)[0].next()
    if fate == "passed":
        return None
    watch.counts.chose(surface)
    if fate == "pending":
        return None
    if fate == "dropped":
        watch.counts.settle(surface, fate, why)
        return None
    outcome = Outcome(call or encoded(surface=surface), fate, why, seconds=seconds)
    watch.counts.add(outcome)
    for listener in watch.listeners:
        listener(outcome)
    return outcome


def said(snapshot):
    """What must be told of a snapshot: {(metric, labels): number}."""
    found = {}
    for surface, numbers in snapshot["surfaces"].items():
        own = {"surface": surface}
        for field, name in FIELDS.items():
            found[key(f"parity_shadow_{name}_total", own)] = numbers[field]
        found[key("parity_shadow_pending", own)] = numbers["pending"]
        for word, number in numbers["classes"].items():
            labels = {**own, "class": word}
            found[key("parity_shadow_diverged_by_class_total", labels)] = number
        for fate, reasons in numbers["reasons"].items():
            for why, number in reasons.items():
                labels = {**own, "fate": fate, "why": why}
                found[key("parity_shadow_not_compared_by_reason_total", labels)] = number
    return found


def durations(outcomes):
    """What histograms of seconds must say of encodings, and of their sizes."""
    values = {}
    for outcome in filter(None, outcomes):
        call = outcome.call
        own = {"surface": call.surface}
        name = "parity_tokenizer_encode_duration_seconds"
        values.setdefault((name, *own.items(), ("side", "reference")), []).append(call.seconds)
        if outcome.fate in {"same", "diverged"}:
            series = (name, *own.items(), ("side", "candidate"))
            values.setdefault(series, []).append(outcome.seconds)
        for size in ("tokens", "chars"):
            series = (f"parity_tokenizer_{size}_per_encode", *own.items())
            values.setdefault(series, []).append(len("".join(call.args[0])))
    found = {}
    for (name, *labels), numbers in values.items():
        bounds = (*(SECONDS if "seconds" in name else SIZES), math.inf)
        found[key(f"{name}_count", dict(labels))] = len(numbers)
        found[key(f"{name}_sum", dict(labels))] = sum(numbers)
        for bound in bounds:
            own = {**dict(labels), "le": float(bound)}
            below = bisect.bisect_right(sorted(numbers), bound)
            found[key(f"{name}_bucket", own)] = below
    return found


def key(name, labels):
    """A series, by its labels in no order."""
    return name, frozenset(labels.items())


def problems(found, snapshot, outcomes=()):
    """Say where what was told is not what must be: a series too few or too many, another number."""
    wanted = {**said(snapshot), **durations(outcomes)}
    told = {one: number for one, number in found.items() if not _state(one[0])}
    missing = [f"missing: {one}" for one in wanted if one not in told]
    extra = [f"extra: {one}" for one in told if one not in wanted]
    wrong = [
        f"{one} is {told[one]}, not {number}"
        for one, number in wanted.items()
        if one in told and not math.isclose(told[one], number, rel_tol=1e-12)
    ]
    return [*missing, *extra, *wrong, *unequal(told, snapshot)]


def unequal(found, snapshot):
    """Say which totals are not the sum over their labels."""
    sums = Counter()
    for (name, labels), number in found.items():
        sums[name] += number
        sums[name, dict(labels).get("fate", "")] += number
    pairs = {
        **{f"parity_shadow_{name}_total": snapshot[field] for field, name in FIELDS.items()},
        "parity_shadow_diverged_by_class_total": snapshot["diverged"],
        **{
            ("parity_shadow_not_compared_by_reason_total", fate): snapshot[fate]
            for fate in FATES[2:]
        },
    }
    return [f"sum of {name}: {sums[name]}, not {n}" for name, n in pairs.items() if sums[name] != n]


def _state(name):
    words = ("queue", "enabled", "breaker", "listeners", "log")
    return any(name.startswith(f"parity_shadow_{word}") for word in words)
