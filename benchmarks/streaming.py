"""What streaming detokenizers cost, in ids decoded and in time, a token of a stream.

One id a step, of multilingual text if not said; all in one process:

    windowed     the algorithms that decode windows, up to N ids: ids decoded a token must not grow
    quadratic    those that decode all, or a window that cannot move: ids decoded a token, which do
    overhead     the two-window algorithms, and the engine around them, over a replay of exactly the
                 decode calls that they make, interleaved; goal 1.30 without the engine. A call of
                 tokenizers on two ids takes less than a microsecond, so the microseconds a token
                 that an algorithm adds are told too; and the ratio to the same lists through the
                 batch call, which is what mini-sglang and SGLang make of them for one request

    python -m benchmarks.streaming [N [ROUNDS]]
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from statistics import median
from time import perf_counter
from typing import Any, Final

import benchmarks
from parity import backends, pieces
from parity.backend import Backend
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.detokenizer import REPLACEMENT, Decoder
from parity.detokenizers.engine import run_script
from parity.errors import MissingAsset
from parity.streams import Script, Step

GOAL: Final = 1.30
TARGETS: Final = ("tiny:byte-bpe-4096", "asset:qwen")
ENGINES_OWN: Final = "transformers:tiny:byte-bpe-4096"
"""What mini-sglang and SGLang decode with themselves: their two calls are calls of transformers."""
ALL: Final = ("redecode", "text_streamer")
"""They decode all ids so far, the latter those of the line."""
WINDOWED: Final = tuple(name for name in DETOKENIZERS if name not in ALL)
TWO_WINDOWS: Final = ("minisgl", "sglang", "tgi")
SMALL: Final = (500, 1_000, 2_000)
"""Sizes of the streams whose cost is quadratic."""


class Counted:
    """A decoder that knows how many ids it was asked for."""

    def __init__(self, backend: Backend) -> None:
        vocabulary = backend.vocabulary()
        self.ids = 0
        self.backend = backend
        data = pieces.bytes_of(vocabulary)
        size = max(vocabulary.tokens) + 1
        special = frozenset(id for id, token in vocabulary.added.items() if token.special)
        self.plain = Decoder(
            backend.decode, backend.decode_batch, data.__getitem__, special, None, size
        )
        self.counting = self.plain._replace(decode=self.decode, decode_batch=self.decode_batch)

    def decode(self, ids: Sequence[int], skip: bool) -> str:  # noqa: FBT001 (a Decoder's)
        """Count, and decode."""
        self.ids += len(ids)
        return self.backend.decode(ids, skip)

    def decode_batch(self, batch: Sequence[Sequence[int]], skip: bool) -> Sequence[str]:  # noqa: FBT001
        """Count, and decode."""
        self.ids += sum(map(len, batch))
        return self.backend.decode_batch(batch, skip)


def text_ids(backend: Backend) -> Iterator[int]:
    """Yield ids of multilingual text without end, without U+FFFD.

    A run of U+FFFD in the text holds a window back as long as it is: see the lone bytes.
    """
    for text in benchmarks.texts():
        if REPLACEMENT not in text:
            yield from backend.encode(text, "plain").ids


def words(backend: Backend) -> Iterator[int]:
    """Yield ids of one line, of words with spaces between them, without end."""
    while True:
        yield from backend.encode(" one more word of a line that never ends", "plain").ids


def lone_bytes(backend: Backend) -> Iterator[int]:
    """Yield a token without end that is half of a character."""
    (half,) = (id for id, data in pieces.bytes_of(backend.vocabulary()).items() if data == b"\xe4")
    while True:
        yield half


def steps(ids: Iterable[int], count: int) -> list[Step]:
    """Return one id a step."""
    return [Step(0, (id,)) for id, _ in zip(ids, range(count), strict=False)]


def stream(name: str, decoder: Decoder, script: Sequence[Step]) -> None:
    """Step through a stream, and throw its chunks away."""
    step = DETOKENIZERS[name](decoder, (), skip_special=True).step
    for one in script:
        step(one)


def cost(name: str, counted: Counted, script: Sequence[Step]) -> dict[str, float]:
    """Return ids decoded and microseconds, each a token."""
    counted.ids = 0
    stream(name, counted.counting, script)
    start = perf_counter()
    stream(name, counted.plain, script)
    spent = (perf_counter() - start) * 1e6 / len(script)
    found = {"decoded": round(counted.ids / len(script), 2), "us": round(spent, 2)}
    benchmarks.say(f"{name} n={len(script):,}: {found}")
    return found


def costs(
    names: Iterable[str], counted: Counted, ids: Callable[[Backend], Iterator[int]],
    counts: Iterable[int],
) -> dict[str, dict[int, dict[str, float]]]:  # fmt: skip
    """Return the costs of algorithms on streams of several sizes."""
    scripts = {count: steps(ids(counted.backend), count) for count in counts}
    return {
        name: {count: cost(name, counted, script) for count, script in scripts.items()}
        for name in names
    }


def overhead(name: str, counted: Counted, script: Sequence[Step], rounds: int) -> dict[str, float]:
    """Return the ratios of a stream, alone and in the engine, to its decode calls alone."""
    calls: list[tuple[Callable[..., Any], Any, bool]] = []

    def recorded(call: Callable[..., Any]) -> Callable[..., Any]:
        def record(ids: Any, skip: bool) -> Any:  # noqa: FBT001
            calls.append((call, ids, skip))
            return call(ids, skip)

        return record

    plain = counted.plain
    recording = plain._replace(
        decode=recorded(plain.decode), decode_batch=recorded(plain.decode_batch)
    )
    stream(name, recording, script)
    whole = Script(((),), tuple((step,) for step in script))

    def replay() -> None:
        for call, ids, skip in calls:
            call(ids, skip)

    def as_engines_call() -> None:
        for _, ids, skip in calls:
            plain.decode_batch([ids], skip)

    gc.freeze()  # what is held here to replay, which a stream never holds
    spent = benchmarks.interleaved(
        {
            "calls": replay,
            "batch calls": as_engines_call,
            name: lambda: stream(name, plain, script),
            "engine": lambda: run_script(DETOKENIZERS[name], plain, whole),
        },
        rounds,
    )
    below = [one.cpu for one in spent["calls"]]
    added = median(one.cpu - two for one, two in zip(spent[name], below, strict=True))
    return {
        "stream": benchmarks.ratio([one.cpu for one in spent[name]], below),
        "engine": benchmarks.ratio([one.cpu for one in spent["engine"]], below),
        "over_batch_calls": benchmarks.ratio(
            [one.cpu for one in spent[name]], [one.cpu for one in spent["batch calls"]]
        ),
        "added_us": round(added / len(script) * 1e6, 2),
    }


def measure(backend: Backend, count: int, rounds: int) -> dict[str, Any]:
    """Return all costs on one vocabulary."""
    counted = Counted(backend)
    counts = sorted({count // 100, count // 10, count})
    return {
        "windowed": costs(WINDOWED, counted, text_ids, counts),
        "quadratic": {
            "text": costs(["redecode"], counted, text_ids, SMALL),
            "one line": costs(["text_streamer"], counted, words, SMALL),
            "lone bytes": costs(
                [name for name in DETOKENIZERS if name != "llama_cpp"], counted, lone_bytes, SMALL
            ),
        },
        "overhead": overheads(counted, count, rounds),
    }


def overheads(counted: Counted, count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Return what the two-window algorithms add to their decode calls."""
    script = steps(text_ids(counted.backend), count // 5)
    return {name: overhead(name, counted, script, rounds) for name in TWO_WINDOWS}


def growth(found: dict[str, Any]) -> dict[str, float]:
    """Return by how much more ids a token the largest stream decodes than the smallest."""
    ends = {name: [*by_count.values()] for name, by_count in found["windowed"].items()}
    return {
        name: round(costs[-1]["decoded"] / costs[0]["decoded"], 3)
        for name, costs in ends.items()
        if costs[0]["decoded"]
    }


def main(arguments: Iterable[str]) -> None:
    """Measure every vocabulary that is installed."""
    given = [*map(int, arguments)]
    count, rounds = [*given, *(100_000, 5)[len(given) :]]
    found: dict[str, Any] = {}
    for target in TARGETS:
        try:
            backend = backends.load(f"hf:{target}")
        except MissingAsset as error:
            benchmarks.say(f"{target}: {error}")
            continue
        benchmarks.say(target)
        found[target] = measure(backend, count, rounds)
        found[target]["growth"] = growth(found[target])
    benchmarks.say(ENGINES_OWN)
    counted = Counted(backends.load(ENGINES_OWN))
    found[ENGINES_OWN] = {"overhead": overheads(counted, count // 4, rounds)}
    worst = max(
        row["stream"]
        for row in chain.from_iterable(of["overhead"].values() for of in found.values())
    )
    benchmarks.finish(
        "streaming", ["tokenizers", "transformers"], goal={"overhead": GOAL}, worst_overhead=worst,
        n=count, rounds=rounds, vocabularies=found,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
