"""Findings that a replay can confirm, confirmed: each side scores what the other one said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from parity.backend import Breach
from parity.decoded.halting import Halt
from parity.decoded.sides import Side, opened
from parity.decoding import replay
from parity.decoding.apart import Apart
from parity.decoding.budgets import Budget
from parity.decoding.findings import Finding
from parity.decoding.records import Outcome, Step
from parity.errors import ParityError


class Scorer:
    """A side's engine, started when it is first asked to score, in a process of its own."""

    def __init__(self, side: Side, top: int, halt: Halt) -> None:
        self.side, self.top, self.halt = side, top, halt
        self.stack = ExitStack()
        self.engine: Apart | None = None
        self.able = side.capabilities.scores and side.capabilities.ids_in

    def score(self, own: Outcome, other: Outcome) -> Sequence[Step] | None:
        """Return the steps of the other side's ids after one's own prompt; None where it cannot."""
        made = other.generation
        if not self.able or made is None or not made.ids or not own.prompt_ids:
            return None
        try:
            if self.engine is None:
                self.engine = self.stack.enter_context(opened(self.side.spec, self.halt))
            return self.engine.score(own.prompt_ids, made.ids, self.top)
        except KeyboardInterrupt:
            raise
        except (ParityError, Breach):
            self.able = False
        except Exception:  # noqa: BLE001 (what an engine does is seen: this prompt has no score)
            return None
        return None


@contextmanager
def scorers(
    reference: Side, candidate: Side, top: int, halt: Halt
) -> Iterator[tuple[Scorer, Scorer]]:
    """Yield both sides' scorers, and end what was started."""
    one, other = Scorer(reference, top, halt), Scorer(candidate, top, halt)
    with one.stack, other.stack:
        yield one, other


def confirm(
    findings: Sequence[Finding], reference: Side, candidate: Side, budget: Budget | None,
    top: int, halt: Halt,
) -> list[Finding]:  # fmt: skip
    """Return findings; those that a replay has something to say of, with what it says."""
    if not any(map(replay.wanted, findings)):
        return list(findings)
    confirmed = []
    with scorers(reference, candidate, top, halt) as (ours, theirs):
        for finding in findings:
            if replay.wanted(finding):
                said, other = reference.outcomes[finding.prompt], candidate.outcomes[finding.prompt]
                scored = ours.score(said, other), theirs.score(other, said)
                finding = replay.confirm(finding, said, other, scored, budget)  # noqa: PLW2901
            confirmed.append(finding)
    return confirmed
