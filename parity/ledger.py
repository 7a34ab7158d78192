"""The ledger of known differences, `golden/expected.toml`: what may differ, and must.

    [[expected]]
    pair = "qwen-*"                  # a glob over the names of pairs
    check = "ids*"                   # a glob over checks and laws
    select = "tag:norm.new-mark"     # which cases; every one of them must still differ
    reason = "tokenizers composes with older Unicode tables"
    link = "https://..."             # optional
    expires = 2027-06-30             # optional; from that day on the entry counts for nothing
    unicode = "15.0"                 # optional; only where this Python's tables are that new
    kind = "value"                   # optional: value, missing, extra, outcome, type

A divergence that an entry names is expected; a case that it names and that agrees is unexpected.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import functools
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity.compare import Comparison, Verdict
from parity.errors import BadLedger, BadSelect
from parity.select import Predicate, select
from parity.types import Case

KEYS: Final = {"pair", "check", "select", "reason", "link", "expires", "unicode", "kind"}
KINDS: Final = ("value", "missing", "extra", "outcome", "type")
WANTED: Final = ("pair", "check", "select", "reason")


class Entry(NamedTuple):
    """One known difference; `unicode` is () where any version of the tables will do.

    place: FILE: entry NUMBER, to name it.
    """

    pair: str
    check: str
    selects: Predicate
    reason: str
    expires: dt.date | None
    unicode: tuple[int, ...] = ()
    place: str = ""
    kind: str = ""


def read(path: Path) -> list[Entry]:
    """Return the entries of a ledger; none if the file is not there. Raises BadLedger."""
    if not path.is_symlink() and not path.exists():
        return []
    try:
        return list(_parsed(path, path.read_bytes()))
    except OSError as error:
        raise BadLedger(f"{path}: cannot be read: {error.strerror}") from error


@functools.lru_cache(maxsize=4)
def _parsed(path: Path, data: bytes) -> Sequence[Entry]:
    """Return the entries of a ledger's bytes, read once for all the items of a test session."""
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadLedger(f"{path}: {error}") from error
    rows = content.get("expected", [])
    tables = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    if content.keys() - {"expected"} or not tables:
        raise BadLedger(f"{path}: a ledger has [[expected]] entries and nothing else")
    return [
        _entry(f"{path}: entry {number}", row)._replace(place=f"{path}: entry {number}")
        for number, row in enumerate(rows, 1)
    ]


def relevant(entries: Sequence[Entry], pair: str, check: str, today: dt.date) -> list[Entry]:
    """Return the entries that speak of this pair and check, here and today."""
    return [
        entry
        for entry in entries
        if fnmatch.fnmatchcase(pair, entry.pair)
        and fnmatch.fnmatchcase(check, entry.check)
        and applies(entry, today)
    ]


def applies(entry: Entry, today: dt.date) -> bool:
    """Say whether an entry has not expired, and this Python's Unicode tables are new enough."""
    current = entry.expires is None or today < entry.expires
    return current and _version(unicodedata.unidata_version) >= entry.unicode


def find(entries: Sequence[Entry], case: Case) -> Entry | None:
    """Return the first entry that selects a case."""
    return next((entry for entry in entries if entry.selects(case)), None)


def judge(found: Comparison, entry: Entry) -> Comparison:
    """Return a comparison with the verdict that the ledger makes of it."""
    how = found.difference.kind if found.difference else ""
    if found.verdict is Verdict.DIVERGED and entry.kind not in ("", how):
        note = f"the ledger expects another kind of difference: {entry.kind}"
        return found._replace(note=note)
    if found.verdict is Verdict.DIVERGED:
        return found._replace(verdict=Verdict.EXPECTED, note=entry.reason)
    if found.verdict is Verdict.SAME:
        note = f"the ledger says that this differs ({entry.reason}), and it does not"
        return found._replace(verdict=Verdict.UNEXPECTED, note=note)
    return found


def _entry(place: str, row: dict[str, Any]) -> Entry:
    unknown = sorted(row.keys() - KEYS)
    if unknown:
        raise BadLedger(f"{place}: unknown key {unknown[0]!r}; known: {', '.join(sorted(KEYS))}")
    for key in WANTED:
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise BadLedger(f"{place}: the key {key!r} is wanted, a string")
    expires = row.get("expires")
    if expires is not None and type(expires) is not dt.date:
        raise BadLedger(f"{place}: 'expires' is a date such as 2027-06-30, not {expires!r}")
    try:
        selects = select(row["select"])
    except BadSelect as error:
        raise BadLedger(f"{place}: {error}") from error
    unicode = row.get("unicode", "")
    if not isinstance(unicode, str) or not re.fullmatch(r"(\d{1,4}(\.\d{1,4}){0,3})?", unicode):
        raise BadLedger(f"{place}: 'unicode' is a version such as \"15.0\", not {unicode!r}")
    kind = row.get("kind", "")
    if kind and kind not in KINDS:
        raise BadLedger(f"{place}: 'kind' is one of {', '.join(KINDS)}, not {kind!r}")
    needs = _version(unicode)
    return Entry(row["pair"], row["check"], selects, row["reason"], expires, needs, kind=kind)


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("."))) if text else ()
