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

Decode = Callable[[Sequence[int]], str]
CHUNKS: Final = "chunks"
NONEMPTY: Final = "chunks_nonempty"
JOINED: Final = "joined"
RELATIONS: Final = (CHUNKS, NONEMPTY, JOINED)
"""From the one that asks for most; the names of the checks that ask for it."""


def obstacle(relation: str, reference: str, candidate: str, script: Script, decode: Decode) -> str:
    """Return why a relation between two named algorithms cannot be asked for, or "".

    decode: ids -> text, special tokens as the script says, of a tokenizer that both sides share.
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
    return _of_traits(one, other, script, related=related) or _of_text(one, other, script, decode)


def strongest(reference: str, candidate: str, script: Script, decode: Decode) -> tuple[str, str]:
    """Return the strongest relation that can hold, or `none`, and why not the next stronger one.

    >>> strongest("tgi", "tgi", Script(((),), ()), lambda ids: "")
    ('chunks', '')
    """
    because = ""
    for relation in RELATIONS:
        found = obstacle(relation, reference, candidate, script, decode)
        if not found:
            return relation, because
        because = found
    return "none", because


def _of_traits(
    one: type[Detokenizer], other: type[Detokenizer], script: Script, *, related: bool
) -> str:
    """Return what the ways of the two algorithms make impossible, whatever the text is."""
    skip = script.skip_special
    skips = {skip if made.traits.skips is None else made.traits.skips for made in (one, other)}
    if len(skips) > 1:
        return "only one of them skips special tokens"
    if any(script.prompts) and one.traits.prompt != other.traits.prompt:
        return "only one of them has the prompt as context"
    lives = asked(script)
    if not related and any(life.finish not in ("length", "") for life in lives):
        return "a request ends otherwise than by length, and each has its own way then"
    batched = any(issubclass(made, BatchedDetokenizer) for made in (one, other))
    if batched and any(len({step.request for step in call}) < len(call) for call in script.batches):
        return "a request is in one call twice"
    return ""


def _of_text(
    one: type[Detokenizer], other: type[Detokenizer], script: Script, decode: Decode
) -> str:
    """Return what the text of a script makes impossible."""
    tails = one.traits.tail and other.traits.tail
    for life in asked(script):
        if life.prompt and decode(life.prompt).endswith(REPLACEMENT):
            return "a prompt ends inside a character"
        if not tails and decode([*life.prompt, *life.ids]).endswith(REPLACEMENT):
            return "a text ends inside a character"
        if not _monotone(life, decode):
            return "the decoder is not monotone there: more ids change text that was there before"
    return ""


def _monotone(life: Life, decode: Decode) -> bool:
    """Say whether the text of the ids of each step goes on where the one before it ended."""
    ids = list(life.prompt)
    before = decode(ids).rstrip(REPLACEMENT) if ids else ""
    for step in life.steps:
        ids += step.ids
        now = decode(ids)
        if not now.startswith(before):
            return False
        before = now.rstrip(REPLACEMENT)
    return True
