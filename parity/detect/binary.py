"""Files that are known by their first bytes: archives, weights, llama.cpp's older ones."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from typing import Final

from parity.detect.found import Detected
from parity.detect.reading import Content

OLDER: Final = (b"lmgg", b"tjgg", b"fmgg", b"algg")
"""The magic numbers ggml, ggjt, ggmf and ggla, as they lie in a file."""
COMPRESSED: Final = {b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


def empty(content: Content) -> Detected | None:
    """Judge a file with nothing in it."""
    if content.head:
        return None
    return Detected(str(content.path), "empty", "it has no bytes")


def older(content: Content) -> Detected | None:
    """Judge llama.cpp's files from before GGUF."""
    magic = content.head[:4]
    if magic not in OLDER:
        return None
    return Detected(str(content.path), "ggml", f"the magic number {magic[::-1].decode()}")


def archive(content: Content) -> Detected | None:
    """Judge what is packed: gzip, zip and others."""
    path, head = str(content.path), content.head
    if head.startswith(b"\x1f\x8b\x08"):
        return Detected(path, "gzip", "the magic number 1f 8b of gzip")
    for magic, name in COMPRESSED.items():
        if head.startswith(magic):
            return Detected(path, "compressed", f"the magic number of {name}")
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return None
    try:
        with zipfile.ZipFile(content.path) as opened:
            names = opened.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return Detected(path, "zip", "the magic number PK of zip, and no list of files: cut off")
    some = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")  # noqa: PLR2004
    return Detected(path, "zip", f"a zip file with {len(names):,} files: {some or 'none'}")


def safetensors(content: Content) -> Detected | None:
    """Judge weights by their header: a length of eight bytes, then a JSON object."""
    if content.head[8:9] != b"{" or len(content.head) < 10:  # noqa: PLR2004 (the least header)
        return None
    (length,) = struct.unpack_from("<Q", content.head)
    if not len("{}") <= length <= content.size - 8:
        return None
    return Detected(str(content.path), "safetensors", f"a header of {length:,} bytes of JSON")


JUDGES: Final[tuple[Callable[[Content], Detected | None], ...]] = (
    empty,
    older,
    archive,
    safetensors,
)
