"""`tokparity ledger`: what is listed, entered, checked and taken out, and what is refused."""

import json
import re
import stat

import pytest

from parity import expected, ledger, runfile
from parity.identities import identity
from parity.ledgering.adding import day
from parity.ledgering.reaching import can_be

LOWER = {"candidate": "mock:reads_lower_case", "checks": ["ids"]}
ENTRY = """
[[expected]]
pair = "toy"
check = "ids"
select = "{select}"
reason = "known"
"""
BECAUSE = ["--reason", "the candidate lowers"]


def planned(project, *entries, rows=("AB", "CD", "ef"), pair=LOWER):
    """A plan that diverges on two of three texts, and a ledger."""
    project.plan(pair, rows=rows)
    if entries:
        project.file("golden/expected.toml", "# Kept.\n" + "".join(entries))


def entry(select="id:*", **more):
    """An entry of a ledger, as text; a date is given as a text."""
    lines = [f"{key} = {text if key == 'expires' else json.dumps(text)}\n"
             for key, text in more.items()]  # fmt: skip
    return ENTRY.format(select=select) + "".join(lines)


def text_of(project):
    """The ledger's text."""
    return (project.folder / "golden" / "expected.toml").read_text(encoding="utf-8")


def names(project):
    """The names of the divergences of the newest run."""
    path = max((project.folder / ".parity" / "runs").glob("*.jsonl"))
    return [identity(row) for row in runfile.read(path).divergences]


def test_a_divergence_is_entered_and_the_next_run_is_green(project, tokparity):
    """Pair, check, class and the cases; nothing else is covered."""
    planned(project)
    assert tokparity("run").code == 1
    ran = tokparity("ledger", "add", *names(project), *BECAUSE, "--owner", "me", "--expires", "90d",
                    "--link", "https://example.org/1")  # fmt: skip
    (found,) = expected.read(project.folder / "golden" / "expected.toml")

    assert (ran.code, ran.err) == (0, "")
    assert (found.pair, found.check, found.cause, found.side) == ("toy", "ids", "case", "")
    assert (found.reason, found.owner) == ("the candidate lowers", "me")
    assert (found.link, (found.expires - ledger.today()).days) == ("https://example.org/1", 90)
    assert found.chosen == " or\n".join(f"id:{id}" for id in project.ids()[:2])
    assert '+class = "case"' in ran.out
    assert tokparity("run").code == 0


def test_only_what_is_named_is_covered(project, tokparity):
    """The other divergence stays one."""
    planned(project)
    tokparity("run")
    tokparity("ledger", "add", names(project)[0], *BECAUSE)

    assert tokparity("run").code == 1


def test_a_whole_cause_is_all_of_its_cases(project, tokparity):
    """By one name."""
    planned(project)
    tokparity("run")
    tokparity("ledger", "add", names(project)[0], *BECAUSE, "--whole-cause")

    assert tokparity("run").code == 0


def test_a_whole_cause_is_of_every_check_in_which_it_shows(project, tokparity):
    """Its ids and its offsets, an entry each; another cause of the same pair is not covered."""
    planned(project, pair={**LOWER, "checks": ["ids", "ids_batched"]})
    tokparity("run")
    tokparity("ledger", "add", names(project)[0], *BECAUSE, "--whole-cause")
    found = expected.read(project.folder / "golden" / "expected.toml")

    assert [(one.check, one.cause) for one in found] == [("ids", "case"), ("ids_batched", "case")]
    assert tokparity("run").code == 0


def test_a_whole_cause_is_refused_where_not_all_of_it_is_known(project, tokparity, monkeypatch):
    """What was counted and not written has an unknown cause."""
    monkeypatch.setattr("parity.runfile.PAYLOADS", 1)
    planned(project)
    tokparity("run")
    ran = tokparity("ledger", "add", names(project)[0], *BECAUSE, "--whole-cause")

    assert (ran.code, "1 divergences were not written" in ran.err) == (2, True)
    assert not (project.folder / "golden").exists()


def test_a_whole_cause_is_refused_where_some_were_not_classified(project, tokparity, monkeypatch):
    """They could be of it, or of another."""
    monkeypatch.setattr("parity.examine.CLASSIFIED", 1)
    planned(project)
    tokparity("run")
    ran = tokparity("ledger", "add", names(project)[0], *BECAUSE, "--whole-cause")

    assert (ran.code, "1 not classified" in ran.err) == (2, True)


def test_what_was_not_classified_is_entered_without_a_class_and_told(
    project, tokparity, monkeypatch
):
    """Nobody is made to believe that a class guards it."""
    monkeypatch.setattr("parity.examine.CLASSIFIED", 1)
    planned(project)
    tokparity("run")
    ran = tokparity("ledger", "add", names(project)[1], *BECAUSE)

    assert "1 of them were not classified: whatever they are is covered" in ran.out
    assert "class = " not in text_of(project)


def test_a_law_that_one_side_breaks_is_entered_for_that_side(project, tokparity):
    """The other side keeps it: an entry for both would find that it agrees."""
    pair = {"candidate": "mock:pads_batches", "checks": ["batch_is_single", "ids"]}
    planned(project, pair=pair, rows=("AB", "C", "def"))
    tokparity("run")
    tokparity("ledger", "add", *names(project), *BECAUSE)
    found = expected.read(project.folder / "golden" / "expected.toml")

    assert {one.side for one in found} == {"candidate"}
    assert tokparity("run").code == 0


def test_an_entry_for_one_side_does_not_cover_the_other(project, tokparity):
    """A breach of the reference is none of the candidate."""
    pair = {"candidate": "mock:pads_batches", "checks": ["batch_is_single"]}
    text = entry(side="reference").replace('"ids"', '"batch_is_single"')
    planned(project, text, pair=pair)
    tokparity("run")
    rows = project.run_file()[-1]["pairs"][0]["rows"]

    assert [(row["judged"], row["expected"], row["unexpected"]) for row in rows] == [
        ("reference", 0, 3), ("candidate", 0, 0),
    ]  # fmt: skip


REFUSED = {
    "an empty reason": (["--reason", "  "], 2, "--reason is empty"),
    "a day that has come": ([*BECAUSE, "--expires", "2020-01-01"], 2, "that day has come"),
    "no days at all": ([*BECAUSE, "--expires", "0d"], 2, "that day has come"),
    "no date": ([*BECAUSE, "--expires", "soon"], 2, "a date such as 2027-06-30"),
    "a time": ([*BECAUSE, "--expires", "2999-01-01T00:00:00"], 2, "a date such as"),
    "more days than there are": ([*BECAUSE, "--expires", "99999999d"], 2, "a date such as"),
    "half of a surrogate pair": (["--reason", "\udcff"], 2, "no text that UTF-8 can hold"),
    "a run that is not there": ([*BECAUSE, "--run", "gone.jsonl"], 3, "cannot be read"),
    "a run that is cut": ([*BECAUSE, "--run", "cut.jsonl"], 3, "cut or damaged"),
    "a run without an end": ([*BECAUSE, "--run", "no-end.jsonl"], 3, "is not whole"),
    "a run of a newer version": ([*BECAUSE, "--run", "newer.jsonl"], 3, "the schema is 99"),
    "another project's": ([*BECAUSE, "--run", "other.jsonl"], 2, "not in the plan of this folder"),
    "of the built-in plan": ([*BECAUSE, "--run", "built-in.jsonl"], 2, "ledger is tokparity's own"),
}


@pytest.mark.parametrize(("args", "code", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_entered_is_refused_in_words(project, tokparity, args, code, says):
    """And nothing is written."""
    planned(project)
    tokparity("run", "--output", "jsonl=run.jsonl")
    run = (project.folder / "run.jsonl").read_text(encoding="ascii")
    project.file("cut.jsonl", run[: len(run) // 2])
    project.file("no-end.jsonl", "".join(run.splitlines(keepends=True)[:-1]))
    project.file("newer.jsonl", re.sub('"schema": ?[0-9]+', '"schema":99', run, count=1))
    project.file("other.jsonl", run.replace('"toy"', '"theirs"'))
    project.file("built-in.jsonl", run.replace('"pyproject.toml"', '"built-in"'))
    (name, *_) = [identity(row) for row in runfile.read(project.folder / "run.jsonl").divergences]
    if "other.jsonl" in args:
        rows = runfile.read(project.folder / "other.jsonl").divergences
        name = identity(rows[0])
    ran = tokparity("ledger", "add", name, "--run", "run.jsonl", *args)

    assert (ran.code, says in ran.err) == (code, True), ran.err
    assert not (project.folder / "golden").exists()


def test_a_name_that_no_divergence_has_is_exit_code_5(project, tokparity):
    """Nothing is selected."""
    planned(project)
    tokparity("run")

    assert tokparity("ledger", "add", "D-00000000", *BECAUSE).code == 5


def test_without_a_run_there_is_nothing_to_enter(project, tokparity):
    """The words say how one is named."""
    planned(project)
    ran = tokparity("ledger", "add", "D-00000000", *BECAUSE)

    assert (ran.code, "--run FILE" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("pair", "more", "says"),
    [
        ({**LOWER, "checks": ["ids", "round_trip"]}, (), ""),
        ({"candidate": "mock:honest", "self_check": True, "checks": ["ids"]}, (entry(),), "agrees"),
        (LOWER, (entry(),), "is covered by the ledger already"),
        (LOWER, (entry(**{"class": "digits"}),), "covers the class 'digits' alone: change it"),
        (LOWER, (entry(kind="outcome"),), "covers outcome alone: change it"),
        ({**LOWER, "candidate": "mock:drops_last_output", "checks": ["ids_batched"]}, (),
         "is a broken contract"),
        ({"reference": "py:mine:Dithers", "checks": ["repeatable"]}, (), "disagrees with itself"),
    ],
    ids=["reported too", "agrees", "covered", "another class", "another kind", "a broken contract",
         "nondeterministic"],
)  # fmt: skip
def test_what_no_entry_could_cover_is_refused(project, tokparity, pair, more, says):
    """With why; what a run only reports is passed over where the case is named."""
    planned(project, *more, pair=pair, rows=("AB", "CD"))
    tokparity("run")
    ran = tokparity("ledger", "add", names(project)[0], *BECAUSE)

    assert (ran.code, says in ran.err) == (2 if says else 0, True), ran.err


def test_what_is_reported_is_refused_by_its_name(project, tokparity):
    """No run fails for it."""
    planned(project, pair={**LOWER, "checks": ["round_trip", "ids"]})
    tokparity("run")
    rows = [row for row in project.run_file() if row["type"] == "divergence"]
    (name, *_) = [identity(row) for row in rows if row["verdict"] == "reported"]
    ran = tokparity("ledger", "add", name, *BECAUSE)

    assert (ran.code, "is reported only" in ran.err) == (2, True)


@pytest.mark.parametrize("command", [["add", "D-0", *BECAUSE], ["prune"]])
def test_the_ledger_is_never_written_in_ci(project, tokparity, monkeypatch, command):
    """Exit code 4, and the file is as it was."""
    planned(project, entry(expires="2020-01-01"))
    tokparity("run")
    before = text_of(project)
    monkeypatch.setenv("CI", "true")
    ran = tokparity("ledger", *command)

    assert (ran.code, "CI is set" in ran.err) == (4, True)
    assert text_of(project) == before


def test_an_entry_is_put_behind_what_is_there(project, tokparity):
    """Comments, formatting and line ends stay as they are."""
    text = "# Kept.\r\n\r\n[[expected]]\r\npair   = 'toy' # so\r\ncheck='text'\r\n"
    text += "select='id:*'\r\nreason='r'"
    planned(project)
    project.file("golden/expected.toml", text)
    tokparity("run")
    tokparity("ledger", "add", names(project)[0], *BECAUSE)
    after = (project.folder / "golden" / "expected.toml").read_bytes().decode()

    assert after.startswith(text + "\r\n\r\n[[expected]]\r\n")
    assert after.count("\n") == after.count("\r\n")


BROKEN = {
    "no TOML": ("[[expected]", 2, "expected.toml: "),
    "conflict markers": ("<<<<<<< ours\n=======\n>>>>>>> theirs\n", 2, "conflict markers"),
    "an unknown class": (entry(**{"class": "digts"}), 2, "did you mean 'digits'"),
    "a key twice": (entry() + 'reason = "again"\n', 2, "a key stands there twice"),
    "a date with a time": (entry(expires="2027-01-01T00:00:00"), 2, "'expires' is a date"),
    "a class that is a number": (entry(**{"class": 1}), 2, "'class' is a text"),
    "an empty owner": (entry(owner=" "), 2, "'owner' is a text"),
    "a side that is none": (entry(side="both"), 2, "'side' is one of reference, candidate"),
    "entries in one list": (
        'expected = [{pair = "p", check = "c", select = "id:t/gone", reason = "r"}]', 2,
        "edit it by hand",
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", ["list", "check", "add", "prune"])
@pytest.mark.parametrize(("text", "code", "says"), BROKEN.values(), ids=BROKEN)
def test_a_ledger_that_cannot_be_meant_is_refused_by_every_command(
    project, tokparity, command, text, code, says
):
    """In words, and it stays as it is."""
    planned(project)
    tokparity("run")
    project.file("golden/expected.toml", text)
    more = [names(project)[0], *BECAUSE] if command == "add" else []
    ran = tokparity("ledger", command, *more)

    if says == "edit it by hand" and command != "add":
        return
    assert (ran.code, says in ran.err) == (code, True), ran.err
    assert text_of(project) == text


@pytest.mark.parametrize("command", ["list", "check"])
def test_a_ledger_that_is_a_folder_is_refused(project, tokparity, command):
    """It is no missing one."""
    planned(project)
    project.file("golden/expected.toml/file", "")

    assert tokparity("ledger", command).code == 2


def test_a_ledger_that_cannot_be_written_is_exit_code_4(project, tokparity, monkeypatch):
    """What was there is there."""
    planned(project)
    tokparity("run")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("parity.files.write", full)
    ran = tokparity("ledger", "add", names(project)[0], *BECAUSE)

    assert (ran.code, "cannot be written: No space left" in ran.err) == (4, True)
    assert not (project.folder / "golden" / "expected.toml").exists()


def test_the_list_shows_each_entry_and_whether_it_counts(project, tokparity):
    """By number, as every message names it."""
    planned(
        project,
        entry(**{"class": "case"}, owner="me", expires="2999-01-01"),
        entry("id:t/gone-*"),
        entry(expires="2020-01-01"),
        entry(unicode="99.0"),
    )
    ran = tokparity("ledger", "list")
    rows = json.loads(tokparity("ledger", "list", "--json").out)["entries"]

    assert ran.code == 0
    assert [row["state"] for row in rows] == [
        "in force",
        "stale",
        "expired",
        "not for this Unicode",
    ]
    assert [row["cases"] for row in rows] == [3, 0, 3, 3]
    assert (rows[0]["class"], rows[0]["owner"], rows[0]["expires"]) == ("case", "me", "2999-01-01")
    assert (rows[0]["days_left"] > 0, rows[2]["days_left"] < 0) == (True, True)
    assert "4 entries: 1 in force, 1 stale, 1 expired, 1 not for this Unicode" in ran.out
    assert "  1  toy  ids  in force, 3 cases" in ran.out


def test_a_list_shows_nothing_that_a_terminal_acts_upon(project, tokparity):
    """A reason is somebody's text."""
    planned(project, entry(reason_="x").replace('reason_ = "x"\n', "").replace(
        '"known"', r'"\u001b[31m \u202e"'))  # fmt: skip
    ran = tokparity("ledger", "list")

    assert ("\x1b" in ran.out, "\u202e" in ran.out) == (False, False)


def test_no_ledger_is_nothing_known(project, tokparity):
    """And no error."""
    planned(project)
    ran = tokparity("ledger", "list")

    assert (ran.code, "there is no such file: every difference counts" in ran.out) == (0, True)
    assert tokparity("ledger", "check").code == 0


@pytest.mark.parametrize(
    ("entries", "code", "says"),
    [
        ([entry()], 0, "only `tokparity run` tells"),
        ([entry(expires="2020-01-01")], 1, "entry 1: expired on 2020-01-01: renew it"),
        ([entry("id:t/gone-*")], 1, "entry 1: stale, it selects no case of the plan: take it out"),
        ([entry().replace("toy", "toi")], 1, "entry 1: stale, the plan has no pair 'toi'"),
        ([entry().replace('"ids"', '"idz"')], 1, "no pair that it speaks of has a check 'idz'"),
        ([entry(), entry("tag:*")], 1, "entry 2: stale, it selects no case of the plan"),
        ([entry(), entry("kind:text")], 1, "entry 2: stale, every case that it selects is one of"),
        ([entry("AB"), entry()], 0, "entry 2: entry 1 selects t/case-"),
        ([entry(**{"class": "clean-up"})], 1, "what ids finds is never of the class 'clean-up'"),
    ],
    ids=["fine", "expired", "no case", "no pair", "no check", "no tag", "shadowed", "overlapping",
         "never of its class"],
)  # fmt: skip
def test_the_check_tells_what_a_run_would_fail_for(project, tokparity, entries, code, says):
    """Without a question to any backend."""
    planned(project, *entries, pair={**LOWER, "candidate": "py:mine:NotThere"})
    ran = tokparity("ledger", "check")

    assert (ran.code, says in ran.out.replace("\n", " ")) == (code, True), ran.out


def test_the_check_of_cases_that_are_grounded_sees_them_as_the_run_does(project, tokparity):
    """A text that is looked at as ids is no text to an entry."""
    pair = {"candidate": "mock:strips_decoded_text", "checks": ["text"]}
    texts = [entry("kind:text"), entry("kind:ids")]
    planned(project, *(text.replace('"ids"', '"text"') for text in texts), pair=pair)
    rows = json.loads(tokparity("ledger", "list", "--json").out)["entries"]
    tokparity("run")
    found = project.run_file()[-1]

    assert [row["state"] for row in rows] == ["stale", "in force"]
    assert found["stale_entries"] == ["golden/expected.toml: entry 1"]
    assert found["ledger"]["cases"] == {"golden/expected.toml: entry 2": rows[1]["cases"]}


def test_prune_takes_out_what_nothing_needs_and_leaves_the_rest_as_it_is(project, tokparity):
    """Expired, stale, and what all agrees; comments of what stays stay."""
    planned(project, rows=("AB", "CD", "ef"))
    first, second, third = project.ids()
    parts = [
        entry("id:t/gone-*"),
        entry(f"id:{third}"),
        "\n# Old.\n" + entry(expires="2020-01-01").lstrip(),
        "\n# Needed.\n" + entry(f"id:{first} or id:{second}").lstrip(),
    ]
    project.file("golden/expected.toml", "# Kept.\n" + "".join(parts))
    tokparity("run")
    before = text_of(project)
    dry = tokparity("ledger", "prune", "--dry-run")
    assert (dry.code, text_of(project)) == (0, before)
    ran = tokparity("ledger", "prune")

    assert (ran.code, text_of(project)) == (0, "# Kept.\n" + parts[3])
    for says in (
        "entry 1: selects no case of the plan",
        "entry 2: all of the 1 comparisons that it selects agree",
        "entry 3: expired on 2020-01-01",
        "3 entries taken out, 1 left",
    ):
        assert says in ran.out
    assert tokparity("run").code == 0


def test_prune_narrows_nothing_in_silence(project, tokparity):
    """An entry that is needed for some of its cases stays, and those that agree are named."""
    planned(project, entry())
    tokparity("run")
    before = text_of(project)
    ran = tokparity("ledger", "prune")

    assert (ran.code, text_of(project)) == (0, before)
    assert (
        f"1 of 3 comparisons agree, 2 differ; it stays; those that agree: {project.ids()[2]}"
        in (ran.out)
    )


def test_prune_believes_no_agreement_that_was_not_written(project, tokparity, monkeypatch):
    """Beyond the limit of a run file there is no telling what a case came to."""
    monkeypatch.setattr("parity.runfile.PAYLOADS", 1)
    planned(project, entry(), pair={"checks": ["ids"]})
    tokparity("run")
    ran = tokparity("ledger", "prune")

    assert "1 of 3 comparisons agree, 0 differ, 2 were not compared or not written" in ran.out
    assert "expected" in text_of(project)


@pytest.mark.parametrize(
    ("flags", "code", "says"),
    [
        (["--pair", "toy"], 3, "it is not a run of the whole plan"),
        (["--select", "AB"], 3, "it is not a run of the whole plan"),
        ([], 0, "taken out"),
    ],
)
def test_prune_believes_a_whole_run_of_the_plan_alone(project, tokparity, flags, code, says):
    """Part of a plan cannot tell what nothing needs."""
    planned(project, entry("id:t/gone-*"))
    tokparity("run", *flags, "--output", "jsonl=run.jsonl")
    ran = tokparity("ledger", "prune", "--run", "run.jsonl")

    assert (ran.code, says in ran.out + ran.err) == (code, True)


def test_prune_believes_no_run_of_another_ledger(project, tokparity):
    """The numbers of entries are those of the file that was judged by."""
    planned(project, entry("id:t/gone-*"))
    tokparity("run")
    project.file("golden/expected.toml", entry() + entry("id:t/gone-*"))
    ran = tokparity("ledger", "prune")

    assert (ran.code, "the ledger has changed since that run" in ran.err) == (3, True)


def test_prune_takes_out_what_has_expired_without_a_run(project, tokparity):
    """The date alone tells; that nothing else was looked at is said."""
    planned(project, entry(expires="2020-01-01"), entry("id:t/gone-*"))
    ran = tokparity("ledger", "prune")

    assert (ran.code, "only what has expired is looked at" in ran.out) == (0, True)
    assert text_of(project) == "# Kept.\n" + entry("id:t/gone-*")


@pytest.mark.parametrize("name", ["cut.jsonl", "newer.jsonl", "no-end.jsonl"])
def test_prune_refuses_a_run_that_cannot_be_believed(project, tokparity, name):
    """Exit code 3, whatever has expired."""
    planned(project, entry(expires="2020-01-01"))
    tokparity("run", "--output", "jsonl=run.jsonl")
    run = (project.folder / "run.jsonl").read_text(encoding="ascii")
    project.file("cut.jsonl", run[: len(run) // 2])
    project.file("no-end.jsonl", "".join(run.splitlines(keepends=True)[:-1]))
    project.file("newer.jsonl", re.sub('"schema": ?[0-9]+', '"schema":99', run, count=1))

    assert tokparity("ledger", "prune", "--run", name).code == 3
    assert "expires" in text_of(project)


def test_a_header_within_a_text_is_no_entry(project, tokparity):
    """Where lines do not tell entries apart, a person edits the file."""
    hidden = '\n[[expected]]\npair = "toy"\ncheck = "ids"\nselect = "id:t/gone"\nreason = """\n'
    planned(project, hidden + '[[expected]]\n"""\n')
    tokparity("run")
    before = text_of(project)
    ran = tokparity("ledger", "prune")

    assert (ran.code, "edit it by hand" in ran.err) == (2, True)
    assert text_of(project) == before


def test_the_file_keeps_its_mode_and_nothing_is_left_beside_it(project, tokparity):
    """Written beside its place, and renamed."""
    planned(project)
    tokparity("run")
    tokparity("ledger", "add", names(project)[0], *BECAUSE)
    folder = project.folder / "golden"

    assert [path.name for path in folder.iterdir()] == ["expected.toml"]
    assert stat.S_ISREG((folder / "expected.toml").stat().st_mode)


@pytest.mark.parametrize(("text", "found"), [("1d", "2026-02-01"), ("2026-12-31", "2026-12-31")])
def test_a_day_is_a_date_or_so_many_days_from_now(text, found):
    """Told once, written as a date."""
    import datetime as dt

    assert day(text, dt.date(2026, 1, 31)).isoformat() == found


@pytest.mark.parametrize(
    ("check", "cause", "can"),
    [
        ("ids", "digits", True),
        ("ids", "unclassified", True),
        ("ids", "filter:int", False),
        ("prompt", "filter:int", True),
        ("chunks", "unclassified", False),
        ("batch_is_single", "batch", True),
    ],
)
def test_a_check_finds_certain_classes(check, cause, can):
    """An entry of another one covers nothing, ever."""
    assert can_be(check, cause) is can
