"""tiktoken's educational encoder: byte-pair encoding in slow, readable Python, as an oracle.

On the ranks and the pattern of a tiktoken.json. It knows no special tokens: `plain` is all it has.
The adapter drops their ids before decoding where they are to be skipped, and brings texts into the
`normalization` of the tiktoken.json before, both as `tiktoken` does. It takes time that grows with
the square of a piece's length. There are no offsets, and batches are loops. `text=bytes` decodes by
`decode_bytes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tiktoken import _educational

from parity.artefact import resolve
from parity.backend import Backend, Identity, refusing
from parity.backends import _ranks
from parity.backends._ducks import Duck, one_of
from parity.types import Specials

LANGUAGE: Final = "Python"


class Educational(Duck):
    """A `SimpleBytePairEncoding`."""

    def __init__(self, path: Path, config: dict[str, Any], text: str) -> None:
        self.form, self.as_text = config.get("normalization"), text == "replace"
        self.special = frozenset(config["special_tokens"].values())
        ranks = path.parent / config["ranks"]
        made = _ranks.ranks(ranks)
        with refusing("tiktoken's educational encoder", path):
            native = _educational.SimpleBytePairEncoding(
                pat_str=config["pattern"], mergeable_ranks=made
            )
        facts = {"text": text, **_ranks.tables(self.form)}
        files = [str(ranks), str(path)]
        identity = Identity(native, "tiktoken", files, ["tiktoken", "regex"], facts)
        super().__init__("tiktoken_educational", native, identity)

    def ids(self, text: str, specials: Specials) -> list[int]:
        if specials != "plain":
            self.lacks_mode(specials)
        found: list[int] = self.native.encode(_ranks.normalized(self.form, text), visualise=None)
        return found

    def normal_form(self, text: str) -> str:
        return _ranks.normalized(self.form, text)

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        kept = [id for id in ids if id not in self.special] if skip_special else list(ids)
        found: str | bytes = (self.native.decode if self.as_text else self.native.decode_bytes)(
            kept
        )
        return found


def make(target: str, text: str = "replace") -> Backend:
    """Return the backend for a folder with a tiktoken.json, or that file."""
    one_of("text", text, ("replace", "bytes"))
    path = resolve(target)
    path = path / "tiktoken.json" if path.is_dir() else path
    return Educational(path, _ranks.config(path), text)
