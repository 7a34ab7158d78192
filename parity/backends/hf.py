"""The tokenizers package: `Tokenizer.from_file` on a tokenizer.json, nothing rebuilt.

Specials: `plain` is `encode_special_tokens = True`, where special tokens are text but added tokens
that are not special are still matched. Offsets come in code points, as the package gives them.
Truncation and padding are as the file says; the package has no call that cuts one batch, but
settings of the tokenizer, so `encode_cut` sets them, encodes, and sets what the file says. Streams
are the package's DecodeStream, one a request; its error, which has no class of its own, is shown as
InvalidPrefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, Final, cast

import tokenizers
from tokenizers import decoders

from parity.artefact import declared_ids, eos_id, normal_form, tokenizer_json
from parity.backend import Backend, Identity, refusing
from parity.backends._hf_stages import OpenStages
from parity.backends._hf_unicode import versions
from parity.detokenizers.decode_stream import InvalidPrefix
from parity.detokenizers.detokenizer import Decoder, Detokenizer, Make
from parity.detokenizers.engine import run_script
from parity.stages import Stages
from parity.streaming import decoder_of
from parity.streams import Script, Step, Streamed
from parity.types import AddedToken, Encoding, Specials, Vocabulary

LANGUAGE: Final = "Rust"

INVALID_PREFIX = "Invalid prefix encountered"
"""How the message of that error starts."""


class HF(Backend):
    """A `tokenizers.Tokenizer`, made from a file."""

    name = "hf"
    releases_gil = True

    def __init__(self, target: str) -> None:
        self.path, self.content = tokenizer_json(target)
        with refusing("tokenizers", self.path):
            self.tokenizer = tokenizers.Tokenizer.from_file(str(self.path))
        self.lengths = [getattr(self.tokenizer, name, None) for name in ("truncation", "padding")]

    @cached_property
    def _plain(self) -> tokenizers.Tokenizer:
        tokenizer = tokenizers.Tokenizer.from_file(str(self.path))
        tokenizer.encode_special_tokens = True
        return tokenizer

    @cached_property
    def _stages(self) -> OpenStages:
        return OpenStages(self.tokenizer)

    @cached_property
    def _plain_stages(self) -> OpenStages:
        return OpenStages(self._plain)

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        if isinstance(text, bytes):
            self.lacks("encode of bytes")
        seen = self._for(specials).encode(text, add_special_tokens=specials == "template")
        return Encoding(seen.ids, seen.offsets)

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        if any(isinstance(text, bytes) for text in texts):
            self.lacks("encode of bytes")
        batch = cast("list[str]", texts)
        template = specials == "template"
        return [
            Encoding(seen.ids, seen.offsets if offsets else None)
            for seen in self._for(specials).encode_batch(batch, add_special_tokens=template)
        ]

    def encode_cut(self, texts: Sequence[str], length: int) -> list[Encoding]:
        self.tokenizer.enable_truncation(length)
        self.tokenizer.enable_padding(length=length)
        try:
            return self.encode_batch(texts)
        finally:
            _set_back(self.tokenizer, *self.lengths)

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=skip_special)

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        return self.tokenizer.decode_batch(batch, skip_special_tokens=skip_special)

    @property
    def algorithm(self) -> str:
        return "decode_stream"

    def stream(self, script: Script) -> Streamed:
        if not hasattr(decoders, "DecodeStream"):
            self.lacks("stream: this version of tokenizers has no DecodeStream")
        return run_script(self.make_stream, decoder_of(self), script)

    @property
    def make_stream(self) -> Make:
        """What makes a stream of the package's own."""
        return partial(_Stream, self.tokenizer)

    def stages(self, text: str, specials: Specials = "parse") -> Stages:
        opened = self._plain_stages if specials == "plain" else self._stages
        return opened.of(text, specials)

    def eos(self) -> int | None:
        return eos_id(self.path, self.vocabulary().added)

    def vocabulary(self) -> Vocabulary:
        names = self.tokenizer.get_vocab(with_added_tokens=True)
        table = self.tokenizer.get_added_tokens_decoder()
        added = {id: added_token(token) for id, token in table.items()}
        tokens = {id: token for token, id in names.items()}
        return Vocabulary(tokens, added, declared_ids(self.content))

    def normal_form(self, text: str) -> str:
        return normal_form(self.content, text)

    def identity(self) -> Identity:
        configs = [self.path.parent / name for name in ("tokenizer_config.json",)]
        files = [str(self.path), *(str(path) for path in configs if path.is_file())]
        return Identity(self.tokenizer, "tokenizers", files, ["tokenizers"], versions())

    def _for(self, specials: Specials) -> tokenizers.Tokenizer:
        return self._plain if specials == "plain" else self.tokenizer


class _Stream(Detokenizer):
    """The package's own DecodeStream, that a prompt's ids are given to at its start."""

    def __init__(
        self,
        tokenizer: tokenizers.Tokenizer,
        decoder: Decoder,
        prompt: Sequence[int],
        *,
        skip_special: bool,
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.tokenizer = tokenizer
        self.native = decoders.DecodeStream(ids=list(prompt), skip_special_tokens=skip_special)

    def step(self, step: Step) -> str | None:
        try:
            return self.native.step(self.tokenizer, list(step.ids))
        except Exception as error:
            if str(error).startswith(INVALID_PREFIX):  # the package has no class for it
                raise InvalidPrefix(str(error)) from error
            raise


def _set_back(tokenizer: tokenizers.Tokenizer, truncation: Any, padding: Any) -> None:
    """Set what a file says, or nothing, as users do after a call of their own."""
    if truncation:
        tokenizer.enable_truncation(**truncation)
    else:
        tokenizer.no_truncation()
    if padding:
        tokenizer.enable_padding(**padding)
    else:
        tokenizer.no_padding()


def added_token(token: Any) -> AddedToken:
    """Return what a `tokenizers.AddedToken` holds."""
    flags = token.special, token.single_word, token.lstrip, token.rstrip, token.normalized
    return AddedToken(token.content, *flags)


def make(target: str) -> Backend:
    """Return the backend for a folder, a tokenizer.json, tiny:NAME or asset:NAME."""
    return HF(target)
