"""What a shadow costs the caller whose calls it watches; ratios and microseconds of one run.

not sampled  added to a bare call, outside of any request and in one that is not chosen; best of
             interleaved rounds; goal 0.3 us
sampled      at 100 %, prompts of 64 tokens: what a call takes less what the reference took in
             it, copy included, while the candidate runs; p50 and p99; goals 2 and 10 us. Once
             with the reference, and once with one that answers from memory; `none` is without
             a shadow: what the measuring takes, which is in the other rows, too
long         at 100 %, prompts of 8,000 tokens, a candidate that holds the GIL: whole calls,
             p50 and p99, by where the candidate runs; goal of the process: 1.01 of the bare
             p99; `added` is what a call takes less what the reference took in it
hanging      at 100 %, a candidate that never answers: the longest call, and what became of all

python -m benchmarks.shadow [CALLS [ROUNDS]]
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from statistics import median
from time import perf_counter
from typing import Any, Final

import benchmarks
from parity import backends
from parity.backend import Backend, Identity
from parity.errors import MissingAsset
from parity.shadow.backend import Shadow
from parity.shadow.sampling import request
from parity.types import Encoding, Specials

GOALS: Final = {"not_sampled_us": 0.3, "p50_us": 2.0, "p99_us": 10.0, "process_p99_ratio": 1.01}
TARGETS: Final = ("tiny:byte-bpe-4096", "asset:qwen")
SHORT, LONG = 64, 8_000
"""Tokens of a prompt."""
PLACES: Final = ("thread", "process")
ROOM: Final = {"calls": 1 << 20, "bytes": 1 << 34}
"""A queue that takes every call, so that what is measured is a call that was taken."""
BLOCK: Final = 20_000
"""Calls between two looks at the clock, where one call is too short to be timed."""


class Timed(Backend):
    """A reference that says how long it took, of all its calls."""

    def __init__(self, inner: Backend) -> None:
        self.inner, self.spent = inner, 0.0

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        """Answer as the inner one does, and add up the seconds."""
        begun = perf_counter()
        found = self.inner.encode(text, specials)
        self.spent += perf_counter() - begun
        return found

    def identity(self) -> Identity:
        """Say what answers."""
        return self.inner.identity()


class Remembered(Backend):
    """A reference that knows its answers."""

    def __init__(self, inner: Backend, texts: Iterable[str]) -> None:
        self.inner = inner
        self.answers: dict[str | bytes, Encoding] = {text: inner.encode(text) for text in texts}

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:  # noqa: ARG002
        """Answer from memory."""
        return self.answers[text]

    def identity(self) -> Identity:
        """Say who knew it."""
        return self.inner.identity()


class Hanging(Backend):
    """A candidate that answers when it is let go."""

    def __init__(self) -> None:
        self.gone = threading.Event()

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:  # noqa: ARG002
        """Wait."""
        self.gone.wait()
        return Encoding([])

    def identity(self) -> Identity:
        """Say what this is."""
        return Identity(self)


def prompts(backend: Backend, tokens: int, count: int) -> list[str]:
    """Return distinct texts of about so many tokens each."""
    made, found, text = benchmarks.texts(), list[str](), ""
    while len(found) < count:
        text += f"{next(made)} ".encode("utf-8", "replace").decode()  # no lone surrogates
        offsets = backend.encode(text).offsets or []
        if len(offsets) >= tokens:
            found.append(text[: offsets[tokens - 1][1]])
            text = ""
    return found


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the 99th percentile, in microseconds."""
    ordered = sorted(seconds)
    return {
        "p50": round(median(ordered) * 1e6, 2),
        "p99": round(ordered[len(ordered) * 99 // 100] * 1e6, 2),
        "longest": round(ordered[-1] * 1e6, 2),
    }


def unsampled(backend: Backend, rounds: int) -> dict[str, float]:
    """Return microseconds that a call which is not sampled costs above the bare one."""
    text = "a"
    bare = Remembered(backend, [text])
    with Shadow(bare, backend, rate=0.0) as shadow, request("never chosen"):
        inside, outside = shadow.encode, shadow.encode

        def block(call: Callable[[str], object]) -> float:
            begun = perf_counter()
            for _ in repeat(None, BLOCK):
                call(text)
            return (perf_counter() - begun) / BLOCK * 1e6

        best = dict.fromkeys(("bare", "outside", "inside"), float("inf"))
        for _ in range(rounds):
            best["bare"] = min(best["bare"], block(bare.encode))
            best["inside"] = min(best["inside"], block(inside))
            best["outside"] = min(best["outside"], alone(lambda: block(outside)))
    return {
        "bare": round(best["bare"], 3),
        **{name: round(best[name] - best["bare"], 3) for name in ("outside", "inside")},
    }


def alone(call: Callable[[], float]) -> float:
    """Call where no request is: in a thread of its own, which has a context of its own."""
    found: list[float] = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join()
    return found[0]


def own(
    encode: Callable[[str], Any], timed: Timed, texts: Sequence[str], calls: int
) -> dict[str, Any]:
    """Return what calls take less what the reference took in them."""
    added = []
    for number in range(calls):
        text, before = texts[number % len(texts)], timed.spent
        begun = perf_counter()
        answer = encode(text)
        took = perf_counter() - begun
        added.append(took - (timed.spent - before))
        del answer  # not on the clock: the bare call's has to go as well
    return spread(added)


def sampled(backend: Backend, spec: str, calls: int, rounds: int) -> dict[str, Any]:
    """Return the caller's own cost of calls that are all sampled, the best of the rounds."""
    texts = prompts(backend, SHORT, 64)
    references = {"real": backend, "memory": Remembered(backend, texts)}
    found: dict[str, Any] = {}
    for _ in range(rounds):
        for name, reference in references.items():
            timed = Timed(reference)
            keep(found, f"{name}, none", own(timed.encode, timed, texts, calls))
        for place in PLACES:
            for name, reference in references.items():
                timed = Timed(reference)
                with Shadow(timed, spec, how=place, rate=1.0, **ROOM) as shadow:
                    shadow.encode(texts[0])
                    seen = own(shadow.encode, timed, texts, calls)
                    shadow.close(0.01)
                keep(found, f"{name}, {place}", seen)
    return found


def keep(found: dict[str, Any], name: str, seen: dict[str, float]) -> None:
    """Keep the better of two rounds, by each number."""
    before = found.get(name, seen)
    found[name] = {key: min(value, before[key]) for key, value in seen.items()}
    benchmarks.say(f"  {name}: {seen} us")


def whole(encode: Callable[[str], Any], texts: Sequence[str], calls: int) -> list[float]:
    """Return the seconds of each call."""
    spent = []
    for number in range(calls):
        text = texts[number % len(texts)]
        begun = perf_counter()
        answer = encode(text)
        spent.append(perf_counter() - begun)
        del answer
    return spent


def long(backend: Backend, spec: str, calls: int, rounds: int) -> dict[str, Any]:
    """Return what whole calls with long prompts take, bare and by where the candidate runs."""
    texts = prompts(backend, LONG, 8)
    timed = Timed(backend)
    shadows = {
        "off": Shadow(timed, spec, rate=0.0),
        **{place: Shadow(timed, spec, how=place, rate=1.0) for place in PLACES},
    }
    spent: dict[str, list[float]] = {"bare": [], **{name: [] for name in shadows}}
    added: dict[str, list[float]] = {name: [] for name in shadows}
    for _ in range(rounds):
        spent["bare"] += whole(timed.encode, texts, calls)
        for name, shadow in shadows.items():
            for text in (texts * calls)[:calls]:
                before = timed.spent
                took = whole(shadow.encode, [text], 1)[0]
                spent[name].append(took)
                added[name].append(took - (timed.spent - before))
            drain(shadow)
    for shadow in shadows.values():
        shadow.close(0.01)
    bare = spread(spent["bare"])
    return {
        "bare": bare,
        **{name: row(spread(spent[name]), bare, spread(added[name])) for name in shadows},
    }


def drain(shadow: Shadow) -> None:
    """Throw away what waits, so that the next round is of its own shadow only."""
    waiting = shadow.watch.waiting
    while (call := waiting.take()) is not None:
        shadow.watch.counts.settle(call.surface, "dropped", "benchmark")


def row(seen: dict[str, float], bare: dict[str, float], added: dict[str, float]) -> dict[str, Any]:
    """Return a line of the table: whole calls, their ratios to bare ones, and what was added."""
    ratios = {f"{name}_ratio": round(seen[name] / bare[name], 3) for name in ("p50", "p99")}
    share = round(1 + added["p99"] / bare["p50"], 4)
    return {**seen, **ratios, "added": added, "added_p99_ratio": share}


def hanging(backend: Backend, calls: int) -> dict[str, Any]:
    """Return the caller's own cost where the candidate never answers."""
    texts, stuck, timed = prompts(backend, SHORT, 64), Hanging(), Timed(backend)
    with Shadow(timed, stuck, rate=1.0) as shadow:
        found = own(shadow.encode, timed, texts, calls)
        shadow.close(0.01)
        counts = shadow.snapshot()
        stuck.gone.set()
    kept = ("calls", "sampled", "compared", "timeout", "error", "dropped", "pending")
    return {**found, "counts": {name: counts[name] for name in kept}}


def measure(target: str, calls: int, rounds: int) -> dict[str, Any]:
    """Return all costs on one vocabulary."""
    backend = backends.load(f"hf:{target}")
    found = {
        "not_sampled_us": unsampled(backend, rounds * 10),
        "sampled_us": sampled(backend, f"hf:{target}", calls, rounds),
        "long_us": {
            kind: long(backend, f"{kind}:{target}", max(8, calls // 100), rounds)
            for kind in ("hf", "reference")
        },
        "hanging_us": hanging(backend, calls),
    }
    for name, rows in found.items():
        for key, value in rows.items():
            benchmarks.say(f"{target}  {name:15} {key:16} {value}")
    return found


def main(arguments: Iterable[str]) -> None:
    """Measure every vocabulary that is installed."""
    given = [*map(int, arguments)]
    calls, rounds = [*given, *(2_000, 5)[len(given) :]]
    found: dict[str, Any] = {}
    for target in TARGETS:
        try:
            found[target] = measure(target, calls, rounds)
        except MissingAsset as error:
            benchmarks.say(f"{target}: {error}")
    benchmarks.finish(
        "shadow", ["tokenizers"], goal=GOALS, calls=calls, rounds=rounds, vocabularies=found
    )


if __name__ == "__main__":
    main(sys.argv[1:])
