"""Merging shards: the sum says what one run would have said; what are no parts is refused."""

import json
import random

import pytest
from helpers import rows_of

from parity import canary, merging, runfile, session
from parity.canary import Canaries
from parity.errors import ParityError
from parity.identities import identity

CANDIDATES = (
    "mock:drops_last_id", "py:mine:Wrong", "py:mine:RefusesMost", "py:mine:FailsMost",
    "py:mine:LacksOffsets", "py:mine:Lacks", "py:mine:Mine", "py:mine:Fails",
)  # fmt: skip
CHECKS = ("ids", "offsets", "text", "round_trip", "repeatable", "vocabulary", "token_bytes")
LEDGER = '[[expected]]\npair = "toy"\ncheck = "ids"\nselect = "text:a"\nreason = "known"\n'


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Canaries are another test's."""
    monkeypatch.setattr(canary, "release", lambda: Canaries(3, ()))


def shards_of(tokparity, of, *args):
    """Run all shards; return the names of their run files."""
    names = [f"shard-{number}.jsonl" for number in range(1, of + 1)]
    for number, name in enumerate(names, 1):
        tokparity("run", *args, "--shard", f"{number}/{of}", "--output", f"jsonl={name}")
    return names


def drawn(seed):
    """A pair, rows, flags and a number of shards."""
    dice = random.Random(seed)  # noqa: S311 (what is drawn is no secret)
    texts = ["abc", *("".join(dice.choices("abcé 漢", k=dice.randint(0, 6))) for _ in range(20))]
    rows = [*dict.fromkeys(texts[: dice.randint(1, 20)]), [dice.randrange(90)]]
    pair = {"candidate": dice.choice(CANDIDATES)}
    if dice.random() < 0.5:
        pair["reference"] = dice.choice(["mock:honest", "py:mine:FailsMostToo"])
    if dice.random() < 0.7:
        pair["checks"] = dice.sample([name for name in CHECKS if name in session.CHECKS
                                      or name in session.LAWS], dice.randint(1, 3))  # fmt: skip
    flags = dice.choice([[], [], ["--select", "text:a"]])
    return pair, rows, flags, dice.choice([1, 2, 3, 5]), dice.random() < 0.4


def said(path):
    """What a run file says, but for what differs from run to run, and with the order of shards."""
    run = runfile.read(path)
    rows = {
        (pair["name"], row["check"], row["judged"]): {
            key: value for key, value in row.items() if key not in ("digests", "seconds")
        }
        for pair in run.footer["pairs"]
        for row in pair["rows"]
        if any(row[key] for key in ("compared", "unsupported", "incomparable"))
    }
    pairs = [(pair["name"], bool(pair["problem"]), pair["exit"], pair["untaken"])
             for pair in run.footer["pairs"]]  # fmt: skip
    found = sorted((identity(row), row["verdict"]) for row in run.divergences)
    return rows, pairs, found, run.footer["exit"], run.footer["verdict"], run.whole


def same(tokparity, folder, seed, project):
    """Run as one and in shards, and merge: what each of them says, or its exit code alone."""
    pair, rows, flags, of, ledger = drawn(seed)
    project.plan(pair, rows=rows)
    if ledger:
        project.file("golden/expected.toml", LEDGER)
    whole = tokparity("run", *flags, "--output", "jsonl=whole.jsonl")
    names = shards_of(tokparity, of, *flags)
    merged = tokparity("report", "merge", *reversed(names), "--output", "merged.jsonl")
    if whole.code == 5:  # nothing was selected: then there is no run file
        return (5,), (merged.code,)
    assert merged.code == said(folder / "merged.jsonl")[3]
    return said(folder / "whole.jsonl"), said(folder / "merged.jsonl")


@pytest.mark.parametrize("seed", range(24))
def test_all_shards_merged_say_what_one_run_says(project, tokparity, seed):
    """Counts, problems, divergences, verdict, exit code, whatever differs, however it is cut."""
    whole, merged = same(tokparity, project.folder, seed, project)

    assert merged == whole


def with_one_case_more(project):
    """One case more."""
    project.corpus("texts.jsonl", *ROWS, "zz")


ROWS = [f"text {number}" for number in range(8)]


# What is planted in the merge is found


def forgets_a_shard(parts, *_):
    """One file is not counted."""
    return RESULTS(parts[1:] or parts, partial=False)


def counts_twice(parts, *_):
    """One file is counted again."""
    return RESULTS([*parts, parts[0]], partial=False)


def believes_each_conclusion(parts, **_):
    """No conclusion over the sums: no problem where no shard has one."""
    found = RESULTS(parts, partial=True)
    for result in found:
        result.problem, result.code = "", 0
    return found


RESULTS = merging._results


@pytest.mark.parametrize("fault", [forgets_a_shard, counts_twice, believes_each_conclusion])
def test_a_merge_that_is_wrong_is_found(project, tokparity, monkeypatch, fault):
    """The property above does not hold for it."""
    monkeypatch.setattr(merging, "_results", lambda parts, partial: fault(parts))  # noqa: ARG005
    wrong = 0
    for seed in (1, 2, 3, 5, 8):
        whole, merged = same(tokparity, project.folder, seed, project)
        wrong += whole != merged

    assert wrong


def test_a_merge_that_ignores_the_lock_is_found(project, tokparity, monkeypatch):
    """The refusal below does not come."""
    monkeypatch.setattr(merging, "_check_lock", lambda *_: None)
    two(project, tokparity, lambda: with_one_case_more(project))

    assert tokparity("report", "merge", "1.jsonl", "2.jsonl", "--output", "m.jsonl").code == 0


def two(project, tokparity, between=lambda: None, more=()):
    """Write 1.jsonl and 2.jsonl, the two shards of a run, with something done between them."""
    project.plan({"checks": ["ids"]}, rows=ROWS)
    tokparity("run", "--shard", "1/2", "--output", "jsonl=1.jsonl")
    between()
    tokparity("run", *more, "--shard", "2/2", "--output", "jsonl=2.jsonl")


def edited(path, change):
    """Change the lines of a run file."""
    rows = rows_of(path)
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def merge(tokparity, *names):
    return tokparity("report", "merge", *(names or ("1.jsonl", "2.jsonl")), "--output", "m.jsonl")


PLAN = {"checks": ["ids", "text"]}
BETWEEN = {
    "the corpus": (with_one_case_more, "corpora:toy is '"),
    "the plan": (lambda p: p.plan(PLAN, rows=ROWS), "plan is '"),
    "the ledger": (lambda p: p.file("golden/expected.toml", LEDGER), "ledger is ''"),
}


@pytest.mark.parametrize(("change", "says"), BETWEEN.values(), ids=BETWEEN)
def test_shards_of_different_runs_are_refused(project, tokparity, change, says):
    """With both files and what each says; nothing is written."""
    two(project, tokparity, lambda: change(project))
    ran = merge(tokparity)

    assert ran.code == 3
    assert "1.jsonl and 2.jsonl are no parts of one run" in ran.err
    assert says in ran.err
    assert not (project.folder / "m.jsonl").exists()


def test_a_difference_of_the_flags_is_told_with_both_commands(project, tokparity):
    """A digest alone says nothing to a reader."""
    two(project, tokparity, more=["--specials", "plain"])

    assert "--specials plain --shard 2/2" in merge(tokparity).err


def test_a_difference_of_the_selection_is_told_in_its_own_words(project, tokparity):
    """It is no digest."""
    two(project, tokparity, more=["--select", "text"])

    assert "select is '' in the one and 'text' in the other" in merge(tokparity).err


def a_side(name, value):
    """A change of what the candidate was."""
    return lambda rows: rows[1]["candidate"].update({name: value})


SIDES = {
    "class": (a_side("native", "mine.Other"), "of the candidate of toy, the class is"),
    "file": (a_side("file_sha256", "00"), "the digest of the class's file is"),
    "artefact": (a_side("artefacts", {"/x/t.json": "00"}), "the artefact t.json is 'nothing'"),
    "version": (a_side("packages", {"tokenizers": "9"}), "the version of tokenizers is 'nothing'"),
    "fact": (a_side("facts", {"unicode": "9"}), "the fact 'unicode' is 'nothing' in the one"),
    "target": (lambda rows: rows[1].update(resolved={"hub:a": "b"}), "what targets of toy led to"),
    "canaries": (lambda rows: rows[-1]["canaries"].update(planted=2), "planted canaries is '3'"),
    "count": (lambda rows: rows[0].update(shard=[2, 3]), "count is 'shard 1 of 2'"),
    "unicode": (lambda rows: rows[0]["lock"].update(unicode="1"), "unicode is '1"),
}


@pytest.mark.parametrize(("change", "says"), SIDES.values(), ids=SIDES)
def test_a_shard_of_another_side_is_refused(project, tokparity, change, says):
    """Another version, file or option: what it found is not of the same two sides."""
    two(project, tokparity)
    edited(project.folder / "2.jsonl", change)
    ran = merge(tokparity)

    assert (ran.code, says in ran.err) == (3, True), ran.err


def test_where_a_checkout_lies_is_no_difference(project, tokparity):
    """Two machines have theirs in different folders."""
    two(project, tokparity)
    for name, home in (("1.jsonl", "/home/a"), ("2.jsonl", "/srv/b")):

        def moved(rows, home=home):
            rows[1]["candidate"].update(
                spec=f"hf:{home}/models/x", artefacts={f"{home}/x/t.json": "00"},
                facts={"config": f"{home}/c.json"}, file=f"{home}/y.so",
            )  # fmt: skip

        edited(project.folder / name, moved)

    assert merge(tokparity).code == 0


def twice(rows):
    rows[0]["shard"] = [1, 2]


def older(rows):
    del rows[-1]["pairs"][0]["rows"][0]["groups"]


WRONG = {
    "one shard twice": (twice, 3, "are both shard 1 of 2"),
    "not whole": (lambda r: r[-1].update(whole=False, stopped="interrupted"), 3, "interrupted"),
    "newer": (lambda r: r[0].update(schema=9), 3, "the schema is 9, this version reads"),
    "no lock": (lambda r: r[0].pop("lock"), 3, "2.jsonl: it has no lock"),
    "no footer": (lambda r: r.pop(), 3, "2.jsonl: this run is not whole: it has no footer"),
    "no shard": (lambda r: r[0].update(shard=None), 2, "2.jsonl: this is no shard of a run"),
    "shard 3 of 2": (lambda r: r[0].update(shard=[3, 2]), 3, "there is no shard 3 of 2"),
    "a check of later": (
        lambda r: r[-1]["pairs"][0]["rows"][0].update(check="warp"), 2, "has no check 'warp'",
    ),
    "no ledger": (lambda r: r[-1].pop("ledger"), 3, "its footer has no ledger"),
    "no groups": (older, 3, "what kinds of cases there were is not said"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "code", "says"), WRONG.values(), ids=WRONG)
def test_what_is_no_part_of_a_run_is_refused(project, tokparity, change, code, says):
    """With the name of the file, and nothing is written."""
    two(project, tokparity)
    edited(project.folder / "2.jsonl", change)
    ran = merge(tokparity)

    assert (ran.code, says in ran.err) == (code, True), ran.err
    assert not (project.folder / "m.jsonl").exists()


@pytest.mark.parametrize(
    ("names", "code", "says"),
    [
        (["1.jsonl", "./1.jsonl"], 2, "1.jsonl is given twice"),
        (["1.jsonl", "gone.jsonl"], 3, "gone.jsonl: cannot be read"),
        (["1.jsonl", "texts.jsonl"], 3, "texts.jsonl:1: this is no line of a run file"),
        (["1.jsonl", "pyproject.toml"], 3, "pyproject.toml:1: not JSON"),
        (["1.jsonl", "half.jsonl"], 3, "half.jsonl:"),
        (["1.jsonl", "m.jsonl"], 2, "m.jsonl: --output is one of the run files"),
        ([], 2, "Missing argument 'RUNS...'"),
    ],
)
def test_files_that_cannot_be_meant_are_told_by_their_names(project, tokparity, names, code, says):
    """Twice, not there, of something else, cut in half, the output itself."""
    two(project, tokparity)
    data = (project.folder / "2.jsonl").read_bytes()
    project.file("half.jsonl", data[: len(data) // 2])
    project.file("m.jsonl", data)
    ran = tokparity("report", "merge", *names, "--output", "m.jsonl")

    assert (ran.code, says in ran.err) == (code, True), ran.err
    assert (project.folder / "m.jsonl").read_bytes() == data


def test_a_divergence_of_a_case_of_another_shard_is_refused(project, tokparity):
    """It would be there twice, or nobody has run it."""
    project.plan({"checks": ["ids"], "candidate": "mock:drops_last_id"}, rows=ROWS)
    shards_of(tokparity, 2)
    one, other = (rows_of(project.folder / f"shard-{number}.jsonl") for number in (1, 2))
    foreign = next(row for row in other if row["type"] == "divergence")

    def exchanged(rows):
        place = next(n for n, row in enumerate(rows) if row["type"] == "divergence")
        rows[place] = foreign

    edited(project.folder / "shard-1.jsonl", exchanged)
    ran = tokparity("report", "merge", "shard-1.jsonl", "shard-2.jsonl", "--output", "m.jsonl")

    assert one[0]["shard"] == [1, 2]
    assert (ran.code, f"the case '{foreign['case']['id']}' is not of shard 1 of 2" in ran.err) == (
        3, True,
    )  # fmt: skip


def test_missing_shards_leave_a_file_that_is_not_whole(project, tokparity):
    """What is there can be read; it proves nothing of the whole."""
    project.plan({"checks": ["ids"]}, rows=ROWS)
    names = shards_of(tokparity, 4)
    ran = tokparity("report", "merge", *names[:2], "--output", "m.jsonl")
    run = runfile.read(project.folder / "m.jsonl")

    assert ran.code == 3
    assert "the run is not whole: 2 of 4 shards are missing: 3, 4" in ran.out
    assert (run.whole, run.footer["exit"]) == (False, 3)
    assert tokparity("report", "m.jsonl").code == 3


def test_a_named_check_that_compares_nothing_in_any_shard_is_inconclusive(project, tokparity):
    """No shard could tell; their sum does."""
    project.plan({"checks": ["ids", "prompt"]}, rows=["a", "b", "c", "d", "e", "f"])
    names = shards_of(tokparity, 2)
    codes = [rows_of(project.folder / name)[-1]["exit"] for name in names]
    ran = tokparity("report", "merge", *names, "--output", "m.jsonl")

    assert (codes, ran.code) == ([0, 0], 3)
    assert "the check 'prompt' was named and compared nothing" in ran.out


def test_a_side_that_answers_in_one_shard_what_it_refuses_in_another_is_found(project, tokparity):
    """Each shard alone sees a side that has no such thing, or one that has it."""
    rows = ["abc", *(f"t{n}" for n in range(6))]
    project.plan({"checks": ["ids"], "candidate": "py:mine:RefusesMost"}, rows=rows)
    names = shards_of(tokparity, 64)
    ran = tokparity("report", "merge", *names, "--output", "m.jsonl")

    assert ran.code == 3
    assert "the candidate called 6 of 7 cases of kind text unsupported and answered" in ran.out


def test_a_canary_that_survives_in_one_shard_survives(project, tokparity):
    """Its shard cannot be believed, so the whole cannot."""
    two(project, tokparity)

    def survives(rows):
        rows[-1]["canaries"]["survived"] = ["drops_last_id"]
        rows[-1].update(exit=3, verdict="inconclusive")

    edited(project.folder / "2.jsonl", survives)
    ran = merge(tokparity)

    assert (ran.code, "the canary 'drops_last_id' survived" in ran.out) == (3, True)


def test_what_stopped_a_pair_in_one_shard_is_its_problem(project, tokparity):
    """With the number of the shard, where it is not all of them."""
    two(project, tokparity)

    def stopped(rows):
        rows[-1]["pairs"][0].update(problem="it crashed", stopped=True, exit=3)
        rows[-1].update(exit=3, verdict="inconclusive")

    edited(project.folder / "2.jsonl", stopped)
    ran = merge(tokparity)

    assert (ran.code, "inconclusive: shard 2: it crashed" in ran.out) == (3, True)


def test_shards_where_nothing_was_selected_are_nothing_together(project, tokparity):
    """Exit code 5, as that of one run."""
    project.plan(rows=ROWS)
    names = shards_of(tokparity, 2, "--select", "text:nowhere")
    ran = tokparity("report", "merge", *names, "--output", "m.jsonl")

    assert ran.code == 5
    assert "EXACT" not in ran.out


def needs(*places):
    """What a footer says of a ledger of two entries, some of which selected a case."""
    cases = dict.fromkeys(places, 1)
    return {"in_force": ["e 1", "e 2"], "selected": [*cases], "cases": cases}


@pytest.mark.parametrize(
    ("selected", "flags", "stale"),
    [
        ([["e 1"], ["e 2"]], [], []),
        ([["e 1"], ["e 1"]], [], ["e 2"]),
        ([["e 1"], ["e 1"]], ["--select", "text"], []),
    ],
)
def test_an_entry_of_the_ledger_that_no_shard_needs_is_stale(
    project, tokparity, selected, flags, stale
):
    """One that another shard needs is not, and part of a plan cannot tell."""
    project.plan({"checks": ["ids"]}, rows=ROWS)
    names = shards_of(tokparity, 2, *flags)
    for name, needed in zip(names, selected, strict=True):
        edited(
            project.folder / name,
            lambda rows, needed=needed: rows[-1].update(ledger=needs(*needed)),
        )
    ran = tokparity("report", "merge", *names, "--output", "m.jsonl")
    footer = runfile.read(project.folder / "m.jsonl").footer

    assert (footer["stale_entries"], ran.code) == (stale, 1 if stale else 0)
    assert footer["verdict"] == ("diverged" if stale else "exact")


def test_an_entry_that_has_expired_in_one_shard_has_expired(project, tokparity):
    """With its day."""
    two(project, tokparity)
    edited(
        project.folder / "2.jsonl",
        lambda rows: rows[-1].update(expired_entries={"e 1": "2026-01-01"}, exit=1),
    )

    assert merge(tokparity).code == 1
    assert runfile.read(project.folder / "m.jsonl").footer["expired_entries"] == {
        "e 1": "2026-01-01"
    }


def test_the_merged_file_says_of_what_it_was_made(project, tokparity):
    """Each shard's file, digest and verdict; digests are those over the shards' digests."""
    two(project, tokparity)
    ran = merge(tokparity)
    header = rows_of(project.folder / "m.jsonl")[0]

    assert header["shard"] is None
    assert [one["shard"] for one in header["shards"]] == [[1, 2], [2, 2]]
    assert [one["file"] for one in header["shards"]] == ["1.jsonl", "2.jsonl"]
    assert "merged  2 of 2 shards" in ran.out


def test_a_merge_is_the_same_in_any_order(project, tokparity):
    """Byte for byte, but for the command in its header."""
    two(project, tokparity)
    found = []
    for names in (("1.jsonl", "2.jsonl"), ("2.jsonl", "1.jsonl")):
        merge(tokparity, *names)
        found.append([row | {"command": []} for row in rows_of(project.folder / "m.jsonl")])

    assert found[0] == found[1]


def test_a_merged_file_cannot_be_merged(project, tokparity):
    """It is no shard."""
    two(project, tokparity)
    merge(tokparity)
    (project.folder / "m.jsonl").rename(project.folder / "all.jsonl")

    assert merge(tokparity, "1.jsonl", "all.jsonl").code == 2


def test_every_error_of_a_merge_has_an_exit_code_of_its_own_kind():
    """2 for what cannot be meant, 3 for what proves nothing."""
    assert issubclass(merging.NotOneRun, ParityError)
    assert merging.NotOneRun.exit_code == 3
