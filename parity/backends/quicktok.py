"""quicktok's Tokenizer, by the name of a vocabulary that it brings.

    quicktok:cl100k_base        also o200k_base, qwen3 and what else its get_encoding knows

Specials, and what `skip_special` does, are as of `tiktoken_shaped`. Its batch call gives one array
of ids, and where each text begins in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import quicktok

from parity.backend import Backend, Identity, refusing
from parity.backends.tiktoken_shaped import Habits, LikeTiktoken, special_tokens
from parity.types import Encoding, Specials

LANGUAGE: Final = "C++"
ISOLATED: Final = True


class Quicktok(LikeTiktoken):
    """A `quicktok.Tokenizer`."""

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        if specials == "template":
            self.lacks_mode(specials)
        batch = [self.text(text) for text in texts]
        ids, starts = self.native.encode_batch(batch, with_special=specials == "parse")
        every = ids.tolist()
        return [Encoding(every[start:end]) for start, end in pairwise(map(int, starts))]


def make(target: str) -> Backend:
    """Return the backend for the name of a vocabulary."""
    with refusing("quicktok", f"the name {target!r}"):
        native = quicktok.get_encoding(target)
    data = sorted((Path(quicktok.__file__).parent / "data").glob(f"{target}.*"))
    identity = Identity(native, "", list(map(str, data)), ["quicktok-v1"], {"vocabulary": target})
    return Quicktok(
        "quicktok", native, identity, Habits(special_tokens(native, "special_tokens_set"))
    )
