"""Tensors in files, read one at a time: safetensors, read and written here, and GGUF's.

A safetensors file is a length, a JSON of names, and the numbers; what is written for the same
tensors is the same bytes. Reading gives float32, which holds each number of F32, BF16 and F16 as it
is, and what the package gguf makes of a quantised one. Writing rounds to the nearest, ties to even.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import files, gguf_files
from parity.artefact import read_json
from parity.errors import BadSpec, MissingPackage, Refused

STORED: Final = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}
"""How both formats spell a dtype."""
WIDTHS: Final = {"F32": 4, "BF16": 2, "F16": 2}
SINGLE: Final = "model.safetensors"
INDEX: Final = "model.safetensors.index.json"
HEADER_LIMIT: Final = 100_000_000
"""Bytes of a header that the format allows."""


class Tensor(NamedTuple):
    """A tensor that is not read yet. dtype: as its file spells it; read: gives a float32 array."""

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], Any]


def of_folder(folder: Path) -> dict[str, Tensor]:
    """Return the tensors of a Hugging Face folder, of all its files.

    Raises BadSpec for a folder without weights, one that lacks a file that its index names, or a
    file that is cut off.
    """
    return {name: each for path in weight_files(folder) for name, each in of_file(path).items()}


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files of a folder. Raises BadSpec where they are not all there."""
    if (folder / INDEX).is_file():
        index = read_json(folder / INDEX)
        named = index.get("weight_map") if isinstance(index, dict) else None
        if not isinstance(named, dict) or not named:
            raise BadSpec(f"{folder / INDEX} has no weight_map with the names of its files")
        found = [folder / name for name in sorted(set(named.values()))]
        missing = [path.name for path in found if not path.is_file()]
        if missing:
            raise BadSpec(
                f"{folder}: {INDEX} names {len(found)} files, and {', '.join(missing)} is not "
                "there; was the folder copied in part?"
            )
        return found
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    others = sorted(path.name for path in folder.glob("*.bin")) if folder.is_dir() else []
    other = f"; {others[0]} is of an older format: load it and save_pretrained()" if others else ""
    raise BadSpec(f"{folder} has no weights: neither {SINGLE} nor {INDEX} is there{other}")


def of_file(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file. Raises BadSpec for one that is not whole."""
    header, start = _header(path)
    found = {}
    end = 0
    for name, row in header.items():
        if name == "__metadata__":
            continue
        try:
            dtype, shape, (first, last) = row["dtype"], tuple(row["shape"]), row["data_offsets"]
        except (TypeError, KeyError, ValueError) as error:
            raise BadSpec(f"{path}: no safetensors file: {name!r} is not described") from error
        end = max(end, last)
        found[name] = Tensor(shape, dtype, _reader(path, name, dtype, shape, start + first))
    size = path.stat().st_size
    if size != start + end:
        raise BadSpec(
            f"{path} has {size} bytes, its header tells of {start + end}; is it cut off? copy it "
            "again"
        )
    return found


def _header(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        length = file.read(8)
        size = struct.unpack("<Q", length)[0] if len(length) == 8 else HEADER_LIMIT + 1  # noqa: PLR2004 (u64)
        data = file.read(size) if size <= HEADER_LIMIT else b""
    try:
        header = json.loads(data)
    except ValueError as error:
        raise BadSpec(f"{path}: no whole safetensors file: its header is no JSON") from error
    if not isinstance(header, dict):
        raise BadSpec(f"{path}: no safetensors file: its header is no JSON object")
    return header, 8 + size


def _reader(
    path: Path, name: str, dtype: str, shape: tuple[int, ...], start: int
) -> Callable[[], Any]:
    def read() -> Any:
        if dtype not in WIDTHS:
            raise Refused(f"{path}: {name} is {dtype}; only {', '.join(WIDTHS)} are converted")
        numpy = _numpy()
        kind = {"F32": "<f4", "BF16": "<u2", "F16": "<f2"}[dtype]
        raw = numpy.fromfile(path, kind, math.prod(shape), offset=start)
        return _widened(raw, dtype).reshape(shape)

    return read


def _widened(raw: Any, dtype: str) -> Any:
    numpy = _numpy()
    if dtype == "BF16":
        return (raw.astype("<u4") << 16).view("<f4")
    return raw.astype(numpy.float32, copy=False)


def rounded(array: Any, dtype: str) -> Any:
    """Return float32 numbers as they are stored in a dtype: BF16 as the upper halves, in <u2.

    Raises Refused where a number is beyond what the dtype has.
    """
    numpy = _numpy()
    if dtype == "F32":
        return array.astype("<f4", copy=False)
    with numpy.errstate(over="ignore"):
        made = array.astype("<f2") if dtype == "F16" else _bfloat16(array)
    if not numpy.isfinite(_widened(made, dtype)).all():
        raise Refused(f"a number of it is beyond what {dtype} has, or is none")
    return made


def _bfloat16(array: Any) -> Any:
    bits = array.astype("<f4", copy=False).view("<u4")
    return ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype("<u2")


def write_safetensors(path: Path, tensors: Mapping[str, Tensor], dtype: str) -> None:
    """Write tensors, by name, in one dtype. Raises Refused, OSError."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name in sorted(tensors):
        start, end = end, end + math.prod(tensors[name].shape) * WIDTHS[dtype]
        header[name] = {
            "dtype": dtype,
            "shape": tensors[name].shape,
            "data_offsets": [start, end],
        }
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with files.whole(path) as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for name in sorted(tensors):
            file.write(_stored(name, tensors[name], dtype).tobytes())


def write_gguf(
    path: Path, metadata: Mapping[str, Any], tensors: Mapping[str, Tensor], dtype: str
) -> None:
    """Write a GGUF file; what has one dimension is F32, as llama.cpp wants it, of rounded numbers.

    Raises Refused, OSError, MissingPackage.
    """
    weights: dict[str, gguf_files.Weight] = {}
    for name, each in tensors.items():
        single = len(each.shape) == 1
        make = partial(_single if single else _stored, name, each, dtype)
        weights[name] = ("F32" if single else dtype, each.shape, make)
    gguf_files.write_model(path, metadata, weights)


def _single(name: str, tensor: Tensor, dtype: str) -> Any:
    return _widened(_stored(name, tensor, dtype), dtype)


def _stored(name: str, tensor: Tensor, dtype: str) -> Any:
    try:
        return rounded(tensor.read(), dtype)
    except Refused as error:
        raise Refused(f"{name}: {error}") from error


def _numpy() -> Any:
    try:
        import numpy  # noqa: PLC0415, ICN001 (few commands read a tensor)
    except ImportError as error:
        raise MissingPackage(
            "tensors are read with the package numpy: pip install 'tokparity[decode]'"
        ) from error
    return numpy
