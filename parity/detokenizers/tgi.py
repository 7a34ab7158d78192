"""TGI's decode_token: decode from `prefix` on; what is past the text up to `known` is new.

Origin: Hugging Face text-generation-inference, `Model.decode_token`, from which vLLM's slow path
and llm-tokenizer's DecodeStream come.

Held back: text that ends in U+FFFD, or is no longer, in characters, than its context; a frame with
the text "" is sent for it.
At the end: the stream sends nothing more; what is held is lost. The answer that is given whole is
not the stream joined, but `generated_text`.
Invalid UTF-8: passes as U+FFFD.
EOS, and all special tokens: shown in the stream, whatever the request says.
Prompt: its last 5 ids are context. The offset is the prompt's length less 5 and may be negative,
and then counts from the end, as slices in Python do: of a prompt shorter than 5 the context slides
along until the first chunk is sent. Where that takes more than 5 ids, the first of them are lost.
Several ids in a step are decoded one after another; TGI sends them one by one, here joined.

Wrong where a prompt ends in the middle of a character: the text of the context has a U+FFFD for
its half, and the character that the two halves come to is taken for it and never sent. Where a
decoder rewrites what it has said (byte fallback), as much is cut off as it said before. TGI's back
ends for TensorRT-LLM and llama.cpp do not do this, but decode each id alone.

Cost: two decode calls an id, of windows that stay short; the ids are all kept. A stream of n lone
bytes costs n * n.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parity.detokenizers.detokenizer import REPLACEMENT, Decoder, Detokenizer, Traits
from parity.streams import Step

CONTEXT: Final = 5
"""Ids of the prompt that are decoded with the first chunk."""


class TGI(Detokenizer):
    """The ids of prompt and answer, and the two offsets into them."""

    traits = Traits("window", prompt=True, tail=False, skips=False)

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.ids = list(prompt)
        self.known = len(prompt)
        self.prefix = self.known - CONTEXT

    def step(self, step: Step) -> str:
        """Return the texts of the ids, joined."""
        if len(step.ids) == 1:  # the usual step, without a list and a join
            return self._next(step.ids[0])
        return "".join([self._next(id) for id in step.ids])

    def _next(self, id: int) -> str:
        ids, prefix, known = self.ids, self.prefix, self.known
        ids.append(id)
        decode, skip = self.decoder.decode, self.skip_special
        before = len(decode(ids[prefix:known], skip))
        text = decode(ids[prefix:], skip)
        if len(text) <= before or text.endswith(REPLACEMENT):
            return ""
        self.prefix, self.known = known, len(ids)
        return text[before:]


def generated_text(decoder: Decoder, prompt: Sequence[int], ids: Sequence[int]) -> str:
    """Return the answer as TGI gives it where it is given whole.

    It is one call of the same rule, with one id of context before the answer and special tokens
    skipped: so it is empty where the text ends in U+FFFD, however long the answer is.
    """
    window = [*prompt[-1:], *ids]
    context = decoder.decode(window[: len(window) - len(ids)], True)  # noqa: FBT003
    text = decoder.decode(window, True)  # noqa: FBT003
    if len(text) <= len(context) or text.endswith(REPLACEMENT):
        return ""
    return text[len(context) :]
