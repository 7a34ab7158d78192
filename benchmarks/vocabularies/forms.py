"""What packages carry, each form made into a tokenizer.json; FORMS is the list.

tiktoken's ranks, SentencePiece models and GGUF metadata are read by the library itself
(`parity.conversion`, `parity.gguf_vocabulary`); what is here are the pipelines of single models:
whisper, cl100k, o200k, CLIP, GPT-2 and what transformers makes of a SentencePiece model.
"""

from __future__ import annotations

import ast
import base64
import gzip
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from parity import conversion
from parity.conversion import BYTE_LEVEL, HEADER, SPACE, added_token, dumped
from parity.errors import MissingPackage
from parity.gguf_vocabulary import LLAMA3_PATTERN, O200K_PATTERN, document
from parity.gguf_writing import GPT2_PATTERN
from parity.reference.byte_alphabet import BYTE_TO_CHAR

CLIP_PATTERN: Final = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
CLIP_MERGES: Final = 49_152 - 256 - 2
"""Lines of CLIP's file that are in use: its words less its bytes and two special tokens."""
TIMESTAMPS: Final = 1_501
"""Of Whisper: one each fiftieth of a second, up to half a minute."""


def ranks_of(data: bytes) -> dict[bytes, int]:
    """Return tiktoken's ranks; `=` alone is the empty token, which Whisper has."""
    pairs = (line.split() for line in data.splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in pairs}


def _ranks(pattern: str, own: Mapping[str, int]) -> Callable[[Sequence[bytes], str], bytes]:
    def made(content: Sequence[bytes], _: str) -> bytes:
        ranks = ranks_of(gzip.decompress(content[0]))
        names = {id: name for name, id in own.items()}
        ids = range(len(ranks), max(names) + 1)
        # an id that nobody has would be given to the next token
        specials = {names.get(id, f"<|reserved_{id}|>"): id for id in ids}
        return conversion.byte_level_bpe(ranks, specials, pattern, None, BYTE_LEVEL)

    return made


def _whisper(content: Sequence[bytes], _: str) -> bytes:
    """From the ranks and from whisper/tokenizer.py, whose table of languages is read, not run."""
    ranks, source = ranks_of(content[0]), ast.parse(content[1])
    table = next(
        node.value
        for node in source.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LANGUAGES"
    )
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    names = ["endoftext", "startoftranscript", *ast.literal_eval(table), *tasks]
    names += [f"{at * 0.02:.2f}" for at in range(TIMESTAMPS)]
    specials = {f"<|{name}|>": id for id, name in enumerate(names, len(ranks))}
    return conversion.byte_level_bpe(ranks, specials, GPT2_PATTERN, None, BYTE_LEVEL)


def _clip(content: Sequence[bytes], _: str) -> bytes:
    lines = gzip.decompress(content[0]).decode("utf-8").split("\n")
    merges = [line.split() for line in lines[1 : CLIP_MERGES + 1]]
    # first the bytes that are printable, as OpenAI's bytes_to_unicode has them
    chars = sorted(BYTE_TO_CHAR, key=lambda char: char != chr(BYTE_TO_CHAR.index(char)))
    words = [*chars, *(f"{char}</w>" for char in chars), *map("".join, merges)]
    start, end = "<|startoftext|>", "<|endoftext|>"
    vocab = {word: id for id, word in enumerate([*words, start, end])}
    space = {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}
    cut = {"type": "Split", "pattern": {"Regex": CLIP_PATTERN}, "behavior": "Removed"}
    return dumped(
        {
            **HEADER,
            "added_tokens": [added_token(word, vocab[word], special=True) for word in (start, end)],
            "normalizer": {
                "type": "Sequence",
                "normalizers": [{"type": "NFC"}, space, {"type": "Lowercase"}],
            },
            "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [{**cut, "invert": True}, BYTE_LEVEL],
            },
            "post_processor": {
                "type": "RobertaProcessing",
                "sep": [end, vocab[end]],
                "cls": [start, vocab[start]],
                "trim_offsets": False,
                "add_prefix_space": False,
            },
            "decoder": BYTE_LEVEL,
            "model": {
                "type": "BPE",
                "unk_token": end,
                "end_of_word_suffix": "</w>",
                "vocab": vocab,
                "merges": merges,
            },
        }
    )


def _gpt2(content: Sequence[bytes], _: str) -> bytes:
    """From encoder.json and vocab.bpe."""
    vocab, lines = json.loads(content[0]), content[1].decode("utf-8").split("\n")
    regex = {**BYTE_LEVEL, "use_regex": True, "trim_offsets": True}
    end = "<|endoftext|>"
    return dumped(
        {
            **HEADER,
            "added_tokens": [added_token(end, vocab[end], special=True)],
            "normalizer": None,
            "pre_tokenizer": regex,
            "post_processor": regex,
            "decoder": regex,
            "model": {
                "type": "BPE",
                "vocab": vocab,
                "merges": [line.split() for line in lines[1:] if line],
            },
        }
    )


_TRAINER, _NORMALIZER = 2, 3
"""Fields of SentencePiece's ModelProto."""
_MODEL_TYPE, _BYTE_FALLBACK, _UNIGRAM = 3, 35, 1
"""Of its TrainerSpec, and a value of the first."""
_CHARSMAP, _DUMMY_PREFIX, _REMOVE_SPACES = 2, 3, 4
"""Of its NormalizerSpec."""


def _sentencepiece(content: Sequence[bytes], _: str) -> bytes:
    """As transformers' SpmConverter: charsmap, Strip at the end, one U+2581 for many spaces."""
    top = dict(conversion.protobuf_fields(content[0]))
    trainer, normalizer = (
        dict(conversion.protobuf_fields(top.get(field, b""))) for field in (_TRAINER, _NORMALIZER)
    )
    pieces = conversion.read_pieces(content[0])
    charsmap = base64.b64encode(normalizer.get(_CHARSMAP, b"")).decode("ascii")
    steps: list[dict[str, Any]] = []
    steps += [{"type": "Precompiled", "precompiled_charsmap": charsmap}] if charsmap else []
    if normalizer.get(_REMOVE_SPACES, 1):
        steps.append({"type": "Strip", "strip_left": False, "strip_right": True})
        steps.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": SPACE})
    space = {
        "type": "Metaspace",
        "replacement": SPACE,
        "prepend_scheme": "always" if normalizer.get(_DUMMY_PREFIX, 1) else "never",
        "split": True,
    }
    fallback = bool(trainer.get(_BYTE_FALLBACK, 0))
    unigram = trainer.get(_MODEL_TYPE, _UNIGRAM) == _UNIGRAM
    added = (conversion.UNKNOWN, conversion.CONTROL, conversion.USER_DEFINED)
    return dumped(
        {
            **HEADER,
            "added_tokens": [
                added_token(piece.text, id, special=piece.type != conversion.USER_DEFINED)
                for id, piece in enumerate(pieces)
                if piece.type in added
            ],
            "normalizer": {"type": "Sequence", "normalizers": steps},
            "pre_tokenizer": space,
            "post_processor": None,
            "decoder": conversion.FALLBACK_DECODER if fallback else space,
            "model": _unigram(pieces, fallback=fallback) if unigram else _bpe(pieces, fallback),
        }
    )


def _unigram(pieces: Sequence[conversion.Piece], *, fallback: bool) -> dict[str, Any]:
    return {
        "type": "Unigram",
        "unk_id": [piece.type for piece in pieces].index(conversion.UNKNOWN),
        "byte_fallback": fallback,
        "vocab": [[piece.text, piece.score] for piece in pieces],
    }


def _bpe(pieces: Sequence[conversion.Piece], fallback: bool) -> dict[str, Any]:  # noqa: FBT001
    learned = [piece for piece in pieces if piece.type == conversion.NORMAL]
    learned.sort(key=lambda piece: (-piece.score, -len(piece.text)))
    return {
        "type": "BPE",
        "unk_token": next(piece.text for piece in pieces if piece.type == conversion.UNKNOWN),
        "fuse_unk": True,
        "byte_fallback": fallback,
        "vocab": {piece.text: id for id, piece in enumerate(pieces)},
        "merges": conversion.merges([piece.text for piece in learned]),
    }


def _gguf(content: Sequence[bytes], pre: str) -> bytes:
    return dumped(document(gguf_metadata(content[0]), pre))


def gguf_metadata(data: bytes) -> dict[str, Any]:
    """Return what a GGUF file says of its tokenizer. Raises MissingPackage without `gguf`."""
    try:
        import gguf  # noqa: PLC0415 (only for some vocabularies)
    except ImportError as error:
        raise MissingPackage("GGUF files are read by the package gguf: pip install gguf") from error
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        file.write(data)
        file.flush()
        fields = gguf.GGUFReader(file.name).fields
        return {
            key: field.contents() for key, field in fields.items() if key.startswith("tokenizer.")
        }


def _own(convert: Callable[[bytes], conversion.Files]) -> Callable[[Sequence[bytes], str], bytes]:
    return lambda content, _: convert(content[0])["tokenizer.json"]


FORMS: Final[Mapping[str, Callable[[Sequence[bytes], str], bytes]]] = {
    "json": lambda content, _: content[0],
    "gguf": _gguf,
    "qwen": _own(conversion.qwen),
    "qwen3_6": _own(conversion.qwen3_6),
    "tekken": _own(conversion.tekken),
    "mistral": _own(conversion.sentencepiece),
    "sentencepiece": _sentencepiece,
    "cl100k": _ranks(
        LLAMA3_PATTERN,
        {
            "<|endoftext|>": 100_257, "<|fim_prefix|>": 100_258, "<|fim_middle|>": 100_259,
            "<|fim_suffix|>": 100_260, "<|endofprompt|>": 100_276,
        },
    ),
    "o200k": _ranks(O200K_PATTERN, {"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018}),
    "whisper": _whisper,
    "clip": _clip,
    "gpt2": _gpt2,
}  # fmt: skip
"""Makes a tokenizer.json of a package's files, in the lock's order, and a pre-tokenizer's name."""
