"""`tokparity models`: which models are here, in which forms, and what is to be done for others."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from parity.decoding import kept, weights
from parity.errors import LockMismatch, MissingAsset
from parity.reports.visible import printable

MEGABYTE: Final = 1e6
ABOUT: Final = {
    weights.TINY: "ours: a Qwen2 of two layers that knows nothing; comes along",
    weights.SMOLLM2: "SmolLM2-135M-Instruct, Apache-2.0, 4-bit weights made wide again",
}


def listed(console: Console) -> int:
    """Print the models by name: each form, whether it is here, how large it is, and where."""
    for name in weights.names():
        _say(console, f"{name}: {ABOUT[name]}")
        for form, dtype in weights.USUAL[name]:
            size, told = _seen(name, form, dtype)
            _say(console, f"    {form:<22}{dtype:<9}{size or '-':>9}  {told}")
    _say(console, "\nA Hugging Face folder or a GGUF file is named by its path.")
    return 0


def _seen(name: str, form: str, dtype: str) -> tuple[str, str]:
    """Return the size of a form and where it is; or what is to be done for it."""
    try:
        found = weights.ready(name, form, dtype)
        if found:
            return _size(found), _short(found)
        missing = weights.lacking(name, form)
    except (LockMismatch, MissingAsset) as error:
        return "", str(error)
    if name == weights.TINY:
        return "", missing or "made at its first use"
    return "", missing or f"not prepared: {weights.command(name, form, dtype)}"


def _say(console: Console, text: str) -> None:
    console.print(Text(printable(text)), soft_wrap=True)


def _short(path: Path) -> str:
    """Return a path as a shell has it: with ~ for the home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def prepare(model: str, forms: Sequence[str], dtype: str, console: Console) -> int:
    """Make a model's forms and print where each is. Raises what `weights.prepare` does."""
    wanted = [(form, dtype) for form in forms] or _usual(model, dtype)
    for number, (form, kind) in enumerate(wanted, 1):
        begun = time.monotonic()
        words = " ".join(filter(None, (form, kind)))
        with console.status(f"{model}: {number} of {len(wanted)}, {words}"):
            found = weights.prepare(model, form, kind)
        seconds = time.monotonic() - begun
        place = f"{number}/{len(wanted)}  {words:<22}"
        _say(console, f"{place} {_size(found):>9} {seconds:6.1f} s  {_short(found)}")
    return 0


def _usual(model: str, dtype: str) -> Sequence[tuple[str, str]]:
    """Return what is made where no form is asked for."""
    if model == weights.SMOLLM2 and dtype == weights.DTYPES[0]:
        return weights.PREPARED
    return [("safetensors", dtype), ("gguf", dtype)]


def _size(path: Path) -> str:
    count = path.stat().st_size if path.is_file() else kept.size(path)
    return f"{count / MEGABYTE:.1f} MB"
