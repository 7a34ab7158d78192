"""The composite action, its steps run as a runner runs them, read as a reviewer reads them."""

import json
import shutil
import subprocess

import pytest
from action_runner import ROOT, Expression, Runner

from parity import job
from parity.types import case_digest

PLAN = """
[tool.parity]
corpora = ["texts.jsonl"]

[[tool.parity.pairs]]
name = "swap"
reference = "hf:models/reference"
candidate = "reference:models/candidate"
checks = ["ids", "text"]
golden = ["ids"]
"""
TEXTS = ("the end of the text", "render  it again", "e\u0301n", "a = 1")
INSTALLED = {"requirement": ""}
CRASHES = {
    "exit 70": "70", "kill -9 $$": "137", "exit 0": "0", "exit 1": "1", "echo hello; exit 3": "3",
}  # fmt: skip
"""A tokparity that does this, and how it ended."""


def git(folder, *words):
    """Ask git, as somebody."""
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


def commit(folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a change")


def without_a_merge(path, pieces=("e", "r")):
    """Plant the fault: a tokenizer that has forgotten one merge."""
    content = json.loads(path.read_text(encoding="utf-8"))
    content["model"]["merges"].remove(list(pieces))
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="session")
def origin(tmp_path_factory):
    """A repository with a plan in the folder `the plan`, its goldens recorded."""
    top = tmp_path_factory.mktemp("origin")
    folder = top / "the plan"
    for side in ("reference", "candidate"):
        shutil.copytree(ROOT / "corpora/tokenizers/byte-bpe-600", folder / "models" / side)
    (folder / "pyproject.toml").write_text(PLAN, encoding="utf-8")
    rows = [{"id": f"t/case-{case_digest('text', text, {})}", "text": text} for text in TEXTS]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "texts.jsonl").write_text(lines, encoding="utf-8")
    runner = Runner(top, tmp_path_factory.mktemp("temp"))
    env = runner.environment(top / "none") | {"CI": ""}
    run = ["tokparity", "golden", "update"]
    subprocess.run(run, cwd=folder, env=env, check=True, capture_output=True)  # noqa: S603
    git(top, "init", "-q", "-b", "main")
    commit(top)
    return top


@pytest.fixture
def checkout(origin, tmp_path):
    """A checkout of it, of one's own."""
    return shutil.copytree(origin, tmp_path / "check out")


@pytest.fixture
def runner(checkout, tmp_path):
    """A runner with the checkout, and the plan's folder in it."""
    (tmp_path / "temp").mkdir()
    return Runner(checkout, tmp_path / "temp")


def names(ran):
    """The files that the artefact would have."""
    return {path.name for path in ran.folder.iterdir()} - {".gitignore"}


def quoted():
    """The lines that the page shows of what a reviewer sees."""
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    section = page.split("### What a reviewer sees")[1].split("###")[0].split("```")
    return [line for block in section[1::2] for line in block.strip("\n").splitlines()]


REPORTS = {job.RUN, job.LOG, job.CODE, *job.FILES.values()}


def test_a_green_change_passes_and_says_what_was_compared(runner):
    """Exit code 0, the counts in the summary, no error, every report in the artefact."""
    ran = runner.run(**INSTALLED, plan_directory="the plan")

    assert (ran.code, ran.outputs["exit-code"], ran.outputs["verdict"]) == (0, "0", "passed")
    assert "EXACT" in ran.summary
    assert "0 of 12 comparisons differ" in ran.summary
    assert "1 goldens checked, 0 differ" in ran.summary
    assert not [line for line in ran.annotations if line.startswith("::error")]
    assert names(ran) == REPORTS | {job.GOLDENS}
    assert ran.outputs["run-file"] == str(ran.folder / "run.jsonl")
    assert json.loads((ran.folder / "parity.sarif").read_text())["version"] == "2.1.0"
    assert [used for used, _ in ran.used] == [
        "actions/cache@v5.0.5", "actions/upload-artifact@v6.0.0",
    ]  # fmt: skip
    assert ran.used[-1][1]["name"] == "parity"
    assert ran.used[-1][1]["path"] == str(ran.folder)


def test_a_planted_fault_is_red_and_a_reviewer_sees_what_it_is(runner, checkout):
    """The cause, the smallest input, what to do next; an annotation at the line of the corpus."""
    without_a_merge(checkout / "the plan/models/candidate/tokenizer.json")
    commit(checkout)
    ran = runner.run(**INSTALLED, plan_directory="the plan")
    (planted, last) = [line for line in ran.annotations if line.startswith("::error")]

    assert (ran.code, ran.outputs["exit-code"], ran.outputs["verdict"]) == (1, "1", "diverged")
    assert "DIVERGED" in ran.summary
    assert "merge: the same run of characters is merged otherwise" in ran.summary
    assert 'smallest input `"er"`' in ran.summary
    for words in ("tokparity explain D-", "tokparity replay D-", "tokparity ledger add D-"):
        assert words in ran.summary
    assert "`gh run download 4711 --name parity --dir parity-reports`" in ran.summary
    assert "file=the plan/texts.jsonl,line=2," in planted
    assert 'smallest "er"' in planted
    assert last.startswith("::error title=tokparity::diverged: replay it")
    assert [line for line in quoted() if line not in (ran.summary + ran.log).splitlines()] == []
    assert names(ran) == REPORTS | {job.GOLDENS}
    assert ran.outputs["sarif-file"] == str(ran.folder / "parity.sarif")


def test_goldens_that_changed_are_listed_and_nothing_is_written(runner, checkout):
    """The reference is another one: each case that changed has its line, and git sees no change."""
    for side in ("reference", "candidate"):
        without_a_merge(checkout / f"the plan/models/{side}/tokenizer.json")
    commit(checkout)
    ran = runner.run(**INSTALLED, plan_directory="the plan")
    status = ["git", "status", "--porcelain", "--ignored"]
    changed = subprocess.run(status, cwd=checkout, check=True, capture_output=True)  # noqa: S603

    assert ran.code == 4
    assert ran.outputs["verdict"] == "golden or lock problem"
    assert "tokenizer.json" in ran.summary.split("### Goldens")[1]
    assert "t/case-fc4def76" in ran.summary.split("### Goldens")[1]
    assert changed.stdout == b""
    assert "tokparity golden check" in ran.annotations[-1]


def test_a_stale_golden_is_exit_code_4(runner, checkout):
    """A case that is gone has a golden still."""
    texts = checkout / "the plan/texts.jsonl"
    texts.write_bytes(b"".join(texts.read_bytes().splitlines(keepends=True)[:-1]))
    ran = runner.run(**INSTALLED, plan_directory="the plan")

    assert (ran.code, ran.outputs["verdict"]) == (4, "golden or lock problem")
    assert "has a golden, and no case" in ran.summary


def test_a_run_that_compared_nothing_is_exit_code_3(runner, checkout):
    """Two sides that are one: nothing is proved, and it is not green."""
    plan = checkout / "the plan/pyproject.toml"
    plan.write_text(PLAN.replace("reference:models/candidate", "hf:models/reference"))
    ran = runner.run(**INSTALLED, plan_directory="the plan")

    assert (ran.code, ran.outputs["verdict"]) == (3, "inconclusive")
    assert "nothing was proved" in ran.annotations[-1]


def test_a_plan_that_is_wrong_is_exit_code_2_with_its_words(runner, checkout):
    """The summary has what tokparity said, though there is no run file."""
    (checkout / "the plan/pyproject.toml").write_text(PLAN.replace('"ids", "text"', '"idz"'))
    ran = runner.run(**INSTALLED, plan_directory="the plan")

    assert (ran.code, ran.outputs["run-file"]) == (2, "")
    assert "idz" in ran.summary


def test_a_change_of_documents_passes_with_a_notice(runner, checkout):
    """With `since`, what cannot matter is not compared, and that is said."""
    (checkout / "README.md").write_text("hello")
    commit(checkout)
    ran = runner.run(**INSTALLED, plan_directory="the plan", since="HEAD~1")

    assert (ran.code, ran.outputs["verdict"]) == (0, "nothing to compare")
    assert ran.annotations[-1].startswith("::notice title=tokparity::nothing to compare")
    assert "nothing was compared" in ran.summary


def test_since_a_commit_that_is_not_there_is_no_pass(runner):
    """A shallow checkout, or a typing mistake."""
    ran = runner.run(**INSTALLED, plan_directory="the plan", since="origin/nowhere")

    assert ran.code == 2
    assert "origin/nowhere" in ran.summary


def test_merged_shards_say_what_the_whole_says(runner, checkout):
    """The same counts and causes; an artefact that is missing is no merge."""
    without_a_merge(checkout / "the plan/models/candidate/tokenizer.json")
    given = {**INSTALLED, "plan_directory": "the plan", "goldens": "false"}
    whole = runner.run(**given)
    shards = checkout / "the shards"
    for part in (1, 2):
        ran = runner.run(**given, shard=f"{part}/2")
        shutil.copytree(ran.folder, shards / ran.used[-1][1]["name"])
    merged = runner.run(**given, merge="the shards", upload="merged")
    shutil.rmtree(shards / "parity-2-of-2")
    half = runner.run(**given, merge="the shards")

    def counted(ran):
        footer = json.loads((ran.folder / "run.jsonl").read_bytes().splitlines()[-1])
        rows = [row for pair in footer["pairs"] for row in pair["rows"]]
        return [(row["check"], row["compared"], row["same"], row["diverged"]) for row in rows]

    assert (whole.code, merged.code) == (1, 1)
    assert counted(merged) == counted(whole)
    assert 'smallest input `"er"`' in merged.summary
    assert names(merged) == REPORTS
    assert half.code not in (0, 1)
    assert half.outputs["verdict"] != "passed"


def test_shards_of_a_small_change_are_merged_too(runner, checkout):
    """One case is new: the shard that has it compares it, the other has nothing to compare."""
    text = "one more"
    row = {"id": f"t/case-{case_digest('text', text, {})}", "text": text}
    with (checkout / "the plan/texts.jsonl").open("a") as corpus:
        corpus.write(json.dumps(row) + "\n")
    commit(checkout)
    given = {**INSTALLED, "plan_directory": "the plan", "goldens": "false", "since": "HEAD~1"}
    shards = [runner.run(**given, shard=f"{part}/2") for part in (1, 2)]
    verdicts = [ran.outputs["verdict"] for ran in shards]
    for part, ran in enumerate(shards):
        shutil.copytree(ran.folder, checkout / "shards" / str(part))
    merged = runner.run(**given, merge="shards")

    assert sorted(verdicts) == ["nothing to compare", "passed"]
    assert (merged.code, merged.outputs["verdict"]) == (0, "passed")
    assert "0 of 3 comparisons differ" in merged.summary


@pytest.mark.parametrize("doing", CRASHES)
def test_a_tokparity_that_crashes_is_never_green(runner, tmp_path, doing):
    """Whatever it ends with, without a verdict the last step fails, in words."""
    stub = tmp_path / "bin" / "tokparity"
    stub.parent.mkdir()
    stub.write_text(f"#!/bin/bash\n{doing}\n")
    stub.chmod(0o755)
    runner.path = [stub.parent]
    ran = runner.run(**INSTALLED)

    assert ran.code != 0
    assert f"no result: tokparity ended with {CRASHES[doing]} " in ran.annotations[-1]
    assert ran.used[-1][0].startswith("actions/upload-artifact@")


def test_a_job_whose_install_fails_is_never_green(runner):
    """Nothing ran: that is what is said, and it fails."""
    ran = runner.run(requirement="/no/such/folder", plan_directory="the plan")

    assert ran.code != 0
    assert "no result: tokparity ended with nothing" in ran.annotations[-1]


HOSTILE = "$(touch pwned)`touch pwned`\"'; touch pwned; ' {{x}} & * \\"


@pytest.mark.parametrize(
    "name",
    [
        "select",
        "pairs",
        "shard",
        "since",
        "merge",
        "goldens",
        "upload",
        "extra-args",
        "constraints",
    ],
)
def test_an_input_is_no_program(runner, tmp_path, name):
    """Quotes, spaces, substitutions: an input is one word, and a wrong one is not green."""
    inputs = {"requirement": "", "plan_directory": "the plan", name.replace("-", "_"): HOSTILE}
    ran = runner.run(**inputs)

    assert list(tmp_path.rglob("pwned")) == []
    assert (ran.code == 0) == (name in {"upload", "constraints"})


def test_an_artefact_has_a_name_that_can_be_one(runner):
    """A slash, a quote or a space in it would fail the upload."""
    ran = runner.run(**INSTALLED, plan_directory="the plan", upload="a b/c", shard="1/2")

    assert ran.used[-1][1]["name"] == "a-b-c-1-of-2"


@pytest.mark.parametrize(
    "text", ["inputs.nothing", "steps.run.outcome", "1 + 2", "inputs.a[0]", "github.token", "a b"]
)
def test_the_runner_of_these_tests_guesses_nothing(text):
    """What it does not know fails: a test that passed on a guess would prove nothing."""
    contexts = {"inputs": {"a": ""}, "ids": {"run"}, "steps": {}, "github": {}}

    with pytest.raises((ValueError, KeyError)):
        Expression(text, contexts, {}).value()
