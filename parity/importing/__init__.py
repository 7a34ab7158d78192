"""Import a file of texts or chats of any size into a corpus, row by row, in constant memory.

A row that cannot become a case is malformed: it is counted, told with its place, and written with
the reason beside the output, in `OUT.rejected.jsonl`; the other rows go on. Content that came
before is counted and left out. Nothing is written where no row becomes a case.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, NamedTuple

from parity import corpus, files, jsonl
from parity.errors import BadCorpus, EvidenceLost, NothingSelected, UsageError
from parity.importing import parquet
from parity.importing.contents import CONVERTERS, BadRow, Converter
from parity.importing.rows import Row, json_rows, line_rows, opened
from parity.importing.seen import Seen
from parity.types import Case

FORMATS: Final = ("openai", "sharegpt", "txt", "parquet", "jsonl")
MAX_ROW: Final = 16
"""MiB of a row beyond which it is malformed, if nobody says another number."""
SHOWN: Final = 20
"""Malformed rows that are told; all of them are counted and written."""
TOPIC: Final = re.compile(r"[a-z0-9_.]+(/[a-z0-9_.-]+)*", re.ASCII)


class Request(NamedTuple):
    """What is to be imported.

    field: where a row has its text or its messages, as keys and places joined by dots.
    kind: `text` or `messages`, or "" for what the format mostly has.
    limit: cases after which reading stops, or 0.
    topic: what the ids start with, or "" for the name of the file.
    max_row: bytes of a row beyond which it is malformed.
    """

    source: Path
    format: str
    output: Path
    field: str = ""
    kind: str = ""
    limit: int = 0
    topic: str = ""
    max_row: int = MAX_ROW << 20
    force: bool = False


@dataclass
class Result:
    """What an import came to.

    first: places and reasons of the first `SHOWN` malformed rows.
    stopped: whether it ended at the limit of cases, before the end of the file.
    """

    rejected: Path
    rows: int = 0
    cases: int = 0
    duplicates: int = 0
    empty: int = 0
    malformed: int = 0
    stopped: bool = False
    first: list[tuple[str, str]] = field(default_factory=list)


def import_file(request: Request, advance: Callable[[int], None] = lambda _: None) -> Result:
    """Write the cases of a file as a corpus; `advance` is told of bytes (of parquet, rows) read.

    Raises UsageError for what cannot be meant, BadCorpus for a file that cannot be read to its
    end, NothingSelected where no row becomes a case, EvidenceLost where nothing can be written.
    """
    check(request)
    output = files.real(request.output)
    result = Result(output.with_name(f"{output.stem}.rejected.jsonl"))
    _refuse_what_is_there(request, result.rejected)
    try:
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(files.whole(output))
            seen = stack.enter_context(contextlib.closing(Seen()))
            rejected = _Rejected(result, stack)
            _write(request, _rows(request, advance), _Sink(result, out, seen, rejected))
            if not result.cases:
                raise NothingSelected(_nothing(request, result))
        if not result.malformed:
            result.rejected.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise EvidenceLost(f"{request.output}: the corpus cannot be written: {why}") from error
    return result


class _Rejected:
    """The malformed rows: a file beside the output, made when the first one comes."""

    def __init__(self, result: Result, stack: contextlib.ExitStack) -> None:
        self.result, self.stack = result, stack
        self.file: IO[bytes] | None = None

    def add(self, row: Row, reason: str) -> None:
        if self.file is None:
            self.file = self.stack.enter_context(files.whole(self.result.rejected))
        self.result.malformed += 1
        if len(self.result.first) < SHOWN:
            self.result.first.append((row.place, reason))
        record = {"place": row.place, "reason": reason, "start": row.start()}
        self.file.write(jsonl.dump(record).encode("ascii") + b"\n")


class _Sink(NamedTuple):
    result: Result
    out: IO[bytes]
    seen: Seen
    rejected: _Rejected

    def put(self, line: str, content: str) -> None:
        if self.seen.add(content):
            self.out.write(line.encode("ascii") + b"\n")
            self.result.cases += 1
        else:
            self.result.duplicates += 1


def _write(request: Request, rows: Iterator[Row], sink: _Sink) -> None:
    convert, topic = CONVERTERS[request.format], topic_of(request)
    for row in rows:
        sink.result.rows += 1
        try:
            lines = _lines(request, row, convert, topic)
        except (BadRow, BadCorpus, jsonl.BadLine) as error:
            sink.rejected.add(row, str(error))
            continue
        except RecursionError:
            sink.rejected.add(row, "nested too deeply")
            continue
        sink.result.empty += not lines
        for line, content in lines:
            sink.put(line, content)
            if sink.result.cases == request.limit:
                sink.result.stopped = True
                return


def _lines(request: Request, row: Row, convert: Converter, topic: str) -> list[tuple[str, str]]:
    """Return the corpus lines of a row, each with what makes its content.

    Raises BadRow, BadLine and BadCorpus for a row that is malformed.
    """
    if row.problem:
        raise BadRow(row.problem)
    cases = list(convert(row.content, request.field, kind_of(request)))
    lines = []
    for number, case in enumerate(cases, 1):
        part = f"{row.number}.{number}" if len(cases) > 1 else f"{row.number}"
        lines.append(_line(case, f"{topic}/row-{part}", request.source.name))
    return lines


def _line(case: Case, name: str, source: str) -> tuple[str, str]:
    if case.id:  # a line of a corpus: it keeps what it says of itself
        fields = corpus.as_line(case, case.id.rpartition("-")[0])
    else:
        fields = corpus.as_line(case._replace(source=f"import of {source}"), name)
    line = jsonl.dump(fields)
    if len(line) > corpus.LONGEST:
        raise BadRow(f"as a line of a corpus it has {len(line):,} bytes; the most is "
                     f"{corpus.LONGEST:,}")  # fmt: skip
    return line, jsonl.dump([case.kind, fields[case.kind], dict(case.options)])


def _rows(request: Request, advance: Callable[[int], None]) -> Iterator[Row]:
    if request.format == "parquet":
        yield from parquet.rows(request.source, request.field or kind_of(request), request.max_row)
        return
    with opened(request.source) as file:
        read = json_rows if request.format in ("openai", "sharegpt") else line_rows
        before = 0
        for row in read(file.stream, str(request.source), request.max_row):
            yield row
            if row.number % 1000 == 0:
                now = file.raw.tell()
                advance(now - before)
                before = now


def kind_of(request: Request) -> str:
    """Return the kind of case that a request means."""
    usual = "messages" if request.format in ("openai", "sharegpt") else "text"
    return request.kind or usual


def topic_of(request: Request) -> str:
    """Return what the ids start with: the topic, or the name of the file as a topic may be."""
    stem = request.source.name.partition(".")[0].lower()
    return request.topic or re.sub(r"[^a-z0-9_]+", "_", stem, flags=re.ASCII).strip("_") or "import"


def check(request: Request) -> None:
    """Raise UsageError for a request that cannot be meant."""
    if request.format == "txt" and (request.field or request.kind == "messages"):
        raise UsageError("a line of txt is a text: it has no --field and no messages")
    if request.format == "jsonl" and request.kind and not request.field:
        raise UsageError("--kind needs --field PATH: where a row has its text or its messages")
    if request.topic and not TOPIC.fullmatch(request.topic):
        raise UsageError(f"--topic {request.topic!r}: small letters, digits, '_', '.', and '/'")


def _refuse_what_is_there(request: Request, rejected: Path) -> None:
    output = request.output
    if files.real(output) == files.real(request.source):
        raise UsageError("--output is the file itself: nothing would be left of it")
    if output.is_dir() or (output.exists() and files.is_direct(output)):
        raise UsageError(f"--output {output}: that is no file; name one")
    if not files.real(output).parent.is_dir():
        raise UsageError(f"--output {output}: there is no such folder; make it first")
    for path in () if request.force else (output, rejected):
        if path.exists():
            raise UsageError(f"{path} is there already; name another, or give --force")


def _nothing(request: Request, result: Result) -> str:
    found = f"{request.source}: no {kind_of(request)} in its {result.rows:,} rows"
    if not result.malformed:
        return f"{found}; nothing is written"
    told = "".join(f"\n  {place}: {reason}" for place, reason in result.first)
    more = f"\n  and {result.malformed - len(result.first):,} more"
    rest = more if result.malformed > len(result.first) else ""
    return f"{found}, {result.malformed:,} of them malformed; nothing is written{told}{rest}"
