"""Every example of every help text runs, in a folder such as a user has, and ends as it should."""

import contextlib
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sandbox

from parity import cli
from parity.cli import cli as root

LEAST = 2
"""Examples of each command."""
MADE_UP = {"D-80ab4a40": "D", "D-1a2b3c4d": "D", "G-1a2b3c4d": "G", "C-70ba3f15": "C",
           "F-0a1b2c3d": "F"}  # fmt: skip
"""Names in examples that no project has; each stands for one of the sandbox, of that kind."""
SHORTER = {
    "--time 30s": "--time 1s",
    "--max-examples 1000000": "--max-examples 200",
    "--random 10000": "--random 20",
    "--limit 10000": "--limit 1",
}
"""What an example does for long, and what a test does in its place."""
NARROWER = {
    "tokparity run --reference hf:DIR --candidate tiktoken:DIR": "--corpus cjk",
    "tokparity run --reference hf:models/qwen --candidate transformers:models/qwen":
        "--corpus cjk",
    "tokparity run --reference hf:tiny:wordpiece --candidate transformers:tiny:wordpiece":
        "--corpus cjk",
    "tokparity fuzz --pair unigram --strategy digits --strategy borders --resume":
        "--max-examples 300",
    "tokparity detokenizers": "--algorithm minisgl",
    "tokparity detokenizers --tokenizer hf:models/qwen --markdown": "--algorithm minisgl",
    "tokparity matrix templates": "--engine minijinja --templates models",
}  # fmt: skip
"""A whole example that takes long, and the words behind it that make it a part of itself."""
ELSEWHERE = {
    "tokparity run models/qwen": "all engines, over 30 s: tests/test_plan_of_model.py",
    "corpus build": "it may fetch packages: tests/deriving/test_building.py",
    "python=env:old": "it needs that environment: tests/test_environments.py",
    "env create": "it installs from an index: tests/test_environments.py",
    "env remove old": "it needs that environment: tests/test_environments.py",
    "matrix templates --golden": "every engine, minutes: tests/test_matrix.py",
    "matrix tokenizers": "an environment for each library: tests/survey/test_shown.py",
    "decode --": "engines, weights or CUDA: tests/decoding/test_decode_command.py",
    "decode matrix": "a process for each engine: tests/decoded/test_decoded_matrix.py",
    "decode mutants": "engines with PyTorch: tests/decoded/test_planted.py",
    "models prepare": "it fetches or converts weights: tests/test_preparing.py",
    "shadow replay": "a log with a store of its texts: tests/shadow/test_shadow_replay.py",
    "shadow proxy": "a server until it is stopped: tests/shadow/test_shadow_proxy_command.py",
    "--follow": "it follows until it is stopped: tests/shadow/test_shadow_tail.py",
}
"""Part of an example that is not run here -> why not, and where what it does is tested."""
CODES = {
    (1, "the plan's pair `unigram` diverges"): [
        "tokparity run",
        "tokparity run --checks ids,offsets --select 'tag:cjk.* and not id:cjk/jamo-*'",
        "tokparity run --corpus 'texts/*.jsonl' --output junit=parity.xml",
        "tokparity run --shard 2/4 --output jsonl=shard-2.jsonl",
        "tokparity run --since origin/main",
        "tokparity job",
        "tokparity job --shard 1/4 --since origin/main --goldens false",
        "tokparity fuzz --pair unigram --strategy digits --strategy borders --resume",
    ],
    (1, "ranks do not say how an added token matches"): [
        "tokparity run --reference hf:DIR --candidate tiktoken:DIR",
    ],
    (1, "the run diverged, and so does all that is told of it"): [
        "tokparity job --merge shards --reports merged",
        "tokparity report run.jsonl",
        "tokparity report run.jsonl --format junit --output parity.xml",
        "tokparity report run.jsonl --format json --reproducible",
        "tokparity report merge shard-1.jsonl shard-2.jsonl --output run.jsonl",
        "tokparity report merge shards/*.jsonl --output run.jsonl",
    ],
    (1, "nothing was mended since"): [
        "tokparity replay",
        "tokparity replay D-80ab4a40",
        "tokparity replay cjk/dialect --run run.jsonl --json",
    ],
    (1, "an entry of the ledger is expired"): [
        "tokparity ledger check",
        "tokparity doctor",
        "tokparity doctor hf:models/qwen tiktoken:models/qwen",
        "tokparity doctor --json",
    ],
    (2, "nobody can be asked in a test"): ["tokparity init --from hf:models/qwen"],
    (4, "goldens are pending"): [
        "tokparity golden check",
        "tokparity golden check --pair byte-bpe-600",
        "tokparity golden check --json",
        "tokparity review",
    ],
}
"""Exit code and why it is right -> examples that end with it and not with 0."""
ENDS = {example: code for (code, _), every in CODES.items() for example in every}


def commands(group=root, path=()):
    """Every command, with the words that name it."""
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


def shown(command):
    """The examples of a help text; what stands behind three spaces is a remark."""
    text = re.sub(r"\\\n *", "", command.help or "")
    lines = re.findall(r"^ *(tokparity .*)$", text, re.MULTILINE)
    return [line.partition("   ")[0].rstrip() for line in lines]


EXAMPLES = list(dict.fromkeys(line for _, command in commands() for line in shown(command)))


def of(table, example):
    """What a table says of an example, or None."""
    return next((row for part, row in table.items() if part in example), None)


def told(example, names):
    """What is run for an example: not for long, and with names that the sandbox has."""
    command = f"{example} {NARROWER.get(example, '')}".rstrip()
    for long, short in SHORTER.items():
        command = command.replace(long, short)
    for name, kind in MADE_UP.items():
        command = command.replace(name, names[kind])
    return command


def words(command):
    """The words that a shell makes of a command, without `tokparity`."""
    done = subprocess.run(  # noqa: S603
        ["bash", "-c", f"printf '%s\\0' {command.removeprefix('tokparity')}"],  # noqa: S607
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.split("\0")[:-1]


def ran(command, patch):
    """Run a command in this process; return its exit code and all that it said."""
    for name in ("mypackage", "mypackage.parity", "mine"):
        sys.modules.pop(name, None)
    patch.setattr(sys, "argv", ["tokparity", *words(command)])
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    said = contextlib.redirect_stdout(out), contextlib.redirect_stderr(out)
    with said[0], said[1], pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code or 0, out.buffer.getvalue().decode()


def at_home(here, patch):
    """Stand in a folder, without anything of CI around."""
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        patch.delenv(name, raising=False)
    patch.setenv("COLUMNS", "100")
    patch.setenv("HOME", str(here))
    patch.setattr(sys, "path", list(sys.path))
    patch.setattr(sys, "dont_write_bytecode", True)
    patch.chdir(here)


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """The folder, made once a process, after all that was done there; and its real names."""
    here = tmp_path_factory.mktemp("sandbox") / "project"
    here.mkdir()
    sandbox.build(here)
    with pytest.MonkeyPatch.context() as patch:
        at_home(here, patch)
        for step, *wanted in sandbox.HISTORY:
            if not wanted:
                step(here)
                continue
            code, out = ran(step, patch)
            assert code == wanted[0], f"{step}: {code}\n{out}"
        return here, sandbox.names(here, lambda command: ran(command, patch))


@pytest.mark.parametrize("example", [one for one in EXAMPLES if not of(ELSEWHERE, one)])
def test_an_example_runs(base, tmp_path, monkeypatch, example):
    """Whoever copies it gets what the help text promises."""
    made, names = base
    here = tmp_path / "project"
    shutil.copytree(made, here, symlinks=True)
    at_home(here, monkeypatch)
    command = told(example, names)
    sandbox.prepare(here, example)
    code, out = ran(command, monkeypatch)

    assert code == ENDS.get(example, 0), f"$ {command}\n{out}"


def test_every_command_has_two_examples():
    """A group, too; and each is of a command that is there."""
    few = {" ".join(path): len(set(shown(command))) for path, command in commands()}

    assert {name: count for name, count in few.items() if count < LEAST} == {}


@pytest.mark.parametrize("table", [ELSEWHERE, SHORTER, MADE_UP])
def test_a_table_has_only_what_an_example_needs(table):
    """What no example needs any more is taken out, so that nothing is left out by accident."""
    assert [part for part in table if not any(part in one for one in EXAMPLES)] == []


@pytest.mark.parametrize("table", [NARROWER, ENDS])
def test_a_whole_example_of_a_table_is_one(table):
    """Otherwise its row says nothing."""
    assert set(table) - set(EXAMPLES) == set()


def test_what_runs_elsewhere_runs_in_a_test_that_is_there():
    """Each reason names its file."""
    top = Path(__file__).parent.parent
    named = {part: re.findall(r"tests/[\w/]+\.py", why) for part, why in ELSEWHERE.items()}

    assert [part for part, files in named.items() if not files] == []
    assert [file for files in named.values() for file in files if not (top / file).exists()] == []
