"""The shapes that most libraries have, as backends: of tokenizers, of transformers, of tiktoken.

They translate and do not repair. A mode of special tokens that a library has no call for is
`lacks(...)`; where it has no batch call, ours is a loop over its single one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from parity.backend import Backend, Identity
from parity.types import Encoding, Specials

PARSE: Final = {"allowed_special": "all", "disallowed_special": ()}
"""How tiktoken is told to read special tokens in a text."""


class Library(Backend):
    """What all have in common: no bytes, no offsets, loops for batches, and who they are."""

    def __init__(self, name: str, native: Any, identity: Identity) -> None:
        self.name, self.native, self._identity = name, native, identity

    def ids(self, text: str, specials: Specials) -> list[int]:
        """Return the ids of one text: what a library is to override, or `encode`."""
        self.lacks("encode")

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return Encoding(self.ids(self.text(text), specials))

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        return [self.encode(text, specials) for text in texts]

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        return [str(self.decode(ids, skip_special)) for ids in batch]

    def identity(self) -> Identity:
        return self._identity

    def text(self, text: str | bytes) -> str:
        """Return a text that is one."""
        if isinstance(text, bytes):
            self.lacks("encode of bytes")
        return text

    def no_offsets(self, offsets: bool) -> None:
        """Answer that there are none, where they are asked for."""
        if offsets:
            self.lacks("offsets")

    def lacks_mode(self, specials: Specials) -> NoReturn:
        """Answer that special tokens cannot be treated so."""
        self.lacks(f"mode {specials!r} of special tokens")


class TokenizersShaped(Library):
    """An object like tokenizers' Tokenizer: `encode(text, add_special_tokens=).ids`, `decode`.

    splits: whether it takes `split_special_tokens=`, which is `plain`. ranges: whether its
    encodings have offsets, in code points.
    """

    def __init__(
        self,
        name: str,
        native: Any,
        identity: Identity,
        *,
        splits: bool = False,
        ranges: bool = False,
    ) -> None:
        super().__init__(name, native, identity)
        self.splits, self.ranges = splits, ranges

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self._seen(self.native.encode(self.text(text), **self._options(specials)))

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        if not self.ranges:
            self.no_offsets(offsets)
        options, batch = self._options(specials), [self.text(text) for text in texts]
        return [self._seen(one) for one in self.native.encode_batch(batch, **options)]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        text: str = self.native.decode(ids, skip_special_tokens=skip_special)
        return text

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        if not hasattr(self.native, "decode_batch"):
            return super().decode_batch(batch, skip_special)
        texts: list[str] = self.native.decode_batch(batch, skip_special_tokens=skip_special)
        return texts

    def _options(self, specials: Specials) -> dict[str, bool]:
        if specials != "plain":
            return {"add_special_tokens": specials == "template"}
        if not self.splits:
            self.lacks_mode(specials)
        return {"add_special_tokens": False, "split_special_tokens": True}

    def _seen(self, found: Any) -> Encoding:
        return Encoding(found.ids, found.offsets if self.ranges else None)


class TransformersShaped(Library):
    """An object like transformers' tokenizers: `encode` gives ids, a call takes a list of texts."""

    def ids(self, text: str, specials: Specials) -> list[int]:
        found: list[int] = self.native.encode(text, add_special_tokens=self._template(specials))
        return found

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        batch, template = [self.text(text) for text in texts], self._template(specials)
        found = self.native(batch, add_special_tokens=template) if batch else {"input_ids": []}
        return [Encoding(ids) for ids in found["input_ids"]]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        text: str = self.native.decode(ids, skip_special_tokens=skip_special)
        return text

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        texts: list[str] = self.native.batch_decode(batch, skip_special_tokens=skip_special)
        return texts

    def _template(self, specials: Specials) -> bool:
        if specials == "plain":
            self.lacks_mode(specials)
        return specials == "template"


class TiktokenShaped(Library):
    """An object like tiktoken's Encoding: `encode_ordinary`, `encode(text, allowed_special=)`.

    special: its special tokens. `skip_special` drops their ids before decoding, as our own
    adapter of tiktoken does. parse: how `encode` is told to read all of them.
    """

    def __init__(
        self,
        name: str,
        native: Any,
        identity: Identity,
        special: Mapping[str, int],
        *,
        parse: Mapping[str, Any] = PARSE,
    ) -> None:
        super().__init__(name, native, identity)
        self.special, self.options = frozenset(special.values()), dict(parse)

    def ids(self, text: str, specials: Specials) -> list[int]:
        found: list[int]
        if specials == "template":
            self.lacks_mode(specials)
        if specials == "plain":
            found = self.native.encode_ordinary(text)
        else:
            found = self.native.encode(text, **self.options)
        return found

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        if specials == "template":
            self.lacks_mode(specials)
        if not hasattr(self.native, "encode_ordinary_batch"):
            return super().encode_batch(texts, specials)
        batch = [self.text(text) for text in texts]
        if specials == "plain":
            return [Encoding(ids) for ids in self.native.encode_ordinary_batch(batch)]
        return [Encoding(ids) for ids in self.native.encode_batch(batch, **self.options)]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        text: str = self.native.decode(self.kept(ids, skip=skip_special))
        return text

    def kept(self, ids: Sequence[int], *, skip: bool) -> list[int]:
        """Return the ids that are decoded."""
        return [id for id in ids if id not in self.special] if skip else list(ids)
