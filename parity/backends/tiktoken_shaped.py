"""Any library whose object is like tiktoken's Encoding, by a dotted path.

    tiktoken_shaped:DIR,load=riptoken:CoreBPE                    on the ranks of a tiktoken.json
    tiktoken_shaped:cl100k_base,load=bpe_openai:get_encoding,reads=name        on its own

`load` is called with what `reads` says: `ranks` (the default: ranks, special tokens and pattern, as
tiktoken's CoreBPE), `encoding` (a name, pat_str=, mergeable_ranks=, special_tokens=, as its
Encoding), both from a folder with a tiktoken.json; or `name`: the target is the name of a
vocabulary that the library brings. `data` is where in its package that lies, such as
data/{}.tiktoken.gz, to be in the fingerprint.

The object has `encode_ordinary` (`plain`), `encode` (`parse`), `decode`, and maybe
`encode_ordinary_batch` and `encode_batch`; without these, batches are loops. `parse` says how
`encode` is told to read all special tokens: `all` (allowed_special="all", disallowed_special=()),
or `set` (allowed_special={...}). There is no template.

What the adapter adds, because the shape has no such thing: the `normalization` of a tiktoken.json
is done before, as `tiktoken` does it; `skip_special` drops the ids of special tokens before
decoding. Which those are says the tiktoken.json, or the attribute that `special` names: a table,
or names whose ids are asked for by `encode_single_token`. `text=bytes` decodes by `decode_bytes`.
`inner`, `origin` and `package` are as of `hf_shaped`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity.artefact import resolve
from parity.backend import Backend, Identity, refusing
from parity.backends import _ranks
from parity.backends._ducks import Dotted, Duck, check_call, dotted, identity_of, one_of, unlike
from parity.errors import BadSpec
from parity.types import Encoding, Specials

LANGUAGE: Final = "any"
ISOLATED: Final = True
EVERYTHING: Final = {"allowed_special": "all", "disallowed_special": ()}
"""How tiktoken is told to read special tokens in a text."""


class Habits(NamedTuple):
    """What libraries do differently.

    special: special tokens and their ids. parse: arguments that make `encode` read all of them.
    normalization: the form that texts are brought into before. text: replace or bytes.
    """

    special: Mapping[str, int]
    parse: Mapping[str, Any] = EVERYTHING
    normalization: str | None = None
    text: str = "replace"


class LikeTiktoken(Duck):
    """An object like tiktoken's Encoding."""

    def __init__(self, name: str, native: Any, identity: Identity, habits: Habits) -> None:
        super().__init__(name, native, identity)
        self.habits, self.special = habits, frozenset(habits.special.values())

    def text(self, text: str | bytes) -> str:
        return _ranks.normalized(self.habits.normalization, super().text(text))

    def normal_form(self, text: str) -> str:
        return _ranks.normalized(self.habits.normalization, text)

    def ids(self, text: str, specials: Specials) -> list[int]:
        found: list[int]
        if specials == "template":
            self.lacks_mode(specials)
        if specials == "plain":
            found = self.native.encode_ordinary(text)
        else:
            found = self.native.encode(text, **self.habits.parse)
        return found

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        if specials == "template":
            self.lacks_mode(specials)
        plain = specials == "plain"
        call = getattr(self.native, "encode_ordinary_batch" if plain else "encode_batch", None)
        if call is None:
            return super().encode_batch(texts, specials)
        batch = [self.text(text) for text in texts]
        return [Encoding(ids) for ids in call(batch, **({} if plain else self.habits.parse))]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        kept = [id for id in ids if id not in self.special] if skip_special else list(ids)
        by_bytes = self.habits.text == "bytes"
        found: str | bytes = (self.native.decode_bytes if by_bytes else self.native.decode)(kept)
        return found


def make(  # noqa: PLR0913 (one option for each thing that libraries do differently)
    target: str,
    *,
    load: str = "",
    reads: str = "ranks",
    special: str = "special_tokens_set",
    parse: str = "all",
    data: str = "",
    text: str = "replace",
    inner: str = "",
    origin: str = "",
    package: str = "",
) -> Backend:
    """Return the backend for a folder with a tiktoken.json, or for a name."""
    one_of("reads", reads, ("ranks", "encoding", "name"))
    one_of("parse", parse, ("all", "set"))
    one_of("text", text, ("replace", "bytes"))
    how = dotted(load, package)
    if reads == "name":
        native, files, config = _named(how, target, data)
        config["special_tokens"] = special_tokens(native, special)
    else:
        native, files, config = _made(how, target, reads)
    habits = Habits(
        config["special_tokens"],
        {"allowed_special": set(config["special_tokens"])} if parse == "set" else EVERYTHING,
        config.get("normalization"),
        text,
    )
    usual = {"reads": "ranks", "parse": "all", "text": "replace"}
    facts = unlike({"reads": reads, "parse": parse, "text": text}, usual)
    facts |= {"vocabulary": target} if reads == "name" else {}
    facts |= _ranks.tables(habits.normalization)
    return LikeTiktoken(
        how.package, native, identity_of(native, how, files, facts, inner, origin), habits
    )


def _named(how: Dotted, name: str, data: str) -> tuple[Any, list[Path], dict[str, Any]]:
    check_call(how, name)
    with refusing(how.package, f"the name {name!r}"):
        native = how.found(name)
    return native, package_files(how, data.replace("{}", name)) if data else [], {}


def _made(how: Dotted, target: str, reads: str) -> tuple[Any, list[Path], dict[str, Any]]:
    path = resolve(target)
    path = path / "tiktoken.json" if path.is_dir() else path
    config = _ranks.config(path)
    ranks, special = _ranks.ranks(path.parent / config["ranks"]), config["special_tokens"]
    arguments: tuple[Any, ...] = (ranks, special, config["pattern"])
    named: dict[str, Any] = {}
    if reads == "encoding":
        arguments = (path.parent.name,)
        named = {
            "pat_str": config["pattern"], "mergeable_ranks": ranks, "special_tokens": special,
        }  # fmt: skip
    check_call(how, *arguments, **named)
    with refusing(how.package, path):
        native = how.found(*arguments, **named)
    return native, [path.parent / config["ranks"], path], config


def special_tokens(native: Any, attribute: str) -> dict[str, int]:
    """Return the special tokens of an object, by the attribute that has them. Raises BadSpec."""
    if not hasattr(native, attribute):
        raise BadSpec(f"special={attribute}: {type(native).__qualname__} has no such attribute")
    found = getattr(native, attribute)
    if isinstance(found, Mapping):
        return dict(found)
    return {name: native.encode_single_token(name) for name in found}


def package_files(how: Dotted, pattern: str) -> list[Path]:
    """Return the files of a library's package that match a pattern. Raises BadSpec for none."""
    home = Path(str(how.module.__file__)).parent
    found = sorted(home.glob(pattern))
    if not found:
        raise BadSpec(f"data={pattern}: there is no such file in {home}")
    return found
