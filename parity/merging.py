"""`tokparity report merge`: one run file out of those of all shards of a run.

What is summed is concluded again, by the rules of any run. Parts that are not of one run are
refused: another plan, ledger or corpus, sides that were something else, a case that belongs
elsewhere. Without all parts the merged file is written, and is not whole.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console

from parity import concluding, evidence, files, jsonl, lock, runfile
from parity.canary import Canaries
from parity.checks import CHECKS, LAWS
from parity.compare import Verdict
from parity.concluding import Key, PairResult
from parity.errors import EvidenceLost, Inconclusive, UsageError
from parity.expected import Standing
from parity.plan import Pair
from parity.reports import terminal
from parity.runfile import RunFile
from parity.shards import Shard
from parity.tally import Tally

ORDER: Final = {name: number for number, name in enumerate((*CHECKS, *LAWS))}
SUMMED: Final = ("payloads", "reported_payloads", "written", "left_out")
_LONG: Final = 200
"""Characters that a message quotes of what a run says of itself."""


class Part(NamedTuple):
    """The run file of one shard, and the digest of its bytes."""

    shard: Shard
    run: RunFile
    sha256: str


def main(paths: Sequence[Path], output: Path, console: Console, command: Sequence[str]) -> int:
    """Merge the run files of shards, print the report of the whole; return its exit code."""
    run = merge(paths, output, command)
    terminal.show(run, console)
    return int(run.footer["exit"])


def merge(paths: Sequence[Path], output: Path, command: Sequence[str]) -> RunFile:
    """Write one run file of those of shards; return it, read again.

    Raises UsageError for what cannot be meant, EvidenceLost for what proves nothing, Refused for
    files that are not parts of one run. Then nothing is written.
    """
    _check_places(paths, output)
    parts = sorted(map(_part, paths), key=lambda part: part.shard)
    check(parts)
    lines = [jsonl.dump(line) + "\n" for line in merged(parts, command)]
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        files.write(output, lines)
    except OSError as error:
        raise EvidenceLost(f"{output}: cannot be written: {error.strerror}") from error
    return runfile.read(output)


def _check_places(paths: Sequence[Path], output: Path) -> None:
    places: dict[Path, Path] = {}
    for path in paths:
        place = files.real(path)
        if place in places:
            raise UsageError(f"{path} is given twice: a shard counts once")
        places[place] = path
    if files.real(output) in places:
        raise UsageError(f"{output}: --output is one of the run files: it would be lost")
    if output.is_dir():
        raise UsageError(f"{output}: that is a folder; name a file in it with --output")


def _part(path: Path) -> Part:
    """Return the part that a run file is. Raises UsageError, EvidenceLost."""
    run = runfile.read(path)
    shard = run.header.get("shard")
    if not run.whole:
        why = run.footer.get("stopped") or "it has no footer: it was cut off"
        raise EvidenceLost(f"{path}: this run is not whole: {why}; run that shard again")
    if shard is None:
        raise UsageError(
            f"{path}: this is no shard of a run; `tokparity run --shard I/N` writes one"
        )
    if not 1 <= shard[0] <= shard[1]:
        raise EvidenceLost(f"{path}: there is no shard {shard[0]} of {shard[1]}; it is damaged")
    for key in ("ledger", "expired_entries"):
        if run.footer.get(key) is None:
            raise EvidenceLost(f"{path}: its footer has no {key}; it is damaged")
    for row in (row for pair in run.footer["pairs"] for row in pair["rows"]):
        _check_row(path, row)
    return Part(Shard(*shard), run, hashlib.sha256(path.read_bytes()).hexdigest())


def _check_row(path: Path, row: Mapping[str, Any]) -> None:
    if row["check"] not in ORDER:
        raise UsageError(
            f"{path}: this version of tokparity has no check {row['check']!a}; merge with the "
            "version that ran the shards"
        )
    if row.get("groups") is None or row.get("refused") is None:
        raise EvidenceLost(
            f"{path}: {row['check']}: what kinds of cases there were is not said; it is damaged"
        )


class NotOneRun(Inconclusive):
    """Run files that are not parts of one run."""


def check(parts: Sequence[Part]) -> None:
    """Raise NotOneRun where parts are not of one run, or of one shard twice."""
    first = parts[0]
    for part in parts[1:]:
        if part.shard.of != first.shard.of:
            raise NotOneRun(_two(first, part, "count", str(first.shard), str(part.shard)))
        _check_lock(first, part)
        _check_canaries(first, part)
    for one, other in pairwise(parts):
        if one.shard == other.shard:
            raise NotOneRun(
                f"{one.run.path} and {other.run.path} are both {one.shard}: what is in both would "
                "be counted twice"
            )
    for part in parts:
        _check_cases(part)
    _check_sides(parts)


def _check_canaries(one: Part, other: Part) -> None:
    planted = [str(part.run.footer["canaries"]["planted"]) for part in (one, other)]
    if planted[0] != planted[1]:
        raise NotOneRun(_two(one, other, "the count of planted canaries", *planted))


def _check_lock(one: Part, other: Part) -> None:
    locks = [part.run.header.get("lock") or {} for part in (one, other)]
    if not all(locks):
        path = (one if not locks[0] else other).run.path
        raise EvidenceLost(f"{path}: it has no lock: nobody knows of which run it is a part")
    for name, *said in lock.differences(*locks):
        more = ""
        if name == "plan":
            started = [" ".join(map(str, part.run.header.get("command") or ["?"]))
                       for part in (one, other)]  # fmt: skip
            more = f"; they were started by {started[0]!a} and {started[1]!a}"
        raise NotOneRun(_two(one, other, name, *said) + more)


def _two(one: Part, other: Part, what: str, *said: str) -> str:
    first, second = (ascii(text if len(text) <= _LONG else f"{text[:_LONG]}...") for text in said)
    return (
        f"{one.run.path} and {other.run.path} are no parts of one run: {what} is {first} in the "
        f"one and {second} in the other"
    )


def _check_cases(part: Part) -> None:
    """Raise NotOneRun for a divergence of a case that another shard has."""
    for row in part.run.divergences:
        id = row["case"]["id"].partition("#")[0]  # behind it stands how the case was looked at
        if not part.shard.holds(id):
            raise NotOneRun(
                f"{part.run.path}: the case {id!a} is not of {part.shard}; it was changed, or "
                "written by another version"
            )


def _check_sides(parts: Sequence[Part]) -> None:
    """Raise NotOneRun where a side was something else in another shard."""
    first: dict[str, tuple[Part, Mapping[str, Any]]] = {}
    for part in parts:
        for pair in part.run.pairs:
            begun, other = first.setdefault(pair["name"], (part, pair))
            for side in ("reference", "candidate"):
                said = _evidence(other[side]), _evidence(pair[side])
                for name in (name for name in {**said[0], **said[1]} if name not in ("", None)):
                    one, two = (str(each.get(name, "nothing")) for each in said)
                    if one != two:
                        what = f"of the {side} of {pair['name']}, {name}"
                        raise NotOneRun(_two(begun, part, what, one, two))
            resolved = [jsonl.dump(each.get("resolved") or {}) for each in (other, pair)]
            if resolved[0] != resolved[1]:
                what = f"what targets of {pair['name']} led to"
                raise NotOneRun(_two(begun, part, what, *resolved))


def _evidence(mark: Mapping[str, Any]) -> dict[str, str]:
    """Return what of a fingerprint must be the same wherever a shard ran, by name."""
    artefacts: dict[str, str] = {}
    for path, digest in sorted(mark["artefacts"].items(), key=lambda item: item[1]):
        name = Path(path).name
        artefacts[name] = f"{artefacts[name]} {digest}" if name in artefacts else digest
    return {
        "the class": mark["native"],
        "the digest of the class's file": mark["file_sha256"],
        **{f"the artefact {name}": digest for name, digest in artefacts.items()},
        **{f"the version of {name}": text for name, text in mark["packages"].items()},
        **{f"the fact {name!a}": lock.anywhere(text) for name, text in mark["facts"].items()},
    }


def merged(parts: Sequence[Part], command: Sequence[str]) -> Iterable[Mapping[str, Any]]:
    """Yield the lines of one run file; divergences in the order of the shards."""
    yield _header(parts, command)
    pairs: dict[str, Mapping[str, Any]] = {}
    for part in parts:
        for pair in part.run.pairs:
            pairs.setdefault(pair["name"], pair)
    order = [pair["name"] for pair in parts[0].run.footer["pairs"]]
    for name in sorted(pairs, key=order.index):
        yield pairs[name]
    for part in parts:
        yield from part.run.divergences
    yield _footer(parts)


def _header(parts: Sequence[Part], command: Sequence[str]) -> dict[str, Any]:
    headers = [part.run.header for part in parts]
    return {
        **headers[0],
        "command": list(command),
        "started": min(str(header.get("started", "")) for header in headers),
        "platform": ", ".join(dict.fromkeys(str(header.get("platform")) for header in headers)),
        "python": ", ".join(dict.fromkeys(str(header.get("python")) for header in headers)),
        "shard": None,
        "shards": [
            {"shard": list(part.shard), "file": part.run.path.name, "sha256": part.sha256,
             "verdict": part.run.footer["verdict"], "exit": part.run.footer["exit"]}
            for part in parts
        ],
    }  # fmt: skip


def missing(parts: Sequence[Part]) -> list[int]:
    """Return the numbers of the shards that are not there."""
    there = {part.shard.number for part in parts}
    return [number for number in range(1, parts[0].shard.of + 1) if number not in there]


def _footer(parts: Sequence[Part]) -> dict[str, Any]:
    lost, of = missing(parts), parts[0].shard.of
    are = "is" if len(lost) == 1 else "are"
    stopped = (
        f"{len(lost)} of {of} shards {are} missing: {', '.join(map(str, lost))}" if lost else ""
    )
    footers = [part.run.footer for part in parts]
    survived = dict.fromkeys(name for one in footers for name in one["canaries"]["survived"])
    canaries = Canaries(max(one["canaries"]["planted"] for one in footers), tuple(survived))
    partial = bool(lost) or _narrowed(parts[0].run.header)
    results = _results(parts, partial=partial)
    nothing = next((one["verdict"] for one in footers if one["exit"] == NOTHING), "")
    whole = parts[0].run.header.get("unnarrowed") is True and not lost
    standing = _standing(footers, whole=whole)
    footer = evidence.footer(results, canaries, stopped, standing, nothing)
    limits = [one["limits"] for one in footers]
    summed = {name: sum(one[name] for one in limits) for name in SUMMED}
    return {"type": "footer", **footer, "limits": {**limits[0], **summed}}


NOTHING: Final = 5
"""The exit code of a shard that no case falls to."""


def _narrowed(header: Mapping[str, Any]) -> bool:
    """Say whether all shards together are only selected cases of the plan."""
    since = header.get("since") or {}
    return bool(header["lock"].get("select")) or since.get("cases") is not None


def _results(parts: Sequence[Part], *, partial: bool) -> list[PairResult]:
    """Return what each pair came to over all parts, concluded again."""
    named = {pair["name"]: pair.get("named") is True for part in parts for pair in part.run.pairs}
    found: dict[str, list[tuple[Shard, Mapping[str, Any]]]] = {}
    for part in parts:
        for pair in part.run.footer["pairs"]:
            found.setdefault(pair["name"], []).append((part.shard, pair))
    results = []
    for name, pairs in found.items():
        result = PairResult(name, _rows(pair for _, pair in pairs))
        for _, pair in pairs:
            result.untaken.update(pair["untaken"])
        stopped = [(shard, pair) for shard, pair in pairs if pair.get("stopped")]
        if stopped:
            result.stopped, result.problem = True, _joined(stopped, len(pairs))
            result.code = concluding.worst(pair["exit"] for _, pair in stopped)
            result.refused = all(pair["refused"] for _, pair in stopped)
        pair = Pair(name, "", "", named=named.get(name, False))
        results.append(concluding.conclude(pair, result, partial=partial))
    return results


def _joined(stopped: Sequence[tuple[Shard, Mapping[str, Any]]], count: int) -> str:
    """Return why a pair was stopped, with the shards where it is not all of them for one reason."""
    problems: dict[str, list[str]] = {}
    for shard, pair in stopped:
        problems.setdefault(pair["problem"], []).append(str(shard.number))
    if [len(numbers) for numbers in problems.values()] == [count]:
        return next(iter(problems))
    return "; ".join(f"shard {', '.join(of)}: {problem}" for problem, of in problems.items())


def _rows(pairs: Iterable[Mapping[str, Any]]) -> dict[Key, Tally]:
    """Return the sums of the rows of a pair, in the order of checks and laws."""
    rows: dict[Key, Tally] = {}
    digests: dict[Key, list[Mapping[str, str]]] = {}
    for pair in pairs:
        for row in pair["rows"]:
            key = row["check"], row["judged"]
            rows.setdefault(key, Tally()).add(_tally(row))
            digests.setdefault(key, []).append(row["digests"])
    for key, tally in rows.items():
        for side in tally.digests:
            joined = "".join(digest.get(side, "") for digest in digests[key])
            tally.digests[side] = hashlib.sha256(joined.encode())
    return dict(sorted(rows.items(), key=lambda row: ORDER[row[0][0]]))


def _tally(row: Mapping[str, Any]) -> Tally:
    """Return the counts of a row of a run file; its digests cannot be taken up again."""
    return Tally(
        counts=Counter({verdict: row[verdict.value] for verdict in Verdict}),
        failed=row["failed_alike"],
        unsupported=Counter(row["unsupported_because"]),
        incomparable=Counter(row["incomparable_because"]),
        groups=Counter({(kind, mode, skip): n for kind, mode, skip, n in row["groups"]}),
        refused=Counter(
            {(side, (kind, mode, skip)): n for side, kind, mode, skip, n in row["refused"]}
        ),
        seconds=Counter(row["seconds"]),
    )


def _standing(footers: Sequence[Mapping[str, Any]], *, whole: bool) -> Standing:
    """Return how the entries of the ledger stand over all parts.

    whole: the parts are all of a project's plan, so that an entry which no case of any part fits
        is stale.
    """
    told = [one.get("ledger") or {} for one in footers]
    in_force = dict.fromkeys(place for one in told for place in one.get("in_force", ()))
    cases: Counter[str] = Counter()
    for one in told:
        cases.update(one.get("cases") or {})
    return Standing(
        in_force=tuple(in_force),
        cases=cases,
        stale=tuple(place for place in in_force if whole and place not in cases),
        expired={at: day for one in footers for at, day in one["expired_entries"].items()},
        sha256=str(told[0].get("sha256", "")),
        unnarrowed=whole,
    )
