"""Which libraries are searched, what a search of one leaves, and how it is printed."""

import base64
import json
import sys
from pathlib import Path

import pytest

from benchmarks.exactness import folders, lock, searching, table
from benchmarks.exactness.__main__ import main
from parity.backends import known
from parity.errors import BadSpec, LockMismatch


def test_every_generator_of_texts_and_ids_is_searched_but_half_a_pair():
    """Which every side refuses by an exception of its own."""
    names = set(searching.strategies())

    assert {"borders", "id_sequences", "whitespace"} <= names
    assert not {"surrogates", "messages", "step_schedules"} & names


def test_the_lock_names_kinds_of_backends():
    """Those that `tokparity backends` lists."""
    kinds = {row.kind for row in known()}

    assert {one.candidate.partition(":")[0] for one in lock.read().values()} <= kinds


@pytest.mark.parametrize(
    ("candidate", "spec"),
    [("a:{}", "a:DIR"), ("b:{name}", "b:x_base"), ("c:{},n={name}", "c:DIR,n=x_base")],
)
def test_a_candidate_is_of_the_folder_or_of_the_name_of_a_vocabulary(candidate, spec, monkeypatch):
    """As the library has it: some bring their own."""
    monkeypatch.setitem(lock.NAMES, "x", "x_base")

    assert lock.spec(candidate, "DIR", "x") == spec
    assert lock.spec("b:{name}", "DIR", "qwen3") == "b:qwen3"


ENTRY = (
    '[[library]]\nname = "a"\nversion = "1"\nclaim = ""\nplace = ""\nshape = "own"\n'
    'candidate = "py:m:f,folder={}"\nreferences = ["hf:x"]\n'
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[library", "cannot be read"),
        (ENTRY + ENTRY, "comes twice"),
        (ENTRY.replace("claim", "claims"), "wanted are"),
        (ENTRY.replace("hf:x", "mock:x"), "none of hf, tiktoken"),
        (ENTRY.replace("{}", "x"), "names no vocabulary"),
    ],
)
def test_a_wrong_lock_says_what_is_wrong(tmp_path, text, said):
    """With the library that it is about."""
    path = tmp_path / "lock.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(LockMismatch, match=said):
        lock.read(path)


def vocabulary(folder, steps, added=()):
    """Write a tokenizer.json with two tokens."""
    folder.mkdir(parents=True)
    content = {
        "added_tokens": list(added),
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps},
        "model": {"type": "BPE", "vocab": {"a": 0, "\u0120": 1, "<s>": 2}, "merges": []},
    }
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")


SPLIT = {"type": "Split", "pattern": {"Regex": "x+"}}
ADDED = [{"content": "<s>", "id": 2}, {"content": "<|reserved_3|>", "id": 3}]


def test_a_built_vocabulary_gets_ranks_beside_it(tmp_path):
    """Tokens as bytes by id, the pattern, the special tokens without what only fills up ids."""
    vocabulary(tmp_path / "built" / "v", [SPLIT, {"type": "ByteLevel"}], ADDED)
    folder = folders.place("v", tmp_path / "built", tmp_path / "work")
    folders.add_ranks(folder)
    config = json.loads((folder / "tiktoken.json").read_bytes())
    lines = (folder / config["ranks"]).read_text(encoding="ascii").splitlines()

    assert [base64.b64decode(line.split()[0]) for line in lines] == [b"a", b" "]
    assert (config["pattern"], config["special_tokens"]) == ("x+", {"<s>": 2})
    assert not (tmp_path / "built" / "v" / "tiktoken.json").exists()


def test_a_vocabulary_of_several_patterns_has_no_ranks(tmp_path):
    """That cannot be said to tiktoken."""
    vocabulary(tmp_path / "v", [SPLIT, SPLIT])

    with pytest.raises(BadSpec, match="has 2"):
        folders.add_ranks(tmp_path / "v")


def test_a_vocabulary_that_was_not_built_is_told_with_its_command(tmp_path):
    """The command makes it."""
    with pytest.raises(BadSpec, match=r"benchmarks.vocabularies build FOLDER llama3"):
        folders.place("llama3", tmp_path, tmp_path / "work")


def test_a_vocabulary_that_comes_along_is_where_it_is(tmp_path):
    """Nothing is linked."""
    found = folders.place("tiny:wordpiece", None, tmp_path)

    assert (found / "tokenizer.json").is_file()
    assert list(tmp_path.iterdir()) == []


def test_a_search_leaves_counts_causes_and_the_smallest_example(tmp_path):
    """As the command kept them."""
    reference = "hf:tiny:byte-bpe-600"
    found = searching.search(
        reference, f"mock:drops_last_id,of={reference}", tmp_path / "pair", "0.1s", 0
    )

    assert found.problem == ""
    assert found.rows["ids_batched"][1] > 0
    assert found.causes["ids_batched", "missing-ids"] > 0
    assert len(found.examples["ids_batched", "missing-ids"]["minimal"]["case"]["payload"]) == 1


def test_a_refusal_is_told_as_one(tmp_path):
    """It is the library's answer to the file."""
    path = tmp_path / "tokenizer.json"
    path.write_text('{"model": {"type": "NoSuchModel"}}')
    found = searching.search("hf:tiny:byte-bpe-600", f"hf:{path}", tmp_path / "pair", "0.1s", 0)

    assert found.problem.startswith("refused: Exception: ")


def test_a_side_that_cannot_be_loaded_is_told_in_its_librarys_words(tmp_path):
    """It is an answer, not an end of all searches."""
    found = searching.search("hf:tiny:byte-bpe-600", "py:json:loads", tmp_path / "pair", "0.1s", 0)

    said = "TypeError: loads() missing 1 required positional argument: 's'"
    assert (found.rows, found.problem) == ({}, said)


@pytest.mark.parametrize(
    ("program", "code", "said"),
    [
        ("import os; os.kill(os.getpid(), 11)", -11, "ended by signal 11"),
        ("import sys; sys.exit('error: gone; its library says why')", 1, "why"),
        ("import sys; sys.exit('error: no such file')", 1, "no such file"),
    ],
)
def test_how_a_search_ended_is_told_in_a_line(tmp_path, program, code, said):
    """A crash ends one process."""
    outcome = searching._outcome([sys.executable, "-c", program], tmp_path, 60)

    assert outcome == (code, said)


def test_a_search_that_hangs_is_ended(tmp_path):
    """The others go on."""
    hangs = [sys.executable, "-c", "import threading; threading.Event().wait()"]

    assert searching._outcome(hangs, tmp_path, 0.1) == (None, "no answer after 0 s: ended")


LIBRARY = lock.Library("lib", "1.0", "it is | exact", "README", "own", "py:m:f,folder={}", [])


def example(payload, reference=(1,), candidate=(2,), **more):
    """A divergence as a run file has it."""
    case = {"payload": payload, "options": more.pop("options", {})}
    seen = {"reference": {"value": list(reference)}, "candidate": {"value": list(candidate)}}
    minimal = {"case": case, "batch": [], "proven": True, **seen, **more}
    return {"case": case, "minimal": minimal, **seen}


def searched(examples):
    return searching.Searched(
        1.0, 10, {"ids_batched": (10, 3), "offsets_batched": (0, 0)},
        {("ids_batched", "order"): 3}, examples,
    )  # fmt: skip


def test_a_search_is_one_row_of_counts():
    """What compared nothing is not counted, and a claim is quoted."""
    rows = [
        table.Row(LIBRARY, "hf:v", searched({})),
        table.Row(LIBRARY, "hf:w", None, "it is not installed"),
        table.Row(LIBRARY, "hf:x", searching.Searched(1.0, problem="ended by signal 11")),
    ]

    assert list(table.searches(rows))[2:] == [
        "| lib | `hf:v` | 10 | ids 3 of 10 | ids: order 3 |",
        "| lib | `hf:w` | - | - | it is not installed |",
        "| lib | `hf:x` | - | - | ended by signal 11 |",
    ]
    assert list(table.claims([LIBRARY]))[2:] == ['| lib | 1.0 | own | "it is \\| exact" | README |']


def test_the_shortest_example_of_a_cause_is_shown_once():
    """Of all vocabularies of a library."""
    key = ("ids_batched", "order")
    rows = [
        table.Row(LIBRARY, "hf:v", searched({key: example("abc")})),
        table.Row(LIBRARY, "hf:w", searched({key: example("a")})),
    ]

    assert list(table.examples(rows))[2:] == ["| lib | ids: order | `w` | `'a'` | `[1]` | `[2]` |"]


@pytest.mark.parametrize(
    ("seen", "cell"),
    [
        (example("\u00e9\u2028|"), "`'\\xe9\\u2028\\|'`"),
        (example("`"), "`` '`' ``"),
        (example("\ud83d\ude00\ud800"), "`'\\U0001f600\\ud800'`"),
        (example({"join": ["\ud83d", "\ude00"]}), "`'\\U0001f600'`"),
        (example([1, 2]), "`[1, 2]`"),
        (example("a", options={"specials": "plain"}), "`'a'` (plain)"),
        (example("a", proven=False), "`'a'` (not proven smallest)"),
        (example("a", batch=[{"payload": "b"}]), "`'a'` in the batch `'b'`"),
        ({**example("a"), "minimal": None}, "`'a'` (not proven smallest)"),
        (example("a" * 99), f"`'{'a' * 63}... +37`"),
    ],
)
def test_an_input_is_printed_so_that_it_can_be_copied(seen, cell):
    """In ASCII, with what it takes beside it."""
    assert table._input(seen) == cell


def test_a_failure_is_printed_by_its_kind():
    """Its message decides nothing."""
    assert table._answer({"failure": {"kind": "KeyError", "message": "x"}}) == "fails: KeyError"


def test_the_list_is_what_pip_takes(capsys):
    """Every library with its version."""
    assert main(["list"]) == 0
    assert "kitoken==" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "no library 'nosuch'"),
        (["--time", "soon"], "a time is a number"),
        (["--work", "."], "is there already"),
    ],
)
def test_a_wrong_argument_is_a_line_and_exit_code_2(tmp_path, capsys, arguments, said):
    """Nothing is searched."""
    assert main(["run", str(tmp_path), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_page_tells_of_every_search_of_the_lock():
    """Each library in its version, and each vocabulary that it is tried on."""
    page = (Path(__file__).parent.parent / "docs" / "exactness.md").read_text(encoding="utf-8")
    rows = [f"| {one.name} | {one.version} |" for one in lock.read().values()]
    rows += [f"| {one.name} | `{ref}` |" for one in lock.read().values() for ref in one.references]

    assert [row for row in rows if row not in page] == []
