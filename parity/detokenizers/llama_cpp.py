r"""llama.cpp's server: the bytes of the tokens, sent as soon as no character at the end is cut.

Origin: llama.cpp, `process_token` of tools/server. A token has bytes of its own, whatever stands
before it; nothing is decoded. The bytes so far are *cut* if one of the last four begins a character
of two, three or four bytes and fewer than that follow, counted with it.

Held back: everything while the bytes are cut. There is no frame at all for such a token, and its id
is in no frame either: `reported` is the ids whose frame was sent. Ids in a stream of text that is
not ASCII are therefore too few.
At the end: the last frame is empty; what is held is not in the stream. The answer that is given
whole has it, with U+FFFD for bytes that are no UTF-8.
Invalid UTF-8: the bytes pass as they are; a continuation byte alone is sent at once.
EOS and special tokens: no bytes, whatever the request says; their frame is empty and has the id.
Prompt: not looked at, and not needed: the first space of a SentencePiece token stays.
Several ids in a step are taken one after another, and their frames are joined.

Wrong by its look at lead bytes alone: a lead byte that something else follows, E4 41, still counts
as cut until three bytes more have come. What is a partial stop string waits, too; that is a stop
decoder's business, and not here.

Cost: the same for every token; of the bytes, only those that are not sent are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from parity.detokenizers.detokenizer import Decoder, Detokenizer, Traits
from parity.streams import Step

LEADS: Final = ((0xE0, 0xC0, 2), (0xF0, 0xE0, 3), (0xF8, 0xF0, 4))
"""Mask, value and length: a byte that is the value under the mask begins so many bytes."""
LONGEST: Final = 4
"""Bytes of the longest character."""


class LlamaCpp(Detokenizer):
    """The bytes that are not sent yet, and the last few that were."""

    traits = Traits("llama_cpp", prompt=False, tail=False, skips=True)

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.held = bytearray()
        self.sent_tail = b""
        self.shown: list[int] = []

    def step(self, step: Step) -> bytes | None:
        """Return the bytes of the frames of the ids, joined, or None if there is no frame."""
        self.shown = []
        frames = [frame for id in step.ids if (frame := self._next(id)) is not None]
        return b"".join(frames) if frames else None

    def _next(self, id: int) -> bytes | None:
        if id not in self.decoder.special:
            self.held += self.decoder.piece(id)
        tail = (self.sent_tail + self.held[-LONGEST:])[-LONGEST:]
        if is_cut(tail):
            return None
        frame, self.sent_tail = bytes(self.held), tail
        self.held.clear()
        self.shown.append(id)
        return frame

    def flush(self) -> bytes:
        """Return the last frame, which is empty."""
        return b""

    def reported(self, step: Step) -> tuple[int, ...]:  # noqa: ARG002 (what came of it is known)
        """Return the ids of the last step whose frame was sent."""
        return tuple(self.shown)


def is_cut(data: bytes) -> bool:
    r"""Say whether a character at the end looks unfinished.

    >>> is_cut(b"\xe4\xb8"), is_cut(b"\xe4\xb8\x96"), is_cut(b"\x96"), is_cut(b"\xe4A")
    (True, False, False, True)
    """
    for length, byte in enumerate(reversed(data[-LONGEST:]), 1):
        for mask, value, whole in LEADS:
            if byte & mask == value and length < whole:
                return True
    return False
