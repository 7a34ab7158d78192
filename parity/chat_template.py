"""Which chat template a folder holds: several files may say, and loaders do not agree which wins.

    transformers   chat_template.jinja, with additional_chat_templates/*.jinja beside it; else
                   `chat_template` of tokenizer_config.json, a text or a list of named ones. CR LF
                   is read as LF.
    smg            chat_template.json, chat_template.jinja, any other *.jinja, then a text in
                   tokenizer_config.json. What is a .jinja file is trimmed, and a backslash with an
                   n in it becomes a newline.

A target that is a file is the template, or a GGUF file that carries one, with its special tokens;
`mistral:NAME` is one that mistral-common writes, such as `mistral:v3_tekken`; `none` has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import gguf_files, gguf_vocabulary
from parity.artefact import read_json, resolve
from parity.errors import BadSpec, Unsupported
from parity.renderers import mistral_templates
from parity.renderers.worker import NoTemplate

NONE: Final = "none"
MISTRAL: Final = "mistral:"
JINJA: Final = "chat_template.jinja"
CONFIG: Final = "tokenizer_config.json"
DEFAULT, TOOL_USE = "default", "tool_use"


class ChatTemplate(NamedTuple):
    """What a folder says of chats.

    named: sources by name, `default` among them; empty where there is no template.
    tokens: special tokens by the name that a template has for them, such as `bos_token`.
    files: what was read.
    """

    named: Mapping[str, str]
    tokens: Mapping[str, str] = {}
    files: tuple[Path, ...] = ()

    def source(self, *, tools: bool = False) -> str:
        """Return the template for a chat with or without tools.

        Raises NoTemplate, and Unsupported where none was asked for.
        """
        if tools and TOOL_USE in self.named:
            return self.named[TOOL_USE]
        if self is NOTHING:
            raise Unsupported("no chat template was asked for")
        if DEFAULT not in self.named:
            names = f"; it has {', '.join(sorted(self.named))}" if self.named else ""
            raise NoTemplate(f"there is no chat template{names}")
        return self.named[DEFAULT]


NOTHING: Final = ChatTemplate({})
"""What the target `none` says."""


def read(target: str, rule: str = "transformers") -> ChatTemplate:
    """Return what a target says of chats: a folder, a template file, `none`. Raises BadSpec."""
    if rule not in RULES:
        raise BadSpec(f"no rule {rule!r} for which template wins; known: {', '.join(RULES)}")
    if target == NONE:
        return NOTHING
    if target.startswith(MISTRAL):
        source, tokens = mistral_templates.template(target.removeprefix(MISTRAL))
        return ChatTemplate({DEFAULT: source}, tokens)
    path = resolve(target)
    if path.is_file() and gguf_files.is_gguf(path):
        named, tokens = gguf_vocabulary.templates(gguf_files.read(path))
        return ChatTemplate(named, tokens, (path,))
    if path.is_file() and path.suffix != ".json":
        return ChatTemplate({DEFAULT: _text(path)}, {}, (path,))
    folder = path if path.is_dir() else path.parent
    config = _object(folder / CONFIG)
    named, files = RULES[rule](folder, config)
    kept = [*files, folder / CONFIG] if (folder / CONFIG).is_file() else files
    mapped = folder / "special_tokens_map.json"
    kept = [*kept, mapped] if mapped.is_file() else kept
    tokens = _tokens(_object(mapped)) | _tokens(config)
    return ChatTemplate(named, tokens, tuple(dict.fromkeys(kept)))


def tokenizer_folder(target: str) -> str:
    """Return the folder of a target that has a tokenizer of its own beside the template, or ""."""
    if target == NONE or target.startswith(MISTRAL):
        return ""
    path = resolve(target)
    folder = path if path.is_dir() else path.parent if path.suffix == ".json" else None
    return str(folder.resolve()) if folder and (folder / "tokenizer.json").is_file() else ""


def _tokens(config: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for key, value in config.items():
        content = value.get("content") if isinstance(value, dict) else value
        if key.endswith("_token") and isinstance(content, str):
            found[key] = content
    extra = config.get("extra_special_tokens")
    return found | (_tokens(extra) if isinstance(extra, dict) else {})


def _transformers(folder: Path, config: Mapping[str, Any]) -> tuple[dict[str, str], list[Path]]:
    files = {path.stem: path for path in sorted(folder.glob("additional_chat_templates/*.jinja"))}
    if (folder / JINJA).exists() and not (folder / JINJA).is_file():
        raise BadSpec(f"{folder / JINJA} is no file")
    if (folder / JINJA).is_file():
        files[DEFAULT] = folder / JINJA
    if files:
        named = {name: _text(path).replace("\r\n", "\n").replace("\r", "\n")
                 for name, path in files.items()}  # fmt: skip
        return named, list(files.values())
    found = config.get("chat_template")
    if isinstance(found, str):
        return {DEFAULT: found}, []
    for place, row in enumerate(found if isinstance(found, list) else []):
        if not _is_named(row):
            raise BadSpec(f"{folder / CONFIG}: chat_template[{place}] has no name and template")
    if found is not None and not isinstance(found, list):
        kind = type(found).__name__
        raise BadSpec(f"{folder / CONFIG}: chat_template is a text or a list, this is {kind}")
    return {row["name"]: row["template"] for row in found or []}, []


def _is_named(row: Any) -> bool:
    keys = ("name", "template")
    return isinstance(row, dict) and all(isinstance(row.get(key), str) for key in keys)


def _smg(folder: Path, config: Mapping[str, Any]) -> tuple[dict[str, str], list[Path]]:
    legacy = folder / "chat_template.json"
    if legacy.is_file() and isinstance(_object(legacy).get("chat_template"), str):
        return {DEFAULT: _object(legacy)["chat_template"]}, [legacy]
    own = folder / JINJA
    others = (path for path in sorted(folder.glob("*.jinja")) if path.is_file())
    files = [own] if own.is_file() else list(others)
    if files:
        return {DEFAULT: _text(files[0]).strip().replace("\\n", "\n")}, files[:1]
    found = config.get("chat_template")
    return ({DEFAULT: found} if isinstance(found, str) else {}), []


RULES: Final[
    Mapping[str, Callable[[Path, Mapping[str, Any]], tuple[dict[str, str], list[Path]]]]
] = {"transformers": _transformers, "smg": _smg}


def _object(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    found = read_json(path)
    if not isinstance(found, dict):
        raise BadSpec(f"{path}:1: an object is wanted, this is {type(found).__name__}")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise BadSpec(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadSpec(f"{path}: not UTF-8 at byte {error.start}") from error
