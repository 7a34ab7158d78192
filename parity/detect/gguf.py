"""GGUF files, by their header and by what their metadata say first of the tokenizer.

The layout is that of docs/gguf.md of ggml: a magic number, a version, how many tensors and keys,
then keys with their values. Lengths have four bytes in version 1 and eight since.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

from parity.detect.found import Detected, specs
from parity.detect.reading import Content

MAGIC: Final = b"GGUF"
NEWEST: Final = 1 << 16
"""A version that is larger is a small one of the other byte order."""
START: Final = 8
"""Bytes of the magic number and the version."""
TEXT, LIST = 8, 9
"""Types of values that are no numbers."""
NUMBERS: Final = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
"""Types of values that are numbers, as `struct` calls them."""


def gguf(content: Content) -> Detected | None:
    """Judge a GGUF file; little-endian or big-endian."""
    if not content.head.startswith(MAGIC):
        return None
    path = str(content.path)
    if len(content.head) < START:
        return Detected(path, "gguf", "the magic number GGUF and nothing", (), ("it is cut off",))
    (version,) = struct.unpack_from("<I", content.head, len(MAGIC))
    order, name = ("<", "little-endian") if version < NEWEST else (">", "big-endian")
    (version,) = struct.unpack_from(f"{order}I", content.head, len(MAGIC))
    said = dict(_Metadata(content.head, order, version).keys())
    told = [f"the magic number GGUF, version {version}, {name}"]
    if "general.architecture" in said:
        told.append(f"architecture {said['general.architecture']!r}")
    if "tokenizer.ggml.model" in said:
        pre = said.get("tokenizer.ggml.pre", "none")
        told.append(f"tokenizer {said['tokenizer.ggml.model']!r}, pre {pre!r}")
    warnings = () if order == "<" else ("it is of a big-endian machine, as most loaders are not",)
    return Detected(
        path, "gguf", "; ".join(told), specs(content.path, "gguf", "llama_cpp"), warnings
    )


class _Metadata:
    """A cursor over the metadata in the first bytes of a file."""

    def __init__(self, head: bytes, order: str, version: int) -> None:
        self.head, self.order = head, order
        self.length = "I" if version == 1 else "Q"
        self.at = START + struct.calcsize(self.length)  # behind the number of tensors

    def keys(self) -> Iterator[tuple[str, Any]]:
        """Yield keys with their numbers and texts, until the head ends; lists are passed over."""
        try:
            for _ in range(self._number(self.length)):
                key = self._text()
                value = self._value(self._number("I"))
                if value is not None:
                    yield key, value
        except (struct.error, KeyError, OverflowError, RecursionError):
            return

    def _number(self, form: str) -> Any:
        (value,) = struct.unpack_from(self.order + form, self.head, self.at)
        self.at += struct.calcsize(self.order + form)
        return value

    def _text(self) -> str:
        length = self._number(self.length)
        if self.at + length > len(self.head):
            raise struct.error
        self.at += length
        return self.head[self.at - length : self.at].decode("utf-8", "replace")

    def _value(self, kind: int) -> Any:
        if kind == TEXT:
            return self._text()
        if kind != LIST:
            return self._number(NUMBERS[kind])
        inner, count = self._number("I"), self._number(self.length)
        if inner in NUMBERS:
            self.at += count * struct.calcsize(self.order + NUMBERS[inner])
            return None
        for _ in range(count):
            self._value(inner)
        return None
