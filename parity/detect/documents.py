"""JSON files: which of the tokenizers' documents one is, by its keys and not by its name."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from parity.detect.found import AGAIN, BOM_ADVICE, Detected, specs
from parity.detect.reading import WHOLE, Content

STARTS: Final = re.compile(rb'\s*(?:\{\s*(?:["}]|$)|\[\s*(?:["{\[\]\d-]|true|false|null|$))')
"""How an object or a list begins, and no chat template: `{{`, `{%` and `[INST]` are none."""
CONFIG: Final = frozenset(
    ("tokenizer_class", "added_tokens_decoder", "model_max_length", "clean_up_tokenization_spaces")
)
MODEL: Final = frozenset(("model_type", "architectures", "_from_model_config"))


def document(content: Content) -> Detected | None:
    """Judge a file that begins as a JSON object or list does."""
    if not STARTS.match(content.text):
        return None
    path, data = str(content.path), content.whole
    if data is None:
        told = f"it begins as JSON and has {content.size:,} bytes; not read: over {WHOLE:,}"
        return Detected(path, "json", told)
    data = data[3:] if content.bom else data
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        found = _leniently(data)
        if found is None:
            return _wrong(path, data, error)
    judged = _of_list(found) if isinstance(found, list) else _of_object(content, found)
    if content.bom:
        return judged._replace(path=path, specs=(), warnings=(*judged.warnings, BOM_ADVICE))
    return judged._replace(path=path)


def _leniently(data: bytes) -> Any:
    """Return JSON with NaN in it, as `artefact.read_json` takes it; None for what is no JSON."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(data)
    return None


def _wrong(path: str, data: bytes, error: orjson.JSONDecodeError) -> Detected:
    at = f"line {error.lineno}, column {error.colno}: {error.msg.partition(':')[0]}"
    if error.msg.startswith("unexpected content after document"):
        told = "a JSON value and more behind it, as lines of JSON have it"
        return Detected(path, "json", told)
    if error.msg.startswith("unexpected end of data") or _ends_within_text(data):
        return Detected(path, "cut_off_json", f"it begins as JSON and ends within it; {at}")
    return Detected(path, "broken_json", f"it begins as JSON; {at}", (), (f"mend it or {AGAIN}",))


def _ends_within_text(data: bytes) -> bool:
    """Say whether it ends within a string or a character, where orjson speaks of what is wrong."""
    try:
        json.loads(data.decode("utf-8", "surrogateescape"))
    except json.JSONDecodeError as error:
        return error.msg.startswith("Unterminated string") or not error.doc[error.pos :].strip()
    except (ValueError, RecursionError):
        pass
    return False


def _of_list(found: list[Any]) -> Detected:
    return Detected("", "json", f"a JSON list of {len(found):,} values")


def _of_object(content: Content, found: Mapping[str, Any]) -> Detected:
    for judge in _OBJECTS:
        judged = judge(content, found)
        if judged:
            return judged
    some = ", ".join(repr(key) for key in list(found)[:5]) or "none"
    return Detected("", "json", f"a JSON object; its first keys: {some}")


def _tokenizer(content: Content, found: Mapping[str, Any]) -> Detected | None:
    model = found.get("model")
    if not isinstance(model, dict) or "vocab" not in model:
        return None
    vocabulary, added = model["vocab"], found.get("added_tokens")
    added = added if isinstance(added, list) else ()
    entries = f"{len(vocabulary):,}" if isinstance(vocabulary, dict | list) else "no"
    told = (
        f"a JSON object with a model of type {model.get('type', 'not stated')}, {entries} entries "
        f"and {len(added):,} added tokens"
    )
    by_folder = ("transformers",) if content.path.name == "tokenizer.json" else ()
    loads = specs(content.path, "hf", "reference", *by_folder)
    return Detected("", "tokenizer_json", told, loads)


def _tekken(content: Content, found: Mapping[str, Any]) -> Detected | None:
    config, vocabulary = found.get("config"), found.get("vocab")
    if not isinstance(config, dict) or not isinstance(vocabulary, list) or "pattern" not in config:
        return None
    if not vocabulary or not isinstance(vocabulary[0], dict) or "token_bytes" not in vocabulary[0]:
        return None
    told = (
        f"a JSON object with a config of version {config.get('version', 'not stated')}, a pattern "
        f"and {len(vocabulary):,} ranks"
    )
    path = content.path
    if "tekken" in path.name and path.suffix == ".json":  # as mistral-common's is_tekken
        return Detected("", "tekken", told, specs(path, "mistral_common"))
    return Detected("", "tekken", told, (), ("mistral-common goes by the name: tekken.json",))


def _tiktoken(content: Content, found: Mapping[str, Any]) -> Detected | None:
    if not {"ranks", "pattern", "special_tokens"} <= set(found):
        return None
    told = (
        f"a JSON object that names the rank file {found['ranks']!r}, a pattern and special tokens"
    )
    if content.path.suffix != ".json":
        return Detected("", "tiktoken_json", told, (), ("its name must end in .json",))
    ranks = content.path.parent / str(found["ranks"])
    if not ranks.is_file():
        return Detected("", "tiktoken_json", told, (), (f"{ranks} is not there",))
    return Detected("", "tiktoken_json", told, specs(content.path, "tiktoken"))


def _chat_template(content: Content, found: Mapping[str, Any]) -> Detected | None:
    if list(found) != ["chat_template"]:
        return None
    told = "a JSON object with nothing but a chat template"
    if content.path.name == "chat_template.json":
        return Detected("", "chat_template", told, (f"jinja:{content.path},template=smg",))
    return Detected("", "chat_template", told, (), ("loaders go by the name: chat_template.json",))


def _config(content: Content, found: Mapping[str, Any]) -> Detected | None:
    if not CONFIG & set(found) and "chat_template" not in found:
        return None
    told = f"a JSON object of settings; its class is {found.get('tokenizer_class', 'not stated')}"
    template = found.get("chat_template")
    if not template:
        return Detected("", "tokenizer_config", f"{told}; it has no chat template")
    told += "; it has a chat template"
    named = content.path.name == "tokenizer_config.json"
    return Detected("", "tokenizer_config", told, specs(content.path, "jinja") if named else ())


def _numbers(_: Content, found: Mapping[str, Any]) -> Detected | None:
    values = set(map(type, found.values()))
    if values != {int}:
        return None
    ids = sorted(found.values())
    told = f"a JSON object of {len(ids):,} tokens with ids from {ids[0]:,} to {ids[-1]:,}"
    return Detected("", "added_tokens" if ids[0] else "vocab_json", told)


def _map(_: Content, found: Mapping[str, Any]) -> Detected | None:
    if not found or not all(key.endswith(("_token", "_special_tokens")) for key in found):
        return None
    return Detected("", "special_tokens_map", f"a JSON object that names {', '.join(found)}")


def _model(_: Content, found: Mapping[str, Any]) -> Detected | None:
    if not MODEL & set(found):
        return None
    told = f"a JSON object; its model_type is {found.get('model_type', 'not stated')!r}"
    return Detected("", "model_config", told)


def _answer(_: Content, found: Mapping[str, Any]) -> Detected | None:
    if "error" not in found or len(found) > 3:  # noqa: PLR2004 (an error, its kind, a message)
        return None
    return Detected(
        "", "server_answer", f"a JSON object with an error: {str(found['error'])[:80]!r}"
    )


_OBJECTS: Final[tuple[Callable[[Content, Mapping[str, Any]], Detected | None], ...]] = (
    _tokenizer, _tekken, _tiktoken, _chat_template, _config, _numbers, _map, _model, _answer,
)  # fmt: skip
