"""SGLang: list order over the decoded tail; a step whose text could begin a stop is not sent.

Origin: SGLang 0.5.23, the request's finish check in the scheduler, and the trim in the detokenizer.
The scheduler decodes the last ids, as many as the longest stop has characters and some more, and
asks for each stop whether it is in there; the detokenizer cuts the whole text where that stop is
first found in it. Here what is not sent yet is looked at: what is sent neither has a stop in it, or
the request would be over, nor ends with the beginning of one.

Tie: list order among the stops that are in the text after a step. Within a step a string beats a
token, and both beat the length.
Held back: everything that is not sent yet, as long as the text ends with the beginning of a stop
(`check_match_stop_str_prefix`), in characters; also where the stop is visible.
Visible: the text through the match (`no_stop_trim`).
Stop tokens: the stop token's own text is searched for stop strings too. A hidden one is left out of
the text, a visible one stays.
Minimum of tokens: not an option that delays stop strings.
At the end: the last step sends everything, by whatever reason; there is no flush.
Matched: the string or the id. Stop patterns (`stop_regex`) are not modelled.

Wrong in two ways. The first of the list wins although another ended before it, so that steps of
several tokens have another answer, and the other stop stays in it. And one character that could
begin a stop holds back all the text of its step.
"""

from __future__ import annotations

from parity.stops.partial import partial
from parity.stops.stop_decoder import REASONS, StopDecoder
from parity.streams import StopStep


class SGLang(StopDecoder):
    """One request."""

    tie = "list_order"
    unit = "characters"
    options = frozenset({"ids", "visible"})

    def read(self, step: StopStep) -> None:
        """Take all the text; strings come before tokens."""
        id = self.stop_id(step)
        self.text += step.text
        for string in self.stops.strings:
            start = self.text.find(string, self.sent)
            if start >= 0:
                self.cut(start, string)
                return
        if id is not None:
            if not self.stops.visible:
                self.text = self.text.removesuffix(step.shown)
            self.end("token", id)

    def kept(self, step: StopStep) -> int:
        """Return all that is not sent where the text ends with the beginning of a stop."""
        going_on = step.finish not in REASONS
        return len(self.held) if going_on and partial(self.text, self.stops.strings) else 0
