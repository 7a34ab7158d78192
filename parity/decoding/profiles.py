"""What decides: a profile says which classes of findings a run may have, and what they prove.

    exact        0 where all ids, texts and chunks are the same, shifts are within the budget where
                 both sides give log-probabilities, and the certified prefixes cover 95 % of steps
    exact64      the same, in float64
    bounded      0 unless something is not noise of the reference itself; advisory
    determinism  0 where one engine repeats itself

Exact means exact up to the first step whose margin is within the budget: the certified prefix. A
TIE or a NEAR_TIE is never in it (`judging`), so it is no divergence; but all steps behind the end
of a prefix are uncertified, and where prefixes cover less than 95 % of all steps the run is
inconclusive. One that were in a certified prefix all the same is a divergence.

    1  a class of other ids, texts or ends that no profile lets pass; in exact UNEXPLAINED, too
    3  no divergence, but something is not proved: a side failed or is absent on a prompt, a budget
       is missing or zero, prefixes cover too little, ids were not given, or it is the wrong dtype
    5  no prompt
    0  else

A tolerance is the budget and nothing else; it makes no pass of LOCAL or SYSTEMIC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from parity.decoding.budgets import FACTOR, Budget
from parity.decoding.chances import at_most, interval
from parity.decoding.findings import CLASSES, LEVELS, Finding
from parity.decoding.judging import NOISE
from parity.errors import Inconclusive, NothingSelected, UsageError

EXACT, DIVERGED = 0, 1
"""Exit codes; the others are those of `errors`."""
UNPROVED: Final = frozenset({"FAILED", "ABSENT"})
"""Classes that are neither a divergence nor a pass."""
CERTIFIED: Final = 0.95
"""Share of steps that certified prefixes must cover in an exact profile."""


class Profile(NamedTuple):
    """A way to decide.

    word: what a run is called that passes. summary: what it is for, in a line.
    dtypes: in which both sides must compute; () for any.
    factor: of its budget, see `budgets`; 0 where it needs none.
    certified: share of steps that certified prefixes must cover; 0 where none is asked for.
    passes: classes that are no divergence. unproved: those that are neither.
    """

    name: str
    word: str
    summary: str
    dtypes: tuple[str, ...] = ()
    factor: float = FACTOR
    certified: float = 0.0
    passes: frozenset[str] = frozenset({"SAME"}) | NOISE
    unproved: frozenset[str] = UNPROVED


PROFILES: Final[Mapping[str, Profile]] = {
    one.name: one
    for one in (
        Profile(
            "exact", "EXACT", "float32 compute, weights as they are: a gate",
            ("float32", "float64"), certified=CERTIFIED,
        ),
        Profile(
            "exact64", "EXACT", "float64, for tiny models: a gate", ("float64",),
            certified=CERTIFIED,
        ),
        Profile(
            "bounded", "BOUNDED", "bfloat16, float16, quantised: against its own noise, advisory",
            factor=2.0, unproved=UNPROVED | {"UNEXPLAINED"},
        ),
        Profile(
            "determinism", "DETERMINISTIC", "one engine and itself",
            factor=0.0, passes=frozenset({"SAME"}),
        ),
    )
}  # fmt: skip
"""The factor of `bounded` is small: noise of bfloat16 times ten is wider than most margins."""


class Verdict(NamedTuple):
    """What a run comes to.

    code: the exit code. word: the profile's, or DIVERGED, INCONCLUSIVE, NOTHING.
    words: why, a sentence each; the first `reasons` of them say why it is no pass.
    counts: findings by class, those that occur, in the order of CLASSES.
    certified: share of steps in certified prefixes; None where no step was compared.
    statement: how many of how many prompts differ, and what that bounds.
    """

    code: int
    word: str
    words: tuple[str, ...]
    counts: Mapping[str, int]
    certified: float | None
    statement: str
    reasons: int = 0


def named(name: str) -> Profile:
    """Return the profile of a name. Raises UsageError."""
    if name not in PROFILES:
        raise UsageError(f"no profile {name!r}; known: {', '.join(PROFILES)}")
    return PROFILES[name]


def conclude(
    profile: str, findings: Sequence[Finding], budget: Budget | None, dtypes: Sequence[str] = ()
) -> Verdict:
    """Return what findings come to by a profile.

    dtypes: in which the sides computed, where that is known. Raises UsageError for no profile.
    """
    by = named(profile)
    if not findings:
        return Verdict(NothingSelected.exit_code, "NOTHING", ("no prompt",), {}, None, "0 prompts")
    tally = Counter(finding.kind for finding in findings)
    counts = {kind: tally[kind] for kind in CLASSES if tally[kind]}
    steps = sum(finding.steps for finding in findings)
    certified = sum(finding.certified for finding in findings) / steps if steps else None
    diverged = list(_diverged(by, findings))
    open_ = list(_unproved(by, findings, budget, certified, dtypes))
    code, word = EXACT, by.word
    if diverged:
        code, word = DIVERGED, "DIVERGED"
    elif open_:
        code, word = Inconclusive.exit_code, "INCONCLUSIVE"
    words = (*diverged, *open_, *_said(by, findings, budget, certified, steps))
    reasons = len(diverged) + len(open_)
    return Verdict(code, word, words, counts, certified, statement(findings), reasons)


def statement(findings: Sequence[Finding]) -> str:
    """Say how many of the prompts that were compared differ, and what that bounds.

    >>> statement([Finding("p", "SAME", {})] * 100)
    '0 of 100 prompts differ; with 95 % confidence fewer than 2.95 % of such prompts do'
    """
    compared = [finding for finding in findings if finding.kind not in UNPROVED]
    differ = sum(finding.kind != "SAME" for finding in compared)
    if not compared:
        return "0 prompts compared"
    start = f"{differ} of {len(compared)} prompts differ; with 95 % confidence"
    if not differ:
        below = 100 * at_most(0, len(compared))
        return f"{start} fewer than {below:.3g} % of such prompts do"
    low, high = interval(differ, len(compared))
    return f"{start} {100 * low:.3g} to {100 * high:.3g} % of such prompts do"


def _diverged(profile: Profile, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield what no profile lets pass: a sentence for each class that occurs."""
    for kind in CLASSES:
        if kind in profile.passes or kind in profile.unproved:
            continue
        if found := [finding for finding in findings if finding.kind == kind]:
            yield f"{kind} in {_where(found)}"
    early = [one for one in findings if one.kind in NOISE and (one.step or 0) < one.certified]
    if early:
        yield f"other ids in the certified prefix of {_where(early)}"


def _unproved(
    profile: Profile, findings: Sequence[Finding], budget: Budget | None,
    certified: float | None, dtypes: Sequence[str],
) -> Iterator[str]:  # fmt: skip
    """Yield what keeps a run without divergence from proving anything."""
    for kind in CLASSES:
        found = [finding for finding in findings if finding.kind == kind]
        if kind in profile.unproved and found:
            yield f"{kind} in {_where(found)}"
    if certified is None:
        yield "no step was compared"
    textual = [one for one in findings if one.kind == "SAME" and _outcome(one, "ids") == "absent"]
    if textual and profile.certified:
        yield f"ids were not given in {_where(textual)}"
    if profile.factor and budget is None:
        yield "there is no budget: measure one on the reference itself"
    if profile.factor and budget is not None and budget.nats <= 0:
        yield "the budget is zero: its controls were bit-identical, so nothing was measured"
    known = {*dtypes, *([budget.key.dtype] if budget else [])}
    if wrong := sorted(known - set(profile.dtypes)) if profile.dtypes else []:
        yield f"{profile.name} is for {' or '.join(profile.dtypes)}, not {', '.join(wrong)}"
    if certified is not None and certified < profile.certified:
        yield (
            f"certified prefixes cover {certified:.1%} of the steps, {profile.certified:.0%} are "
            "wanted: the margins of this model are within the budget too often"
        )


def _said(
    profile: Profile, findings: Sequence[Finding], budget: Budget | None,
    certified: float | None, steps: int,
) -> Iterator[str]:  # fmt: skip
    """Yield what is to be known of any verdict: what passed as noise, the budget, the levels."""
    noisy = [one for one in findings if one.kind in NOISE]
    if noisy and profile.passes >= NOISE:
        yield f"other ids that numerics explain in {_where(noisy)}"
    if budget is not None:
        yield f"budget {budget}, on {budget.key.device} in {budget.key.dtype}"
    if certified is not None and budget is not None:
        yield f"certified prefixes cover {certified:.1%} of {steps:,} steps"
    for level in LEVELS:
        missing = [one for one in findings if _outcome(one, level) == "absent"]
        if missing:
            why = next(filter(None, (one.levels[level].note for one in missing)), "")
            yield f"{level}: not compared in {len(missing)} of {len(findings)} prompts: {why}"


def _outcome(finding: Finding, level: str) -> str:
    return finding.levels[level].outcome if level in finding.levels else ""


def _where(found: Sequence[Finding]) -> str:
    """Name the first of some findings, and count all."""
    first = found[0]
    step = "" if first.step is None else f" at step {first.step}"
    note = f": {first.note}" if first.note else ""
    many = f"{len(found)} prompts, first " if len(found) > 1 else ""
    return f"{many}{first.prompt}{step}{note}"
