"""GGUF files: the metadata of one, read by the `gguf` package, and one written around a vocabulary.

`read` takes the package's own reader, with one thing changed: it is given a plain array for its
`np.memmap`, whose slices cost it four times as much. A tensor is never read.

`write` makes a file that llama.cpp loads: a Llama of one layer whose weights are all zero, because
a tokenizer needs a vocabulary and no weights, and llama.cpp loads no file without them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from parity.errors import BadSpec, MissingPackage

MAGIC: Final = b"GGUF"
NAME: Final = "general.name"
"""Which llama.cpp goes by in a few places: the special tokens of a `phi-3` take spaces."""
CHARSMAP: Final = "tokenizer.ggml.precompiled_charsmap"
"""Bytes, which a reader gives as a list of numbers."""
LLAMA: Final = {
    "context_length": 64, "embedding_length": 8, "block_count": 1, "feed_forward_length": 8,
    "attention.head_count": 1, "attention.head_count_kv": 1, "rope.dimension_count": 8,
    "attention.layer_norm_rms_epsilon": 1e-5,
}  # fmt: skip
"""The least that llama.cpp calls a Llama."""
WIDTH: Final = 8
_IN_A_LAYER: Final = {
    **dict.fromkeys(("attn_norm", "ffn_norm"), (WIDTH,)),
    **dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (WIDTH, WIDTH)),
    **dict.fromkeys(("ffn_gate", "ffn_up", "ffn_down"), (WIDTH, WIDTH)),
}


def is_gguf(path: Path) -> bool:
    """Say whether a file begins as a GGUF file does."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def read(path: Path) -> dict[str, Any]:
    """Return the metadata of a file by full keys: text, numbers and lists of them.

    Raises BadSpec for a file that is missing, no GGUF, or cut off; MissingPackage.
    """
    if not path.is_file():
        raise BadSpec(f"{path} does not exist; a GGUF file is wanted")
    if not is_gguf(path):
        raise BadSpec(f"{path} is no GGUF file: it does not begin with {MAGIC.decode()}")
    gguf, numpy = _library()

    base: Any = gguf.GGUFReader

    class Reader(base):  # type: ignore[misc]
        """The package's reader, on a plain array."""

        @property
        def data(self) -> Any:
            return self.plain

        @data.setter
        def data(self, mapped: Any) -> None:
            self.plain = numpy.asarray(mapped)

    try:
        reader = Reader(path)
        _check_end(reader)
        return {
            key: field.contents()
            for key, field in reader.fields.items()
            if not key.startswith("GGUF.")
        }
    except (ValueError, IndexError, KeyError, OverflowError, struct.error) as error:
        raise BadSpec(
            f"{path}: no whole GGUF file; is it cut off? The package gguf says "
            f"{type(error).__name__}: {error}"
        ) from error


def has_tensors(path: Path) -> bool:
    """Say whether a GGUF file has any weights, by its header."""
    with path.open("rb") as file:
        head = file.read(24)
    return len(head) == 24 and struct.unpack("<Q", head[8:16])[0] > 0  # noqa: PLR2004 (magic, version, counts)


def write(path: Path, metadata: Mapping[str, Any]) -> None:
    """Write a Llama of one layer with the tokenizer of this metadata, and its model's name."""
    gguf, numpy = _library()
    writer = gguf.GGUFWriter(path, "llama")
    for key, value in LLAMA.items():
        _add(writer, f"llama.{key}", value)
    for key, value in metadata.items():
        if key == NAME or key.startswith("tokenizer."):
            _add(writer, key, bytes(value) if key == CHARSMAP else value)
    size = len(metadata["tokenizer.ggml.tokens"])
    writer.add_tensor("token_embd.weight", numpy.zeros((size, WIDTH), dtype=numpy.float16))
    writer.add_tensor("output_norm.weight", numpy.zeros(WIDTH, dtype=numpy.float32))
    for name, shape in _IN_A_LAYER.items():
        writer.add_tensor(f"blk.0.{name}.weight", numpy.zeros(shape, dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add(writer: Any, key: str, value: Any) -> None:
    """Add a value by its Python type; an int is unsigned, the ints of a list are signed."""
    adders = {
        bool: writer.add_bool, int: writer.add_uint32, float: writer.add_float32,
        str: writer.add_string,
    }  # fmt: skip
    adders.get(type(value), writer.add_array)(key, value)


def _check_end(reader: Any) -> None:
    """Raise ValueError for a file that ends within its last text, which the package reads short."""
    field = next(reversed(reader.fields.values()))
    last = field.data[-1] if field.data else 0
    if str(field.types[-1].name) == "STRING" and len(field.parts[last]) < field.parts[last - 1][0]:
        raise ValueError(f"the text of {field.name} has {len(field.parts[last])} bytes")


def _library() -> tuple[Any, Any]:
    try:
        import gguf  # noqa: PLC0415 (it imports numpy, and few files are GGUF)
        import numpy  # noqa: PLC0415, ICN001
    except ImportError as error:
        raise MissingPackage(
            "GGUF files are read by the package gguf: pip install 'tokparity[gguf]'"
        ) from error
    return gguf, numpy
