"""@huggingface/jinja, the template engine of transformers.js, through node.

    huggingface_jinja:models/qwen         the folder's template

It is looked for in .parity/packages: `npm install --prefix .parity/packages @huggingface/jinja`.
Habits as of `jinja`. Numbers go through JSON into JavaScript: 1.0 is 1 there.
"""

from __future__ import annotations

from typing import Final

from parity.backend import Backend
from parity.renderers.shaping import TRANSFORMERS
from parity.rendering import Renderer

LANGUAGE: Final = "JavaScript"


def make(target: str, **options: str) -> Backend:
    """Return the backend for a folder, a template file, style:NAME or none."""
    return Renderer("huggingface_jinja", target, options, shaping=TRANSFORMERS)
