"""Goldens of another time: made by an older schema, or as they were at a revision of git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from parity import app, golden, jsonl
from parity.app import Flags
from parity.errors import GoldenError, UsageError
from parity.golden import Change, Golden
from parity.golden_commands import in_folder, refuse_in_ci
from parity.reports.visible import printable
from parity.trailer import HEADER

BOTH: Final = (golden.OLD, golden.SCHEMA)


def migrate(console: Console, *, dry_run: bool) -> int:
    """Rewrite goldens of the schema before ours, each whole or not at all; return the exit code.

    One that cannot be read, or is of a newer schema, stays as it is, and is exit code 4.
    """
    if not dry_run:
        refuse_in_ci("goldens are not written here")
    code, migrated = 0, 0
    paths = in_folder(app.plan_for(Flags()).golden)
    for path in paths:
        try:
            data = path.read_bytes()
            found = golden.parse(data, str(path), BOTH)
            if found.header["golden"] == golden.OLD:
                if not dry_run:
                    golden.write(path, _migrated(data, found))
                migrated += 1
                _print(console, f"{'would migrate' if dry_run else 'migrated'} {path}")
        except GoldenError as error:
            code = error.exit_code
            _print(console, f"stays as it is: {error}")
    would = "would be " if dry_run else ""
    what = f"{would}migrated from schema {golden.OLD} to {golden.SCHEMA}"
    _print(console, f"{migrated:,} of {len(paths):,} goldens {what}")
    return code


def _migrated(data: bytes, found: Golden) -> str:
    """Return a golden under a header of our schema; its other lines are the same, byte for byte."""
    _, newline, rest = data.partition(b"\n")
    head = jsonl.dump({**found.header, "golden": golden.SCHEMA})
    return head + (newline + rest).decode("ascii")


def diff(revision: str, console: Console) -> int:
    """Print what changed in goldens since a revision of git; return 1 where something did.

    A golden that cannot be read is exit code 4. Raises UsageError where git knows no such thing.
    """
    folder = app.plan_for(Flags()).golden
    before = _at(revision, folder)
    after = {path.relative_to(folder).as_posix(): path.read_bytes() for path in in_folder(folder)}
    code, count = 0, 0
    for name in sorted(before.keys() | after.keys()):
        lines, one = _compared(folder / name, before.get(name), after.get(name))
        for line in golden.first(lines):
            _print(console, f"{folder / name}: {line}")
        code, count = max(code, one), count + bool(one)
    _print(console, f"{count:,} of {len(before.keys() | after.keys()):,} goldens differ")
    return code


def _compared(path: Path, old: bytes | None, new: bytes | None) -> tuple[list[str], int]:
    """Return lines for what changed in one golden, and the exit code that this means."""
    if old == new:
        return [], 0
    try:
        one, two = (golden.parse(data, str(path), BOTH) if data else None for data in (old, new))
    except GoldenError as error:
        return [str(error).removeprefix(f"{path}: ").removeprefix(f"{path}:")], error.exit_code
    if one is None or two is None:
        found = one or two
        count = len(found.observations) if found else 0
        return [f"{'added' if one is None else 'removed'}, {count:,} cases"], 1
    changes = golden.differences(one, two, str(path))
    lines = [f"{_said(change, path)}{_why(change, two)}" for change in changes]
    lines += [*_reasons(one, two), *_informing(one, two)]
    return lines, 1 if lines else 0


def _reasons(one: Golden, two: Golden) -> Iterator[str]:
    """Yield what became of reasons whose signatures are still the same: nobody else tells it."""
    for name, old in one.accepted.items():
        new = two.accepted.get(name)
        if new is None and _signature(one, name) == _signature(two, name):
            yield f"{name}: its reason is gone: {old.reason!a}"
        elif new is not None and new.reason != old.reason:
            yield f"{name}: its reason was {old.reason!a}, is {new.reason!a}"


def _signature(found: Golden, name: str) -> str | None:
    seen = found.observations.get(name)
    return seen.signature if seen else None


def _informing(one: Golden, two: Golden) -> Iterator[str]:
    """Yield what a header says otherwise that decides nothing."""
    for key in ("corpus_sha256", "native", "packages", "facts", "unicode"):
        if one.header.get(key) != two.header.get(key):
            yield f"header: {key} was {one.header.get(key)!a}, is {two.header.get(key)!a}"


def _said(change: Change, path: Path) -> str:
    return change.text.removeprefix(f"{path} ")


def _why(change: Change, after: Golden) -> str:
    one = after.accepted.get(change.case or HEADER)
    return f" (accepted: {one.reason})" if one else ""


def _at(revision: str, folder: Path) -> Mapping[str, bytes]:
    """Return the goldens of a folder at a revision, by path in it."""
    _git("rev-parse", "--is-inside-work-tree")
    named = ["rev-parse", "--verify", "--quiet", "--end-of-options"]
    if not _git(*named, f"{revision}^{{commit}}", fails=True):
        raise UsageError(f"git knows no revision {revision!a} here; see `git log`")
    where = folder if folder.is_absolute() else Path(f"./{folder.as_posix()}")
    tree = _git(*named, f"{revision}:{where.as_posix()}", fails=True).decode().strip()
    if not tree:
        return {}
    listed = _git("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")
    rows = [row.split(b"\t", 1) for row in listed if row]
    names = {path.decode("utf-8", "surrogateescape"): about.split()[2] for about, path in rows}
    wanted = {name: blob for name, blob in names.items() if _is_named_so(name)}
    contents = dict(zip(wanted, _blobs(list(wanted.values())), strict=True))
    return {name: data for name, data in contents.items() if data.startswith(golden.START)}


def _is_named_so(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(".jsonl")


def _blobs(names: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the contents of objects of git, in order."""
    answer = _git("cat-file", "--batch", given=b"".join(name + b"\n" for name in names))
    at = 0
    for name in names:
        start = answer.find(b"\n", at) + 1
        head = answer[at:start]
        if not head.startswith(name) or head.split()[1:2] != [b"blob"]:
            raise GoldenError(f"git gives no content for {name.decode()}: {head.decode()!a}")
        at = start + int(head.split()[2]) + 1
        yield answer[start : at - 1]


def _git(*args: str, given: bytes = b"", fails: bool = False) -> bytes:
    """Return what git prints; nothing where it fails and may. Raises UsageError."""
    try:
        done = subprocess.run(["git", *args], input=given, capture_output=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise UsageError(f"git cannot be started: {error.strerror}; install it") from error
    if done.returncode and not fails:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"git {args[0]}: {said[0] if said else 'failed'}; stand in a repository")
    return b"" if done.returncode else done.stdout


def _print(console: Console, line: str) -> None:
    console.print(printable(line), soft_wrap=True, markup=False, highlight=False)
