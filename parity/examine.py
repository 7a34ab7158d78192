"""What a divergence comes from, and on how little it shows: its cause, its smallest case.

Both are looked for while the two sides are there. Classifying costs some questions and minimising
some hundred, so of very many divergences the first are examined, in the order in which they are
found; how many were not is counted by whoever asks.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity import causes, jsonl
from parity.analyst import Analyst
from parity.asking import Asked
from parity.backend import Backend
from parity.compare import Comparison, Verdict
from parity.diagnosis import DIAGNOSED, Diagnosis, Sides, alike, diagnose, is_about
from parity.jobs import Job
from parity.minimise import Minimal, minimise, shape
from parity.reducing import TRIES, Tries
from parity.run import Observer, live
from parity.runfile import as_case, as_seen
from parity.types import Case
from parity.workers import told_by

CLASSIFIED: Final = 2_000
"""Divergences that are classified, for each check and side."""
FORMS: Final = 3
"""Divergences of one cause that are minimised, for each check and side."""
UNNAMED: Final = 24
"""The same of those that no cause explains: each may be another."""
COSTLY: Final = {
    **dict.fromkeys(causes.AMONG_OTHERS, 200), "processes_are_serial": 24, "forked_are_serial": 100,
    "after_eviction": 100,
}  # fmt: skip
"""Smaller cases that are tried at most, where each costs thousands of calls, or processes."""
UNEXAMINED: Final = frozenset({Verdict.EXPECTED, Verdict.REPORTED, Verdict.UNEXPECTED})


class Examined(NamedTuple):
    """What is known of a divergence.

    cause: a name of `causes`, or of `diagnosis`; "" where none are asked for, as of streams.
    minimal: None where it was not minimised.
    note: where it lies, in words, where that is known.
    """

    cause: str
    minimal: Minimal | None = None
    note: str = ""


class Examiner:
    """Examines the divergences that jobs find between two sides."""

    def __init__(self, reference: Backend, candidate: Backend, todo: Sequence[Job]) -> None:
        self.jobs = {(job.name, job.judged): job for job in todo}
        self.observers: Mapping[str, Observer] = {
            "reference": live(reference), "candidate": live(candidate),
        }  # fmt: skip
        self.backends = reference, candidate
        self.classified: Counter[tuple[str, str]] = Counter()
        self.minimised: Counter[tuple[str, str, str]] = Counter()
        self._asked: dict[str, Asked] = {}
        self._analyst = Analyst()
        self._alike: dict[tuple[str, str], Diagnosis] = {}
        self._diagnosed: tuple[Comparison, Diagnosis] | None = None

    def examine(
        self, found: Comparison, forms: int = FORMS, most: int | None = None
    ) -> Examined | None:
        """Return what is known of a divergence; None of one that is beyond what is examined.

        One whose class the ledger had to know has that class, whatever is examined.

        forms: of one cause so many are minimised. most: smaller cases that are tried, at most.
        """
        key = found.check, found.judged
        told = Examined(found.cause) if found.cause else None
        if found.verdict in UNEXAMINED or key not in self.jobs:
            return told
        self.classified[key] += 1
        if self.classified[key] > (DIAGNOSED if is_about(found) else CLASSIFIED):
            return told
        if is_about(found):
            self._diagnosis(found, most or TRIES)  # it is remembered, with so many tries
        cause = self.cause(found)
        self.minimised[*key, cause] += 1
        if self.minimised[*key, cause] > (UNNAMED if cause == causes.UNCLASSIFIED else forms):
            return Examined(cause, note=self._note(found))
        return self.whole(found, cause, most or TRIES)

    def whole(self, found: Comparison, cause: str, most: int = TRIES) -> Examined:
        """Return the smallest case of a divergence of a cause, too."""
        if is_about(found):
            told = self._diagnosis(found, most)
            return Examined(told.cause, told.minimal, told.note)
        # every try of what hangs would be waited for, as long as the first one was
        most = min(most, COSTLY.get(found.check, most))
        minimal = None if cause == causes.HANGS else self.minimal(found, cause, most)
        if minimal and found.check in causes.AMONG_OTHERS:
            minimal = minimal._replace(proven=False)  # that it was not seen on less is no proof
        return Examined(cause, minimal, self._note(found))

    def _note(self, found: Comparison) -> str:
        """Return where a divergence lies, or of which of several workers it is."""
        return self._diagnosis(found).note if is_about(found) else told_by(found.candidate)

    def cause(self, found: Comparison) -> str:
        """Return the cause of a divergence, "" where none are asked for."""
        if found.cause:
            return found.cause
        if is_about(found):
            return self._diagnosis(found).cause
        if found.check not in causes.BY_CHECK:
            return ""
        return causes.classify(found, self._asking(found.judged))

    def minimal(self, found: Comparison, cause: str, most: int = TRIES) -> Minimal:
        """Return the smallest case of the same cause.

        Where none is named, of the same shape and no named cause, and what is left is what was
        there: a plainer character could show another fault.
        """
        named = cause not in ("", causes.UNCLASSIFIED)
        same = shape(found)

        def is_the_same(other: Comparison) -> bool:
            return (named or shape(other) == same) and self.cause(other) == cause

        job, asked = self.jobs[found.check, found.judged], self._asking(found.judged)
        words = {token.content for added in asked.added.values() for token in added.values()}
        return minimise(
            job,
            found,
            self.observers,
            is_the_same,
            tries=Tries(most, plain=named),
            words=sorted(words),
        )

    def _diagnosis(self, found: Comparison, most: int = TRIES) -> Diagnosis:
        """Return what is known of a divergence of prompts; the last one is remembered."""
        if self._diagnosed is None or self._diagnosed[0] is not found:
            job = self.jobs[found.check, found.judged]
            sides, key = Sides(*self.backends, self._analyst), (found.check, alike(found))
            told = self._alike.get(key) if key[1] else None
            told = told or diagnose(job, found, self.observers, sides, most)
            self._diagnosed = found, told
            self._alike[key] = told._replace(minimal=None)
        return self._diagnosed[1]

    def _asking(self, judged: str) -> Asked:
        if judged not in self._asked:
            reference, candidate = self.backends
            one = candidate if judged == "candidate" else reference
            self._asked[judged] = Asked(one, reference if judged == "reference" else candidate)
        return self._asked[judged]


def as_data(found: Comparison, examined: Examined | None) -> dict[str, Any]:
    """Return what is known of a divergence as a run file writes it."""
    if examined is None:
        return {}
    minimal, least = examined.minimal, examined.minimal.found if examined.minimal else None
    row = (
        minimal
        and least
        and {
            "case": as_case(least.case),
            "batch": [as_case(case) for case in minimal.batch],
            "reference": as_seen(found.check, least.reference),
            "candidate": as_seen(found.check, least.candidate),
            "tries": minimal.tries,
            "proven": minimal.proven,
        }
    )
    return {"cause": examined.cause, "where": examined.note or None, "minimal": row}


def identity(check: str, cause: str, minimal: Case, sides: Sequence[str]) -> str:
    """Return a name for a kind of divergence, the same on every run that finds it.

    >>> identity("ids", "case", Case("t/x-00000000", "text", "A"), ["hf:a", "hf:b"])
    'F-7a406b8a'
    """
    case = as_case(minimal)
    content = [check, cause, case["kind"], case["payload"], case["options"], list(sides)]
    return f"F-{hashlib.sha256(jsonl.dump(content).encode()).hexdigest()[:8]}"
