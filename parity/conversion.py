"""Real vocabularies, as packages carry them, made into the files that backends read.

Theory. A tokenizer.json wants merges; the packages have ranks (tiktoken) or scores (SentencePiece).
Every way to cut a token into two tokens is a merge, and the better token's merges come first. A
tiktoken vocabulary has words that no merge reaches, because tiktoken looks a whole word up first;
`ignore_merges` is the same look-up. Of tokens with one score (Mistral's runs of spaces)
SentencePiece takes the leftmost, so that one run grows; longer ones first does the same.

Origin: transformers' `TikTokenConverter` and `LlamaConverter`, and the tokenizer.json files that
Qwen2, Mistral 7B and Mistral NeMo were published with; written anew, and without any library, so
that the bytes made here depend on this module only.

Where it is wrong: SentencePiece finds its user-defined pieces (`[REFERENCE_DOC_0]`, in Mistral v3
and later) in the normalised text; here they are added tokens, so that no U+2581 comes before one at
the start, and the text behind one gets a new one. A reader of Qwen's files has NFC tables of its
own.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.reference.byte_alphabet import BYTE_TO_CHAR

Files = dict[str, bytes]
"""File name to content."""

VERSION: Final = "1"
"""Part of a cache folder's name: another one whenever a built file changes."""

SPACE: Final = "\u2581"
KEEPS_PIPELINE: Final = {"tokenizer_class": "PreTrainedTokenizerFast"}
"""The class that takes a tokenizer.json as it is; a model's own class would rebuild it."""

QWEN_PATTERN: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN3_6_PATTERN: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_SPECIALS: Final = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    *(f"<|extra_{number}|>" for number in range(205)),
)
QWEN3_6_SPECIALS: Final = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
    "<tool_call>",
    "</tool_call>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
    "<|audio_start|>",
    "<|audio_end|>",
    "<tts_pad>",
    "<tts_text_bos>",
    "<tts_text_eod>",
    "<tts_text_bos_single>",
    "<|audio_pad|>",
)
TEKKEN_SPECIALS: Final = (
    "<unk>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
    "[IMG]",
    "<pad>",
    "[IMG_BREAK]",
    "[IMG_END]",
    "[PREFIX]",
    "[MIDDLE]",
    "[SUFFIX]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]",
)


def qwen(data: bytes) -> Files:
    """Return the files for qwen.tiktoken: the ranks of Qwen 1 to 3, with Qwen 1's specials."""
    return _qwen(data, QWEN_PATTERN, QWEN_SPECIALS)


def qwen3_6(data: bytes) -> Files:
    """Return the files for qwen3_6.tiktoken: the vocabulary of Qwen 3.5 and 3.6."""
    return _qwen(data, QWEN3_6_PATTERN, QWEN3_6_SPECIALS)


def tekken(data: bytes) -> Files:
    """Return the files for a tekken.json that lists no special tokens of its own.

    Special tokens come first, filled up with `<SPECIAL_n>`, and move the ranks by their number.
    Only as many ranks are taken as the file's config says, not all that it lists.
    """
    content = json.loads(data)
    config = content["config"]
    first = config["default_num_special_tokens"]
    fillers = (f"<SPECIAL_{id}>" for id in range(len(TEKKEN_SPECIALS), first))
    specials = {token: id for id, token in enumerate((*TEKKEN_SPECIALS, *fillers))}
    rows = content["vocab"][: config["default_vocab_size"] - first]
    ranks = {base64.b64decode(row["token_bytes"]): row["rank"] + first for row in rows}
    lines = (base64.b64encode(token) + b" %d\n" % id for token, id in ranks.items())
    roles = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    return {
        "ranks.tiktoken": b"".join(lines),
        "tiktoken.json": _tiktoken_json(config["pattern"], specials, None, [specials["<s>"]]),
        "tokenizer.json": byte_level_bpe(
            ranks, specials, config["pattern"], None, _bos("<s>", specials["<s>"])
        ),
        "tokenizer_config.json": dumped({**KEEPS_PIPELINE, **roles}),
    }


def sentencepiece(data: bytes) -> Files:
    """Return the files for a SentencePiece BPE model with byte fallback and no normalisation.

    Its config names LlamaTokenizer, as Mistral's published folders do; transformers rebuilds the
    pipeline for that class.
    """
    pieces = read_pieces(data)
    ids = {piece.text: id for id, piece in enumerate(pieces)}
    added = [
        added_token(piece.text, id, special=piece.type != USER_DEFINED)
        for id, piece in enumerate(pieces)
        if piece.type in (UNKNOWN, CONTROL, USER_DEFINED)
    ]
    learned = [piece for piece in pieces if piece.type == NORMAL]
    learned.sort(key=lambda piece: (-piece.score, -len(piece.text)))
    roles = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    config = {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": False}
    return {
        "tokenizer.model": data,
        "tokenizer.json": dumped(
            {
                **HEADER,
                "added_tokens": added,
                "normalizer": PREPEND_AND_REPLACE,
                "pre_tokenizer": None,
                "post_processor": _bos("<s>", ids["<s>"]),
                "decoder": FALLBACK_DECODER,
                "model": {
                    "type": "BPE",
                    "unk_token": "<unk>",
                    "fuse_unk": True,
                    "byte_fallback": True,
                    "vocab": ids,
                    "merges": merges([piece.text for piece in learned]),
                },
            }
        ),
        "tokenizer_config.json": dumped({**config, **roles, "clean_up_tokenization_spaces": False}),
    }


def merges(tokens: Sequence[str]) -> list[tuple[str, str]]:
    """Return every cut of every token into two of the tokens, in the tokens' order.

    >>> merges(["a", "b", "ab", "aba"])
    [('a', 'b'), ('ab', 'a')]
    """
    known = set(tokens)
    return [
        (token[:at], token[at:])
        for token in tokens
        for at in range(1, len(token))
        if token[:at] in known and token[at:] in known
    ]


class Piece(NamedTuple):
    """An entry of a SentencePiece model; its id is its place. The type is one of those below."""

    text: str
    score: float
    type: int


NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
"""`SentencePiece.Type` in sentencepiece_model.proto."""
_TEXT, _SCORE, _TYPE = 1, 2, 3
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
"""The wire types of protobuf that are in use."""


def read_pieces(model: bytes) -> list[Piece]:
    """Return the pieces of a SentencePiece model (`ModelProto.pieces`), in the order of their ids.

    Raises ValueError for bytes that are no protobuf message.
    """
    messages = (
        dict(protobuf_fields(value)) for field, value in protobuf_fields(model) if field == 1
    )
    return [
        Piece(
            bytes(message[_TEXT]).decode("utf-8"),
            struct.unpack("<f", message.get(_SCORE, bytes(4)))[0],
            message.get(_TYPE, NORMAL),
        )
        for message in messages
    ]


def protobuf_fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield field number and value: an int for a varint, bytes for all else."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        field, wire = divmod(key, 8)
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield field, value
            continue
        if wire == _BYTES:
            length, at = _varint(message, at)
        elif wire in (_FIXED32, _FIXED64):
            length = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"no SentencePiece model: wire type {wire} before byte {at}")
        yield field, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 (the top bit says that another byte follows)
            return value, at
        shift += 7
    raise ValueError("no SentencePiece model: it ends within a number")


def _qwen(data: bytes, pattern: str, names: Sequence[str]) -> Files:
    pairs = (line.split() for line in data.splitlines() if line)
    ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    specials = {name: id for id, name in enumerate(names, start=len(ranks))}
    return {
        "ranks.tiktoken": data,
        "tiktoken.json": _tiktoken_json(pattern, specials, "NFC", []),
        "tokenizer.json": byte_level_bpe(ranks, specials, pattern, {"type": "NFC"}, BYTE_LEVEL),
        "tokenizer_config.json": dumped(KEEPS_PIPELINE),
    }


def byte_level_bpe(
    ranks: Mapping[bytes, int],
    specials: Mapping[str, int],
    pattern: str,
    normalizer: dict[str, Any] | None,
    processor: dict[str, Any],
) -> bytes:
    """Return a tokenizer.json: byte-level BPE of tiktoken's ranks, words cut by the pattern."""
    tokens = {"".join(BYTE_TO_CHAR[byte] for byte in token): id for token, id in ranks.items()}
    split = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    return dumped(
        {
            **HEADER,
            "added_tokens": [added_token(name, id, special=True) for name, id in specials.items()],
            "normalizer": normalizer,
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [split, BYTE_LEVEL],
            },
            "post_processor": processor,
            "decoder": BYTE_LEVEL,
            "model": {
                "type": "BPE",
                "byte_fallback": False,
                "ignore_merges": True,
                # Special tokens that come first must be entries, or they would get new ids.
                "vocab": {**(specials if min(specials.values()) == 0 else {}), **tokens},
                "merges": merges(sorted(tokens, key=tokens.__getitem__)),
            },
        }
    )


HEADER: Final = {"version": "1.0", "truncation": None, "padding": None}
BYTE_LEVEL: Final = {
    "type": "ByteLevel",
    "add_prefix_space": False,
    "use_regex": False,
    "trim_offsets": False,
}
PREPEND_AND_REPLACE: Final = {
    "type": "Sequence",
    "normalizers": [
        {"type": "Prepend", "prepend": SPACE},
        {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
    ],
}
FALLBACK_DECODER: Final = {
    "type": "Sequence",
    "decoders": [
        {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ],
}


def added_token(content: str, id: int, *, special: bool) -> dict[str, Any]:
    """Return an entry of `added_tokens`, all other flags off."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": id, "content": content, **flags, "special": special}


def _bos(token: str, id: int) -> dict[str, Any]:
    """Return a post-processor that puts a token before each sequence."""
    start, other = ({"SpecialToken": {"id": token, "type_id": type}} for type in (0, 1))
    first, second = ({"Sequence": {"id": name, "type_id": at}} for at, name in enumerate("AB"))
    return {
        "type": "TemplateProcessing",
        "single": [start, first],
        "pair": [start, first, other, second],
        "special_tokens": {token: {"id": token, "ids": [id], "tokens": [token]}},
    }


def _tiktoken_json(
    pattern: str, specials: Mapping[str, int], normalization: str | None, bos: list[int]
) -> bytes:
    return dumped(
        {
            "ranks": "ranks.tiktoken",
            "pattern": pattern,
            "special_tokens": specials,
            "normalization": normalization,
            "bos": bos,
            "eos": [],
        }
    )


def dumped(content: Mapping[str, Any]) -> bytes:
    """Return JSON whose bytes are the same everywhere."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"
