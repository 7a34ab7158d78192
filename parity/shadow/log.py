"""The log of a shadow: header, heartbeats, divergences, what was lost, footer; JSON lines.

Counts in it are never capped; lines of divergences are, each of both sorts by `max_diffs`, and the
cap is said. What cannot be written is counted: a shadow must not break what it shadows, so nothing
here raises. By default no text and no ids are in it (`redacting`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import platform
import secrets
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from parity import jsonl
from parity.compare import Difference
from parity.fingerprint import Fingerprint
from parity.shadow import redacting
from parity.shadow.lines import Lines
from parity.shadow.records import Call, Outcome
from parity.shadow.same import is_same
from parity.shadow.settings import Settings
from parity.types import Observation

SCHEMA: Final = 1


CONTENT: Final = 1 << 20
"""Bytes of the content of a divergence, at most; of a larger one its size is written."""


class Log:
    """Tells what became of calls. header: `reference`, `candidate`, `surfaces`, `how`.

    reference, candidate: fingerprints as plain data, or {"failed": KIND}. What is written first in
    a file is the header, with the first line that is; `begin` writes it alone.
    """

    def __init__(self, settings: Settings, header: Mapping[str, Any]) -> None:
        self.settings, self.header = settings, dict(header)
        self.lines: Lines | None = None
        if settings.report:
            self.lines = Lines(Path(settings.report), settings.rotate, settings.keep)
            self._warn(self.lines)
        self.after_fork()

    def after_fork(self) -> None:
        """Begin again as a run of its own, as a child must: it has what its parent had open."""
        self.run = secrets.token_hex(8)
        self._lock = threading.RLock()
        self._begun = time.monotonic()
        self._closed = self._retried = False
        self._written = self._capped = self._failed = self._unplain = 0
        self._divergences = self._lost = 0
        self._last: Any = None
        if self.lines is not None:
            with contextlib.suppress(OSError):
                self.lines.close()
            self.lines.rotated, self.lines.headed = 0, False

    def begin(self) -> None:
        """Write the header, if no line was written yet."""
        with self._lock:
            if self.lines is not None and not self.lines.headed:
                self._put(None)

    def divergence(self, outcome: Outcome) -> None:
        """Write a divergence, or count that the cap leaves it out."""
        with self._lock:
            self._divergences += 1
            if self._divergences > self.settings.max_diffs:
                self._capped += 1
            else:
                self._put("divergence", self._divergence, self._divergences, outcome)

    def lost(self, outcome: Outcome) -> None:
        """Write a call that was asked and not compared, or count that the cap leaves it out."""
        with self._lock:
            self._lost += 1
            if self._lost > self.settings.max_diffs:
                self._capped += 1
            else:
                self._put("lost", self._lost_call, self._lost, outcome)

    def heartbeat(self, snapshot: Mapping[str, Any]) -> None:
        """Write the counts so far, where they are not those that were written last."""
        with self._lock:
            if snapshot != self._last and self._put("heartbeat", self._counted, snapshot):
                self._last = snapshot

    def footer(self, snapshot: Mapping[str, Any], closed: str, missing: Mapping[str, int]) -> bool:
        """Write the counts at the end and what they miss; nothing is written after that.

        Return whether it was written; where not, it may be tried again.
        """
        with self._lock:
            if not self._closed:
                self._failed -= self._retried  # what is written after all is not lost
                self._closed = self._put("footer", self._ended, snapshot, closed, missing)
                self._retried = self.lines is not None and not self._closed
                if self._closed and self.lines is not None:
                    with contextlib.suppress(OSError):
                        self.lines.close()
            return self._closed

    def state(self) -> dict[str, int]:
        """Return counts: lines written, headers aside, capped and not written; rotations; unplain.

        unplain: parts of lines that stand there as null, for they hold what is no plain data.
        """
        return {
            "lines": self._written,
            "capped": self._capped,
            "failed": self._failed,
            "rotated": self.lines.rotated if self.lines is not None else 0,
            "unplain": self._unplain,
        }

    def _warn(self, lines: Lines) -> None:
        try:
            why = lines.never()
        except (OSError, ValueError) as error:
            why = str(error)
        if why:
            place = self.settings.report
            with contextlib.suppress(Warning):  # where warnings are errors, this is none
                warnings.warn(
                    f"the shadow's log {place!r} cannot be written: {why}; its lines are counted "
                    "as failed, and tried again", stacklevel=3,
                )  # fmt: skip

    def _put(self, what: str | None, content: Any = None, *args: Any) -> bool:
        if self.lines is None:
            return False
        if self._closed:  # nothing comes after the footer
            self._failed += 1
            return False
        try:
            line = b"" if what is None else self._line(what, content(*args))
            self.lines.append(line, self._header)
        except Exception:  # noqa: BLE001 (what cannot be written must not break what is served)
            self._failed += what is not None  # a header comes again with the next line
            return False
        self._written += what is not None
        return True

    def _line(self, what: str, content: Mapping[str, Any]) -> bytes:
        now = dt.datetime.now(tz=dt.UTC).isoformat(timespec="milliseconds")
        up = round(time.monotonic() - self._begun, 3)
        line = {"what": what, "run": self.run, "at": now, "up": up, **content}
        return jsonl.dump(line).encode("ascii") + b"\n"

    def _header(self) -> bytes:
        content = {
            "schema": SCHEMA,
            "tokparity": version("tokparity"),
            "pid": os.getpid(),
            "python": platform.python_version(),
            "same": is_same(self.header.get("reference", {}), self.header.get("candidate", {})),
            "digests": self._digests(),
            "settings": _said(self.settings),
            **self.header,
            "again": self.lines is not None and self.lines.headed,
        }
        return self._line("header", content)

    def _digests(self) -> dict[str, str]:
        sides = ("reference", "candidate")
        return {side: redacting.hashed(_essence(self.header.get(side)))[:16] for side in sides}

    def _divergence(self, number: int, outcome: Outcome) -> dict[str, Any]:
        call, place = outcome.call, outcome.difference
        line = {
            "number": number,
            "request": call.request,
            "surface": call.surface,
            "class": redacting.class_of(outcome.why),
            "difference": redacting.difference(place, outcome.reference.value),
            "input": self._input(call),
            "reference": self._answer(call.surface, outcome.reference),
            "candidate": self._answer(call.surface, outcome.candidate),
            "fingerprints": self._digests(),
            "seconds": {"reference": call.seconds, "candidate": outcome.seconds},
        }
        if self.settings.content == "full":
            content = self._content(outcome)
            size = len(jsonl.dump(content))
            line |= {"content": content} if size <= CONTENT else {"content_left_out": size}
        return line

    def _lost_call(self, number: int, outcome: Outcome) -> dict[str, Any]:
        call = outcome.call
        return {
            "number": number,
            "request": call.request,
            "surface": call.surface,
            "fate": outcome.fate,
            "why": redacting.word(outcome.why),
            "input": self._input(call),
            "seconds": {"reference": call.seconds, "candidate": outcome.seconds},
        }

    def _input(self, call: Call) -> dict[str, Any]:
        asked = call.surface, call.args, call.named
        shape = self._made(redacting.shape, *asked)
        return {"digest": self._made(redacting.digest, *asked, self.settings.key), "shape": shape}

    def _answer(self, surface: str, seen: Observation) -> dict[str, Any]:
        if seen.failure:
            return {"failure": redacting.failure(seen)}
        digest = self._made(redacting.answer, surface, seen.value, self.settings.key)
        return {"digest": digest, "lengths": redacting.lengths(seen.value)}

    def _content(self, outcome: Outcome) -> dict[str, Any]:
        call, place = outcome.call, outcome.difference or Difference("")
        make = redacting.written
        values = {"reference": place.reference, "candidate": place.candidate}
        return {
            "args": self._made(make, list(call.args)),
            "named": self._made(make, call.named),
            "reference": self._made(_seen, outcome.reference),
            "candidate": self._made(_seen, outcome.candidate),
            "values": {side: self._made(make, value) for side, value in values.items()},
        }

    def _made(self, make: Callable[..., Any], *args: Any) -> Any:
        """Return what is made of a value; None, and one more that is not plain, where none can."""
        try:
            return make(*args)
        except Exception:  # noqa: BLE001 (a caller's own object may raise anything)
            self._unplain += 1
            return None

    def _counted(self, snapshot: Mapping[str, Any]) -> dict[str, Any]:
        return {"counts": redacting.counts(snapshot), "log": self.state()}

    def _ended(
        self, snapshot: Mapping[str, Any], closed: str, missing: Mapping[str, int]
    ) -> dict[str, Any]:
        lacks = {**missing, "unwritten": self._failed, "capped": self._capped}
        whole = not any(number for name, number in lacks.items() if name != "capped")
        return {"closed": closed, "whole": whole, "missing": lacks, **self._counted(snapshot)}


def _seen(seen: Observation) -> Any:
    """Return an answer as it stands in a line, or the failure with what it says."""
    if seen.failure:
        return {"failure": seen.failure.kind, "message": seen.failure.message}
    return redacting.written(seen.value)


def _essence(side: Any) -> Any:
    try:
        return redacting.plain(Fingerprint(**side).essence())
    except TypeError:
        return redacting.plain(side)


def _said(settings: Settings) -> dict[str, Any]:
    """Return the settings without the key, and without a path of this machine."""
    named = settings._asdict()
    keyed, ramp = bool(named.pop("key")), named.pop("ramp")
    del named["report"]
    return {**named, "rates": dict(settings.rates), "ramp": ramp and list(ramp), "keyed": keyed}
