"""One model in other forms: Llama and Qwen2 as safetensors, GGUF and CTranslate2.

Weights of the same dtype are the same numbers in each form: a rounding is done here once, to the
nearest, and every engine reads what came of it. In GGUF what has one dimension is float32 of the
rounded numbers, since llama.cpp takes it no other way. One tensor is in memory at a time.
CTranslate2 is what its own converter makes of the safetensors folder, as whole as the model.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from parity import chat_template, files, gguf_files, gguf_vocabulary
from parity.artefact import read_json, tokenizer_json
from parity.assets import READ_BY_LOADERS
from parity.decoding import architectures
from parity.decoding.architectures import Architecture
from parity.decoding.tensors import (
    INDEX,
    SINGLE,
    STORED,
    Tensor,
    of_folder,
    weight_files,
    write_gguf,
    write_safetensors,
)
from parity.errors import BadSpec, LoadFailed, MissingPackage, Refused
from parity.gguf_writing import written

VERSION: Final = "1"
"""Changed when the files made of the same sources change."""
GGUF_FILE: Final = "model.gguf"
CONFIG: Final = "config.json"
TURN: Final = 2
"""Halves of a head that RoPE turns by the same angles."""


def sources(path: Path) -> list[Path]:
    """Return the files that decide what is made of a folder or a GGUF file. Raises BadSpec."""
    if path.is_file():
        return [path]
    if not (path / CONFIG).is_file():
        raise BadSpec(f"{path} has no {CONFIG}; the folder of a Hugging Face model is wanted")
    return [path / CONFIG, *_beside(path), *weight_files(path)]


def _beside(folder: Path) -> list[Path]:
    """Return what goes along with weights in a folder and decides answers."""
    named = [path for path in sorted(folder.iterdir()) if path.suffix in READ_BY_LOADERS]
    found = [path for path in named if path.name not in (CONFIG, INDEX) and path.is_file()]
    return [*found, *sorted(folder.glob("additional_chat_templates/*.jinja"))]


def folder_to_gguf(folder: Path, into: Path, dtype: str) -> None:
    """Write a Hugging Face folder as model.gguf in a folder. Raises BadSpec, Refused."""
    with _of(folder):
        model = architectures.of_config(_config(folder))
        held = _checked(of_folder(folder), model)
        metadata = {
            gguf_files.ARCHITECTURE: model.kind,
            **architectures.as_metadata(model),
            **_vocabulary(folder, model),
        }
        turned = {
            architectures.gguf_name(name): _turned(each, model.heads_turned(name), interleave=True)
            for name, each in held.items()
        }
        write_gguf(into / GGUF_FILE, metadata, turned, STORED[dtype])


def gguf_to_gguf(path: Path, into: Path, dtype: str) -> None:
    """Write a GGUF file anew in one dtype, quantised weights and all. Raises BadSpec, Refused."""
    with _of(path):
        metadata, weights = gguf_files.read_model(path)
        left_out = ("general.file_type", "general.quantization_version")
        kept = {key: value for key, value in metadata.items() if key not in left_out}
        held = {name: Tensor(shape, kind, read) for name, (kind, shape, read) in weights.items()}
        write_gguf(into / GGUF_FILE, kept, held, STORED[dtype])


def folder_to_folder(folder: Path, into: Path, dtype: str) -> None:
    """Write a Hugging Face folder anew with its weights in one dtype. Raises BadSpec, Refused."""
    with _of(folder):
        config = {**_config(folder), "dtype": dtype}
        config.pop("torch_dtype", None)  # its former name
        _write_json(into / CONFIG, config)
        for path in _beside(folder):
            place = into / path.relative_to(folder)
            place.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, place)
        write_safetensors(into / SINGLE, of_folder(folder), STORED[dtype])


def gguf_to_folder(path: Path, into: Path, dtype: str) -> None:
    """Write a GGUF file as a Hugging Face folder, tokenizer and all. Raises BadSpec, Refused."""
    with _of(path):
        metadata, weights = gguf_files.read_model(path)
        model = _of_gguf(metadata, weights)
        held = _checked(
            {
                architectures.config_name(name): Tensor(shape, kind, read)
                for name, (kind, shape, read) in weights.items()
            },
            model,
        )
        write_tokenizer(metadata, into)
        _write_json(into / CONFIG, architectures.as_config(model, metadata, dtype))
        ids = architectures.special_ids(metadata)
        _write_json(into / "generation_config.json", {"do_sample": False, **ids})
        turned = {
            name: _turned(each, model.heads_turned(name), interleave=False)
            for name, each in held.items()
        }
        write_safetensors(into / SINGLE, turned, STORED[dtype])


def write_tokenizer(metadata: Mapping[str, Any], into: Path) -> None:
    """Write the tokenizer of a GGUF file's metadata as a folder. Raises BadSpec, Refused."""
    _write_json(into / "tokenizer.json", gguf_vocabulary.document(metadata), indent=None)
    named, roles = gguf_vocabulary.templates(metadata)
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **roles,
        "clean_up_tokenization_spaces": False,
    }
    _write_json(into / "tokenizer_config.json", config)
    if "default" in named:
        files.write(into / "chat_template.jinja", [named["default"]])


def folder_to_ctranslate2(folder: Path, into: Path, dtype: str) -> None:
    """Convert a Hugging Face folder by CTranslate2's own converter. Raises Refused, LoadFailed."""
    try:
        import ctranslate2.converters  # noqa: PLC0415 (of an extra; it imports numpy)
        import transformers  # noqa: F401, PLC0415 (what the converter loads the model with)
    except ImportError as error:
        raise MissingPackage(
            f"CTranslate2 needs the package {error.name}: pip install 'tokparity[ctranslate2]'"
        ) from error
    with _of(folder):
        architectures.of_config(_config(folder))
    converter = ctranslate2.converters.TransformersConverter(str(folder), load_as_float16=False)
    try:
        converter.convert(str(into), quantization=dtype, force=True)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise LoadFailed(f"CTranslate2 does not convert {folder}; it says {reason}") from error


def _of_gguf(metadata: Mapping[str, Any], weights: Mapping[str, Any]) -> Architecture:
    embeddings = weights.get("token_embd.weight")
    words = embeddings[1][0] if embeddings else 0
    return architectures.of_metadata(metadata, words, tied="output.weight" not in weights)


def _config(folder: Path) -> dict[str, Any]:
    config = read_json(folder / CONFIG)
    if not isinstance(config, dict):
        raise BadSpec(f"{folder / CONFIG}:1: this is no JSON object")
    return config


def _vocabulary(folder: Path, model: Architecture) -> dict[str, Any]:
    """Return the tokenizer of a folder as GGUF's metadata, with a token for each embedding."""
    path, content = tokenizer_json(str(folder))
    chat = chat_template.read(str(path))
    made = written(content, chat.tokens, chat.named).metadata
    tokens, types = f"{gguf_vocabulary.PREFIX}tokens", f"{gguf_vocabulary.PREFIX}token_type"
    size, words = len(made[tokens]), model.counts["vocab_size"]
    if size > words:
        raise Refused(f"its tokenizer has {size} tokens, and there are {words} embeddings")
    made[tokens] = [*made[tokens], *(f"[PAD{id}]" for id in range(size, words))]
    made[types] = [*made[types], *[gguf_vocabulary.UNUSED] * (words - size)]
    return made


def _checked(held: Mapping[str, Tensor], model: Architecture) -> dict[str, Tensor]:
    """Return the tensors that the model has. Raises Refused where they are not of those shapes."""
    wanted = model.shapes()
    spare = {"lm_head.weight"} if model.tied else set()
    for name in sorted({*wanted, *held} - spare):
        shape = held[name].shape if name in held else None
        if shape != wanted.get(name):
            raise Refused(
                f"the tensor {name} is {shape or 'not there'}, and a {model.kind} of this config "
                f"has {wanted.get(name) or 'none'}"
            )
    return {name: held[name] for name in wanted}


def _turned(tensor: Tensor, heads: int, *, interleave: bool) -> Tensor:
    """Return a tensor whose rows are in the other format's order; see `architectures`."""
    if not heads:
        return tensor
    first, second = (TURN, -1) if interleave else (-1, TURN)

    def read() -> Any:
        rows = tensor.read().reshape(heads, first, second, *tensor.shape[1:])
        return rows.swapaxes(1, 2).reshape(tensor.shape)

    return tensor._replace(read=read)


@contextlib.contextmanager
def _of(path: Path) -> Iterator[None]:
    """Say of which file or folder something is refused."""
    try:
        yield
    except Refused as error:
        raise Refused(f"{path}: {error}") from error


def _write_json(path: Path, content: Any, indent: int | None = 2) -> None:
    files.write(path, [json.dumps(content, indent=indent, ensure_ascii=indent is None), "\n"])
