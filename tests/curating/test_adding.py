"""`tokparity corpus add`: what diverged becomes a case, once, in a corpus that stays whole."""

import json

import pytest
from helpers import WRONG, rows_of

from parity import corpus
from parity.types import case_digest

MINIMAL = {"id": "x#keep", "kind": "text", "payload": "a\u200b", "tags": ["t"],
           "options": {"specials": "plain", "skip": True}}  # fmt: skip
FINDING = {
    "id": "F-0a1b2c3d", "case": {**MINIMAL, "payload": "long a\u200b"}, "minimal": MINIMAL,
    "class": "Doubled BOS", "check": "ids", "pair": "toy",
}  # fmt: skip


@pytest.fixture
def add(tokparity):
    """A function that adds to mine.jsonl."""
    return lambda *args: tokparity("corpus", "add", "mine.jsonl", *args)


def test_a_case_that_diverged_is_added_from_the_newest_run(project, tokparity, add):
    """Under the file's name as topic, with its content's digest, its tags and where it was seen."""
    row = {"id": f"t/two-{case_digest('text', 'ab', {})}", "text": "ab", "tags": ["t.a"]}
    project.plan(WRONG, rows=[row, "c"])
    tokparity("run")
    ran = add("--from", "t/two", "--tag", "t.b", "--tag", "t.a", "--why", "0.23 broke it")
    (added,) = rows_of(project.folder / "mine.jsonl")

    assert ran.code == 0
    assert ran.out == f"mine.jsonl: added {added['id']}\n"
    assert added["id"] == row["id"].replace("t/two", "mine/two")
    assert (added["text"], added["tags"]) == ("ab", ["t.a", "t.b"])
    assert added["source"] == "0.23 broke it; ids of toy diverged"
    assert tokparity("run", "--corpus", "mine.jsonl").code == 1


def test_a_run_file_and_a_trap_may_be_named(project, tokparity, add):
    """The id is then as one says."""
    project.plan(WRONG, rows=["ab"])
    tokparity("run", "--output", "jsonl=one.jsonl")
    add("--from", project.ids()[0], "--run", "one.jsonl", "--trap", "topic/some.trap")

    assert rows_of(project.folder / "mine.jsonl")[0]["id"].startswith("topic/some.trap-")


def test_a_stream_is_added_as_its_corpus_has_it(project, tokparity, add):
    """The run file has what a vocabulary made of it."""
    project.plan({"candidate": "mock:strips_chunks", "checks": ["joined"]}, rows=[[97, 32, 98]])
    tokparity("run")
    ran = add("--from", project.ids()[0])

    assert (ran.code, ran.err) == (0, "")
    assert rows_of(project.folder / "mine.jsonl")[0]["ids"] == [97, 32, 98]


def test_a_finding_gives_its_minimal_case(project, add):
    """Named after its class; what a check added to the options is left."""
    project.file(".parity/findings/F-0a1b2c3d.json", json.dumps(FINDING, indent=1))
    ran = add("--from", "F-0a")
    (case,) = corpus.read(project.folder / "mine.jsonl")

    assert ran.code == 0
    assert case.id.startswith("mine/doubled-bos-")
    assert case[1:5] == ("text", "a\u200b", {"specials": "plain"}, ("t",))
    assert case.source == "ids of toy diverged: Doubled BOS"


def test_a_text_by_hand_is_added(project, add):
    """Also one that a terminal would act upon."""
    add("--text", "a\u202e", "--trap", "a/b", "--tag", "t")

    assert rows_of(project.folder / "mine.jsonl") == [
        {"id": "a/b-" + case_digest("text", "a\u202e", {}), "text": "a\u202e", "tags": ["t"],
         "source": "hand"}
    ]  # fmt: skip


def test_nothing_is_added_twice(project, add):
    """Whatever it would be called; that is no error."""
    add("--text", "a")
    before = (project.folder / "mine.jsonl").read_bytes()
    ran = add("--text", "a", "--trap", "an/other")

    assert ran.code == 0
    assert ran.out == "mine.jsonl:1: this case is there already; nothing is added\n"
    assert (project.folder / "mine.jsonl").read_bytes() == before


def test_a_file_keeps_every_byte_that_it_has(project, add):
    """A last line without its end gets one; the folder is made."""
    line = json.dumps({"id": "t/a-8cdd002a", "text": "a"})
    project.file("mine.jsonl", f"\n{line} ")
    add("--text", "b")

    assert (project.folder / "mine.jsonl").read_text().startswith(f"\n{line} \n{{")
    assert len(list(corpus.read(project.folder / "mine.jsonl"))) == 2


def test_an_empty_file_is_a_corpus_to_add_to(project, add):
    """It gets no empty line."""
    project.file("mine.jsonl", "")
    add("--text", "b")

    assert (project.folder / "mine.jsonl").read_bytes().startswith(b'{"id"')


BROKEN = {
    "no JSON": "{",
    "no object": "[]",
    "no minimal": json.dumps({**FINDING, "minimal": None}),
    "no payload": json.dumps({**FINDING, "minimal": {"id": "x", "kind": "text"}}),
    "a payload of no form": json.dumps({**FINDING, "minimal": MINIMAL | {"payload": {"hex": "A"}}}),
    "a text of a number": json.dumps({**FINDING, "minimal": {**MINIMAL, "payload": 5}}),
    "ids of a text": json.dumps({**FINDING, "minimal": {**MINIMAL, "kind": "ids"}}),
    "an unknown kind": json.dumps({**FINDING, "minimal": {**MINIMAL, "kind": "odd"}}),
    "a kind that is none": json.dumps({**FINDING, "minimal": {**MINIMAL, "kind": []}}),
    "nested too deeply": "[" * 200_000,
}  # fmt: skip
REFUSED = {
    "neither": ((), 2, "give --from DIVERGENCE, or --text TEXT"),
    "both": (("--from", "a", "--text", "b"), 2, "one of the two"),
    "no run": (("--from", "a"), 5, "no run file in .parity/runs"),
    "no finding": (("--from", "F-1"), 5, "no case 'F-1' in .parity/findings"),
    "no such run": (("--from", "a", "--run", "gone"), 3, "gone: cannot be read"),
    "a bad trap": (("--text", "a", "--trap", "Topic"), 2, "--trap 'Topic' is not of the form"),
    "bytes": (("--text", "a\udcff"), 2, "--text is not UTF-8"),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_finding_is_exit_code_2(project, add, content):
    """With its name, and with what is wrong in it."""
    project.file(".parity/findings/F-1.json", content)
    ran = add("--from", "F-")

    assert ran.code == 2
    assert ".parity/findings/F-1.json: no " in ran.err
    assert not (project.folder / "mine.jsonl").exists()


def test_a_broken_finding_is_in_the_way_of_no_other(project, add):
    """The one that is wanted is chosen by the name of its file."""
    project.file(".parity/findings/F-0a1b2c3d.json", json.dumps(FINDING))
    project.file(".parity/findings/F-zzzzzzzz.json", "{")
    ran = add("--from", "F-0a1b2c3d")

    assert (ran.code, ran.err) == (0, "")
    assert len(rows_of(project.folder / "mine.jsonl")) == 1


@pytest.mark.parametrize(("args", "code", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_added_is_refused(project, add, args, code, says):
    """And no file is made."""
    ran = add(*args)

    assert (ran.code, says in ran.err) == (code, True), ran.err
    assert not (project.folder / "mine.jsonl").exists()


def test_a_case_that_did_not_diverge_is_exit_code_5(project, tokparity, add):
    """The run file has only what differs."""
    project.plan(WRONG, rows=["ab"])
    tokparity("run")
    ran = add("--from", "t/other")

    assert ran.code == 5
    assert "no case 't/other' in the divergences of .parity/runs/" in ran.err


def test_a_case_of_a_checks_own_is_refused(project, tokparity, add):
    """No corpus holds a vocabulary."""
    project.plan({"candidate": "mock:renames_a_token", "checks": ["vocabulary"]})
    tokparity("run")
    ran = add("--from", "vocabulary/tokens")

    assert ran.code == 2
    assert "vocabulary/tokens is a vocabulary in the run file, which no corpus holds" in ran.err


def test_a_broken_corpus_is_not_added_to(project, add):
    """It is the user's to mend."""
    project.file("mine.jsonl", "{}\n")
    ran = add("--text", "a")

    assert ran.code == 2
    assert "mine.jsonl:1: exactly one of text" in ran.err


def test_another_content_under_the_same_id_is_refused(add, monkeypatch):
    """Eight digits may come again by chance."""
    monkeypatch.setattr("parity.corpus.case_digest", lambda *_: "00000000")
    add("--text", "a")
    ran = add("--text", "b")

    assert ran.code == 2
    assert "mine.jsonl:1: has the id mine/by-hand-00000000 for another content" in ran.err
