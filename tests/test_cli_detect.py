"""`tokparity detect`: what it prints, and what it exits with."""

import json

from parity import artefact

TINY = artefact.shipped() / "tokenizers"


def test_a_folder_is_told_with_its_files_and_who_takes_them(tokparity):
    """And the exit code is 0, since something loads it."""
    ran = tokparity("detect", str(TINY / "unigram"))

    assert ran.code == 0
    assert f"load      hf:{TINY / 'unigram'}\n" in ran.out
    assert "hf takes tokenizer.json" in ran.out
    assert "tokenizer.model: sentencepiece; a protobuf message with 4,096 pieces" in ran.out


def test_json_has_all_of_it(project, tokparity):
    """A list, a path each, in the order that was asked for."""
    project.file("x", b"GGUF\x03\0\0\0")
    ran = tokparity("detect", "--json", "x", "none")
    rows = json.loads(ran.out)

    assert ran.code == 2
    assert [row["kind"] for row in rows] == ["gguf", "missing"]
    assert rows[0]["specs"] == ["gguf:x", "llama_cpp:x"]
    assert rows[1]["is"] == "not there"


def test_what_nothing_loads_is_told_with_what_to_do(project, tokparity):
    """And the exit code is 2, whatever else loads."""
    project.file("x", b"Entry not found")
    ran = tokparity("detect", "x", str(TINY / "unigram"))

    assert ran.code == 2
    assert "x: server_answer, what a server answered instead of a file" in ran.out
    assert "do        download the file again" in ran.out


def test_nothing_that_a_terminal_would_act_upon_is_printed(project, tokparity):
    """The name and the content of a file are somebody else's."""
    project.file("a\x1b[31m[red]", b"<html><title>\x1b[2J\xe2\x80\xae:cat:</title>")
    ran = tokparity("detect", "a\x1b[31m[red]")

    assert "[red]" in ran.out
    assert ":cat:" in ran.out
    assert not set("\x1b\u202e") & set(ran.out)


def test_no_path_is_a_mistake(tokparity):
    """Not a list of nothing."""
    assert tokparity("detect").code == 2
