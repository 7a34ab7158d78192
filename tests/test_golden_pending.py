"""Pending goldens: what fails leaves what it would be, whole; not in the golden, and not in CI."""

import json

import pytest

from parity import pending
from parity.errors import GoldenError

CHANGED = {"golden": ["ids"], "checks": ["ids"], "reference": "mock:drops_last_id"}


@pytest.fixture
def recorded(project, tokparity):
    """A project with a recorded golden."""
    project.plan({"golden": ["ids"], "checks": ["ids"]})
    assert tokparity("golden", "update").code == 0
    return project


@pytest.fixture
def changed(recorded, tokparity):
    """The same, with a reference that does something else, and what the check left of it."""
    recorded.plan(CHANGED)
    assert tokparity("golden", "check").code == 1
    return recorded


def left(project):
    """Every pending file, by place."""
    folder = project.folder / ".parity/pending"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.jsonl")}


def place(project):
    """The one golden."""
    return project.folder / "golden/toy/texts.ids.jsonl"


@pytest.mark.parametrize("by", ["the command line", "pytest"])
def test_a_golden_that_fails_leaves_what_it_would_be_and_stays(recorded, tokparity, ran, by):
    """The pending file without its key is the file that an update writes."""
    before = place(recorded).read_bytes()
    recorded.plan(CHANGED)
    said = tokparity("golden", "check").out if by != "pytest" else ran("-k", "golden").stdout.str()
    (name,) = left(recorded)
    head, _, rest = left(recorded)[name].partition(b"\n")
    stands = place(recorded).read_bytes()
    tokparity("golden", "update")

    assert "tokparity review" in said
    assert stands == before
    assert name == "toy/texts.ids.jsonl"
    whole = json.loads(head)
    assert whole.pop("pending")["against"] == pending.digest(before)
    assert json.dumps(whole).encode() + b"\n" + rest == place(recorded).read_bytes()


@pytest.mark.parametrize("by", ["the command line", "pytest"])
def test_a_golden_that_holds_again_takes_its_pending_file_away(changed, tokparity, ran, by):
    """What is pending is what fails now."""
    changed.plan({"golden": ["ids"], "checks": ["ids"]})
    if by == "pytest":
        ran("-k", "golden")
    else:
        tokparity("golden", "check")

    assert left(changed) == {}


@pytest.mark.parametrize("by", ["the command line", "pytest"])
def test_an_update_takes_the_pending_file_away(changed, tokparity, ran, by):
    """It is in the golden now."""
    if by == "pytest":
        ran("-k", "golden", "--snapshot-update")
    else:
        tokparity("golden", "update")

    assert left(changed) == {}


@pytest.mark.parametrize("by", ["the command line", "pytest"])
def test_nothing_is_left_in_ci(recorded, tokparity, ran, monkeypatch, by):
    """Neither a pending file nor a word of one."""
    recorded.plan(CHANGED)
    monkeypatch.setenv("CI", "true")
    said = tokparity("golden", "check").out if by != "pytest" else ran("-k", "golden").stdout.str()

    assert left(recorded) == {}
    assert not (recorded.folder / ".parity/.gitignore").exists()
    assert "tokparity review" not in said


def test_nothing_is_taken_away_in_ci(changed, tokparity, monkeypatch):
    """To remove is to write."""
    before = left(changed)
    changed.plan({"golden": ["ids"], "checks": ["ids"]})
    monkeypatch.setenv("CI", "true")

    assert tokparity("golden", "check").code == 0
    assert left(changed) == before


def test_a_golden_that_is_not_there_leaves_all_of_it(project, tokparity):
    """Against nothing."""
    project.plan({"golden": ["ids"], "checks": ["ids"]})
    tokparity("golden", "check")
    head = json.loads(left(project)["toy/texts.ids.jsonl"].partition(b"\n")[0])

    assert head["pending"]["against"] == ""
    assert head["pending"]["inputs"].keys() == set(project.ids())


@pytest.mark.parametrize("ours", ["", "!pending/\n"])
def test_what_is_pending_is_not_committed_by_accident(recorded, tokparity, ours):
    """Unless somebody has decided otherwise already."""
    if ours:
        recorded.file(".parity/.gitignore", ours)
    recorded.plan(CHANGED)
    tokparity("golden", "check")

    assert (recorded.folder / ".parity/.gitignore").read_text() == (ours or "*\n")


NARROWED = {
    "other specials": ["--specials", "plain"],
    "another corpus of that name": ["--corpus", "other/texts.jsonl"],
}


@pytest.mark.parametrize("flags", NARROWED.values(), ids=NARROWED)
def test_a_run_of_other_cases_leaves_nothing(recorded, tokparity, flags):
    """What it would record has not the plan's cases, or not as the plan asks."""
    recorded.corpus("other/texts.jsonl", "zzz")
    recorded.plan(CHANGED)
    ran = tokparity("golden", "check", *flags)

    assert ran.code in (1, 4)
    assert left(recorded) == {}
    assert "1 checked in part: nothing of them is pending" in ran.out
    assert "has a golden, and no case" not in ran.out


@pytest.mark.parametrize("flags", [["--pair", "toy"], ["--corpus", "texts.jsonl"]])
def test_a_run_of_some_goldens_leaves_what_is_whole_of_them(recorded, tokparity, flags):
    """Each of them has all of its cases; others are not touched, orphans not looked for."""
    both = ["texts.jsonl", "more.jsonl"]
    recorded.corpus("more.jsonl", "more")
    recorded.plan(CHANGED, {**CHANGED, "name": "too"}, corpora=both)
    recorded.file("golden/gone/texts.ids.jsonl", place(recorded).read_bytes())
    ran = tokparity("golden", "check", *flags)
    names = {"toy": "toy/", "texts.jsonl": "/texts."}[flags[1]]

    assert left(recorded).keys() == {name for name in PLACES if names in name}
    assert "stale" not in ran.out


PLACES = [f"{pair}/{corpus}.ids.jsonl" for pair in ("toy", "too") for corpus in ("texts", "more")]


def test_a_full_run_takes_away_what_no_item_keeps(changed, tokparity):
    """A pair that was renamed leaves nothing to review."""
    changed.plan({**CHANGED, "name": "other"})
    tokparity("golden", "check")

    assert left(changed).keys() == {"other/texts.ids.jsonl"}


@pytest.mark.parametrize(
    "damage", [(b'"value": [', b'"value": [9, '), (b'{"id"', b'=======\n{"id"')]
)
def test_a_golden_that_cannot_be_read_leaves_nothing(changed, tokparity, damage):
    """Which of its cases changed is not known: it is restored, or recorded as a whole."""
    path = place(changed)
    path.write_bytes(path.read_bytes().replace(*damage, 1))
    ran = tokparity("golden", "check")

    assert ran.code == 4
    assert left(changed) == {}


def test_a_pending_file_is_written_whole_or_not_at_all(recorded, tokparity, monkeypatch):
    """A full disk leaves nothing beside it; the message says what could not be written."""
    recorded.plan(CHANGED)
    recorded.file(".parity/.gitignore", "*\n")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    ran = tokparity("golden", "check")

    assert ran.code == 4
    assert "texts.ids.jsonl: cannot be written: No space left on device" in ran.err
    assert list((recorded.folder / ".parity/pending").rglob("*.*")) == []


# What may be relied upon


def test_no_part_of_a_pending_file_is_believed(changed):
    """Wherever it was cut, at the end of a line too; and it is said what to do."""
    path = changed.folder / ".parity/pending/toy/texts.ids.jsonl"
    whole = path.read_bytes()
    for size in range(len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(GoldenError, match="run `tokparity golden check` again"):
            pending.read(pending.FOLDER / "toy/texts.ids.jsonl")
    path.write_bytes(whole)

    assert pending.read(pending.FOLDER / "toy/texts.ids.jsonl").after.observations


EDITS = {
    "a value": ('"value": [', '"value": [9, ', ":2: was edited by hand"),
    "a line less": ("\n{", "\n\n", "not JSON"),
    "a conflict": ("\n{", "\n<<<<<<< HEAD\n{", ":2: a conflict of a merge is not resolved"),
    "an artefact": ('"artefacts": {', '"artefacts": {"a": "b"', "was cut off or edited"),
    "an input": ('"payload": "abc"', '"payload": "abd"', "was cut off or edited"),
    "a newer schema": ('"schema": 1', '"schema": 2', "has schema 2 of pending files, this is 1"),
    "no schema": ('"schema": 1', '"schema": "1"', "is no pending file"),
    "a golden": ('{"golden": 2', '{"golden": 3', "has schema 3"),
    "no key": ('"against"', '"again"', "`pending` has no against of type str"),
    "another place": ("golden/toy/", "golden/tot/", "was cut off or edited"),
}


@pytest.mark.parametrize(("old", "new", "says"), EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("args", [(), ("list",), ("accept", "--all", "--reason", "x")])
def test_a_pending_file_that_was_edited_is_exit_code_4(changed, tokparity, old, new, says, args):
    """Whatever is asked; nothing is written."""
    path = changed.folder / ".parity/pending/toy/texts.ids.jsonl"
    before = path.read_text()
    path.write_text(before.replace(old, new, 1))
    stands = place(changed).read_bytes()
    ran = tokparity("review", *args)

    assert path.read_text() != before
    assert ran.code == 4
    assert says in ran.err
    assert "run `tokparity golden check` again" in ran.err
    assert place(changed).read_bytes() == stands


def test_a_pending_file_against_another_golden_is_refused(changed, tokparity):
    """Somebody recorded, or took another branch, in the meantime."""
    place(changed).write_bytes(place(changed).read_bytes() + b"\n")
    ran = tokparity("review", "accept", "--all", "--reason", "x")

    assert ran.code == 4
    assert "was made against another golden/toy/texts.ids.jsonl than stands there" in ran.err
    assert "run `tokparity golden check` again" in ran.err


def test_a_pending_file_that_was_moved_is_refused(changed, tokparity):
    """It names the golden that it is about."""
    path = changed.folder / ".parity/pending/toy/texts.ids.jsonl"
    path.rename(path.with_name("more.ids.jsonl"))
    ran = tokparity("review")

    assert ran.code == 4
    assert "is not of the golden 'golden/toy/texts.ids.jsonl'" in ran.err


def test_a_golden_of_another_check_has_nothing_pending(changed, tokparity):
    """None of its signatures can be compared: it is recorded anew."""
    path = place(changed)
    path.write_bytes(path.read_bytes().replace(b'"signature": 1', b'"signature": 2', 1))
    tokparity("golden", "check")

    assert left(changed) == {}


def test_a_long_input_is_not_kept(project, tokparity):
    """It stands in its corpus; a pending file stays small."""
    project.plan({"golden": ["ids"], "checks": ["ids"]}, rows=["a" * 10_000])
    tokparity("golden", "check")
    (data,) = left(project).values()

    assert len(data) < 3_000
    assert json.loads(data.partition(b"\n")[0])["pending"]["inputs"] == {
        project.ids()[0]: {"kind": "text"}
    }


def test_a_check_as_json_names_every_problem(changed, tokparity):
    """For whatever reads it."""
    ran = tokparity("golden", "check", "--json")
    found = json.loads(ran.out)
    first = {**found.pop("problems")[0], "text": ""}

    assert ran.code == found["code"] == 1
    assert found == {
        "whole": True, "goldens": 1, "differ": 1, "code": 1, "pending": 1, "narrowed": 0
    }  # fmt: skip
    assert first == {
        "golden": "golden/toy/texts.ids.jsonl", "kind": "changed", "case": changed.ids()[0],
        "text": "",
    }  # fmt: skip
