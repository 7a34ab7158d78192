"""`tokparity minimise`: from a run file alone, the smallest case and its cause; the same always."""

import json

import pytest
from helpers import rows_of

from parity.asking_again import revived
from parity.runfile import as_case
from parity.stream_cases import StopScript
from parity.streams import Script, Step, Stops
from parity.types import Case, case_digest

LONG = "Some words, and More of them; \u5bb6 42."
LOWER = {"candidate": "mock:reads_lower_case", "checks": ["ids"]}


@pytest.fixture
def after(project, tokparity):
    """A function that runs a plan, and then minimises what differs, as JSON."""

    def command(*args, pair=None, rows=(LONG,), as_json=True):
        project.plan(pair or LOWER, rows=rows)
        tokparity("run")
        ran = tokparity("minimise", "t/", *args, *(["--json"] if as_json else []))
        return ran, json.loads(ran.out) if as_json and not ran.code else None

    return command


def least(found):
    """The payloads of the smallest cases."""
    return [row["divergence"]["minimal"]["case"]["payload"] for row in found]


def test_a_divergence_is_made_small_and_named(after):
    """Its cause, and one character."""
    ran, found = after()

    assert ran.code == 0
    assert least(found) == ["A"]
    assert found[0]["divergence"]["cause"] == "case"
    assert found[0]["divergence"]["minimal"]["proven"]
    assert found[0]["changed"] == []


def test_the_run_file_is_all_that_it_takes(after, project, tokparity):
    """Neither the plan nor the corpus is looked at."""
    after()
    (path,) = (project.folder / ".parity" / "runs").iterdir()
    path.rename(project.folder / "kept.jsonl")
    for name in ("pyproject.toml", "texts.jsonl", "mine.py"):
        (project.folder / name).unlink()
    ran = tokparity("minimise", "t/", "--run", "kept.jsonl", "--json")

    assert least(json.loads(ran.out)) == ["A"]


def test_people_read_the_divergence_its_cause_and_its_smallest_case(after):
    """With what each side makes of it."""
    ran, _ = after(as_json=False)

    assert "ids  t/case-" in ran.out
    assert "cause      case: letters are read in another case" in ran.out
    assert 'smallest   "A"  U+0041\n' in ran.out
    assert "reference [65]" in ran.out
    assert "candidate [97]" in ran.out


def test_the_answer_is_the_same_on_every_run(after, tokparity):
    """To the byte."""
    once, _ = after(pair={"candidate": "mock:folds_spaces"}, rows=("a \t b \n c  ",))
    again = tokparity("minimise", "t/", "--json")

    assert once.out == again.out


def test_every_check_that_found_it_is_minimised(after):
    """One for each; --check names one."""
    pair = {"candidate": "mock:reads_lower_case", "checks": ["ids", "ids_batched"]}
    _, both = after(pair=pair)
    _, one = after("--check", "ids", pair=pair)

    assert [row["divergence"]["check"] for row in both] == ["ids", "ids_batched"]
    assert [row["divergence"]["check"] for row in one] == ["ids"]


@pytest.mark.parametrize("args", [("nothing/",), ("t/", "--check", "text"), ("t/case-00000000x",)])
def test_an_id_that_is_not_there_is_told(after, tokparity, args):
    """With what was asked for, and where."""
    after()
    ran = tokparity("minimise", *args)

    assert ran.code == 5
    assert repr(args[0]) in ran.err
    assert ".parity/runs" in ran.err


def test_without_a_run_there_is_nothing_to_minimise(tokparity):
    """And it says how to name one."""
    ran = tokparity("minimise", "t/")

    assert ran.code == 2
    assert "--run FILE" in ran.err


@pytest.mark.parametrize("content", ["", "{}\n", "no json\n"])
def test_what_is_no_run_file_is_told(project, tokparity, content):
    """It proves nothing."""
    project.file("kept.jsonl", content)
    ran = tokparity("minimise", "t/", "--run", "kept.jsonl")

    assert ran.code == 3
    assert "kept.jsonl" in ran.err


def test_a_side_that_has_changed_is_told(after, project, tokparity):
    """What is minimised is then not what was seen."""
    project.file("model.bin", "one")
    after(pair={"candidate": "py:mine:Altered", "checks": ["ids"]})
    project.file("model.bin", "two")
    ran = tokparity("minimise", "t/", "--json")
    (found,) = json.loads(ran.out)

    assert ran.code == 0
    assert [text.split(":")[0] for text in found["changed"]] == ["candidate"]
    assert "artefacts" in found["changed"][0]


@pytest.fixture(autouse=True)
def altered(project, monkeypatch):
    """A backend of the tests' folder that is wrong as long as model.bin does not say `right`."""
    plan = project.plan

    def with_it(*args, **kwargs):
        folder = plan(*args, **kwargs)
        path = folder / "mine.py"
        path.write_text(path.read_text() + ALTERED)
        return folder

    monkeypatch.setattr(project, "plan", with_it)


ALTERED = """

class Altered(Artefact):
    def encode(self, text, *args):
        seen = super().encode(text, *args)
        wrong = pathlib.Path("model.bin").read_text() != "right"
        return Encoding(seen.ids[:-1], None) if wrong else seen

class TakesBytes(Mine):
    def encode(self, data, *args):
        return Encoding(list(data), None)

class LosesHighBytes(TakesBytes):
    def encode(self, data, *args):
        return Encoding([byte for byte in data if byte < 128], None)
"""


def test_what_does_not_differ_any_more_is_said(after, project, tokparity):
    """That is no error: the exit code says nothing of the find."""
    project.file("model.bin", "one")
    after(pair={"candidate": "py:mine:Altered", "checks": ["ids"]})
    project.file("model.bin", "right")
    ran = tokparity("minimise", "t/")

    assert ran.code == 0
    assert "it does not differ any more" in ran.out
    assert "candidate: artefacts model.bin was" in ran.out


def test_tries_that_run_out_are_stated(after):
    """What was reached by then still differs, and is not called the smallest."""
    ran, _ = after("--tries", "3", as_json=False)
    _, found = after("--tries", "3")
    minimal = found[0]["divergence"]["minimal"]

    assert "(not proven smallest: 3 tries)" in ran.out
    assert minimal["proven"] is False
    assert minimal["tries"] == 3
    assert len(minimal["case"]["payload"]) < len(LONG)


def of(kind, payload, **options):
    """A line of a corpus."""
    return {"id": f"t/case-{case_digest(kind, payload, options)}", kind: payload, **options}


KINDS = {
    "text": ("drops_last_id", "ids", LONG, lambda least: least == "a"),
    "ids": ("strips_decoded_text", "text", [32, 97, 98, 32], lambda least: len(least) == 1),
    "stream": (
        "streams_in_capitals",
        "joined",
        of("stream", {"requests": [{"pieces": ["ab", "cd", "ef"]}]}),
        lambda least: str(least).count("[") < 12,
    ),
    "stop": (
        "keeps_the_stop",
        "stop_final",
        of("stop", {"pieces": ["ab", "cd", "STOP", "ef"], "stops": ["STOP", "no"]}),
        lambda least: "no" not in str(least),
    ),
    "messages": (
        "encodes_prompts_twice_over",
        "prompt_ids",
        of("messages", [{"role": "system", "content": LONG}, {"role": "user", "content": "x"}]),
        lambda least: len(least) == 1,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_case_is_minimised_from_a_run_file(after, kind):
    """It comes back out of JSON as what it was, and is made smaller."""
    fault, check, row, small = KINDS[kind]
    ran, found = after(pair={"candidate": f"mock:{fault}", "checks": [check]}, rows=(row,))

    assert ran.code == 0, ran.err
    assert found
    assert all(small(one) for one in least(found))
    assert all(row["divergence"]["minimal"]["proven"] for row in found)


def test_bytes_are_minimised_from_a_run_file(after):
    """Also where they are no UTF-8; a byte is left behind, or it would be another difference."""
    data = "6162c3a963ff"
    row = {"id": f"t/case-{case_digest('bytes', data, {})}", "bytes": data}
    pair = {
        "reference": "py:mine:TakesBytes", "candidate": "py:mine:LosesHighBytes", "checks": ["ids"],
    }  # fmt: skip
    _, found = after(pair=pair, rows=(row,))

    assert least(found) == [{"hex": "a963"}]


def test_a_law_is_minimised_as_the_law_that_it_is(after):
    """Of the one side that broke it."""
    _, found = after(pair={"candidate": "mock:pads_batches", "checks": ["batch_is_single"]},
                     rows=(LONG, "x"))  # fmt: skip
    (row,) = found

    assert (row["divergence"]["check"], row["divergence"]["judged"]) == (
        "batch_is_single", "candidate",
    )  # fmt: skip
    assert row["divergence"]["cause"] == "batch-padding"
    assert len(row["divergence"]["minimal"]["batch"]) == 2


@pytest.mark.parametrize(
    ("fault", "cause"),
    [("reverses_batches", "batch-order"), ("one_worker_is_wrong", "batch"),
     ("fails_in_batches", "batch")],
)  # fmt: skip
def test_what_shows_only_in_a_batch_is_shown_in_the_smallest_one(after, fault, cause):
    """Two cases: the one that differs, and one beside it."""
    pair = {"candidate": f"mock:{fault}", "checks": ["ids_batched"]}
    ran, found = after(pair=pair, rows=(LONG, "x y z", "some more"))
    minimal = found[0]["divergence"]["minimal"]

    assert ran.code == 0
    assert found[0]["divergence"]["cause"] == cause
    assert len(minimal["batch"]) == 2
    assert found[0]["divergence"]["case"]["id"].startswith("t/")
    assert minimal["case"]["id"] == found[0]["divergence"]["case"]["id"]
    assert minimal["case"] in minimal["batch"]


SCRIPT = Script(((1,),), ((Step(0, (4, 5)), Step(0, (7,), "eos")),), False)
STOPS = StopScript(((1, 2), (3,)), Stops(("x",), (7,), True, 1), "eos")
CASES = [
    Case("t/x-0", "text", "a\ud800b"),
    Case("t/x-0", "bytes", b"a\xff"),
    Case("t/x-0", "ids", (1, 2)),
    Case("t/x-0", "messages", [{"role": "user", "content": "x"}], {"tools": []}),
    Case("t/x-0", "script", SCRIPT, {"schedule": "written"}),
    Case("t/x-0", "stop_script", STOPS),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_a_case_comes_back_from_a_run_file_as_it_was(case):
    """Through JSON: types, bytes and half surrogates."""
    assert revived(json.loads(json.dumps(as_case(case)))) == case


def test_a_finding_of_a_search_is_minimised_as_any_divergence(project, tokparity):
    """By the id of the case that was drawn."""
    project.plan({"candidate": "mock:reads_lower_case"})
    tokparity("fuzz", "--strategy", "borders", "--checks", "ids_batched", "--max-examples", "1024")
    ran = tokparity("minimise", "fuzz/borders-0", "--json")
    finding = next((project.folder / ".parity" / "findings").iterdir())

    assert least(json.loads(ran.out)) == [json.loads(finding.read_bytes())["minimal"]["payload"]]
    assert rows_of(next((project.folder / ".parity" / "runs").iterdir()))


def damaged(found, change):
    """A run file whose divergence, or its case, was changed; the footer is as it was."""
    rows = [json.loads(line) for line in found.read_text().splitlines()]
    for row in rows:
        if row["type"] == "divergence":
            where = row["case"] if change.keys() <= row["case"].keys() else row
            where.update(change)
    found.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize(
    "change",
    [
        {"payload": 5},
        {"payload": {"$bytes": "zz"}},
        {"payload": {"hex": "zz"}},
        {"judged": "reference"},
        {"pair": "another"},
        {"kind": "script"},
        {"kind": "odd"},
        {"kind": "ids"},
        {"kind": "ids", "payload": [1, 2]},
        {"tags": 5},
        {"options": {"specials": "odd"}},
    ],
    ids=str,
)
def test_a_damaged_divergence_proves_nothing(after, project, tokparity, change):
    """It is exit code 3 with the file, and not said to differ no more."""
    after()
    (path,) = (project.folder / ".parity" / "runs").iterdir()
    damaged(path, change)
    ran = tokparity("minimise", "t/")

    assert ran.code == 3, ran.err
    assert path.name in ran.err
    assert "damaged" in ran.err
    assert ran.out == ""


def test_no_id_at_all_names_no_divergence(after, tokparity):
    """Every id starts so."""
    after()
    ran = tokparity("minimise", "")

    assert ran.code == 2
    assert "name a divergence by the id of its case" in ran.err


@pytest.fixture
def finding(project, tokparity):
    """The file of a finding, of a search."""
    project.plan({"candidate": "mock:reads_lower_case"})
    tokparity("fuzz", "--strategy", "borders", "--checks", "ids_batched", "--max-examples", "64")
    (path,) = (project.folder / ".parity" / "findings").iterdir()
    return path


def test_a_finding_is_named_by_its_id(finding, tokparity):
    """Its case is found in the run file of its search."""
    ran = tokparity("minimise", finding.stem, "--json")
    (row,) = json.loads(ran.out)

    assert row["divergence"]["case"]["id"] == json.loads(finding.read_bytes())["case"]["id"]


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 5, "those that start 'F-': none"),
        ("[]", 3, "no finding can be read there"),
        ("[" * 200_000, 3, "no finding can be read there"),
        ('{"check": "ids", "pair": "toy", "case": {"id": "x/y"}}', 5, "with --run FILE"),
    ],
    ids=["none", "another", "no JSON", "of another run"],
)
def test_a_finding_that_leads_to_no_divergence_is_told(finding, tokparity, content, code, said):
    """With what to do, where it is of another run."""
    finding.unlink() if content is None else finding.write_text(content)
    ran = tokparity("minimise", "F-")

    assert (ran.code, said in ran.err) == (code, True), ran.err
