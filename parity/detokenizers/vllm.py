"""vLLM with a fast tokenizer: a DecodeStream that knows the prompt and gets over its errors.

Origin: vLLM V1, `FastIncrementalDetokenizer`, which steps the stream of `decode_stream` with one id
after another and joins what comes. Two generations differ in how the stream learns the prompt:

    VLLM         the stream is made with all ids of the prompt
    VLLMSuffix   the stream is made empty and stepped with the end of the prompt: the shortest
                 suffix of 4 to 23 ids whose text has no U+FFFD in it, special tokens skipped, or
                 else the whole prompt; a prompt of up to 4 ids whole

Newer versions than these give a prompt that ends in the middle of a character to `vllm_slow`.

Held back: as `decode_stream`; "" is sent for it. When there are stop strings, vLLM also holds back
as many characters as the longest has, less one; that is a stop decoder's business, and not here.
At the end: nothing more is sent; what is held is lost.
Invalid UTF-8: passes as U+FFFD.
EOS: the last id of a step that finishes by EOS or a stop id is not decoded.
Errors: an id that is no 32-bit number has the text "". Where the stream raises `InvalidPrefix` it
is thrown away, and the id at hand steps a new one, with no prompt and no past: the bytes that were
held vanish. Other errors pass, and lose the rest of the step.

Wrong where `decode_stream` is: a prompt that ends in the middle of a character comes out whole with
the first chunk (vllm-project/vllm#48853); of VLLMSuffix, only the suffix may. After a recovery the
text is what it is (U+4E16 and a letter, where all ids decode to four U+FFFD and the letter), and
the first space of a SentencePiece token is lost.

Not here: `spaces_between_special_tokens=False`, where of two adjacent added tokens the second is
replaced with its bare content.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parity.detokenizers.decode_stream import DecodeStream, InvalidPrefix
from parity.detokenizers.detokenizer import REPLACEMENT, Decoder, Detokenizer, Traits
from parity.streams import Step

SHORTEST_SUFFIX: Final = 4
LONGEST_SUFFIX: Final = 23
"""How many ids of a prompt prime the stream of VLLMSuffix."""


class VLLM(Detokenizer):
    """The present generation: the stream is seeded with the whole prompt."""

    traits = Traits("window", prompt=True, tail=False, ending="dropped")

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.stream: DecodeStream
        self.prime()

    def prime(self) -> None:
        """Make the stream that the request begins with."""
        self.stream = self.stream_of(self.prompt)

    def stream_of(self, ids: Sequence[int]) -> DecodeStream:
        """Return a new stream, seeded with ids."""
        return DecodeStream(self.decoder, ids, skip_special=self.skip_special)

    def step(self, step: Step) -> str:
        """Return the texts of the ids, joined, without an id that stopped the request."""
        ids = step.ids[:-1] if step.finish in ("eos", "stop") else step.ids
        return "".join([self._next(id) for id in ids])

    def _next(self, id: int) -> str:
        try:
            return self.stream.append((id,)) or ""
        except (OverflowError, TypeError):
            return ""
        except InvalidPrefix:
            self.stream = self.stream_of(())
            return self.stream.append((id,)) or ""


class VLLMSuffix(VLLM):
    """The generation before: the stream is stepped with a safe end of the prompt."""

    def prime(self) -> None:
        """Step an empty stream with the suffix."""
        self.stream = self.stream_of(())
        for id in self._safe_suffix():
            self._next(id)

    def _safe_suffix(self) -> Sequence[int]:
        length = len(self.prompt)
        if length > SHORTEST_SUFFIX:
            for count in range(SHORTEST_SUFFIX, min(length, LONGEST_SUFFIX) + 1):
                suffix = self.prompt[-count:]
                if REPLACEMENT not in self.decoder.decode(suffix, True):  # noqa: FBT003
                    return suffix
        return self.prompt
