"""The ledger of known differences, `golden/expected.toml`: what may differ, and must.

    [[expected]]
    pair = "qwen-*"                  # a glob over the names of pairs
    check = "ids*"                   # a glob over checks and laws
    select = "tag:norm.new-mark"     # which cases; every one of them must still differ
    reason = "tokenizers composes with older Unicode tables"
    class = "unicode-tables"         # optional; what differs for another cause is not covered
    side = "candidate"               # optional; of a law: the side that breaks it
    owner = "text team"              # optional; who answers for it
    link = "https://..."             # optional
    expires = 2027-06-30             # optional; from that day (UTC) on the run fails with the date
    unicode = "15.0"                 # optional; only where this Python's tables are that new
    kind = "value"                   # optional: value, missing, extra, outcome, type

A divergence that an entry names is expected; a case that it names and that agrees is unexpected.
Which names of classes there are is known above: `expected` reads a ledger and looks at them.
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

KEYS: Final = {
    "pair", "check", "select", "reason", "class", "side", "owner", "link", "expires", "unicode",
    "kind",
}  # fmt: skip
KINDS: Final = ("value", "missing", "extra", "outcome", "type")
WANTED: Final = ("pair", "check", "select", "reason")
TEXTS: Final = ("class", "owner", "link")
"""Keys that may be missing, and are texts that say something where they are there."""
SIDES: Final = ("reference", "candidate")
ONE_OF: Final = {"kind": KINDS, "side": SIDES}
MARKERS: Final = re.compile(r"^(<{7}|>{7})( |\r?$)", re.MULTILINE)
"""What git leaves of a merge; the line between the two sides could be part of a text."""


class Entry(NamedTuple):
    """One known difference; `unicode` is () where any version of the tables will do.

    place: FILE: entry NUMBER, to name it.
    cause: the class that it covers, or "" for any. side: of a law, or "" for both.
    chosen: the select expression, as it is written.
    """

    pair: str
    check: str
    selects: Predicate
    reason: str
    expires: dt.date | None
    unicode: tuple[int, ...] = ()
    place: str = ""
    kind: str = ""
    cause: str = ""
    side: str = ""
    chosen: str = ""
    owner: str = ""
    link: str = ""


def read(path: Path) -> list[Entry]:
    """Return the entries of a ledger; none if the file is not there. Raises BadLedger."""
    return list(parsed(path, content(path)))


def content(path: Path) -> bytes:
    """Return the bytes of a ledger; none if the file is not there. Raises BadLedger."""
    if not path.is_symlink() and not path.exists():
        return b""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadLedger(f"{path}: cannot be read: {error.strerror}") from error


@functools.lru_cache(maxsize=4)
def parsed(path: Path, data: bytes) -> Sequence[Entry]:
    """Return the entries of a ledger's bytes, read once for all the items of a test session."""
    try:
        text = data.decode("utf-8")
        if marker := MARKERS.search(text):
            line = text.count("\n", 0, marker.start()) + 1
            raise BadLedger(
                f"{path}:{line}: the conflict markers of a merge are in it: settle the merge first"
            )
        rows = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        twice = "; a key stands there twice" if "overwrite" in str(error) else ""
        raise BadLedger(f"{path}: {error}{twice}") from error
    entries = rows.get("expected", [])
    tables = isinstance(entries, list) and all(isinstance(row, dict) for row in entries)
    if rows.keys() - {"expected"} or not tables:
        raise BadLedger(f"{path}: a ledger has [[expected]] entries and nothing else")
    return [
        _entry(f"{path}: entry {number}", row)._replace(place=f"{path}: entry {number}")
        for number, row in enumerate(entries, 1)
    ]


def relevant(
    entries: Sequence[Entry], pair: str, check: str, today: dt.date, judged: str = ""
) -> list[Entry]:
    """Return the entries that speak of this pair and check, here and today.

    judged: the side that a law judges, or `both`; "" for whichever.
    """
    return [
        entry for entry in entries if speaks(entry, pair, check, judged) and applies(entry, today)
    ]


def speaks(entry: Entry, pair: str, check: str = "", judged: str = "") -> bool:
    """Say whether an entry is about a pair, a check ("" for any) and a side, in force or not."""
    return (
        fnmatch.fnmatchcase(pair, entry.pair)
        and (not check or fnmatch.fnmatchcase(check, entry.check))
        and (not judged or entry.side in ("", judged))
    )


def applies(entry: Entry, today: dt.date) -> bool:
    """Say whether an entry has not expired, and this Python's Unicode tables are new enough."""
    return fits_here(entry) and not expired(entry, today)


def expired(entry: Entry, today: dt.date) -> bool:
    """Say whether the day of an entry has come."""
    return entry.expires is not None and entry.expires <= today


def fits_here(entry: Entry) -> bool:
    """Say whether this Python's Unicode tables are as new as an entry needs."""
    return _version(unicodedata.unidata_version) >= entry.unicode


def today() -> dt.date:
    """Return the day by which entries expire: UTC's, so that it is the same everywhere."""
    return dt.datetime.now(tz=dt.UTC).date()


def find(entries: Sequence[Entry], case: Case) -> Entry | None:
    """Return the first entry that selects a case."""
    return next((entry for entry in entries if entry.selects(case)), None)


def judge(found: Comparison, entry: Entry) -> Comparison:
    """Return a comparison with the verdict that the ledger makes of it.

    Where the entry covers one class only, `expected` is not the last word: see `expected.settled`.
    """
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
    _check_texts(place, row)
    found = Entry(row["pair"], row["check"], selects, row["reason"], expires, _version(unicode))
    more = {name: row.get(name, "") for name in ("kind", "side", "owner", "link")}
    return found._replace(cause=row.get("class", ""), chosen=row["select"], **more)


def _check_texts(place: str, row: dict[str, Any]) -> None:
    """Raise BadLedger for one of the keys that may be missing, and says nothing that can be."""
    for key in TEXTS:
        if not isinstance(row.get(key, "-"), str) or not row.get(key, "-").strip():
            raise BadLedger(f"{place}: {key!r} is a text, not {row[key]!r}")
    for key, known in ONE_OF.items():
        if row.get(key, "") not in ("", *known):
            raise BadLedger(f"{place}: {key!r} is one of {', '.join(known)}, not {row[key]!r}")


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("."))) if text else ()
