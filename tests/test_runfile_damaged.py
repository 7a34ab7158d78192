"""Run files that are damaged, cut off or not there: evidence is whole or lost."""

import json

import pytest

from parity import jsonl, reports, runfile
from parity.errors import EvidenceLost
from parity.runfile import SCHEMA

HEADER = {"tool": "t", "plan": "built-in"}
HEAD = jsonl.dump({"type": "header", "schema": SCHEMA, **HEADER}).encode() + b"\n"
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
    "a count below zero": (
        "footer",
        ("pairs", 0, "rows", 0, "same"),
        -1,
        "a count of 'ids' is below",
    ),
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
