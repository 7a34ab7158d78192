"""SentencePiece models, by the wire format of their protobuf message, `ModelProto`.

Pieces (field 1) come first, each a message with a text, a score and a type; then the trainer's
settings (field 2), whose third field is the kind of model. No protobuf library is needed to see
that, and none would say of other bytes that they are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from parity.detect.found import Detected, specs
from parity.detect.reading import Content

VERSIONED: Final = re.compile(r"\.model\.(v\d+)(?:m\d+)?$")
MODELS: Final = {1: "unigram", 2: "BPE", 3: "word", 4: "char"}
"""`TrainerSpec.ModelType` of sentencepiece_model.proto."""
NUMBER, EIGHT, MESSAGE, FOUR = 0, 1, 2, 5
"""The wire types of protobuf that are in use."""
EXTENSIONS: Final = 200
"""The first field that a message of sentencepiece_model.proto leaves to others."""
PIECE, TRAINER, LAST = 1, 2, 5
"""Fields of `ModelProto`; the last one is the denormalizer."""
TEXT, SCORE, TYPE = 1, 2, 3
"""Fields of a piece."""
MODEL_TYPE, BYTE_FALLBACK = 3, 35
"""Fields of the trainer's settings; a model that does not say its type is a unigram."""


def sentencepiece(content: Content) -> Detected | None:
    """Judge a SentencePiece model; one that is cut off is known too."""
    first = next(_fields(content.head), None)
    if first is None or first[:2] != (PIECE, MESSAGE) or not _is_piece(first[2]):
        return None
    data = content.whole
    if data is None:
        return None
    pieces, trainer, end = 0, None, 0
    for field, wire, value, after in _fields(data):
        known = PIECE <= field <= LAST or field >= EXTENSIONS
        if wire != MESSAGE or not known or (field == PIECE and not _is_piece(value)):
            return None
        pieces += field == PIECE
        trainer = value if field == TRAINER else trainer
        end = after
    cut = end != len(data)
    if trainer is None and not cut:
        return None
    return _model(content, pieces, trainer, cut=cut)


def _model(content: Content, pieces: int, trainer: bytes | None, *, cut: bool) -> Detected:
    settings = {field: value for field, _, value, _ in _fields(trainer or b"")}
    model = MODELS.get(settings.get(MODEL_TYPE, 1), "unknown") if trainer is not None else "unknown"
    fallback = ", with byte fallback" if settings.get(BYTE_FALLBACK) else ""
    told = f"a protobuf message with {pieces:,} pieces; its trainer's model type is {model}"
    version = VERSIONED.search(content.path.name)
    kind = "mistral_model" if version else "sentencepiece"
    told += fallback + (f"; its name says {version[1]}" if version else "")
    path = str(content.path)
    if cut:
        return Detected(path, kind, told, (), ("it is cut off: download it again",))
    kinds = ("mistral_common", "sentencepiece") if version else ("sentencepiece",)
    return Detected(path, kind, told, specs(content.path, *kinds))


def _is_piece(message: bytes) -> bool:
    """Say whether a message has a text in UTF-8, and nothing that a piece has not."""
    named, end = False, 0
    for field, wire, value, after in _fields(message):
        if (field, wire) == (TEXT, MESSAGE):
            try:
                value.decode("utf-8")
            except UnicodeDecodeError:
                return False
            named = True
        elif (field, wire) not in ((SCORE, FOUR), (TYPE, NUMBER)) and field < EXTENSIONS:
            return False
        end = after
    return named and end == len(message)


def _fields(message: bytes) -> Iterator[tuple[int, int, Any, int]]:
    """Yield field, wire type, value and where it ends; stop before one that is not whole or wrong.

    Unlike `conversion.protobuf_fields`, which believes that a message is one.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, wire = divmod(key, 8)
        value: Any
        if field <= 0:
            return
        if wire == NUMBER:
            value, at = _varint(message, at)
            if value < 0:
                return
        else:
            length, at = _varint(message, at) if wire == MESSAGE else (_FIXED.get(wire, -1), at)
            if length < 0 or at + length > len(message):
                return
            value, at = message[at : at + length], at + length
        yield field, wire, value, at


_FIXED: Final = {EIGHT: 8, FOUR: 4}


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return a number and where it ends; -1 for one that does not end within 64 bits."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 (the top bit says that another byte follows)
            return value, at
    return -1, len(message)
