"""llm-tokenizer of October 2025: list order, and a jail for the beginning of a stop.

Origin: `StopSequenceDecoder` of sglang's model gateway, before Aho-Corasick (January 2026).
What is jailed and what is new is searched for each stop in turn; then the longest end of it that a
stop begins with is jailed and the rest is sent.

Tie: list order among the stops that are in the jail and the new text; of that stop the first place.
Held back: exactly the beginning of a stop that the text ends with, in bytes; nothing if there is
none.
Visible: the text through the match.
Stop tokens: as in `llm_tokenizer`.
Minimum of tokens: no such option.
At the end: `flush` sends the jail. At a stop nothing is held.
Matched: not reported by the original; here it is the string that it found.

Wrong in two ways. To look for beginnings it takes the last 1, 2, ... bytes of the text, up to one
less than the stop has, without asking whether a character starts there: where the text ends in a
character of several bytes and a stop has several bytes, it panics ("byte index 1 is not a char
boundary"); here NotACharBoundary is raised. And the stop that is first in the list wins although
another one ended long before it, so that steps of several tokens have another answer.
"""

from __future__ import annotations

from typing import Final

from parity.stops.stop_decoder import StopDecoder, earlier
from parity.streams import StopStep

_TOP_BITS: Final = 0xC0
_CONTINUATION: Final = 0x80


class NotACharBoundary(IndexError):
    """A string was sliced inside of a character, which panics."""


class LLMTokenizer202510(StopDecoder):
    """One request."""

    tie = "list_order"
    unit = "bytes"
    options = frozenset({"ids", "visible"})

    def read(self, step: StopStep) -> None:
        """Take the text before a stop token, then the token, or all the text."""
        id = self.stop_id(step)
        self._jail(step.text if id is None else earlier(step))
        if id is not None and not self.reason:
            self.text += step.shown if self.stops.visible else ""
            self.end("token", id)

    def _jail(self, text: str) -> None:
        self.text += text
        for string in self.stops.strings:
            start = self.text.find(string, self.sent)
            if start >= 0:
                self.cut(start, string)
                return

    def _beginning(self, data: bytes) -> int:
        """Return how many characters at the end could begin a stop."""
        longest = 0
        for stop in (string.encode() for string in self.stops.strings):
            for length in range(1, min(len(data), len(stop) - 1) + 1):
                start = len(data) - length
                if data[start] & _TOP_BITS == _CONTINUATION:
                    raise NotACharBoundary(f"byte index {start} is not a char boundary")
                if stop.startswith(data[start:]):
                    longest = max(longest, length)
        return len(data[len(data) - longest :].decode())

    def kept(self, step: StopStep) -> int:  # noqa: ARG002 (a finish changes nothing)
        """Return what is jailed, or break where the last character has several bytes."""
        return self._beginning(self.held.encode())

    def flush(self) -> str:
        """Send the jail."""
        jail, self.sent = self.held, len(self.text)
        return jail
