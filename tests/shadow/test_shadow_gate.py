"""The gate fails closed: each hole in the evidence is a log that is wrong in its way, and named."""

import json

import pytest
from shadow_logs import CANDIDATE, Told, about, rows, spoilt

from parity.errors import UsageError
from parity.shadow.backend import Shadow
from parity.shadowed import gate

ENOUGH = ("--min-compared", "100")


def honest_run(path, **named):
    """A run of 200 calls that agree, and nothing wrong."""
    return Told(path, **named).same(200).beat()


def only(row_is, **changes):
    """A change of the lines of a sort."""

    def change(row):
        if row["what"] == row_is:
            row.update(changes)

    return change


def without(what):
    """A change that leaves a sort of lines out."""
    return lambda row: [] if row["what"] == what else None


def swapped_sides(row):
    """The header says of two names that they are two things, and both are one."""
    if row["what"] == "header":
        row["candidate"] = {**row["reference"], "spec": "another:name"}


def counted_twice(row):
    if row["what"] == "footer":
        row["counts"]["compared"] += 1


def other_marks(row):
    if row["what"] == "divergence":
        row["fingerprints"] = {"reference": "0" * 16, "candidate": "1" * 16}


def unwritten(row):
    if row["what"] == "footer":
        row["log"]["failed"] = 2


def half_closed(row):
    if row["what"] == "footer":
        row.update(whole=False, missing={"unasked": 7})


def says_not_whole(row):
    if row["what"] == "footer":
        row.update(whole=False, missing={})


def same_digests(row):
    if row["what"] == "header":
        row["digests"]["candidate"] = row["digests"]["reference"]


def fewer_counted(row):
    """Lines of divergences that no count knows of."""
    if row["what"] == "footer":
        for counts in (row["counts"], *row["counts"]["surfaces"].values()):
            counts.update(diverged=0, same=counts["compared"], classes={})


SPOILT = {
    "no footer": (without("footer"), "no footer"),
    "no header": (without("header"), "header"),
    "a newer schema": (only("header", schema=2), "schema 2"),
    "sums that are wrong": (counted_twice, "compared"),
    "one thing, as the header says": (only("header", same=True), "one and the same thing"),
    "one thing, by its digests": (same_digests, "one and the same thing"),
    "one thing under two names": (swapped_sides, "one and the same thing"),
    "a candidate that did not load": (
        only("header", candidate={"failed": "LoadFailed"}),
        "the candidate could not be loaded: LoadFailed",
    ),
    "lines that were not written": (unwritten, "2 lines could not be written"),
    "a footer that misses something": (half_closed, "the footer misses 7 unasked"),
    "a footer that is not whole": (says_not_whole, "the footer says that it is not whole"),
    "two footers": (lambda row: [row, row] if row["what"] == "footer" else None, "footer"),
    "two headers": (lambda row: [row, row] if row["what"] == "header" else None, "header"),
}


@pytest.mark.parametrize(("change", "says"), SPOILT.values(), ids=SPOILT)
def test_a_hole_in_the_evidence_is_exit_code_3(project, tokparity, change, says):
    """Whatever the counts are, nothing is proved."""
    path = honest_run(project.folder / "log").footer()
    before = tokparity("shadow", "gate", "log", *ENOUGH)
    spoilt(path, change)
    ran = tokparity("shadow", "gate", "log", *ENOUGH)

    assert (before.code, before.out.splitlines()[0]) == (0, "PASSED")
    assert (ran.code, ran.out.splitlines()[0]) == (3, "INCONCLUSIVE")
    assert says in ran.out


@pytest.mark.parametrize(
    ("change", "says"),
    [(other_marks, "other sides than the header names"), (fewer_counted, "diverge")],
)
def test_lines_that_gainsay_the_counts_are_exit_code_3(project, tokparity, change, says):
    """A divergence that is allowed is so by what is counted, of the sides that are named."""
    path = honest_run(project.folder / "log").ask("abc").footer()
    before = tokparity("shadow", "gate", "log", *ENOUGH, "--max-diverged", "1")
    spoilt(path, change)
    ran = tokparity("shadow", "gate", "log", *ENOUGH, "--max-diverged", "1")

    assert (before.code, ran.code) == (0, 3)
    assert says in ran.out


def test_a_divergence_that_no_count_knows_of_is_counted(project, tokparity):
    """Who changes the footer alone does not make it vanish."""
    path = honest_run(project.folder / "log").ask("abc").footer()
    spoilt(path, fewer_counted)
    ran = tokparity("shadow", "gate", "log", *ENOUGH)

    assert ran.code == 3
    assert "1 diverged, 0 are allowed" in ran.out


def test_a_log_that_is_not_there_is_exit_code_3(project, tokparity):
    """A shadow that never ran is not green; the message names the file."""
    honest_run(project.folder / "log").footer()
    ran = tokparity("shadow", "gate", "log", "none.jsonl", *ENOUGH)

    assert ran.code == 3
    assert "none.jsonl" in ran.out


@pytest.mark.parametrize("content", ["", "{}\n", "no json\n", "[1]\n"])
def test_a_file_that_is_no_log_is_exit_code_3(project, tokparity, content):
    """Nor is an empty one a run without divergences."""
    project.file("log", content)

    assert tokparity("shadow", "gate", "log").code == 3


def test_a_torn_last_line_is_exit_code_3(project, tokparity):
    """The process died in the middle of it."""
    path = honest_run(project.folder / "log").footer()
    path.write_bytes(path.read_bytes()[:-40])
    ran = tokparity("shadow", "gate", "log", *ENOUGH)

    assert ran.code == 3
    assert "no footer" in ran.out


def test_ten_thousand_are_needed_where_nothing_is_said(project, tokparity):
    """199 calls that agree are no proof."""
    honest_run(project.folder / "log").footer()
    ran = tokparity("shadow", "gate", "log")

    assert ran.code == 3
    assert "200 compared, 10,000 are needed" in ran.out


def test_the_default_passes_with_ten_thousand(project, tokparity):
    """And says what that proves."""
    Told(project.folder / "log").same(10_000).footer()
    ran = tokparity("shadow", "gate", "log")

    assert ran.code == 0
    assert "0 of 10,000 differ; below 3e-4 with 95 %" in ran.out


@pytest.mark.parametrize(("name", "code"), [("encode", 0), ("decode", 3), ("never_seen", 3)])
def test_each_surface_needs_what_is_asked_of_it(project, tokparity, name, code):
    """A total that one surface fills says nothing of another."""
    honest_run(project.folder / "log").same(3, "decode").footer()
    ran = tokparity("shadow", "gate", "log", *ENOUGH, "--surface", f"{name}=100")

    assert ran.code == code
    assert (f"compared of {name}, 100 are needed" in ran.out) == bool(code)


def test_a_surface_that_was_never_compared_is_noted(project, tokparity):
    """It does not decide where nobody asked for it, and it is not hidden."""
    honest_run(project.folder / "log").fate("skipped", 4, "Unsupported", "render").footer()
    ran = tokparity("shadow", "gate", "log", *ENOUGH)

    assert ran.code == 0
    assert "render was called 4 times and never compared" in ran.out


@pytest.mark.parametrize("fate", ["dropped", "timeout", "error", ""])
def test_more_lost_than_its_share_is_exit_code_3(project, tokparity, fate):
    """Dropped, timed out, failed or pending: nothing is known of them, whatever the rest says."""
    told = honest_run(project.folder / "log")
    told.fate(fate, 3).footer()
    shares = {
        share: tokparity("shadow", "gate", "log", *ENOUGH, "--max-lost", share)
        for share in ("0.01", "0.1", "0")
    }

    assert {share: ran.code for share, ran in shares.items()} == {"0.01": 3, "0.1": 0, "0": 3}
    assert f"3 of 203 sampled are lost (3 {fate or 'pending'})" in shares["0"].out


def test_what_is_skipped_is_not_lost_and_not_compared(project, tokparity):
    """A side that has no such operation is known to have none."""
    Told(project.folder / "log").same(99).fate("skipped", 50, "Unsupported").footer()
    ran = tokparity("shadow", "gate", "log", *ENOUGH)

    assert ran.code == 3
    assert "99 compared, 100 are needed" in ran.out
    assert "lost" not in ran.out


def test_a_divergence_is_exit_code_1(project, tokparity):
    """The evidence is whole, and it is against the candidate."""
    honest_run(project.folder / "log").ask("abc").footer()
    ran = tokparity("shadow", "gate", "log", *ENOUGH)

    assert (ran.code, ran.out.splitlines()[0]) == (1, "DIVERGED")
    assert "1 diverged, 0 are allowed" in ran.out
    assert "1 of 201 differ; below 0.024 with 95 %" in ran.out


def test_divergences_beyond_the_cap_of_lines_count(project, tokparity):
    """A cap is of payloads, never of counts."""
    told = honest_run(project.folder / "log", max_diffs=1)
    told.ask("abc").ask("abc").ask("abc").footer()
    ran = tokparity("shadow", "gate", "log", *ENOUGH, "--max-diverged", "2")

    assert ran.code == 1
    assert "3 diverged, 2 are allowed" in ran.out


def test_a_hole_and_a_divergence_are_both_said_and_3_stands_before_1(project, tokparity):
    """As everywhere else: what is not proved is not called proved wrong."""
    honest_run(project.folder / "log").ask("abc").beat()
    ran = tokparity("shadow", "gate", "log", *ENOUGH)

    assert ran.code == 3
    assert "no footer" in ran.out
    assert "1 diverged, 0 are allowed" in ran.out


def test_runs_of_the_same_sides_add_up(project, tokparity):
    """A service has many processes."""
    for name in ("one", "two"):
        Told(project.folder / name).same(60).footer()

    assert tokparity("shadow", "gate", "one", *ENOUGH).code == 3
    assert tokparity("shadow", "gate", "one", "two", *ENOUGH).code == 0


MIXED = {
    "candidate": (
        {"candidate": "mock:repeats_last_id"},
        "the candidate is not the same in all runs",
    ),
    "content": ({"content": "full"}, "the setting 'content' is not the same in all runs"),
    "key": ({"key": b"k"}, "the setting 'keyed' is not the same in all runs"),
}


@pytest.mark.parametrize(("other", "says"), MIXED.values(), ids=MIXED)
def test_runs_of_different_pairs_are_exit_code_3(project, tokparity, other, says):
    """Calls that one candidate answered prove nothing of another."""
    Told(project.folder / "one").same(200).footer()
    Told(project.folder / "two", **{"candidate": CANDIDATE, **other}).same(200).footer()
    ran = tokparity("shadow", "gate", "one", "two", *ENOUGH)

    assert ran.code == 3
    assert says in ran.out


def test_a_log_given_twice_does_not_count_twice(project, tokparity):
    """Under two names it is a second header of one run; under one name it is one."""
    path = Told(project.folder / "log").same(60).footer()
    (project.folder / "copy").write_bytes(path.read_bytes())

    assert tokparity("shadow", "gate", "log", "log", *ENOUGH).code == 3
    assert tokparity("shadow", "gate", "log", "copy", *ENOUGH).code == 3


WRONG = {
    "min": ["--min-compared", "many"],
    "min of nothing": ["--min-compared", "0"],
    "max": ["--max-diverged", "-1"],
    "lost": ["--max-lost", "1.5"],
    "no number": ["--max-lost", "nan"],
    "surface without a number": ["--surface", "encode"],
    "surface without a name": ["--surface", "=5"],
    "surface of nothing": ["--surface", "encode=0"],
    "surface twice": ["--surface", "encode=5", "--surface", "encode=6"],
    "unknown option": ["--allow-missing"],
}


@pytest.mark.parametrize("args", WRONG.values(), ids=WRONG)
def test_a_limit_that_cannot_be_meant_is_exit_code_2(project, tokparity, args):
    """It is not taken for another one."""
    honest_run(project.folder / "log").footer()

    assert tokparity("shadow", "gate", "log", *args).code == 2


def test_the_document_says_what_the_lines_say(project, tokparity):
    """For a program: the code, each reason, and every count."""
    honest_run(project.folder / "log").ask("abc").fate("dropped", 9).beat()
    ran = tokparity("shadow", "gate", "log", *ENOUGH, "--json")
    found = json.loads(ran.out)

    assert (ran.code, found["exit"], found["verdict"]) == (3, 3, "inconclusive")
    assert [why.partition(": ")[2][:9] or why[:9] for why in found["reasons"]] == [
        "no footer", "9 of 210 ",
    ]  # fmt: skip
    assert (found["diverged"], found["lost"], found["counts"]["calls"]) == (1, 9, 210)


def test_the_document_is_one_where_the_log_is_missing(tokparity):
    """Who reads it gets JSON, whatever went wrong."""
    ran = tokparity("shadow", "gate", "none", "--json")

    assert (ran.code, json.loads(ran.out)["verdict"]) == (3, "inconclusive")


def test_a_limit_of_a_surface_is_read_by_its_last_equals_sign():
    """A name of a callable may have one in it."""
    assert gate.surfaces(["a=b=3"]) == {"a=b": 3}
    with pytest.raises(UsageError, match="NAME=N"):
        gate.surfaces(["encode=many"])


def test_two_fingerprints_of_one_thing_are_one():
    """The header's own word is not what decides."""
    mark = about("mock:honest")

    assert gate._one(mark, {**mark, "spec": "mock:honest,of=x"})
    assert not gate._one(mark, about(CANDIDATE))


@pytest.mark.parametrize(("candidate", "code"), [("mock:renames_a_token", 0), (CANDIDATE, 1)])
def test_a_real_shadow_is_gated_by_its_own_log(project, tokparity, candidate, code):
    """From the call to the verdict: nothing in between is made up."""
    with Shadow("mock:honest", candidate, rate=1.0, report=str(project.folder / "log")) as shadow:
        for number in range(30):
            shadow.encode(f"text {number}")
        counts = shadow.snapshot()
    ran = tokparity("shadow", "gate", "log", "--min-compared", "30")

    assert counts["calls"] == 30
    assert ran.code == code, ran.out
    assert rows(project.folder / "log")[-1]["what"] == "footer"


def test_lines_that_were_rotated_away_take_no_count(project, tokparity):
    """The footer counts all of them; what is not here any more is noted."""
    told = honest_run(project.folder / "log", rotate=4000, keep=1)
    for number in range(20):
        told.ask("abc", request=f"r-{number}")
    told.footer()
    ran = tokparity("shadow", "gate", "log", *ENOUGH, "--max-diverged", "20")

    assert ran.code == 0, ran.out
    assert "rotated away" in ran.out
    assert "20 of 220 differ" in ran.out
