"""What a GGUF file says for a tokenizer.json: the way back of `gguf_vocabulary`.

Theory. llama.cpp has no pipelines, it has kinds, and within the kind `gpt2` a name for the regexes
(`pre`). So a tokenizer.json has a form in GGUF only where its pipeline is one that llama.cpp has:

    gpt2      byte-level BPE whose pre-tokenizer is one of `gguf_vocabulary.PIPELINES`
    llama     BPE of pieces with byte fallback; a merge's place becomes its token's score
    gemma4    the same without a space before the text, where no scores say what the merges say
    bert      WordPiece with BertNormalizer and BertPreTokenizer
    t5        Unigram with a Metaspace, and a charsmap or none

All else is refused. What the format has no word for and every converter leaves out is `lost`, in
words: it is why llama.cpp may differ where neither its tokenizer nor this file is wrong.

Origin: llama.cpp's converters (`conversion/base.py`, `bert.py`, `t5.py`) and its `llama-vocab.cpp`.
Where this is not as they do it: an added token that is not special keeps its text in the kind
`bert`, where theirs puts U+2581 before it, so that it is never found; the tokens that a
tokenizer.json adds are taken from it, and none is made special for how it looks.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.conversion import SPACE, merges
from parity.errors import Refused
from parity.gguf_vocabulary import (
    BYTE,
    CONTROL,
    NORMAL,
    PIPELINES,
    PREFIX,
    ROLES,
    UNKNOWN,
    UNUSED,
    USER_DEFINED,
    Json,
)

GPT2_PATTERN: Final = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""What a ByteLevel with `use_regex` cuts by."""
NEVER: Final = -1e9
"""The score of a token that no merge makes."""


class Written(NamedTuple):
    """What a file says.

    metadata: by full keys.
    lost: what of the tokenizer.json it cannot say, in words.
    """

    metadata: dict[str, Any]
    lost: tuple[str, ...] = ()


def written(
    content: Mapping[str, Any],
    roles: Mapping[str, str] | None = None,
    templates: Mapping[str, str] | None = None,
) -> Written:
    """Return the metadata for the content of a tokenizer.json. Raises Refused with the reason.

    roles: special tokens, such as `bos_token`, by tokenizer_config.json; templates: by name.
    """
    model = content["model"]
    kind = str(model.get("type"))
    if kind not in _MODELS:
        raise Refused(f"GGUF has no model {kind!r}; known are {', '.join(_MODELS)}")
    table = _table(content)
    made, lost = _MODELS[kind](content, table)
    ids = {token: id for id, token in enumerate(table.tokens)}
    named = {f"{short}_token": role for role, short in ROLES.items()}
    found = {
        f"{PREFIX}{named[name]}_token_id": ids[token]
        for name, token in (roles or {}).items()
        if name in named and token in ids
    }
    texts = {
        f"tokenizer.chat_template{'' if name == 'default' else '.' + name}": source
        for name, source in (templates or {}).items()
    }
    own = {f"{PREFIX}{key}": value for key, value in made.items()}
    return Written({**found, **own, **texts}, (*lost, *table.lost))


class _Table(NamedTuple):
    """The vocabulary by id, the type of each token, and what of the added tokens is lost."""

    tokens: list[str]
    types: list[int]
    lost: tuple[str, ...]


def _table(content: Mapping[str, Any]) -> _Table:
    model, added = content["model"], content.get("added_tokens") or []
    vocab = model["vocab"]
    rows = (
        vocab.items() if isinstance(vocab, dict) else ((row[0], id) for id, row in enumerate(vocab))
    )
    tokens: dict[int, str] = {}
    for token, id in [*rows, *((each["content"], each["id"]) for each in added)]:
        if tokens.setdefault(id, token) != token:
            raise Refused(f"id {id} is {tokens[id]!a} and {token!a}: GGUF has one token for an id")
    size = max(tokens) + 1
    types = [NORMAL if id in tokens else UNUSED for id in range(size)]
    for each in added:
        types[each["id"]] = CONTROL if each.get("special") else USER_DEFINED
    spelt = [tokens.get(id, f"[PAD{id}]") for id in range(size)]
    flags = ("single_word", "lstrip", "rstrip", "normalized")
    counts = {flag: sum(bool(each.get(flag)) for each in added) for flag in flags}
    lost = tuple(f"{flag} of {count} added tokens" for flag, count in counts.items() if count)
    return _Table(spelt, types, lost)


def _fields(table: _Table, **others: Any) -> Json:
    """Return the entries that every kind has. Raises Refused for a token that comes twice."""
    if len(set(table.tokens)) != len(table.tokens):
        seen: set[str] = set()
        twice = next(token for token in table.tokens if token in seen or seen.add(token))  # type: ignore[func-returns-value]
        raise Refused(f"the token {twice!a} comes twice: llama.cpp takes no such file")
    return {"tokens": table.tokens, "token_type": table.types, **others}


def _ends(content: Mapping[str, Any], tokens: Sequence[str]) -> tuple[Json, tuple[str, ...]]:
    """Return what is put around a text: entries for BOS and EOS; and what of it is lost."""
    processor: Json = content.get("post_processor") or {"type": "ByteLevel"}
    inner = processor["processors"] if processor["type"] == "Sequence" else [processor]
    steps: list[Json] = [step for step in inner if step["type"] != "ByteLevel"]
    found: Json = {"add_bos_token": False, "add_eos_token": False}
    if not steps:
        return found, ()
    around = _around(steps[0]) if len(steps) == 1 else None
    if around is None or any(len(side) > 1 for side in around):
        return found, (f"what the post_processor {steps[0]['type']} adds",)
    for role, side in zip(("bos", "eos"), around, strict=True):
        for token in side:
            found |= {f"add_{role}_token": True, f"{role}_token_id": tokens.index(token)}
    return found, ()


def _around(step: Json) -> tuple[list[str], list[str]] | None:
    """Return the tokens before and behind a text, or None where a step does other things."""
    if step["type"] in ("BertProcessing", "RobertaProcessing"):
        return [step["cls"][0]], [step["sep"][0]]
    if step["type"] != "TemplateProcessing":
        return None
    names = [next(iter(each)) for each in step["single"]]
    if names.count("Sequence") != 1:
        return None
    tokens = [
        step["special_tokens"][each["SpecialToken"]["id"]]["tokens"]
        if "SpecialToken" in each
        else []
        for each in step["single"]
    ]
    at = names.index("Sequence")
    return [name for side in tokens[:at] for name in side], [
        name for side in tokens[at:] for name in side
    ]


def _pairs(model: Json) -> list[list[str]]:
    return [each.split(" ", 1) if isinstance(each, str) else each for each in model["merges"]]


def _merges(pairs: Sequence[Sequence[str]]) -> list[str]:
    spaced = next((pair for pair in pairs if " " in "".join(pair)), None)
    if spaced is not None:
        raise Refused(f"the merge {spaced!a} has a space in it, which GGUF parts a merge by")
    return [" ".join(pair) for pair in pairs]


def _bpe(content: Mapping[str, Any], table: _Table) -> tuple[Json, tuple[str, ...]]:
    model = content["model"]
    for option in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(option):
            raise Refused(f"llama.cpp's BPE has no {option}, this model has {model[option]!r}")
    made, lost = (_pieces if model.get("byte_fallback") else _byte_level)(content, table)
    ends, left_out = _ends(content, table.tokens)
    return {**made, **ends}, (*lost, *left_out)


def _byte_level(content: Mapping[str, Any], table: _Table) -> tuple[Json, tuple[str, ...]]:
    model, cuts = content["model"], _cuts(content.get("pre_tokenizer"))
    whole_words = bool(model.get("ignore_merges"))
    fitting = [name for name, row in PIPELINES.items() if _cuts(row.cut) == cuts]
    if not cuts or not fitting:
        raise Refused(
            f"llama.cpp has no name for this pre_tokenizer: {content.get('pre_tokenizer')!a:.300}"
        )
    form = _form(content.get("normalizer"))

    def near(name: str) -> tuple[bool, bool]:
        row = PIPELINES[name]
        return row.whole_words == whole_words, row.form == form

    name = max(fitting, key=near)
    lost = [f"normalizer {form}"] if form else []
    if PIPELINES[name].whole_words != whole_words:
        lost.append(f"ignore_merges {str(whole_words).lower()}")
    return _fields(table, model="gpt2", pre=name, merges=_merges(_pairs(model))), tuple(lost)


def _form(normalizer: Json | None) -> str | None:
    if normalizer in (None, {"type": "Sequence", "normalizers": []}):
        return None
    if normalizer == {"type": "NFC"}:
        return "NFC"
    raise Refused(f"llama.cpp's byte-level BPE has no normalizer {normalizer!a:.300}")


def _cuts(step: Json | None) -> tuple[str, ...] | None:
    """Return what a pre-tokenizer cuts by, step by step; None where GGUF knows no such step."""
    steps = step["pretokenizers"] if step and step["type"] == "Sequence" else [step or {}]
    made = [_cut(each) for each in steps]
    known = [cut for cut in made if cut is not None]
    return tuple(cut for cut in known if cut) if len(known) == len(made) else None


def _cut(step: Json) -> str | None:
    """Return what one step cuts by, "" for nothing."""
    kind = step.get("type")
    if kind == "ByteLevel" and not step.get("add_prefix_space"):
        return GPT2_PATTERN if step.get("use_regex", True) else ""
    if kind == "Digits":
        return r"\p{N}" if step["individual_digits"] else r"\p{N}+"
    if kind == "Punctuation":
        return f"punctuation {step['behavior']}"
    whole = (step.get("behavior"), step.get("invert")) in (("Isolated", False), ("Removed", True))
    if kind == "Split" and whole and "Regex" in step["pattern"]:
        return str(step["pattern"]["Regex"])
    return None


def _pieces(content: Mapping[str, Any], table: _Table) -> tuple[Json, tuple[str, ...]]:
    """SentencePiece's BPE: of scores where they say what the merges say, else of merges."""
    model, pairs = content["model"], _pairs(content["model"])
    prefix = _space_prefix(content)
    made_by: dict[str, int] = {}
    for rank, pair in enumerate(pairs):
        made_by.setdefault("".join(pair), rank)
    missing = len(set(merges(list(made_by))) - {(first, second) for first, second in pairs})
    types = [
        _piece_type(token, type) for token, type in zip(table.tokens, table.types, strict=True)
    ]
    unknown = table.tokens.index(model["unk_token"])
    types[unknown] = UNKNOWN
    own = {"unknown_token_id": unknown, "add_space_prefix": prefix}
    table = table._replace(types=types)
    if missing and not prefix:
        return _fields(table, model="gemma4", merges=_merges(pairs), **own), ()
    scores = [-float(made_by[token]) if token in made_by else NEVER for token in table.tokens]
    lost = (f"{missing} cuts of tokens that are no merges",) if missing else ()
    return _fields(table, model="llama", pre="default", scores=scores, **own), lost


def _piece_type(token: str, type: int) -> int:
    is_byte = type == NORMAL and token.startswith("<0x") and token.endswith(">") and len(token) == 6  # noqa: PLR2004 (<0x0A>)
    return BYTE if is_byte else type


def _space_prefix(content: Mapping[str, Any]) -> bool:
    """Return whether a space comes before the text. Raises Refused for any other pipeline."""
    given, cut = content.get("normalizer"), content.get("pre_tokenizer")
    steps = given["normalizers"] if given and given["type"] == "Sequence" else [given]
    replaced = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    prefixed = {"type": "Prepend", "prepend": SPACE}
    behind_spaces = {
        "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
        "invert": False,
    }  # fmt: skip
    if steps in ([replaced], [prefixed, replaced]) and cut in (None, behind_spaces):
        return len(steps) > 1
    raise Refused(
        "llama.cpp's BPE of pieces puts U+2581 for a space, and before the text or not; this has "
        f"the normalizer {given!a:.200} and the pre_tokenizer {cut!a:.200}"
    )


def _wordpiece(content: Mapping[str, Any], table: _Table) -> tuple[Json, tuple[str, ...]]:
    model, normalizer = content["model"], content.get("normalizer") or {}
    cut = content.get("pre_tokenizer") or {}
    if normalizer.get("type") != "BertNormalizer" or cut != {"type": "BertPreTokenizer"}:
        found = f"{normalizer.get('type')} and {cut.get('type')}"
        raise Refused(f"llama.cpp's WordPiece is BertNormalizer and BertPreTokenizer, not {found}")
    for option in ("clean_text", "handle_chinese_chars"):
        if not normalizer.get(option):
            raise Refused(f"llama.cpp's WordPiece always does {option}, this tokenizer does not")
    prefix = model["continuing_subword_prefix"]
    ends, _ = _ends(content, table.tokens)
    if not (ends["add_bos_token"] and ends["add_eos_token"]):
        raise Refused("llama.cpp's WordPiece always adds [CLS] and [SEP], this tokenizer does not")
    spelt = [
        token if type != NORMAL
        else token.removeprefix(prefix) if token.startswith(prefix)
        else SPACE + token
        for token, type in zip(table.tokens, table.types, strict=True)
    ]  # fmt: skip
    accents = normalizer.get("strip_accents")
    own = {
        "unknown_token_id": table.tokens.index(model["unk_token"]),
        "bos_token_id": ends["bos_token_id"],
        "cls_token_id": ends["bos_token_id"],
        "seperator_token_id": ends["eos_token_id"],  # so spelt in GGUF
        "token_type_count": 2,
        "normalizer.lowercase": bool(normalizer.get("lowercase")),
        **({} if accents is None else {"normalizer.strip_accents": accents}),
    }
    lost = (f"words over {model['max_input_chars_per_word']} characters are unknown",)
    return _fields(table._replace(tokens=spelt), model="bert", pre="default", **own), lost


def _unigram(content: Mapping[str, Any], table: _Table) -> tuple[Json, tuple[str, ...]]:
    model, unknown = content["model"], content["model"].get("unk_id")
    if model.get("byte_fallback"):
        raise Refused("llama.cpp's Unigram has no byte_fallback, this model has it")
    if unknown is None:
        raise Refused("llama.cpp's Unigram has an unknown token, this model has none")
    charsmap, one_space = _unigram_normalizer(content.get("normalizer"))
    types = list(table.types)
    types[unknown] = UNKNOWN
    listed = [float(score) for _, score in model["vocab"]]
    scores = listed + [0.0] * (len(table.tokens) - len(listed))
    ends, lost = _ends(content, table.tokens)
    own = {
        "scores": scores,
        "unknown_token_id": unknown,
        "add_space_prefix": _metaspace(content.get("pre_tokenizer")),
        "remove_extra_whitespaces": one_space,
        **({"precompiled_charsmap": charsmap} if charsmap else {}),
    }
    return {**_fields(table._replace(types=types), model="t5", pre="default", **own), **ends}, lost


def _unigram_normalizer(normalizer: Json | None) -> tuple[bytes, bool]:
    """Return a charsmap, and whether many spaces become one. Raises Refused for anything else."""
    sequence = normalizer is not None and normalizer["type"] == "Sequence"
    steps = normalizer["normalizers"] if normalizer and sequence else [normalizer]
    charsmap, one_space = b"", False
    for step in filter(None, steps):
        if step["type"] == "Precompiled":
            charsmap = base64.b64decode(step["precompiled_charsmap"])
        elif step["type"] == "Replace" and step["pattern"] == {"Regex": " {2,}"}:
            one_space = True
        elif step["type"] != "Strip" or step["strip_left"]:
            raise Refused(f"llama.cpp's Unigram has no normalizer {step!a:.200}")
    return charsmap, one_space


def _metaspace(step: Json | None) -> bool:
    """Return whether a space comes before the text. Raises Refused for another pre-tokenizer."""
    sequence = step is not None and step["type"] == "Sequence"
    steps = step["pretokenizers"] if step and sequence else [step or {}]
    steps = [each for each in steps if each.get("type") != "WhitespaceSplit"]
    if len(steps) != 1 or steps[0].get("type") != "Metaspace":
        raise Refused(f"llama.cpp's Unigram is cut by a Metaspace, this by {step!a:.200}")
    scheme = steps[0].get("prepend_scheme")
    return scheme != "never" if scheme else bool(steps[0].get("add_prefix_space", True))


_MODELS: Final = {"BPE": _bpe, "WordPiece": _wordpiece, "Unigram": _unigram}
