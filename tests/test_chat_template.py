"""Which file's chat template wins, by the rule of each loader."""

import json

import pytest
import transformers

from parity import chat_template
from parity.errors import BadSpec, Unsupported
from parity.renderers.worker import NoTemplate

CONFIG = "tokenizer_config.json"
NAMED = [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T"}]


def folder(path, **files):
    """A folder with these files; `_` stands for a dot in their names."""
    for name, content in files.items():
        at = path / name.replace("__", "/").replace("_DOT_", ".")
        at.parent.mkdir(exist_ok=True)
        at.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


JINJA = {"chat_template_DOT_jinja": b"a\r\nb\\n "}
JSON = {"chat_template_DOT_json": {"chat_template": "J"}}
OTHER = {"other_DOT_jinja": b"O"}
EXTRA = {"additional_chat_templates__tool_use_DOT_jinja": b"X"}
TEXT = {"tokenizer_config_DOT_json": {"chat_template": "C"}}
LIST = {"tokenizer_config_DOT_json": {"chat_template": NAMED}}

TRANSFORMERS = [
    (JINJA | TEXT | JSON, "a\nb\\n ", "a\nb\\n "),
    (JINJA | EXTRA, "a\nb\\n ", "X"),
    (TEXT | JSON | OTHER, "C", "C"),
    (LIST, "D", "T"),
]
SMG = [
    (JSON | JINJA | TEXT, "J"),
    (JINJA | TEXT | OTHER, "a\r\nb\n"),
    (OTHER | TEXT, "O"),
    (TEXT, "C"),
]


@pytest.mark.parametrize(("files", "plain", "tools"), TRANSFORMERS)
def test_transformers_rule_is_transformers(tmp_path, files, plain, tools):
    """It is held against what the package itself loads."""
    place = folder(tmp_path, **files)
    shutil_tokenizer(place)
    theirs = transformers.AutoTokenizer.from_pretrained(place, local_files_only=True)
    ours = chat_template.read(str(place))

    assert (ours.source(), ours.source(tools=True)) == (plain, tools)
    assert theirs.get_chat_template(None, None) == plain
    assert theirs.get_chat_template(None, [{}]) == tools


def shutil_tokenizer(place):
    """Put a tokenizer beside a template."""
    from parity.artefact import resolve

    source = resolve("tiny:byte-bpe-600") / "tokenizer.json"
    (place / "tokenizer.json").write_bytes(source.read_bytes())


@pytest.mark.parametrize(("files", "wins"), SMG)
def test_smg_rule(tmp_path, files, wins):
    r"""The JSON file first; what is a .jinja file is trimmed, and its \n becomes a newline."""
    found = chat_template.read(str(folder(tmp_path, **files)), "smg")

    assert found.source() == wins
    assert found.source(tools=True) == found.source()


def test_smg_ignores_a_list_of_templates(tmp_path):
    """It reads a text alone."""
    with pytest.raises(NoTemplate, match="no chat template"):
        chat_template.read(str(folder(tmp_path, **LIST)), "smg").source()


def test_tokens_are_read_with_their_two_spellings(tmp_path):
    """A text, or an object with its content; what is neither is none."""
    config = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "unk_token": None, "x": "y"}
    found = chat_template.read(str(folder(tmp_path, tokenizer_config_DOT_json=config)))

    assert found.tokens == {"bos_token": "<s>", "eos_token": "</s>"}
    assert found.files == (tmp_path / CONFIG,)


def test_a_file_is_the_template(tmp_path):
    """As it is, byte for byte."""
    (tmp_path / "x.jinja").write_bytes(b"a\r\n")

    assert chat_template.read(str(tmp_path / "x.jinja")).source() == "a\r\n"


def test_none_has_none_and_nobody_wonders():
    """It was not asked for; a folder without one was."""
    with pytest.raises(Unsupported):
        chat_template.read("none").source()


BAD = {
    "not UTF-8 at byte 0": {"chat_template_DOT_jinja": b"\xff"},
    "not JSON": {"tokenizer_config_DOT_json": b"{"},
    "an object is wanted, this is list": {"tokenizer_config_DOT_json": []},
}


@pytest.mark.parametrize("match", BAD)
def test_what_cannot_be_read_is_told_with_its_place(tmp_path, match):
    """By the file's name."""
    with pytest.raises(BadSpec, match=match) as told:
        chat_template.read(str(folder(tmp_path, **BAD[match])))

    assert str(tmp_path) in str(told.value)
