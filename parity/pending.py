"""Pending goldens: what would be recorded now, beside the golden, until somebody has looked.

    .parity/pending/<pair>/<corpus>.<check>.jsonl

A pending file is the golden that would be recorded, with one more key in its header:

    "pending": {"schema": 1, "golden": …, "against": …, "sha256": …, "tokens": …, "inputs": …}

golden: the path of the golden. against: the SHA-256 of its bytes then, "" where there was none.
sha256: of all the rest but `against` and `rejected`: what was cut off or edited is noticed.
tokens: the reference's token strings of ids in changed cases. other_files: whether the golden was
made for other files, whose token strings nobody knows here.
inputs: the changed cases' kinds and payloads.
rejected: identities of changes that somebody does not want to see again, until the next check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import files, golden, jsonl
from parity.errors import GoldenError
from parity.golden import Golden
from parity.trailer import HEADER
from parity.types import AS_JSON, Case

FOLDER: Final = Path(".parity") / "pending"
SCHEMA: Final = 1
KEYS: Final = {
    "golden": str, "against": str, "sha256": str, "tokens": dict, "other_files": bool,
    "inputs": dict, "rejected": list,
}  # fmt: skip
INPUT_LIMIT: Final = 2_000
"""Characters of JSON up to which an input is kept; longer ones stand in their corpus."""
AGAIN: Final = "run `tokparity golden check` again"


class Recorded(NamedTuple):
    """What a reference does now.

    text: the golden that would be recorded.
    cases: those of its lines, in order, and those that are unsupported.
    """

    text: str
    cases: Sequence[Case]


class Pending(NamedTuple):
    """A pending file, read, beside the golden that it is about.

    path: of the pending file.
    place: of the golden.
    before: the golden as it stands, None where there is none.
    after: what would be recorded.
    about: the key `pending` of its header.
    """

    path: Path
    place: Path
    before: Golden | None
    after: Golden
    about: Mapping[str, Any]


def path_of(place: Path) -> Path:
    """Return where the pending file of a golden lives."""
    return FOLDER / place.parent.name / place.name


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def leave(place: Path, now: Recorded, tokens: Callable[[], Mapping[int, str]]) -> Path | None:
    """Write the pending file of a golden, or remove the one that nothing is pending of any more.

    tokens: gives token strings by id, where somebody will want to read them.
    Returns its path, None where nothing is left. A golden that cannot be read has no pending
    file: which of its cases changed is not known. Raises GoldenError.
    """
    path = path_of(place)
    data = _standing(place)
    after = golden.parse(now.text.encode(), str(path))
    before, changed = _compared(data, after, place)
    if not changed:
        remove(path)
        return None
    about = {
        "schema": SCHEMA,
        "golden": place.as_posix(),
        "against": "" if data is None else digest(data),
        "tokens": _tokens(changed, before, after, tokens),
        "other_files": HEADER in changed,
        "inputs": _inputs(changed, now.cases),
        "rejected": [],
    }
    _ignore()
    rewrite(path, after, {**about, "sha256": _whole(after, about)})
    return path


def _compared(data: bytes | None, after: Golden, place: Path) -> tuple[Golden | None, list[str]]:
    """Return a golden as it stands, and what changed: ids of cases, or the header alone.

    Nothing changed in one whose lines cannot be compared: it is recorded anew as a whole.
    """
    if data is None:
        return None, changed_ids(None, after)
    try:
        before = golden.parse(data, str(place))
    except GoldenError:
        return None, []
    if any(before.header[key] != after.header[key] for key in ("check", "signature")):
        return before, []
    header = [HEADER] if golden.header_change(before.header, after.header) else []
    return before, header + changed_ids(before, after)


def _standing(place: Path) -> bytes | None:
    try:
        return place.read_bytes() if place.is_file() else None
    except OSError as error:
        raise GoldenError(f"{place}: cannot be read: {error.strerror}") from error


def changed_ids(before: Golden | None, after: Golden) -> list[str]:
    """Return the ids of cases that changed, are new or are gone, in corpus order."""
    then = before.signatures() if before else {}
    now = after.signatures()
    return [id for id in order(then, now) if then.get(id) != now.get(id)]


def order(then: Iterable[str], now: Iterable[str]) -> list[str]:
    """Return all ids: those of now in their order, each that is gone behind what it stood behind.

    >>> order("abcd", "xacd")
    ['x', 'a', 'b', 'c', 'd']
    """
    present = dict.fromkeys(now)
    behind: dict[str | None, list[str]] = {}
    last: str | None = None
    for id in then:
        if id in present:
            last = id
        else:
            behind.setdefault(last, []).append(id)
    found = behind.get(None, [])
    for id in present:
        found += [id, *behind.get(id, ())]
    return found


def rewrite(path: Path, after: Golden, about: Mapping[str, Any]) -> None:
    """Write a pending file, whole or not at all. Raises GoldenError."""
    golden.write(path, golden.joined({**after.header, "pending": about}, after.lines, ()))


def remove(path: Path) -> None:
    """Remove a pending file, if it is there. Raises GoldenError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise GoldenError(f"{path}: cannot be removed: {error.strerror}") from error


def found() -> list[Path]:
    """Return the pending files that are there."""
    return sorted(path for path in FOLDER.glob("*/*.jsonl") if path.is_file())


def read(path: Path) -> Pending:
    """Read a pending file and its golden. Raises GoldenError for what cannot be relied upon."""
    try:
        after = golden.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise GoldenError(f"{path}: cannot be read: {error.strerror}") from error
    except GoldenError as error:
        raise GoldenError(f"{error}; {AGAIN}") from error
    about = _checked(after.header.pop("pending", None), path)
    if _whole(after, about) != about["sha256"]:
        raise GoldenError(f"{path}: was cut off or edited: it is not what was recorded; {AGAIN}")
    place = Path(about["golden"])
    if path_of(place) != path:
        raise GoldenError(f"{path}:1: is not of the golden {about['golden']!a}; {AGAIN}")
    return Pending(path, place, standing(path, place, about), after, about)


def _whole(after: Golden, about: Mapping[str, Any]) -> str:
    """Return the digest of all that a review relies upon."""
    shown = jsonl.dump([about[key] for key in ("golden", "tokens", "other_files", "inputs")])
    return digest((golden.joined(after.header, after.lines, ()) + shown).encode())


def standing(path: Path, place: Path, about: Mapping[str, Any]) -> Golden | None:
    """Return the golden as it stands. Raises GoldenError where it is another one than then."""
    data = _standing(place)
    if ("" if data is None else digest(data)) != about["against"]:
        raise GoldenError(f"{path}: was made against another {place} than stands there; {AGAIN}")
    return None if data is None else golden.parse(data, str(place))


def _checked(about: Any, path: Path) -> dict[str, Any]:
    if not isinstance(about, dict) or type(about.get("schema")) is not int:
        raise GoldenError(f"{path}:1: is no pending file; {AGAIN}")
    if about["schema"] != SCHEMA:
        theirs = about["schema"]
        raise GoldenError(
            f"{path}:1: has schema {theirs} of pending files, this is {SCHEMA}; {AGAIN}"
        )
    for key, kind in KEYS.items():
        if type(about.get(key)) is not kind:
            raise GoldenError(f"{path}:1: `pending` has no {key} of type {kind.__name__}; {AGAIN}")
    return about


def _ignore() -> None:
    """Keep what is written here out of commits, unless somebody has decided about that."""
    path = FOLDER.parent / ".gitignore"
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write(path, ["*\n"])
        except OSError as error:
            raise GoldenError(f"{path}: cannot be written: {error.strerror}") from error


def _inputs(changed: Sequence[str], cases: Sequence[Case]) -> dict[str, Any]:
    wanted = set(changed)
    return {case.id: _input(case) for case in cases if case.id in wanted}


def _input(case: Case) -> dict[str, Any]:
    payload = case.payload if case.kind in AS_JSON else jsonl.plain(case.payload)
    short = len(jsonl.dump(payload)) <= INPUT_LIMIT
    return {"kind": case.kind, **({"payload": payload} if short else {})}


def _tokens(
    changed: Sequence[str],
    before: Golden | None,
    after: Golden,
    tokens: Callable[[], Mapping[int, str]],
) -> dict[str, str]:
    """Return the token strings of ids in changed cases, by id as text."""
    if "ids" not in after.header["check"].split("_"):
        return {}
    sides = [side.observations for side in (before, after) if side]
    values = [side[id].value for side in sides for id in changed if id in side]
    wanted = {id for value in values for id in ids_in(value)}
    known = tokens() if wanted else {}
    return {str(id): known[id] for id in sorted(wanted) if id in known}


def ids_in(value: Any) -> Iterator[int]:
    """Yield the numbers of a list of numbers alone: these may be ids."""
    if isinstance(value, list) and all(type(item) is int for item in value):
        yield from value
