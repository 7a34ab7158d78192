"""A candidate with a fault that no test of plain English finds."""

from __future__ import annotations

from collections.abc import Sequence

from parity.backend import Backend, Identity
from parity.backends import load
from parity.types import Encoding, Specials


class ForgetsReplacements(Backend):
    """Another tokenizer, whose decoder throws away bytes that are no whole character.

    That is what `bytes.decode(errors="ignore")` does: right for every text that is complete, and
    wrong in the middle of a stream, where the first bytes of a character come before the rest.
    """

    def __init__(self, inner: Backend) -> None:
        self.inner = inner

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        """Encode as it should be."""
        return self.inner.encode(text, specials)

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:  # noqa: FBT001, FBT002
        """Decode without U+FFFD."""
        return self.inner.decode(ids, skip_special).replace("\ufffd", "")

    def identity(self) -> Identity:
        """Say what it is made of."""
        return Identity(self, parts=[self.inner.identity()], facts={"errors": "ignore"})


def forgets_replacements() -> Backend:
    """Return the candidate: `py:candidates:forgets_replacements`."""
    return ForgetsReplacements(load("reference:tiny:byte-bpe-4096"))
