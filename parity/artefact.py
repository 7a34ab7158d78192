"""Where a spec's target leads: a folder or file of the user's, a tiny tokenizer, a real one.

Real ones come from packages (`asset:`), from the hub where that is allowed (`hub:`), or by the name
of a model from the one or the other (`model:`).
"""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from parity import hub, models, terms
from parity.errors import BadSpec, Unsupported
from parity.types import AddedToken

EOS_NAMES: Final = ("</s>", "<|endoftext|>", "<|im_end|>", "<eos>", "<EOS>", "[SEP]")
TINY: Final = "tiny:"
ASSET: Final = "asset:"
STYLE: Final = "style:"
MODEL: Final = models.MODEL
HUB: Final = "hub:"
NAMES: Final = "a path, tiny:NAME, asset:NAME, style:NAME, model:NAME or hub:ORG/NAME@COMMIT"
_NAMED: Final = re.compile(rf"(?P<before>(?:\w+:)??)(?P<target>(?:{ASSET}|{MODEL}|{HUB}).+)")
_SAID: Final = frozenset(("json", "broken_json", "cut_off_json", "unreadable"))
"""Kinds of files that say no more than a message about bad JSON does."""


def shipped(folder: str = "corpora") -> Path:
    """Return a folder that came with this package or its source tree: corpora, golden and such."""
    here = Path(__file__).parent
    packaged = here / "data" / folder
    return packaged if packaged.is_dir() else here.parent / folder


def tiny() -> list[str]:
    """Return the names of the tiny tokenizers that tokparity ships."""
    return sorted(path.parent.name for path in shipped().glob("tokenizers/*/tokenizer.json"))


def styles() -> list[str]:
    """Return the names of the chat templates that tokparity ships."""
    return sorted(path.parent.name for path in shipped().glob("styles/*/chat_template.jinja"))


def resolve(target: str) -> Path:
    """Return the path that a target means; `NAMES` says how one is written.

    Raises BadSpec for a name or path that is not there, MissingAsset, LockMismatch, NotFetched.
    """
    if target.startswith(TINY):
        name = target.removeprefix(TINY)
        if name not in tiny():
            raise BadSpec(f"no tiny tokenizer {name!r}; known: {', '.join(tiny())}")
        return shipped() / "tokenizers" / name
    if target.startswith(STYLE):
        name = target.removeprefix(STYLE)
        if name not in styles():
            raise BadSpec(f"no style {name!r} of chat templates; known: {', '.join(styles())}")
        return shipped() / "styles" / name
    if target.startswith(ASSET):
        from parity import assets  # noqa: PLC0415 (costs a start-up that most runs do not need)

        return assets.folder(target.removeprefix(ASSET))
    if target.startswith(MODEL):
        found, by = models.target(target.removeprefix(MODEL), terms.now().models)
        terms.tell(target, f"{found}, {by}")
        return resolve(found)
    if target.startswith(HUB):
        return terms.once(target, lambda: hub.folder(target.removeprefix(HUB)))
    path = Path(target)
    if not target or not path.exists():
        raise BadSpec(f"{target!r} does not exist; a target is {NAMES}")
    return path


def settled(text: str) -> str:
    """Return a target, or a spec of one, whose meaning needs no terms: a path for a name.

    Another process has no terms, so what the hub or the map of models decides is decided here; and
    another interpreter may not have the package of an asset.

    >>> settled("hf:models/qwen"), settled("tiny:unigram")
    ('hf:models/qwen', 'tiny:unigram')
    """
    found = _NAMED.fullmatch(text)
    return f"{found['before']}{resolve(found['target']).absolute()}" if found else text


def tokenizer_json(target: str) -> tuple[Path, dict[str, Any]]:
    """Return the path of a target's tokenizer.json and its content.

    Raises BadSpec with FILE:LINE for a file that is missing, cut off or no tokenizer.
    """
    path = resolve(target)
    if path.is_dir():
        path /= "tokenizer.json"
    if not path.is_file():
        raise BadSpec(f"{path} does not exist; a folder with a tokenizer.json is wanted")
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        what = f"this is no tokenizer.json: it has no object 'model'{hint(path)}"
        raise BadSpec(f"{path}:1: {what}")
    return path, content


def hint(path: Path) -> str:
    """Return what a file is that is not what was wanted, for the end of a message, or ""."""
    from parity.detect import detect  # noqa: PLC0415 (it reads folders by what imports this)

    found = detect(path)
    return "" if found.kind in _SAID else f"; {found.sentence()}"


def read_json(path: Path) -> Any:
    """Return the content of a JSON file. Raises BadSpec with FILE:LINE.

    NaN and Infinity are read: whoever needs the number says where in the file it stands.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
        return orjson.loads(data)
    except OSError as error:
        raise BadSpec(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadSpec(f"{path}: not UTF-8 at byte {error.start}{hint(path)}") from error
    except orjson.JSONDecodeError as error:
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text)  # of bytes it takes a BOM, as no loader does
        cut = "; is it cut off?" if error.pos >= len(error.doc.rstrip()) else ""
        raise BadSpec(
            f"{path}:{error.lineno}: not JSON at column {error.colno}: {error.msg}{cut}{hint(path)}"
        ) from error


def declared_ids(content: dict[str, Any]) -> dict[str, int]:
    """Return content to id, as the added_tokens of a tokenizer.json declare them."""
    return {token["content"]: token["id"] for token in content.get("added_tokens") or []}


def normal_form(content: dict[str, Any], text: str) -> str:
    """Return `text` in the normal form that a tokenizer.json declares: none, NFC or its kin.

    Raises Unsupported where the normalizer is more than that. The tables are this Python's.
    """
    normalizer = content.get("normalizer")
    if normalizer is None or normalizer == {"type": "Sequence", "normalizers": []}:
        return text
    if normalizer.get("type") in ("NFC", "NFD", "NFKC", "NFKD"):
        return unicodedata.normalize(normalizer["type"], text)
    raise Unsupported(f"the normalizer {normalizer.get('type')!r} declares no normal form")


def eos_id(path: Path, added: Mapping[int, AddedToken]) -> int | None:
    """Return the id of the EOS token that tokenizer_config.json beside `path` names, or None.

    Where nothing names one, the first special token, by id, that is spelled as they commonly are.
    """
    config = path.parent / "tokenizer_config.json"
    named = read_json(config).get("eos_token") if config.is_file() else None
    name = named.get("content") if isinstance(named, dict) else named
    names = [name] if isinstance(name, str) else EOS_NAMES
    found = [id for id, token in sorted(added.items()) if token.content in names]
    return found[0] if found else None
