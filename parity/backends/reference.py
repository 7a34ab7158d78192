"""The pure-Python reference: tokenizer.json read by `parity.reference`, no library but `regex`.

Streams are `parity.detokenizers.decode_stream`, the rule of the format's home.
"""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from parity import reference
from parity.artefact import eos_id, normal_form, tokenizer_json
from parity.backend import Backend, Identity
from parity.detokenizers.decode_stream import DecodeStream
from parity.detokenizers.engine import run_script
from parity.errors import BadSpec
from parity.reference.segments import Piece
from parity.reference.segments import Token as Found
from parity.stages import Added, Normalised, PreToken, Span, Stages, Token, ended
from parity.streaming import decoder_of
from parity.streams import Script, Streamed
from parity.types import Encoding, Specials, Vocabulary


class Reference(Backend):
    """A `parity.reference.Tokenizer`, made from a file."""

    name = "reference"

    def __init__(self, target: str, *, current: bool = False) -> None:
        self.path, self.content = tokenizer_json(target)
        self.current = current
        self.tokenizer = reference.load(self.path, current=current)

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        if isinstance(text, bytes):
            self.lacks("encode of bytes")
        return self.tokenizer.encode(text, specials)

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        if any(isinstance(text, bytes) for text in texts):
            self.lacks("encode of bytes")
        return self.tokenizer.encode_batch(cast("list[str]", texts), specials)

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        return self.tokenizer.decode(ids, skip_special)

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        return [self.tokenizer.decode(ids, skip_special) for ids in batch]

    @property
    def algorithm(self) -> str:
        return "decode_stream"

    def stream(self, script: Script) -> Streamed:
        return run_script(DecodeStream, decoder_of(self), script)

    def stages(self, text: str, specials: Specials = "parse") -> Stages:
        seen = self.tokenizer.stages(text, specials)
        added = [each for each in seen.segments if isinstance(each, Found)]
        between = [each for each in seen.segments if isinstance(each, Piece)]
        pieces = [each for each in seen.pieces if isinstance(each, Piece)]
        return Stages(
            tuple(Added(id, text, (start, end)) for id, text, start, end in added),
            tuple(Normalised(each.text, _spans(each)) for each in between),
            tuple(PreToken(each.text, (each.starts[0], each.ends[-1])) for each in pieces),
            tuple(Token(id, text, (start, end)) for id, text, start, end in seen.tokens),
            *ended(
                seen.encoded.ids,
                seen.encoded.offsets,
                seen.encoded.special_tokens_mask,
                seen.encoded.attention_mask,
            ),
        )

    def eos(self) -> int | None:
        return eos_id(self.path, self.vocabulary().added)

    def vocabulary(self) -> Vocabulary:
        return self.tokenizer.vocabulary()

    def normal_form(self, text: str) -> str:
        return normal_form(self.content, text)

    def identity(self) -> Identity:
        facts = {"unicodedata": unicodedata.unidata_version, "source": _source()}
        versions = reference.versions(current=self.current)
        facts |= {f"unicode {part}": version for part, version in versions.items()}
        packages = ["tokparity", "regex", *(["unicodedata2"] if self.current else [])]
        return Identity(self.tokenizer, "parity", [str(self.path)], packages, facts)


def _spans(piece: Piece) -> tuple[Span, ...]:
    return tuple(zip(piece.starts, piece.ends, strict=True))


@functools.cache
def _source() -> str:
    """Return the digest of the reference's own code: its class is one file of several."""
    digest = hashlib.sha256()
    for path in sorted(Path(reference.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def make(target: str, unicode: str = "modelled") -> Backend:
    """Return the backend for a folder, a tokenizer.json, tiny:NAME or asset:NAME.

    unicode: `modelled`, the tables that tokenizers has, as measured; or `current`, today's.
    """
    if unicode not in ("modelled", "current"):
        raise BadSpec(f"unicode={unicode!r}: modelled or current is wanted")
    return Reference(target, current=unicode == "current")
