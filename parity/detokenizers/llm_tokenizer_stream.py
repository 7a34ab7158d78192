r"""llm-tokenizer's DecodeStream: TGI's two windows, with lengths in bytes and a flush.

Origin: the crate llm-tokenizer 1.6 of the smg gateway, `DecodeStream`. The rule is that of `tgi`;
these are its own:

    lengths are of UTF-8 bytes; where the cut falls inside a character, it moves back to its start
    the prompt's offset is never negative; its last 5 ids are context
    special tokens are skipped as the request says
    nothing is sent for a step that is held back

Held back: text that ends in U+FFFD, or is no longer, in bytes, than its context.
At the end: `flush` decodes the ids that no chunk covers, alone, and sends that, U+FFFD included.
Invalid UTF-8: passes as U+FFFD.
EOS: an id like others; stop tokens are a stop decoder's business.
Several ids in a step are decoded one after another, and what comes is joined; the crate's
`step_batch` gives the list of it, without the steps that gave nothing.

Wrong where a prompt ends in the middle of a character, and worse than `tgi`: U+FFFD has 3 bytes and
the character that it becomes may have 2, so what follows loses a character too. The flush has no
context: the first space of a SentencePiece token is lost. Where a decoder rewrites what it has said
(byte fallback), as much is cut off as it said before.

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


class LLMTokenizerStream(Detokenizer):
    """The ids of prompt and answer, and the two offsets into them."""

    traits = Traits("window", prompt=True, tail=True)

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.ids = list(prompt)
        self.known = len(prompt)
        self.prefix = max(self.known - CONTEXT, 0)

    def step(self, step: Step) -> str | None:
        """Return the texts of the ids, joined, or None if none has any."""
        return "".join([self._next(id) for id in step.ids]) or None

    def _next(self, id: int) -> str:
        self.ids.append(id)
        context = self.decode(self.ids[self.prefix : self.known])
        text = self.decode(self.ids[self.prefix :])
        new = "" if text.endswith(REPLACEMENT) else past(context, text)
        if new:
            self.prefix, self.known = self.known, len(self.ids)
        return new

    def flush(self) -> str | None:
        """Return the text of the ids that no chunk covers, or None."""
        rest = self.decode(self.ids[self.known :])
        self.known = len(self.ids)
        return rest or None


def past(prefix: str, text: str) -> str:
    r"""Return the end of a text past as many bytes as a prefix has, whole characters only.

    >>> past("a", "abc"), past("abc", "ab"), past("ab", "a\u4e16") == "\u4e16"
    ('bc', '', True)
    """
    if text.startswith(prefix):
        return text[len(prefix) :]
    data = text.encode("utf-8", "surrogatepass")
    cut = len(prefix.encode("utf-8", "surrogatepass"))
    if len(data) <= cut:
        return ""
    while data[cut] & 0xC0 == 0x80:  # noqa: PLR2004 (10xxxxxx: not the first byte of a character)
        cut -= 1
    return data[cut:].decode("utf-8", "surrogatepass")
