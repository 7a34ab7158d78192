"""The matrix of template engines as a document, and as files that are kept in git."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from parity import artefact, chat_template, files
from parity.causes import about
from parity.errors import BadSpec, GoldenError, MissingPackage, UsageError
from parity.matrix import ENGINES, Cell, Finding, Matrix, build, kept, lines
from parity.renderers import mistral_templates
from parity.reports.visible import cut, value

SMALL: Final = 100
"""Characters of an example that a table shows."""


def matrix(
    console: Console, engines: Sequence[str], folder: Path | None, golden: Path | None, *,
    update: bool,
) -> int:  # fmt: skip
    """Build the matrix and print it; keep its findings, or compare them with those that are kept.

    Returns 0, or 4 where a kept finding is not what is found now. Raises UsageError, GoldenError.
    """
    unknown = [name for name in engines if name not in ENGINES]
    if unknown:
        raise UsageError(f"no engine {unknown[0]!r}; known: {', '.join(ENGINES)}")
    if update and os.environ.get("CI"):
        raise GoldenError("CI is set: goldens are not written here; record them on a branch")
    with console.status("") as status:
        found = build(targets(folder), engines or tuple(ENGINES), status.update)
    console.print(Text("".join(document(found))), soft_wrap=True)
    if golden is None:
        return 0
    changed = [name for name in found.engines if not _kept(found, golden, name, update=update)]
    for name in changed:
        console.print(f"{kept(golden, name)}: the findings are others now", markup=False)
    return GoldenError.exit_code if changed else 0


def targets(folder: Path | None) -> dict[str, str]:
    """Return the templates by name: of the folders in a folder; or our styles, and Mistral's."""
    if folder is None:
        return {name: f"style:{name}" for name in artefact.styles()} | _of_mistral()
    if not folder.is_dir():
        raise BadSpec(f"{folder} is no folder; one with a folder for each template is wanted")
    found = {
        path.name: str(path)
        for path in sorted(folder.iterdir())
        if path.is_dir() and chat_template.read(str(path)).named
    }
    if not found:
        raise BadSpec(f"no folder in {folder} has a chat template")
    return found


def _of_mistral() -> dict[str, str]:
    """Return those templates of mistral-common that know of texts and tools alone."""
    with contextlib.suppress(MissingPackage):
        plain = [name for name in mistral_templates.names() if name.count("_") == 1]
        return {name: f"{chat_template.MISTRAL}{name}" for name in plain}
    return {}


def document(found: Matrix) -> Iterator[str]:
    """Yield the document, in Markdown: both tables, then the causes of each engine."""
    yield "## Constructs\n\n"
    yield from _table(found, found.constructs, "construct")
    if found.templates:
        yield "\n## Templates\n\n"
        yield from _table(found, found.templates, "template")
    for engine in found.engines:
        yield f"\n## What differs in {engine}\n\n"
        versions = ", ".join(f"{key.removeprefix('version.')} {value}"
                             for key, value in found.versions[engine].items())  # fmt: skip
        yield f"{versions}\n\n" if versions else ""
        rows = [one for one in found.findings if one.engine == engine]
        yield from _causes(rows) if rows else ["Nothing.\n"]
    for engine, reason in found.left_out.items():
        yield f"\nNot compared: {engine}: {reason}\n"


def _table(found: Matrix, cells: Mapping[tuple[str, str], Cell], what: str) -> Iterator[str]:
    yield f"| {what} | cases | {' | '.join(found.engines)} |\n"
    yield f"|---|---{'|---' * len(found.engines)}|\n"
    for row in dict.fromkeys(row for _, row in cells):
        told = [cells[engine, row] for engine in found.engines]
        texts = [f"**{cell.differ}**" if cell.differ else "=" for cell in told]
        yield f"| {row} | {told[0].compared} | {' | '.join(texts)} |\n"


def _causes(rows: Sequence[Finding]) -> Iterator[str]:
    yield "| cause | cases | smallest | transformers | here | in |\n|---|---|---|---|---|---|\n"
    counts = Counter(one.cause for one in rows)
    for cause, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        one = min((one for one in rows if one.cause == cause), key=_size)
        places = [row.template or "constructs" for row in rows if row.cause == cause]
        there = ", ".join(dict.fromkeys(places))
        told = (value(one.smallest, SMALL), cut(one.reference, SMALL), cut(one.candidate, SMALL))
        cells = " | ".join(_code(text) for text in told)
        yield f"| {_named(cause)} | {count} | {cells} | {there} |\n"


def _named(cause: str) -> str:
    return f"`{cause}`" if about(cause) else cause or "not examined"


def _size(one: Finding) -> tuple[bool, int, str]:
    return bool(one.template), len(str(one.smallest)), str(one.smallest)


def _code(text: str) -> str:
    """Return text as code in a cell of a table."""
    marks = "``" if "`" in text else "`"
    inner = text.replace("|", "\\|")
    return f"{marks}{inner}{marks}"


def _kept(found: Matrix, golden: Path, engine: str, *, update: bool) -> bool:
    """Write the findings of an engine, or say whether the kept ones are the same."""
    path, now = kept(golden, engine), "".join(lines(found, engine))
    if update:
        if not path.is_file() or path.read_text(encoding="ascii") != now:
            golden.mkdir(parents=True, exist_ok=True)
            files.write(path, [now])
        return True
    if not path.is_file():
        raise GoldenError(f"{path} is missing: record it with --update")
    return path.read_text(encoding="ascii") == now
