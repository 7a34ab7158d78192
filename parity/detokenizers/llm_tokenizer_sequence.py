"""llm-tokenizer's Sequence: DecodeStream's rule, without its look at the prefix, so without errors.

Origin: the crate llm-tokenizer 1.6 of the smg gateway, `Sequence.append_token`. State and rule are
those of `decode_stream`; but where the text does not begin with the prefix, it is cut at the
prefix's length in bytes all the same, and the stream goes on. Where that falls inside a character,
the cut is moved back to its start here, as in `llm_tokenizer_stream`; what the crate does there was
not seen.

Held back: text that ends in U+FFFD, or is no longer, in bytes, than the prefix; "" is sent.
At the end: nothing; there is no flush, and what is held is lost.
Invalid UTF-8: passes as U+FFFD.
EOS: an id like others; stop tokens are a stop decoder's business.
Prompt: not looked at; the crate can make a sequence with ids, the gateway's stop decoder does not.
So a SentencePiece text loses its first space.
Several ids in a step are appended one after another, and what comes is joined.

Wrong where a decoder rewrites what it has said (byte fallback): it sends a mixture in silence, such
as three U+FFFD after a U+4E16 that had become four.

Cost: as `decode_stream`: ids that are done with are dropped; a stream of n lone bytes costs n * n.
"""

from __future__ import annotations

from collections.abc import Sequence

from parity.detokenizers.detokenizer import REPLACEMENT, Decoder, Detokenizer, Traits
from parity.detokenizers.llm_tokenizer_stream import past
from parity.streams import Step


class LLMTokenizerSequence(Detokenizer):
    """The ids of the window, and the text of those of them that were sent."""

    traits = Traits("window", prompt=False, tail=False)

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.window: list[int] = []
        self.prefix = ""
        self.prefix_ids = 0

    def step(self, step: Step) -> str:
        """Return the texts of the ids, joined."""
        return "".join([self._next(id) for id in step.ids])

    def _next(self, id: int) -> str:
        if not self.prefix and self.window:
            self._seed()
        self.window.append(id)
        text = self.decode(self.window)
        new = "" if text.endswith(REPLACEMENT) else past(self.prefix, text)
        if new:
            kept = len(self.window) - self.prefix_ids
            del self.window[: self.prefix_ids]
            self.prefix, self.prefix_ids = self.decode(self.window), kept
        return new

    def _seed(self) -> None:
        text = self.decode(self.window)
        if not text.endswith(REPLACEMENT):
            self.prefix, self.prefix_ids = text, len(self.window)
