"""`tokparity fuzz`: what it keeps, what it counts, what it says, and when it is not green."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import rows_of

from parity import canary, files, fuzzing
from parity.errors import UsageError
from parity.generators import GENERATORS
from parity.hunt import SIZES, Hunt

BATCH = SIZES["text"]
LOWER = {"candidate": "mock:reads_lower_case"}
STATE = Path(".parity/fuzz/toy-0.json")
DIGITS = ("--strategy", "digits")


@pytest.fixture
def fuzz(project, tokparity):
    """A function that writes a plan of one pair and searches it, for a batch or so many cases."""

    def command(*args, pair=None, cases=BATCH):
        project.plan(pair or {})
        return tokparity("fuzz", "--max-examples", str(cases), *args)

    return command


def findings(project):
    """What is kept, by the name of its file."""
    folder = project.folder / ".parity" / "findings"
    return {path.name: json.loads(path.read_bytes()) for path in sorted(folder.iterdir())}


def state(project):
    """How far the search came."""
    return json.loads((project.folder / STATE).read_bytes())


def test_nothing_found_is_told_with_its_bound(fuzz, project):
    """Of 1,024 inputs none differs: fewer than 3 of 1,024 do, whatever the number of checks."""
    ran = fuzz(*DIGITS)

    assert ran.code == 0
    assert "NOTHING FOUND  0 of 4,096 comparisons differ" in ran.out
    assert "with 95 % confidence fewer than 1 in 341 of such inputs differ" in ran.out
    assert findings(project) == {}


def test_a_finding_is_told_in_a_line_as_it_is_found(fuzz, project):
    """Its id, check, cause, smallest case, and what each side answers."""
    ran = fuzz("--strategy", "borders", "--checks", "ids_batched", pair=LOWER)
    (name,) = findings(project)

    assert ran.code == 1
    assert f"{name.removesuffix('.json')}  ids_batched    case" in ran.out
    assert '"A"  U+0041' in ran.out
    assert "reference  [65]" in ran.out
    assert "candidate  [97]" in ran.out
    assert "DIVERGED" in ran.out
    assert "95 %" not in ran.out


def test_a_finding_is_kept_whole(fuzz, project):
    """As what a corpus, or somebody else, needs to see it again."""
    fuzz("--strategy", "borders", "--checks", "ids_batched", pair=LOWER)
    ((name, found),) = findings(project).items()

    assert name == f"{found['id']}.json"
    assert found["id"].startswith("F-")
    assert (found["class"], found["check"], found["strategy"]) == ("case", "ids_batched", "borders")
    assert (found["pair"], found["reference"]) == ("toy", "mock:honest")
    assert (found["seed"], found["minimal"]["payload"]) == (0, "A")
    assert found["case"]["id"].startswith("fuzz/borders-0-")


def test_a_finding_becomes_a_case_of_a_corpus(fuzz, project, tokparity):
    """Its smallest case, under an id of its content, with where it comes from."""
    fuzz("--strategy", "borders", "--checks", "ids_batched", pair=LOWER)
    (name,) = findings(project)
    added = tokparity("corpus", "add", "mine.jsonl", "--from", name.removesuffix(".json"))
    (row,) = rows_of(project.folder / "mine.jsonl")

    assert added.code == 0
    assert row["text"] == "A"
    assert "ids_batched of toy diverged: case" in row["source"]


def test_the_same_seed_finds_the_same_on_every_run(fuzz, project):
    """The same files, to the byte, and the same state."""
    first = fuzz(pair=LOWER, cases=3 * BATCH)
    before = findings(project), state(project)
    second = fuzz(pair=LOWER, cases=3 * BATCH)

    assert first.code == second.code == 1
    assert (findings(project), state(project)) == before


def test_a_search_that_goes_on_is_one_that_was_not_stopped(fuzz, project):
    """Two batches and then two are four: cases, findings, coverage."""
    fuzz(pair=LOWER, cases=4 * BATCH)
    whole = findings(project), state(project)
    for path in (project.folder / ".parity" / "findings").iterdir():
        path.unlink()
    fuzz(pair=LOWER, cases=2 * BATCH)
    fuzz("--resume", pair=LOWER, cases=2 * BATCH)

    assert state(project) == whole[1]
    assert findings(project) == whole[0]


def test_what_was_found_is_not_told_again_when_a_search_goes_on(fuzz):
    """It is no new kind any more; that something differs is counted."""
    once = fuzz("--strategy", "borders", pair=LOWER)
    again = fuzz("--strategy", "borders", "--resume", pair=LOWER)

    told = [set(re.findall("F-[0-9a-f]{8}", ran.out)) for ran in (once, again)]

    assert told[0]
    assert told[0].isdisjoint(told[1])
    assert again.code == 1


def test_an_interrupted_search_keeps_what_it_found_and_how_far_it_came(fuzz, project, monkeypatch):
    """The turn that was stopped is done again by who goes on; the run file is not whole."""
    whole = fuzz("--strategy", "borders", "--strategy", "code", pair=LOWER, cases=2 * BATCH)
    every = findings(project), state(project)
    turn = Hunt.turn

    def stopped(self, most=None):
        found = turn(self, most)
        if self.state.batches["borders"]:
            yield from found
            raise KeyboardInterrupt
        yield from found

    monkeypatch.setattr(Hunt, "turn", stopped)
    ran = fuzz("--strategy", "borders", "--strategy", "code", pair=LOWER, cases=2 * BATCH)
    monkeypatch.setattr(Hunt, "turn", turn)
    newest = max((project.folder / ".parity" / "runs").iterdir())

    assert whole.code == 1
    assert ran.code == 130
    assert findings(project) == every[0]
    assert rows_of(newest)[-1]["whole"] is False
    assert rows_of(newest)[-1]["stopped"] == "interrupted"


def test_a_search_that_is_stopped_in_a_turn_goes_on_before_it(fuzz, project, monkeypatch):
    """Not after it: what was not compared is not passed over."""
    args = ("--strategy", "borders", "--strategy", "code")
    fuzz(*args, pair=LOWER, cases=2 * BATCH)
    every = state(project)
    keep = fuzzing._keep
    monkeypatch.setattr(fuzzing, "_keep", _interrupt)
    ran = fuzz(*args, pair=LOWER, cases=2 * BATCH)
    stopped = state(project)
    monkeypatch.setattr(fuzzing, "_keep", keep)
    fuzz(*args, "--resume", pair=LOWER, cases=2 * BATCH)

    assert ran.code == 130
    assert (stopped["cases"], stopped["batches"], stopped["found"]) == (0, {}, [])
    assert state(project) == every


def _interrupt(*_):
    raise KeyboardInterrupt


def test_the_run_file_of_a_search_counts_exactly(fuzz, project):
    """Each comparison once; the file says what the line on the terminal says."""
    ran = fuzz("--strategy", "borders", "--checks", "ids_batched,text", pair=LOWER)
    *_, footer = project.run_file()
    rows = {row["check"]: row for row in footer["pairs"][0]["rows"]}
    differ = sum(row["diverged"] for row in rows.values())

    assert footer["whole"]
    assert (footer["verdict"], footer["exit"]) == ("diverged", 1)
    for row in rows.values():
        assert row["compared"] == row["same"] + row["diverged"]
    assert rows["ids_batched"]["compared"] == BATCH
    assert rows["text"]["compared"] == 2 * BATCH
    assert f"DIVERGED  {differ:,} of {3 * BATCH:,} comparisons differ" in ran.out


def test_the_run_file_holds_each_finding_with_its_smallest_case(fuzz, project, tokparity):
    """So that a report, and `minimise`, need nothing else."""
    fuzz("--strategy", "borders", "--checks", "ids_batched", pair=LOWER)
    (found,) = [row for row in project.run_file() if row["type"] == "divergence"]

    assert (found["cause"], found["minimal"]["case"]["payload"]) == ("case", "A")
    assert tokparity("report", str(next(Path(".parity/runs").iterdir()))).code == 1


def test_what_is_covered_is_told_and_can_be_asked_for(fuzz, project):
    """Where less is covered the search fails, though it found nothing."""
    ran = fuzz(*DIGITS, "--min-coverage", "vocabulary=99,pre-tokens=1")
    *_, footer = project.run_file()

    assert ran.code == 1
    assert "TOO LITTLE COVERED" in ran.out
    assert "not covered: vocabulary:" in ran.out
    assert "not covered: pre-tokens" not in ran.out
    assert footer["exit"] == 1
    assert len(footer["not_covered"]) == 1


def test_what_is_covered_enough_is_no_matter(fuzz):
    """As much as is asked for is enough."""
    ran = fuzz(*DIGITS, "--min-coverage", "categories=1")

    assert ran.code == 0
    assert "NOTHING FOUND" in ran.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--min-coverage", "letters=5"), "vocabulary, added, merges, scripts"),
        (("--min-coverage", ""), "vocabulary, added, merges, scripts"),
        (("--strategy", "digit"), "no strategy 'digit'; known: borders, whitespace, digits"),
        (("--strategy", "batch_plans"), "no strategy 'batch_plans'"),
        (("--time", "soon"), "a time is a number and s, m or h"),
        (("--pair", "nobody"), "known: toy"),
        (("--corpus", "cjk"), "reads no corpus"),
        (("--checks", "idz"), "idz"),
        (("--strategy", "id_sequences", "--checks", "ids"), "'id_sequences' draws cases"),
        (("--checks", "vocabulary"), "no strategy of texts or ids"),
        (("--max-examples", "0"), "max-examples"),
    ],
)
def test_what_cannot_be_meant_is_refused(fuzz, args, said):
    """Before anything is compared, and it says what is known."""
    ran = fuzz(*args)

    assert ran.code == 2
    assert said in ran.err


def test_of_several_pairs_one_is_named(project, tokparity):
    """A search takes its time for each."""
    project.plan({"name": "one"}, {"name": "two"})
    ran = tokparity("fuzz", "--max-examples", "10")

    assert ran.code == 2
    assert "--pair: one, two" in ran.err


def test_a_refusal_is_told_by_its_word(project, tokparity):
    """There is nothing to search."""
    path = project.file("tokenizer.json", '{"model": {"type": "NoSuchModel"}}')
    ran = tokparity("fuzz", "--reference", "mock:honest", "--candidate", f"hf:{path}")

    assert (ran.code, "command-line: refused: tokenizers refuses" in ran.out) == (3, True)


def test_several_pairs_that_are_named_are_searched_one_after_the_other(project, tokparity):
    """What stops one of them is its own problem."""
    same = {"name": "same", "candidate": "mock:honest"}
    project.plan(same, {"name": "two", **LOWER})
    ran = tokparity("fuzz", "--pair", "same", "--pair", "two", "--max-examples", str(BATCH))

    assert ran.code == 3
    assert "same: inconclusive:" in ran.out
    assert "case" in ran.out
    assert (project.folder / ".parity" / "fuzz" / "two-0.json").exists()


def test_a_pair_of_one_thing_is_refused(fuzz):
    """Comparing it with itself would prove nothing."""
    ran = fuzz(pair={"candidate": "mock:honest"})

    assert ran.code == 3
    assert "INCONCLUSIVE" in ran.out
    assert "one and the same" in ran.out


def test_a_search_that_compared_nothing_is_never_green(fuzz):
    """A side that has no ranges answers `unsupported`, every time."""
    ran = fuzz(*DIGITS, "--checks", "offsets", pair={"candidate": "py:mine:Lacks"})

    assert ran.code == 3
    assert "INCONCLUSIVE" in ran.out
    assert "95 %" not in ran.out


def test_a_check_that_is_named_must_compare(fuzz):
    """That another one did is no excuse."""
    ran = fuzz(*DIGITS, "--checks", "ids,offsets", pair={"candidate": "py:mine:LacksOffsets"})

    assert ran.code == 3
    assert "the check 'offsets' was named and compared nothing" in ran.out


def test_texts_that_fail_on_both_sides_prove_nothing(fuzz):
    """They fail alike, and that is all that is known."""
    pair = {"reference": "py:mine:FailsMost", "candidate": "py:mine:FailsMostToo"}
    ran = fuzz(*DIGITS, "--checks", "ids", pair=pair)

    assert ran.code == 3
    assert "INCONCLUSIVE" in ran.out


def test_a_canary_that_survives_makes_it_inconclusive(fuzz, monkeypatch):
    """What did not see a planted fault has not seen that there is none."""
    release = canary.release
    monkeypatch.setattr(canary, "release", lambda: release()._replace(survived=("drops_last_id",)))
    ran = fuzz(*DIGITS)

    assert ran.code == 3
    assert "INCONCLUSIVE" in ran.out
    assert "'drops_last_id' survived" in ran.out


@pytest.mark.parametrize("name", [".parity/findings", ".parity/fuzz", ".parity"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_drawn(fuzz, project, name):
    """A file stands in its place; it stays as it was, and nothing half-written is left."""
    project.file(name, "mine")
    ran = fuzz(*DIGITS)
    left = [path for path in project.folder.rglob("*") if path.suffix in (".part", ".jsonl")]

    assert ran.code == 3
    assert "cannot be" in ran.err
    assert (project.folder / name).read_text() == "mine"
    assert [path.name for path in left] == ["texts.jsonl"]


def test_a_finding_that_cannot_be_kept_stops_the_search(fuzz, project, monkeypatch):
    """The disk is full: that is told, and no run file says that all is well."""
    write = files.write

    def full(path, lines):
        if path.name.startswith("F-"):
            raise OSError(28, "No space left on device")
        write(path, lines)

    monkeypatch.setattr(files, "write", full)
    ran = fuzz("--strategy", "borders", pair=LOWER)

    assert ran.code == 3
    assert "No space left on device" in ran.err
    assert list((project.folder / ".parity" / "runs").iterdir()) == []
    assert state(project)["found"] == []


def test_a_terminal_alone_sees_progress(fuzz):
    """What is no terminal gets not one byte of a bar."""
    assert fuzz(*DIGITS).err == ""


def test_a_side_that_changes_under_the_search_is_told(fuzz, project):
    """What was compared is not known then."""
    project.file("model.bin", "one")
    ran = fuzz(*DIGITS, pair={"candidate": "py:mine:ChangesItsArtefact"})

    assert ran.code == 3
    assert "INCONCLUSIVE" in ran.out


@pytest.mark.parametrize(("text", "found"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200)])
def test_a_time_is_a_number_and_a_unit(text, found):
    """Seconds where none is said."""
    assert fuzzing.seconds(text) == found


@pytest.mark.parametrize("text", ["", "m", "5 m", "-1s", "1d", "1m30s"])
def test_what_is_no_time_is_refused(text):
    """With the units that there are."""
    with pytest.raises(UsageError, match="s, m or h"):
        fuzzing.seconds(text)


def test_a_search_ends_when_its_time_is_over(project, tokparity, monkeypatch):
    """After the batch that was begun."""
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(fuzzing, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    project.plan()
    ran = tokparity("fuzz", "--time", "25s", *DIGITS)

    assert ran.code == 0
    assert f"{BATCH:,} cases" in ran.out


def test_every_strategy_of_a_case_can_be_named():
    """All but what is no case of its own: batches."""
    usable = [name for name, row in GENERATORS.items() if row.kind != "batches"]

    assert fuzzing.strategies(usable) == tuple(usable)
    assert fuzzing.strategies([*usable, *usable]) == tuple(usable)
