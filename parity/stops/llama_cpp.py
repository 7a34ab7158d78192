"""llama.cpp's server: the stop that starts first wins; what could begin a stop is not sent.

Origin: the llama.cpp server, `process_token` and `find_stopping_strings`. What is not sent yet is
searched for each stop, as far back as the stop could reach from the new piece; if there is none,
for the beginning of a stop at its end.

Tie: of the stops that are there, the one that starts first; of those that start together, the
first of the list.
Held back: everything that is not sent yet, as long as it ends with the beginning of a stop. It
counts bytes, but neither a stop nor a piece ends inside of a character.
Visible: no such option. Stop tokens: no such option beside the model's own end tokens. Minimum of
tokens: no such option.
At the end: where an end token ends the request what is held is sent with it
(ggml-org/llama.cpp#9867). Where the length does it is never sent.
Matched: the string.

Wrong in two ways. At the limit of tokens the stream ends without what was held, although the
answer that is not streamed has it: streaming has another text. And one character that could begin
a stop holds back all the text of its step.
"""

from __future__ import annotations

from parity.stops.partial import partial
from parity.stops.stop_decoder import StopDecoder
from parity.streams import StopStep


class LlamaCpp(StopDecoder):
    """One request."""

    tie = "starts_first"
    unit = "bytes"

    def read(self, step: StopStep) -> None:
        """Take the text; look for stops in what is not sent yet."""
        self.text += step.text
        places = [
            (start, order)
            for order, string in enumerate(self.stops.strings)
            if (start := self.text.find(string, self.sent)) >= 0
        ]
        if places:
            start, order = min(places)
            self.cut(start, self.stops.strings[order])

    def kept(self, step: StopStep) -> int:
        """Return all that is not sent where it ends with the beginning of a stop, but at EOS."""
        if step.finish in ("eos", "stop"):
            return 0
        return len(self.held) if partial(self.held, self.stops.strings) else 0
