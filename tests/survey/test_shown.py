"""The command `tokparity matrix tokenizers`."""

import json

import pytest

from parity.cli import cli
from parity.errors import Inconclusive, UsageError
from parity.survey import surveying

RUN = ["matrix", "tokenizers", "--vocabulary", "tiny:byte-bpe-600", "--draw", "0"]


def test_the_command_prints_and_writes_the_matrix(here, capsys):
    """What is not installed is in all of it."""
    names = ["--implementation", "reference", "--implementation", "fastokens"]
    written = [f"--{name}={here / 'out' / name}" for name in ("json", "html", "markdown")]
    code = cli.main([*RUN, *names, *written], standalone_mode=False)
    printed = capsys.readouterr().out

    assert code == 0
    assert "reference" in printed
    assert "not compared: fastokens: pip install fastokens==0.3.5" in printed
    left = json.loads((here / "out" / "json").read_text())["left_out"]
    assert left.keys() == {"fastokens"}
    for name in ("html", "markdown"):
        assert "pip install fastokens" in (here / "out" / name).read_text(encoding="utf-8")


def test_an_unknown_check_is_refused(here):  # noqa: ARG001 (a folder to be in)
    """Before anything is loaded."""
    with pytest.raises(UsageError, match="no check 'odd'; it has ids, offsets"):
        cli.main([*RUN, "--checks", "odd"], standalone_mode=False)


def test_what_cannot_be_written_is_told_before_anything_is_compared(here, monkeypatch):
    """Minutes are not spent for nothing."""
    (here / "file").touch()
    monkeypatch.setattr(surveying, "survey", None)

    with pytest.raises(Inconclusive, match="the matrix is to be written there"):
        cli.main([*RUN, "--json", str(here / "file" / "m.json")], standalone_mode=False)
