"""Relations: what two detokenizers can be asked to have in common on one script.

Of one algorithm in two implementations, everything. Of two algorithms it depends on the stream:
one of them may hold back the end of a text that another sends, or know a prompt that another does
not. What cannot hold is not asked for, and the precondition that fails is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.detokenizer import REPLACEMENT, BatchedDetokenizer, Detokenizer
from parity.lives import Life, asked
from parity.streams import Script

Decode = Callable[[Sequence[int], bool], str]
Plain = Callable[[Sequence[int]], str]
CHUNKS: Final = "chunks"
NONEMPTY: Final = "chunks_nonempty"
JOINED: Final = "joined"
ENDED: Final = ("eos", "stop")
"""Finishes by an id."""
RELATIONS: Final = (CHUNKS, NONEMPTY, JOINED)
"""From the one that asks for most; the names of the checks that ask for it."""


def obstacle(relation: str, reference: str, candidate: str, script: Script, decode: Decode) -> str:
    """Return why a relation between two named algorithms cannot be asked for, or "".

    decode: (ids, skip_special) -> text, of a tokenizer that both sides share.
    """
    if reference == candidate:
        return ""
    names = f"{reference} and {candidate}"
    unknown = [name for name in (reference, candidate) if name not in DETOKENIZERS]
    if unknown:
        return f"nothing is known of the algorithm {unknown[0]!r}"
    if relation == CHUNKS:
        return f"{names} are two algorithms: empty chunks are not the same steps"
    one, other = DETOKENIZERS[reference], DETOKENIZERS[candidate]
    related = one.traits.family == other.traits.family
    if relation == NONEMPTY and not related:
        return f"{names} cut text at different places"
    return _of_traits(one, other, script) or _of_text(one, other, script, decode, relation)


def strongest(reference: str, candidate: str, script: Script, decode: Decode) -> tuple[str, str]:
    """Return the strongest relation that can hold, or `none`, and why not the next stronger one.

    >>> strongest("tgi", "tgi", Script(((),), ()), lambda ids, skip: "")
    ('chunks', '')
    """
    because = ""
    for relation in RELATIONS:
        found = obstacle(relation, reference, candidate, script, decode)
        if not found:
            return relation, because
        because = found
    return "none", because


def _of_traits(one: type[Detokenizer], other: type[Detokenizer], script: Script) -> str:
    """Return what the ways of the two algorithms make impossible, whatever the text is."""
    if _skips(one, script) != _skips(other, script):
        return "only one of them skips special tokens"
    if any(script.prompts) and one.traits.prompt != other.traits.prompt:
        return "only one of them has the prompt as context"
    found = next(filter(None, (_of_finish(one, other, life.finish) for life in asked(script))), "")
    if found:
        return found
    batched = any(issubclass(made, BatchedDetokenizer) for made in (one, other))
    if batched and any(len({step.request for step in call}) < len(call) for call in script.batches):
        return "a request is in one call twice"
    return ""


def _skips(made: type[Detokenizer], script: Script) -> bool:
    return script.skip_special if made.traits.skips is None else made.traits.skips


def _of_finish(one: type[Detokenizer], other: type[Detokenizer], finish: str) -> str:
    if finish in ENDED and one.traits.ending != other.traits.ending:
        return "a request ends by an id, and each has its own way with that"
    if finish == "string" and one.traits.cuts != other.traits.cuts:
        return "a request ends by a string, and only one of them cuts the text there"
    if not finish and (one.traits.tail or other.traits.tail):
        return "a request does not finish, so that no tail is sent"
    return ""


def _of_text(
    one: type[Detokenizer],
    other: type[Detokenizer],
    script: Script,
    decode: Decode,
    relation: str,
) -> str:
    """Return what the text of a script makes impossible."""
    skip = _skips(one, script)
    try:
        found = (
            _of_life(one, other, life, lambda ids: decode(ids, skip), relation)
            for life in asked(script)
        )
        return next(filter(None, found), "")
    except Exception as error:  # noqa: BLE001 (ids that no library takes; the run goes on)
        return f"its text cannot be decoded: {type(error).__name__}"


def _of_life(
    one: type[Detokenizer], other: type[Detokenizer], life: Life, decode: Plain, relation: str
) -> str:
    prompt = life.prompt if one.traits.prompt else ()
    dropped = life.finish in ENDED and one.traits.ending == "dropped" and life.steps[-1].ids
    ids = life.ids[:-1] if dropped else life.ids
    if prompt and decode(prompt).endswith(REPLACEMENT):
        return "a prompt ends inside a character"
    tails = one.traits.tail and other.traits.tail and relation == JOINED
    if not tails and decode([*prompt, *ids]).endswith(REPLACEMENT):
        return "a text ends inside a character"
    steps = [step.ids for step in life.steps]
    alike = one.traits.whole == other.traits.whole
    if relation == NONEMPTY and not alike and _cut_step(prompt, steps, decode):
        return "a step ends inside a character, and only one takes its ids together"
    if not one.traits.whole or not other.traits.whole:
        steps = [(id,) for id in life.ids]
    if not _monotone(prompt, steps, decode):
        return "the decoder is not monotone there: more ids change text that was there before"
    return ""


def _cut_step(prompt: Sequence[int], steps: Sequence[Sequence[int]], decode: Plain) -> bool:
    ids = list(prompt)
    for step in steps:
        ids += step
        shorter = [ids[: len(ids) - cut] for cut in range(1, len(step))]
        whole = not decode(ids).endswith(REPLACEMENT)
        if not whole and not all(decode(some).endswith(REPLACEMENT) for some in shorter):
            return True
    return False


def _monotone(prompt: Sequence[int], steps: Sequence[Sequence[int]], decode: Plain) -> bool:
    """Say whether the text of the ids of each step goes on where the one before it ended."""
    ids = list(prompt)
    before = decode(ids).rstrip(REPLACEMENT) if ids else ""
    for step in steps:
        ids += step
        now = decode(ids)
        if not now.startswith(before):
            return False
        before = now.rstrip(REPLACEMENT)
    return True
