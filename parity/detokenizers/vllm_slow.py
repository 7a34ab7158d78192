"""vLLM with a slow tokenizer: two windows of token strings, what is past the first is new.

Origin: vLLM, `SlowIncrementalDetokenizer` over `detokenize_incrementally`, which came from TGI; so
the rule is that of `tgi`, and these are its own:

    it works on token *strings*: ids become tokens one by one, as they come, and only then is a
    window of tokens made into text
    a special token that is to be skipped is left out as it comes, and counts for no window
    an unknown id comes as the empty token: no text, but a place in the window

Prompt: of its last 7 ids, those that are left after skipping are tokens; the last 5 of these are
the first context.
Held back: text that ends in U+FFFD, or is no longer, in characters, than its context; "" is sent.
When there are stop strings, vLLM holds back more; that is a stop decoder's business, and not here.
At the end: nothing more is sent; what is held is lost.
Invalid UTF-8: passes as U+FFFD.
EOS: the last id of a step that finishes by EOS or a stop id is not decoded.
Several ids in a step are decoded one after another, and their texts are joined.

Wrong where a prompt ends in the middle of a character: the text of the context has a U+FFFD for
its half, and the character that the two halves come to is taken for it and never sent. Where a
decoder rewrites what it has said (byte fallback), as much is cut off as it said before. Here a
window is decoded as ids, in place of tokens: an unknown id is left out of it, where a decoder might
give the empty token a space.

Cost: two decode calls an id, of windows that stay short; the ids are all kept, as the engine keeps
the tokens. A stream of n lone bytes costs n * n.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from parity.detokenizers.detokenizer import REPLACEMENT, Decoder, Detokenizer, Traits
from parity.streams import Step

CONTEXT: Final = 5
"""Tokens of the prompt that are decoded with the first chunk."""
SPARE: Final = 2
"""Ids that are looked at beyond those, in case some are special and skipped."""


class VLLMSlow(Detokenizer):
    """The tokens of a request, and the two offsets into them."""

    traits = Traits("window", prompt=True, tail=False, ending="dropped")

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.tokens = self._tokens(prompt[-CONTEXT - SPARE :])
        self.known = len(self.tokens)
        self.prefix = max(self.known - CONTEXT, 0)

    def _tokens(self, ids: Iterable[int]) -> list[int]:
        left_out = self.decoder.special if self.skip_special else ()
        return [id for id in ids if id not in left_out]

    def _text(self, tokens: Iterable[int]) -> str:
        known = [id for id in tokens if 0 <= id < self.decoder.size]
        return self.decoder.decode(known, False)  # noqa: FBT003

    def step(self, step: Step) -> str:
        """Return the texts of the ids, joined, without an id that stopped the request."""
        ids = step.ids[:-1] if step.finish in ("eos", "stop") else step.ids
        return "".join([self._next(id) for id in ids])

    def _next(self, id: int) -> str:
        self.tokens += self._tokens([id])
        context = self._text(self.tokens[self.prefix : self.known])
        text = self._text(self.tokens[self.prefix :])
        if len(text) <= len(context) or text.endswith(REPLACEMENT):
            return ""
        self.prefix, self.known = self.known, len(self.tokens)
        return text[len(context) :]
