"""Goldens: what a reference did once, in git, one line a case, so that a diff names what changed.

    golden/<pair>/<corpus>.<check>.jsonl

The first line is a header: versions and digests of what made it, the corpus with its digest, the
Unicode version. Each other line is a case in corpus order: its id, its signature, and its value
where that is small or the kind of failure. ASCII throughout. The signature decides; what stands
beside it is signed again on reading, so that a line cannot say one thing and mean another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import files, jsonl
from parity.compare import first_difference
from parity.errors import GoldenError, Inconclusive
from parity.fingerprint import Fingerprint
from parity.run import Observer
from parity.signature import VERSION, sign, sign_all
from parity.types import Case, Failure, Observation

SCHEMA: Final = 1
START: Final = b'{"golden": '
"""What every golden starts with."""
VALUE_LIMIT: Final = 200
"""Characters of JSON up to which a value is kept beside its signature."""
HEADER: Final = {"check": str, "signature": int, "artefacts": dict}
"""What a header must have, by type; it decides. The rest of a header informs."""
MISSING: Final = Observation(failure=Failure("MissingGolden", "it has no golden", fault=True))


class Golden(NamedTuple):
    """A golden file, read."""

    header: dict[str, Any]
    observations: dict[str, Observation]


def place(folder: Path, pair: str, corpus: str, check: str) -> Path:
    """Return where a golden lives."""
    return folder / pair / f"{corpus}.{check}.jsonl"


def header(check: str, corpus: str, corpus_digest: str, made_by: Fingerprint) -> dict[str, Any]:
    """Return the first line of a golden. It has no path or time: it changes with its cause."""
    return {
        "golden": SCHEMA,
        "signature": VERSION,
        "check": check,
        "corpus": corpus,
        "corpus_sha256": corpus_digest,
        "native": made_by.native,
        "packages": made_by.packages,
        "artefacts": made_by.artefacts,
        "facts": made_by.facts,
        "unicode": unicodedata.unidata_version,
    }


def render(
    head: Mapping[str, Any], cases: Iterable[Case], observations: Sequence[Observation]
) -> str:
    """Return a whole golden file; what is unsupported has no line.

    Raises Inconclusive where no line is left: an empty golden would hold whatever happens.
    """
    check = str(head["check"])
    lines = [jsonl.dump(head)]
    for case, seen, signature in zip(
        cases, observations, sign_all(check, observations), strict=True
    ):
        if seen.failure is None or seen.failure.kind != "Unsupported":
            lines.append(
                f'{{"id": {jsonl.dump(case.id)}, "sha256": "{signature}"{_explained(seen)}}}'
            )
    if len(lines) == 1:
        raise Inconclusive(
            f"the golden of {check} on {head['corpus']} would be empty: the reference answers none "
            'of its cases; leave the corpus out of the pair (corpora = ["all", "!NAME"])'
        )
    return "".join(f"{line}\n" for line in lines)


def write(path: Path, text: str) -> None:
    """Write a golden, whole or not at all. Raises GoldenError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, [text])
    except OSError as error:
        raise GoldenError(f"{path}: cannot be written: {error.strerror}") from error


def read(path: Path) -> Golden:
    """Read a golden. Raises GoldenError with FILE:LINE."""
    if not path.is_file():
        raise GoldenError(f"{path}: there is no such golden; record it with --snapshot-update")
    return parse(path.read_bytes(), str(path))


def parse(data: bytes, name: str) -> Golden:
    """Read the bytes of a golden. Raises GoldenError with NAME:LINE.

    Signatures of another version cannot be computed again: `differences` tells of the version.
    """
    found = rows(data, name)
    head = _checked_header(next(found, (1, {}))[1], name)
    observations: dict[str, Observation] = {}
    for number, row in found:
        id, signature = row.get("id"), row.get("sha256")
        if not isinstance(id, str) or not isinstance(signature, str) or id in observations:
            raise GoldenError(f"{name}:{number}: an id of its own and a sha256 are wanted")
        if head["signature"] != VERSION:
            observations[id] = Observation(signature=signature)
            continue
        try:
            observations[id] = recorded(head["check"], row)
        except GoldenError as error:
            raise GoldenError(f"{name}:{number}: {error}") from error
    return Golden(head, observations)


def recorded(check: str, row: Mapping[str, Any]) -> Observation:
    """Return what a row remembers: a value or a failure where it has one, and its signature.

    Raises GoldenError where what it says is not what its signature was made of.
    """
    signature = row["sha256"]
    if "value" not in row and "failure" not in row:
        return Observation(signature=signature)
    if "value" in row and "failure" in row:
        raise GoldenError("was edited by hand: a row has a value or a failure, not both")
    if "failure" in row and not isinstance(row["failure"], str):
        raise GoldenError(f"was edited by hand: no kind of failure is {row['failure']!a}")
    try:
        if "failure" in row:
            seen = Observation(failure=Failure(row["failure"]))
        else:
            seen = Observation(jsonl.unplain(row["value"]))
        made = sign(check, seen)
    except (TypeError, ValueError, RecursionError) as error:
        raise GoldenError(f"was edited by hand: its value cannot be signed: {error}") from error
    if made != signature:
        what = "failure" if "failure" in row else "value"
        raise GoldenError(
            f"was edited by hand: the {what} has the signature {made[:12]}, beside it stands "
            f"{signature[:12]!a}; restore it from git, or record it again and look at the diff"
        )
    return seen._replace(signature=signature)


def observer(golden: Golden) -> Observer:
    """Return a side that remembers; a case without a golden is a failure of its own kind."""
    return lambda _, __, cases: [golden.observations.get(case.id, MISSING) for case in cases]


class Change(NamedTuple):
    """One way in which a golden is not what would be recorded now.

    kind: `changed`, `missing` (no golden for a case), `stale` (a golden without a case), or
        `artefact` (made for other files, another check or version of signatures, or not in
        corpus order).
    """

    kind: str
    text: str


def differences(before: Golden, after: Golden, name: str) -> list[Change]:
    """Return what changed, in corpus order; time in proportion to the files, whatever changed."""
    found = [Change("artefact", f"{name} {text}") for text in _other_making(before, after)]
    for id, seen in after.observations.items():
        old = before.observations.get(id)
        if old is None:
            found.append(Change("missing", f"{id}: has no golden"))
        elif old.signature != seen.signature:
            found.append(Change("changed", f"{id}: {change(old, seen)}"))
    gone = (id for id in before.observations if id not in after.observations)
    found.extend(Change("stale", f"{id}: has a golden, and no case or no answer") for id in gone)
    return found


def _other_making(before: Golden, after: Golden) -> Iterator[str]:
    """Yield how a golden was not made as it would be now; versions of packages only inform."""
    for key in ("check", "signature"):
        then, now = before.header[key], after.header[key]
        if then != now:
            yield f"was made with {key} {then!a}, this one has {now!a}; re-record it"
    old, new = before.header["artefacts"], after.header["artefacts"]
    for file in [*new, *(file for file in old if file not in new)]:
        then, now = old.get(file), new.get(file)
        if then != now:
            made_for = f"{file} {then[:8]}" if then is not None else f"no {file}"
            this_one = f"is {now[:8]}" if now is not None else "has none"
            yield f"was made for {made_for}, this one {this_one}; re-record it or take the old file"
    ids = [id for id in before.observations if id in after.observations]
    ordered = (id for id in after.observations if id in before.observations)
    moved = next((pair for pair in zip(ids, ordered, strict=True) if pair[0] != pair[1]), None)
    if moved:
        yield f"is not in corpus order: {moved[0]} stands where {moved[1]} belongs; re-record it"


def exit_code(found: Iterable[Change]) -> int:
    """Return 1 where something changed, 4 where goldens are only missing or not for this file."""
    kinds = {change.kind for change in found}
    if "changed" in kinds and "artefact" not in kinds:
        return 1
    return GoldenError.exit_code if kinds else 0


def shown(found: Sequence[Change], first: int = 50) -> list[str]:
    """Return a line for each of the first changes, and one that counts the rest."""
    more = f"… and {len(found) - first:,} more" if len(found) > first else ""
    return [change.text for change in found[:first]] + ([more] if more else [])


def change(old: Observation, new: Observation) -> str:
    """Say in a few words how an observation changed."""
    if old.failure or new.failure:
        outcome = [seen.failure.kind if seen.failure else "a value" for seen in (old, new)]
        if outcome[0] != outcome[1]:
            return f"was {outcome[0]}, is {outcome[1]}"
    kept = old.value is not None and new.value is not None
    found = first_difference(old.value, new.value) if kept else None
    if found is None:
        return f"signature was {str(old.signature)[:12]}, is {str(new.signature)[:12]}"
    where = "".join(f"[{step!r}]" for step in found.path)
    return f"at {where} was {found.reference!a}, is {found.candidate!a}"


def _explained(seen: Observation) -> str:
    """Return what stands beside a signature, as the rest of the line's JSON."""
    if seen.failure is not None:
        return f', "failure": {jsonl.dump(seen.failure.kind)}'
    value = jsonl.dump(jsonl.plain(seen.value))
    return f', "value": {value}' if len(value) <= VALUE_LIMIT else ""


def _checked_header(head: dict[str, Any], name: str) -> dict[str, Any]:
    if type(head.get("golden")) is not int or head["golden"] != SCHEMA:
        raise GoldenError(f"{name}:1: a golden starts with a header of schema {SCHEMA}")
    for key, kind in HEADER.items():
        if type(head.get(key)) is not kind:
            raise GoldenError(f"{name}:1: the header has no {key} of type {kind.__name__}")
    for file, digest in head["artefacts"].items():
        if not isinstance(digest, str):
            raise GoldenError(f"{name}:1: the digest of the artefact {file!a} is no string")
    return head


def rows(data: bytes, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each line of a golden with its number, from 1. Raises GoldenError with NAME:LINE."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.startswith((b"<<<<<<<", b"=======", b">>>>>>>")):
            raise GoldenError(f"{name}:{number}: a conflict of a merge is not resolved")
        if line:
            try:
                row = jsonl.parse(line)
            except jsonl.BadLine as error:
                raise GoldenError(f"{name}:{number}: {error}") from error
            if not isinstance(row, dict):
                raise GoldenError(f"{name}:{number}: an object is wanted")
            yield number, row
