"""The shape that all detokenizers share: ids in, chunks out, state a request, no I/O.

An engine (`engine.run_script`) keeps one `Detokenizer` a request and calls it for each step:

    step(step)  the chunk of these ids: a text, "" for an empty chunk, None where nothing is sent
    flush()     what is sent when the request is over, beside the chunk of its last step

Most look at nothing but their own request. An engine that decodes a whole batch before it changes
any state is a `BatchedDetokenizer`: it says first what it wants decoded, and takes the texts then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from parity.streams import Step

REPLACEMENT: Final = "\ufffd"
"""What decoders put in the place of bytes that are no UTF-8."""


class Decoder(NamedTuple):
    """What a detokenizer may ask of a tokenizer.

    decode: (ids, skip_special) -> text, with U+FFFD where bytes are no UTF-8.
    decode_batch: the same of several id lists, in one call.
    piece: id -> the bytes that the token stands for, b"" for an id that is not known.
    special: ids of special tokens.
    eos: the id that ends a text, or None.
    size: ids below it are known.
    """

    decode: Callable[[Sequence[int], bool], str]
    decode_batch: Callable[[Sequence[Sequence[int]], bool], Sequence[str]]
    piece: Callable[[int], bytes]
    special: frozenset[int] = frozenset()
    eos: int | None = None
    size: int = 0


class Traits(NamedTuple):
    """What two algorithms must share before one can be asked to do what the other does.

    family: algorithms of one family give the same chunks where their preconditions hold; "" of
        one is None of another, as their engines send a frame for a step without text or do not.
    prompt: whether the prompt's ids are context of the first chunk.
    tail: whether all that was held back is sent at the end.
    whole: whether the ids of a step are taken together; else one after another, and joined.
    ending: what becomes of the id that ends a text: `sent` like others, `dropped` after a finish
        by EOS or a stop id, or the name of the one algorithm that does as it does.
    cuts: whether the text is cut where a stop string matched.
    skips: None where special tokens are skipped as the script says; True, False where always so.
    """

    family: str
    prompt: bool
    tail: bool
    skips: bool | None = None
    whole: bool = False
    ending: str = "sent"
    cuts: bool = False


class Detokenizer:
    """One request's stream.

    decoder: what it decodes with.
    prompt: ids of the prompt; an algorithm without prompt context leaves them alone.
    skip_special: whether special tokens are left out: what the traits say, else the request.
    """

    traits = Traits("", prompt=False, tail=False)

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        self.decoder = decoder
        self.prompt = prompt
        own = self.traits.skips
        self.skip_special = skip_special if own is None else own

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, special tokens left out as `skip_special` says."""
        return self.decoder.decode(ids, self.skip_special)

    def step(self, step: Step) -> str | bytes | None:
        """Return the chunk of a step's new ids."""
        raise NotImplementedError

    def flush(self) -> str | bytes | None:
        """Return what is sent when the request is over, beside its last step; most send nothing."""
        return None

    def reported(self, step: Step) -> tuple[int, ...]:
        """Return the ids that the last step's frame reports; most engines report them all."""
        return step.ids


class BatchedDetokenizer(Detokenizer):
    """A stream whose engine decodes for the whole batch before it changes any state."""

    def wanted(self, step: Step) -> Sequence[Sequence[int]]:
        """Take a step's ids; return the id lists whose texts `taken` needs."""
        raise NotImplementedError

    def taken(self, step: Step, texts: Sequence[str]) -> str | bytes | None:
        """Return the chunk, given the texts of what was wanted."""
        raise NotImplementedError

    def step(self, step: Step) -> str | bytes | None:
        """Return the chunk of a step that is alone in its batch.

        Its few lists are decoded one by one, which costs a third of a batch call.
        """
        decode, skip = self.decoder.decode, self.skip_special
        return self.taken(step, [decode(ids, skip) for ids in self.wanted(step)])


Make = Callable[..., Detokenizer]
"""(decoder, prompt, skip_special=...) -> a new stream; usually a subclass of Detokenizer."""
