"""vLLM: hold back one character less than the longest stop has, until the request is over.

Origin: vLLM's incremental detokenizer, `check_stop_strings` and `get_next_output_text`. Each stop
is looked for where it could end in the new text; the text is cut; all but the last characters is
sent, and after a finish all of it.

Tie: completes first, of those that end together list order; before, plain list order
(`vllm_list_order`). Only where one step brings several tokens can the two differ.
Held back: max(len(stop)) - 1 characters, whatever they are; nothing where the stop is visible.
Visible: the text through the match (`include_stop_str_in_output`).
Stop tokens: the scheduler knows them first. A hidden one is not decoded, a visible one is text. A
stop string in the text before it in the same step beats it, and beats the length.
Minimum of tokens: stop tokens count from the min_tokens-th id on, stop strings must end in the
text of later ones; whole steps are looked at here, so that a step that crosses the minimum counts.
Before vLLM #22014 stop strings were not delayed (vllm-project/vllm#21987).
At the end: the last step sends everything, by whatever reason; there is no flush.
Matched: the string or the id.

Wrong in that most of what is held no stop could reach: with a long stop the first steps send
nothing (vllm-project/vllm#11089), and what is sent is cut inside of tokens (#45636).
"""

from __future__ import annotations

from typing import NamedTuple

from parity.stops.stop_decoder import REASONS, StopDecoder, earlier
from parity.streams import StopStep


class _Match(NamedTuple):
    end: int
    order: int
    start: int


class VLLM(StopDecoder):
    """The match that ends first wins."""

    tie = "completes_first_listed"
    unit = "characters"
    options = frozenset({"ids", "visible", "min_tokens"})

    def read(self, step: StopStep) -> None:
        """Take the text, without that of a hidden stop token; strings come before tokens."""
        id = self.stop_id(step)
        hidden = id is not None and not self.stops.visible
        new = earlier(step) if hidden else step.text
        self.text += new
        matches = self._matches(len(new)) if self.count > self.stops.min_tokens else []
        if matches:
            best = self.best(matches)
            self.cut(best.start, self.stops.strings[best.order])
        elif id is not None:
            self.end("token", id)

    def _matches(self, new: int) -> list[_Match]:
        """Return the first place of each stop that ends in the new text, in list order."""
        found = []
        for order, string in enumerate(self.stops.strings):
            start = self.text.find(string, max(0, len(self.text) - new - len(string) + 1))
            if start >= 0:
                found.append(_Match(start + len(string), order, start))
        return found

    def best(self, matches: list[_Match]) -> _Match:
        """Return the match that wins."""
        return min(matches)

    def kept(self, step: StopStep) -> int:
        """Return the fixed number of characters; none at the end or where the stop is visible."""
        if step.finish in REASONS or self.stops.visible or not self.stops.strings:
            return 0
        return max(map(len, self.stops.strings)) - 1


class VLLMListOrder(VLLM):
    """vLLM before it changed the rule: of the stops that end in a step, the first of the list."""

    tie = "list_order"

    def best(self, matches: list[_Match]) -> _Match:
        """Return the match that wins."""
        return matches[0]
