"""Goldens on disk: what `golden check` and `update` say and write; nothing half written stays."""

import pytest

from parity import app, golden, golden_commands
from parity.app import Flags
from parity.errors import GoldenError


def test_a_write_that_fails_keeps_the_golden_that_was_there(tmp_path, monkeypatch):
    """And leaves nothing beside it."""
    path = tmp_path / "g.jsonl"
    golden.write(path, "old\n")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(GoldenError, match=r"g\.jsonl: cannot be written: No space left"):
        golden.write(path, "new\n")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"g.jsonl": "old\n"}


def test_an_interrupted_write_keeps_the_golden_that_was_there(tmp_path, monkeypatch):
    """Whenever the key was pressed."""
    path = tmp_path / "g.jsonl"
    golden.write(path, "old\n")

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        golden.write(path, "new\n")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"g.jsonl": "old\n"}


# Through the command line


@pytest.fixture
def recorded(project, tokparity):
    """A project with recorded goldens."""
    project.plan({"golden": ["ids", "vocabulary"]})
    assert tokparity("golden", "update").code == 0
    return project


def goldens(project):
    """Every golden of a project, by place."""
    return {
        str(path.relative_to(project.folder)): path.read_bytes()
        for path in sorted((project.folder / "golden").rglob("*.jsonl"))
    }


def test_update_records_and_check_agrees(recorded, tokparity):
    """A file a pair, corpus and check."""
    ran = tokparity("golden", "check")

    assert ran.code == 0
    assert "2 goldens checked, 0 differ" in ran.out
    assert list(goldens(recorded)) == ["golden/toy/own.vocabulary.jsonl",
                                       "golden/toy/texts.ids.jsonl"]  # fmt: skip


@pytest.mark.usefixtures("recorded")
def test_a_second_update_writes_nothing(tokparity, monkeypatch):
    """Files that do not change are not touched."""
    monkeypatch.setattr(golden, "write", lambda *_: 1 / 0)

    assert tokparity("golden", "update").code == 0


def test_a_changed_reference_is_exit_code_1_and_named(recorded, tokparity):
    """The cases that changed, and how."""
    recorded.plan({"golden": ["ids"], "reference": "mock:drops_last_id"})
    ran = tokparity("golden", "check")

    assert ran.code == 1
    for id in recorded.ids():
        assert f"golden/toy/texts.ids.jsonl: {id}: at [2] was " in ran.out


def test_a_missing_golden_is_exit_code_4(project, tokparity):
    """Nothing is recorded by the way."""
    project.plan({"golden": ["ids"]})
    ran = tokparity("golden", "check")

    assert ran.code == 4
    assert "there is no such golden" in ran.out
    assert goldens(project) == {}


def test_a_new_case_is_exit_code_4(recorded, tokparity):
    """It has no golden yet."""
    recorded.corpus("texts.jsonl", "abc", "d e", "new")

    assert tokparity("golden", "check").code == 4


def test_a_golden_for_another_artefact_is_exit_code_4(project, tokparity):
    """It is not compared as if it were for this one."""
    project.file("model.bin", "first")
    project.plan({"golden": ["ids"], "reference": "py:mine:Artefact"})
    tokparity("golden", "update")
    project.file("model.bin", "second")
    ran = tokparity("golden", "check")

    assert ran.code == 4
    assert "was made for model.bin" in ran.out


TAMPERED = {
    "a value": (b'"value": [', b'"value": [9, ', ":2: was edited by hand"),
    "a failure": (b'", "value"', b'", "failure": "TypeError", "value"', ":2: was edited by hand"),
    "the check": (b'"check": "ids"', b'"check": "text"', ":2: was edited by hand"),
    "no check": (b'"check": "ids", ', b"", ":1: the header has no check"),
    "the version": (b'"signature": 1', b'"signature": 2', "was made with signature 2"),
    "the artefacts": (b'"artefacts": {', b'"artefacts": {"a": "b"', "was made for a b"),
    "no artefacts": (b'"artefacts": {}', b'"artefacts": [1]', ":1: the header has no artefacts"),
}


@pytest.mark.parametrize(("old", "new", "says"), TAMPERED.values(), ids=TAMPERED)
def test_a_golden_that_was_edited_by_hand_is_exit_code_4(recorded, tokparity, old, new, says):
    """Whatever was edited: nobody recorded what it says."""
    path = recorded.folder / "golden/toy/texts.ids.jsonl"
    before = path.read_bytes()
    path.write_bytes(before.replace(old, new, 1))
    ran = tokparity("golden", "check")

    assert path.read_bytes() != before
    assert ran.code == 4
    assert says in ran.out


def test_two_swapped_lines_of_a_golden_are_exit_code_4(recorded, tokparity):
    """Goldens are in corpus order."""
    path = recorded.folder / "golden/toy/texts.ids.jsonl"
    head, first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(head + second + first)
    ran = tokparity("golden", "check")

    assert ran.code == 4
    assert "is not in corpus order" in ran.out


def test_a_conflict_of_a_merge_is_exit_code_4(recorded, tokparity):
    """With its line."""
    path = recorded.folder / "golden/toy/texts.ids.jsonl"
    path.write_bytes(path.read_bytes() + b"<<<<<<< HEAD\n")
    ran = tokparity("golden", "check")

    assert ran.code == 4
    assert "texts.ids.jsonl:4: a conflict of a merge is not resolved" in ran.out


def test_an_update_is_refused_in_ci(project, tokparity, monkeypatch):
    """Exit code 4, and nothing is written."""
    monkeypatch.setenv("CI", "true")
    project.plan({"golden": ["ids"]})
    ran = tokparity("golden", "update")

    assert ran.code == 4
    assert "CI is set: goldens are not written here" in ran.err
    assert goldens(project) == {}


def test_a_golden_that_nothing_keeps_is_reported_and_removed_by_an_update(recorded, tokparity):
    """A file that no item compares would look like a promise."""
    recorded.plan({"golden": ["ids"]})
    checked = tokparity("golden", "check")
    updated = tokparity("golden", "update")

    assert checked.code == 4
    assert "stale: no item of the plan keeps golden/toy/own.vocabulary.jsonl" in checked.out
    assert "removed golden/toy/own.vocabulary.jsonl" in updated.out
    assert list(goldens(recorded)) == ["golden/toy/texts.ids.jsonl"]


def test_a_file_that_is_no_golden_is_never_removed(recorded, tokparity):
    """Somebody may keep other things in that folder."""
    recorded.file("golden/mine/notes.jsonl", '{"id": "a"}\n')

    assert tokparity("golden", "update").code == 0
    assert (recorded.folder / "golden/mine/notes.jsonl").is_file()


@pytest.mark.parametrize("flags", [["--pair", "toy"], ["--corpus", "texts.jsonl"]])
def test_a_partial_update_leaves_other_goldens_alone(project, tokparity, flags):
    """Neither written nor removed."""
    project.corpus("more.jsonl", "more")
    both = ["texts.jsonl", "more.jsonl"]
    project.plan({"golden": ["ids"]}, {"name": "too", "golden": ["ids"]}, corpora=both)
    tokparity("golden", "update")
    before = goldens(project)
    project.plan(
        {"golden": ["ids"], "reference": "mock:drops_last_id"},
        {"name": "too", "golden": ["ids"], "reference": "mock:drops_last_id"},
        corpora=both,
    )
    ran = tokparity("golden", "update", *flags)
    after = goldens(project)
    changed = {name for name, data in after.items() if before.get(name) != data}

    assert ran.code == 0
    assert after.keys() == before.keys()
    assert changed == {name for name in before if ("toy" if "--pair" in flags else "texts") in name}


def test_two_corpora_of_one_name_are_refused(project, tokparity):
    """Their goldens would be one file."""
    project.corpus("other/texts.jsonl", "other")
    project.plan({"golden": ["ids"]}, corpora=["texts.jsonl", "other/texts.jsonl"])
    ran = tokparity("golden", "update")

    assert ran.code == 2
    assert "two corpora of pair 'toy' have this name" in ran.err


def test_an_artefact_that_changes_under_an_update_is_not_recorded(project, tokparity):
    """What would be written is of nobody knows which file."""
    project.file("model.bin", "first")
    project.plan({"golden": ["ids"], "reference": "py:mine:ChangesItsArtefact"})

    assert tokparity("golden", "update").code == 3
    assert goldens(project) == {}


def test_a_reference_that_answers_nothing_has_no_golden(project, tokparity):
    """Exit code 3: an empty golden proves nothing."""
    project.plan({"golden": ["ids"], "reference": "py:mine:Lacks"})

    assert tokparity("golden", "update").code == 3
    assert goldens(project) == {}


def test_a_pair_keeps_goldens_of_the_cases_that_it_selects(project, tokparity):
    """A corpus of which it selects nothing has none."""
    project.corpus("more.jsonl", "more")
    both = ["texts.jsonl", "more.jsonl"]
    project.plan({"golden": ["ids"], "select": "abc"}, corpora=both)
    tokparity("golden", "update")

    assert list(goldens(project)) == ["golden/toy/texts.ids.jsonl"]


def test_every_golden_of_a_plan_is_an_item(project):
    """A corpus without a case for the check has none."""
    project.corpus("ids.jsonl", [97])
    project.plan({"golden": ["ids", "text", "vocabulary"]}, corpora=["texts.jsonl", "ids.jsonl"])
    found = [str(item.path) for item in golden_commands.golden_items(app.plan_for(Flags()))]

    assert found == [
        "golden/toy/texts.ids.jsonl",
        "golden/toy/texts.text.jsonl",
        "golden/toy/ids.text.jsonl",
        "golden/toy/own.vocabulary.jsonl",
    ]


def test_one_changed_file_is_said_once_for_all_its_goldens(project, tokparity):
    """And not a line for each of thirty."""
    pair = {"reference": "py:mine:Artefact", "checks": ["ids", "text"], "golden": ["ids", "text"]}
    project.plan(pair)
    project.file("model.bin", "one")
    tokparity("golden", "update")
    project.file("model.bin", "two")
    ran = tokparity("golden", "check")

    assert ran.code == 4
    assert ran.out.count("was made for model.bin") == 1
    assert "golden/toy/texts.ids.jsonl (and 1 more) was made for model.bin" in ran.out
