"""All prompts through one engine, batch by batch; each outcome is handed on as soon as it is there.

A batch that ends with its process (killed, out of memory, out of time) fails each of its prompts by
name, and the others go on in a new process. Nothing is asked again in the hope of another answer.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, get_args

from parity.backend import Breach
from parity.decoding.engine import Engine
from parity.decoding.records import TOP, Finish, Generation, Outcome, Prompt, Request, Step
from parity.errors import BadSpec, Unsupported
from parity.seeing import failed
from parity.types import Failure

TOO_LARGE: Final = 1 << 31
"""The first number that is no id: engines have them in 32 bits, with a sign."""
ORDER: Final = re.compile(r"given|reversed|shuffled-(\d{1,9})")
Keep = Callable[[Outcome], None]


class SilentlyEmpty(Breach):
    """No id and no text came out, and no reason was given: two sides of nothing do not agree."""


class NoGeneration(Breach):
    """An engine gave what is no Generation."""


class Miscounted(Breach):
    """An engine gave another number of answers than it was asked, or of steps than of ids."""


class Schedule(NamedTuple):
    """How prompts are given to an engine: so many at once, in an order, twice or once."""

    batch: int = 1
    order: str = "given"
    twice: bool = False


def schedule(asked: Mapping[str, str], text: str) -> Schedule:
    """Return the schedule of a spec's options. Raises BadSpec."""
    batch, order, twice = (asked.get(name, "") for name in ("batch", "order", "twice"))
    if batch and not re.fullmatch(r"[1-9]\d{0,4}", batch):
        raise BadSpec(f"{text!r}: batch is a number of prompts, not {batch!r}")
    if order and not ORDER.fullmatch(order):
        raise BadSpec(f"{text!r}: order is given, reversed or shuffled-SEED, not {order!r}")
    if twice not in ("", "yes", "no"):
        raise BadSpec(f"{text!r}: twice is yes or no, not {twice!r}")
    return Schedule(int(batch or 1), order or "given", twice == "yes")


def gather(
    engine: Engine,
    prompts: Sequence[Prompt],
    plan: Schedule,
    keep: Keep,
    top: int = TOP,
    *,
    done: Collection[str] = (),
) -> None:
    """Ask an engine for all prompts and hand on what comes of each, as soon as it is known.

    done: ids of prompts that were asked before. A batch is left out where all of it is done, and
    else asked whole: the same prompts stand together as if nobody had stopped.
    """
    for batch in batches(prompts, plan):
        if all(prompt.id in done for prompt in batch):
            continue
        begun = time.monotonic()
        known = {prompt.id: _encoded(engine, prompt) for prompt in batch}
        wanted = [found for found in known.values() if isinstance(found, Request)]
        made = _made(engine, wanted, top, twice=plan.twice) if wanted else {}
        seconds = (time.monotonic() - begun) / len(batch)
        for prompt in batch:
            asked = known[prompt.id]
            if isinstance(asked, Failure):
                keep(Outcome(prompt.id, None, None, asked, seconds))
                continue
            found = made[prompt.id]
            failure = found if isinstance(found, Failure) else None
            generation = None if isinstance(found, Failure) else found
            keep(Outcome(prompt.id, asked.ids, generation, failure, seconds))


def batches(prompts: Sequence[Prompt], plan: Schedule) -> Iterator[Sequence[Prompt]]:
    """Yield the prompts as an engine gets them: in the schedule's order, so many at once."""
    ordered = list(prompts)
    if plan.order == "reversed":
        ordered.reverse()
    elif plan.order != "given":
        random.Random(int(plan.order.partition("-")[2])).shuffle(ordered)  # noqa: S311
    for start in range(0, len(ordered), plan.batch):
        yield ordered[start : start + plan.batch]


def _encoded(engine: Engine, prompt: Prompt) -> Request | Failure:
    """Return the request that a prompt becomes; ids need no tokenizer."""
    text = prompt.payload if prompt.kind == "text" else ""
    try:
        ids = tuple(prompt.payload if prompt.kind == "ids" else engine.encode(prompt))
    except KeyboardInterrupt:
        raise
    except Exception as error:  # noqa: BLE001 (what an engine does is seen)
        return _failure(error)
    if not all(type(id) is int and 0 <= id < TOO_LARGE for id in ids):
        return _failure(NoGeneration(f"prompt ids are not ids: {ascii(ids)[:60]}"))
    return Request(prompt.id, ids, text, prompt.max_tokens, prompt.stop)


def _made(
    engine: Engine, requests: Sequence[Request], top: int, *, twice: bool
) -> dict[str, Generation | Failure]:
    try:
        found = engine.generate(requests, top)
        if twice:
            found = engine.generate(requests, top)
    except KeyboardInterrupt:
        raise
    except Exception as error:  # noqa: BLE001 (the same)
        return dict.fromkeys((request.id for request in requests), _failure(error))
    if len(found) != len(requests):
        wrong = _failure(Miscounted(f"{len(found)} answers to {len(requests)} prompts"))
        return dict.fromkeys((request.id for request in requests), wrong)
    return {
        request.id: _checked(one, request) for request, one in zip(requests, found, strict=True)
    }


def _checked(found: Generation | BaseException, request: Request) -> Generation | Failure:
    """Return a generation that can be compared, or what is wrong with it."""
    if isinstance(found, BaseException):
        return _failure(found)
    if not isinstance(found, Generation):
        return _failure(NoGeneration(f"a Generation is wanted, not a {type(found).__name__}"))
    if wrong := _misshapen(found):
        return _failure(NoGeneration(wrong))
    if found.ids is not None and found.steps is not None and len(found.ids) != len(found.steps):
        what = f"{len(found.steps)} steps of log-probabilities for {len(found.ids)} ids"
        return _failure(Miscounted(what))
    ended_by_an_id = found.ids is not None and found.finish in ("eos", "id")
    empty = not found.ids and not found.text and found.finish in ("", "length")
    if request.max_tokens and (empty or (ended_by_an_id and not found.ids)):
        return _failure(SilentlyEmpty(f"nothing came, and it ended by {found.finish or 'nothing'}"))
    return found


def _misshapen(found: Generation) -> str:
    """Say which field of a generation is not what it must be, in words; "" where all are."""
    shapes: dict[str, tuple[type[Any], type[Any] | None]] = {
        "ids": (tuple, int), "finish": (str, None), "text": (str, None), "chunks": (tuple, str),
        "counts": (Mapping, None), "steps": (tuple, Step), "by": (Mapping, None),
    }  # fmt: skip
    needed = ("finish", "counts", "by")
    for name, (whole, part) in shapes.items():
        value = getattr(found, name)
        if value is None and name not in needed:
            continue
        if not isinstance(value, whole) or (part and any(type(one) is not part for one in value)):
            return f"{name} of a Generation is no {type(value).__name__} like {ascii(value)[:60]}"
    if found.finish not in get_args(Finish):
        return f"a Generation finishes by one of {get_args(Finish)}, not {found.finish!r}"
    wrong = [id for id in found.ids or () if not 0 <= id < TOO_LARGE]
    return f"ids of a Generation are not ids: {wrong[:3]}" if wrong else ""


def _failure(error: BaseException) -> Failure:
    if isinstance(error, Unsupported):
        return Failure("Unsupported", str(error))
    seen = failed(error)
    return Failure(seen.kind, seen.message, seen.fault)
