"""Run files: exact counters, evidence whole or lost, and nothing lost in the writing."""

import errno
import json
import subprocess
import sys

import pytest

from parity import evidence, jsonl, reports, runfile
from parity.canary import Canaries
from parity.compare import compare
from parity.errors import EvidenceLost
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


HEAD = jsonl.dump({"type": "header", "schema": runfile.SCHEMA, **HEADER}).encode() + b"\n"
FOOT = b'{"type": "footer", "whole": true}\n'
DAMAGED = {
    "an empty file": (b"", ": is empty; a run file starts with a header"),
    "no header": (b'{"type": "pair"}\n', ":1: a run file starts with a header"),
    "another schema": (b'{"type": "header", "schema": 9}\n', ":1: the schema is 9"),
    "a second header": (HEAD * 2, ":2: no run file has lines of type 'header' here"),
    "not JSON": (HEAD + b'{"ty', ":2: not JSON at column"),
    "not a record": (HEAD + b"[1]\n", ":2: this is no line"),
    "no type": (HEAD + b"{}\n", ":2: this is no line"),
    "an unknown type": (HEAD + b'{"type": "foot"}\n', ":2: no run file has lines of"),
    "a type that is none": (HEAD + b'{"type": ["pair"]}\n', ":2: no run file has lines of"),
    "not UTF-8": (HEAD + b"\xff\n", ":2: not UTF-8"),
    "a bare pair": (HEAD + b'{"type": "pair"}\n', ":2: pair has no name"),
    "a bare divergence": (HEAD + b'{"type": "divergence"}\n', ":2: divergence has no pair"),
    "a bare footer": (HEAD + FOOT, ":2: footer has no stopped"),
}


@pytest.mark.parametrize(("content", "says"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_run_file_is_said_to_be_so(tmp_path, content, says):
    """With its line; it is exit code 3."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)

    with pytest.raises(EvidenceLost) as caught:
        runfile.read(path)
    assert f"{path}{says}" in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.fixture
def whole(project, tokparity):
    """The lines of a run that has everything: ids, values, failures, own cases, unsupported."""
    rows = ["abc", [1, 2]]
    project.plan(
        {"candidate": "mock:drops_last_id", "checks": ["ids", "text", "repeatable"]},
        {"name": "fails", "candidate": "py:mine:Fails", "checks": ["ids"]},
        {"name": "lacks", "candidate": "py:mine:LacksOffsets", "checks": ["offsets", "ids"]},
        rows=rows,
    )
    tokparity("run")
    return project.run_file()


def placed(value, path=()):
    """Every place in plain data, from the outside in."""
    yield path
    inside = dict(enumerate(value)) if isinstance(value, list) else value
    for key, item in inside.items() if isinstance(inside, dict) else ():
        yield from placed(item, (*path, key))


def planted(lines, path, *wrong):
    """The lines with something else in a place, or with nothing there."""
    lines = json.loads(json.dumps(lines))
    *outer, last = path
    inside = lines
    for key in outer:
        inside = inside[key]
    if wrong:
        inside[last] = wrong[0]
    else:
        del inside[last]
    return lines


def read_lines(path, lines):
    """A run file of these lines, read."""
    path.write_text("".join(jsonl.dump(line) + "\n" for line in lines))
    return runfile.read(path)


def one_of_each(lines):
    """A run of one pair and one row, with a divergence in ids and one in which a side failed."""
    header, pair, *others, footer = lines
    found = {"failure" in line["candidate"]: line for line in others if line["type"] != "pair"}
    pairs = [footer["pairs"][0] | {"rows": footer["pairs"][0]["rows"][:1]}]
    footer |= {"pairs": pairs, "limits": footer["limits"] | {"written": 2}}
    kept = {key: header[key] for key in ("type", "schema", "tool", "plan")}
    return [kept, pair, *(line | {"pair": pair["name"]} for line in found.values()), footer]


def outcomes(path, lines):
    """What each format makes of a run file: a document, or that it is damaged."""
    try:
        run = read_lines(path, lines)
    except EvidenceLost:
        return {"damaged"}
    return {bool(reports.render(name, run)) for name in reports.FORMATS}


def test_no_damage_anywhere_in_a_run_file_is_a_crash(whole, tmp_path):
    """Every key missing, every item of another type: a report in each format, or EvidenceLost."""
    path = tmp_path / "run.jsonl"
    lines = one_of_each(whole)
    wrongs = [(), (None,), ([],), ({},), ("no",), (-1,), ({"join": [1]},)]
    places = [place for place in placed(lines) if place[1:]]
    seen = [outcomes(path, planted(lines, place, *wrong)) for place in places for wrong in wrongs]

    assert outcomes(path, lines) == {True}
    assert all(len(each) == 1 for each in seen)
    assert seen.count({"damaged"}) > len(seen) / 2


BROKEN = {
    "limits that are a list": ("footer", ("limits",), [], "footer.limits has another type"),
    "a row that is empty": ("footer", ("pairs", 0, "rows", 0), {}, "rows[0] has no check"),
    "a count that is text": ("footer", ("pairs", 0, "rows", 0, "same"), "1", "rows[0].same has"),
    "a count that is a truth": ("footer", ("pairs", 0, "rows", 0, "same"), True, "same has"),
    "whole that is text": ("footer", ("whole",), "no", "footer.whole has another type"),
    "whole that is a number": ("footer", ("whole",), 1, "footer.whole has another type"),
    "a pair of nobody": ("footer", ("pairs", 0, "name"), "x", "nothing is said of the pair 'toy'"),
    "lost divergences": ("footer", ("limits", "written"), 9, "9 divergences were written and"),
    "a side that is empty": ("pair", ("reference",), {}, "pair.reference has no spec"),
    "a case that is empty": ("divergence", ("case",), {}, "divergence.case has no id"),
    "a payload of nobody": ("divergence", ("case", "payload"), {"join": [1]}, "the payload cannot"),
    "a window alone": ("divergence", ("difference",), None, "a window of ids and no place"),
    "a null failure": ("divergence", ("candidate", "failure"), None, "failures[0] has another"),
    "no plan": ("header", ("plan",), None, "header.plan has another type"),
}


@pytest.mark.parametrize(("kind", "place", "wrong", "says"), BROKEN.values(), ids=BROKEN)
def test_a_line_out_of_shape_is_evidence_lost(whole, tmp_path, kind, place, wrong, says):
    """With its file and line."""
    path = tmp_path / "run.jsonl"
    number = next(number for number, line in enumerate(whole) if line["type"] == kind)

    with pytest.raises(EvidenceLost) as caught:
        read_lines(path, planted(whole, (number, *place), wrong))
    assert str(caught.value).startswith(f"{path}:{number + 1}: ")
    assert says in str(caught.value)


@pytest.mark.parametrize("format", reports.FORMATS)
def test_a_damaged_run_file_is_exit_code_3_in_every_format(whole, project, tokparity, format):
    """None of them says less than another."""
    lines = planted(whole, (-1, "limits"), [])
    project.file("run.jsonl", "".join(jsonl.dump(line) + "\n" for line in lines))
    ran = tokparity("report", "run.jsonl", "--format", format)

    assert ran.code == 3
    assert f"run.jsonl:{len(lines)}: footer.limits has another type" in ran.err


def test_keys_that_are_not_known_yet_are_passed_over(whole, tmp_path):
    """A later version may count more."""
    lines = [line | {"later": [{}]} for line in whole]
    lines[-1]["pairs"][0]["rows"][0]["later"] = None

    assert read_lines(tmp_path / "run.jsonl", lines).whole


def test_a_run_file_that_is_not_there_is_said_to_be_so(tmp_path):
    """Missing evidence is no evidence."""
    with pytest.raises(EvidenceLost, match="cannot be read: No such file"):
        runfile.read(tmp_path / "gone.jsonl")


def test_a_run_file_without_a_footer_is_not_whole(tmp_path):
    """It was cut at the end of a line."""
    path = tmp_path / "run.jsonl"
    path.write_bytes(HEAD)

    assert not runfile.read(path).whole


def test_an_abandoned_run_leaves_nothing(tmp_path):
    """Where there is nothing to say."""
    Writer(tmp_path / "run.jsonl", {}).abandon()

    assert list(tmp_path.iterdir()) == []
