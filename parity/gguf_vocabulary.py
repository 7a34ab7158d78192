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
`gguf_writing` is the way back.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

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
from parity.errors import BadSpec, Refused

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
"""`llama_token_type`."""
ADDED: Final = (CONTROL, USER_DEFINED)
PREFIX: Final = "tokenizer.ggml."
LLAMA3: Final = "llama-bpe"
LLAMA3_PATTERN: Final = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CONTRACTED: Final = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_TO_THE_END: Final = r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K_PATTERN: Final = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTED}"
    rf"|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTED}|\p{{N}}{{1,3}}{_TO_THE_END}"
)
TEKKEN_PATTERN: Final = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+"
    rf"|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*|\p{{N}}{_TO_THE_END}"
)
DEEPSEEK_V3_PATTERN: Final = (
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
    "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
Json = dict[str, Any]


class Pipeline(NamedTuple):
    """What a name in `tokenizer.ggml.pre` asks for.

    form: a normal form, or None.
    cut: the pre-tokenizer.
    whole_words: whether a word that is a token is one, whatever the merges (`ignore_merges`).
    adds_bos: whether BOS is added where the file does not say.
    """

    form: str | None
    cut: Json
    whole_words: bool = False
    adds_bos: bool = False


def _split(pattern: str) -> Json:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _sequence(*steps: Json) -> Json:
    return {"type": "Sequence", "pretokenizers": list(steps)}


def _by(*patterns: str) -> Json:
    return _sequence(*map(_split, patterns), BYTE_LEVEL)


_GPT2: Final = {**BYTE_LEVEL, "trim_offsets": True, "use_regex": True}
_DIGITS: Final = {"type": "Digits", "individual_digits": True}
_REPLACE_SPACE: Final = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}

PIPELINES: Final[Mapping[str, Pipeline]] = {
    "gpt-2": Pipeline(None, _GPT2),
    "mpt": Pipeline("NFC", _GPT2),
    "starcoder": Pipeline(None, _sequence(_DIGITS, _GPT2)),
    "refact": Pipeline(None, _sequence(_DIGITS, _GPT2)),
    "smollm": Pipeline(None, _sequence(_DIGITS, _GPT2)),
    "command-r": Pipeline("NFC", _sequence(_DIGITS, _GPT2)),
    "falcon": Pipeline(
        None,
        _sequence(
            {"type": "Punctuation", "behavior": "Contiguous"},
            _GPT2,
            {"type": "Digits", "individual_digits": False},
            _split("[0-9][0-9][0-9]"),
        ),
    ),
    LLAMA3: Pipeline(None, _by(LLAMA3_PATTERN), whole_words=True, adds_bos=True),
    "smaug-bpe": Pipeline(None, _by(LLAMA3_PATTERN)),
    "qwen2": Pipeline("NFC", _by(QWEN_PATTERN)),
    "qwen35": Pipeline("NFC", _by(QWEN3_6_PATTERN)),
    "gpt-4o": Pipeline(None, _by(O200K_PATTERN)),
    "tekken": Pipeline(None, _by(TEKKEN_PATTERN), whole_words=True, adds_bos=True),
    "deepseek-v3": Pipeline(
        None,
        _by(r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+", DEEPSEEK_V3_PATTERN),
    ),
    "deepseek-coder": Pipeline(
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
"""By the names in `tokenizer.ggml.pre`, as llama.cpp reads them."""


def document(metadata: Mapping[str, Any], pre: str = "") -> Json:
    """Return the content of a tokenizer.json for a file's metadata: lists are lists, by full keys.

    pre: the pipeline of PIPELINES for a file that names none.
    Raises Refused for a kind of model or a pipeline that is not known here, BadSpec for a key that
    is missing and for lists that do not fit together.
    """
    if f"{PREFIX}model" not in metadata:
        raise BadSpec(f"there is no {PREFIX}model: the file has no tokenizer inside")
    kind = str(metadata[f"{PREFIX}model"])
    if kind not in _KINDS:
        raise Refused(f"{PREFIX}model is {kind!r}; known are {', '.join(_KINDS)}")
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


def _learned(metadata: Mapping[str, Any]) -> slice:
    """Return where the words of the model are: added tokens behind them are none of its own."""
    own = [id for id, type in enumerate(_list(metadata, "token_type")) if type not in ADDED]
    return slice(own[-1] + 1 if own else None)


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
        raise Refused(f"{PREFIX}pre is {name!r}; known are {', '.join(PIPELINES)}")
    form, cut, whole_words, adds_bos = PIPELINES[name]
    template = _template(metadata, tokens, bos=adds_bos)
    return {
        "normalizer": form and {"type": form},
        "pre_tokenizer": cut,
        "post_processor": template or BYTE_LEVEL,
        "decoder": BYTE_LEVEL,
        "model": {
            "type": "BPE",
            "byte_fallback": False,
            "ignore_merges": whole_words,
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
    def spelt(token: str, type: int) -> str:
        if type != NORMAL or (token.startswith("[") and token.endswith("]")):
            return token
        return token[1:] if token.startswith(SPACE) else f"##{token}"

    types = _list(metadata, "token_type")
    vocab = {spelt(token, types[id]): id for id, token in enumerate(tokens)}
    if len(vocab) != len(tokens):
        raise BadSpec(f"{PREFIX}tokens has words that are one when {SPACE!a} becomes ##")
    first = _token(metadata, "cls", tokens, 101)
    last = _token(metadata, "seperator", tokens, 102)  # so spelt in GGUF
    lowercase = bool(metadata.get(f"{PREFIX}normalizer.lowercase", True))
    return {
        "normalizer": {
            "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
            "strip_accents": metadata.get(f"{PREFIX}normalizer.strip_accents"),
            "lowercase": lowercase,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "BertProcessing", "sep": [last, vocab[last]], "cls": [first, vocab[first]],
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece", "unk_token": _token(metadata, "unknown", tokens, 100),
            "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": dict(list(vocab.items())[_learned(metadata)]),
        },
    }  # fmt: skip


def _unigram(metadata: Mapping[str, Any], tokens: Sequence[str], _: str) -> Json:
    scores = _list(metadata, "scores", len(tokens))
    charsmap = bytes(metadata.get(f"{PREFIX}precompiled_charsmap") or b"")
    encoded = base64.b64encode(charsmap).decode("ascii")
    mapped = [{"type": "Precompiled", "precompiled_charsmap": encoded}] if charsmap else []
    spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    one_space = metadata.get(f"{PREFIX}remove_extra_whitespaces", True)
    scheme = "always" if metadata.get(f"{PREFIX}add_space_prefix", True) else "never"
    space = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": scheme, "split": True}
    unknown = tokens.index(_token(metadata, "unknown", tokens, 2))
    learned = _learned(metadata)
    return {
        "normalizer": {
            "type": "Sequence", "normalizers": [*mapped, *([spaces] if one_space else [])],
        },
        "pre_tokenizer": _sequence({"type": "WhitespaceSplit"}, space) if one_space else space,
        "post_processor": _template(metadata, tokens, bos=False),
        "decoder": space,
        "model": {
            "type": "Unigram",
            "unk_id": unknown,
            "byte_fallback": False,
            "vocab": [
                [token, float(score)]
                for token, score in zip(tokens[learned], scores[learned], strict=True)
            ],
        },
    }  # fmt: skip


_Kind = Callable[[Mapping[str, Any], Sequence[str], str], Json]
_KINDS: Final[Mapping[str, _Kind]] = {
    "gpt2": _byte_level,
    "llama": _sentencepiece,
    "gemma4": _gemma4,
    "bert": _wordpiece,
    "t5": _unigram,
}
"""By `tokenizer.ggml.model`."""


def templates(metadata: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return a file's chat templates by name, and its special tokens by a template's name for them.

    The template without a name is `default`. Raises BadSpec for a token that is not there.
    """
    key = "tokenizer.chat_template"
    named = {"default": str(metadata[key])} if key in metadata else {}
    named |= {
        name.removeprefix(f"{key}."): str(source)
        for name, source in metadata.items()
        if name.startswith(f"{key}.")
    }
    tokens = metadata.get(f"{PREFIX}tokens") or []
    roles = {
        f"{short}_token": _token(metadata, role, tokens, 0)
        for role, short in ROLES.items()
        if f"{PREFIX}{role}_token_id" in metadata
    }
    return named, roles


ROLES: Final = {
    "bos": "bos", "eos": "eos", "unknown": "unk", "padding": "pad", "cls": "cls",
    "seperator": "sep", "mask": "mask",
}  # fmt: skip
"""What GGUF calls a special token, and what tokenizer_config.json does."""
