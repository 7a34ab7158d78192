"""rs-bpe's Tokenizer, by the name of a vocabulary that is compiled into it.

    rs_bpe:cl100k_base

It knows no special tokens: `plain` is all it has. Its decode has None for what is not UTF-8: here
that is "". There are no offsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import rs_bpe

from parity.backend import Backend, Identity
from parity.backends._ducks import Duck, one_of
from parity.types import Encoding, Specials

LANGUAGE: Final = "Rust"
ISOLATED: Final = True
NAMES: Final = ("cl100k_base", "o200k_base")


class RsBpe(Duck):
    """What `rs_bpe.openai.NAME()` gives."""

    def ids(self, text: str, specials: Specials) -> list[int]:
        if specials != "plain":
            self.lacks_mode(specials)
        found: list[int] = self.native.encode(text)
        return found

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        return [self.encode(text, specials) for text in texts]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        return self.native.decode(list(ids)) or ""


def make(target: str) -> Backend:
    """Return the backend for the name of a vocabulary."""
    openai: Any = rs_bpe.openai
    native = getattr(openai, one_of("rs_bpe: the target", target, NAMES))()
    return RsBpe("rs_bpe", native, Identity(native, "", [], ["rs-bpe"], {"vocabulary": target}))
