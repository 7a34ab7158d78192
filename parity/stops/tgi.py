"""TGI: a request stops when its text ends with a stop string, and the stop stays in the text.

Origin: text-generation-inference, `StopSequenceCriteria` (a pattern that is the stop and `$`) and
`StoppingCriteria`, which asks each of them after every step.

Tie: of the stops that the text ends with, the first of the list. The length beats EOS, and EOS
beats a stop string.
Held back: nothing.
Visible: always; no option hides a stop.
Stop tokens: no such option beside EOS. Minimum of tokens: no such option.
At the end: all is sent already.
Matched: the original says only that it was a stop; here it is the string that did it. The final
answer is decoded anew by the original, and is "" where it ends in U+FFFD; here it is what was sent.

Wrong in four ways. A stop that ends inside of a token is not seen and the request goes on, so that
`Par` stops `Paris` or not as the tokens fall (huggingface/text-generation-inference#1039). The text
of the stop is sent (#1254). `$` matches before a newline at the end too, so that a stop and a
newline in one token stop with the newline in the text. And of a text of more than 300 characters
only the last 200 are looked at, so that a longer stop need not be found.
"""

from __future__ import annotations

from typing import Final

from parity.stops.stop_decoder import REASONS, StopDecoder
from parity.streams import StopStep

FULL: Final = 300
"""Characters that the text to look at may have."""

REST: Final = 200
"""Characters that are left of it where it had more."""


class TGI(StopDecoder):
    """One request.

    tail: the text that is looked at.
    """

    tie = "ends_with"
    unit = "none"
    options = frozenset({"visible"})

    def reset(self) -> None:
        """Forget the request, as if just made."""
        super().reset()
        self.tail = ""

    def read(self, step: StopStep) -> None:
        """Take the text; unless the step is the last anyway, see what it ends with."""
        self.text += step.text
        if step.finish in REASONS:
            return
        self.tail += step.text
        if len(self.tail) > FULL:
            self.tail = self.tail[-REST:]
        for string in self.stops.strings:
            if self.tail.endswith((string, string + "\n")):
                self.end("string", string)
                return

    def kept(self, step: StopStep) -> int:  # noqa: ARG002 (nothing is ever held)
        """Return that nothing is held back."""
        return 0
