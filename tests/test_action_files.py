"""Files that services read: each is what its service's own schema says, and calls what there is."""

import re
import shlex
import subprocess
import sys

import pytest
import yaml
from action_runner import ROOT

from parity.cli import cli

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
WORKFLOW = ROOT / ".github/workflows/parity.yml"
SCHEMAS = {
    "action.yml": "vendor.github-actions",
    ".github/workflows/parity.yml": "vendor.github-workflows",
    "docs/ci/gitlab.yml": "vendor.gitlab-ci",
}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
JOBS = yaml.safe_load((ROOT / "docs/ci/gitlab.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
OURS = ("./", "tokparity/tokparity@")


def complaints(name, path):
    """What the vendored schema of a service says of a file; no network."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[name], path]
    return subprocess.run(check, check=False, capture_output=True, text=True)  # noqa: S603


def steps(workflow):
    """Every step of a workflow."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def examples():
    """The blocks of the page in a language, read."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return [yaml.safe_load(block) for block in blocks]


def workflows():
    """Every workflow that uses the action: ours, what `init` writes, and those of the page."""
    template = (ROOT / "parity/starting/github.yml").read_text(encoding="utf-8")
    found = [WORKFLOW.read_text(encoding="utf-8"), template.replace("@VERSION@", "1.0.0")]
    return [*map(yaml.safe_load, found), *(block for block in examples() if "jobs" in block)]


def resolves(words):
    """Whether words name a command of ours, and options that it has."""
    command, words = cli, words[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    options = {name for param in command.params for name in param.opts}
    given = {word.partition("=")[0] for word in words if word.startswith("--") and word != "--"}
    return not hasattr(command, "commands") and given <= options


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_file_is_what_its_service_reads(name):
    """By the schema of the service."""
    ran = complaints(name, ROOT / name)

    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_file_that_is_wrong_would_be_told(tmp_path, name):
    """The schema is one that says no: `steps` and `script` are of the wrong kind."""
    path = tmp_path / "wrong.yml"
    text = (ROOT / name).read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^( *)(steps|script):$", r"\1\2: 7\n\1never:", text))

    assert complaints(name, path).returncode == 1


@pytest.mark.parametrize("workflow", workflows(), ids=lambda workflow: str(workflow["name"]))
def test_a_workflow_gives_only_inputs_that_the_action_has(workflow):
    """A typing mistake in an input is a warning on GitHub: what it was meant for is not done."""
    used = [step for step in steps(workflow) if step.get("uses", "").startswith(OURS)]

    assert used
    for step in used:
        assert step.get("with", {}).keys() <= ACTION["inputs"].keys()


def test_no_script_of_ours_has_an_expression_in_it():
    """An input, or the name of a branch, would be part of the program."""
    ours = [*ACTION["runs"]["steps"], *steps(yaml.safe_load(WORKFLOW.read_text(encoding="utf-8")))]
    scripts = [step["run"] for step in ours if "run" in step]

    assert len(scripts) > 4
    assert [script for script in scripts if "${{" in script] == []


def test_every_script_of_the_action_is_run_by_bash():
    """A composite action has no default shell."""
    assert {step["shell"] for step in ACTION["runs"]["steps"] if "run" in step} == {"bash"}


def test_other_actions_are_named_by_a_full_version():
    """What @v6 is changes under our feet."""
    ours = [*ACTION["runs"]["steps"], *steps(yaml.safe_load(WORKFLOW.read_text(encoding="utf-8")))]
    used = {step["uses"] for step in ours if "uses" in step} - {"./"}

    assert len(used) == 6
    assert [name for name in used if not re.fullmatch(r"[\w./-]+@v\d+\.\d+\.\d+", name)] == []


def test_the_workflow_may_write_nothing_but_findings():
    """Reading is all; the one job that uploads SARIF may write that."""
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    given = {name: job.get("permissions") for name, job in workflow["jobs"].items()}

    assert workflow["permissions"] == {"contents": "read"}
    assert given == {
        "compare": None, "tests": None,
        "parity": {"contents": "read", "security-events": "write"},
    }  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_command_that_there_is(hook):
    """With options that it has; it takes no names of files."""
    assert resolves(shlex.split(hook["entry"]))
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    assert hook["id"] in PAGE


FILES = {
    "golden/toy/texts.ids.jsonl": set(),
    "golden/expected.toml": {"tokparity-ledger-check"},
    "pyproject.toml": {"tokparity-ledger-check"},
    "src/golden.py": set(),
    "README.md": set(),
}


@pytest.mark.parametrize("name", FILES)
def test_the_hook_of_the_ledger_runs_where_it_changed(name):
    """The others cannot know from names what a side is made of: they always run."""
    hooks = {hook["id"] for hook in HOOKS if "files" in hook and re.search(hook["files"], name)}

    assert hooks == FILES[name]
    assert [hook["id"] for hook in HOOKS if "files" not in hook and not hook["always_run"]] == []


def test_the_jobs_of_the_snippet_run_commands_that_there_are():
    """With options that they have; the reports that it hands over are those that are written."""
    from parity import job

    scripts = [line for row in JOBS.values() for line in row.get("script", [])]
    reports = JOBS["parity"]["artifacts"]["reports"]

    assert len(scripts) == 2
    assert all(resolves(shlex.split(line)) for line in scripts)
    assert set(reports.values()) == {
        f"parity-reports/{job.FILES[name]}" for name in ("junit", "gitlab")
    }


def test_the_page_tells_of_every_input_and_output():
    """In a table, with its default."""
    for name, row in ACTION["inputs"].items():
        assert f"| `{name}` | `{row['default']}` |" in PAGE or f"| `{name}` | – |" in PAGE
    assert all(f"`{name}`" in PAGE for name in ACTION["outputs"])


def test_the_page_tells_what_each_exit_code_does():
    """One row a code, in the words of the job."""
    from parity import job

    for code, verdict in job.VERDICTS.items():
        assert f"| {code} | {verdict} |" in PAGE
