"""The tiktoken package, on a rank file with its pattern and special tokens.

The target is a folder with a `tiktoken.json`, or that file:

    {"ranks": "FILE", "pattern": "...", "special_tokens": {"<|endoftext|>": 4096},
     "normalization": "NFC" or null, "bos": [ids], "eos": [ids]}

or a rank file, with `pattern=` and `specials=FILE` (a JSON object, content to id) as options.

What the adapter adds, because tiktoken has no such thing: `normalization` is done with this
Python's unicodedata before encoding, as Qwen's own tokenizer does it; `template` puts `bos` and
`eos` around the ids; `skip_special` drops the special ids before decoding. Specials: every token
of the table is special, `plain` is `encode_ordinary`. There are no offsets: tiktoken knows only
where a token starts. Bytes are encoded by the private call that tiktoken's own tests use.
`text=replace` (the default) decodes to text with U+FFFD, `text=bytes` to bytes.
The batch call is the loop over single ones: tiktoken's own is slower, one thread task a text.
tiktoken keeps a copy of each rank file that it reads, under its path as it was written, and never
looks whether the file has changed since: so it is told the file's digest, as its own encodings do.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import tiktoken
import tiktoken.load

from parity.artefact import read_json, resolve
from parity.backend import Backend, Identity, refusing
from parity.backends import _ranks
from parity.errors import BadSpec
from parity.reference.byte_alphabet import BYTE_TO_CHAR
from parity.types import AddedToken, Encoding, Specials, Vocabulary

LANGUAGE: Final = "Rust"


class Tiktoken(Backend):
    """A `tiktoken.Encoding`, made from a rank file."""

    name = "tiktoken"

    def __init__(self, files: Sequence[Path], config: dict[str, Any], text: str) -> None:
        self.files, self.config, self.text = files, config, text
        self.special: dict[str, int] = config["special_tokens"]
        self.everything = set(self.special)
        with refusing("tiktoken", files[0]):
            self.encoding = tiktoken.Encoding(
                files[0].name,
                pat_str=config["pattern"],
                mergeable_ranks=tiktoken.load.load_tiktoken_bpe(str(files[0]), _digest(files[0])),
                special_tokens=self.special,
            )

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return Encoding(self._ids(text, specials))

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        return [Encoding(self._ids(text, specials)) for text in texts]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        if skip_special:
            special = self.special.values()
            ids = [id for id in ids if id not in special]
        if self.text == "bytes":
            return self.encoding.decode_bytes(ids)
        return self.encoding.decode(ids)

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        return [self.decode(ids, skip_special) for ids in batch]  # type: ignore[return-value]

    def vocabulary(self) -> Vocabulary:
        ranks = self.encoding._mergeable_ranks  # noqa: SLF001 (there is no public way)
        tokens = {id: "".join(map(BYTE_TO_CHAR.__getitem__, data)) for data, id in ranks.items()}
        added = {id: AddedToken(text, special=True) for text, id in self.special.items()}
        tokens.update((id, token.content) for id, token in added.items())
        return Vocabulary(tokens, added, self.special)

    def normal_form(self, text: str) -> str:
        form = self.config.get("normalization")
        return unicodedata.normalize(form, text) if form else text

    @property
    def _unicode(self) -> dict[str, str]:
        return {"unicode normalization": unicodedata.unidata_version.partition(".")[0]}

    def identity(self) -> Identity:
        rules = self.config["pattern"], sorted(self.special.items())
        return Identity(
            self.encoding._core_bpe,  # noqa: SLF001 (the object that does the work)
            "tiktoken",
            [str(path) for path in self.files],
            ["tiktoken"],
            {
                "rules": hashlib.sha256(repr(rules).encode()).hexdigest()[:16],
                "normalization": f"{self.config.get('normalization')}, Unicode "
                f"{unicodedata.unidata_version}",
                **(self._unicode if self.config.get("normalization") else {}),
            },
            self.encoding,
            "tiktoken",
        )

    def _ids(self, text: str | bytes, specials: Specials) -> list[int]:
        if isinstance(text, bytes):
            return self.encoding._encode_bytes(text)  # noqa: SLF001 (there is no public way)
        form = self.config.get("normalization")
        if form:
            text = unicodedata.normalize(form, text)
        if specials == "plain":
            return self.encoding.encode_ordinary(text)
        ids = self.encoding.encode(text, allowed_special=self.everything, disallowed_special=())
        if specials == "parse":
            return ids
        if self.config.get("bos") is None or self.config.get("eos") is None:
            self.lacks("template: its tiktoken.json has no bos and eos")
        return [*self.config["bos"], *ids, *self.config["eos"]]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make(target: str, pattern: str = "", specials: str = "", text: str = "replace") -> Backend:
    """Return the backend for a folder with a tiktoken.json, that file, or a rank file."""
    if text not in ("replace", "bytes"):
        raise BadSpec(f"tiktoken: the option text is 'replace' or 'bytes', not {text!r}")
    path = resolve(target)
    if path.is_dir() or path.suffix == ".json":
        path = path / "tiktoken.json" if path.is_dir() else path
        config = _ranks.config(path)
        return Tiktoken([path.parent / config["ranks"], path], config, text)
    if not pattern:
        raise BadSpec(f"{path} is a rank file: it needs pattern=... (and specials=FILE)")
    files = [path, *([Path(specials)] if specials else [])]
    special = read_json(files[1]) if specials else {}
    return Tiktoken(files, {"pattern": pattern, "special_tokens": special}, text)
