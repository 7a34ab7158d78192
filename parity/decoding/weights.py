"""Models, in the form that an engine reads: `find("tiny", "safetensors")`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from parity.artefact import shipped
from parity.errors import BadSpec

FORMS: Final = ("safetensors", "gguf", "ctranslate2")


def names() -> list[str]:
    """Return the names of the models that tokparity knows."""
    return ["smollm2", "tiny"]


def find(model: str, form: str, dtype: str = "float32") -> Path:
    """Return where a model is in a form: a folder, for `gguf` a file."""
    if model == "tiny" and form == "safetensors" and dtype in ("float32", "float64"):
        return shipped("corpora") / "models" / "tiny"
    path = Path(model)
    if form == "safetensors" and path.is_dir():
        return path
    raise BadSpec(f"no model {model!r} as {form} in {dtype}")
