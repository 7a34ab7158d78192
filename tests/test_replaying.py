"""`tokparity replay`: fixed, still there, changed, or why it cannot be asked; as an exit code."""

import json

import pytest

ALTERED = """

class Altered(Artefact):
    \"\"\"Does what model.bin says.\"\"\"
    def encode(self, text, *args):
        seen = super().encode(text, *args)
        mode = pathlib.Path("model.bin").read_text()
        if mode == "raises":
            raise ValueError("no")
        if mode == "has none":
            raise Unsupported("not any more")
        if mode == "dithers":
            self.calls = getattr(self, "calls", 0) + 1
            return Encoding([self.calls], None)
        return {"right": seen, "short": Encoding(seen.ids[:-1], None),
                "small": Encoding([id ^ 1 for id in seen.ids], None)}[mode]

class AlteredToo(Altered):
    pass
"""
ROWS = ("Some WORDS", "more")


@pytest.fixture
def altered(project, tokparity):
    """A function that runs a plan whose candidate lacks the last id, and names its run file."""

    def command(pair=None, rows=ROWS, **top):
        project.file("model.bin", "short")
        mine = {"candidate": "py:mine:Altered", "checks": ["ids"], **(pair or {})}
        folder = project.plan(mine, rows=rows, **top)
        path = folder / "mine.py"
        path.write_text(path.read_text() + ALTERED)
        tokparity("run", "--output", "jsonl=run.jsonl")
        return folder / "run.jsonl"

    return command


def replayed(tokparity, *args, code):
    """The document of a replay that ends with a code."""
    ran = tokparity("replay", "--run", "run.jsonl", "--json", *args)

    assert ran.code == code, ran.out + ran.err
    return json.loads(ran.out)


def outcomes(document):
    """What became of each divergence."""
    return [row["outcome"] for row in document["divergences"]]


@pytest.mark.parametrize(
    ("mode", "code", "outcome"),
    [
        ("right", 0, ("fixed", None)),
        ("short", 1, ("still", "missing")),
        ("small", 1, ("changed", "value")),
        ("raises", 1, ("changed", "outcome (no error, ValueError)")),
        ("has none", 3, ("error", None)),
    ],
)
def test_what_became_of_a_divergence_is_said(altered, project, tokparity, mode, code, outcome):
    """By word and by exit code; how it differs now, where it does."""
    altered()
    project.file("model.bin", mode)
    found = replayed(tokparity, code=code)

    seen = [
        (row["outcome"], row["now"] and row["now"].partition(":")[0])
        for row in found["divergences"]
    ]

    assert seen == [outcome] * 2
    assert found["exit"] == code
    assert found["counts"][outcome[0]] == 2


def test_people_read_what_changed_and_the_counts(altered, project, tokparity):
    """The sides that are not what they were, a line for each divergence, and a last line."""
    altered()
    project.file("model.bin", "small")
    ran = tokparity("replay", "--run", "run.jsonl")
    lines = ran.out.splitlines()

    assert lines[0] == "toy"
    assert lines[1].startswith("  candidate: artefacts model.bin was ")
    assert lines[2].startswith("  CHANGED  D-")
    assert "was missing" in lines[3]
    assert "; is value" in lines[3]
    assert lines[-1] == "2 replayed: 2 changed; run.jsonl"


def test_one_is_named_by_its_identity_or_the_start_of_its_case(altered, tokparity):
    """Each way leads to it alone; what is there twice is asked once."""
    altered()
    first, second = replayed(tokparity, code=1)["divergences"]

    for name in (first["id"], first["id"][:6], first["case"]):
        assert replayed(tokparity, name, code=1)["divergences"] == [first]
    assert len(replayed(tokparity, "t/", first["id"], code=1)["divergences"]) == 2
    assert second["id"] != first["id"]


def test_the_newest_run_is_taken_and_nothing_else_is_needed(altered, project, tokparity):
    """Neither the plan nor the corpus."""
    altered()
    (project.folder / ".parity" / "runs").mkdir(parents=True)
    (project.folder / "run.jsonl").rename(project.folder / ".parity" / "runs" / "1.jsonl")
    (project.folder / "pyproject.toml").unlink()
    (project.folder / "texts.jsonl").unlink()
    ran = tokparity("replay")

    assert ran.code == 1
    assert "2 replayed: 2 still; .parity/runs/1.jsonl" in ran.out


def test_a_reference_that_disagrees_with_itself_decides_nothing(altered, project, tokparity):
    """It is asked twice."""
    altered({"reference": "py:mine:Altered", "candidate": "mock:honest"})
    project.file("model.bin", "dithers")
    found = replayed(tokparity, code=3)

    assert outcomes(found) == ["error", "error"]
    assert "disagrees with itself" in found["divergences"][0]["why"]


def test_a_side_that_is_not_there_is_an_error_with_its_reason(altered, tokparity):
    """As in another project: of each of its divergences, and of no other pair's."""
    path = altered()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        if row["type"] == "pair":
            row["candidate"]["spec"] = "hf:models/of/somebody"
    write(path, rows)
    found = replayed(tokparity, code=3)

    assert outcomes(found) == ["error", "error"]
    assert "models/of/somebody" in found["divergences"][0]["why"]
    assert "does not exist" in tokparity("replay", "--run", "run.jsonl").out


def write(path, rows):
    """Write the lines of a run file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_pair_that_became_one_thing_is_an_error(altered, tokparity):
    """Comparing it with itself proves nothing."""
    path = altered()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[1]["candidate"]["spec"] = rows[1]["reference"]["spec"] + ",isolate=none"
    write(path, rows)
    found = replayed(tokparity, code=3)

    assert "one and the same" in found["divergences"][0]["why"]


def test_a_run_without_a_divergence_has_nothing_to_replay(project, tokparity):
    """That is exit code 5, and said."""
    project.plan({"checks": ["ids"]})
    tokparity("run", "--output", "jsonl=run.jsonl")
    ran = tokparity("replay", "--run", "run.jsonl")

    assert ran.code == 5
    assert "nothing to replay: the run has no divergence that it fails for" in ran.err


@pytest.mark.parametrize("name", ["D-00000000", "other/", "F-0", ""])
def test_a_name_of_nothing_is_exit_code_5(altered, tokparity, name):
    """With the name."""
    altered()
    ran = tokparity("replay", "--run", "run.jsonl", name)

    assert ran.code == 5
    assert repr(name) in ran.err


def test_what_was_expected_or_only_informs_is_asked_with_all(altered, project, tokparity):
    """And by its name."""
    entry = {"pair": "toy", "check": "ids", "select": "id:*", "reason": "known", "kind": "missing"}
    project.file("golden/expected.toml", toml([entry]))
    altered()
    ran = tokparity("replay", "--run", "run.jsonl")

    assert ran.code == 5
    assert "2 were expected or only inform: --all" in ran.err
    assert outcomes(replayed(tokparity, "--all", code=1)) == ["still", "still"]
    assert outcomes(replayed(tokparity, "t/", code=1)) == ["still", "still"]


def toml(entries):
    """The ledger with some entries."""
    rows = (f"{key} = {json.dumps(value)}" for entry in entries for key, value in entry.items())
    return "\n".join(["[[expected]]", *rows, ""])


def test_an_entry_of_the_ledger_that_nothing_shows_is_no_divergence(project, altered, tokparity):
    """It is told, and so is what to ask."""
    entry = {"pair": "toy", "check": "ids", "select": "id:*", "reason": "known"}
    project.file("golden/expected.toml", toml([entry]))
    altered({"candidate": "py:mine:Mine"})
    ran = tokparity("replay", "--run", "run.jsonl")

    assert ran.code == 5
    assert "2 that the ledger names did not differ: `tokparity ledger check`" in ran.err


def test_what_was_counted_and_not_written_is_told(altered, project, tokparity, monkeypatch):
    """All that was written being fixed does not make it all."""
    monkeypatch.setattr("parity.runfile.PAYLOADS", 1)
    altered()
    project.file("model.bin", "right")
    found = replayed(tokparity, code=3)

    assert outcomes(found) == ["fixed"]
    assert found["not_replayed"] == [
        "1 more were counted and not written: they cannot be replayed; run the plan again"
    ]


def test_a_run_without_a_footer_is_replayed_as_far_as_it_goes(altered, project, tokparity):
    """What is there is asked; what it would have found is not known."""
    path = altered()
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-2]))
    still = replayed(tokparity, code=1)
    project.file("model.bin", "right")
    fixed = replayed(tokparity, code=3)

    assert (outcomes(still), still["whole"]) == (["still"], False)
    assert outcomes(fixed) == ["fixed"]
    assert "not whole (it has no footer)" in fixed["not_replayed"][0]


def test_a_run_that_was_cut_before_it_found_anything_says_nothing(altered, tokparity):
    """It may have had divergences: that is not exit code 5."""
    path = altered()
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    ran = tokparity("replay", "--run", "run.jsonl")

    assert ran.code == 3
    assert "not whole" in ran.err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[: len(text) // 2], "cut or damaged"),
        (lambda text: text.replace('"schema": 5', '"schema": 99', 1), "the schema is 99"),
        (lambda _: "", "is empty"),
    ],
    ids=["cut in a line", "newer", "empty"],
)
def test_what_is_no_run_file_is_exit_code_3(altered, tokparity, change, said):
    """With the file."""
    path = altered()
    path.write_text(change(path.read_text()))
    ran = tokparity("replay", "--run", "run.jsonl")

    assert ran.code == 3
    assert "run.jsonl" in ran.err
    assert said in ran.err


@pytest.mark.parametrize(
    "change",
    [
        {"case": {"payload": 5}},
        {"case": {"kind": "script"}},
        {"check": "a_check_of_tomorrow"},
        {"judged": "reference"},
        {"pair": "another"},
    ],
    ids=str,
)
def test_a_damaged_divergence_is_an_error_and_the_others_are_asked(altered, tokparity, change):
    """Each for itself, but what names no pair."""
    path = altered()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    first = next(row for row in rows if row["type"] == "divergence")
    first.update({**change, "case": {**first["case"], **change.get("case", {})}})
    write(path, rows)
    found = replayed(tokparity, code=3)

    assert sorted(outcomes(found)) == ["error", "still"]


def test_that_it_agrees_alone_does_not_make_it_fixed(project, tokparity):
    """Where both sides are what they were, and it was never seen alone in the run."""
    project.plan({"candidate": "mock:drops_last_id", "checks": ["ids"]})
    tokparity("run", "--output", "jsonl=run.jsonl")
    path = project.folder / "run.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        if row["type"] == "pair":
            row["candidate"] = {**row["candidate"], "spec": "py:mine:Mine"}
        if row["type"] == "divergence":
            row["minimal"] = None
    write(path, rows)
    changed = replayed(tokparity, code=0)
    now = tokparity("run", "--candidate", "py:mine:Mine", "--reference", "mock:honest",
                    "--checks", "ids", "--output", "jsonl=now.jsonl")  # fmt: skip
    rows[1] = json.loads((project.folder / "now.jsonl").read_text().splitlines()[1]) | {
        "name": "toy"
    }
    write(path, rows)
    same = replayed(tokparity, code=3)

    assert now.code == 0
    assert set(outcomes(changed)) == {"fixed"}
    assert set(outcomes(same)) == {"error"}
    assert "neither side is another than in the run" in same["divergences"][0]["why"]


def test_a_smallest_case_that_outlives_its_own_is_told(altered, tokparity):
    """It was another text: fixing the one does not fix the other."""
    path = altered(rows=("ab",))
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    row = next(row for row in rows if row["type"] == "divergence")
    row["case"]["payload"] = ""
    write(path, rows)
    (found,) = replayed(tokparity, code=1)["divergences"]

    assert found["outcome"] == "still"
    assert found["why"].startswith("its own case agrees now; the smallest case of it")


@pytest.mark.parametrize("command", ["minimise", "explain"])
def test_what_is_not_compared_any_more_is_not_said_to_agree(altered, project, tokparity, command):
    """Neither where it is minimised nor where it is explained."""
    altered()
    project.file("model.bin", "has none")
    ran = tokparity(command, "t/", "--run", "run.jsonl")

    assert ran.code == 0
    assert "nothing is compared any more: candidate: not any more" in ran.out
    assert "does not differ" not in ran.out


def test_a_pair_is_loaded_once_for_all_its_divergences(altered, tokparity, monkeypatch):
    """However many there are."""
    altered()
    loads = []
    load = replaying_loads(monkeypatch, loads)
    replayed(tokparity, code=1)

    assert load
    assert loads == ["mock:honest", "py:mine:Altered"]


def replaying_loads(monkeypatch, loads):
    """Count what is loaded."""
    from parity import backends

    load = backends.load
    monkeypatch.setattr(backends, "load", lambda spec: loads.append(spec) or load(spec))
    return load


def test_a_finding_of_a_search_is_replayed(project, tokparity):
    """From the run file of its search."""
    project.plan({"candidate": "mock:reads_lower_case"})
    tokparity("fuzz", "--strategy", "borders", "--checks", "ids_batched", "--max-examples", "64")
    (path,) = (project.folder / ".parity" / "findings").iterdir()
    ran = tokparity("replay", path.stem, "--json")

    assert ran.code == 1, ran.err
    assert outcomes(json.loads(ran.out)) == ["still"]


def test_nothing_of_a_run_file_reaches_the_terminal_as_it_is(altered, tokparity):
    """Neither colours nor marks of direction."""
    path = altered()
    path.write_text(path.read_text().replace('"t/case-', '"t/\\u001b[31m\\u202e-'))
    ran = tokparity("replay", "--run", "run.jsonl")

    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert "\\u001b[31m\\u202e" in ran.out
