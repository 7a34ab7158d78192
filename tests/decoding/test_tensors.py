"""Tensors in files: what is written is what other libraries write, and no damaged file is read."""

import json
import struct

import pytest
from small_folders import TINY, copied, cut

from parity.decoding.tensors import (
    INDEX,
    SINGLE,
    Tensor,
    of_file,
    of_folder,
    rounded,
    write_safetensors,
)
from parity.errors import BadSpec, Refused

numpy = pytest.importorskip("numpy", reason="the extra `decode` is not installed here")
AWKWARD = [0.0, -0.0, 1.0, 1.00390625, 1.01171875, -3.3e-39, 65504.0, 1 / 3, -2.5, 6e-8]
"""Ties between two neighbours in bfloat16, both ways, and numbers that are subnormal in one."""


def tensors(*arrays):
    """Arrays as tensors that were read from nowhere."""
    return {
        f"t{number}": Tensor(array.shape, "F32", lambda array=array: array)
        for number, array in enumerate(arrays)
    }


def test_what_is_written_is_what_safetensors_writes(tmp_path):
    """The same bytes, so the digest is that of the model as others have it."""
    library = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed here")
    arrays = numpy.array([AWKWARD], "<f4"), numpy.arange(6, dtype="<f4").reshape(2, 3)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"

    write_safetensors(ours, tensors(*arrays), "F32")
    named = {f"t{number}": array for number, array in enumerate(arrays)}
    library.save_file(named, theirs, metadata={"format": "pt"})

    assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("dtype", ["BF16", "F16"])
def test_rounding_is_that_of_torch(dtype):
    """To the nearest, ties to even, whatever the number."""
    torch = pytest.importorskip("torch", reason="the extra `decode` is not installed here")
    kind = {"BF16": torch.bfloat16, "F16": torch.float16}[dtype]
    bits = numpy.random.default_rng(1).integers(0, 2**32, 20_000, dtype="<u4")
    drawn = bits.view("<f4")
    limit = 65504 if dtype == "F16" else 3e38
    numbers = numpy.concatenate([numpy.array(AWKWARD, "<f4"), drawn[abs(drawn) < limit]])

    wanted = torch.from_numpy(numbers).to(kind).view(torch.uint16).numpy()

    assert (rounded(numbers, dtype).view("<u2") == wanted).all()


@pytest.mark.parametrize(("dtype", "number"), [("F16", 65520.0), ("BF16", 3.4e38)])
def test_a_number_beyond_a_dtype_is_refused(tmp_path, dtype, number):
    """It would be infinite; the tensor is named, and no file is left."""
    held = tensors(numpy.array([number], "<f4"))

    with pytest.raises(Refused, match="t0: a number"):
        write_safetensors(tmp_path / "made", held, dtype)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", ["F32", "BF16", "F16"])
def test_what_was_written_is_read(tmp_path, dtype):
    """As float32, which holds each of these numbers."""
    array = numpy.array([[0.5, -1.25], [3.0, 2.0**-10]], "<f4")

    write_safetensors(tmp_path / "made", tensors(array), dtype)
    found = of_file(tmp_path / "made")["t0"]

    assert (found.shape, found.dtype) == ((2, 2), dtype)
    assert (found.read() == array).all()


def test_shards_are_one_model(tmp_path):
    """All files that the index names, and no other."""
    held = of_folder(TINY)
    folder = sharded(tmp_path, held)

    found = of_folder(folder)

    assert found.keys() == held.keys()
    assert all((found[name].read() == held[name].read()).all() for name in held)


def sharded(folder, held):
    """A folder of two files and an index."""
    names = sorted(held)
    parts = {"a.safetensors": names[:5], "b.safetensors": names[5:]}
    for file, some in parts.items():
        write_safetensors(folder / file, {name: held[name] for name in some}, "F32")
    index = {"weight_map": {name: file for file, some in parts.items() for name in some}}
    (folder / INDEX).write_text(json.dumps(index))
    return folder


def test_a_shard_that_is_missing_is_named(tmp_path):
    """What to do is said with it."""
    folder = sharded(tmp_path, of_folder(TINY))
    (folder / "b.safetensors").unlink()

    with pytest.raises(BadSpec, match=r"b\.safetensors is not there; was the folder copied"):
        of_folder(folder)


@pytest.mark.parametrize("keep", [0, 7, 100, 5_000, 617_399])
def test_a_file_that_is_cut_off_is_an_error(tmp_path, keep):
    """Within its length, its header or its numbers."""
    folder = copied(TINY, tmp_path / "cut")
    cut(folder / SINGLE, keep)

    with pytest.raises(BadSpec, match=r"model\.safetensors"):
        of_folder(folder)


@pytest.mark.parametrize(
    "header", [b"[]", b"{", b'{"a": 1}', b'{"a": {"dtype": "F32", "shape": [1]}}']
)
def test_a_header_that_says_nothing_is_an_error(tmp_path, header):
    """No traceback of a parser."""
    path = tmp_path / "odd.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)

    with pytest.raises(BadSpec, match=r"odd\.safetensors: no (whole )?safetensors file"):
        of_file(path)


def test_a_folder_without_weights_is_an_error(tmp_path):
    """An older format is named, with what makes a new one of it."""
    with pytest.raises(BadSpec, match="has no weights"):
        of_folder(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(BadSpec, match=r"pytorch_model\.bin is of an older format"):
        of_folder(tmp_path)


def test_a_dtype_that_is_not_converted_is_refused_when_it_is_read(tmp_path):
    """By its name and that of the tensor."""
    header = b'{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}'
    path = tmp_path / "wide.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))

    with pytest.raises(Refused, match="a is F64; only F32, BF16, F16"):
        of_file(path)["a"].read()
