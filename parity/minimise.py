"""The smallest case that still differs, in the same way: what a divergence is handed over as.

A case is made smaller by its kind (`reducing`), and a smaller one is kept where the same check
still finds the same kind of difference between the same two sides. What the kind is, the caller
says: `causes` names it, or else the shape of the difference does.

What does not differ alone is tried beside others: some differences are those of a batch. Then the
batch is made smaller too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final, NamedTuple

from parity import reducing
from parity.compare import Comparison, Verdict
from parity.jobs import Job
from parity.reducing import Tries
from parity.run import Observer, run
from parity.stream_cases import StopScript
from parity.stream_looks import scheduled
from parity.streams import Script, Step, Stops
from parity.templates.shrinking import snippet
from parity.training import BYTES
from parity.types import SPECIALS, Case

Same = Callable[[Comparison], bool]
"""Whether a comparison differs in the way that is looked for."""

PLAIN_TEXT: Final = "a"
NEIGHBOURS: Final = (PLAIN_TEXT, "a a", "a" * 64)
"""Texts that a case is tried beside: a difference of batches depends on place, size or length."""
ID_NEIGHBOURS: Final = ((0,), (1, 2), (0,) * 64)
"""The same of ids."""


ONCE_MORE: Final = 3
"""How often what is left is asked, at most: what several threads show comes and goes."""


class Minimal(NamedTuple):
    """What is left of a divergence.

    found: the comparison of the smallest case; None where no case alone or beside others differs.
    batch: the cases that were looked at in one call, where the case alone is not enough.
    tries: how many smaller ones were tried.
    proven: nothing can be left out or made plainer; false where the tries ran out.
    """

    found: Comparison | None
    batch: tuple[Case, ...] = ()
    tries: int = 0
    proven: bool = True


def shape(found: Comparison) -> tuple[str, ...]:
    """Return the kind of a difference as its values alone tell it."""
    kinds = [
        seen.failure.kind if seen.failure else "" for seen in (found.reference, found.candidate)
    ]
    return (found.difference.kind if found.difference else "", *kinds)


def minimise(
    job: Job,
    found: Comparison,
    sides: Mapping[str, Observer],
    same: Same,
    *,
    tries: Tries | None = None,
    words: Sequence[str] = (),
) -> Minimal:
    """Return the smallest case that still differs in the same way.

    job: the check or law that found it, between the same sides.
    tries: how many smaller cases are tried, and whether plainer ones are, too.
    words: texts that may be needed whole, such as added tokens; a shorter one is tried instead.
    """
    case = as_it_is(found.case)
    asked, tries = _Asked(job, sides, same, case.id, words), tries or Tries()
    batch: tuple[Case, ...] = ()
    if asked.of([case]) is None:
        batch = _batch(asked, case, tries)
        if not batch:
            return Minimal(None, tries=tries.made)
        batch = reducing.sequence(batch, lambda made: asked.of(made) is not None, tries)
    others, before = batch or (case,), None
    while before != others and not tries.wanting:
        before = others
        for place in range(len(others)):
            others = _one_smaller(asked, others, place, tries)
        if len(others) == 1:
            break  # one round of a reducer is rounds of its own
    seen = (asked.of(others) for _ in range(ONCE_MORE))
    left = next((found for found in seen if found is not None), None)
    return Minimal(left, others if batch else (), tries.made, not tries.wanting)


def again(job: Job, sides: Mapping[str, Observer], case: Case) -> Comparison | None:
    """Return what a check finds of one case as it is, or as a batch of several shows it."""
    case = as_it_is(case)
    asked = _Asked(job, sides, lambda _: True, case.id)
    found = asked.of([case])
    if found is not None:
        return found
    batch = _batch(asked, case, Tries())
    return asked.of(batch) if batch else None


class _Asked(NamedTuple):
    """A check between two sides, and what is looked for: a case, and the way that it differs in."""

    job: Job
    sides: Mapping[str, Observer]
    same: Same
    id: str
    words: Sequence[str] = ()

    def of(self, cases: Sequence[Case]) -> Comparison | None:
        """Return the comparison of the case among others in one call, if it is looked for."""
        view = self.job.view._replace(grounded="", views=())
        job = self.job._replace(view=view, known=(), cases=())
        seen = chain.from_iterable(differing for *_, differing in run(cases, [job], self.sides))
        own = (one for one in seen if one.case.id == self.id and one.verdict in KEPT)
        return next((one for one in own if self.same(one)), None)


KEPT: Final = frozenset({Verdict.DIVERGED, Verdict.NONDETERMINISTIC, Verdict.REPORTED})


def as_it_is(case: Case) -> Case:
    """Return a case as it is asked again: what a schedule made of a stream is written out."""
    if case.kind != "script":
        return case
    return case._replace(payload=scheduled(case), options={**case.options, "schedule": "written"})


def _batch(asked: _Asked, case: Case, tries: Tries) -> tuple[Case, ...]:
    """Return cases among which it differs, or none."""
    beside: Mapping[str, Sequence[Any]] = {"text": NEIGHBOURS, "ids": ID_NEIGHBOURS}
    plain = [
        Case(f"beside/{place}", case.kind, payload, case.options)
        for place, payload in enumerate(beside.get(case.kind, ()))
    ]
    groups: list[list[Case]] = [[one] for one in plain]
    groups += [plain, [case._replace(id="beside/again")], *_in_other_modes(case)]
    for group in groups:
        for batch in ((case, *group), (*group, case)):
            if group and tries.still(lambda made: asked.of(made) is not None, batch):
                return batch
    return ()


def _in_other_modes(case: Case) -> list[list[Case]]:
    """Return the same text in each other mode: what is shared by calls is often their mode."""
    mode = case.options.get("specials", SPECIALS[0])
    return [
        [case._replace(id=f"beside/{other}", options={**case.options, "specials": other})]
        for other in SPECIALS
        if case.kind == "text" and other != mode
    ]


def _one_smaller(
    asked: _Asked, batch: tuple[Case, ...], place: int, tries: Tries
) -> tuple[Case, ...]:
    case = batch[place]
    if case.kind == "messages":
        return _smaller_chat(asked, batch, place, tries)
    reducer = REDUCERS.get(case.kind)
    if case.kind == "text":
        reducer = partial(reducing.text, words=asked.words)
    if reducer is None:
        return batch

    def with_it(payload: Any) -> tuple[Case, ...]:
        return (*batch[:place], case._replace(payload=payload), *batch[place + 1 :])

    return with_it(reducer(case.payload, lambda made: asked.of(with_it(made)) is not None, tries))


def _ids(found: Sequence[int], still: reducing.Still[tuple[int, ...]], tries: Tries) -> Any:
    return reducing.ids(tuple(found), still, tries)


def _smaller_chat(
    asked: _Asked, batch: tuple[Case, ...], place: int, tries: Tries
) -> tuple[Case, ...]:
    """Return the batch with fewer and smaller messages in a case, and fewer of its options."""
    case = batch[place]

    def with_it(chat: Any) -> tuple[Case, ...]:
        smaller = case._replace(payload=chat["messages"], options=chat["options"])
        return (*batch[:place], smaller, *batch[place + 1 :])

    def still(chat: Any) -> bool:
        fits = chat.keys() == {"messages", "options"} and bool(chat["messages"])
        return fits and asked.of(with_it(chat)) is not None

    chat = {"messages": case.payload, "options": dict(case.options)}
    return with_it(reducing.value(chat, still, tries))


def _template(found: Any, still: reducing.Still[Any], tries: Tries) -> Any:
    return snippet(found, still, tries)


def _script(found: Script, still: reducing.Still[Script], tries: Tries) -> Script:
    return reducing.first(found, without_one, still, tries)


def _stop_script(found: StopScript, still: reducing.Still[StopScript], tries: Tries) -> StopScript:
    """Reduce the steps, the stops and the stop tokens, as lists."""

    def made(lists: Any) -> StopScript | None:
        steps, strings, tokens = lists
        fits = all(strings) and (strings or tokens) and steps
        stops = Stops(tuple(strings), tuple(tokens), found.stops.visible, found.stops.min_tokens)
        return StopScript(tuple(map(tuple, steps)), stops, found.finish) if fits else None

    def asked(lists: Any) -> bool:
        script = made(lists) if len(lists) == len(whole) else None
        return script is not None and still(script)

    whole = [[list(step) for step in found.steps], list(found.stops.strings), list(found.stops.ids)]
    return made(reducing.value(whole, asked, tries)) or found


def _train(found: Any, still: reducing.Still[Any], tries: Tries) -> Any:
    """Reduce the size first, which makes each try cheaper, then the texts, then the size again."""
    found = _fewer_tokens(found, still, tries)

    def made(lists: Any) -> Any:
        texts, held_out = lists
        rest = {"held_out": held_out} if held_out else {}
        return {"texts": texts, "size": found["size"], **rest}

    def asked(lists: Any) -> bool:
        return len(lists) == len(whole) and still(made(lists))

    whole = [found["texts"], found.get("held_out", [])]
    return _fewer_tokens(made(reducing.value(whole, asked, tries)), still, tries)


def _fewer_tokens(found: Any, still: reducing.Still[Any], tries: Tries) -> Any:
    """Return the case with the smallest size, of those that are tried, that is still so.

    Sizes are tried from below in steps that double, and then one by one downwards.
    """
    size = found["size"]
    few = [BYTES, *(BYTES + (1 << step) for step in range(size.bit_length()))]
    for less in few if size >= BYTES else [0]:
        if less < size and tries.still(still, {**found, "size": less}):
            size = less
            break
    while size - 1 > BYTES and tries.still(still, {**found, "size": size - 1}):
        size -= 1
    return {**found, "size": size}


REDUCERS: Final[Mapping[str, Callable[[Any, Any, Tries], Any]]] = {
    "bytes": reducing.data,
    "ids": _ids,
    "template": _template,
    "script": _script,
    "stop_script": _stop_script,
    "train": _train,
}
"""What makes the payload of a case smaller, by its kind; a text's is told what words there are."""


def size(script: Script) -> tuple[int, ...]:
    """Order scripts: fewer ids, fewer requests, shorter prompts, fewer steps, lower ids."""
    steps = list(chain.from_iterable(script.batches))
    ids = [id for step in steps for id in step.ids]
    prompts = sum(map(len, script.prompts))
    return len(ids) + prompts, len(script.prompts), prompts, len(steps), sum(ids)


def without_one(script: Script) -> Iterator[Script]:
    """Yield the script without a request, a step, an id, or an id of a prompt."""
    for number in range(len(script.prompts)):
        calls = [[step for step in call if step.request != number] for call in script.batches]
        if len(script.prompts) > 1 and any(calls):
            yield _renumbered(script, calls, number)
    for row, call in enumerate(script.batches):
        for place, step in enumerate(call):
            if not step.ids and not step.finish:
                calls = [list(one) for one in script.batches]
                del calls[row][place]
                yield script._replace(batches=tuple(tuple(one) for one in calls if one))
            for cut in range(len(step.ids)):
                fewer = step._replace(ids=step.ids[:cut] + step.ids[cut + 1 :])
                keep = [fewer] if fewer.ids or fewer.finish else []
                calls = [list(one) for one in script.batches]
                calls[row][place : place + 1] = keep
                yield script._replace(batches=tuple(tuple(one) for one in calls if one))
    for number, prompt in enumerate(script.prompts):
        for cut in range(len(prompt)):
            prompts = list(script.prompts)
            prompts[number] = prompt[:cut] + prompt[cut + 1 :]
            yield script._replace(prompts=tuple(prompts))


def _renumbered(script: Script, calls: Sequence[Sequence[Step]], gone: int) -> Script:
    kept = [
        tuple(step._replace(request=step.request - (step.request > gone)) for step in call)
        for call in calls
    ]
    prompts = script.prompts[:gone] + script.prompts[gone + 1 :]
    return Script(prompts, tuple(call for call in kept if call), script.skip_special)
