"""Canaries: before a run is believed, every known fault is shown to be caught by the same loop.

Each fault of `mock` runs against the honest toy tokenizer on the cases below, under the one check
or law that must see it; and the honest tokenizer runs against itself, where nothing may be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from parity.backend import Backend
from parity.backends._faults import ELSEWHERE, FAULTS
from parity.backends.mock import BOS, Honest
from parity.checks import CHECKS, LAWS
from parity.compare import Verdict
from parity.jobs import Job, jobs_for
from parity.looks import Look
from parity.run import Observer, live, run
from parity.types import Case, Observation

CASES: Final = (
    Case("canary/plain", "text", "canary"),
    Case("canary/wide", "text", "金絲雀 \U0001f424"),
    Case("canary/space", "text", " a \r\n"),
    Case("canary/special", "text", "x<s>y"),
    Case("canary/special-plain", "text", "x<s>y", {"specials": "plain"}),
    Case("canary/template", "text", "x", {"specials": "template"}),
    Case("canary/long", "text", "abcdefgh" * 8),
    Case("canary/surrogate", "text", "a\ud83d"),
    Case("canary/half", "ids", (0xE4, 0xBD)),
    Case("canary/specials", "ids", (BOS, 0x62, 0x61, 0x20)),
    Case("canary/stream", "stream", {"requests": [{"prompt": ["p"], "pieces": ["ab", " c"]}]}),
    Case("canary/stop", "stop", {"pieces": ["a", "xST", "OP", "z"], "stops": ["STOP"]}),
    Case("canary/chat", "messages", [{"role": "user", "content": "x"}]),
    Case("canary/chat-special", "messages", [{"role": "user", "content": "<s>'"}]),
    Case("canary/snippet", "template", {"source": "{{ x }}'", "variables": {"x": 1}}),
    Case(
        "canary/train",
        "train",
        {"texts": ["ba", "abaaa", "x y", "z w"], "size": 260, "held_out": ["abaa"]},
    ),
    Case("canary/train-all", "train", {"texts": ["abc"], "size": 300, "held_out": ["abc"]}),
)
CAUGHT: Final = frozenset({Verdict.DIVERGED, Verdict.NONDETERMINISTIC})


OTHERS: Final = frozenset(fault.caught_by for fault in ELSEWHERE.values())
"""Laws about other processes: each would cost the start of some."""
SMALL: Final = {"threads": 3, "calls": 8, "words": 600}
"""Amounts of the views of laws, where a fault shows on less."""


class Canaries(NamedTuple):
    """How many faults were planted, and the names of those that nothing caught.

    A fault that is seen in the honest tokenizer is among the survivors, too.
    """

    planted: int
    survived: tuple[str, ...]

    def also(self, again: Canaries) -> Canaries:
        """Return what two releases came to: whoever survived one of them has survived."""
        return Canaries(self.planted, tuple(dict.fromkeys(self.survived + again.survived)))

    def __str__(self) -> str:
        return f"{self.planted - len(self.survived)}/{self.planted} canaries caught"


def release() -> Canaries:
    """Plant every fault and return which were caught. Takes a few milliseconds."""
    inner = Honest()
    honest = _once(live(inner))
    survived = [
        name for name, fault in FAULTS.items() if not _caught(fault(inner), fault.caught_by, honest)
    ]
    if any(_caught(inner, name, honest) for name in (*CHECKS, *LAWS) if name not in OTHERS):
        survived.append("honest: a fault is seen where there is none")
    return Canaries(len(FAULTS), tuple(survived))


def _once(observer: Observer) -> Observer:
    """Return an observer that looks once: the reference is the same beside every fault."""
    known: dict[tuple[Look, tuple[Any, ...]], Sequence[Observation]] = {}

    def remembering(name: str, look: Look, cases: Sequence[Case]) -> Sequence[Observation]:
        key = look, tuple((case.id, str(case.options), str(case.payload)) for case in cases)
        if key not in known:
            known[key] = observer(name, look, cases)
        return known[key]

    return remembering


def _caught(candidate: Backend, check: str, honest: Observer) -> bool:
    sides: dict[str, Observer] = {"reference": honest, "candidate": live(candidate)}
    jobs = [_smaller(job) for job in jobs_for([check], ["candidate"])]
    return any(
        found.verdict in CAUGHT
        for _, _, differing in run(_cases(check), jobs, sides)
        for found in differing
    )


def _smaller(job: Job) -> Job:
    views = (
        (name, tuple((key, SMALL.get(key, value)) for key, value in options))
        for name, options in job.view.views
    )
    return job._replace(view=job.view._replace(views=tuple(views)))


def _cases(check: str) -> Sequence[Case]:
    """Return the cases for a check; one about streams has no need of every text as a stream."""
    if (CHECKS.get(check) or LAWS[check]).grounded != "script":
        return CASES
    return [case for case in CASES if case.kind in ("stream", "ids")]
