"""GGUF files: what one says of its tokenizer, read by the gguf package, encoded by the reference.

    gguf:model.gguf                 vocabulary, merges or scores, token types, special tokens
    gguf:old.gguf,pre=gpt-2         a file of before `tokenizer.ggml.pre` names its regexes here

The file's metadata becomes a tokenizer.json (`gguf_vocabulary`), which `parity.reference` does; no
code of llama.cpp runs, so normal forms are those that the models were published with. A kind of
model or a `pre` that is not known is refused. `chat_template` is the one in the file; it is
rendered by `jinja:model.gguf`.
"""

from __future__ import annotations

from typing import Any, Final

import gguf  # noqa: F401 (what `gguf_files` reads with: who lacks it lacks this kind)

from parity import gguf_files
from parity.artefact import resolve
from parity.backend import Backend, Identity
from parity.backends.reference import Reference
from parity.chat_template import ChatTemplate
from parity.errors import BadSpec, Refused
from parity.gguf_vocabulary import PREFIX, document, templates
from parity.reference import Tokenizer
from parity.reference.document import Node

ROOT: Final = "$"


class GGUF(Reference):
    """The reference, on the tokenizer in a GGUF file."""

    name = "gguf"

    def __init__(self, target: str, pre: str = "") -> None:
        self.path = resolve(target)
        self.current = False
        self.metadata: dict[str, Any] = gguf_files.read(self.path)
        try:
            self.content = document(self.metadata, pre)
        except (BadSpec, Refused) as error:
            raise type(error)(f"{self.path}: {error}") from error
        self.tokenizer = Tokenizer(Node(self.content, ROOT, str(self.path)))
        self.pre = str(self.metadata.get(f"{PREFIX}pre") or pre)

    def eos(self) -> int | None:
        found: int | None = self.metadata.get(f"{PREFIX}eos_token_id")
        return found

    def chat_template(self, *, tools: bool = False) -> str:
        return ChatTemplate(*templates(self.metadata), (self.path,)).source(tools=tools)

    def identity(self) -> Identity:
        seen = super().identity()
        facts = {"gguf.model": str(self.metadata[f"{PREFIX}model"]), "gguf.pre": self.pre}
        return seen._replace(packages=[*seen.packages, "gguf"], facts={**seen.facts, **facts})


def make(target: str, pre: str = "") -> Backend:
    """Return the backend for a .gguf file.

    pre: a name of `gguf_vocabulary.PIPELINES`, for a file that has none.
    """
    return GGUF(target, pre)
