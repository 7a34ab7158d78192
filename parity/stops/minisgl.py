"""mini-sglang: stop strings are taken and ignored; only EOS and the length end a request.

Origin: mini-sglang's API server: `/v1/chat/completions` takes `stop` and does nothing with it.

Tie: none. Held back: nothing. Stop tokens, visible stops, minimum of tokens: no such option.
At the end: all is sent already. Matched: nothing, ever.

Wrong in that a client which asks for a stop gets all the text behind it, and pays for it.
"""

from __future__ import annotations

from parity.stops.stop_decoder import StopDecoder
from parity.streams import StopStep


class Minisgl(StopDecoder):
    """One request."""

    tie = "none"
    unit = "none"

    def read(self, step: StopStep) -> None:
        """Take the text."""
        self.text += step.text

    def kept(self, step: StopStep) -> int:  # noqa: ARG002 (nothing is ever held)
        """Return that nothing is held back."""
        return 0
