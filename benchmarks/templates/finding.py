"""Where templates are: written by mistral-common, in installed packages, in the user's folders."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import jinja2
import jinja2.meta

from parity.errors import ParityError
from parity.renderers import jinja, mistral_templates

CONFIG: Final = "tokenizer_config.json"
JSON: Final = (CONFIG, "chat_template.json")
JINJA: Final = (".jinja", ".jinja2", ".j2")
EXTENSIONS: Final = ("jinja2.ext.loopcontrols", jinja.Generation)
OWN_NAME: Final = "chat_template"
"""How the file of a model's one template is called, without its suffix."""
ADDITIONAL: Final = "additional_chat_templates"
"""The folder, in a model's, of its other templates."""
NOT_SAID: Final = frozenset({"", "default", OWN_NAME})
"""Names of templates that say nothing beside the name of their folder."""


class Template(NamedTuple):
    """A template that was found.

    name: of its folder and itself; not unique.
    tokens: bos_token and its kin.
    origin: a package with its version and the file, or a path.
    """

    name: str
    source: str
    tokens: dict[str, str]
    origin: str


class Refused(NamedTuple):
    """What looked like a template and is none, and why."""

    origin: str
    reason: str


Found = Iterator[Template | Refused]


def written() -> Found:
    """Yield the templates that mistral-common writes."""
    try:
        names = mistral_templates.names()
        version = importlib.metadata.version("mistral-common")
    except ParityError as error:
        yield Refused("mistral-common", str(error))
        return
    for name in names:
        source, tokens = mistral_templates.template(name)
        yield from _checked(f"mistral-common-{name}", source, tokens, f"mistral-common {version}")


def installed(distributions: Iterable[importlib.metadata.Distribution] | None = None) -> Found:
    """Yield the templates in installed packages; None is all of this interpreter's."""
    everything = importlib.metadata.distributions() if distributions is None else distributions
    for distribution in everything:
        about = f"{distribution.name} {distribution.version}"
        for file in distribution.files or ():
            if file.name in JSON or file.suffix in JINJA:
                path = Path(str(distribution.locate_file(file)))
                if path.is_file():
                    folder = path.parent.name
                    stem = "" if folder == distribution.name else folder
                    name = "-".join(filter(None, (distribution.name, stem)))
                    yield from _in_file(path, name, f"{about}: {file}", is_model=False)


def in_folder(folder: Path) -> Found:
    """Yield the templates in a model's folder, and in all folders below it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in files:
        if path.name in JSON or path.suffix in JINJA:
            inside = _model_of(path).absolute().relative_to(folder.absolute().parent)
            yield from _in_file(path, "-".join(inside.parts), str(path), is_model=True)


def _in_file(path: Path, folder: str, origin: str, *, is_model: bool) -> Found:
    """Yield the templates of one file. What is no chat template by its name must read messages."""
    try:
        text = path.read_bytes().decode("utf-8")
        sources = _in_json(json.loads(text)) if path.name in JSON else {path.stem: text}
        tokens = _tokens(path)
    except (OSError, ValueError, RecursionError) as error:
        yield Refused(origin, f"cannot be read: {error}")
        return
    sure = path.name in JSON or OWN_NAME in path.stem or is_model
    for name, source in sources.items():
        if not sure and "messages" not in _variables(source):
            continue
        whole = folder if name in NOT_SAID else f"{folder}-{name}"
        inside = "" if name in NOT_SAID or path.name not in JSON else f" {name}"
        yield from _checked(whole, source, tokens, origin + inside)


def _model_of(path: Path) -> Path:
    """Return the folder of the model that a file is of."""
    return path.parent.parent if path.parent.name == ADDITIONAL else path.parent


def _in_json(content: Any) -> dict[str, str]:
    """Return the templates of a tokenizer_config.json or chat_template.json, by their names."""
    kept = content.get("chat_template") if isinstance(content, dict) else None
    if isinstance(kept, list):  # [{"name": "default", "template": "..."}, ...]
        kept = {one.get("name"): one.get("template") for one in kept if isinstance(one, dict)}
    named = kept if isinstance(kept, dict) else {"": kept}
    return {str(name): source for name, source in named.items() if isinstance(source, str)}


def _tokens(path: Path) -> dict[str, str]:
    """Return the tokens that the config of a template's model declares."""
    config = _model_of(path) / CONFIG
    content = json.loads(config.read_bytes()) if config.is_file() else {}
    declared = content.items() if isinstance(content, dict) else ()
    texts = {
        key: value.get("content") if isinstance(value, dict) else value
        for key, value in declared
        if key.endswith("_token")
    }
    return {key: text for key, text in texts.items() if isinstance(text, str)}


def _variables(source: str) -> set[str]:
    """Return the variables that a template reads; none of what does not parse."""
    try:
        tree = jinja2.Environment(autoescape=True, extensions=EXTENSIONS).parse(source)
        return jinja2.meta.find_undeclared_variables(tree)
    except jinja2.TemplateError:
        return set()


def _checked(name: str, source: str, tokens: dict[str, str], origin: str) -> Found:
    try:
        source.encode()
        jinja.environment().from_string(source)
    except (jinja2.TemplateError, UnicodeEncodeError, RecursionError) as error:
        yield Refused(origin, f"{type(error).__name__}: {error}")
    else:
        yield Template(name, source, tokens, origin)
