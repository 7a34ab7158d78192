"""Folders: what lies in one, and what each kind of backend would take of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from parity import chat_template
from parity.detect.found import Detected, specs
from parity.errors import ParityError

MOST: Final = 500
"""Files of a folder that are looked at."""
DULL: Final = frozenset(("text", "binary"))
"""Kinds that a folder's list leaves out: readmes, code, licences."""
NAMED: Final = frozenset(("gguf", "sentencepiece", "mistral_model", "tekken"))
"""Kinds of files that a spec names themselves."""
NONE: Final = "none"
PIECES: Final = re.compile(r".*\.model(?:\.v\w+)?")
"""Names that the kind `sentencepiece` takes in a folder."""
SPOILT: Final = frozenset(
    ("lfs_pointer", "cut_off_json", "empty", "web_page", "xml", "broken_link", "server_answer",
     "utf16", "unreadable")
)  # fmt: skip
"""Kinds that stand in a folder where something else was meant."""
MISTRAL: Final = frozenset(("tekken", "mistral_model"))


def folder(path: Path, detect: Callable[[Path], Detected]) -> Detected:
    """Return what a folder is. Sub-folders and hidden files are not looked at. Raises OSError."""
    inside = [one for one in sorted(path.iterdir()) if not one.name.startswith(".")]
    plain = [one for one in inside if not one.is_dir()]
    seen = [detect(one) for one in plain[:MOST]]
    files = tuple(one for one in seen if one.kind not in DULL)
    by_name = {Path(one.path).name: one for one in files}
    takes = dict(_takes(path, by_name))
    told = f"{len(inside):,} entries, {len(files):,} of them files that belong to tokenizers"
    loads = (*_of_folder(path, by_name), *_of_files(files))
    warnings = tuple(_warnings(files, len(plain)))
    both = not loads and {"vocab_json", "merges_txt"} <= {one.kind for one in files}
    kind = "vocab_and_merges" if both else "folder"
    return Detected(str(path), kind, told, tuple(loads), warnings, files, takes)


def _of_folder(path: Path, files: Mapping[str, Detected]) -> Iterator[str]:
    """Yield the specs that name the folder."""
    if _has(files, "tokenizer.json", "tokenizer_json"):
        yield from specs(path, "hf", "reference", "transformers")
    if _has(files, "tiktoken.json", "tiktoken_json"):
        yield from specs(path, "tiktoken")
    if len(_for_mistral(files)) == 1:
        yield from specs(path, "mistral_common")
    took = _template(path, "transformers")
    if took and not took.startswith(NONE):
        yield from specs(path, "jinja")


def _of_files(files: Sequence[Detected]) -> Iterator[str]:
    """Yield the specs of files that are named themselves."""
    described = any(one.kind == "tiktoken_json" for one in files)
    named = NAMED if described else NAMED | {"tiktoken_ranks"}
    for one in files:
        if one.kind in named:
            yield from one.specs


def _has(files: Mapping[str, Detected], name: str, kind: str) -> bool:
    return name in files and files[name].kind == kind and bool(files[name].specs)


def _for_mistral(files: Mapping[str, Detected]) -> list[str]:
    """Return the names that mistral-common takes for tokenizers, whatever is in them."""
    return [
        name
        for name, one in files.items()
        if one.kind in MISTRAL or name.endswith(".model") or _is_tekken(name)
    ]


def _is_tekken(name: str) -> bool:
    return "tekken" in name and name.endswith(".json")


def _takes(path: Path, files: Mapping[str, Detected]) -> Iterator[tuple[str, str]]:
    """Yield a kind of backends and what it would take of the folder."""
    for name, kinds in (("tokenizer.json", ("hf", "reference", "transformers")),
                        ("tiktoken.json", ("tiktoken",))):  # fmt: skip
        if name in files:
            for kind in kinds:
                yield kind, _named(files[name])
    found = _for_mistral(files)
    if len(found) == 1:
        yield "mistral_common", _named(files[found[0]])
    elif found:
        yield "mistral_common", f"{NONE}: it refuses several: {', '.join(found)}"
    models = [name for name in files if PIECES.fullmatch(name)]
    if models:
        several = f"{NONE}: it refuses several: {', '.join(models)}"
        yield "sentencepiece", several if len(models) > 1 else _named(files[models[0]])
    for rule in chat_template.RULES:
        took = _template(path, rule)
        if took:
            yield f"templates by the rule of {rule}", took


def _named(one: Detected) -> str:
    name = Path(one.path).name
    wanted = {"tokenizer.json": "tokenizer_json", "tiktoken.json": "tiktoken_json"}
    if wanted.get(name, one.kind) == one.kind and one.specs:
        return name
    return f"{name}, and fails: {one.sentence()}"


def _template(path: Path, rule: str) -> str:
    """Return the file that has the chat template which wins by a rule, or ""."""
    try:
        found = chat_template.read(str(path), rule)
    except ParityError as error:
        return f"{NONE}, and fails: {error}"
    if not found.named:
        return ""
    return found.files[0].name if found.files else chat_template.CONFIG


def _warnings(files: Sequence[Detected], count: int) -> Iterator[str]:
    for one in files:
        name = Path(one.path).name
        yield from (f"{name}: {warning}" for warning in one.warnings if not one.specs)
        if not one.warnings and one.kind in SPOILT:
            yield f"{name}: {one.sentence()}"
    if count > MOST:
        yield f"it has {count:,} files; the first {MOST} were looked at"
