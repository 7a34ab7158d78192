"""Changed-files mode: what a change could make differ is run, and in doubt everything is."""

import gzip
import subprocess
from pathlib import Path

import pytest
from helpers import outcomes, rows_of

from parity import canary, since
from parity.app import Flags, plan_for
from parity.canary import Canaries
from parity.errors import UsageError

PLAN = {"checks": ["ids", "vocabulary"]}
ROWS = ["abc", "d e"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Canaries are another test's; git is as on a machine without a user."""
    monkeypatch.setattr(canary, "release", lambda: Canaries(3, ()))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A B")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "a@b.c")


def git(folder, *words):
    """Run git and return what it prints."""
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


@pytest.fixture
def repository(project):
    """The project's folder as a repository, its plan committed on `main`; we are on `work`."""
    git(project.folder, "init", "-q", "-b", "main")
    project.plan(PLAN, rows=ROWS, golden="golden")
    project.file(".gitignore", ".parity/\n__pycache__/\nignored/\n")
    project.file("README.md", "A project.\n")
    commit(project)
    git(project.folder, "checkout", "-q", "-b", "work")
    return project


def commit(project, *words):
    """Commit everything; return the commit."""
    git(project.folder, "add", "-A")
    git(project.folder, "commit", "-q", "-m", "change", *words)
    return git(project.folder, "rev-parse", "HEAD").strip()


def found(rev="main"):
    """What is run since a revision."""
    return since.read(rev, plan_for(Flags()), Path.cwd())


def one_case_more(project):
    project.corpus("texts.jsonl", *ROWS, "new")


def one_case_less(project):
    project.corpus("texts.jsonl", ROWS[0])


def other_tags(project):
    (first, *rest) = rows_of(project.folder / "texts.jsonl")
    project.corpus("texts.jsonl", {**first, "tags": ["cjk.han"]}, *rest)


def moved_lines(project):
    project.corpus("texts.jsonl", *reversed(ROWS))


def new_corpus_named_alike(project):
    project.plan(PLAN, rows=ROWS, golden="golden", corpora=["*.jsonl"])
    commit(project)
    git(project.folder, "branch", "-f", "main")
    project.corpus("more.jsonl", "x", "y")


CASES = {
    "nothing": (lambda _: None, 0),
    "a case more": (one_case_more, 1),
    "a case less": (one_case_less, 0),
    "other tags": (other_tags, 1),
    "moved": (moved_lines, 0),
    "a new file": (new_corpus_named_alike, 2),
    "a document": (lambda p: p.file("README.md", "Another.\n"), 0),
    "a document deep down": (lambda p: p.file("a/b/c.md", "New.\n"), 0),
    "a picture": (lambda p: p.file("docs/a/b.svg", "<svg/>"), 0),
    "a licence": (lambda p: p.file("LICENSE", "MIT"), 0),
    "a golden": (lambda p: p.file("golden/toy/texts.ids.jsonl", "{}\n"), 0),
    "a run file": (lambda p: p.file(".parity/runs/1.jsonl", "{}\n"), 0),
    "what git ignores": (lambda p: p.file("ignored/x.bin", "x"), 0),
}


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize(("change", "cases"), CASES.values(), ids=CASES)
def test_what_cannot_make_an_old_case_differ_runs_the_new_ones(
    repository, change, cases, committed
):
    """Whether it is committed or not, or not even tracked."""
    change(repository)
    if committed:
        commit(repository, "--allow-empty")
    told = found()

    assert (len(told.ids), told.commit) == (
        cases,
        git(repository.folder, "rev-parse", "main").strip(),
    )


def link_to_other_texts(project):
    project.corpus("other.txt", *ROWS, "new")
    (project.folder / "texts.jsonl").unlink()
    (project.folder / "texts.jsonl").symlink_to("other.txt")


EVERYTHING = {
    "a lock file": (lambda p: p.file("requirements.txt", "tokenizers==9\n"), "requirements.txt"),
    "code": (lambda p: p.file("mine.py", "raise SystemExit\n"), "mine.py"),
    "new code": (lambda p: p.file("new/code.py", ""), "new/code.py"),
    "the plan": (lambda p: p.plan({**PLAN, "specials": "plain"}, rows=ROWS), "pyproject.toml"),
    "the ledger": (lambda p: p.file("golden/expected.toml", ""), "golden/expected.toml"),
    "what git ignores": (lambda p: p.file(".gitignore", ""), ".gitignore"),
    "a file that is gone": (lambda p: (p.folder / "mine.py").unlink(), "mine.py"),
    "a program in docs": (lambda p: p.file("docs/tool.py", ""), "docs/tool.py"),
    "a json in docs": (lambda p: p.file("docs/tokenizer.json", ""), "docs/tokenizer.json"),
    "an odd name": (lambda p: p.file("a\nb\x1b.x", ""), r"a\nb\x1b.x"),
    "a link": (link_to_other_texts, "texts.jsonl"),
    "a golden elsewhere": (lambda p: p.file("old/toy.jsonl", "{}\n"), "old/toy.jsonl"),
}


@pytest.mark.parametrize(("change", "name"), EVERYTHING.values(), ids=EVERYTHING)
def test_anything_else_runs_everything_and_is_named(repository, change, name):
    """It could matter, and nobody can know that it does not."""
    change(repository)
    told = found()

    assert (told.ids, told.because) == (None, f"everything runs: {name} changed")


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("docs/model.md", "everything runs: docs/model.md changed"),
        ("ignored/model.bin", "everything runs: git ignores ignored/model.bin, which a spec names"),
    ],
)
def test_a_file_that_a_spec_names_runs_everything_whatever_it_is_called(repository, name, because):
    """A document that is read; a model that git was told to ignore, and could be another now."""
    repository.file(name, "one")
    repository.plan({**PLAN, "candidate": f"py:mine:Mine,of={name}"}, rows=ROWS)
    plan = plan_for(Flags())
    commit(repository)
    git(repository.folder, "branch", "-f", "main")
    repository.file(name, "two")

    assert since.read("main", plan, repository.folder).because == because


def test_a_corpus_that_git_ignores_is_run_whole(repository):
    """Nobody knows what it was."""
    repository.corpus("ignored/texts.jsonl", "p", "q", "r")
    repository.plan(PLAN, rows=ROWS, corpora=["texts.jsonl", "ignored/*.jsonl"])
    commit(repository)
    git(repository.folder, "branch", "-f", "main")

    assert len(found().ids) == 3


def test_what_main_got_meanwhile_is_no_change_of_ours(repository):
    """The merge base counts, and not the end of the other branch."""
    one_case_more(repository)
    commit(repository)
    git(repository.folder, "checkout", "-q", "main")
    repository.file("mine.py", "")
    commit(repository)
    git(repository.folder, "checkout", "-q", "work")

    assert len(found().ids) == 1


def test_a_plan_below_the_top_of_a_repository_sees_what_is_beside_it(repository, monkeypatch):
    """A change anywhere in the repository counts."""
    below = repository.folder / "below"
    below.mkdir()
    for name in ("mine.py", "texts.jsonl", "pyproject.toml"):
        (repository.folder / name).rename(below / name)
    commit(repository)
    git(repository.folder, "branch", "-f", "main")
    monkeypatch.chdir(below)

    assert found().ids == frozenset()
    repository.file("beside.lock", "1")
    assert found().because == "everything runs: beside.lock changed"


def test_a_compressed_corpus_is_read(repository):
    """Its lines count, not its bytes."""
    lines = (repository.folder / "texts.jsonl").read_bytes().splitlines(keepends=True)
    repository.file("packed.jsonl.gz", gzip.compress(lines[0]))
    repository.plan(PLAN, rows=["other"], corpora=["packed.jsonl.gz"])
    commit(repository)
    git(repository.folder, "branch", "-f", "main")
    repository.file("packed.jsonl.gz", gzip.compress(b"".join(lines), 1))

    assert len(found().ids) == 1


# Errors


def no_git(repository, monkeypatch):
    monkeypatch.setenv("PATH", str(repository.folder))


def no_repository(repository, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.folder.parent))
    (repository.folder / ".git").rename(repository.folder / "not-git")


def other_history(repository, _):
    git(repository.folder, "checkout", "-q", "--orphan", "alone")
    commit(repository, "-m", "alone")


def nothing(*_):
    """The repository as it is."""


ERRORS = {
    "no git": (no_git, "main", "it cannot be started: No such file or directory; install git"),
    "no repository": (no_repository, "main", "is in no working tree that git reads"),
    "unknown": (nothing, "nowhere", "git knows no such revision"),
    "an option": (nothing, "--all", "--since '--all': git knows no such revision"),
    "a range": (nothing, "main..main", "git knows no such revision"),
    "no commit": (nothing, "main:README.md", "git knows no such revision"),
    "a terminal's": (nothing, "a\x1b[31m", r"'a\x1b[31m'"),
    "another history": (other_history, "main", "have no commit in common here"),
}


@pytest.mark.parametrize(("before", "rev", "says"), ERRORS.values(), ids=ERRORS)
def test_what_git_cannot_answer_is_exit_code_2(
    repository, tokparity, monkeypatch, before, rev, says
):
    """Before anything runs, with what to do."""
    before(repository, monkeypatch)
    ran = tokparity("run", f"--since={rev}")

    assert (ran.code, says in ran.err) == (2, True), ran.err
    assert not (repository.folder / ".parity").exists()


def test_a_shallow_checkout_is_told_what_to_fetch(repository, tmp_path_factory, monkeypatch):
    """It is what CI has, where nobody says otherwise."""
    for _ in range(3):
        commit(repository, "--allow-empty")
    shallow = tmp_path_factory.mktemp("shallow")
    git(shallow, "clone", "-q", "--depth=1", f"file://{repository.folder}", "here")
    monkeypatch.chdir(shallow / "here")

    with pytest.raises(UsageError, match="`fetch-depth: 0`"):
        found("HEAD~2")


# The command


def test_a_change_of_a_corpus_runs_its_new_cases(repository, tokparity):
    """In the header, in the report; a check of its own has none of them."""
    one_case_more(repository)
    ran = tokparity("run", "--since", "main", "--output", "jsonl=run.jsonl")
    rows = rows_of(repository.folder / "run.jsonl")

    assert ran.code == 0
    assert [(row["check"], row["compared"]) for row in rows[-1]["pairs"][0]["rows"]] == [("ids", 1)]
    assert rows[0]["since"]["cases"] == 1
    assert f"since  main ({rows[0]['since']['commit'][:12]}): 1 case is new or changed" in ran.out


def test_a_divergence_of_a_new_case_is_found(repository, tokparity):
    """And no other is."""
    repository.plan({**PLAN, "candidate": "mock:drops_last_id"}, rows=ROWS)
    commit(repository)
    one_case_more(repository)
    ran = tokparity("run", "--since", "HEAD")

    assert (ran.code, "1 of 1 comparisons differ" in ran.out) == (1, True)


def test_where_nothing_changed_nothing_is_green(repository, tokparity):
    """Exit code 5, and a run file that says it; canaries are there."""
    ran = tokparity("run", "--since", "main", "--output", "jsonl=run.jsonl")
    footer = rows_of(repository.folder / "run.jsonl")[-1]

    assert (ran.code, footer["exit"], footer["whole"]) == (5, 5, True)
    assert footer["verdict"] == "nothing changed since main: nothing was compared"
    assert footer["canaries"]["planted"] == 3
    assert "EXACT" not in ran.out
    assert "nothing changed that matters" in ran.out


def test_everything_that_runs_is_a_whole_run(repository, tokparity):
    """A named check must compare, and an entry of the ledger that nobody needs is found."""
    entry = '[[expected]]\npair = "toy"\ncheck = "ids"\nselect = "id:no"\nreason = "known"'
    repository.file("golden/expected.toml", entry)
    ran = tokparity("run", "--since", "main")

    assert ran.code == 1
    assert "everything runs: golden/expected.toml changed" in ran.out
    assert "selects no case" in ran.out


def test_a_part_of_a_run_says_nothing_of_the_whole(repository, tokparity):
    """A named check may have none of the new cases; an entry may be needed by an old one."""
    entry = '[[expected]]\npair = "toy"\ncheck = "ids"\nselect = "id:no"\nreason = "known"'
    repository.file("golden/expected.toml", entry)
    repository.plan({"checks": ["ids", "text"]}, rows=ROWS)
    commit(repository)
    one_case_more(repository)

    assert tokparity("run", "--since", "HEAD").code == 0


@pytest.mark.parametrize(("select", "code"), [("text:new", 0), ("text:abc", 5)])
def test_a_selection_leaves_part_of_what_changed(repository, tokparity, select, code):
    """Both are asked; where nothing is left, nothing is green."""
    one_case_more(repository)

    assert tokparity("run", "--since", "main", "--select", select).code == code


def test_shards_of_what_changed_are_merged(repository, tokparity):
    """And they say that they are of what changed."""
    repository.corpus("texts.jsonl", *ROWS, *(f"new {number}" for number in range(6)))
    names = [f".parity/{number}.jsonl" for number in (1, 2)]
    for number, name in enumerate(names, 1):
        tokparity("run", "--since", "main", "--shard", f"{number}/2", "--output", f"jsonl={name}")
    ran = tokparity("report", "merge", *names, "--output", "m.jsonl")
    rows = rows_of(repository.folder / "m.jsonl")

    assert ran.code == 0
    assert [(row["check"], row["compared"]) for row in rows[-1]["pairs"][0]["rows"]] == [("ids", 6)]
    assert "6 cases are new or changed" in ran.out


@pytest.mark.usefixtures("repository")
def test_shards_where_nothing_changed_are_nothing_together(tokparity):
    """Exit code 5."""
    names = [f".parity/{number}.jsonl" for number in (1, 2)]
    for number, name in enumerate(names, 1):
        tokparity("run", "--since", "main", "--shard", f"{number}/2", "--output", f"jsonl={name}")
    ran = tokparity("report", "merge", *names, "--output", "m.jsonl")

    assert (ran.code, "NOTHING WAS COMPARED" in ran.out) == (5, True)


# Fakes


def trusts_the_plan(git, plan, path, *rest):
    """A plan cannot matter."""
    return path.name != "pyproject.toml" and MATTERS(git, plan, path, *rest)


def trusts_docs(git, plan, path, *rest):
    """Whatever lies in docs is a document."""
    return "docs" not in path.parts and MATTERS(git, plan, path, *rest)


def forgets_new_cases(*_):
    """What a corpus has is what it had."""
    return []


MATTERS = since._matters
FAKES = [
    ("_matters", trusts_the_plan, EVERYTHING["the plan"][0], None),
    ("_matters", trusts_docs, EVERYTHING["a program in docs"][0], None),
    ("_new", forgets_new_cases, one_case_more, 1),
]


@pytest.mark.parametrize(("name", "fault", "change", "right"), FAKES)
def test_a_mode_that_runs_too_little_is_found(repository, monkeypatch, name, fault, change, right):
    """A test above says otherwise than each of these faults."""
    change(repository)
    told = [found().ids]
    monkeypatch.setattr(since, name, fault)
    told.append(found().ids)

    assert [None if ids is None else len(ids) for ids in told] == [right, 0]


# pytest


def test_items_run_the_new_cases(repository, ran):
    """Items without one are not there."""
    one_case_more(repository)
    result = ran("-v", "--parity-since", "main")

    assert outcomes(result) == {"passed": 2}
    result.stdout.fnmatch_lines(["pyproject.toml::toy::ids?texts? PASSED*"])
    result.stdout.fnmatch_lines(["parity: since main: 1 case is new or changed"])


@pytest.mark.usefixtures("repository")
def test_where_nothing_changed_no_item_is_green(ran):
    """Pytest's own code for no tests: 5."""
    result = ran("--parity-since", "main")

    assert (int(result.ret), outcomes(result)) == (5, {})
    result.stdout.fnmatch_lines(["parity: nothing of the plan was compared"])


def test_everything_runs_in_pytest_too(repository, ran):
    """Where it could matter."""
    repository.file("requirements.txt", "x==1")

    assert outcomes(ran("--parity-since", "main")) == {"passed": 3}


@pytest.mark.parametrize(("change", "passed", "failed"), [
    (lambda p: p.file("golden/toy/texts.ids.jsonl", "{}\n"), 1, 1),
    (lambda p: (p.folder / "golden/toy/texts.ids.jsonl").unlink(), 1, 1),
    (one_case_more, 2, 1),
])  # fmt: skip
def test_a_golden_that_a_change_touches_is_checked(repository, ran, change, passed, failed):
    """By hand, or in its corpus; those that nothing touched are not."""
    repository.plan({**PLAN, "golden": ["ids", "vocabulary"]}, rows=ROWS, golden="golden")
    ran("--snapshot-update")
    commit(repository)
    git(repository.folder, "branch", "-f", "main")
    change(repository)

    assert outcomes(ran("--parity-since", "main")) == {"passed": passed, "failed": failed}


@pytest.mark.usefixtures("repository")
def test_a_revision_that_is_unknown_is_an_error_of_collection(ran):
    """In one message."""
    result = ran("--parity-since", "nowhere")

    assert outcomes(result) == {"errors": 1}
    assert "git knows no such revision" in result.stdout.str()


def test_a_side_that_is_outside_of_the_repository_runs_everything(repository, tmp_path_factory):
    """Git does not watch it, so it may have changed."""
    outside = tmp_path_factory.mktemp("outside") / "model"
    outside.mkdir()
    repository.plan({**PLAN, "candidate": f"hf:{outside}"}, rows=ROWS, golden="golden")
    commit(repository)

    assert found("HEAD").ids is None
    assert "is not in this repository" in found("HEAD").because


def test_a_module_that_git_ignores_runs_everything(repository):
    """A side's code is a file that its spec names, without the suffix."""
    repository.file(".gitignore", ".parity/\n__pycache__/\nmine.py\n")
    git(repository.folder, "rm", "-q", "--cached", "mine.py")
    commit(repository)

    assert found("HEAD").because == "everything runs: git ignores mine.py, which a spec names"


def test_a_file_that_git_was_told_not_to_look_at_runs_everything(repository):
    """Whether it changed, nobody knows."""
    git(repository.folder, "update-index", "--assume-unchanged", "mine.py")

    assert found("HEAD").because == "everything runs: mine.py changed"
