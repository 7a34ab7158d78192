"""The sentencepiece package, on a .model: BPE, Unigram, and what else it trains.

The target is such a file, or a folder with one (`*.model`, `*.model.vN`). Specials: the library has
one way. Control pieces such as `<s>` are never found in a text, and user-defined pieces always are;
so `parse` and `plain` are one call. `template=bos` (the default), `eos` or `both` says what
`template` adds, by the library's own add_bos and add_eos.

Offsets come in code points, from `return_type="offset_mapping"`, or before version 0.2.3 from the
immutable proto; there are none of bytes, and none with `template`, which these calls lack.

Decoding leaves control pieces out, whatever is asked; so decoding that keeps special tokens is
Unsupported. What is not UTF-8 is encoded and decoded with U+FFFD in its place: the library has no
other way, to bytes neither. Batches are the library's own, on as many threads as it likes. As
special tokens count control pieces and the unknown one; user-defined ones are added tokens that
are not special.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import sentencepiece

from parity import conversion
from parity.artefact import resolve
from parity.backend import Backend, Identity, refusing
from parity.backends._ducks import one_of
from parity.errors import BadSpec
from parity.types import AddedToken, Encoding, Specials, Vocabulary

LANGUAGE: Final = "C++"
TEMPLATES: Final = {"bos": (True, False), "eos": (False, True), "both": (True, True)}
"""Whether BOS and EOS are added."""
MODEL: Final = re.compile(r".*\.model(\.v\w+)?")
ADDED: Final = (conversion.CONTROL, conversion.UNKNOWN, conversion.USER_DEFINED)
TRAINER, MODEL_TYPE = 2, 3
"""Fields of the message in the file, and of the one about its training."""
MODEL_TYPES: Final = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}


class SentencePiece(Backend):
    """A `SentencePieceProcessor`, made from a file."""

    name = "sentencepiece"
    releases_gil = True

    def __init__(self, path: Path, template: str) -> None:
        self.path, self.template = path, template
        with refusing("sentencepiece", path):
            self.processor: Any = sentencepiece.SentencePieceProcessor(model_file=str(path))
        mapped = hasattr(self.processor, "encode_as_offset_mapping")
        self.ranges = (
            {"return_type": "offset_mapping"} if mapped else {"out_type": "immutable_proto"}
        )

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        options = self._options(specials)
        if options or isinstance(text, bytes):
            return Encoding(self.processor.encode(text, **options))
        return self._seen(self.processor.encode(text, **self.ranges))

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        options, batch = self._options(specials), list(texts)
        if not offsets:
            return [Encoding(ids) for ids in self.processor.encode(batch, **options)]
        if options or any(isinstance(text, bytes) for text in batch):
            self.lacks("offsets of bytes, nor with a template")
        return [self._seen(one) for one in self.processor.encode(batch, **self.ranges)]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        self._skips(skip_special)
        text: str = self.processor.decode(list(ids))
        return text

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        self._skips(skip_special)
        texts: list[str] = self.processor.decode([list(ids) for ids in batch]) if batch else []
        return texts

    def eos(self) -> int | None:
        found: int = self.processor.eos_id()
        return found if found >= 0 else None

    def vocabulary(self) -> Vocabulary:
        count = self.processor.get_piece_size()
        tokens = {id: str(self.processor.id_to_piece(id)) for id in range(count)}
        added = {
            id: AddedToken(piece.text, special=piece.type != conversion.USER_DEFINED)
            for id, piece in enumerate(self._pieces)
            if piece.type in ADDED
        }
        return Vocabulary(tokens, added)

    def identity(self) -> Identity:
        native = getattr(self.processor, "_processor", self.processor)
        facts = {"model": self._model_type, "template": self.template}
        return Identity(
            native, "sentencepiece", [str(self.path)], ["sentencepiece"], facts,
            self.processor, "sentencepiece",
        )  # fmt: skip

    @cached_property
    def _pieces(self) -> list[conversion.Piece]:
        return conversion.read_pieces(self.path.read_bytes())

    @cached_property
    def _model_type(self) -> str:
        message = dict(conversion.protobuf_fields(self.path.read_bytes()))
        trainer = dict(conversion.protobuf_fields(message.get(TRAINER, b"")))
        return MODEL_TYPES.get(trainer.get(MODEL_TYPE, 1), "unknown")

    def _options(self, specials: Specials) -> dict[str, bool]:
        if specials != "template":
            return {}
        bos, eos = TEMPLATES[self.template]
        for wanted, id, name in (
            (bos, self.processor.bos_id(), "BOS"), (eos, self.processor.eos_id(), "EOS"),
        ):  # fmt: skip
            if wanted and id < 0:
                self.lacks(f"template: the model has no {name}")
        return {"add_bos": bos, "add_eos": eos}

    def _skips(self, skip_special: bool) -> None:
        if not skip_special:
            self.lacks("decode that keeps special tokens")

    def _seen(self, found: Any) -> Encoding:
        if isinstance(found, dict):
            return Encoding(found["ids"], found["offsets"])
        pieces = found.pieces
        return Encoding([one.id for one in pieces], [(one.begin, one.end) for one in pieces])


def make(target: str, template: str = "bos") -> Backend:
    """Return the backend for a .model, a folder with one, or asset:NAME."""
    one_of("template", template, TEMPLATES)
    return SentencePiece(_file(resolve(target)), template)


def _file(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(one for one in path.iterdir() if MODEL.fullmatch(one.name))
    if len(found) != 1:
        names = ", ".join(one.name for one in found) or "none"
        raise BadSpec(f"{path}: one file *.model is wanted, found: {names}")
    return found[0]
