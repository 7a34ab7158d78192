"""Shards: every case in exactly one of them, by its id and nothing else."""

import json
import subprocess
import sys

import pytest
from helpers import outcomes, rows_of

from parity import shards
from parity.errors import UsageError
from parity.shards import Shard

IDS = [f"topic/trap-{number:08x}" for number in range(2_000)]


@pytest.mark.parametrize("of", [1, 2, 3, 7, 64])
def test_every_id_is_in_exactly_one_shard(of):
    """Nothing is lost, nothing comes twice."""
    parts = [Shard(number, of) for number in range(1, of + 1)]

    assert {sum(part.holds(id) for part in parts) for id in IDS} == {1}


def test_shards_are_about_equally_large():
    """No part is the whole."""
    counts = [sum(Shard(number, 4).holds(id) for id in IDS) for number in range(1, 5)]

    assert min(counts) > 400


def test_a_shard_is_the_same_in_every_process():
    """Whatever the seed of Python's own hash."""
    code = f"from parity.shards import place; print([place(id, 7) for id in {IDS[:20]!r}])"
    command = [sys.executable, "-c", code]
    found = {
        subprocess.run(  # noqa: S603
            command, env={"PYTHONHASHSEED": seed}, cwd=shards.__file__[: -len("parity/shards.py")],
            capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip

    assert found == {f"{[shards.place(id, 7) for id in IDS[:20]]}\n".encode()}


PINNED = [877, 596, 673]


def test_the_hash_never_changes():
    """A merge of shards that two versions ran counts on it: the first 8 bytes of BLAKE2b."""
    found = [shards.place(id, 1000) for id in ("", "cjk/han-00000001", "vocabulary/tokens")]

    assert found == PINNED


@pytest.mark.parametrize(
    "text",
    ["0/4", "5/4", "a/b", "1/0", "0/0", "", "1", "1/", "/4", "-1/4", "1/4/4", "1 /4", "1/10000",
     "1/\u0664", "1/4\n", "1.0/4", "9" * 40 + "/4"],
)  # fmt: skip
def test_what_is_no_shard_is_refused(text):
    """With what one looks like."""
    with pytest.raises(UsageError, match="a shard is I/N"):
        shards.read(text)


@pytest.mark.parametrize("text", ["0/4", "5/4", "a/b", "1/0"])
def test_what_is_no_shard_is_exit_code_2_before_anything_runs(project, tokparity, text):
    """And no run file is there."""
    project.plan()
    ran = tokparity("run", "--shard", text)

    assert (ran.code, f"this is {text!r}" in ran.err) == (2, True)
    assert not (project.folder / ".parity").exists()


def run_all(tokparity, of, *args):
    """Run all shards; return their exit codes and the names of their run files."""
    names = [f"shard-{number}.jsonl" for number in range(1, of + 1)]
    codes = [
        tokparity("run", *args, "--shard", f"{number}/{of}", "--output", f"jsonl={name}").code
        for number, name in enumerate(names, 1)
    ]
    return codes, names


def test_shards_run_all_cases_once_checks_own_ones_too(project, tokparity):
    """As many comparisons as the run without shards has."""
    project.plan({"checks": ["ids", "vocabulary"]}, rows=[f"text {n}" for n in range(12)])
    codes, names = run_all(tokparity, 3)
    rows = [row for name in names for row in rows_of(project.folder / name)[-1]["pairs"][0]["rows"]]

    assert codes == [0, 0, 0]
    assert sum(row["compared"] for row in rows if row["check"] == "ids") == 12
    assert sum(row["compared"] for row in rows if row["check"] == "vocabulary") == 2


def test_a_shard_says_that_it_is_one(project, tokparity):
    """In its header and in its report; a run of everything says null."""
    project.plan(rows=[f"text {n}" for n in range(12)])
    part = tokparity("run", "--shard", "2/3", "--output", "jsonl=part.jsonl")
    tokparity("run", "--output", "jsonl=all.jsonl")
    headers = [rows_of(project.folder / name)[0] for name in ("part.jsonl", "all.jsonl")]

    assert [header["shard"] for header in headers] == [[2, 3], None]
    assert headers[0]["lock"] == headers[1]["lock"]
    assert "part  shard 2 of 3: what it finds is said of its own cases alone" in part.out


def test_a_shard_without_a_case_says_so_and_is_exit_code_5(project, tokparity):
    """It proved nothing, and nothing is wrong: its run file is there, for the merge."""
    project.plan({"checks": ["ids"]}, rows=["abc"])
    (id,) = project.ids()
    empty = shards.place(id, 2) % 2 + 1
    ran = tokparity("run", "--shard", f"{empty}/2", "--output", "jsonl=part.jsonl")
    footer = rows_of(project.folder / "part.jsonl")[-1]

    assert (ran.code, footer["exit"], footer["whole"]) == (5, 5, True)
    assert footer["verdict"] == "no case of this shard: nothing was compared"
    assert "EXACT" not in ran.out
    assert tokparity("report", "part.jsonl").code == 5


def test_a_named_check_need_not_compare_in_every_shard(project, tokparity):
    """Which case is where is chance; the merge sees whether it compared anything at all."""
    project.plan({"checks": ["ids", "text"]}, rows=["abc", "d", "e", "f", [97]])
    codes, _ = run_all(tokparity, 4)

    assert set(codes) <= {0, 5}


# pytest


@pytest.mark.parametrize("of", [1, 3])
def test_items_are_dealt_out_whole(project, ran, of):
    """Each in one shard, goldens too; the canaries are in every shard that has another item."""
    project.plan({"checks": ["ids", "text", "vocabulary"], "golden": ["ids"]}, rows=["abc", [97]])
    ran("--snapshot-update")
    whole = passed(ran("-v"))
    parts = [passed(ran("-v", "--parity-shard", f"{n}/{of}")) for n in range(1, of + 1)]
    items = [item for part in parts for item in part if "canaries" not in item]

    assert sorted(items) == sorted(item for item in whole if "canaries" not in item)
    assert all(any("canaries" in item for item in part) for part in parts if part)


def passed(result):
    """The node ids of what passed."""
    return [line.split(" PASSED")[0] for line in result.outlines if " PASSED" in line]


def test_a_shard_without_an_item_is_no_green_run(project, ran):
    """Not of the canaries alone either: pytest's own code for no tests, 5."""
    project.plan({"checks": ["ids"]})
    results = [ran("--parity-shard", f"{number}/2") for number in (1, 2)]

    assert sorted(int(result.ret) for result in results) == [0, 5]
    assert {tuple(sorted(outcomes(result).items())) for result in results} == {
        (("passed", 2),), (("deselected", 2),),
    }  # fmt: skip


def test_a_named_check_that_compares_nothing_fails_in_the_shard_that_has_it(project, ran):
    """As it does without shards."""
    project.plan({"checks": ["ids", "text"], "candidate": "py:mine:Lacks"})
    failed = [outcomes(ran("--parity-shard", f"{n}/2")).get("failed", 0) for n in (1, 2)]

    assert sum(failed) == outcomes(ran())["failed"] > 0


@pytest.mark.parametrize("text", ["0/4", "a/b"])
def test_what_is_no_shard_is_a_usage_error_of_pytest(project, ran, text):
    """In one line."""
    project.plan()
    result = ran("--parity-shard", text)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --parity-shard: a shard is I/N*this is '{text}'"])


def test_run_files_of_shards_are_read_by_every_report(project, tokparity):
    """JSON too."""
    project.plan(rows=["abc", "d", "e"])
    tokparity("run", "--shard", "1/2", "--output", "jsonl=part.jsonl")
    ran = tokparity("report", "part.jsonl", "--format", "json")

    assert json.loads(ran.out)["header"]["shard"] == [1, 2]
