"""bpe-qwen's QwenTokenizer, on a byte-level BPE tokenizer.json.

It reads vocab.json, merges.txt and tokenizer_config.json: a tokenizer.json has all three, and they
are written into a folder of their own for the time of loading. It has no choice of modes: special
tokens in the text are read, and none are added, which is `parse`. Its decode takes no
`skip_special_tokens`: it stands for the default of tokenizers, which leaves them out. There are no
offsets, and the batch call is a loop: its own is a pool of threads over the single one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import bpe_qwen

from parity.artefact import tokenizer_json
from parity.backend import Backend, Identity, refusing
from parity.backends._ducks import Duck
from parity.errors import BadSpec
from parity.types import Specials

LANGUAGE: Final = "Rust"
ISOLATED: Final = True


class BpeQwen(Duck):
    """A `bpe_qwen.QwenTokenizer`."""

    def ids(self, text: str, specials: Specials) -> list[int]:
        if specials != "parse":
            self.lacks_mode(specials)
        found: list[int] = self.native.encode(text)
        return found

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        if not skip_special:
            self.lacks("decode that keeps special tokens")
        text: str = self.native.decode(ids)
        return text


def make(target: str) -> Backend:
    """Return the backend for a folder, a tokenizer.json, tiny:NAME or asset:NAME."""
    path, content = tokenizer_json(target)
    with tempfile.TemporaryDirectory() as place:
        for name, text in _files(path, content).items():
            Path(place, name).write_text(text, encoding="utf-8")
        with refusing("bpe-qwen", path):
            native = bpe_qwen.QwenTokenizer(place)
    return BpeQwen("bpe_qwen", native, Identity(native, "bpe_qwen", [str(path)], ["bpe-qwen"]))


def _files(path: Path, content: dict[str, Any]) -> dict[str, str]:
    """Return what it reads, by the names of the files."""
    model = content["model"]
    if model.get("type") != "BPE":
        raise BadSpec(f"{path}: bpe-qwen is for BPE, this is {model.get('type')}")
    merges = [one if isinstance(one, str) else " ".join(one) for one in model["merges"]]
    added = {str(token["id"]): token for token in content.get("added_tokens") or []}
    return {
        "vocab.json": json.dumps(model["vocab"], ensure_ascii=False),
        "merges.txt": "\n".join(["#version: 0.2", *merges, ""]),
        "tokenizer_config.json": json.dumps({"added_tokens_decoder": added}, ensure_ascii=False),
    }
