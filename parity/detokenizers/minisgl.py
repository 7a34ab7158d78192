"""mini-sglang's DetokenizeManager: two windows of ids, and a guess at what may be shown already.

Origin: mini-sglang, `DetokenizeManager`, in Python and in the Rust port, which is equal to it; and
SGLang before it knew prompts. Of the ids of a request it decodes two windows:

    read      from the offset `surrogate` to the end
    context   from the offset `surrogate` to the offset `known`

What `read` has past the length of `context`, in characters, is new. Where it does not end in U+FFFD
it is committed: it is text for good, and both offsets move. Where it does, it is not committed, but
its `printable` part is sent all the same, and the same ids are decoded again in the next step.

Held back: text that ends in U+FFFD, past its last space, newline or Han character.
At the end: nothing more is sent; what is held is lost.
Invalid UTF-8: passes as U+FFFD once something clean follows. A stream of lone bytes never commits:
its window grows, and n ids cost n * n (sgl-project/sglang#34740).
EOS: left out if it is the last id of the finishing step and is the one `eos`; another stop id, and
an EOS that does not finish, is text. Special tokens are never skipped.
Prompt: not looked at, so that a SentencePiece text loses its first space.
Several ids in a step are taken as one message with all of them; mini-sglang itself gets one id a
message.

Wrong in three ways. Text that is sent before it is sure can shrink: the printable part of U+4E16
and half a character is U+4E16; with the next half it may be nothing; when all is committed, U+4E16
is sent again (sgl-project/sglang#31598). The offset of what was sent goes backwards there.
Everything is decoded before anything moves, so of two messages of one request in one batch the
second has the text of the first in it again. And where a token decodes to nothing the offsets do
not move (sgl-project/sglang#13275).

Cost: two decode calls a step, of windows that stay short; the ids of a request are all kept, as
the engine keeps them. Of the text it knows how much was sent beyond what is committed, which is
never less than none: so it need not keep the text itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from parity.detokenizers.detokenizer import REPLACEMENT, BatchedDetokenizer, Decoder, Traits
from parity.detokenizers.printable import printable
from parity.streams import Step


class Minisgl(BatchedDetokenizer):
    """One request of the manager.

    pending: characters that were sent and are not committed.
    """

    traits = Traits("minisgl", prompt=False, tail=False, skips=False, whole=True, ending="minisgl")

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.ids: list[int] = []
        self.surrogate = self.known = self.pending = 0

    def wanted(self, step: Step) -> Sequence[Sequence[int]]:
        """Take the ids; return both windows."""
        ids, surrogate = self.ids, self.surrogate
        ids += step.ids
        if step.finish and step.ids and step.ids[-1] == self.decoder.eos:
            ids.pop()
        return ids[surrogate:], ids[surrogate : self.known]

    def taken(self, step: Step, texts: Sequence[str]) -> str:  # noqa: ARG002 (all that it needs)
        """Return what the texts of both windows let one send."""
        read, context = texts
        new = read[len(context) :]
        if new and not new.endswith(REPLACEMENT):
            self.surrogate, self.known = self.known, len(self.ids)
            if not self.pending:  # the usual step
                return new
            sent, self.pending = self.pending, 0
            return new[sent:]
        new = printable(new)
        sent, self.pending = self.pending, len(new)
        return new[sent:]
