"""Completion: the protocol of the shells, real bash, and silence where something is broken."""

import os
import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "tokenizers", "numpy", "rich")


def completed(folder, *words, shell="bash"):
    """What a shell is told for the last word, in a process of its own."""
    env = os.environ | {
        "_TOKPARITY_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(["tokparity", *words]),
        "COMP_CWORD": str(len(words)),
    }  # fmt: skip
    command = [sys.executable, "-m", "parity"]
    done = subprocess.run(  # noqa: S603 (ourselves)
        command, cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    return done.stdout.replace("plain,", "").split(), done.stderr


CASES = [
    (["run", "--pair", "to"], ["toy", "toy-two"]),
    (["run", "--checks", "offsets_"], ["offsets_batched"]),
    (["run", "--checks", "ids,offsets"], ["ids,offsets", "ids,offsets_batched"]),
    (["run", "--checks", "conc"], ["concurrency"]),
    (["run", "--reference", "refer"], ["reference:"]),
    (["run", "--candidate", "tiktoken_t"], ["tiktoken_trainer:"]),
    (["run", "--corpus", "whi"], ["whitespace"]),
    (["run", "--corpus", "tex"], ["texts.jsonl"]),
    (["run", "--output", "jun"], ["junit="]),
    (["init", "--from", "hf"], ["hf:", "hf_shaped:", "hf_trainer:"]),
    (["doctor", "moc"], ["mock:"]),
    (["comp"], ["completion"]),
]


@pytest.mark.parametrize(("words", "found"), CASES, ids=" ".join)
def test_a_word_is_completed(project, words, found):
    """Pairs of the plan, checks and laws, kinds, corpora, formats, commands."""
    project.plan({}, {"name": "toy-two"})

    assert completed(project.folder, *words) == (found, "")


@pytest.mark.parametrize("content", ["[tool", "[tool.parity]\n", b"\xff", "tool = 1", None])
@pytest.mark.parametrize("words", [["run", "--pair", ""], ["run", "--candidate", "zz"]])
def test_it_is_silent_on_a_broken_plan(project, content, words):
    """A shell shows whatever is printed in the middle of somebody's line."""
    if content is not None:
        project.file("pyproject.toml", content)

    assert completed(project.folder, *words) == ([], "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_click_s_own(tokparity, shell):
    """It asks us through the variable of the protocol."""
    ran = tokparity("completion", shell)

    assert ran.code == 0
    assert f"_TOKPARITY_COMPLETE={shell}_complete" in ran.out


def test_an_unknown_shell_is_a_mistake(tokparity):
    """It names those that there are."""
    ran = tokparity("completion", "tcsh")

    assert ran.code == 2
    assert "'bash', 'zsh', 'fish'" in ran.err


def test_it_completes_in_a_real_bash(project, tokparity):
    """The script is loaded, and its function called as bash calls it."""
    project.plan()
    project.file("complete.bash", tokparity("completion", "bash").out)
    lines = (
        "source ./complete.bash", "complete -p tokparity > /dev/null || exit 9",
        "COMP_WORDS=(tokparity run --pair t)", "COMP_CWORD=3",
        "_tokparity_completion tokparity t --pair", 'echo "${COMPREPLY[@]}"',
    )  # fmt: skip
    bin_ = project.file("bin/tokparity", f'#!/bin/sh\nexec "{sys.executable}" -m parity "$@"\n')
    bin_.chmod(0o755)
    env = os.environ | {"PATH": f"{bin_.parent}:{os.environ['PATH']}"}
    done = subprocess.run(  # noqa: S603
        ["bash", "--norc", "-c", "\n".join(lines)],  # noqa: S607
        cwd=project.folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (0, "toy\n", "")


def test_a_pair_is_completed_without_anything_heavy(project):
    """Neither a backend's library, nor what paints tables: it is asked at each key."""
    code = (
        "import sys\nfrom parity import cli_completion as c\n"
        "print([one.value for one in c.pairs(None, None, '')])\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    project.plan()
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout == "['toy']\n[]\n"
