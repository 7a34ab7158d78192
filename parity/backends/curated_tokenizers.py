"""curated-tokenizers, spaCy's: GPT-2's byte-level BPE, and a SentencePiece that it was built with.

The target is a .model, or a folder with a byte-level BPE tokenizer.json, of which it gets the
vocabulary and the merges: it splits every text as GPT-2 does, whatever the file says. Of BPE it
knows no special tokens: `plain` is all it has. Of a .model `parse` and `plain` are one, as of
`sentencepiece`. There is no template; decoding skips what it skips, so that what keeps special
tokens is Unsupported; there are no offsets, and batches are loops.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import curated_tokenizers

from parity.artefact import resolve, tokenizer_json
from parity.backend import Backend, Identity, refusing
from parity.backends._ducks import Duck
from parity.errors import BadSpec
from parity.types import Specials

LANGUAGE: Final = "C++"
ISOLATED: Final = True


class Curated(Duck):
    """A `ByteBPEProcessor`, or a `SentencePieceProcessor`; `modes` are those of special tokens."""

    modes: tuple[Specials, ...] = ("plain",)

    def ids(self, text: str, specials: Specials) -> list[int]:
        if specials not in self.modes:
            self.lacks_mode(specials)
        found: list[int] = self.native.encode_as_ids(text)
        return found

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        if not skip_special:
            self.lacks("decode that keeps special tokens")
        text: str = self.native.decode_from_ids(list(ids))
        return text


class Pieces(Curated):
    """One of SentencePiece."""

    modes = ("parse", "plain")


def make(target: str) -> Backend:
    """Return the backend for a .model, or a folder with a tokenizer.json."""
    path = resolve(target)
    if path.is_file() and path.suffix != ".json":
        with refusing("curated-tokenizers", path):
            native = curated_tokenizers.SentencePieceProcessor.from_file(str(path))
        return Pieces("curated_tokenizers", native, _identity(native, path))
    path, content = tokenizer_json(target)
    model = content["model"]
    if model.get("type") != "BPE":
        raise BadSpec(f"{path}: curated-tokenizers reads BPE of it, this is {model.get('type')}")
    merges = [tuple(one.split(" ") if isinstance(one, str) else one) for one in model["merges"]]
    with refusing("curated-tokenizers", path):
        native = curated_tokenizers.ByteBPEProcessor(model["vocab"], merges)
    return Curated("curated_tokenizers", native, _identity(native, path))


def _identity(native: Any, path: Path) -> Identity:
    """Return who it is, of no origin: methods that Cython compiled name no file that is there."""
    return Identity(native, "", [str(path)], ["curated-tokenizers"])
