"""What a file is, from its content: each kind, each common mistake, and nothing that blocks."""

import gzip
import io
import json
import os
import socket
import struct
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from parity import artefact, backends
from parity.detect import KINDS, detect, reading
from parity.detect.found import ADVICE

TINY = artefact.shipped() / "tokenizers"
BPE = TINY / "byte-bpe-600"
TOKENIZER = json.dumps(
    {
        "model": {"type": "BPE", "vocab": {"a": 0, "\u00e9": 1}, "merges": []},
        "n": [1.5, True, None],
    },
    ensure_ascii=False,
).encode()
RANKS = b"".join(b"%s %d\n" % (text, rank) for rank, text in enumerate((b"IQ==", b"Ig==", b"Iw==")))
MERGES = b"#version: 0.2\n\xc4\xa0 t\nh e\n"
WORDS = b"[PAD]\n[UNK]\nthe\n##s\n"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 7031645\n" % (
    b"ab" * 32
)
TEMPLATE = b"{% for message in messages %}{{ message.content }}{% endfor %}"
TEKKEN = {
    "config": {"pattern": "x", "default_vocab_size": 3, "version": "v7"},
    "vocab": [{"rank": 0, "token_bytes": "IQ=="}],
}


def text(value, order="<"):
    data = value.encode()
    return struct.pack(f"{order}Q", len(data)) + data


def gguf(order="<", version=3):
    """The start of a GGUF file, with a list before what is said of the tokenizer."""
    out = b"GGUF" + struct.pack(f"{order}IQQ", version, 0, 4)
    out += text("general.architecture", order) + struct.pack(f"{order}I", 8) + text("llama", order)
    out += text("list", order) + struct.pack(f"{order}IIQ", 9, 8, 2) + text("a", order) * 2
    out += text("tokenizer.ggml.model", order) + struct.pack(f"{order}I", 8) + text("gpt2", order)
    return (
        out + text("tokenizer.ggml.pre", order) + struct.pack(f"{order}I", 8) + text("qwen2", order)
    )


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("tokenizer.json", "{}")
    return out.getvalue()


FILES = {
    "tokenizer_json": (TOKENIZER, "type BPE, 2 entries"),
    "tokenizer_config": (b'{"tokenizer_class": "Qwen2Tokenizer"}', "class is Qwen2Tokenizer"),
    "chat_template": (TEMPLATE, "such as '{% for'; messages named"),
    "gguf": (gguf(), "version 3, little-endian; architecture 'llama'; tokenizer 'gpt2', pre"),
    "tiktoken_ranks": (RANKS, "from 0 to 2"),
    "tekken": (json.dumps(TEKKEN).encode(), "config of version v7"),
    "vocab_json": (b'{"a": 1, "b": 0}', "2 tokens with ids from 0 to 1"),
    "added_tokens": (b'{"<x>": 100, "<y>": 101}', "ids from 100 to 101"),
    "merges_txt": (MERGES, "a line #version, then two tokens a line"),
    "vocab_txt": (WORDS, "[PAD], [UNK] among them; 1 begin with ##"),
    "special_tokens_map": (b'{"bos_token": "<s>"}', "names bos_token"),
    "model_config": (b'{"model_type": "qwen3", "vocab_size": 3}', "model_type is 'qwen3'"),
    "json": (b'{"model": "gpt", "vocab": {}}', "its first keys: 'model', 'vocab'"),
    "broken_json": (b'{"model": {,}, "version": "1.0"}', "line 1, column"),
    "cut_off_json": (TOKENIZER[:-9], "ends within it"),
    "lfs_pointer": (POINTER, "a pointer to 7,031,645 bytes with the SHA-256 abab"),
    "gzip": (gzip.compress(TOKENIZER), "1f 8b"),
    "zip": (zipped(), "1 files: 'tokenizer.json'"),
    "compressed": (b"\x28\xb5\x2f\xfd" + bytes(9), "zstd"),
    "web_page": (b"\n<!DOCTYPE html><html><title>404 - not here</title>", "'404 - not here'"),
    "xml": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "<?xml"),
    "server_answer": (b"Entry not found", "nothing but 'Entry not found'"),
    "utf16": (TOKENIZER.decode().encode("utf-16"), "the BOM of UTF-16, little-endian"),
    "safetensors": (struct.pack("<Q", 2) + b"{}" + bytes(4), "a header of 2 bytes"),
    "ggml": (b"tjgg" + bytes(20), "ggjt"),
    "empty": (b"", "no bytes"),
    "text": (b"Hello there.\n", "begins 'Hello there.\\n'"),
    "binary": (b"\x7fELF\x02\x01\x01\xff", "no UTF-8 at byte 7"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_kind_is_known_by_its_content_alone(tmp_path, kind):
    """Whatever somebody called the file; and the evidence says what was read."""
    content, evidence = FILES[kind]
    found = []
    for name in ("tokenizer.json", "model.gguf", "x"):
        (tmp_path / name).write_bytes(content)
        found.append(detect(tmp_path / name))

    assert [one.kind for one in found] == [kind] * 3
    assert all(evidence in one.evidence for one in found)


MORE = {
    "server_answer": b'{"error": "Repository not found"}',
    "gguf": gguf(">"),
    "utf16": TOKENIZER.decode().encode("utf-16-be"),
    "lfs_pointer": POINTER.replace(b"\n", b"\next-0-x sha256:00\n", 1),
    "tiktoken_ranks": RANKS.replace(b"\n", b"\r\n"),
    "merges_txt": b"\xc4\xa0 t\nh e\n\xc4\xa0t he\n",
    "tokenizer_json": b'{"model": {"vocab": [["a", NaN]]}}',
    "json": b'{"id": 1}\n{"id": 2}\n',
    "chat_template": b"[INST]{{ messages[0].content }}[/INST]",
    "tokenizer_config": b'{"chat_template": "x", "bos_token": "y"}',
    "text": b"two words\n" * 5,
    "binary": b"{\x00{\x00{ not of UTF-16 \xff",
    "broken_json": b"[" * 3000,
    "zip": b"PK\x03\x04" + bytes(30),
}


@pytest.mark.parametrize("kind", MORE)
def test_another_form_of_a_kind_is_that_kind(tmp_path, kind):
    """Byte orders, line ends, keys that come between, numbers that JSON has not."""
    (tmp_path / "x").write_bytes(MORE[kind])

    assert detect(tmp_path / "x").kind == kind


@pytest.mark.parametrize(
    "content",
    [
        b"seed, 0xdead\n0, 0x1\n1, 0x2\n",
        b'import os\nTEMPLATE = "' + TEMPLATE + b'"\n',
        b"# How to\n```\n" + TEMPLATE + b"\n```\n",
        b"wget {{ url }}\n",
        b"the\n##s\n",
    ],
    ids=["table", "program", "document", "recipe", "no unknown"],
)
def test_what_only_looks_like_a_part_of_a_tokenizer_is_text(tmp_path, content):
    """Tables, programs with a template in them, lists of words."""
    (tmp_path / "x").write_bytes(content)

    assert detect(tmp_path / "x").kind == "text"


def test_every_beginning_of_a_tokenizer_is_called_cut_off(tmp_path):
    """A download that stopped anywhere: within a key, a number, a word, an escape, a character."""
    file = tmp_path / "tokenizer.json"
    whole = TOKENIZER.replace(b'"a"', b'"\\u00e8\\n"')
    kinds = set()
    for end in range(1, len(whole)):
        file.write_bytes(whole[:end])
        kinds.add(detect(file).kind)

    assert kinds == {"cut_off_json"}


@pytest.mark.parametrize("kind", ["unigram", "bpe", "word", "char"])
def test_the_model_type_of_a_sentencepiece_model_is_read(tmp_path, kind):
    """From the trainer's settings, which come after the pieces, without a protobuf library."""
    out = io.BytesIO()
    lines = [f"the {number} words and others" for number in range(200)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=out, model_type=kind, vocab_size=40,
        hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    file = tmp_path / "x"
    file.write_bytes(out.getvalue())
    loaded = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    found = detect(file)

    assert found.kind == "sentencepiece"
    assert f"{loaded.get_piece_size():,} pieces; its trainer's model type is " in found.evidence
    assert found.evidence.lower().endswith(kind)
    assert found.specs == (f"sentencepiece:{file}",)


def test_a_sentencepiece_model_that_is_cut_off_is_said_to_be(tmp_path):
    """It is still known for what it is, and no spec is given that would fail."""
    file = tmp_path / "tokenizer.model"
    data = (TINY / "unigram" / "tokenizer.model").read_bytes()
    for end in (len(data) // 2, len(data) - 1):
        file.write_bytes(data[:end])
        found = detect(file)

        assert (found.kind, found.specs) == ("sentencepiece", ())
        assert "cut off" in found.sentence()


def test_another_protobuf_message_is_no_sentencepiece_model(tmp_path):
    """Its first field is a message too, whose fields are others."""
    file = tmp_path / "tokenizer.model"
    file.write_bytes(b"\x0a\x04\x08\x01\x10\x02" + b"\x12\x02\x18\x01")

    assert detect(file).kind == "binary"


def test_the_version_in_a_name_is_told_beside_what_is_in_the_file(tmp_path):
    """A .model.v3 with something else in it is that something."""
    file = tmp_path / "tokenizer.model.v3"
    file.write_bytes((TINY / "fallback-bpe" / "tokenizer.model").read_bytes())
    found = detect(file)
    file.write_bytes(POINTER)

    assert found.kind == "mistral_model"
    assert found.evidence.endswith("with byte fallback; its name says v3")
    assert found.specs[0] == f"mistral_common:{file}"
    assert detect(file).kind == "lfs_pointer"


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json", "ranks.tiktoken"])
def test_a_bom_is_told_and_what_is_behind_it(tmp_path, name):
    """No loader here takes it, so there is no spec; what to do is said."""
    file = tmp_path / name
    file.write_bytes(b"\xef\xbb\xbf" + (BPE / name).read_bytes())
    plain, found = detect(BPE / name), detect(file)

    assert found.kind == plain.kind
    assert found.specs == ()
    assert "UTF-8 BOM" in found.sentence()
    assert "first three bytes" in found.advice


def test_a_cut_rank_file_is_told(tmp_path):
    """Its last line has no rank."""
    (tmp_path / "x").write_bytes(RANKS + b"JA=")
    found = detect(tmp_path / "x")

    assert (found.kind, found.advice) == ("tiktoken_ranks", "its last line is cut off")


def test_ranks_that_do_not_rise_are_no_rank_file(tmp_path):
    """A word and a number a line are many things."""
    (tmp_path / "x").write_bytes(b"abcd 3\nabce 2\n")

    assert detect(tmp_path / "x").kind == "text"


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(sorted(FILES)), place=st.integers(0, 200), bytes=st.binary(max_size=9))
def test_damage_is_told_and_never_raised(kind, place, bytes):
    """Whatever stands in the place of some bytes of any file, and wherever it then ends."""
    content, _ = FILES[kind]
    with tempfile.NamedTemporaryFile() as file:
        file.write(content[:place] + bytes + content[place + len(bytes) :])
        file.flush()
        found = detect(file.name)
        file.truncate(place)
        cut = detect(file.name)

    assert {found.kind, cut.kind} <= set(KINDS)
    assert found.sentence()
    assert cut.sentence()


def test_what_cannot_be_read_does_not_block(tmp_path):
    """A FIFO without a writer, a socket, a device, a folder's link to itself: said at once."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "gone").symlink_to("nowhere.json")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "sock"))
        kinds = {name: detect(tmp_path / name) for name in ("fifo", "sock", "loop", "gone", "no")}

    assert {name: found.kind for name, found in kinds.items()} == {
        "fifo": "special_file", "sock": "special_file", "loop": "broken_link",
        "gone": "broken_link", "no": "missing",
    }  # fmt: skip
    assert "nowhere.json" in kinds["gone"].evidence
    assert detect("/dev/zero").kind == "special_file"
    assert detect("a\0b").kind == "missing"
    assert detect("x" * 5000).kind == "unreadable"


@pytest.mark.skipif(sys.platform != "linux", reason="a file that cannot be read, of Linux")
def test_a_file_that_cannot_be_read_says_why():
    """It opens, and reading its first byte fails."""
    found = detect("/proc/self/mem")

    assert (found.kind, found.evidence) == ("unreadable", "Input/output error")


def test_a_file_that_becomes_a_fifo_is_not_waited_for(tmp_path, monkeypatch):
    """What stat saw may be gone when it is opened."""
    os.mkfifo(tmp_path / "fifo")
    regular = Path(__file__).stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: regular)

    assert detect(tmp_path / "fifo").kind == "special_file"


def test_little_of_a_large_file_is_read(tmp_path, monkeypatch):
    """A sparse gigabyte costs its first and last bytes."""
    read = []
    plain = os.pread
    monkeypatch.setattr(os, "pread", lambda *to: read.append(plain(*to)) or read[-1])
    for start in (gguf(), RANKS * 9000, b"\0"):
        with (tmp_path / "x").open("wb") as file:
            file.write(start)
            file.truncate(1 << 30)
        detect(tmp_path / "x")

    assert sum(map(len, read)) < 6 * reading.HEAD


def test_json_that_is_larger_than_any_tokenizer_is_not_read(tmp_path, monkeypatch):
    """It is told, and what was not looked at too."""
    monkeypatch.setattr(reading, "WHOLE", 10)
    (tmp_path / "x").write_bytes(TOKENIZER)
    found = detect(tmp_path / "x")

    assert found.kind == "json"
    assert "not read" in found.evidence


def test_every_kind_has_words_and_what_loads_nothing_has_advice(tmp_path):
    """A user is never told only what does not work."""
    for kind, (content, _) in FILES.items():
        (tmp_path / "x").write_bytes(content)
        found = detect(tmp_path / "x")

        assert found.sentence().startswith(f"this is {KINDS[kind]}")
        assert found.specs or found.advice or kind in ("json", "text", "binary"), kind
    assert set(ADVICE) <= set(KINDS)


NAMES = (
    "tokenizers/byte-bpe-600",
    "tokenizers/unigram",
    "tokenizers/wordpiece",
)
SOURCES = [
    *sorted(BPE.glob("*")),
    *(TINY.parent / name for name in NAMES),
    TINY / "fallback-bpe" / "tokenizer.model",
    TINY.parent / "styles" / "default_system",
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_spec_that_is_told_is_one_that_loads(path):
    """Of every kind of backend that is here, but where the spec has a place to fill in."""
    kinds = {known.kind for known in backends.known() if known.installed}
    wanted = [spec for spec in detect(path).specs if "=REGEX" not in spec]

    assert wanted or path.name in ("tokenizer_config.json", "ranks.tiktoken")
    for spec in wanted:
        if spec.partition(":")[0] in kinds:
            backends.load(spec).close()
