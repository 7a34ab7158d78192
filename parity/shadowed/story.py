"""What the lines of one run come to: kept within bounds, and looked at for what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from parity.shadow.log import SCHEMA
from parity.shadowed.adding_up import Line, bad, falls, uneven

KEPT: Final = 64 << 20
"""Bytes of lines that one reading holds."""
SAID: Final = 20
"""Problems of a run that are said one by one."""
LISTED: Final = ("heartbeat", "divergence", "lost")
NUMBERED: Final = ("divergence", "lost")
NAMES: Final = {"divergence": "divergences", "lost": "lost calls", "heartbeat": "heartbeats"}


class Kept:
    """What a reading may hold still."""

    def __init__(self, bytes: int) -> None:
        self.left = bytes

    def takes(self, size: int) -> bool:
        """Say whether a line of so many bytes can be held, and hold it."""
        if size > self.left:
            return False
        self.left -= size
        return True


class Numbers:
    """The numbers of one sort of lines, as they come."""

    def __init__(self) -> None:
        self.first = self.last = self.count = 0
        self.gaps = 0
        self.disordered = False

    def add(self, number: int) -> None:
        """Take in the number of the next line."""
        if not self.count:
            self.first = number
        elif number <= self.last:
            self.disordered = True
        else:
            self.gaps += number - self.last - 1
        self.count += 1
        self.last = max(self.last, number)


class Story:
    """One run, line by line."""

    def __init__(self, id: str, kept: Kept) -> None:
        self.id, self._budget = id, kept
        self.header: Line = {}
        self.footer: Line | None = None
        self.kept: dict[str, list[Line]] = {what: [] for what in LISTED}
        self.left_out = dict.fromkeys(LISTED, 0)
        self.numbers = {what: Numbers() for what in NUMBERED}
        self.files: list[Path] = []
        self.problems: list[str] = []
        self.more = 0
        self.notes: list[str] = []
        self.lines = 0
        self._before_footer = 0
        self._last: Line = {}
        self._foreign = False
        self._late = False

    def problem(self, why: str) -> None:
        """Note what is wrong; what is wrong over and over is said so often only."""
        if why in self.problems:
            return
        if len(self.problems) < SAID:
            self.problems.append(why)
        else:
            self.more += 1

    def add(self, path: Path, line: Line, size: int) -> None:
        """Take in a line."""
        if path not in self.files:
            self.files.append(path)
        where, what = line["where"], line["what"]
        if self.footer is not None:
            again = "a second footer" if what == "footer" else f"a line ({what}) after its footer"
            self.problem(f"{where}: {again}")
            return
        if what == "header":
            self._head(line)
            return
        self.lines += 1
        if not self.header and not self._late:
            self._late = True
            self.problem(f"{where}: it begins without a header")
        if self._foreign:
            return
        why = bad(line)
        if why:
            self.problem(f"{where}: {why}")
        else:
            self._take(line, size)

    def ended(self) -> tuple[Any, ...]:
        """Return the fields of a `reading.Run`."""
        if not self._foreign:
            self._judge()
        if self.more:
            self.problems.append(f"and {self.more} more problems")
        for what, number in self.left_out.items():
            if number:
                self.notes.append(f"{number} {NAMES[what]} more are in the log than are held here")
        kept = (self.kept[what] for what in LISTED)
        return self.id, self.header, *kept, self.footer, self.files, self.problems, self.notes

    def _head(self, line: Line) -> None:
        where = line["where"]
        if not self.header:
            self.header = line
            schema = line.get("schema")
            if type(schema) is int and schema != SCHEMA:
                self._foreign = True
                whose = "of a newer tokparity" if schema > SCHEMA else "which there never was"
                self.problem(f"{where}: schema {schema}, {whose}; {SCHEMA} is read")
                return
            why = bad(line)
            if why:
                self.problem(f"{where}: {why}")
        elif line.get("again") is not True:
            self.problem(f"{where}: a second header")
        elif any(line.get(key) != self.header.get(key) for key in ("digests", "settings", "pid")):
            self.problem(f"{where}: its header is another one than before")

    def _take(self, line: Line, size: int) -> None:
        what = line["what"]
        if what in self.numbers:
            self.numbers[what].add(line["number"])
        else:
            for why in (*uneven(line["counts"]), *falls(self._last, line["counts"])):
                self.problem(f"{line['where']}: {why}")
            self._last = line["counts"]
        if what == "footer":
            self.footer, self._before_footer = line, self.lines - 1
        elif self._budget.takes(size):
            self.kept[what].append(line)
        else:
            self.left_out[what] += 1

    def _judge(self) -> None:
        """Look at the whole of it."""
        if not self.header:
            self.problem("it has no header")
        away = {what: self._numbered(what) for what in NUMBERED}
        if self.footer is None:
            self.problem("it has no footer: it still runs, or was killed")
            return
        counts, log = self.footer["counts"], self.footer["log"]
        lacks = {name: n for name, n in self.footer["missing"].items() if n and name != "capped"}
        if not self.footer["whole"] or lacks:
            said = ", ".join(f"{name} {n}" for name, n in lacks.items()) or "it does not say what"
            self.problem(f"its footer says that it is not whole: {said}")
        self._weigh("divergence", counts["diverged"], away["divergence"], log)
        self._weigh("lost", counts["timeout"] + counts["error"], away["lost"], log)
        if not self.header.get("again"):
            self._count_lines(log)

    def _numbered(self, what: str) -> int:
        """Look at the numbers of a sort of lines; return how many were rotated away."""
        found, name = self.numbers[what], NAMES[what]
        if found.disordered:
            self.problem(f"its {name} are not in order, or one comes twice")
        if found.gaps:
            self.problem(f"of its {name} the lines of {found.gaps} are missing in between")
        before = found.first - 1 if found.count else 0
        if before and self.header.get("again"):
            self.notes.append(f"the lines of its first {before} {name} were rotated away")
            return before
        if before:
            self.problem(f"its {name} begin with number {found.first}")
        return 0

    def _weigh(self, what: str, counted: int, away: int, log: Line) -> None:
        """Compare a count with the lines that tell of it."""
        found, name = self.numbers[what], NAMES[what]
        if found.count > counted:
            self.problem(f"{found.count} lines tell of {name}, and it counted {counted}")
        settings = self.header.get("settings")
        limit = settings.get("max_diffs") if isinstance(settings, dict) else None
        if type(limit) is int and found.last > limit:
            self.problem(f"{name} have numbers up to {found.last}, and its cap is {limit}")
        unseen = counted - found.count - away - log["capped"]
        if what == "lost" or unseen <= 0:
            return  # some errors, such as of a copy, have no line of their own
        if self.header.get("again") and not found.count:
            self.notes.append(f"the lines of {unseen} {name} were rotated away")
            return
        self.problem(
            f"it counted {counted} {name}: {found.count} are here, {away} were rotated away, "
            f"{log['capped']} lines are beyond its cap, and {unseen} are missing"
        )

    def _count_lines(self, log: Line) -> None:
        """Compare how many lines there are with how many it says that it wrote."""
        wrote, found = log["lines"], self._before_footer
        if not wrote <= found <= wrote + log["failed"]:
            self.problem(f"it wrote {wrote} lines before its footer, and {found} are here")
