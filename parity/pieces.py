"""Pieces: ids spelled without a vocabulary, so that one stream case is for every tokenizer.

A step of a stream case is one piece, or a list of them. A piece is

    "text"            the token that is spelled so; where there is none, the longest tokens that
                      spell it from its start; where they do not, what encoding it gives
    {"hex": "e4b8"}   the token of these bytes; where there is none, a token for each byte
    {"id": 999999}    this id, whatever it is
    {"special": 0}    the first special token by id, the second, and so on, around again
    {"eos": true}     the id that ends a text

What the bytes of a token are is read off its token string, in one of the three ways of writing
them: GPT-2's alphabet of bytes, SentencePiece's U+2581 and <0xHH>, or as they are (WordPiece).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.reference.byte_alphabet import CHAR_TO_BYTE
from parity.streams import FINISHES
from parity.types import Vocabulary

_BYTE: Final = re.compile("<0x([0-9A-F]{2})>")
SPACE: Final = "\u0120"
"""The space in GPT-2's alphabet. A vocabulary may lack bytes that its texts had not: control
characters, or those that no UTF-8 has."""
FORMS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "hex": lambda value: isinstance(value, str) and bool(re.fullmatch("(?:[0-9a-f]{2})+", value)),
    "id": lambda value: type(value) is int,
    "special": lambda value: type(value) is int and value >= 0,
    "eos": lambda value: value is True,
}
"""The forms of a piece that are objects, and what each may hold."""


class Unresolved(ValueError):
    """A piece that this vocabulary has no ids for; str() says which and why."""


class Table(NamedTuple):
    """What pieces are resolved with.

    ids: bytes of a token -> its id, the lowest where there are several; a token that is there
        for its byte alone, such as <0x61>, comes after one that is text.
    bytes: byte -> the id of a token for it, the other way round.
    special: ids of special tokens, ascending.
    eos: the id that ends a text, or None.
    encode: text -> ids, as plain text.
    """

    ids: Mapping[bytes, int]
    bytes: Mapping[int, int]
    special: Sequence[int]
    eos: int | None
    encode: Callable[[str], Sequence[int]]


def bytes_of(vocabulary: Vocabulary) -> dict[int, bytes]:
    r"""Return the bytes that each token stands for, by id.

    >>> bytes_of(Vocabulary({0: "<0xE4>", 1: "\u2581a"}, {}))
    {0: b'\xe4', 1: b' a'}
    """
    tokens = {id: text for id, text in vocabulary.tokens.items() if id not in vocabulary.added}
    spell = _spelling(tokens.values())
    found = {id: spell(text) for id, text in tokens.items()}
    for id, token in vocabulary.added.items():
        found[id] = token.content.encode("utf-8", "surrogatepass")
    return found


def _spelling(tokens: Any) -> Callable[[str], bytes]:
    known = set(tokens)
    if SPACE in known and all(set(token) <= CHAR_TO_BYTE.keys() for token in known):
        return lambda text: bytes(CHAR_TO_BYTE[character] for character in text)
    if any("\u2581" in token for token in known) or "<0x0A>" in known:
        return _sentencepiece
    return lambda text: text.encode("utf-8", "surrogatepass")


def _sentencepiece(text: str) -> bytes:
    byte = _BYTE.fullmatch(text)
    if byte:
        return bytes.fromhex(byte[1])
    return text.replace("\u2581", " ").encode("utf-8", "surrogatepass")


def table(vocabulary: Vocabulary, eos: int | None, encode: Callable[[str], Sequence[int]]) -> Table:
    """Return what pieces are resolved with in a vocabulary."""
    ids: dict[bytes, int] = {}
    single: dict[int, int] = {}
    raw = {id for id, text in vocabulary.tokens.items() if _BYTE.fullmatch(text)}
    for id, data in sorted(bytes_of(vocabulary).items(), key=lambda row: (row[0] in raw, row[0])):
        if id not in vocabulary.added:
            ids.setdefault(data, id)
            if len(data) == 1 and (id in raw or data[0] not in single):
                single[data[0]] = id
    special = sorted(id for id, token in vocabulary.added.items() if token.special)
    return Table(ids, single, special, eos, encode)


def resolve(step: Any, known: Table) -> tuple[int, ...]:
    """Return the ids of one step's pieces. Raises Unresolved."""
    parts = step if isinstance(step, list) else [step]
    return tuple(id for part in parts for id in _ids(part, known))


def _ids(piece: Any, known: Table) -> Sequence[int]:
    if isinstance(piece, str):
        return _spelt(piece.encode("utf-8", "surrogatepass"), known.ids) or known.encode(piece)
    ((form, value),) = piece.items()
    if form == "id":
        return [value]
    if form == "special":
        if not known.special:
            raise Unresolved("the vocabulary has no special tokens")
        return [known.special[value % len(known.special)]]
    if form == "eos":
        if known.eos is None:
            raise Unresolved("the vocabulary says no EOS")
        return [known.eos]
    return _of_bytes(bytes.fromhex(value), known)


def _spelt(data: bytes, ids: Mapping[bytes, int]) -> list[int]:
    """Return the longest tokens that spell data from its start, [] where they do not."""
    found: list[int] = []
    place = 0
    while place < len(data):
        ends = range(len(data), place, -1)
        end = next((end for end in ends if data[place:end] in ids), None)
        if end is None:
            return []
        found.append(ids[data[place:end]])
        place = end
    return found


def _of_bytes(data: bytes, known: Table) -> Sequence[int]:
    if len(data) > 1 and data in known.ids:
        return [known.ids[data]]
    single = [known.bytes.get(byte) for byte in data]
    if None in single:
        raise Unresolved("the vocabulary has no tokens for single bytes")
    return [id for id in single if id is not None]


def wrong(steps: object) -> str:
    """Say what is wrong with a list of steps as a corpus spells them, or return ""."""
    if not isinstance(steps, list) or not steps:
        return "a list of at least one step is wanted"
    for step in steps:
        for piece in step if isinstance(step, list) else [step]:
            if isinstance(piece, str):
                if not piece:
                    return "a piece is empty"
            elif not isinstance(piece, dict) or len(piece) != 1:
                return f"a piece is a text or one of {', '.join(FORMS)}, not {piece!a}"
            else:
                ((form, value),) = piece.items()
                if form not in FORMS or not FORMS[form](value):
                    return f"no piece is written as {piece!a}"
    return ""


def wrong_finish(finish: object) -> str:
    """Say what is wrong with the finish of a request, or return ""."""
    if finish not in FINISHES or not finish:
        return f"a finish is one of {', '.join(FINISHES[1:])}, not {finish!a}"
    return ""
