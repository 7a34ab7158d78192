"""An independent, readable reading of tokenizer.json for byte-level BPE models: our oracle.

Written from the format's documentation and from what tokenizers 0.23.3 was measured to do; it uses
the standard library and the `regex` package, and never the library that it judges. What it has no
exact answer for it refuses (Unsupported), so that an agreement with it means something.

    from parity import reference
    tokenizer = reference.load("corpora/tokenizers/byte-bpe-600")
    tokenizer.encode("Hello").ids

One file for each key of tokenizer.json: normalizers, pre_tokenizers (with patterns), models,
added_tokens, post_processors, decoders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity.reference.document import read
from parity.reference.tokenizer import Tokenizer

if TYPE_CHECKING:
    import os

__all__ = ["Tokenizer", "load"]


def load(source: str | os.PathLike[str]) -> Tokenizer:
    """Return the tokenizer of a tokenizer.json, named itself or by its folder.

    Raises BadSpec for a file that cannot be read or meant, Unsupported, naming key and type, for a
    component outside of byte-level BPE.
    """
    return Tokenizer(read(source))
