"""Corpora: files of JSON lines (`.jsonl`, or `.jsonl.gz`), one case a line, one trap a case.

A line is an object with these keys, and no others:

    id        `topic/trap-xxxxxxxx`; the suffix is made from the content (`case_digest`)
    text | bytes | ids | messages | template | stream | stop | train
              exactly one of them: a string; hexadecimal digits; a list of integers;
              a list of objects; an object of `source`, a template, and `variables`, what it is
              rendered with; an object as `stream_cases` or `training.payload` says. A text with a
              high surrogate directly before a low one, as two code points, is a list of strings,
              to be joined, cut between the two.
    options   keyword arguments of the operation (optional): those of OPTIONS
    tags      a list of tags, each explained in TAGS.md
    source, licence
              where the case comes from and its SPDX licence

A line has at most `LONGEST` bytes.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import derived, jsonl
from parity.errors import BadCorpus
from parity.shapes import misshapen
from parity.stream_cases import wrong_stop, wrong_stream
from parity.training.payload import wrong_train
from parity.types import KINDS, SPECIALS, TEMPLATE, Case, case_digest

KEYS: Final = frozenset((*KINDS, "id", "options", "tags", "source", "licence"))
OPTIONS: Final[Mapping[str, Any]] = {
    "specials": SPECIALS,
    "add_generation_prompt": bool,
    "continue_final_message": bool,
    "tools": (list, type(None)),
    "documents": (list, type(None)),
    "variables": dict,
}
LONGEST: Final = 32 << 20
"""Bytes of a line beyond which it is refused and not read into memory: 32 MiB."""
_SHOWN: Final = 60
"""Characters of a wrong value that a message quotes."""
_ID: Final = re.compile(r"[a-z0-9_.]+(?:/[a-z0-9_.-]+)+-([0-9a-f]{8})", re.ASCII)


def read(path: Path) -> Iterator[Case]:
    """Yield the cases of one file, in order. Raises BadCorpus with FILE:LINE."""
    for _, case in read_placed(path):
        yield case


def read_placed(path: Path) -> Iterator[tuple[jsonl.Line, Case]]:
    """Yield the lines of one file, each with its case. Raises BadCorpus with FILE:LINE."""
    try:
        with jsonl.opened(path) as file:
            for line in jsonl.bounded(file, LONGEST):
                if line.content.strip(b" \t\r\n"):
                    yield line, _parse_at(line, f"{path}:{line.number}")
    except OSError as error:
        raise BadCorpus(f"{path}: cannot be read: {error.strerror}") from error


def read_all(paths: Iterable[Path], defaults: Mapping[str, Any] | None = None) -> Iterator[Case]:
    """Yield the cases of several files; `defaults` are options for cases that do not say."""
    for path in paths:
        for case in read(path):
            yield case._replace(options={**defaults, **case.options}) if defaults else case


class Survey(NamedTuple):
    """What a first reading of a corpus told.

    count: cases, over all files.
    digest: SHA-256 over the files' SHA-256 digests, in order, as hexadecimal digits.
    """

    count: int  # type: ignore[assignment]  # it hides tuple.count, which nobody asks for
    digest: str


def survey(paths: Sequence[Path]) -> Survey:
    """Read everything once, so that a bad line is known before a run and not in its middle.

    Raises BadCorpus, for an id that comes twice too. Holds eight bytes a case, and at the end,
    one after the other, a set of each 256th part of them.
    """
    count = 0
    hashes = [array("Q") for _ in range(256)]
    for path in paths:
        for case in read(path):
            key = hashlib.blake2b(case.id.encode(), digest_size=8).digest()
            hashes[key[0]].append(int.from_bytes(key, "little"))
            count += 1
    if any(len(set(part)) < len(part) for part in hashes):
        _refuse_repeated_ids(paths)
    return Survey(count, digest(paths))


def digest(paths: Sequence[Path]) -> str:
    """Return SHA-256 over the files' SHA-256 digests, in order. Raises BadCorpus.

    Of a compressed file it is what is in it: who compresses anew changes no corpus.
    """
    found = hashlib.sha256()
    try:
        for path in paths:
            with jsonl.opened(path) as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise BadCorpus(f"{path}: cannot be read: {error.strerror}") from error
    return found.hexdigest()


def name(path: Path) -> str:
    """Return what items, goldens and reports call a corpus file: `cjk`, `derived-emoji`.

    >>> name(Path("corpora/derived/emoji.jsonl.gz"))
    'derived-emoji'
    """
    stem = Path(path.name.removesuffix(".gz")).stem
    return f"{path.parent.name}-{stem}" if path.parent.name in derived.GROUPS else stem


def _refuse_repeated_ids(paths: Sequence[Path]) -> None:
    seen: dict[str, str] = {}
    for path in paths:
        for number, line in jsonl.lines(path):
            id, place = parse(line).id, f"{path}:{number}"
            if id in seen:
                raise BadCorpus(f"{place}: the id {id!r} comes twice; it is in {seen[id]} already")
            seen[id] = place


def find(patterns: Iterable[str], shipped: Path, here: Path) -> list[Path]:
    """Return the corpus files that names or globs mean, each once, in order.

    A name without a slash or suffix is a corpus that tokparity ships; `all` is all of these;
    `derived`, `derived/NAME` and their kin are as `derived.py` says; anything else is a path or
    a glob, from `here`. After a `!` it is left out of what stands before it. Raises BadCorpus
    for what names nothing, is not built, or is derived and not what its manifest says.
    """
    found: dict[Path, None] = {}
    made = derived.read(shipped)
    for pattern in patterns:
        name = pattern.removeprefix("!")
        paths = made.named(name) if made.knows(name) else _named(name, shipped, here)
        if pattern.startswith("!"):
            found = {path: None for path in found if path not in paths}
        else:
            made.refuse_unbuilt(name, paths)
            if made.knows(name):
                made.refuse_changed(paths)
            found.update(dict.fromkeys(paths))
    if not found:
        raise BadCorpus(f"the corpora {', '.join(patterns)} leave no file")
    return list(found)


def _named(pattern: str, shipped: Path, here: Path) -> list[Path]:
    try:
        if pattern == "all":
            paths = sorted(shipped.glob("*.jsonl"))
        elif re.fullmatch(r"[\w-]+", pattern):
            paths = [path for path in [shipped / f"{pattern}.jsonl"] if path.is_file()]
        else:
            paths = [path for path in _glob(here, pattern) if path.is_file()]
    except (ValueError, OSError, RecursionError) as error:  # what pathlib makes of odd patterns
        raise BadCorpus(f"the corpus {_brief(pattern)} is no path or glob: {error}") from error
    if not paths:
        known = ", ".join(path.stem for path in sorted(shipped.glob("*.jsonl")))
        made = ", ".join(derived.GROUPS)
        raise BadCorpus(
            f"no corpus {pattern!r}; shipped: all, {known}; made: {made}; or give a path or a glob"
        )
    return paths


def parse(line: bytes) -> Case:
    """Read one corpus line. Raises BadCorpus without a place."""
    try:
        fields = jsonl.parse(line)
    except jsonl.BadLine as error:
        raise BadCorpus(str(error)) from error
    if not isinstance(fields, dict):
        raise BadCorpus(f"a case is an object, this is {type(fields).__name__}")
    if not fields.keys() <= KEYS:
        unknown = sorted(fields.keys() - KEYS)
        raise BadCorpus(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(KEYS))}")
    kinds = [kind for kind in KINDS if kind in fields]
    if len(kinds) != 1:
        wanted = f"exactly one of {', '.join(KINDS)}"
        raise BadCorpus(f"{wanted} is wanted, this has {' and '.join(kinds) or 'none'}")
    kind = kinds[0]
    options = fields.get("options", {})
    _check_options(options)
    payload = _PAYLOADS[kind](fields[kind])
    return Case(
        _checked_id(fields, kind, options), kind, payload, options, _tags(fields),
        _string(fields, "source"), _string(fields, "licence"),
    )  # fmt: skip


def _parse_at(line: jsonl.Line, place: str) -> Case:
    if line.size > LONGEST:
        raise BadCorpus(f"{place}: the line has {line.size:,} bytes, the most is {LONGEST:,}")
    try:
        return parse(line.content)
    except BadCorpus as error:
        raise BadCorpus(f"{place}: {error}") from error


def as_line(case: Case, name: str) -> dict[str, Any]:
    """Return a case as the object of a corpus line, under `name` and the digest of its content.

    >>> as_line(Case("", "bytes", b"a"), "t/a")
    {'id': 't/a-e871f7b5', 'bytes': '61'}
    """
    payload = _written(case.kind, case.payload)
    found = {"id": f"{name}-{case_digest(case.kind, payload, case.options)}", case.kind: payload}
    rest = {
        "options": dict(case.options), "tags": list(case.tags), "source": case.source,
        "licence": case.licence,
    }  # fmt: skip
    return found | {key: value for key, value in rest.items() if value}


def _written(kind: str, payload: Any) -> Any:
    if kind == "text":
        parts = jsonl.plain(payload)
        return parts if isinstance(parts, str) else parts["join"]
    if kind == "bytes":
        return payload.hex()
    return list(payload) if kind == "ids" else payload


def _checked_id(fields: Mapping[str, Any], kind: str, options: Mapping[str, Any]) -> str:
    id = fields.get("id")
    if not isinstance(id, str):
        raise BadCorpus("the key 'id' is wanted, a string such as 'cjk/halfwidth-0a1b2c3d'")
    match = _ID.fullmatch(id)
    if not match:
        raise BadCorpus(f"the id {id!r} is not of the form 'topic/trap-xxxxxxxx'")
    digest = case_digest(kind, fields[kind], options)
    if match[1] != digest:
        raise BadCorpus(
            f"the id {id!r} belongs to other content; this content's suffix is {digest} "
            "(a changed case needs a new id)"
        )
    return id


def _check_options(options: object) -> None:
    if not isinstance(options, dict):
        raise BadCorpus(f"'options' is an object, this is {type(options).__name__}")
    for name, value in options.items():
        if name not in OPTIONS:
            raise BadCorpus(f"unknown option {name!r}; known: {', '.join(OPTIONS)}")
        wanted = OPTIONS[name]
        if wanted is SPECIALS:
            if value not in SPECIALS:
                raise BadCorpus(f"option {name!r} is one of {', '.join(SPECIALS)}, not {value!r}")
        elif not isinstance(value, wanted):
            raise BadCorpus(f"option {name!r} cannot be {_brief(value)}")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    parts: list[Any] = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise BadCorpus(f"'text' is a string or a list of strings, not {_brief(value)}")
    return "".join(parts)


def _bytes(value: object) -> bytes:
    if not isinstance(value, str) or not re.fullmatch("(?:[0-9a-f]{2})*", value):
        raise BadCorpus(f"'bytes' is pairs of lower-case hexadecimal digits, not {_brief(value)}")
    return bytes.fromhex(value)


def _ids(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(id) is int for id in value):
        raise BadCorpus(f"'ids' is a list of integers, not {_brief(value)}")
    return tuple(value)


def _messages(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadCorpus(f"'messages' is a list of objects, not {_brief(value)}")
    return value


def _template(value: object) -> object:
    problem = next(misshapen(value, TEMPLATE, "template"), "")
    if (
        not problem
        and isinstance(value, dict)
        and (unknown := sorted(value.keys() - TEMPLATE.keys()))
    ):
        problem = f"unknown key {unknown[0]!r}; known: {', '.join(TEMPLATE)}"
    return _checked("template", value, problem)


def _stream(value: object) -> object:
    return _checked("stream", value, wrong_stream(value))


def _stop(value: object) -> object:
    return _checked("stop", value, wrong_stop(value))


def _train(value: object) -> object:
    return _checked("train", value, wrong_train(value))


def _checked(kind: str, value: object, problem: str) -> object:
    if problem:
        raise BadCorpus(f"{kind!r}: {problem}")
    return value


_PAYLOADS: Final[Mapping[str, Callable[[object], Any]]] = {
    "text": _text,
    "bytes": _bytes,
    "ids": _ids,
    "messages": _messages,
    "template": _template,
    "stream": _stream,
    "stop": _stop,
    "train": _train,
}


def _tags(fields: Mapping[str, Any]) -> tuple[str, ...]:
    tags = fields.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise BadCorpus(f"'tags' is a list of strings, not {_brief(tags)}")
    return tuple(tags)


def _string(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key, "")
    if not isinstance(value, str):
        raise BadCorpus(f"{key!r} is a string, not {_brief(value)}")
    return value


def _glob(here: Path, pattern: str) -> list[Path]:
    path = Path(pattern)
    parts = path.relative_to(path.anchor).parts
    if not parts:  # "", "." and "/" are no patterns
        return []
    return sorted((Path(path.anchor) if path.anchor else here).glob(str(Path(*parts))))


def _brief(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
