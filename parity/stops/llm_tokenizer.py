"""llm-tokenizer: Aho-Corasick over a jail of as many bytes as the longest stop has.

Origin: `StopSequenceDecoder` of the crate llm-tokenizer (sgl-project, smg), since April 2026.
New text goes into the jail; the jail is searched; what is older than its last bytes is sent.

Tie: completes first, of those that end together the longest; this is Aho-Corasick's standard
match, so that neither the order of the list nor the way the text is cut into steps matters. Ours
reads each character once and keeps its state; the original searches the jail again from where a
new match could start, which finds the same.
Held back: the last bytes, as many as the longest stop string has, and so one more than any stop can
reach; a character is never split, then more is held. Without stop strings nothing.
Visible: the text through the match.
Stop tokens: looked at before the text. A hidden one is not decoded; what is jailed is sent. A
visible one is sent decoded alone, which is "" if it is special and those are skipped.
Minimum of tokens: no such option.
At the end: `flush` sends the jail. At a stop nothing is held.
Matched: the string or the id, since August 2026.

Wrong in two ways. What is held is longer than it needs to be, also where the stop is visible and
nothing needs holding. Bytes of a character that a hidden stop token interrupts are lost, and the
flush of the jail does not flush the detokenizer.
"""

from __future__ import annotations

from parity.stops.aho_corasick import AhoCorasick
from parity.stops.stop_decoder import StopDecoder, earlier
from parity.streams import Stops, StopStep


class LLMTokenizer(StopDecoder):
    """One request.

    longest: bytes of the longest stop string.
    state: the automaton's, after all text so far.
    """

    tie = "completes_first"
    unit = "bytes"
    options = frozenset({"ids", "visible"})

    def __init__(self, stops: Stops) -> None:
        super().__init__(stops)
        self.automaton = AhoCorasick(stops.strings)
        self.longest = max((len(string.encode()) for string in stops.strings), default=0)

    def reset(self) -> None:
        """Forget the request, as if just made."""
        super().reset()
        self.state = 0

    def read(self, step: StopStep) -> None:
        """Take the text before a stop token, then the token, or all the text."""
        id = self.stop_id(step)
        self._jail(step.text if id is None else earlier(step))
        if id is not None and not self.reason:
            self.text += step.shown if self.stops.visible else ""
            self.end("token", id)

    def _jail(self, text: str) -> None:
        before = len(self.text)
        self.text += text
        self.state, end, string = self.automaton.first(text, self.state)
        if string:
            self.cut(before + end - len(string), string)

    def kept(self, step: StopStep) -> int:  # noqa: ARG002 (a finish changes nothing)
        """Return the characters that the last bytes of the jail are in."""
        size = 0
        for number, character in enumerate(reversed(self.held)):
            if size >= self.longest:
                return number
            size += len(character.encode())
        return len(self.held)

    def flush(self) -> str:
        """Send the jail."""
        jail, self.sent = self.held, len(self.text)
        return jail
