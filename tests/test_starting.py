"""Init: from a tokenizer to green without a test written, all of it or nothing."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from parity import artefact, corpus, files, plan, starting
from parity.errors import BadPlan, UsageError
from parity.starting import contents, finding, recording

TINY = artefact.shipped() / "tokenizers"


@pytest.fixture
def few(monkeypatch):
    """Plans of a few corpora, which do for what is not about them."""
    monkeypatch.setattr(recording, "CORPORA", ("digits", recording.MINE))
    monkeypatch.setattr(contents, "CORPORA", ("digits", recording.MINE))


@pytest.fixture
def qwen(project, few):  # noqa: ARG001 (it is to hold for who asks for this)
    """A tokenizer of ours under another name, in models/."""
    return shutil.copytree(TINY / "byte-bpe-600", project.folder / "models" / "qwen")


def tree(folder):
    """Every file below a folder with its bytes, but for caches."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {".git", "models", "__pycache__"} & set(path.parts)
    }


def started(folder, *command):
    """A command in a process of its own, in a folder, as a user has it."""
    env = {name: value for name, value in os.environ.items() if name not in ("CI", "COLUMNS")}
    env.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(  # noqa: S603 (ourselves)
        command, cwd=folder, capture_output=True, text=True, check=False, env=env
    )


def test_from_an_empty_repository_to_green_and_to_red(tmp_path):
    """No test is written; who changes the tokenizer afterwards is told by the goldens."""
    git = shutil.which("git") or "git"
    assert started(tmp_path, git, "init", "-q").returncode == 0
    shutil.copytree(TINY / "byte-bpe-600", tmp_path / "models" / "qwen")
    init = started(tmp_path, sys.executable, "-m", "parity", "init", "--from", "hf:models/qwen",
                   "--ci", "github", "--yes")  # fmt: skip
    test = (sys.executable, "-m", "pytest", "-q", "-m", "parity", "-p", "no:cacheprovider")
    green = started(tmp_path, *test)
    path = tmp_path / "models" / "qwen" / "tokenizer.json"
    content = json.loads(path.read_bytes())
    content["model"]["merges"].pop(10)
    path.write_text(json.dumps(content), encoding="utf-8")
    red = started(tmp_path, *test, "-k", "golden-ids and code")

    assert (init.returncode, green.returncode, red.returncode) == (0, 0, 1), init.stderr
    assert "failed" not in green.stdout
    assert "skipped" not in green.stdout
    assert "golden golden/qwen/code.ids.jsonl" in red.stdout


@pytest.mark.parametrize("name", ["unigram", "wordpiece", "fallback-bpe"])
@pytest.mark.usefixtures("project", "few")
def test_a_tiny_tokenizer_of_each_kind_is_green(tokparity, name):
    """By its name, without a copy."""
    init = tokparity("init", "--from", f"hf:tiny:{name}", "--yes")
    run = tokparity("run")

    assert (init.code, run.code, tokparity("golden", "check").code) == (0, 0, 0), run.out
    assert plan.read(Path("pyproject.toml")).pairs[0].candidate == f"reference:tiny:{name}"


@pytest.mark.usefixtures("qwen")
def test_what_is_written_is_what_golden_update_writes(project, tokparity):
    """The same code, and nothing is left to record."""
    tokparity("init", "--from", "hf:models/qwen", "--yes")
    before = tree(project.folder)
    tokparity("golden", "update")

    assert {name: data for name, data in tree(project.folder).items() if "golden/" in name} == {
        name: data for name, data in before.items() if "golden/" in name
    }
    assert {"golden/qwen/own.ids.jsonl", "golden/qwen/own.text.jsonl"} <= before.keys()
    assert ".parity/" in before[".gitignore"].decode()
    assert before[".gitattributes"] == b"corpora/** -text\ngolden/** -text\n"


@pytest.mark.usefixtures("qwen")
def test_the_first_cases_are_valid_and_of_the_user(project, tokparity):
    """Among them a token that only this tokenizer has."""
    tokparity("init", "--from", "hf:models/qwen", "--yes")
    cases = list(corpus.read(project.folder / "corpora" / "own.jsonl"))

    assert len(cases) == 6
    assert {case.kind for case in cases} == {"text"}
    assert any("<|endoftext|>" in case.payload for case in cases)


BEFORE = '# mine  \r\n[project]\r\nname = "x" # here\r\n\r\n[tool.ruff]\r\nline-length = 1'


@pytest.mark.parametrize("before", [BEFORE, BEFORE.replace("\r\n", "\n"), "", "x = 1\n"])
@pytest.mark.usefixtures("qwen")
def test_what_was_in_pyproject_stays_byte_for_byte(project, tokparity, before):
    """Comments, blanks at ends of lines, CR LF, and a last line without an end."""
    project.file("pyproject.toml", before)
    project.file(".gitignore", "*.pyc")
    ran = tokparity("init", "--from", "hf:models/qwen", "--yes")
    after = (project.folder / "pyproject.toml").read_bytes().decode()
    read = tomllib.loads(after)
    del read["tool"]["parity"]

    assert ran.code == 0
    assert after.startswith(before)
    assert read == {"tool": {}, **tomllib.loads(before)}
    assert ("\r\n" in before) == ("\r\n[tool.parity]\r\n" in after)
    assert (project.folder / ".gitignore").read_text() == "*.pyc\n.parity/\n"


@pytest.mark.usefixtures("qwen")
def test_it_shows_what_it_would_write(project, tokparity):
    """A new file whole, a changed one as a diff, goldens counted; a dry run writes nothing."""
    project.file("pyproject.toml", '[project]\nname = "x"\n')
    before = tree(project.folder)
    ran = tokparity("init", "--from", "hf:models/qwen", "--ci", "gitlab", "--dry-run")

    assert ran.code == 0
    for said in (
        "--- pyproject.toml\n+++ pyproject.toml\n@@ -1,2 +1,13 @@\n [project]",
        '+candidate = "reference:models/qwen"',
        "new  corpora/own.jsonl\n  + {",
        "new  .gitlab-ci.yml\n",
        "goldens of ids and text: ",
        "nothing was written: --dry-run",
    ):
        assert said in ran.out, said
    assert tree(project.folder) == before


@pytest.mark.usefixtures("qwen")
def test_without_a_terminal_and_without_yes_it_is_refused(project, tokparity):
    """Nobody agreed."""
    ran = tokparity("init", "--from", "hf:models/qwen")

    assert ran.code == 2
    assert "nothing was written; --yes agrees to it" in ran.err
    assert tree(project.folder) == {}


@pytest.mark.parametrize("agrees", [True, False])
@pytest.mark.usefixtures("qwen")
def test_on_a_terminal_it_asks(project, capsys, agrees):
    """And does as it is told."""
    asked = []
    from parity.cli_options import console

    wishes = starting.Wishes(
        "hf:models/qwen", ask=lambda text: asked.append(text) or agrees, choose=lambda *_: ""
    )
    code = starting.init(wishes, console())

    assert (code, asked) == (0, ["Write this?"])
    assert bool(tree(project.folder)) == agrees
    assert ("nothing was written" in capsys.readouterr().out) != agrees


@pytest.mark.parametrize("more", [["--yes"], []])
@pytest.mark.usefixtures("qwen")
def test_in_ci_nothing_is_written(project, tokparity, monkeypatch, more):
    """A run there must not make what it is held to."""
    monkeypatch.setenv("CI", "true")
    ran = tokparity("init", "--from", "hf:models/qwen", *more)

    assert ran.code == 4
    assert tree(project.folder) == {}
    assert tokparity("init", "--from", "hf:models/qwen", "--dry-run").code == 0


WRONG = {
    "no folder": ({}, ["--from", "hf:nowhere"], 2, "'nowhere' does not exist"),
    "no tokenizer": ({"empty/x": ""}, ["--from", "hf:empty"], 2, "tokenizer.json does not exist"),
    "cut off": ({"bad/tokenizer.json": '{"model": {'}, ["--from", "hf:bad"], 2, "not JSON"),
    "no kind": ({}, ["--from", "models/qwen"], 2, "did you mean hf:models/qwen?"),
    "unknown kind": ({}, ["--from", "hff:x"], 2, "a kind and a target are wanted"),
    "candidate": ({}, ["--from", "hf:models/qwen", "--candidate", "x"], 2, "--candidate 'x'"),
    "itself": ({}, ["--from", "hf:models/qwen", "--candidate", "hf:models/qwen"], 3, "one and the"),
    "no encode": ({}, ["--from", "hf:models/qwen", "--candidate", "jinja:models/qwen"], 2,
                  "does not encode"),
    "bad name": ({}, ["--from", "hf:models/qwen", "--name", "My Model"], 2, "such as 'my-model'"),
    "a plan": ({"pyproject.toml": "[tool.parity]\n"}, ["--from", "hf:models/qwen"], 2,
               "has a [tool.parity] already"),
    "nearly a plan": ({"pyproject.toml": "[tool.partiy]\n"}, ["--from", "hf:models/qwen"], 2,
                      "did you mean [tool.parity]?"),
    "broken": ({"pyproject.toml": "[tool"}, ["--from", "hf:models/qwen"], 2, "pyproject.toml: "),
    "no text": ({"pyproject.toml": b"\xff"}, ["--from", "hf:models/qwen"], 2, "pyproject.toml: "),
    "inline": ({"pyproject.toml": "tool = {x = 1}\n"}, ["--from", "hf:models/qwen"], 2,
               "no table can be added"),
    "a golden": ({"golden/qwen/own.ids.jsonl": "mine"}, ["--from", "hf:models/qwen"], 2,
                 "is there already; take another --name"),
    "a bad case": ({"corpora/mine.jsonl": "{}\n"}, ["--from", "hf:models/qwen"], 2,
                   "corpora/mine.jsonl:1:"),
    "a file for a folder": ({"golden": "mine"}, ["--from", "hf:models/qwen"], 3,
                            "nothing was written"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.usefixtures("qwen")
def test_what_is_wrong_is_said_and_nothing_is_written(project, tokparity, case):
    """With the right exit code, and what was there is as it was."""
    there, words, code, said = WRONG[case]
    for name, content in there.items():
        project.file(name, content)
    before = tree(project.folder)
    ran = tokparity("init", *words, "--yes")

    assert (ran.code, tree(project.folder)) == (code, before)
    assert said in ran.err


@pytest.mark.parametrize("last", [1, 3, 8, 10])
@pytest.mark.usefixtures("qwen")
def test_a_failure_in_the_middle_leaves_what_was_there(project, tokparity, monkeypatch, last):
    """Whichever file is the one that the disk has no room for."""
    project.file("pyproject.toml", '[project]\nname = "x"\n')
    before = tree(project.folder)
    whole, count = files.whole, iter(range(1000))

    def fails(path):
        if next(count) == last:
            raise OSError(28, "No space left on device", str(path))
        return whole(path)

    monkeypatch.setattr("parity.starting.writing.files.whole", fails)
    ran = tokparity("init", "--from", "hf:models/qwen", "--ci", "github", "--yes")

    assert ran.code == 3
    assert "No space left on device; nothing was written" in ran.err
    assert tree(project.folder) == before
    assert {path.name for path in project.folder.iterdir()} == {"models", "pyproject.toml"}


@pytest.mark.usefixtures("qwen")
def test_files_that_are_there_stay(project, tokparity):
    """A workflow, a corpus, a ledger, hooks: it says so, and what to add by hand."""
    mine = {
        ".github/workflows/parity.yml": "mine", "golden/expected.toml": "# mine\n",
        ".gitlab-ci.yml": "mine", ".pre-commit-config.yaml": "mine",
        "corpora/own.jsonl": b"",
    }  # fmt: skip
    for name, content in mine.items():
        project.file(name, content)
    before = tree(project.folder)
    ran = tokparity("init", "--from", "hf:models/qwen", "--ci", "gitlab", "--pre-commit", "--yes")
    after = tree(project.folder)

    assert ran.code == 0
    assert {name: after[name] for name in before} == before
    assert ".gitlab/parity.yml" in after
    assert "add to .gitlab-ci.yml: include: [{local: .gitlab/parity.yml}]" in ran.out
    assert "add to .pre-commit-config.yaml:" in ran.out
    assert "stays as it is: golden/expected.toml" in ran.out


def test_without_from_the_one_that_is_there_is_taken(project, tokparity, qwen):
    """A folder with a tokenizer.json; hidden folders and environments are not looked at."""
    shutil.copytree(qwen, project.folder / ".cache" / "other")
    shutil.copytree(qwen, project.folder / "env" / "lib")
    project.file("env/pyvenv.cfg", "")
    ran = tokparity("init", "--yes")

    assert ran.code == 0
    assert "found hf:models/qwen" in ran.out


@pytest.mark.usefixtures("qwen")
def test_several_are_listed_and_one_is_to_be_named(project, tokparity):
    """Nothing is guessed."""
    shutil.copytree(TINY / "unigram", project.folder / "models" / "other")
    shutil.copy(TINY / "byte-bpe-600" / "ranks.tiktoken", project.folder / "a.tiktoken")
    ran = tokparity("init", "--yes")

    assert ran.code == 2
    assert "3 tokenizers are here; name one: --from " in ran.err
    assert "found hf:models/other\nfound hf:models/qwen\n" in ran.out
    assert finding.spec("", lambda _, found: found[-1], lambda _: None) == "hf:models/qwen"


@pytest.mark.usefixtures("project")
def test_no_tokenizer_is_said(tokparity):
    """With what was looked for."""
    ran = tokparity("init", "--yes")

    assert ran.code == 2
    assert "no tokenizer is in this folder (tokenizer.json, tokenizer.model," in ran.err


@pytest.mark.parametrize("given", ["models/qwen", "./models/qwen/", "models/../models/qwen", None])
@pytest.mark.usefixtures("project")
def test_a_path_is_relative_and_has_forward_slashes(qwen, given):
    """However it was given."""
    target = given or str(qwen)

    assert finding.tidy(f"hf:{target}", "--from") == "hf:models/qwen"


@pytest.mark.usefixtures("few")
def test_a_candidate_that_cannot_be_had_is_to_be_named(project, tokparity, monkeypatch):
    """Where neither the reference nor transformers takes the file."""
    shutil.copy(TINY / "unigram" / "tokenizer.model", project.folder / "m.model")
    monkeypatch.setattr(recording, "_is_here", lambda _: False)
    ran = tokparity("init", "--from", "sentencepiece:m.model", "--yes")

    assert ran.code == 2
    assert "name the one that you use: --candidate SPEC" in ran.err
    assert "transformers is not installed" in ran.err


@pytest.mark.usefixtures("project", "qwen")
def test_checks_are_those_that_both_sides_can(tokparity):
    """Each is named, so each must compare: tiktoken has no offsets."""
    words = ("--from", "hf:models/qwen", "--candidate", "tiktoken:models/qwen", "--yes")
    ran = tokparity("init", *words)

    assert ran.code == 0
    assert "offsets" not in plan.read(Path("pyproject.toml")).pairs[0].checks
    assert tokparity("run").code in (0, 1)


@pytest.mark.parametrize(
    ("name", "schema"),
    [("github.yml", "vendor.github-workflows"), ("gitlab.yml", "vendor.gitlab-ci")],
)
def test_a_job_is_one_by_the_schema_of_its_host(tmp_path, name, schema):
    """And names the version and the extras that the plan needs."""
    values = {"VERSION": "0.1.0", "REQUIREMENT": contents.requirement(["hf", "transformers"])}
    text = contents.filled(name, values)
    (tmp_path / name).write_text(text, encoding="utf-8")
    check = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema)
    done = started(tmp_path, *check, name)

    assert done.returncode == 0, done.stdout
    assert "@" not in text.replace("checkout@v6", "").replace("tokparity@v0.1.0", "")
    assert "tokparity[pytest,transformers]==" in text


def test_the_hook_is_a_hook(tmp_path):
    """It runs on what decides: the plan, the corpora, the goldens, the tokenizer."""
    text = contents.filled("pre-commit.yaml", {"FILES": "^(golden/)"})
    (tmp_path / "hooks.yaml").write_text(text, encoding="utf-8")
    check = (sys.executable, "-m", "check_jsonschema", "--builtin-schema",
             "vendor.pre-commit-config")  # fmt: skip
    done = started(tmp_path, *check, "hooks.yaml")

    assert done.returncode == 0 or "vendor.pre-commit-config" in done.stderr, done.stdout


@pytest.mark.usefixtures("project")
def test_the_corpora_of_the_plan_are_of_texts_and_ids():
    """Each that the plan names has a case for its goldens."""
    paths = corpus.find(recording.CORPORA[:-1], artefact.shipped(), Path())

    assert all({case.kind for case in corpus.read(path)} <= {"text", "ids"} for path in paths)
    assert len(paths) > 10


def test_the_table_is_refused_where_toml_would_say_something_else(project):
    """What comes out is read again before anything is written."""
    project.file("pyproject.toml", "tool = {x = 1}\n")
    with pytest.raises(BadPlan, match="no table can be added"):
        contents.appended(Path("pyproject.toml"), "[tool.parity]\n")


def test_a_name_is_one_of_a_pair():
    """Of any folder's."""
    names = [finding.name("", f"hf:{target}") for target in ("a/Qwen 3!", "x/.hidden", "日本")]

    assert all(plan.NAME.fullmatch(name) for name in names), names
    with pytest.raises(UsageError):
        finding.name("Ü", "hf:x")
