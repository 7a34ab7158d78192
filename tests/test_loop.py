"""The minutes after a change went red, as a script: read, replayed, explained, accepted, green."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parity import artefact

SCRIPT = Path(__file__).parent / "loop.sh"
STEPS = (
    "pytest -q -m parity", "golden check", "review list", "review show", "review accept",
    "golden check", "run", "report", "replay", "explain", "explain", "ledger add", "ledger check",
    "run", "replay", "run", "ledger prune", "run", "pytest -q -m parity",
)  # fmt: skip
SAYS = (
    "88/88 canaries caught",
    "for tokenizer.json",
    "ids 220 -> nothing",
    "accepted, 0 still pending",
    "31 goldens checked, 0 differ",
    "DIVERGED  18 of",
    "cause      merge: the same run of characters is merged otherwise",
    'smallest   "т"  U+0442',
    "1 replayed: 1 still",
    "stage       model",
    "tokenizers.Tokenizer.from_file('models/fast/tokenizer.json')",
    "2 entries added for 18 divergences",
    "AS EXPECTED  0 of",
    "18 replayed: 18 fixed",
    "18 unexpected",
    "2 entries taken out, 0 left",
    "EXACT  0 of",
)
"""What is read on the way, in this order."""


def loop(folder, change=lambda script: script):
    """Run the script, with a change; return its exit code and what was said."""
    path = folder / "loop.sh"
    path.write_text(change(SCRIPT.read_text(encoding="utf-8")), encoding="utf-8")
    here = folder / "work"
    here.mkdir()
    beside = str(Path(sys.executable).parent)
    variables = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
                 "COLUMNS": "120", "NO_COLOR": "1"}  # fmt: skip
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "CI", "FORCE_COLOR"):
        variables.pop(name, None)
    tokenizer = artefact.resolve("tiny:byte-bpe-600")
    ran = subprocess.run(  # noqa: S603
        ["bash", str(path), str(here), str(tokenizer)],  # noqa: S607
        capture_output=True, encoding="utf-8", check=False, env=variables,
    )  # fmt: skip
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What the script said."""
    code, text = loop(tmp_path_factory.mktemp("loop"))
    assert code == 0, text
    return text


def test_each_step_is_one_command(said):
    """From red to green by these, in this order, in a clone."""
    ran = re.findall(r"^\$ (?:tokparity )?(.+)$", said, re.MULTILINE)
    steps = [one for one in ran if not one.startswith(("init", "git"))]

    assert len(steps) == len(STEPS)
    assert [one for one, step in zip(steps, STEPS, strict=True) if not one.startswith(step)] == []


def test_each_step_says_what_its_reader_needs(said):
    """What differs, on how little, why, and what became of it."""
    place = 0
    for words in SAYS:
        found = said.find(words, place)

        assert found >= 0, f"{words!r} is not said after {said[place - 200 : place]}"
        place = found


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_script_ends_where_a_step_is_not_what_it_should_be(tmp_path):
    """A first step that is green where red was wanted is its last."""
    code, text = loop(
        tmp_path, lambda script: script.replace("step 0 tokparity init", "step 1 tokparity init")
    )

    assert code == 1
    assert "LOOP: exit code 0, wanted 1" in text
