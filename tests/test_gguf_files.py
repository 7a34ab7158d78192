"""GGUF files: what is written is read, and no damaged one is read short."""

import sys

import pytest

from parity import gguf_files
from parity.errors import BadSpec, MissingPackage

gguf = pytest.importorskip("gguf", reason="the package gguf is not installed")

METADATA = {
    "general.name": "planted",
    "tokenizer.ggml.model": "t5",
    "tokenizer.ggml.tokens": ["<unk>", "\u2581w\u00f6", "\U0001f600"],
    "tokenizer.ggml.scores": [0.0, -1.5, -2.25],
    "tokenizer.ggml.token_type": [2, 1, 1],
    "tokenizer.ggml.add_bos_token": False,
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.precompiled_charsmap": b"\0\1\xff",
    "tokenizer.chat_template": "{{ messages }}",
}


@pytest.fixture
def made(tmp_path):
    """A file with that metadata."""
    path = tmp_path / "made.gguf"
    gguf_files.write(path, METADATA)
    return path


def test_what_is_written_is_read(made):
    """Texts, numbers, lists and bytes, which come back as numbers."""
    found = gguf_files.read(made)
    wanted = {**METADATA, "tokenizer.ggml.precompiled_charsmap": [0, 1, 255]}

    assert {key: found[key] for key in METADATA} == wanted
    assert gguf_files.has_tensors(made)


def test_the_reader_that_is_quicker_reads_what_the_package_reads(made):
    """It is the package's reader, on a plain array."""
    theirs = {key: field.contents() for key, field in gguf.GGUFReader(made).fields.items()}

    assert gguf_files.read(made) == {
        key: value for key, value in theirs.items() if not key.startswith("GGUF.")
    }


def test_of_a_model_only_its_tokenizer_and_its_name_are_written(tmp_path, made):
    """What another architecture says of its layers would be wrong for a Llama of one layer."""
    path = tmp_path / "again.gguf"
    gguf_files.write(path, {**gguf_files.read(made), "llama.block_count": 32, "qwen.x": 1})

    assert gguf_files.read(path) == gguf_files.read(made)


def test_a_file_that_is_cut_off_anywhere_is_no_file(tmp_path, made):
    """Within a key, a list, the last text, or the weights."""
    data = made.read_bytes()
    path = tmp_path / "cut.gguf"
    for end in range(4, len(data) - 1, 211):
        path.write_bytes(data[:end])
        with pytest.raises(BadSpec, match=r"is it cut off\?"):
            gguf_files.read(path)


def test_a_file_without_weights_that_ends_within_its_last_text_is_cut_off(tmp_path):
    """Which the package reads short, without a word."""
    writer = gguf.GGUFWriter(tmp_path / "bare.gguf", "llama")
    writer.add_string("tokenizer.chat_template", "{{ messages[0] }}")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    whole = (tmp_path / "bare.gguf").read_bytes().rstrip(b"\0")
    (tmp_path / "cut.gguf").write_bytes(whole[:-5])

    assert gguf_files.read(tmp_path / "bare.gguf")["tokenizer.chat_template"].endswith("}}")
    assert not gguf_files.has_tensors(tmp_path / "bare.gguf")
    with pytest.raises(BadSpec, match=r"chat_template has 12 bytes"):
        gguf_files.read(tmp_path / "cut.gguf")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{}", "is no GGUF file: it does not begin with GGUF"),
        (b"", "is no GGUF file"),
        (b"GGUF", "is it cut off?"),
        (b"GGUF\x63\0\0\0" + bytes(16), "version 99"),
    ],
)
def test_what_is_no_gguf_file_is_said_to_be_none(tmp_path, data, said):
    """By its name alone nobody knows."""
    path = tmp_path / "odd.gguf"
    path.write_bytes(data)

    with pytest.raises(BadSpec, match=said):
        gguf_files.read(path)


def test_a_file_that_is_not_there_is_missed(tmp_path):
    """A folder is none either."""
    with pytest.raises(BadSpec, match="does not exist; a GGUF file is wanted"):
        gguf_files.read(tmp_path / "nobody.gguf")
    with pytest.raises(BadSpec, match="does not exist"):
        gguf_files.read(tmp_path)


def test_without_the_package_its_install_is_named(made, monkeypatch):
    """The template of a GGUF file is read by kinds that need no gguf otherwise."""
    monkeypatch.setitem(sys.modules, "gguf", None)

    with pytest.raises(MissingPackage, match=r"pip install 'tokparity\[gguf\]'"):
        gguf_files.read(made)
