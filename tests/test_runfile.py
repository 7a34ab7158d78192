"""Run files: exact counters, and nothing lost in the writing."""

import errno
import subprocess
import sys

import pytest

from parity import evidence, jsonl, runfile
from parity.canary import Canaries
from parity.compare import compare
from parity.runfile import Writer
from parity.types import Case, Failure, Observation

CASE = Case("t/a-00000000", "text", "a")
HEADER = {"tool": "t", "plan": "built-in"}
LIMITED = """
import resource, sys
from parity import cli
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
sys.argv = ["tokparity", "run"]
cli.main()
"""
VALUES = {
    "bytes": b"\x00\xff",
    "a lone high surrogate": "a\ud83d",
    "a lone low surrogate": "\udc00",
    "a pair as two code points": "\ud83d" + "\ude00",
    "the same as one": "\U0001f600",
    "line ends": "a\r\nb\rc\n\u0085\u2028\u2029\x00",
    "wide integers": [2**80, -(2**80)],
    "nothing": None,
    "nested": [["a", b"b"], {"k": "\ud83d\ude00"}],
}


def differing(reference, candidate, case=CASE, check="ids"):
    """A comparison of two values."""
    return compare(case, check, Observation(reference), Observation(candidate))


def written(path, *found, tokens=None, footer=None):
    """A run file with these divergences, read again."""
    writer = Writer(path, HEADER)
    for one in found:
        writer.divergence("toy", one, tokens or {})
    writer.finish(footer or evidence.footer([], Canaries(3, ())))
    return runfile.read(path)


def test_a_run_is_a_header_pairs_divergences_and_a_footer(project, tokparity):
    """In this order."""
    project.plan({"candidate": "mock:drops_last_id", "checks": ["ids"]}, {"name": "too"})
    tokparity("run")

    assert [line["type"] for line in project.run_file()] == [
        "header", "pair", "divergence", "divergence", "pair", "footer",
    ]  # fmt: skip


def test_the_header_says_what_ran_where_on_what(project, tokparity):
    """Whoever gets the file can run it again."""
    project.plan()
    tokparity("run", "--checks", "ids")
    header = project.run_file()[0]

    assert header["command"] == ["tokparity", "run", "--checks", "ids"]
    assert header["plan"] == "pyproject.toml"
    assert header["corpora"]["toy"]["cases"] == 2
    assert {"schema", "tool", "started", "python", "platform", "unicode"} <= header.keys()


def test_the_footer_counts_each_check_and_side(project, tokparity):
    """A law has a row a side; verdict and exit code are there."""
    project.plan({"candidate": "mock:drops_last_id", "checks": ["ids", "repeatable"]})
    tokparity("run")
    footer = project.run_file()[-1]
    rows = [(row["check"], row["judged"], row["compared"], row["diverged"], row["same"])
            for row in footer["pairs"][0]["rows"]]  # fmt: skip

    assert rows == [
        ("ids", "both", 2, 2, 0),
        ("repeatable", "reference", 2, 0, 2),
        ("repeatable", "candidate", 2, 0, 2),
    ]
    assert (footer["verdict"], footer["exit"], footer["whole"]) == ("diverged", 1, True)


def test_payloads_are_capped_and_counters_are_not(project, tokparity):
    """More divergences than are written: the counts are exact, and the cap is told."""
    rows = [f"text {number}" for number in range(1003)]
    project.plan({"candidate": "mock:drops_last_id", "checks": ["ids"]}, rows=rows)
    ran = tokparity("run")
    *lines, footer = project.run_file()

    assert sum(line["type"] == "divergence" for line in lines) == 1000
    assert footer["pairs"][0]["rows"][0]["diverged"] == 1003
    assert footer["limits"] | {"payloads": 1000, "left_out": 3, "written": 1000} == footer["limits"]
    assert (
        "3 divergences are counted and not written (limit a check: 1,000, of what informs 50)"
        in ran.out
    )


def test_each_pair_check_and_side_has_a_cap_of_its_own(tmp_path, monkeypatch):
    """A noisy check does not silence another."""
    monkeypatch.setattr(runfile, "PAYLOADS", 1)
    found = [differing([1], [2], check=check) for check in ("ids", "ids", "text")]

    assert [row["check"] for row in written(tmp_path / "a", *found).divergences] == ["ids", "text"]


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_survives_the_file(tmp_path, value):
    """Two values that differ are still two when they are read again."""
    run = written(tmp_path / "a", differing(value, "other"))
    (row,) = run.divergences

    assert row["reference"]["value"] == jsonl.plain(value)
    assert row["reference"]["signature"] != row["candidate"]["signature"]


def test_no_two_values_are_written_alike(tmp_path):
    """Surrogate pairs as two code points are not the character that they look like."""
    run = written(tmp_path / "a", *(differing(value, "other") for value in VALUES.values()))
    seen = [jsonl.dump(row["reference"]["value"]) for row in run.divergences]

    assert len(set(seen)) == len(VALUES)


def test_a_value_that_is_too_long_is_left_out_and_its_signature_kept(tmp_path):
    """The file says that it is left out."""
    (row,) = written(tmp_path / "a", differing("a" * runfile.VALUE_LIMIT, "b")).divergences

    assert row["reference"].keys() == {"left_out", "signature"}
    assert row["difference"]["path"] == [0]


def test_a_failure_is_written_with_kind_and_message(tmp_path):
    """An exception is an observation as any other."""
    failed = Observation(failure=Failure("ValueError", "\ud83d"))
    (row,) = written(tmp_path / "a", compare(CASE, "ids", failed, Observation([1]))).divergences

    assert row["reference"]["failure"] == {"kind": "ValueError", "message": "\ud83d"}


@pytest.mark.parametrize(
    ("reference", "candidate", "window"),
    [
        ([*range(9)], [*range(8), 9], {"start": 4, "reference": [4, 5, 6, 7, 8]}),
        ([0, 1], [0], {"start": 0, "reference": [0, 1]}),
        ("ab", "ac", None),
        ([True], [False], None),
    ],
)
def test_a_window_of_ids_stands_around_the_first_difference(tmp_path, reference, candidate, window):
    """With the piece of each id, where it is known."""
    found = differing(reference, candidate)
    (row,) = written(tmp_path / "a", found, tokens={8: "eight"}).divergences
    pieces = {8: "eight"}
    if window:
        window["reference"] = [[id, pieces.get(id)] for id in window["reference"]]

    assert (row["window"] and {key: row["window"][key] for key in window or {}}) == window


# Evidence that is lost


def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(project, tokparity):
    """With another way out."""
    project.plan()
    project.file(".parity", "a file")
    ran = tokparity("run")

    assert ran.code == 3
    assert "no run file can be written there" in ran.err
    assert "--output jsonl=PATH" in ran.err


class Full:
    """A file on a disk that is full after the header."""

    def __init__(self, file):
        self.file, self.name = file, file.name

    def write(self, text):
        if "header" not in text:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.file.write(text)

    def close(self):
        self.file.close()


@pytest.mark.parametrize("candidate", ["mock:drops_last_id", "mock:panics", "py:mine:Mine"])
def test_a_full_disk_is_no_green_run(project, tokparity, monkeypatch, candidate):
    """Neither at a divergence nor at the footer; nothing half written stays behind."""
    init = Writer.__init__

    def full(self, *args):
        init(self, *args)
        self._file = Full(self._file)

    monkeypatch.setattr(Writer, "__init__", full)
    project.plan({"candidate": candidate})
    ran = tokparity("run")

    assert ran.code == 3
    assert "No space left on device; what was compared is lost" in ran.err
    assert not list(project.folder.glob(".parity/runs/*"))
    assert not list(project.folder.glob(".parity/runs/.*"))


def test_a_real_limit_of_the_file_system_is_no_green_run(project):
    """The kernel refuses the bytes, and not a fake of ours."""
    project.plan()
    command = [sys.executable, "-c", LIMITED]
    ran = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)  # noqa: S603

    assert ran.returncode == 3
    assert "File too large" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not list(project.folder.glob(".parity/runs/.*"))


def test_an_abandoned_run_leaves_nothing(tmp_path):
    """Where there is nothing to say."""
    Writer(tmp_path / "run.jsonl", {}).abandon()

    assert list(tmp_path.iterdir()) == []
