"""Lives: what each request of a script got from its beginning to its finish, and what was sent.

A request that begins anew after it finished has a second life. For each the right text is what its
ids add to the text of its prompt: an algorithm that gives another text is wrong, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from parity.detokenizers.detokenizer import REPLACEMENT
from parity.streams import Emitted, Script, Step

Decode = Callable[[Sequence[int]], Any]
"""ids -> text, special tokens as the script says."""


class Life(NamedTuple):
    """One life of a request: its steps and the rows that came of them."""

    request: int
    prompt: tuple[int, ...]
    steps: list[Step]
    rows: list[Emitted]

    @property
    def ids(self) -> list[int]:
        """All ids that it got, in order."""
        return [id for step in self.steps for id in step.ids]

    @property
    def finish(self) -> str:
        """How it finished, "" where it did not."""
        return self.steps[-1].finish

    @property
    def sent(self) -> Any:
        """All that was sent, joined."""
        chunks = [row.chunk for row in self.rows if row.chunk]
        return (b"" if chunks and isinstance(chunks[0], bytes) else "").join(chunks)  # type: ignore[arg-type]


def asked(script: Script) -> list[Life]:
    """Return every life that a script asks for, in the order in which they begin, without rows."""
    return _begun(script)[0]


def lives(script: Script, emitted: Sequence[Emitted]) -> list[Life]:
    """Return every life with what came of it, in the order in which they begin.

    Raises ValueError where the rows do not fit the script's steps, one after the other.
    """
    found, order = _begun(script)
    rows = iter(emitted)
    for life, step in order:
        life.rows.append(_row(rows, step, "step"))
        if step.finish:
            life.rows.append(_row(rows, step, "end"))
    if next(rows, None) is not None:
        raise ValueError("there are more rows than steps")
    return found


def _begun(script: Script) -> tuple[list[Life], list[tuple[Life, Step]]]:
    found: list[Life] = []
    order: list[tuple[Life, Step]] = []
    going: dict[int, Life] = {}
    for batch in script.batches:
        for step in batch:
            if step.request not in going:
                life = Life(step.request, script.prompts[step.request], [], [])
                going[step.request] = life
                found.append(life)
            life = going[step.request]
            life.steps.append(step)
            order.append((life, step))
            if step.finish:
                del going[step.request]
    return found, order


def _row(rows: Any, step: Step, at: str) -> Emitted:
    row: Emitted | None = next(rows, None)
    if row is None or row.request != step.request or row.at != at:
        raise ValueError(f"a row of request {step.request} at its {at} is wanted, this is {row!a}")
    return row


def wanted(life: Life, sent: Any, decode: Decode) -> Any:
    """Return the text that should have been sent in all, where `sent` was.

    It is what the ids add to the prompt's text; a U+FFFD at the end of that may be counted to
    either, because more ids may change it. Of an id that ends the text (EOS, a stop token)
    engines show the text or hide it: either is right. Where a stop string matched, so is a text
    that is cut before it or after it; where the client went away, what was sent until then.
    """
    texts = _added(life.prompt, life.ids, decode)
    if life.finish in ("eos", "stop") and life.steps[-1].ids:
        texts += _added(life.prompt, life.ids[:-1], decode)
    if life.finish == "string":
        texts += [cut for text in texts for cut in _cut(text, life.steps[-1].matched)]
    if life.finish in ("abort", "") and any(text.startswith(sent) for text in texts):
        return sent
    return sent if sent in texts else texts[0]


def _cut(text: Any, at: str) -> list[Any]:
    """Return a text before and after the first place of a string, where there is one."""
    place = text.find(at)
    return [text[:place], text[: place + len(at)]] if place >= 0 else []


def _added(prompt: Sequence[int], ids: Sequence[int], decode: Decode) -> list[Any]:
    if not prompt:
        return [decode(list(ids))]
    before, whole = decode(list(prompt)), decode([*prompt, *ids])
    common = _common(before, whole)
    return [whole[common:], whole[min(common, len(before.rstrip(REPLACEMENT))) :]]


def _common(one: str, other: str) -> int:
    """Return the length of the longest start that two texts share."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
