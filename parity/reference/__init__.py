"""An independent, readable reading of tokenizer.json: our oracle.

Written from the format's documentation and from what tokenizers 0.23.3 was measured to do; it uses
the standard library and the `regex` package, and never the library that it judges. What it has no
exact answer for it refuses (Unsupported), so that an agreement with it means something.

    from parity import reference
    tokenizer = reference.load("corpora/tokenizers/byte-bpe-600")
    tokenizer.encode("Hello").ids

One file or folder for each key of tokenizer.json: added_tokens, normalizers, pre_tokenizers,
models, lengths (truncation and padding), post_processors, decoders. Beside them: patterns, which
carries regular expressions; unicode_tables, which says what tokenizers takes a character for;
segments, where a piece of text keeps the place that it came from; document, for errors with a path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parity.reference.current import versions
from parity.reference.document import read
from parity.reference.tokenizer import Encoded, Stages, Tokenizer
from parity.reference.unicode_tables import UNICODE

if TYPE_CHECKING:
    import os

__all__ = ["UNICODE", "Encoded", "Stages", "Tokenizer", "load", "versions"]


def load(source: str | os.PathLike[str], *, current: bool = False) -> Tokenizer:
    """Return the tokenizer of a tokenizer.json, named itself or by its folder.

    current: read Unicode by the tables of today (`current.py`), not by those of tokenizers.

    Raises BadSpec, with the JSON path, for a file that cannot be read; Unsupported for what has no
    exact answer: dropout, a pattern that cannot be carried. What only a text shows, such as a
    template of one text that names a second, raises there.
    """
    return Tokenizer(read(source)._replace(current=current))
