"""What was compared is kept before anything is asked again: a question may end the process."""

import json
import os
import subprocess
import sys

import pytest

from parity import runfile
from parity.errors import EvidenceLost

SIDE = """
import os
from parity.backends._faults.fault import Fault
from parity.backends.mock import Honest


class Dies(Fault):
    def encode(self, text, specials="parse"):
        if text == "":
            os._exit(9)
        return self.inner.encode(text.lower(), specials)


def make():
    return Dies(Honest())
"""


@pytest.fixture
def died(project, tmp_path):
    """The run file of a run whose candidate ends the process when it is asked for no text."""
    (tmp_path / "dying.py").write_text(SIDE)
    project.plan({"candidate": "py:dying:make", "checks": ["ids"]}, rows=["Aa", "bb", "Cc"])
    command = [sys.executable, "-m", "parity", "run", "--output", "jsonl=run.jsonl"]
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    ran = subprocess.run(  # noqa: S603 (our own command)
        command, cwd=project.folder, env={**os.environ, "PYTHONPATH": path}, check=False,
        capture_output=True,
    )  # fmt: skip

    assert ran.returncode == 9
    return runfile.read(project.folder / "run.jsonl")


def test_a_process_that_dies_while_it_examines_leaves_what_it_compared(died):
    """Every divergence and every count; and it is no whole run, so it proves nothing."""
    assert len(died.divergences) == 2
    assert died.footer["pairs"][0]["rows"][0]["diverged"] == 2
    assert not died.whole
    assert "examined" in died.footer["stopped"]
    assert died.footer["exit"] == 3


def test_a_checkpoint_is_replaced_by_the_finished_file(tmp_path):
    """It is not added to, and a writer that nobody gave a footer makes none."""
    path = tmp_path / "run.jsonl"
    writer = runfile.Writer(path, {"tool": "t", "plan": "p"})
    writer.checkpoint([])

    assert not path.exists()
    writer.unfinished = lambda: {"whole": False}
    writer.checkpoint([])
    assert [json.loads(line)["type"] for line in path.read_text().splitlines()] == [
        "header", "footer",
    ]  # fmt: skip
    writer.finish({"whole": True})
    assert json.loads(path.read_text().splitlines()[-1])["whole"] is True
    assert len(path.read_text().splitlines()) == 2


def test_a_checkpoint_that_cannot_be_written_is_lost_evidence(tmp_path):
    """As any other line of the file."""
    writer = runfile.Writer(tmp_path / "run.jsonl", {"tool": "t", "plan": "p"})
    writer.unfinished = lambda: {"whole": False}
    writer._file.close()

    with pytest.raises((EvidenceLost, ValueError)):
        writer.checkpoint([])
