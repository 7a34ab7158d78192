"""SGLang's detokenizer manager: mini-sglang's two windows, with the prompt's end and a real finish.

Origin: SGLang 0.5.23, `DetokenizerManager`. The windows and the `printable` part are those of
`minisgl`; these are its own:

Prompt: its last 5 ids are the first context.
Ids: several a step are appended together. An id that the vocabulary does not have becomes id 0,
before anything is decoded, so that an unknown id *prints token 0*.
Special tokens: skipped as the request says.
The finishing step decodes like any other, and sends all that is left, U+FFFD included. If it
finishes by EOS or a stop id, the last id is dropped first. If a stop string matched, the whole text
is cut before the string's *first* occurrence, wherever the stop was seen; what was sent beyond the
cut stays sent.

Held back: text that ends in U+FFFD, past its last space, newline or Han character.
At the end: everything is sent, in the finishing step itself.
Invalid UTF-8: passes as U+FFFD.

Wrong as `minisgl` is: what was printed too early is sent twice (sgl-project/sglang#31598), two
steps of a request in one batch repeat text, a stream of lone bytes is never committed and costs
n * n (sgl-project/sglang#34740).

Not here: stop strings are looked for elsewhere; `no_stop_trim`, the stop ids that a parser of tool
calls keeps, and `spaces_between_special_tokens` are left at their defaults.

Cost: as `minisgl`; the committed text is kept, in pieces, since a stop string may cut all of it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from parity.detokenizers.detokenizer import REPLACEMENT, BatchedDetokenizer, Decoder, Traits
from parity.detokenizers.printable import printable
from parity.streams import Step

CONTEXT: Final = 5
"""Ids of the prompt that are context; SGLang's INIT_INCREMENTAL_DETOKENIZATION_OFFSET."""


class SGLang(BatchedDetokenizer):
    """One request of the manager.

    pending: characters that were sent and are not committed.
    """

    traits = Traits("sglang", prompt=True, tail=True, whole=True, ending="dropped", cuts=True)

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.size = decoder.size or sys.maxsize
        self.ids = [id if 0 <= id < self.size else 0 for id in prompt[-CONTEXT:]]
        self.surrogate, self.known, self.pending = 0, len(self.ids), 0
        self.committed: list[str] = []

    def wanted(self, step: Step) -> Sequence[Sequence[int]]:
        """Take the ids; return both windows, the first without an id that stopped the request."""
        ids, surrogate, size = self.ids, self.surrogate, self.size
        for id in step.ids:
            ids.append(id if 0 <= id < size else 0)
        read = ids[surrogate:]
        if step.finish in ("eos", "stop"):
            del read[-1:]
        return read, ids[surrogate : self.known]

    def taken(self, step: Step, texts: Sequence[str]) -> str:
        """Return what the texts of both windows let one send."""
        read, context = texts
        new = read[len(context) :]
        if step.finish:
            return self._rest(new, step)
        if new and not new.endswith(REPLACEMENT):
            self.committed.append(new)
            self.surrogate, self.known = self.known, len(self.ids)
            if not self.pending:  # the usual step
                return new
            sent, self.pending = self.pending, 0
            return new[sent:]
        new = printable(new)
        sent, self.pending = self.pending, len(new)
        return new[sent:]

    def _rest(self, new: str, step: Step) -> str:
        if step.finish != "string":
            return new[self.pending :]
        text = "".join(self.committed)
        sent = len(text) + self.pending
        text += new
        at = text.find(step.matched)
        return text[sent:] if at < 0 else text[sent:at]
