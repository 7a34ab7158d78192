"""The review without a terminal: a list, one change, accept, reject; the loop from red to green."""

import json

import pytest

from parity import golden

IDS = "golden/toy/texts.ids.jsonl"
ALIKE = ['  97 "<0x61>"', '  98 "<0x62>"']


@pytest.fixture
def changed(project, tokparity):
    """A project whose goldens of ids and text fail, with what the check left."""
    project.plan({"golden": ["ids", "text"], "checks": ["ids"]})
    tokparity("golden", "update")
    pair = {"golden": ["ids", "text"], "checks": ["ids"]}
    project.plan({**pair, "reference": "mock:drops_last_id"})
    assert tokparity("golden", "check").code == 1
    return project


@pytest.fixture
def pending(tokparity):
    """A function that returns the changes that are pending."""
    return lambda: json.loads(tokparity("review", "list", "--json").out)["changes"]


def goldens(project):
    """Every golden, by place."""
    return {path.name: path.read_bytes() for path in (project.folder / "golden").rglob("*.jsonl")}


def test_what_is_pending_is_listed_by_class_and_is_exit_code_4(changed, tokparity):
    """With how to go on; nothing is written."""
    before = goldens(changed)
    ran = tokparity("review")

    assert ran.code == 4
    assert "class" in ran.out
    for id in changed.ids():
        assert f"  {id}  {IDS}" in ran.out
    assert "tokparity review accept ID --reason TEXT" in ran.out
    assert goldens(changed) == before


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((), 0),
        (("list",), 0),
        (("list", "--json"), 0),
        (("show", "G-00000000"), 5),
        (("accept", "G-00000000", "--reason", "x"), 5),
        (("accept", "--all", "--reason", "x"), 5),
        (("accept", "--class", "C-00000000", "--reason", "x"), 5),
        (("reject", "G-00000000"), 5),
        (("reject", "--all"), 5),
    ],
)
def test_nothing_pending_is_said_in_words(project, tokparity, args, code):
    """To look is success; to decide about what is not there is exit code 5."""
    project.plan()
    ran = tokparity("review", *args)

    assert ran.code == code
    if "--json" in args:
        assert json.loads(ran.out) == {"pending": 0, "changes": []}
    else:
        assert "nothing is pending; `tokparity golden check` leaves what it finds" in (
            ran.out + ran.err
        )


@pytest.mark.usefixtures("changed")
@pytest.mark.parametrize("args", [("accept", "--reason", "x"), ("reject",)])
def test_a_name_of_nothing_is_exit_code_5(tokparity, args):
    """Where something is pending, too; and it is said what shows it."""
    ran = tokparity("review", *args, "G-00000000")

    assert ran.code == 5
    assert "no pending change is 'G-00000000'; `tokparity review list` shows" in ran.err


def test_a_change_as_json_has_all_that_there_is(changed, pending):
    """Identity, golden, case, class, both values, both signatures, and the input."""
    (one,) = [one for one in pending() if one["case"] == changed.ids()[0]]

    assert one["identity"].startswith("G-")
    assert one["class"].startswith("C-")
    assert one["says"] == "ids 99 -> nothing"
    assert one["golden"] == IDS
    assert one["old"] == {"value": [97, 98, 99]}
    assert one["new"] == {"value": [97, 98]}
    assert one["signatures"].keys() == {"old", "new"}
    assert one["input"] == {"kind": "text", "payload": "abc"}


@pytest.mark.parametrize("by", ["identity", "case"])
def test_a_change_is_shown_in_full(changed, tokparity, pending, monkeypatch, by):
    """Its input with code points, both sides with their pieces, and what says more."""
    monkeypatch.setenv("COLUMNS", "100")
    one = pending()[0]
    ran = tokparity("review", "show", one[by])

    assert ran.code == 0
    assert 'text       "abc"' in ran.out
    assert "U+0061 U+0062 U+0063" in ran.out
    assert any(
        line.split() == ["97", '"<0x61>"', "97", '"<0x61>"'] for line in ran.out.splitlines()
    )
    assert any(line.split() == ["»", "99", '"<0x63>"'] for line in ran.out.splitlines())
    assert f"tokparity explain {changed.ids()[0]} --pair toy" in ran.out


def test_a_terminal_of_40_columns_shows_the_two_sides_below_each_other(
    changed, tokparity, pending, monkeypatch
):
    """Nothing is cut off."""
    del changed
    monkeypatch.setenv("COLUMNS", "40")
    ran = tokparity("review", "show", pending()[0]["identity"])
    lines = ran.out.splitlines()

    assert lines[lines.index("golden") :][:4] == ["golden", *ALIKE, '» 99 "<0x63>"']
    assert lines[lines.index("now") :][:3] == ["now", *ALIKE]


@pytest.mark.usefixtures("changed")
def test_a_text_is_shown_with_its_code_points(tokparity, pending):
    """What the eye cannot see is named."""
    (one,) = [one for one in pending() if one["case"].endswith("#keep") and "abc" in str(one)]
    ran = tokparity("review", "show", one["identity"])

    assert 'golden     "abc"' in ran.out
    assert 'now        "ab"' in ran.out
    assert "golden     U+0061 U+0062 U+0063" in ran.out


def test_the_loop_from_red_to_green(changed, tokparity, pending):
    """Accepted with a reason, the golden holds, and keeps why."""
    first = pending()[0]
    ran = tokparity("review", "accept", first["identity"], "--reason", " it drops one ", "--json")
    document = json.loads(ran.out)
    one = golden.read(changed.folder / IDS).accepted[first["case"]]

    assert ran.code == 0
    assert [each["identity"] for each in document["accepted"]] == [first["identity"]]
    assert document["pending"] == len(pending())
    assert (one.sha256, one.was) == (first["signatures"]["new"], first["signatures"]["old"])
    assert one.reason == "it drops one"
    assert tokparity("golden", "check").code == 1
    assert tokparity("review", "accept", "--all", "--reason", "all of them").code == 0
    assert tokparity("review").code == 0
    assert tokparity("golden", "check").code == 0


def test_what_is_accepted_one_by_one_is_what_an_update_records(changed, tokparity, pending):
    """But for the reasons; in any order of deciding."""
    for one in reversed(pending()):
        assert tokparity("review", "accept", one["identity"], "--reason", "x").code == 0
    accepted = {name: golden.without_trailer(data) for name, data in goldens(changed).items()}
    for path in (changed.folder / "golden").rglob("*.jsonl"):
        path.unlink()
    tokparity("golden", "update")

    assert accepted == goldens(changed)


def test_a_class_is_accepted_as_one(changed, tokparity, pending):
    """All changes of it, in every golden, and no other."""
    groups = {one["class"]: one for one in pending()}
    name = next(iter(groups))
    tokparity("review", "accept", "--class", name, "--reason", "x")
    left = {one["class"] for one in pending()}

    assert left == groups.keys() - {name}
    assert golden.read(changed.folder / IDS).accepted


def test_what_is_rejected_is_off_the_list_until_the_next_check(changed, tokparity, pending):
    """And its golden stays as it is."""
    before = goldens(changed)
    one, *others = pending()
    ran = tokparity("review", "reject", one["identity"])

    assert ran.code == 0
    assert pending() == others
    assert goldens(changed) == before
    tokparity("golden", "check")
    assert pending() == [one, *others]


def test_rejecting_all_leaves_nothing(changed, tokparity):
    """Neither pending, nor a file."""
    tokparity("review", "reject", "--all")

    assert tokparity("review").code == 0
    assert list((changed.folder / ".parity/pending").rglob("*.jsonl")) == []


@pytest.mark.parametrize("args", [("accept", "--all", "--reason", "x"), ("reject", "--all")])
def test_nothing_is_decided_in_ci(changed, tokparity, pending, monkeypatch, args):
    """Exit code 4, and nothing is written; to look is allowed."""
    before, listed = goldens(changed), pending()
    monkeypatch.setenv("CI", "true")
    ran = tokparity("review", *args)

    assert ran.code == 4
    assert "CI is set" in ran.err
    assert goldens(changed) == before
    assert pending() == listed


WRONG = {
    "an empty reason": ("accept", "--all", "--reason", "  "),
    "no reason": ("accept", "--all"),
    "nothing named": ("accept", "--reason", "x"),
    "two ways of naming": ("accept", "--all", "--class", "C-1", "--reason", "x"),
    "an id and all": ("reject", "--all", "G-1"),
}


@pytest.mark.parametrize("args", WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_exit_code_2(changed, tokparity, args):
    """And nothing is written."""
    before = goldens(changed)

    assert tokparity("review", *args).code == 2
    assert goldens(changed) == before


def test_a_case_that_changed_in_two_goldens_is_named_by_identity(project, tokparity):
    """One name that means two changes accepts neither."""
    pairs = [{"golden": ["ids"], "checks": ["ids"], "name": name} for name in ("toy", "too")]
    project.plan(*pairs)
    tokparity("golden", "check")
    ran = tokparity("review", "accept", project.ids()[0], "--reason", "x")

    assert ran.code == 2
    assert "is 2 changes: G-" in ran.err
    assert goldens(project) == {}


def test_a_refused_change_writes_none_of_the_others(project, tokparity, pending):
    """Either all that was named, or nothing."""
    project.file("model.bin", "first")
    pairs = [{"golden": ["ids"], "checks": ["ids"], "name": name} for name in ("toy", "too")]
    made_of = [{**pair, "reference": "py:mine:Artefact"} for pair in pairs]
    project.plan(pairs[0], made_of[1])
    tokparity("golden", "update")
    before = goldens(project)
    project.file("model.bin", "second")
    project.plan({**pairs[0], "reference": "mock:drops_last_id"}, made_of[1], rows=("abc", "new"))
    tokparity("golden", "check")
    names = [one["identity"] for one in pending() if one["kind"] != "header"]
    ran = tokparity("review", "accept", *names, "--reason", "x")

    assert ran.code == 4
    assert "first, the header" in ran.err
    assert goldens(project) == before


def test_other_files_are_accepted_as_a_change_of_their_own(project, tokparity, pending):
    """The header; from then on the golden is of the new file."""
    project.file("model.bin", "first")
    project.plan({"golden": ["ids"], "checks": ["ids"], "reference": "py:mine:Artefact"})
    tokparity("golden", "update")
    project.file("model.bin", "second")
    code = tokparity("golden", "check").code
    (one,) = pending()
    tokparity("review", "accept", one["identity"], "--reason", "a new model")

    assert code == 4
    assert one["case"] == one["kind"] == one["says"] == "header"
    assert "was made for model.bin" in one["details"][0]
    assert tokparity("golden", "check").code == 0


def test_what_inputs_hold_reaches_no_terminal(project, tokparity):
    """Neither colours nor a text that runs backwards."""
    project.plan({"golden": ["ids"], "checks": ["ids"]}, rows=["\x1b[31m\u202eabc"])
    tokparity("golden", "check")
    ran = tokparity("review", "show", project.ids()[0])

    assert "\\u001b[31m\\u202eabc" in ran.out
    assert not {"\x1b", "\u202e"} & set(ran.out)


def test_what_is_interrupted_between_golden_and_pending_file_is_noticed(
    changed, tokparity, monkeypatch
):
    """The golden is whole; what is pending of it is checked again, not believed."""
    monkeypatch.setattr("parity.pending.rewrite", lambda *_: 1 / 0)
    monkeypatch.setattr("parity.pending.remove", lambda *_: 1 / 0)
    assert tokparity("review", "accept", changed.ids()[0], "--reason", "x").code == 70
    ran = tokparity("review")

    assert list(golden.read(changed.folder / IDS).accepted) == [changed.ids()[0]]
    assert ran.code == 4
    assert "was made against another golden/toy/texts.ids.jsonl than stands there" in ran.err
