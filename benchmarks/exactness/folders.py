"""What a pair reads: the folder of a vocabulary, with ranks in tiktoken's form where asked for."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from parity import files
from parity.artefact import ASSET, TINY, resolve, tokenizer_json
from parity.errors import BadSpec
from parity.reference.byte_alphabet import BYTE_TO_CHAR

FILLED: Final = re.compile(r"<\|reserved_\d+\|>")
"""Names that benchmarks.vocabularies gives to ids that nobody has."""
BYTE_OF: Final = {char: byte for byte, char in enumerate(BYTE_TO_CHAR)}


def place(target: str, built: Path | None, work: Path) -> Path:
    """Return a folder of this vocabulary: one that came along, a package's, or one of `built`.

    Those of `built` are seen through a folder of the same name in `work`, so that specs are the
    same wherever they lie. Raises BadSpec, MissingAsset.
    """
    if target.startswith((TINY, ASSET)):
        return resolve(target)
    source = built / target / "tokenizer.json" if built else None
    if source is None or not source.is_file():
        raise BadSpec(
            f"{source or target} does not exist; python -m benchmarks.vocabularies build FOLDER "
            f"{target} makes it"
        )
    folder = work / target
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "tokenizer.json"
    if not link.exists():
        link.symlink_to(source.resolve())
    return folder


def add_ranks(folder: Path) -> None:
    """Write ranks.tiktoken and tiktoken.json beside a byte-level tokenizer.json of one pattern."""
    if (folder / "tiktoken.json").is_file():
        return
    path, content = tokenizer_json(str(folder))
    lines = [f"{token} {id}\n" for id, token in sorted(_ranks(content).items())]
    config = {
        "ranks": "ranks.tiktoken",
        "pattern": _pattern(path, content),
        "special_tokens": {
            token["content"]: token["id"]
            for token in content["added_tokens"]
            if not FILLED.fullmatch(token["content"])
        },
    }
    files.write(folder / "ranks.tiktoken", lines)
    files.write(folder / "tiktoken.json", [json.dumps(config), "\n"])


def _ranks(content: Mapping[str, Any]) -> dict[int, str]:
    added = {token["content"] for token in content["added_tokens"]}
    return {
        id: base64.b64encode(bytes(BYTE_OF[char] for char in token)).decode("ascii")
        for token, id in content["model"]["vocab"].items()
        if token not in added
    }


def _pattern(path: Path, content: Mapping[str, Any]) -> str:
    steps = (content.get("pre_tokenizer") or {}).get("pretokenizers", [])
    found = [step["pattern"]["Regex"] for step in steps if step["type"] == "Split"]
    if len(found) != 1:
        raise BadSpec(f"{path}: tiktoken has one pattern, this has {len(found)}")
    return str(found[0])
