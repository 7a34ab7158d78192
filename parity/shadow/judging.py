"""Ask the candidate what the reference was asked, and compare: one call, one outcome."""

from __future__ import annotations

import marshal
import time
from collections.abc import Callable, Mapping
from typing import Any

from parity.backend import Breach
from parity.compare import Difference, first_difference
from parity.seeing import failed, observe
from parity.shadow.records import DIVERGED, SAME, SKIPPED, Call, Outcome
from parity.shadow.surfaces import copied
from parity.types import Failure, Observation

Plain = Callable[[Any], Mapping[str, Any]]
Ask = Callable[[str, tuple[Any, ...], Mapping[str, Any]], Any]
"""(surface, args, named) -> what the candidate gives, or it raises."""


class ChangedInput(Breach):
    """The candidate changed what it was given."""


def judged(call: Call, ask: Ask, plain: Plain) -> Outcome:
    """Return what becomes of a call when the candidate is asked it, here and now.

    Never raises for what the candidate does, but KeyboardInterrupt.
    """
    begun = time.perf_counter()
    seen = observe(_asked, call, ask)
    took = time.perf_counter() - begun
    return told(call, made_plain(seen, plain), plain)._replace(seconds=took)


def told(call: Call, candidate: Observation, plain: Plain) -> Outcome:
    """Return the outcome of a call whose candidate's answer is known, as plain data.

    Aspects that only one side has are not compared; where there is none that both have, the call
    is skipped.
    """
    reference = made_plain(call.seen, plain)
    if reference.failure and reference.failure.kind == "Unsupported":
        return Outcome(call, SKIPPED, "Unsupported")
    refused = candidate.failure and candidate.failure.kind == "Unsupported"
    if refused and not (candidate.failure and candidate.failure.fault):
        return Outcome(call, SKIPPED, "CandidateUnsupported")
    left, right = reference.failure, candidate.failure
    if left or right:
        agree = left and right and left.kind == right.kind and not (left.fault or right.fault)
        if agree:
            return Outcome(call, SAME, _kind(left))
        difference = Difference("outcome", (), _kind(left), _kind(right))
        return Outcome(call, DIVERGED, f"outcome.{_kind(right)}", difference, reference, candidate)
    return _parted(call, reference, candidate)


def made_plain(seen: Observation, plain: Plain) -> Observation:
    """Return an answer as plain data, or the failure that it is.

    What cannot be made plain, whatever that raises, is a fault: two such answers do not agree.
    """
    if seen.failure:
        return seen
    found = observe(plain, seen.value)
    return Observation(failure=found.failure._replace(fault=True)) if found.failure else found


def _parted(call: Call, reference: Observation, candidate: Observation) -> Outcome:
    shared = [
        name
        for name, value in reference.value.items()
        if value is not None and candidate.value.get(name) is not None
    ]
    if not shared:
        return Outcome(call, SKIPPED, "NothingShared")
    for name in shared:
        found = first_difference(reference.value[name], candidate.value[name])
        if found is not None:
            placed = found._replace(path=(name, *found.path))
            why = f"{name}.{found.kind}"
            return Outcome(call, DIVERGED, why, placed, reference, candidate)
    return Outcome(call, SAME)


def _asked(call: Call, ask: Ask) -> Any:
    own = _own(call)
    before = _mark(own)
    value = ask(own.surface, own.args, own.named)
    if _mark(own) != before:
        raise ChangedInput("the candidate changed what it was given")
    return value


def _own(call: Call) -> Call:
    """Return the call with arguments of the candidate's own: what it changes is still known."""
    try:
        args, named = copied(call.args, dict(call.named))
    except Exception:  # noqa: BLE001 (what a caller gave may be copied once only)
        return call
    return call._replace(args=args, named=named)


def _mark(call: Call) -> bytes | str:
    """Return what a call's arguments are, types included; "" where they do not tell."""
    given = (call.args, dict(call.named))
    try:
        return marshal.dumps(given, 0)  # a tenth of what repr costs; without marks of identity
    except ValueError:
        pass  # an object that is not built in
    try:
        return repr(given)
    except Exception:  # noqa: BLE001 (what the caller gave, and no fault of the candidate)
        return ""


def _kind(failure: Failure | None) -> str:
    return "value" if failure is None else failure.kind


def lost(call: Call, fate: str, error: BaseException | str) -> Outcome:
    """Return the outcome of a call that was not compared, by a reason or what was raised."""
    why = error if isinstance(error, str) else failed(error).kind
    return Outcome(call, fate, why)
