"""Whether memory grows with a file that is imported: peak RSS of `tokparity corpus import`.

Each import is a process of its own, of chats of about 2,000 bytes: a file of `MB` megabytes and one
of a tenth, as JSON lines (openai), as one array (sharegpt), as lines of text, and as Parquet; and a
file that is one line. The goal: 32 MB more for ten times the file. What may grow is the cache of
the contents that came before, up to 16 MB; of Parquet, what pyarrow keeps for itself.

    python -m benchmarks.corpus_import [MB [FORMAT ...]]
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import benchmarks

GOAL: Final = 32
"""MB of growth."""
TIMES: Final = 10
WORDS: Final = [
    "one", '"two"', "three\n", "four", "\\", "f\u00fcnf", "\u5bb6", "\U0001f600", "more,", "and",
    "[more]", "{than}", "that",
]  # fmt: skip
FORMATS: Final = ("openai", "sharegpt", "txt", "one-line", "parquet")
PROGRAM: Final = """
import resource, sys
from parity.cli import cli
code = cli.main(sys.argv[1:], standalone_mode=False)
peak = resource.getrusage(resource.RUSAGE_SELF)
print("peak", code, peak.ru_maxrss, peak.ru_utime + peak.ru_stime)
"""


def texts() -> Iterator[str]:
    """Yield distinct texts of about 900 bytes, the same ones every time."""
    draw = random.Random(5)  # noqa: S311 (texts, not secrets)
    for number in count():
        yield f"{number} " + " ".join(draw.choices(WORDS, k=150))


def rows(format: str) -> Iterator[bytes]:
    """Yield the pieces of a file without end."""
    drawn = texts()
    for number in count():
        if format == "openai":
            messages = [{"role": role, "content": next(drawn)} for role in ("user", "assistant")]
            yield json.dumps({"messages": messages}).encode() + b"\n"
        elif format == "sharegpt":
            turns = [{"from": name, "value": next(drawn)} for name in ("human", "gpt")]
            yield (b",\n" if number else b"[") + json.dumps({"conversations": turns}).encode()
        else:
            end = b" " if format == "one-line" else b"\n"
            yield next(drawn).replace("\n", " ").encode() + end


def write(path: Path, format: str, size: int) -> None:
    """Write a file of about `size` bytes; of one line, a short one after it."""
    if format == "parquet":
        _write_parquet(path, size)
        return
    with path.open("wb") as file:
        for row in rows(format):
            file.write(row)
            if file.tell() >= size:
                break
        file.write({"sharegpt": b"]", "one-line": b"\nshort\n"}.get(format, b""))


def _write_parquet(path: Path, size: int) -> None:
    import pyarrow as pa  # noqa: PLC0415 (only this format needs it)
    from pyarrow import parquet  # noqa: PLC0415

    drawn, written = texts(), 0
    schema: Any = pa.schema([("text", pa.string())])
    with parquet.ParquetWriter(path, schema) as file:
        while written < size:
            group = [next(drawn) for _ in range(10_000)]
            written += sum(map(len, group))
            file.write_table(pa.table({"text": group}, schema=schema))


def peak(source: Path, format: str) -> tuple[float, float, str]:
    """Return MB, CPU seconds and what an import said, in a process of its own."""
    name = "txt" if format == "one-line" else format
    flags = ["--format", name, "--output", str(source.with_suffix(".corpus")), "--force"]
    flags += ["--max-row", "1"] if format == "one-line" else []
    done = subprocess.run(  # noqa: S603 (ourselves)
        [sys.executable, "-c", PROGRAM, "corpus", "import", str(source), *flags],
        check=True, capture_output=True, text=True, env=benchmarks.subprocess_environment(),
    )  # fmt: skip
    _, code, kilobytes, seconds = done.stdout.splitlines()[-1].split()
    if code != ("2" if format == "one-line" else "0"):
        raise SystemExit(f"the import of {format} ended with {code}\n{done.stdout}")
    said = done.stdout.splitlines()[0].partition(": ")[2]
    return int(kilobytes) / 1024, float(seconds), said


def main(arguments: list[str]) -> None:
    """Import each format in both sizes."""
    megabytes = int(arguments[0]) if arguments else 1000
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        for format in arguments[1:] or FORMATS:
            peaks = []
            for size in (megabytes / TIMES, megabytes):
                source = Path(name) / format
                write(source, format, int(size * 1e6))
                real = source.stat().st_size / 1e6
                used, seconds, said = peak(source, format)
                peaks.append(used)
                benchmarks.say(
                    f"{format}: {real:,.0f} MB file, peak {used:.1f} MB, {seconds:.1f} s CPU, "
                    f"{real / seconds:.1f} MB/s; {said}"
                )
            found[format] = {
                "peak_mb": [round(one, 1) for one in peaks],
                "growth_mb": round(peaks[1] - peaks[0], 1),
                "cpu_seconds": round(seconds, 1),
            }
    benchmarks.finish("corpus_import", ["click"], mb=megabytes, formats=found, goal=GOAL)


if __name__ == "__main__":
    main(sys.argv[1:])
