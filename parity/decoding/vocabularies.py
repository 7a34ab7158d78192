"""How many entries a model's vocabulary has: below it every id has a row of the embeddings."""

from __future__ import annotations

from pathlib import Path

from parity import gguf_files
from parity.artefact import read_json
from parity.decoding import weights
from parity.errors import BadSpec
from parity.gguf_vocabulary import PREFIX


def size(model: str) -> int:
    """Return the size of a named model's vocabulary, or of that of a folder or a GGUF file.

    Raises BadSpec for what says none, MissingAsset and other errors as `weights.find` does.
    """
    path = Path(model)
    if model not in weights.names() and path.is_file():
        tokens = gguf_files.read(path).get(f"{PREFIX}tokens")
        if not tokens:
            raise BadSpec(f"{path}: it lists no tokens, so nothing says how many there are")
        return len(tokens)
    folder = path if path.is_dir() else weights.find(model, "safetensors")
    config = folder / "config.json"
    content = read_json(config) if config.is_file() else {}
    parts = [content, content.get("text_config")] if isinstance(content, dict) else []
    sizes = [part.get("vocab_size") for part in parts if isinstance(part, dict)]
    found = next(filter(None, sizes), None)
    if type(found) is not int or found < 1:
        raise BadSpec(f"{config}: it has no vocab_size, a whole number of entries")
    return found
