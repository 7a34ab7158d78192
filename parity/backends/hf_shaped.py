"""Any library whose object is like a tokenizer of Hugging Face, by a dotted path.

    hf_shaped:DIR,load=fastokens:Tokenizer.from_file,split=split_special_tokens
    hf_shaped:DIR,load=gigatoken:Tokenizer,then=as_hf,calls=transformers,inner=tokenizer.backend

`load` is called with what `reads` says: `file` (the default: the path of the target, or of the
tokenizer.json in it), `folder`, or `text` (what is in that file). `then` names a method that gives
the object. `calls` says what that is like:

    tokenizers     encode(text, add_special_tokens=) has .ids and .offsets; encode_batch;
                   decode(ids, skip_special_tokens=); decode_batch, or it is called one by one
    transformers   encode(text, add_special_tokens=) is ids; the object, called with texts, gives
                   {"input_ids": ...}; decode as above; batch_decode

`split` names the argument that makes special tokens text, which is `plain`; without it there is no
`plain`. `offsets` says what the library's count: `none` (the default), `code_points`, or `bytes`
(of the text in UTF-8), which are converted: a range that begins or ends inside of a code point has
all of it. `decode` names the method that decodes, and `skip` its argument for special tokens;
with `skip=none` it has none, and stands for the default of tokenizers, which leaves them out.
Where it gives bytes, what is not UTF-8 in them becomes U+FFFD, or with `text=bytes` nothing does.

What is looked at as the vocabulary is `get_vocab` and the table of added tokens, where both are.
`inner` names the attribute with the object that does the work, `origin` the module that its class
must come from where that is not `load`'s, and `package` what pip installs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity.artefact import declared_ids, eos_id, normal_form, read_json, resolve, tokenizer_json
from parity.backend import Backend, Identity, refusing
from parity.backends._ducks import (
    Duck,
    check_call,
    dotted,
    identity_of,
    in_code_points,
    one_of,
    unlike,
)
from parity.errors import BadSpec
from parity.types import AddedToken, Encoding, Specials, Vocabulary

LANGUAGE: Final = "any"
ISOLATED: Final = True
FILES: Final = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "config.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "tekken.json",
)  # fmt: skip
"""What a library may read in a folder that it is given."""
UNITS: Final = ("none", "code_points", "bytes")


class Habits(NamedTuple):
    """What libraries do differently: options, as the module explains them."""

    reads: str = "file"
    then: str = ""
    calls: str = "tokenizers"
    split: str = ""
    offsets: str = "none"
    decode: str = "decode"
    skip: str = "skip_special_tokens"
    text: str = "replace"


class Shaped(Duck):
    """What both ways of calling have in common.

    path: what was loaded. content: the tokenizer.json that it is or has, or {}.
    units: how many of UNITS its offsets may be in.
    """

    units = 1

    def __init__(
        self, name: str, native: Any, identity: Identity, habits: Habits, path: Path, content: Any
    ) -> None:
        super().__init__(name, native, identity)
        self.habits, self.path, self.content = habits, path, content

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        call = getattr(self.native, self.habits.decode)
        text: str | bytes = self._text(call(ids, **self._skip(skip_special)))
        return text

    def normal_form(self, text: str) -> str:
        if not self.content:
            self.lacks("declared normal form")
        return normal_form(self.content, text)

    def eos(self) -> int | None:
        declared = declared_ids(self.content)
        added = {id: AddedToken(text, special=True) for text, id in declared.items()}
        return eos_id(self.path / "tokenizer.json" if self.path.is_dir() else self.path, added)

    def vocabulary(self) -> Vocabulary:
        names = getattr(self.native, "get_vocab", None)
        table = self._added_tokens()
        if names is None or not all(hasattr(token, "content") for token in table.values()):
            self.lacks("vocabulary")
        added = {id: _added(token) for id, token in table.items()}
        tokens = {id: token for token, id in names().items()}
        return Vocabulary(tokens, added, declared_ids(self.content) if self.content else None)

    def _added_tokens(self) -> dict[int, Any]:
        self.lacks("vocabulary")

    def _options(self, specials: Specials) -> dict[str, bool]:
        if specials != "plain":
            return {"add_special_tokens": specials == "template"}
        if not self.habits.split:
            self.lacks_mode(specials)
        return {"add_special_tokens": False, self.habits.split: True}

    def _skip(self, skip_special: bool) -> dict[str, bool]:
        if self.habits.skip != "none":
            return {self.habits.skip: skip_special}
        if not skip_special:
            self.lacks("decode that keeps special tokens")
        return {}

    def _text(self, found: Any) -> Any:
        as_text = isinstance(found, bytes) and self.habits.text == "replace"
        return found.decode("utf-8", "replace") if as_text else found


def _added(token: Any) -> AddedToken:
    flags = (getattr(token, flag, None) for flag in AddedToken._fields[2:])
    return AddedToken(token.content, bool(token.special), *flags)


class LikeTokenizers(Shaped):
    """An object like tokenizers' Tokenizer."""

    units = 3

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        text = self.text(text)
        return self._seen(text, self.native.encode(text, **self._options(specials)))

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        if self.habits.offsets == "none":
            self.no_offsets(offsets)
        options, batch = self._options(specials), [self.text(text) for text in texts]
        found = self.native.encode_batch(batch, **options)
        if not offsets:
            return [Encoding(one.ids) for one in found]
        whole = [*batch, *[""] * (len(found) - len(batch))]  # too many are shown as they are
        return [self._seen(text, one) for text, one in zip(whole, found, strict=False)]

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        if self.habits.decode != "decode" or not hasattr(self.native, "decode_batch"):
            return super().decode_batch(batch, skip_special)
        found: list[str] = self.native.decode_batch(batch, **self._skip(skip_special))
        return [self._text(one) for one in found]

    def _seen(self, text: str, found: Any) -> Encoding:
        if self.habits.offsets == "none":
            return Encoding(found.ids)
        by_bytes = self.habits.offsets == "bytes"
        return Encoding(
            found.ids, in_code_points(text, found.offsets) if by_bytes else found.offsets
        )

    def _added_tokens(self) -> dict[int, Any]:
        if not hasattr(self.native, "get_added_tokens_decoder"):
            self.lacks("vocabulary")
        return dict(self.native.get_added_tokens_decoder())


class LikeTransformers(Shaped):
    """An object like transformers' tokenizers: `encode` gives ids, a call takes a list of texts."""

    def ids(self, text: str, specials: Specials) -> list[int]:
        found: list[int] = self.native.encode(text, **self._options(specials))
        return found

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        batch, options = [self.text(text) for text in texts], self._options(specials)
        found = self.native(batch, **options) if batch else {"input_ids": []}
        return [Encoding(ids) for ids in found["input_ids"]]

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        found: list[str] = self.native.batch_decode(batch, **self._skip(skip_special))
        return [self._text(one) for one in found]

    def _added_tokens(self) -> dict[int, Any]:
        return dict(getattr(self.native, "added_tokens_decoder", {}))


CALLS: Final = {"tokenizers": LikeTokenizers, "transformers": LikeTransformers}


def make(  # noqa: PLR0913 (one option for each thing that libraries do differently)
    target: str,
    *,
    load: str = "",
    reads: str = "file",
    then: str = "",
    calls: str = "tokenizers",
    split: str = "",
    offsets: str = "none",
    decode: str = "decode",
    skip: str = "skip_special_tokens",
    text: str = "replace",
    inner: str = "",
    origin: str = "",
    package: str = "",
) -> Backend:
    """Return the backend for a folder, a file, tiny:NAME or asset:NAME."""
    one_of("text", text, ("replace", "bytes"))
    one_of("reads", reads, ("file", "folder", "text"))
    shape = CALLS[one_of("calls", calls, CALLS)]
    one_of("offsets", offsets, UNITS[: shape.units])
    habits = Habits(reads, then, calls, split, offsets, decode, skip, text)
    how = dotted(load, package)
    path, content = _read(target, reads)
    given = _text(path) if reads == "text" else str(path)
    check_call(how, given)
    with refusing(how.package, path):
        native = how.found(given)
    if then:
        if not hasattr(native, then):
            raise BadSpec(f"then={then}: {type(native).__qualname__} has no such method")
        with refusing(how.package, path):
            native = getattr(native, then)()
    files = [path] if path.is_file() else [path / name for name in FILES]
    facts = unlike(habits._asdict(), Habits._field_defaults)
    identity = identity_of(native, how, filter(Path.is_file, files), facts, inner, origin)
    return shape(how.package, native, identity, habits, path, content)


def _read(target: str, reads: str) -> tuple[Path, Any]:
    """Return what is loaded, and the content of the tokenizer.json that it is or has, or {}."""
    path = resolve(target)
    if reads == "folder":
        path = path if path.is_dir() else path.parent
        inside = path / "tokenizer.json"
        return path, read_json(inside) if inside.is_file() else {}
    if path.is_dir() or path.name == "tokenizer.json":
        return tokenizer_json(str(path))
    return path, {}


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadSpec(
            f"{path}: not UTF-8 at byte {error.start}, so reads=text cannot be"
        ) from error
