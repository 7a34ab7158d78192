"""Goldens of another time: an older schema is migrated whole, a revision of git is compared."""

import json
import subprocess

import pytest
from helpers import rows_of

WHO = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")


@pytest.fixture
def recorded(project, tokparity):
    """A project with two recorded goldens."""
    project.plan({"golden": ["ids", "text"], "checks": ["ids"]})
    assert tokparity("golden", "update").code == 0
    return project


def goldens(project):
    """Every golden, by name."""
    return {path.name: path.read_bytes() for path in (project.folder / "golden").rglob("*.jsonl")}


def aged(project, name="texts.ids.jsonl", schema=b"1"):
    """Make a golden one of another schema."""
    path = project.folder / "golden/toy" / name
    path.write_bytes(path.read_bytes().replace(b'{"golden": 2', b'{"golden": ' + schema))
    return path


def test_a_golden_of_the_schema_before_is_refused_with_what_migrates_it(recorded, tokparity):
    """It is not read as if it were ours, and is exit code 4."""
    aged(recorded)
    ran = tokparity("golden", "check")

    assert ran.code == 4
    assert "texts.ids.jsonl:1: was made by schema 1; tokparity golden migrate" in ran.out


def test_a_migration_changes_the_schema_and_nothing_else(recorded, tokparity):
    """Byte for byte, and a second one finds nothing to do."""
    before = goldens(recorded)
    aged(recorded)
    ran, again = tokparity("golden", "migrate"), tokparity("golden", "migrate")

    assert ran.code == again.code == 0
    assert "1 of 2 goldens migrated from schema 1 to 2" in ran.out
    assert "0 of 2 goldens migrated" in again.out
    assert goldens(recorded) == before


def test_a_dry_run_writes_nothing(recorded, tokparity):
    """And says what would be done."""
    aged(recorded)
    before = goldens(recorded)
    ran = tokparity("golden", "migrate", "--dry-run")

    assert ran.code == 0
    assert "would migrate golden/toy/texts.ids.jsonl" in ran.out
    assert goldens(recorded) == before


def test_a_migration_is_refused_in_ci(recorded, tokparity, monkeypatch):
    """Exit code 4, and nothing is written."""
    aged(recorded)
    before = goldens(recorded)
    monkeypatch.setenv("CI", "true")

    assert tokparity("golden", "migrate").code == 4
    assert goldens(recorded) == before


@pytest.mark.parametrize(
    ("schema", "old", "new", "says"),
    [
        (b"3", b"", b"", "texts.ids.jsonl:1: has schema 3, and this tokparity reads 1 and 2"),
        (b"1", b'"value": [', b'"value": [9, ', "texts.ids.jsonl:2: was edited by hand"),
        (b"1", b'{"id"', b'=======\n{"id"', "texts.ids.jsonl:2: a conflict of a merge"),
    ],
)
def test_a_newer_or_damaged_golden_is_not_migrated(recorded, tokparity, schema, old, new, says):
    """It stays as it is, the others are migrated, and the exit code is 4."""
    path = aged(recorded, schema=schema)
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    other = aged(recorded, "texts.text.jsonl")
    before = path.read_bytes()
    ran = tokparity("golden", "migrate")

    assert ran.code == 4
    assert says in ran.out
    assert path.read_bytes() == before
    assert other.read_bytes().startswith(b'{"golden": 2')


# diff


def git(project, *args):
    """Do something with git in a project's folder."""
    subprocess.run(["git", *args], check=True, cwd=project.folder)  # noqa: S603, S607


@pytest.fixture
def committed(recorded, monkeypatch):
    """The same, in a repository with one commit."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "n")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "n@example.com")
    for command in (["init", "-q"], ["add", "golden"], ["commit", "-qm", "recorded"]):
        git(recorded, *command)
    return recorded


@pytest.mark.usefixtures("committed")
def test_what_did_not_change_since_a_revision_is_exit_code_0(tokparity):
    """And it says how many goldens were looked at."""
    ran = tokparity("golden", "diff", "HEAD")

    assert ran.code == 0
    assert "0 of 2 goldens differ" in ran.out


def test_what_changed_since_a_revision_is_named_by_case_with_its_reason(committed, tokparity):
    """Exit code 1; an older schema and an informing header are no difference."""
    committed.plan({"golden": ["ids", "text"], "reference": "mock:drops_last_id"})
    tokparity("golden", "check")
    tokparity("review", "accept", committed.ids()[0], "--reason", "it drops one")
    ran = tokparity("golden", "diff", "HEAD")
    (line,) = [line for line in ran.out.splitlines() if "accepted" in line]

    assert ran.code == 1
    assert line.startswith(f"golden/toy/texts.ids.jsonl: {committed.ids()[0]}: at [2] was ")
    assert line.endswith("(accepted: it drops one)")


def test_goldens_that_are_added_and_removed_are_named(committed, tokparity):
    """As files, with their cases counted."""
    committed.plan({"golden": ["ids", "vocabulary"], "checks": ["ids"]})
    tokparity("golden", "update")
    ran = tokparity("golden", "diff", "HEAD")

    assert ran.code == 1
    assert "golden/toy/own.vocabulary.jsonl: added, 2 cases" in ran.out
    assert "golden/toy/texts.text.jsonl: removed, 4 cases" in ran.out


def test_a_revision_of_an_older_schema_is_compared_case_by_case(committed, tokparity):
    """A migration alone is no difference."""
    aged(committed)
    git(committed, "commit", "-qam", "old")
    tokparity("golden", "migrate")

    assert tokparity("golden", "diff", "HEAD").code == 0


def test_a_damaged_golden_is_exit_code_4_in_a_diff(committed, tokparity):
    """What it says now is not known."""
    path = committed.folder / "golden/toy/texts.ids.jsonl"
    path.write_bytes(path.read_bytes() + b"=======\n")
    ran = tokparity("golden", "diff", "HEAD")

    assert ran.code == 4
    assert "a conflict of a merge is not resolved" in ran.out


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("revision", ["nowhere", "--upload-pack=x", "HEAD:golden", ""])
def test_a_revision_that_git_does_not_know_is_exit_code_2(tokparity, revision):
    """With its name, and whatever it looks like."""
    ran = tokparity("golden", "diff", "--", revision)

    assert ran.code == 2
    assert f"git knows no revision {revision!r}" in ran.err


@pytest.mark.usefixtures("recorded")
def test_a_folder_that_is_no_repository_is_exit_code_2(tokparity, monkeypatch, tmp_path):
    """In git's own words."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    ran = tokparity("golden", "diff", "HEAD")

    assert ran.code == 2
    assert "not a git repository" in ran.err


@pytest.mark.usefixtures("recorded")
def test_a_machine_without_git_is_exit_code_2(tokparity, monkeypatch, tmp_path):
    """And no crash."""
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = tokparity("golden", "diff", "HEAD")

    assert ran.code == 2
    assert "git cannot be started" in ran.err


def test_a_reason_that_was_rewritten_or_taken_out_is_told(recorded, tokparity):
    """Nothing else says so: the signatures are as they were."""
    (id,) = recorded.ids()[:1]
    path = recorded.folder / "golden" / "toy" / "texts.ids.jsonl"
    signature = next(row["sha256"] for row in rows_of(path) if row.get("id") == id)
    row = {"accepted": id, "sha256": signature, "was": None, "reason": "honest"}
    before = path.read_bytes()
    path.write_bytes(before + json.dumps(row).encode() + b"\n")
    for words in (["init", "-q"], ["add", "-A"], [*WHO, "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=recorded.folder, check=True)  # noqa: S603, S607
    path.write_bytes(path.read_bytes().replace(b"honest", b"forged"))
    forged = tokparity("golden", "diff", "HEAD")
    path.write_bytes(before)
    gone = tokparity("golden", "diff", "HEAD")

    assert (forged.code, gone.code) == (1, 1)
    assert f"{id}: its reason was 'honest', is 'forged'" in forged.out
    assert f"{id}: its reason is gone: 'honest'" in gone.out
