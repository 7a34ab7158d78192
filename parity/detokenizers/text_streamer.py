r"""transformers' TextStreamer and TextIteratorStreamer: whole words, of all ids of the line so far.

Origin: transformers 5.23, `TextStreamer.put` and `end`. A step decodes all ids since the last
newline. Of the text, past what was printed of it, is sent

    all                       if it ends in a newline; the ids are forgotten then
    all                       if its last character is Han (`printable.HAN`)
    what is before the last   otherwise, that space with it; "" if that is printed already
    space

Held back: the last word; so a text without spaces and without Han, of kana, Thai, or one long
token, comes as one chunk at the end or at a newline (huggingface/transformers#22664).
At the end: the rest is sent, U+FFFD included, or "".
Invalid UTF-8: passes as U+FFFD. It is held back like a letter of the last word.
EOS: an id like others; special tokens are skipped as the request says.
Prompt: `generate` puts it first, and this is the streamer with `skip_prompt=True`, which drops it
unseen: the first space of a SentencePiece text is lost.
Several ids in a step are put together, and decoded once. One request a streamer.

Wrong after a newline: the ids are forgotten, so that a SentencePiece token or a WordPiece that
begins the next line has no context, and loses its space. Where the text that was printed grows
shorter or changes (a decoder that rewrites, U+FFFD that becomes a letter after a Han character was
printed past it), the count of what was printed stays, and characters are lost.

Cost: quadratic within a line, and a line may be the whole text.
"""

from __future__ import annotations

from collections.abc import Sequence

from parity.detokenizers.detokenizer import Decoder, Detokenizer, Traits
from parity.detokenizers.printable import is_han, whole_words
from parity.streams import Step


class TextStreamer(Detokenizer):
    """The ids of the line, and how many characters of it were printed."""

    traits = Traits("text_streamer", prompt=False, tail=True, whole=True)

    def __init__(
        self, decoder: Decoder, prompt: Sequence[int] = (), *, skip_special: bool = False
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.line: list[int] = []
        self.printed = 0

    def step(self, step: Step) -> str:
        """Return the words that are whole now."""
        self.line += step.ids
        text = self.decode(self.line)
        if text.endswith("\n"):
            chunk = text[self.printed :]
            self._forget()
            return chunk
        sure = text if text and is_han(text[-1]) else whole_words(text)
        chunk = sure[self.printed :]
        self.printed += len(chunk)
        return chunk

    def flush(self) -> str:
        """Return the rest of the line."""
        chunk = self.decode(self.line)[self.printed :] if self.line else ""
        self._forget()
        return chunk

    def _forget(self) -> None:
        self.line, self.printed = [], 0
