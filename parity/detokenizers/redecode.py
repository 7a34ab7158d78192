"""The oracle: decode all ids so far, every time, and send what cannot change any more.

Origin: nobody's; it is what a stream means. The law that it keeps, and that others are held
against: joined, the chunks are what all ids, decoded at once, add to the text of the prompt.

Held back: the run of U+FFFD that the text ends in, for only there can an unfinished character be.
At the end: the rest is sent, U+FFFD included.
Invalid UTF-8: passes as U+FFFD, when something else follows it or at the end.
EOS: an id like others; what it decodes to is sent.
Prompt: its text counts as sent, but for the run of U+FFFD that it ends in, which the first ids may
complete.
Several ids in a step are appended together, and decoded once.

Its limit: text that was sent cannot be taken back. A decoder that changes earlier text, other than
a last run of U+FFFD, has no right stream that can be found by decoding alone: one that judges a run
of byte tokens as a whole (U+4E16 becomes four U+FFFD when a byte that does not belong follows), or
one that tidies spaces over the whole text. As long as the text does not begin with what was sent,
nothing is sent; if it is so at the end, `Rewritten` is raised there. So the chunks are the text, or
the last of them is an error: never another text in silence.

Cost: quadratic, as it must be; it is for tests and short streams.
"""

from __future__ import annotations

from collections.abc import Sequence

from parity.detokenizers.detokenizer import REPLACEMENT, Decoder, Detokenizer, Traits
from parity.streams import Step


class Rewritten(Exception):
    """The text of all ids does not begin with what was sent of it."""


class Redecode(Detokenizer):
    """All ids, and the text that was sent of them."""

    traits = Traits("redecode", prompt=True, tail=True, whole=True)

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.ids = list(prompt)
        self.sent = self.decode(self.ids).rstrip(REPLACEMENT) if prompt else ""

    def step(self, step: Step) -> str:
        """Return what has become sure."""
        self.ids += step.ids
        return self._send(self.decode(self.ids).rstrip(REPLACEMENT))

    def flush(self) -> str:
        """Return the rest. Raises Rewritten."""
        text = self.decode(self.ids)
        if not text.startswith(self.sent):
            raise Rewritten(f"{text!a} does not begin with {self.sent!a}, which was sent")
        return self._send(text)

    def _send(self, text: str) -> str:
        if not text.startswith(self.sent):
            return ""
        chunk = text[len(self.sent) :]
        self.sent = text
        return chunk
