"""tokenizers' DecodeStream: text past a remembered prefix is new, if it still begins with it.

Origin: Hugging Face tokenizers 0.23, the one function behind `DecodeStream` in Rust and in Python.

    prefix    what the ids in the window decoded to when a chunk was last sent
    window    those ids, and all since; what lies before them is dropped

A step decodes the window. Where that is longer than the prefix, in bytes, and does not end in
U+FFFD, what lies past the prefix is sent, and the window moves: the ids before the ones that the
prefix is of are dropped, and the rest are decoded again for the next prefix. So two windows stay,
and the first gives a decoder its context (a leading space, the half of a character).

Held back: everything, while the text ends in U+FFFD, a real one of the text included.
At the end: nothing is sent; what is held is lost.
Invalid UTF-8: passes as U+FFFD as soon as anything else follows.
EOS: an id like others; the caller stops.
Prompt: the ids that the stream is made with are its first window. They are decoded at the first
step, not before. If their text ends in U+FFFD, or is empty, no prefix can be set, and the first
chunk holds the *whole prompt*: vllm-project/vllm#48853.
Several ids in a step are appended together and decoded once; no ids at all decode once too.

Wrong where a decoder rewrites what it has said. A run of byte tokens is judged as a whole by a
byte-fallback decoder, so that U+4E16 becomes four U+FFFD when a byte that does not belong follows
it: the text no longer begins with the prefix, and `InvalidPrefix` is raised, at this step and at
nearly every later one, since the window does not move: vllm-project/vllm#17448.

Cost: two decode calls a chunk, of windows that stay short; three as long as the prefix is empty
(nothing sent yet, or all of it special tokens that are skipped). While nothing can be sent the
window grows, and so a stream of n lone bytes, or of n skipped tokens, costs n * n.

The kinds of its errors are those of Python's package: an id that is no unsigned number of 32 bits
is an OverflowError where the stream is made, and a TypeError in a step, which leaves the window as
it was. The package has no class for `InvalidPrefix`, but raises a bare Exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parity.detokenizers.detokenizer import REPLACEMENT, Decoder, Detokenizer, Traits
from parity.streams import Step

LARGEST_ID: Final = 2**32 - 1
"""An id is an unsigned number of 32 bits there."""


class InvalidPrefix(Exception):
    """The text of the window no longer begins with what was sent of it."""


class DecodeStream(Detokenizer):
    """The library's stream, seeded with the prompt."""

    traits = Traits("window", prompt=True, tail=False, whole=True)

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        _check(prompt, OverflowError)
        self.window = list(prompt)
        self.prefix = ""
        self.prefix_ids = 0

    def step(self, step: Step) -> str | None:
        """Return what is new, or None. Raises InvalidPrefix."""
        return self.append(step.ids)

    def append(self, ids: Sequence[int]) -> str | None:
        """Return what some more ids add, or None."""
        _check(ids, TypeError)
        if not self.prefix and self.window:
            self._seed()
        self.window += ids
        text = self.decode(self.window)
        if text.endswith(REPLACEMENT) or not _longer(text, self.prefix):
            return None
        if not text.startswith(self.prefix):
            raise InvalidPrefix(f"{text!a} does not begin with {self.prefix!a}, which was sent")
        chunk = text[len(self.prefix) :]
        self._move()
        return chunk

    def _seed(self) -> None:
        text = self.decode(self.window)
        if not text.endswith(REPLACEMENT):
            self.prefix, self.prefix_ids = text, len(self.window)

    def _move(self) -> None:
        kept = len(self.window) - self.prefix_ids
        del self.window[: self.prefix_ids]
        self.prefix = self.decode(self.window)
        self.prefix_ids = kept


def _longer(text: str, prefix: str) -> bool:
    """Say whether a text has more bytes of UTF-8; counting them is the dear way to say so."""
    if text.startswith(prefix):
        return len(text) > len(prefix)
    return len(text.encode("utf-8", "surrogatepass")) > len(prefix.encode("utf-8", "surrogatepass"))


def _check(ids: Sequence[int], kind: type[Exception]) -> None:
    for id in ids:
        if not 0 <= id <= LARGEST_ID:
            raise kind(f"an id is a number from 0 to {LARGEST_ID}, this is {id!a}")
