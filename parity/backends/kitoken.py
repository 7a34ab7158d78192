"""Kitoken, on a tokenizer.json, a SentencePiece .model, a rank file of tiktoken or a tekken.json.

Which of its four readers takes a file goes by the file's name: `.model` or `.model.vN`,
`.tiktoken`, `tekken*.json`; any other is a tokenizer.json. Specials: `parse` and `plain`; it has no
template. It decodes to bytes: what is not UTF-8 in them becomes U+FFFD, or with `text=bytes`
nothing does. There are no offsets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import kitoken

from parity.artefact import resolve, tokenizer_json
from parity.backend import Backend, Identity, refusing
from parity.backends._ducks import Duck, one_of
from parity.types import Encoding, Specials

LANGUAGE: Final = "Rust"
ISOLATED: Final = True
READERS: Final[Mapping[str, str]] = {
    r".*\.model(\.v\w+)?": "from_sentencepiece_file",
    r".*\.tiktoken": "from_tiktoken_file",
    r"tekken.*\.json": "from_tekken_file",
}
"""Patterns of file names, and what reads such a file."""


class Kitoken(Duck):
    """A `kitoken.Kitoken`."""

    def __init__(self, native: Any, identity: Identity, as_text: bool) -> None:
        super().__init__("kitoken", native, identity)
        self.as_text = as_text

    def ids(self, text: str, specials: Specials) -> list[int]:
        if specials == "template":
            self.lacks_mode(specials)
        found: list[int] = self.native.encode(text, specials == "parse")
        return found

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        if specials == "template":
            self.lacks_mode(specials)
        batch = [self.text(text) for text in texts]
        return [Encoding(ids) for ids in self.native.encode_all(batch, specials == "parse")]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        text: str | bytes = self._text(self.native.decode(ids, not skip_special))
        return text

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        return [self._text(data) for data in self.native.decode_all(batch, not skip_special)]

    def _text(self, data: bytes) -> Any:
        return data.decode("utf-8", "replace") if self.as_text else data


def make(target: str, text: str = "replace") -> Backend:
    """Return the backend for a folder with a tokenizer.json, or a file."""
    one_of("text", text, ("replace", "bytes"))
    path = resolve(target)
    reader = _reader(path)
    if reader == "from_tokenizers_file":
        path, _ = tokenizer_json(target)
    with refusing("kitoken", path):
        native = getattr(kitoken.Kitoken, reader)(str(path))
    facts = {"reader": reader, "text": text}
    identity = Identity(native, "kitoken", [str(path)], ["kitoken"], facts)
    return Kitoken(native, identity, text == "replace")


def _reader(path: Path) -> str:
    found = [reader for pattern, reader in READERS.items() if re.fullmatch(pattern, path.name)]
    return found[0] if found and path.is_file() else "from_tokenizers_file"
