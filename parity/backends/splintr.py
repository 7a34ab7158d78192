"""splintr's AnyTokenizer, on a tokenizer.json.

Specials: `parse` is `encode_raw`, `template` is `encode`; its `encode_ordinary` keeps the template,
so there is no `plain`. There is a batch call for `template` alone: that of `parse` is a loop. Its
`decode` leaves special tokens out, `decode_with_special` does not. There are no offsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import splintr

from parity.artefact import normal_form, tokenizer_json
from parity.backend import Backend, Identity, refusing
from parity.backends._ducks import Duck
from parity.types import Encoding, Specials

LANGUAGE: Final = "Rust"
ISOLATED: Final = True


class Splintr(Duck):
    """A `splintr.AnyTokenizer`; `content` is the tokenizer.json."""

    def __init__(self, native: Any, identity: Identity, content: dict[str, Any]) -> None:
        super().__init__("splintr", native, identity)
        self.content = content

    def ids(self, text: str, specials: Specials) -> list[int]:
        if specials == "plain":
            self.lacks_mode(specials)
        call = self.native.encode if specials == "template" else self.native.encode_raw
        found: list[int] = call(text)
        return found

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        if specials != "template":
            return super().encode_batch(texts, specials)
        found = self.native.encode_batch([self.text(text) for text in texts])
        return [Encoding(ids) for ids in found]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        call = self.native.decode if skip_special else self.native.decode_with_special
        text: str = call(ids)
        return text

    def normal_form(self, text: str) -> str:
        return normal_form(self.content, text)


def make(target: str) -> Backend:
    """Return the backend for a folder, a tokenizer.json, tiny:NAME or asset:NAME."""
    path, content = tokenizer_json(target)
    with refusing("splintr", path):
        native = splintr.from_json(str(path))
    return Splintr(native, Identity(native, "splintr", [str(path)], ["splintr-rs"]), content)
