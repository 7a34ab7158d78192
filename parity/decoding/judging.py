"""The class of what is found of one prompt. The first row that holds decides.

B is the budget; `shift` is a pair shift (`shifts`); k is the first new id that differs; i is the id
that the reference has there and j that of the candidate. The margins of k are lR_i - lR_j and
lC_j - lC_i; the stake is the sum of their sizes: a side whose own logits put its choice lower has
that counted against it. A choice that is beyond B below the best of its own logits is a stake, too.
`ambient` is the greatest shift of the steps before k.

    a side never answered, or has no such thing (Unsupported)                    ABSENT
    a side failed or aborted, both alike, or gives what is no log-probability    FAILED
    other prompt ids, or another number of them reported                         INPUT
    ids unknown:  no text in common                                              ABSENT
                  the same text and ending                                       SAME
                  another text or ending                                         UNEXPLAINED
    same ids:     another reason to end, or number of ids reported               STOP
                  another text, or other chunks                                  DETOK
                  no shift beyond B, or none known                               SAME
                  at most 3 beyond, after more than that within                  LOCAL
                  more beyond, or from the start                                 SYSTEMIC
    one's ids begin with all of the other's                                      STOP
    ids part:     no budget                                                      UNEXPLAINED
                  ambient beyond B                                               SYSTEMIC
                  the stake, or the least that it can be, beyond B               LOCAL
                  the stake unknown, or fewer than half of the steps before seen UNEXPLAINED
                  a margin is 0: what is done with equals decides                TIE
                  else                                                           NEAR_TIE

So a TIE whose steps before it shift is SYSTEMIC, and one whose other margin is beyond B is LOCAL. A
greater budget moves a finding from SYSTEMIC to LOCAL to a pass and never back. TIE and NEAR_TIE are
never before the end of the certified prefix: their margin is within B.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from parity.decoding import shifts
from parity.decoding.budgets import Budget
from parity.decoding.findings import LEVELS, Finding, Level
from parity.decoding.levels import SIDES, compare, endings, failing
from parity.decoding.records import Generation, Outcome, Prompt, Step

NOISE: Final = frozenset({"TIE", "NEAR_TIE"})
"""Classes of other ids that numerics explain. All others but SAME are never a pass."""
FEW: Final = 3
"""Steps beyond a budget that are still called local."""


class Stake(NamedTuple):
    """What decides between two ids at the step at which they part.

    margins: of reference and candidate, in nats; None where a side does not show both ids.
    shift: the sum of their sizes; None where one is unknown.
    least: the least that the stake can be.
    """

    margins: tuple[float | None, float | None]
    shift: float | None
    least: float


def judge(
    prompt: Prompt,
    reference: Outcome | None,
    candidate: Outcome | None,
    budget: Budget | None,
    eos: Collection[int] = (),
) -> Finding:
    """Return what is found of one prompt; None is a side that never answered.

    eos: ids that end a completion, as the model says.
    """
    if reference is None or candidate is None:
        name = SIDES[reference is not None]
        nothing = Level("absent", note=f"the {name} never answered")
        return Finding(prompt.id, "ABSENT", dict.fromkeys(LEVELS, nothing), note=nothing.note)
    nats = budget.nats if budget else None
    found = Finding(prompt.id, "", compare(reference, candidate, nats))
    one, other = reference.generation, candidate.generation
    if unanswered := _unanswered(reference, candidate):
        return found._replace(kind=unanswered[0], note=unanswered[1])
    if one is None or other is None:
        return found._replace(kind="ABSENT", note="a side has no generation")
    if why := _other_input(found.levels["prompt_ids"], one, other):
        return found._replace(kind="INPUT", note=why)
    if one.ids is None or other.ids is None:
        return _by_text(found, one, other)
    return _by_ids(_measured(found, one, other, nats), prompt, (one, other), nats, eos)


ENDED: Final = ("Crashed", "TimedOut", "OutOfMemory")
"""Failures of a process, and not of what it was asked."""


def repeated(
    prompt: Prompt,
    first: Outcome | None,
    again: Outcome | None,
    budget: Budget | None = None,
    eos: Collection[int] = (),
) -> Finding:
    """Return what is found of one engine and itself: whatever differs is NONDETERMINISTIC.

    A failure is FAILED where both failed, and differs where one did; but for a process that was
    killed or ran out of something, which says nothing of what the engine would have answered.
    """
    found = judge(prompt, first, again, budget, eos)
    alike = first is not None and again is not None and bool(first.failure) == bool(again.failure)
    ended = any(one and one.failure and one.failure.kind in ENDED for one in (first, again))
    if found.kind in ("SAME", "ABSENT") or (found.kind == "FAILED" and (alike or ended)):
        return found
    return found._replace(kind="NONDETERMINISTIC", note=f"{found.kind}: {found.note}")


def _by_ids(
    found: Finding,
    prompt: Prompt,
    sides: tuple[Generation, Generation],
    nats: float | None,
    eos: Collection[int],
) -> Finding:
    """Judge sides that both give ids."""
    ids = [side.ids or () for side in sides]
    step = shifts.common(*ids)
    if step < min(map(len, ids)):
        return _parted(found._replace(step=step), *sides, nats)
    if len(ids[0]) != len(ids[1]):
        return found._replace(kind="STOP", step=step, note=_ended(prompt, *sides, eos))
    found = _same_ids(found, prompt, *sides, eos)
    if nats is None or found.kind != "SAME" or found.levels["shifts"].outcome != "beyond":
        return found
    return _shifted(found, shifts.between(*sides), nats)


def stake(reference: Step, candidate: Step, chosen: tuple[int, int]) -> Stake:
    """Return what is at stake between the ids that reference and candidate have chosen.

    >>> stake(Step(((1, -0.5), (2, -0.75))), Step(((2, -0.5), (1, -1.0))), (1, 2))
    Stake(margins=(0.25, 0.5), shift=0.75, least=0.75)
    """
    one, other = chosen
    margins = [_margin(reference, one, other), _margin(candidate, other, one)]
    known = [exact for exact, _ in margins]
    sizes = [abs(exact) for exact in known if exact is not None]
    least = sum(least for _, least in margins)
    astray = max(_astray(reference, one), _astray(candidate, other))
    return Stake((known[0], known[1]), sum(sizes) if len(sizes) > 1 else None, max(least, astray))


def _margin(step: Step, chosen: int, other: int) -> tuple[float | None, float]:
    """Return how far the chosen id is above the other, and the least size of that."""
    if not step.top:
        return None, 0.0
    known, last = dict(step.top), step.top[-1][1]
    if chosen in known and other in known:
        exact = known[chosen] - known[other]
        return exact, abs(exact)
    one = known.get(chosen, known.get(other, last))
    return None, one - last


def _astray(step: Step, chosen: int) -> float:
    """Return how far the chosen id is below the best, at least."""
    if not step.top:
        return 0.0
    return step.top[0][1] - dict(step.top).get(chosen, step.top[-1][1])


def _unanswered(reference: Outcome, candidate: Outcome) -> tuple[str, str] | None:
    """Return FAILED or ABSENT and why, for sides that cannot be compared."""
    sides = dict(zip(SIDES, (reference, candidate), strict=True))
    if why := failing(reference, candidate):
        kinds = {side.failure.kind for side in sides.values() if side.failure}
        return ("ABSENT" if kinds == {"Unsupported"} else "FAILED"), why
    for name, side in sides.items():
        if side.generation is None:
            continue
        if side.generation.finish == "abort":
            return "FAILED", f"the {name} was aborted"
        if wrong := shifts.damage(side.generation):
            return "FAILED", f"the {name}: {wrong}"
    return None


def _other_input(prompt_ids: Level, reference: Generation, candidate: Generation) -> str:
    """Say how the prompts that went in differ, or ""."""
    if prompt_ids.outcome == "differs":
        had = f"{prompt_ids.reference} and {prompt_ids.candidate}"
        return f"prompt ids differ from place {prompt_ids.place}: {had}"
    counted = endings(reference, candidate).get("prompt")
    return f"reported prompt ids: {counted[0]} and {counted[1]}" if counted else ""


def _by_text(found: Finding, reference: Generation, candidate: Generation) -> Finding:
    """Judge sides of which one gives no ids."""
    text = found.levels["text"].outcome
    why = found.levels["ids"].note
    if text == "absent":
        return found._replace(kind="ABSENT", note=f"{why}; {found.levels['text'].note}")
    chunks = found.levels["chunks"].outcome == "differs"
    if text == "same" and not chunks and not endings(reference, candidate):
        return found._replace(kind="SAME", note=f"{why}: the text alone was compared")
    return found._replace(kind="UNEXPLAINED", note=f"{why}: only the text shows that they part")


def _measured(
    found: Finding, reference: Generation, candidate: Generation, nats: float | None
) -> Finding:
    """Fill in how many steps there are, how many are certified, and the ambient shift."""
    between = shifts.between(reference, candidate)
    margins = shifts.margins(reference, candidate)
    if reference.ids != candidate.ids:
        between = between[: shifts.common(reference.ids or (), candidate.ids or ())]
    return found._replace(
        ambient=shifts.greatest(between),
        certified=0 if nats is None else shifts.certified(margins, nats),
        steps=len(margins),
    )


def _same_ids(
    found: Finding,
    prompt: Prompt,
    reference: Generation,
    candidate: Generation,
    eos: Collection[int],
) -> Finding:
    """Judge the same ids by how they ended and what their text is."""
    last = _last_is_eos(prompt, reference.ids or (), eos)
    ended = endings(reference, candidate)
    if ended:
        said = "; ".join(f"{name}: {one} and {other}" for name, (one, other) in ended.items())
        return found._replace(kind="STOP", note="; ".join(filter(None, [said, last])))
    parts = [name for name in ("text", "chunks") if found.levels[name].outcome == "differs"]
    if parts:
        return found._replace(kind="DETOK", note=f"the same ids, other {' and '.join(parts)}")
    return found._replace(kind="SAME", note=last)


def _shifted(found: Finding, between: Sequence[shifts.Shift], nats: float) -> Finding:
    """Judge the same ids whose shifts are beyond the budget."""
    beyond = [place for place, one in enumerate(between) if one.beyond(nats)]
    within = sum(one.seen(nats) for one in between[: beyond[0]])
    local = len(beyond) <= FEW and within > len(beyond)
    note = f"the same ids, and {len(beyond)} of {len(between)} steps beyond the budget"
    return found._replace(kind="LOCAL" if local else "SYSTEMIC", note=f"{note}, from {beyond[0]}")


def _parted(
    found: Finding, reference: Generation, candidate: Generation, nats: float | None
) -> Finding:
    """Judge ids that part at a step, by its margins and the shifts before it."""
    step = found.step or 0
    ids = (reference.ids or ())[step], (candidate.ids or ())[step]
    seen = stake(_at(reference, step), _at(candidate, step), ids)
    found = found._replace(margins=seen.margins, shift=seen.shift)
    if nats is None:
        return found._replace(kind="UNEXPLAINED", note="no budget says what is noise")
    before = shifts.between(reference, candidate)[:step]
    kind, note = _explained(found.ambient, seen, nats, enough=_enough(before, step, nats))
    if found.levels["prompt_ids"].outcome == "absent":
        note = f"{note}; {found.levels['prompt_ids'].note}, so the input may be another"
    return found._replace(kind=kind, note=note)


def _at(side: Generation, step: int) -> Step:
    return side.steps[step] if side.steps is not None else Step()


def _enough(before: Sequence[shifts.Shift], step: int, nats: float) -> bool:
    return len(before) == step and shifts.enough(before, nats)


def _explained(ambient: float | None, seen: Stake, nats: float, *, enough: bool) -> tuple[str, str]:
    """Return the class of ids that part, and why; the rows of the module's table."""
    if ambient is not None and ambient > nats:
        return "SYSTEMIC", f"the steps before shift by up to {ambient:.3g} nats"
    if seen.least > nats:
        unknown = "" if enough else ", and too few steps before it are seen to know since when"
        return "LOCAL", f"{seen.least:.3g} nats are at stake, or more{unknown}"
    if seen.shift is None:
        return "UNEXPLAINED", "a side does not show the log-probabilities of both ids"
    if not enough:
        return "UNEXPLAINED", "too few steps before it show log-probabilities on both sides"
    if 0 in seen.margins:
        return "TIE", f"a side has both ids equal; {seen.shift:.3g} nats are at stake"
    return "NEAR_TIE", f"{seen.shift:.3g} nats are at stake"


def _ended(
    prompt: Prompt, reference: Generation, candidate: Generation, eos: Collection[int]
) -> str:
    """Say who ended first, why, and whether EOS has to do with it."""
    ids = dict(zip(SIDES, (reference.ids or (), candidate.ids or ()), strict=True))
    why = dict(zip(SIDES, (reference.finish, candidate.finish), strict=True))
    short, long = sorted(ids, key=lambda name: len(ids[name]))
    ended = len(ids[short])
    reason = why[short] or "it does not say why"
    goes_on = f"the {long} goes on with {ids[long][ended]}"
    told = [f"the {short} ends after {ended} ids ({reason}), {goes_on}"]
    if ids[short] and ids[short][-1] in eos:
        told.append("the last id of both is EOS")
    elif ids[long][ended] in eos:
        told.append("that is EOS")
    if len(ids[long]) > prompt.max_tokens:
        told.append(f"{len(ids[long])} ids are more than the {prompt.max_tokens} asked for")
    return "; ".join(filter(None, [*told, _last_is_eos(prompt, ids[short], eos)]))


def _last_is_eos(prompt: Prompt, ids: Sequence[int], eos: Collection[int]) -> str:
    if ids and len(ids) == prompt.max_tokens and ids[-1] in eos:
        return f"the last id of {prompt.max_tokens} happens to be EOS: both reasons to end are true"
    return ""
