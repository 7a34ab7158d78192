"""GGUF files: the metadata of one, read by the `gguf` package, and one written around a vocabulary.

`read` takes the package's own reader, with one thing changed: it is given a plain array for its
`np.memmap`, whose slices cost it four times as much. `read_model` gives weights as well, each read
when it is asked for.

`write` makes a file that llama.cpp loads: a Llama of one layer whose weights are all zero, because
a tokenizer needs a vocabulary and no weights, and llama.cpp loads no file without them.
"""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from parity.errors import BadSpec, MissingPackage, Refused

MAGIC: Final = b"GGUF"
ARCHITECTURE: Final = "general.architecture"
LLAMA_NAME: Final = "llama"
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
Weight = tuple[str, tuple[int, ...], Callable[[], Any]]
"""A dtype (F32, F16, BF16 or another of GGUF's names), a shape, and what makes the array."""


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
    with _whole(path):
        return _metadata(_reader(path))


def read_model(path: Path) -> tuple[dict[str, Any], dict[str, Weight]]:
    """Return the metadata of a file, and its weights by name, which are read as float32.

    Quantised ones become what the package gguf makes of them. Raises as `read` does, and Refused
    when a weight is read that the package cannot.
    """
    gguf, numpy = _library()
    with _whole(path):
        reader = _reader(path)
        found: dict[str, Weight] = {}
        for each in reader.tensors:
            shape = tuple(int(size) for size in reversed(each.shape))
            kind = str(each.tensor_type.name)
            found[each.name] = kind, shape, partial(_array, gguf, numpy, each, shape)
        return _metadata(reader), found


def _metadata(reader: Any) -> dict[str, Any]:
    return {
        key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")
    }


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Raise BadSpec for a file that is missing, no GGUF, or cut off."""
    if not path.is_file():
        raise BadSpec(f"{path} does not exist; a GGUF file is wanted")
    if not is_gguf(path):
        raise BadSpec(f"{path} is no GGUF file: it does not begin with {MAGIC.decode()}")
    try:
        yield
    except (ValueError, IndexError, KeyError, OverflowError, struct.error) as error:
        raise BadSpec(
            f"{path}: no whole GGUF file; is it cut off? The package gguf says "
            f"{type(error).__name__}: {error}"
        ) from error


def _reader(path: Path) -> Any:
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

    reader = Reader(path)
    _check_end(reader)
    return reader


def has_tensors(path: Path) -> bool:
    """Say whether a GGUF file has any weights, by its header."""
    with path.open("rb") as file:
        head = file.read(24)
    return len(head) == 24 and struct.unpack("<Q", head[8:16])[0] > 0  # noqa: PLR2004 (magic, version, counts)


def write(path: Path, metadata: Mapping[str, Any]) -> None:
    """Write a Llama of one layer with the tokenizer of this metadata, and its model's name."""
    _, numpy = _library()
    own = {f"{LLAMA_NAME}.{key}": value for key, value in LLAMA.items()}
    kept = {
        key: value for key, value in metadata.items() if key == NAME or key.startswith("tokenizer.")
    }
    size = len(metadata["tokenizer.ggml.tokens"])
    shapes = {f"blk.0.{name}.weight": shape for name, shape in _IN_A_LAYER.items()}
    weights: dict[str, Weight] = {
        "token_embd.weight": ("F16", (size, WIDTH), partial(numpy.zeros, (size, WIDTH), "<f2")),
        "output_norm.weight": ("F32", (WIDTH,), partial(numpy.zeros, WIDTH, "<f4")),
        **{
            name: ("F32", shape, partial(numpy.zeros, shape, "<f4"))
            for name, shape in shapes.items()
        },
    }
    write_model(path, {ARCHITECTURE: LLAMA_NAME, **own, **kept}, weights)


def write_model(path: Path, metadata: Mapping[str, Any], weights: Mapping[str, Weight]) -> None:
    """Write a model: its metadata, and weights that are made one at a time, in this order."""
    gguf, numpy = _library()
    writer = gguf.GGUFWriter(path, metadata[ARCHITECTURE])
    for key, value in metadata.items():
        if key != ARCHITECTURE:
            _add(writer, key, bytes(value) if key == CHARSMAP else value)
    for name, (dtype, shape, _) in weights.items():
        kind = numpy.dtype("<f4" if dtype == "F32" else "<f2")
        size = math.prod(shape) * kind.itemsize
        writer.add_tensor_info(name, shape, kind, size, gguf.GGMLQuantizationType[dtype])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for _, _, make in weights.values():
        writer.write_tensor_data(make())
    writer.close()


def _array(gguf: Any, numpy: Any, tensor: Any, shape: tuple[int, ...]) -> Any:
    try:
        found = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
    except NotImplementedError as error:
        raise Refused(f"{tensor.name}: {error}; the package gguf cannot read it") from error
    return numpy.ascontiguousarray(found, dtype="<f4").reshape(shape)


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
