r"""Sets of prompts: files in corpora/prompts, one a set, one prompt a line; others are drawn.

    {"id": "short/seed-1", "text": "...", "max_tokens": 64, "stop": ["\n\n"], "tags": ["seed"]}

The payload is `text`, `messages` or `ids`. A file is named as its set, which is the first part of
each id in it. Drawn sets (`drawing`) are random ids, the same for the same seed and size of a
vocabulary; a group (`GROUPS`) is a choice out of several sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from parity import jsonl
from parity.artefact import shipped
from parity.decoding import drawing
from parity.decoding.records import KINDS, MAX_TOKENS, Prompt
from parity.errors import BadCorpus, UsageError

PRE_MERGE: Final = (
    "short/chat-seed-1", "short/chat-turns", "short/fact", "multilingual/ja", "multilingual/ru",
    "multibyte/emoji-zwj", "digits/table", "code/python", "mixed/long-computer",
    "seeds-prefix/0", "seeds-prefix/1", "seeds-short/0",
)  # fmt: skip
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "core": (
        *(f"short/chat-seed-{number}" for number in range(1, 5)),
        "short/chat-system", "short/chat-turns", "short/chat-list", "short/chat-translate",
        "short/fact", "multilingual/ja", "multilingual/zh", "multilingual/ko", "multilingual/ru",
        "multilingual/ar", "multibyte/emoji-zwj", "digits/table", "digits/indented",
        "code/python", "code/rust", "code/json",
        "mixed/long-computer", "mixed/long-harbour", "seeds-long/0",
        *(f"seeds-prefix/{number}" for number in range(3)),
        *(f"seeds-short/{number}" for number in range(6)),
    ),
    "pre-merge": PRE_MERGE,
}  # fmt: skip
"""`core`: 8 chats, 12 short texts of all kinds, 3 that are long, 3 that begin alike and 6 of random
ids, for a model that is real. `pre-merge`: 12 of them."""


def chosen(names: Sequence[str], vocabulary_size: int | None) -> list[Prompt]:
    """Return the prompts of sets, groups, single ids and paths, in this order, each once.

    vocabulary_size: of the model; None where it is not known, and then nothing can be drawn.
    Raises UsageError for a name that nothing has or an id that is not below the size, BadCorpus for
    a file that is wrong.

    >>> [prompt.id for prompt in chosen(["digits/table", "digits/table", "code/json"], 600)]
    ['digits/table', 'code/json']
    """
    found: dict[str, Prompt] = {}
    sets: dict[str, list[Prompt]] = {}
    for name in names:
        for prompt in _of(name, vocabulary_size, sets):
            if found.setdefault(prompt.id, prompt) != prompt:
                raise UsageError(f"two prompts are called {prompt.id!r}; rename a set of yours")
    for prompt in found.values() if vocabulary_size else ():
        beyond = (
            [id for id in prompt.payload if id >= vocabulary_size] if prompt.kind == "ids" else []
        )
        if beyond:
            raise UsageError(
                f"the prompt {prompt.id!r} has the id {beyond[0]}, and the model's vocabulary has "
                f"{vocabulary_size}; leave it out, or take another model"
            )
    return list(found.values())


def draws(names: Sequence[str]) -> bool:
    """Say whether a name means ids that are drawn, so that the size of the vocabulary is wanted.

    >>> draws(["digits", "core"]), draws(["digits/table"])
    (True, False)
    """
    single = [id for name in names for id in GROUPS.get(name, (name,))]
    return any(drawing.is_drawn(name.partition("/")[0]) for name in single)


def named(name: str, vocabulary_size: int | None = drawing.WHOLE) -> list[Prompt]:
    """Return a shipped set, a drawn one, or that of a path. Raises UsageError, BadCorpus."""
    path = Path(name)
    if path.suffix == ".jsonl":
        if not path.is_file():
            raise UsageError(f"{name}: there is no such file of prompts")
        return read(path)
    if drawing.is_drawn(name):
        if vocabulary_size is None:
            raise UsageError(f"{name} is drawn from a vocabulary: name a model with --model")
        return drawing.of(name, vocabulary_size)
    path = folder() / f"{name}.jsonl"
    if name not in known():
        raise UsageError(
            f"no set of prompts {name!r}; sets: {', '.join((*known(), *drawing.PROFILES))}; "
            f"groups: {', '.join(GROUPS)}; or give a path to a .jsonl"
        )
    return read(path)


def known() -> list[str]:
    """Return the names of the sets that are shipped as files."""
    return sorted(found.stem for found in folder().glob("*.jsonl"))


def folder() -> Path:
    """Return the folder of the sets that are shipped."""
    return shipped("corpora") / "prompts"


def read(path: Path) -> list[Prompt]:
    """Return the prompts of a file. Raises BadCorpus with FILE:LINE."""
    found: dict[str, Prompt] = {}
    for number, line in _lines(path):
        place = f"{path}:{number}"
        try:
            prompt = _prompt(jsonl.parse(line), path.stem)
        except (jsonl.BadLine, ValueError) as error:
            raise BadCorpus(f"{place}: {error}") from error
        if prompt.id in found:
            raise BadCorpus(f"{place}: the id {prompt.id!a} comes twice")
        found[prompt.id] = prompt
    if not found:
        raise BadCorpus(f"{path}: there is no prompt in it")
    return list(found.values())


def _of(name: str, size: int | None, sets: dict[str, list[Prompt]]) -> list[Prompt]:
    """Return what one name means; `sets` has what was read for the names before it."""
    if name in GROUPS:
        return [prompt for id in GROUPS[name] for prompt in _of(id, size, sets)]
    of, slash, _ = name.partition("/")
    single = bool(slash) and not name.endswith(".jsonl")
    wanted = of if single else name
    if wanted not in sets:
        sets[wanted] = named(wanted, size)
    if not single:
        return sets[wanted]
    found = [prompt for prompt in sets[wanted] if prompt.id == name]
    if not found:
        ids = ", ".join(prompt.id for prompt in sets[wanted])
        raise UsageError(f"no prompt {name!r}; the set {of} has {ids}")
    return found


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        yield from jsonl.lines(path)
    except OSError as error:
        raise BadCorpus(f"{path}: cannot be read: {error.strerror}") from error


def _prompt(row: Any, name: str) -> Prompt:
    """Return the prompt of a line of the set `name`. Raises ValueError that says what is wrong."""
    kinds = [kind for kind in KINDS if isinstance(row, Mapping) and kind in row]
    if len(kinds) != 1:
        raise ValueError(f"a prompt is an object with an id and one of {', '.join(KINDS)}")
    unknown = row.keys() - FIELDS.keys()
    if unknown:
        raise ValueError(f"no such key: {', '.join(sorted(unknown))}; known: {', '.join(FIELDS)}")
    for key, value in ({"id": None} | row).items():
        what, fits = FIELDS[key]
        if not fits(value):
            raise ValueError(f"{key!r} is {what}, not {_short(value)}")
    if row["id"].partition("/")[0] != name:
        raise ValueError(f"the id {row['id']!a} is not of the set of this file: {name}/...")
    (kind,) = kinds
    payload = tuple(row[kind]) if kind == "ids" else row[kind]
    return Prompt(
        row["id"], kind, payload, row.get("max_tokens", MAX_TOKENS),
        tuple(row.get("stop", ())), tuple(row.get("tags", ())),
    )  # fmt: skip


def _short(value: Any) -> str:
    shown = ascii(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."  # noqa: PLR2004 (a line of a message)


def _is_id(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    of, slash, name = value.partition("/")
    return bool(of and slash and name) and not value.endswith(".jsonl") and "," not in value


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and value >= least


def _list_of(fits: Callable[[Any], bool], least: int = 0) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and len(value) >= least and all(map(fits, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role"), str)


FIELDS: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "id": ("a text SET/NAME", _is_id),
    "text": ("a text that is not empty", _is_text),
    "messages": ("a list of messages, each with a role", _list_of(_is_message, 1)),
    "ids": ("a list of ids, whole numbers from 0", _list_of(_whole(0), 1)),
    "max_tokens": ("a whole number from 1", _whole(1)),
    "stop": ("a list of texts that are not empty", _list_of(_is_text)),
    "tags": ("a list of texts that are not empty", _list_of(_is_text)),
}
"""What a line may have: in words, and whether a value fits."""
