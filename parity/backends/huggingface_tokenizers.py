"""@huggingface/tokenizers, tokenizer.json in JavaScript alone, through node.

    huggingface_tokenizers:models/qwen

It is looked for in .parity/packages: `npm install --prefix .parity/packages
@huggingface/tokenizers`. It is a harness as any other's (`command`): harnesses/javascript. The
package has no offsets, no batch calls, no streams, and no mode where special tokens are text.
"""

from __future__ import annotations

import shlex
import shutil
from typing import Final

from parity.artefact import shipped
from parity.backend import Backend
from parity.backends import command
from parity.errors import MissingPackage
from parity.renderers import PACKAGES

LANGUAGE: Final = "JavaScript"
PACKAGE: Final = "@huggingface/tokenizers"


def make(target: str, timeout: str = "", memory: str = "") -> Backend:
    """Return the backend for a folder with a tokenizer.json, or that file."""
    node = shutil.which("node")
    if node is None:
        raise MissingPackage(f"{PACKAGE} needs node, which is not on the PATH")
    if not (PACKAGES / "node_modules" / PACKAGE).is_dir():
        install = f"npm install --prefix {PACKAGES} {PACKAGE}"
        raise MissingPackage(f"{PACKAGE} is not in {PACKAGES}: {install}")
    harness = shipped("harnesses") / "javascript" / "harness.mjs"
    words = shlex.join([node, str(harness), "--packages", str(PACKAGES.absolute())])
    return command.make(words, target, timeout, memory)
