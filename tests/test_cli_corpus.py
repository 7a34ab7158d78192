"""`tokparity corpus`: what its commands print, write, and exit with."""

import json
import re

import pytest
from helpers import rows_of

from parity import artefact, cli_corpus, importing
from parity.types import case_digest

TRAP = "a\u202e\x1b[31m[red]:cat:"
CHAT = {"messages": [{"role": "user", "content": "hi"}]}


def tagged(text, *tags, **fields):
    """A corpus line."""
    id = f"mine/x-{case_digest('text', text, {})}"
    return {"id": id, "text": text, "tags": list(tags), **fields}


def test_every_shipped_corpus_is_listed(tokparity):
    """With its cases; the last line counts them."""
    ran = tokparity("corpus", "list", "--json")
    rows = {row["name"]: row for row in json.loads(ran.out)}

    assert ran.code == 0
    assert list(rows) == [path.stem for path in sorted(artefact.shipped().glob("*.jsonl"))]
    assert rows["bytes"]["kinds"] == {"bytes": rows["bytes"]["cases"]}
    assert rows["cjk"]["licences"] == {"CC0-1.0": rows["cjk"]["cases"]}
    total = sum(row["cases"] for row in rows.values())
    assert f"{len(rows)} corpora, {total:,} cases" in tokparity("corpus", "list").out


def test_a_corpus_of_ones_own_is_listed(project, tokparity, monkeypatch):
    """By a glob; what it does not say is said to be missing."""
    monkeypatch.setenv("COLUMNS", "120")
    project.corpus("texts/mine.jsonl", tagged("a", "t.a", "t.b"), tagged("b", "t.a"), [1])
    ran = tokparity("corpus", "list", "texts/*.jsonl")

    assert re.search(r"mine +3 +[\d,]+ +text, ids +t\.a, t\.b +none stated", ran.out)


def test_cases_are_shown_with_what_the_eye_cannot_see_escaped(project, tokparity):
    """Markup and emoji codes stay as they are."""
    project.corpus("mine.jsonl", tagged(TRAP, "t.a"))
    ran = tokparity("corpus", "show", "mine.jsonl")

    assert r'  text      "a\u202e\u001b[31m[red]:cat:"' in ran.out
    assert not set("\x1b\u202e") & set(ran.out)


def test_cases_that_fit_are_shown_up_to_a_limit(project, tokparity):
    """The rest is counted."""
    project.corpus(
        "mine.jsonl", *(tagged(f"{n}", "t.even" if n % 2 == 0 else "t.odd") for n in range(9))
    )
    ran = tokparity("corpus", "show", "mine.jsonl", "--select", "tag:t.even", "--limit", "2")

    assert re.findall(r'"(\d)"', ran.out) == ["0", "2"]
    assert ran.out.endswith("… and 3 more\n")


def test_shown_as_json_a_case_is_its_line(project, tokparity):
    """As it stands in the file, so that the output is a corpus."""
    rows = [tagged("a\u0301"), tagged(TRAP)]
    project.corpus("mine.jsonl", *rows)
    out = tokparity("corpus", "show", "mine.jsonl", "--json").out

    assert out == (project.folder / "mine.jsonl").read_text()


@pytest.mark.parametrize("args", [["show", "cjk", "--select", "id:no/*"], ["why", "no/"]])
def test_what_selects_no_case_is_exit_code_5(tokparity, args):
    """And says so."""
    ran = tokparity("corpus", *args)

    assert ran.code == 5
    assert "no case" in ran.err


@pytest.mark.parametrize("command", ["list", "show", "stats"])
def test_an_unknown_corpus_is_exit_code_2(tokparity, command):
    """With the known ones."""
    ran = tokparity("corpus", command, "cjc")

    assert ran.code == 2
    assert "no corpus 'cjc'; shipped: all, bidi" in ran.err


def test_everything_that_is_known_of_a_case_is_told(tokparity):
    """Its place, content, tags with trap, effect and links, source, licence, line."""
    out = tokparity("corpus", "why", "special/lstrip-nbsp").out

    assert re.search(r"^special/lstrip-nbsp-58690bb9  .*special\.jsonl:\d+$", out, re.MULTILINE)
    assert "U+0061 U+00A0" in out
    assert "tag       special.strip\n    trap    added tokens with lstrip" in out
    assert "    effect  white space is swallowed" in out
    assert "    bit     https://github.com/huggingface/tokenizers/issues/959" in out
    assert "  licence   CC0-1.0" in out
    assert '  line      {"id": "special/lstrip-nbsp-58690bb9"' in out


def test_a_corpus_may_explain_its_tags_beside_it(project, tokparity):
    """As ours does; a report that its source names becomes a link."""
    project.corpus("own/mine.jsonl", tagged("a", "t.a", "t.b", source="hand, after me/it#7"))
    project.file("own/TAGS.md", "| `t.a` | the \\| trap | the effect | [x](https://a.b/c) |\n")
    out = tokparity("corpus", "why", "mine/x", "--corpus", "own/*.jsonl").out

    assert "    trap    the | trap\n    effect  the effect\n    bit     https://a.b/c\n" in out
    assert "  tag       t.b\n    trap    not explained" in out
    assert "https://github.com/me/it/issues/7" in out


def test_the_start_of_several_ids_is_refused(tokparity):
    """With the first of them."""
    ran = tokparity("corpus", "why", "cjk/")

    assert ran.code == 2
    assert "cases start with 'cjk/'" in ran.err


def test_stats_count_what_corpora_are_made_of(tokparity):
    """As text and as JSON."""
    data = json.loads(tokparity("corpus", "stats", "cjk", "bytes", "--json").out)
    out = tokparity("corpus", "stats", "cjk", "bytes").out

    assert set(data["kinds"]) == {"text", "bytes"}
    assert f"scripts      Han {data['scripts']['Han']:,}, " in out
    assert f"cases        {data['cases']:,}\n" in out


# import


def test_an_import_says_what_it_came_to(project, tokparity):
    """And what is written can be run."""
    project.plan()
    project.file("lines.txt", "a\nb\n\na\n")
    ran = tokparity("corpus", "import", "lines.txt", "--format", "txt", "--output", "new.jsonl")

    assert ran.code == 0
    assert ran.out == (
        "new.jsonl: 2 cases of 4 rows, 1 duplicates left out, 1 empty rows left out, 0 malformed\n"
    )
    assert tokparity("run", "--corpus", "new.jsonl").code == 0


def test_an_import_with_malformed_rows_is_exit_code_2(project, tokparity):
    """The places are told, the other rows are written."""
    project.file("chats.jsonl", "{\n" * 25 + json.dumps(CHAT))
    ran = tokparity("corpus", "import", "chats.jsonl", "--format", "openai", "--output", "o.jsonl")

    assert ran.code == 2
    assert "o.jsonl: 1 cases of 26 rows, 25 malformed\n  chats.jsonl:1: not JSON" in ran.out
    assert "chats.jsonl:20: " in ran.out
    assert "chats.jsonl:21: " not in ran.out
    assert "… and 5 more\n  all malformed rows, with their reasons: " in ran.out
    assert len(rows_of(project.folder / "o.rejected.jsonl")) == 25
    assert [row["messages"] for row in rows_of(project.folder / "o.jsonl")] == [CHAT["messages"]]


def test_some_malformed_rows_may_be_allowed(project, tokparity):
    """So many, and no more."""
    project.file("a.txt", b"a\n\xff\n\xff")
    command = ["corpus", "import", "a.txt", "--format", "txt", "--output", "o", "--force"]

    assert tokparity(*command, "--max-malformed", "2").code == 0
    assert tokparity(*command, "--max-malformed", "1").code == 2


def test_an_import_with_no_messages_is_exit_code_5(project, tokparity):
    """Nothing is written."""
    project.file("chats.jsonl", '{"messages": []}\n')
    ran = tokparity("corpus", "import", "chats.jsonl", "--format", "openai", "--output", "o.jsonl")

    assert ran.code == 5
    assert "nothing is written\n  chats.jsonl:1: it has no messages" in ran.err
    assert [path.name for path in project.folder.iterdir()] == ["chats.jsonl"]


def test_an_existing_output_is_kept_without_force(project, tokparity):
    """Usage, not a loss."""
    project.file("a.txt", "a\n")
    project.file("o.jsonl", "old")
    command = ["corpus", "import", "a.txt", "--format", "txt", "--output", "o.jsonl"]
    ran = tokparity(*command)

    assert (ran.code, (project.folder / "o.jsonl").read_text()) == (2, "old")
    assert "o.jsonl is there already; name another, or give --force" in ran.err
    assert tokparity(*command, "--force").code == 0


def test_an_interrupted_import_leaves_nothing(project, tokparity, monkeypatch):
    """Neither half a corpus nor what was rejected."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("parity.importing.seen.Seen.add", interrupted)
    project.file("a.txt", b"\xff\na\n")

    assert tokparity("corpus", "import", "a.txt", "--format", "txt", "--output", "o").code == 130
    assert [path.name for path in project.folder.iterdir()] == ["a.txt"]


def test_the_formats_that_are_offered_are_those_there_are():
    """The command line names them without importing anything."""
    assert set(cli_corpus.FORMATS) == set(importing.FORMATS)


# bad corpora given to a run

BAD = {
    "not UTF-8": (b'{"id": "\xff"}\n', "bad.jsonl:1: not UTF-8 at byte 8"),
    "UTF-16": ('{"id": "a"}\n'.encode("utf-16"), "bad.jsonl:1: not UTF-8 at byte 0"),
    "100 MB": (b'{"text": "' + b"a" * 100_000_000, "bad.jsonl:1: the line has 100,000,010 bytes"),
}


@pytest.mark.parametrize(("content", "says"), BAD.values(), ids=BAD)
def test_a_corpus_that_cannot_be_read_stops_a_run(project, tokparity, content, says):
    """With file and line, before anything is compared."""
    project.plan()
    project.file("bad.jsonl", content)
    ran = tokparity("run", "--corpus", "bad.jsonl")

    assert ran.code == 2
    assert says in ran.err
    assert not (project.folder / ".parity/runs").exists()
