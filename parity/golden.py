"""Goldens: what a reference did once, in git, one line a case, so that a diff names what changed.

    golden/<pair>/<corpus>.<check>.jsonl

The first line is a header: versions and digests of what made it, the corpus with its digest, the
Unicode version. Each other line is a case in corpus order: its id, its signature, and its value
where that is small or the kind of failure. ASCII throughout. The signature decides; what stands
beside it is signed again on reading, so that a line cannot say one thing and mean another. At the
end stands the trailer: the changes that somebody accepted, each with a reason (`trailer`).
"""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import files, jsonl, trailer
from parity.compare import first_difference
from parity.errors import GoldenError, Inconclusive
from parity.fingerprint import Fingerprint
from parity.run import Observer
from parity.signature import VERSION, sign, sign_all
from parity.trailer import Acceptance
from parity.types import Case, Failure, Observation

SCHEMA: Final = 2
OLD: Final = 1
"""The schema before there were trailers; `tokparity golden migrate` makes ours of it."""
START: Final = b'{"golden": '
"""What every golden starts with."""
ACCEPTED: Final = b'{"accepted": '
"""What every line of a trailer starts with."""
VALUE_LIMIT: Final = 200
"""Characters of JSON up to which a value is kept beside its signature."""
HEADER: Final = {"check": str, "signature": int, "artefacts": dict}
"""What a header must have, by type; it decides. The rest of a header informs."""
MISSING: Final = Observation(failure=Failure("MissingGolden", "it has no golden", fault=True))


class BadGolden(GoldenError):
    """A golden that cannot be read.

    kind: `missing`, `unreadable`, `schema` (of another one), `conflict` (of a merge), or `edited`.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Golden(NamedTuple):
    """A golden file, read.

    accepted: by case, why it is what it is, where somebody accepted that.
    lines: by case, its line as it stands in the file.
    """

    header: dict[str, Any]
    observations: dict[str, Observation]
    accepted: dict[str, Acceptance]
    lines: dict[str, str]

    def signatures(self) -> dict[str, str]:
        """Return the signature of each case."""
        return {id: str(seen.signature) for id, seen in self.observations.items()}


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
        raise BadGolden(
            "missing",
            f"{path}: there is no such golden; record it with --snapshot-update, or accept it in "
            "tokparity review",
        )
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise BadGolden("unreadable", f"{path}: cannot be read: {error.strerror}") from error


def parse(data: bytes, name: str, schemas: Sequence[int] = (SCHEMA,)) -> Golden:
    """Read the bytes of a golden. Raises GoldenError with NAME:LINE.

    Signatures of another version cannot be computed again: `differences` tells of the version.
    """
    found = _lines(data, name)
    head = _checked_header(next(found, (1, {}, b""))[1], name, schemas)
    whole = Golden(head, {}, {}, {})
    for number, row, line in found:
        try:
            if "accepted" in row:
                _accept(whole, row)
            else:
                _add(whole, row, line)
        except GoldenError as error:
            raise BadGolden("edited", f"{name}:{number}: {error}") from error
    return whole


def _add(whole: Golden, row: dict[str, Any], line: bytes) -> None:
    id, signature = row.get("id"), row.get("sha256")
    if not isinstance(id, str) or not isinstance(signature, str) or id in whole.observations:
        raise GoldenError("an id of its own and a sha256 are wanted")
    if whole.accepted:
        raise GoldenError(f"was edited by hand: the case {id!a} stands below the trailer")
    other = whole.header["signature"] != VERSION
    seen = Observation(signature=signature) if other else recorded(whole.header["check"], row)
    whole.observations[id] = seen
    whole.lines[id] = line.decode("utf-8")


def _accept(whole: Golden, row: dict[str, Any]) -> None:
    one = trailer.parse(row)
    if one.accepted in whole.accepted:
        raise GoldenError(f"was edited by hand: {one.accepted!a} is accepted twice; keep one")
    whole.accepted[one.accepted] = one


def without_trailer(data: bytes) -> bytes:
    """Return a golden's bytes as they were recorded."""
    start = data.find(b"\n" + ACCEPTED)
    return data if start < 0 else data[: start + 1]


def with_trailer(text: str, before: bytes) -> str:
    """Return a golden's text with those lines of a trailer of `before` that hold for it.

    before: a golden, whatever else is wrong with it; of two sides of a merge, both are taken.
    """
    if ACCEPTED not in before:
        return text
    made = parse(text.encode(), "golden")
    found = list(made.accepted.values())
    for line in before.split(b"\n"):
        with contextlib.suppress(jsonl.BadLine, GoldenError):
            if line.startswith(ACCEPTED):
                found.append(trailer.parse(jsonl.parse(line)))
    return joined(made.header, made.lines, trailer.kept(found, made.header, made.signatures()))


def joined(
    head: Mapping[str, Any], lines: Mapping[str, str], accepted: Iterable[Acceptance]
) -> str:
    """Return a golden's text from its parts."""
    parts = [jsonl.dump(head), *lines.values(), *(one.line() for one in accepted)]
    return "".join(f"{line}\n" for line in parts)


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
    case: its id, or "" where the whole golden is meant.
    """

    kind: str
    text: str
    case: str = ""


def differences(before: Golden, after: Golden, name: str) -> list[Change]:
    """Return what changed, in corpus order; time in proportion to the files, whatever changed."""
    found = [Change("artefact", f"{name} {text}") for text in _other_making(before, after)]
    for id, seen in after.observations.items():
        old = before.observations.get(id)
        if old is None:
            found.append(Change("missing", f"{id}: has no golden", id))
        elif old.signature != seen.signature:
            found.append(Change("changed", f"{id}: {change(old, seen)}", id))
    gone = (id for id in before.observations if id not in after.observations)
    found.extend(
        Change("stale", f"{id}: has a golden, and no case or no answer", id) for id in gone
    )
    return found


def header_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return how a golden was made for other files than these."""
    found = []
    then_all, now_all = old["artefacts"], new["artefacts"]
    for file in [*now_all, *(file for file in then_all if file not in now_all)]:
        then, now = then_all.get(file), now_all.get(file)
        if then != now:
            made_for = f"{file} {then[:8]}" if then is not None else f"no {file}"
            found.append(
                f"was made for {made_for}, this one {f'is {now[:8]}' if now else 'has none'}"
            )
    return found


def _other_making(before: Golden, after: Golden) -> Iterator[str]:
    """Yield how a golden was not made as it would be now; versions of packages only inform."""
    for key in ("check", "signature"):
        then, now = before.header[key], after.header[key]
        if then != now:
            yield f"was made with {key} {then!a}, this one has {now!a}; re-record it"
    for text in header_change(before.header, after.header):
        yield f"{text}; re-record it or take the old file"
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


def shown(found: Sequence[Change], most: int = 50) -> list[str]:
    """Return a line for each of the first changes, and one that counts the rest."""
    return first([change.text for change in found], most)


def first(texts: Sequence[str], most: int = 50) -> list[str]:
    """Return the first lines, and one that counts the rest."""
    more = f"… and {len(texts) - most:,} more" if len(texts) > most else ""
    return [*texts[:most], *([more] if more else [])]


def outdated(found: Golden) -> list[Acceptance]:
    """Return the acceptances that are not of what stands in the file."""
    signatures = found.signatures()
    return [
        one for one in found.accepted.values() if not trailer.holds(one, found.header, signatures)
    ]


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


def _checked_header(head: dict[str, Any], name: str, schemas: Sequence[int]) -> dict[str, Any]:
    schema = head.get("golden")
    if type(schema) is not int:
        raise BadGolden("edited", f"{name}:1: a golden starts with a header of schema {SCHEMA}")
    if schema == OLD and OLD not in schemas:
        raise BadGolden("schema", f"{name}:1: was made by schema {OLD}; tokparity golden migrate")
    if schema not in schemas:
        raise BadGolden(
            "schema",
            f"{name}:1: has schema {schema}, and this tokparity reads "
            f"{' and '.join(map(str, schemas))}; use the tokparity that made it, or a newer one",
        )
    for key, kind in HEADER.items():
        if type(head.get(key)) is not kind:
            raise BadGolden("edited", f"{name}:1: the header has no {key} of type {kind.__name__}")
    for file, digest in head["artefacts"].items():
        if not isinstance(digest, str):
            raise BadGolden("edited", f"{name}:1: the digest of the artefact {file!a} is no string")
    return head


def rows(data: bytes, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each line of a golden with its number, from 1. Raises GoldenError with NAME:LINE."""
    return ((number, row) for number, row, _ in _lines(data, name))


def _lines(data: bytes, name: str) -> Iterator[tuple[int, dict[str, Any], bytes]]:
    """Yield what `rows` yields, and the line itself."""
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.startswith((b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")):
            raise BadGolden("conflict", f"{name}:{number}: a conflict of a merge is not resolved")
        if line:
            try:
                row = jsonl.parse(line)
            except jsonl.BadLine as error:
                raise BadGolden("edited", f"{name}:{number}: {error}") from error
            if not isinstance(row, dict):
                raise BadGolden("edited", f"{name}:{number}: an object is wanted")
            yield number, row, line
