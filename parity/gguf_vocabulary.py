"""A tokenizer.json from the metadata of a GGUF file: llama.cpp's tokens, scores, types and merges.

Theory. GGUF keeps what a model's tokenizer is made of, not its pipeline: tokens in the order of
their ids, a type for each, merges or scores, and in `tokenizer.ggml.pre` a name for the regexes
that llama.cpp has in its source. What stands behind a name is written here as tokenizer.json has
it. The kinds in `tokenizer.ggml.model`:

    gpt2      byte-level BPE with merges; the pipeline is the one that `pre` names
    llama     SentencePiece's BPE: scores and no merges, so every cut of a token is one
    gemma4    the same pieces with merges, cut behind each space
    bert      WordPiece, spelt with U+2581 where a word begins instead of ## where none does
    t5        SentencePiece's Unigram, with its charsmap (XLM-R, T5)

Origin: llama.cpp's `llama-vocab.cpp` and the converters that write such files; the pipelines are
those that the models were published with. Where it is wrong: a file whose `pre` has another regex
than the model was trained with, as some have, is made with the regex that its name asks for; and
llama.cpp itself has no normal forms, where the models of `mpt`, `command-r` and `qwen2` have NFC.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from parity.conversion import (
    BYTE_LEVEL,
    FALLBACK_DECODER,
    HEADER,
    PREPEND_AND_REPLACE,
    QWEN3_6_PATTERN,
    QWEN_PATTERN,
    SPACE,
    added_token,
    merges,
)
from parity.errors import BadSpec

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
"""`llama_token_type`."""
PREFIX: Final = "tokenizer.ggml."
LLAMA3: Final = "llama-bpe"
LLAMA3_PATTERN: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
Json = dict[str, Any]


def _split(pattern: str) -> Json:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _sequence(*steps: Json) -> Json:
    return {"type": "Sequence", "pretokenizers": list(steps)}


_GPT2: Final = {**BYTE_LEVEL, "trim_offsets": True, "use_regex": True}
_DIGITS: Final = {"type": "Digits", "individual_digits": True}
_REPLACE_SPACE: Final = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}

PIPELINES: Final[Mapping[str, tuple[str | None, Json]]] = {
    "gpt-2": (None, _GPT2),
    "mpt": ("NFC", _GPT2),
    "starcoder": (None, _sequence(_DIGITS, _GPT2)),
    "refact": (None, _sequence(_DIGITS, _GPT2)),
    "smollm": (None, _sequence(_DIGITS, _GPT2)),
    "command-r": ("NFC", _sequence(_DIGITS, _GPT2)),
    "falcon": (
        None,
        _sequence(
            {"type": "Punctuation", "behavior": "Contiguous"},
            _GPT2,
            {"type": "Digits", "individual_digits": False},
            _split("[0-9][0-9][0-9]"),
        ),
    ),
    LLAMA3: (None, _sequence(_split(LLAMA3_PATTERN), BYTE_LEVEL)),
    "qwen2": ("NFC", _sequence(_split(QWEN_PATTERN), BYTE_LEVEL)),
    "qwen35": ("NFC", _sequence(_split(QWEN3_6_PATTERN), BYTE_LEVEL)),
    "deepseek-coder": (
        None,
        _sequence(
            _split("[\r\n]"),
            _split(r"\s?\p{L}+"),
            _split(r"\s?\p{P}+"),
            _split("[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"),
            _DIGITS,
            BYTE_LEVEL,
        ),
    ),
}
"""What a name in `tokenizer.ggml.pre` asks for: a normal form, a pre-tokenizer."""


def document(metadata: Mapping[str, Any], pre: str = "") -> Json:
    """Return the content of a tokenizer.json for a file's metadata: lists are lists, by full keys.

    pre: the pipeline of PIPELINES for a file that names none.
    Raises BadSpec for a kind of model or a pipeline that is not known here, for a key that is
    missing, and for lists that do not fit together.
    """
    kind = str(metadata.get(f"{PREFIX}model"))
    if kind not in _KINDS:
        found = metadata.get(f"{PREFIX}model")
        raise BadSpec(f"{PREFIX}model is {found!r}; known are {', '.join(_KINDS)}")
    tokens = [str(token) for token in _list(metadata, "tokens")]
    types = [int(each) for each in _list(metadata, "token_type", len(tokens))]
    if len(set(tokens)) != len(tokens):
        twice = next(token for at, token in enumerate(tokens) if token in tokens[:at])
        raise BadSpec(
            f"{PREFIX}tokens has {twice!a} twice: a tokenizer.json has one id for a token"
        )
    added = [
        added_token(token, id, special=type != USER_DEFINED)
        for id, (token, type) in enumerate(zip(tokens, types, strict=True))
        if type in (CONTROL, USER_DEFINED, UNKNOWN)
    ]
    return {**HEADER, "added_tokens": added, **_KINDS[kind](metadata, tokens, pre)}


def _list(metadata: Mapping[str, Any], key: str, length: int | None = None) -> Sequence[Any]:
    """Return a list of the metadata, of this length if one is given. Raises BadSpec."""
    found = metadata.get(PREFIX + key)
    if not isinstance(found, Sequence) or isinstance(found, str) or not found:
        raise BadSpec(f"{PREFIX}{key} is missing or empty: the file has no whole vocabulary")
    if length is not None and len(found) != length:
        raise BadSpec(f"{PREFIX}{key} has {len(found)} entries for {length} tokens")
    return found


def _token(metadata: Mapping[str, Any], role: str, tokens: Sequence[str], default: int) -> str:
    """Return the token that has a role: bos, eos, unknown, cls, seperator. Raises BadSpec."""
    id = int(metadata.get(f"{PREFIX}{role}_token_id", default))
    if not 0 <= id < len(tokens):
        raise BadSpec(f"{PREFIX}{role}_token_id is {id}, and there are {len(tokens)} tokens")
    return tokens[id]


def _merges(metadata: Mapping[str, Any]) -> list[list[str]]:
    pairs = [str(merge).split(" ", 1) for merge in _list(metadata, "merges")]
    for at, pair in enumerate(pairs):
        if len(pair) != 2:  # noqa: PLR2004 (a pair)
            raise BadSpec(f"{PREFIX}merges[{at}] is {pair[0]!a}; two tokens and a space are wanted")
    return pairs


def _template(metadata: Mapping[str, Any], tokens: Sequence[str], *, bos: bool) -> Json | None:
    """Return a post-processor that adds BOS and EOS as the file asks for; bos where it does not."""
    roles = [("bos", 1, bos), ("eos", 2, False)]
    wanted = {
        role: _token(metadata, role, tokens, default)
        for role, default, asked in roles
        if metadata.get(f"{PREFIX}add_{role}_token", asked)
    }
    if not wanted:
        return None

    def around(name: str, type_id: int) -> list[Json]:
        start, end = (
            [{"SpecialToken": {"id": wanted[role], "type_id": type_id}}] if role in wanted else []
            for role in ("bos", "eos")
        )
        return [*start, {"Sequence": {"id": name, "type_id": type_id}}, *end]

    return {
        "type": "TemplateProcessing",
        "single": around("A", 0),
        "pair": [*around("A", 0), *around("B", 1)],
        "special_tokens": {
            token: {"id": token, "ids": [tokens.index(token)], "tokens": [token]}
            for token in wanted.values()
        },
    }


def _byte_level(metadata: Mapping[str, Any], tokens: Sequence[str], pre: str) -> Json:
    name = str(metadata.get(f"{PREFIX}pre") or pre)
    if name not in PIPELINES:
        raise BadSpec(f"{PREFIX}pre is {name!r}; known are {', '.join(PIPELINES)}")
    form, cut = PIPELINES[name]
    template = _template(metadata, tokens, bos=name == LLAMA3)
    return {
        "normalizer": form and {"type": form},
        "pre_tokenizer": cut,
        "post_processor": template or BYTE_LEVEL,
        "decoder": BYTE_LEVEL,
        "model": {
            "type": "BPE",
            "byte_fallback": False,
            "ignore_merges": name == LLAMA3,
            "vocab": {token: id for id, token in enumerate(tokens)},
            "merges": _merges(metadata),
        },
    }


def _sentencepiece(metadata: Mapping[str, Any], tokens: Sequence[str], _: str) -> Json:
    scores = _list(metadata, "scores", len(tokens))
    types = _list(metadata, "token_type")
    learned = [
        (-scores[id], -len(token), id, token)
        for id, token in enumerate(tokens)
        if types[id] == NORMAL
    ]
    prepended = metadata.get(f"{PREFIX}add_space_prefix", True)
    return {
        "normalizer": PREPEND_AND_REPLACE if prepended else _REPLACE_SPACE,
        "pre_tokenizer": None,
        "post_processor": _template(metadata, tokens, bos=True),
        "decoder": FALLBACK_DECODER if prepended else _without_strip(FALLBACK_DECODER),
        "model": _fallback_bpe(metadata, tokens, merges([token for *_, token in sorted(learned)])),
    }


def _gemma4(metadata: Mapping[str, Any], tokens: Sequence[str], _: str) -> Json:
    behind_spaces = {"pattern": {"String": " "}, "behavior": "MergedWithPrevious"}
    return {
        "normalizer": _REPLACE_SPACE,
        "pre_tokenizer": {"type": "Split", **behind_spaces, "invert": False},
        "post_processor": _template(metadata, tokens, bos=True),
        "decoder": _without_strip(FALLBACK_DECODER),
        "model": _fallback_bpe(metadata, tokens, _merges(metadata)),
    }


def _without_strip(decoder: Json) -> Json:
    return {
        **decoder,
        "decoders": [each for each in decoder["decoders"] if each["type"] != "Strip"],
    }


def _fallback_bpe(
    metadata: Mapping[str, Any], tokens: Sequence[str], pairs: Sequence[Sequence[str]]
) -> Json:
    return {
        "type": "BPE",
        "unk_token": _token(metadata, "unknown", tokens, 0),
        "fuse_unk": True,
        "byte_fallback": True,
        "vocab": {token: id for id, token in enumerate(tokens)},
        "merges": pairs,
    }


def _wordpiece(metadata: Mapping[str, Any], tokens: Sequence[str], _: str) -> Json:
    def spelt(token: str) -> str:
        if token.startswith("[") and token.endswith("]"):
            return token
        return token[1:] if token.startswith(SPACE) else f"##{token}"

    vocab = {spelt(token): id for id, token in enumerate(tokens)}
    if len(vocab) != len(tokens):
        raise BadSpec(f"{PREFIX}tokens has words that are one when {SPACE!a} becomes ##")
    first = _token(metadata, "cls", tokens, 101)
    last = _token(metadata, "seperator", tokens, 102)  # so spelt in GGUF
    return {
        "normalizer": {
            "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
            "strip_accents": None, "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "BertProcessing", "sep": [last, vocab[last]], "cls": [first, vocab[first]],
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece", "unk_token": _token(metadata, "unknown", tokens, 100),
            "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab,
        },
    }  # fmt: skip


def _unigram(metadata: Mapping[str, Any], tokens: Sequence[str], _: str) -> Json:
    scores = _list(metadata, "scores", len(tokens))
    charsmap = bytes(metadata.get(f"{PREFIX}precompiled_charsmap") or b"")
    encoded = base64.b64encode(charsmap).decode("ascii")
    mapped = [{"type": "Precompiled", "precompiled_charsmap": encoded}] if charsmap else []
    spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    space = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True}
    unknown = tokens.index(_token(metadata, "unknown", tokens, 2))
    return {
        "normalizer": {"type": "Sequence", "normalizers": [*mapped, spaces]},
        "pre_tokenizer": _sequence({"type": "WhitespaceSplit"}, space),
        "post_processor": _template(metadata, tokens, bos=False),
        "decoder": space,
        "model": {
            "type": "Unigram",
            "unk_id": unknown,
            "byte_fallback": False,
            "vocab": [[token, float(score)] for token, score in zip(tokens, scores, strict=True)],
        },
    }


_Kind = Callable[[Mapping[str, Any], Sequence[str], str], Json]
_KINDS: Final[Mapping[str, _Kind]] = {
    "gpt2": _byte_level,
    "llama": _sentencepiece,
    "gemma4": _gemma4,
    "bert": _wordpiece,
    "t5": _unigram,
}
"""By `tokenizer.ggml.model`."""
