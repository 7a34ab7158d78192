"""The shortest prompt on which two engines still part in the same way, and the fewest new ids.

First the prompt: parts of it are left out, halves before single ids (`reducing`), with as many new
ids as it was asked for, because a shorter prompt may part later. Then the new ids: as many as it
takes to the step where they part. A smaller one is kept where what is found is of the same class.
That is not always the same fault, so what is found of the smallest is handed over, too.

Nothing is drawn and no clock is read. What is counted is calls of engines, which is what it costs;
where they run out, what is left is shorter, and not proven shortest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from parity import reducing
from parity.decoding.engine import Engine
from parity.decoding.findings import Finding
from parity.decoding.gathering import Schedule, gather
from parity.decoding.records import TOP, Outcome, Prompt
from parity.reducing import Tries

CALLS: Final = 400
"""Calls of engines, at most: two for each prompt that is tried."""
SIDES: Final = 2
NOT_TO_BE_SHRUNK: Final = frozenset({"SAME", "ABSENT"})
Ask = Callable[[Prompt], Finding]
"""What two engines make of a prompt, judged."""
Decide = Callable[[Prompt, Outcome, Outcome], Finding]


class Shrunk(NamedTuple):
    """What is left of a prompt.

    prompt: with the fewest new ids. finding: what is found of it. calls: of engines.
    proven: nothing can be left out of it; false where the calls ran out.
    """

    prompt: Prompt
    finding: Finding
    calls: int
    proven: bool


def between(reference: Engine, candidate: Engine, decide: Decide, top: int = TOP) -> Ask:
    """Return what asks two loaded engines for one prompt alone, and judges what came."""

    def ask(prompt: Prompt) -> Finding:
        sides: list[Outcome] = []
        for engine in (reference, candidate):
            gather(engine, [prompt], Schedule(), sides.append, top)
        return decide(prompt, *sides)

    return ask


def of_ids(prompt: Prompt, outcome: Outcome) -> Prompt:
    """Return a prompt with the ids that a side made of it, for what is no fault of a tokenizer."""
    if outcome.prompt_ids is None:
        return prompt
    return prompt._replace(kind="ids", payload=outcome.prompt_ids)


def shrunk(prompt: Prompt, ask: Ask, calls: int = CALLS) -> Shrunk | None:
    """Return the shortest prompt that is still found to be of the class that this one is of.

    A text or ids get shorter; messages stay as they are. None where nothing parts, or where it does
    not when this prompt is asked alone: what parts only beside others is not found here.
    """
    asked = _Asked(prompt, ask, calls)
    if asked.kind in NOT_TO_BE_SHRUNK:
        return None
    tries = Tries(most=calls, plain=False)
    payload: Any = prompt.payload
    if prompt.kind == "ids":
        payload = reducing.sequence(tuple(payload), asked.still, tries)
    elif prompt.kind == "text":
        payload = reducing.text(payload, asked.still, tries)
    fewest = _fewest(asked, payload)
    left = prompt._replace(payload=payload, max_tokens=fewest)
    return Shrunk(left, asked.found(payload, fewest), asked.calls, not asked.wanting)


class _Asked:
    """A prompt, the class that is looked for, and what was found of what was tried before."""

    def __init__(self, prompt: Prompt, ask: Ask, most: int) -> None:
        self.prompt, self.ask, self.most = prompt, ask, most
        self.seen: dict[tuple[str, int], Finding] = {}
        self.calls, self.wanting = SIDES, False
        first = ask(prompt)
        self.seen[repr(prompt.payload), prompt.max_tokens] = first
        self.kind = first.kind

    def found(self, payload: Any, max_tokens: int) -> Finding:
        """Return what is known of a payload that was tried."""
        return self.seen[repr(payload), max_tokens]

    def still(self, payload: Any, max_tokens: int = 0) -> bool:
        """Ask for a payload, unless it was asked before; nothing left is not still so."""
        fewer = max_tokens or self.prompt.max_tokens
        key = repr(payload), fewer
        if key not in self.seen:
            if self.calls + SIDES > self.most:
                self.wanting = True
            if self.wanting or not payload:
                return False
            self.calls += SIDES
            self.seen[key] = self.ask(self.prompt._replace(payload=payload, max_tokens=fewer))
        return self.seen[key].kind == self.kind


def _fewest(asked: _Asked, payload: Any) -> int:
    """Return the fewest new ids of a payload that is found to be of the class with all of them."""
    most = asked.prompt.max_tokens
    step = asked.found(payload, most).step
    doubled = [1 << power for power in range(most.bit_length())]
    few = doubled if step is None else [step + 1]
    fewest = next((less for less in few if less < most and asked.still(payload, less)), most)
    while fewest > 1 and step is None and asked.still(payload, fewest - 1):
        fewest -= 1
    return fewest
