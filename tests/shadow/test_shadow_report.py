"""The report: what was counted, not what was written; nothing rounded; no bad log believed."""

import json

import pytest
from rich.console import Console
from shadow_logs import Told, spoilt

from parity.shadow.backend import Shadow
from parity.shadowed import report
from parity.shadowed.reading import read


def full_run(path, **named):
    """A run with something of everything: 120,000 would take too long, 300 do."""
    told = Told(path, **named).same(300).beat()
    told.ask("abc", request="r-1").ask("xyz", "plain", request="r-1").ask("q", request="-")
    told.ask([97], surface="decode").same(40, "decode").beat()
    told.fate("dropped", 5).fate("dropped", 2, "bytes").lose("timeout", "TimedOut")
    return told.fate("skipped", 3, "Unsupported", "render")


def test_the_first_lines_are_those_that_scripts_know(project, tokparity):
    """`divergence_entries=N`, then what was asked, then how it parted."""
    full_run(project.folder / "log").footer()
    ran = tokparity("shadow", "report", "log")

    assert ran.code == 0
    assert ran.out.splitlines()[:5] == [
        "divergence_entries=3",
        "top_kinds:",
        "  encode: 3",
        "top_reasons:",
        "  ids.missing: 3",
    ]


def test_divergences_are_counted_beyond_the_lines(project, tokparity):
    """Payloads are capped, the number is not, and the cap is said."""
    full_run(project.folder / "log", max_diffs=1).footer()
    ran = tokparity("shadow", "report", "log")

    assert ran.out.startswith("divergence_entries=3\n")
    assert "2 lines were left out (max_diffs is 1); the counts have them" in ran.out


def test_every_surface_has_its_sample_and_its_bound(project, tokparity):
    """Counts, never a share."""
    full_run(project.folder / "log").footer()
    ran = tokparity("shadow", "report", "log", "--by", "surface")

    assert "decode: 0 of 41 differ; below 0.071 with 95 %" in ran.out
    assert "encode: 3 of 303 differ; below 0.026 with 95 %" in ran.out
    assert "render: nothing was compared" in ran.out
    assert "by class" not in ran.out


def test_what_was_lost_is_told_by_reason(project, tokparity):
    """Of each fate, the most first."""
    full_run(project.folder / "log").fate("", 4).footer()
    ran = tokparity("shadow", "report", "log")

    assert "dropped 7: full 5, bytes 2" in ran.out
    assert "timeout 1: TimedOut 1" in ran.out
    assert "skipped 3: Unsupported 3" in ran.out
    assert "pending 4" in ran.out


def test_requests_are_ranked_by_their_lines(project, tokparity):
    """A request whose calls all differ is where to look first."""
    full_run(project.folder / "log").footer()
    ran = tokparity("shadow", "report", "log", "--by", "request", "--top", "1", "--json")
    found = json.loads(ran.out)

    assert found["tables"]["request"] == [
        {"request": "r-1", "lines": 2, "classes": {"encode ids.missing": 2}}
    ]


def test_parts_of_the_time_add_up_to_the_counts(project, tokparity):
    """Whatever the clock did: lines are placed by the seconds since the run began."""
    path = full_run(project.folder / "log").footer()
    ups = iter([0.0, 10.0, 20.0, 100.0])

    def later(row):
        if "counts" in row or row["what"] == "header":
            row["up"] = next(ups)
        if row["what"] == "heartbeat":
            row["at"] = "1999-01-01T00:00:00.000+00:00"  # the clock jumped

    spoilt(path, later)
    ran = tokparity("shadow", "report", "log", "--json")
    parts = json.loads(ran.out)["tables"]["time"]

    assert [row["compared"] for row in parts] == [300, 44, 0]
    assert [row["diverged"] for row in parts] == [0, 3, 0]
    assert [row["lost"] for row in parts] == [0, 0, 8]
    assert not any("1999" in row["from"] for row in parts)


def test_runs_add_up(project, tokparity):
    """Each process of a service has a log of its own, or they share one."""
    for name in ("one", "two"):
        full_run(project.folder / name).footer()
    ran = tokparity("shadow", "report", "one", "two", "--json")
    found = json.loads(ran.out)

    assert (found["divergence_entries"], len(found["runs"])) == (6, 2)
    assert found["counts"]["surfaces"]["decode"]["compared"] == 82


NOTHING = {
    "no call": (lambda told: told, "no call is counted"),
    "none sampled": (
        lambda told: told.counts.ticks("encode")[0].next() or told,
        "none of 1 calls was sampled (rate 1.0)",
    ),
    "none with two answers": (
        lambda told: told.fate("dropped", 7),
        "7 sampled calls, and none has two answers",
    ),
}


@pytest.mark.parametrize(("become", "says"), NOTHING.values(), ids=NOTHING)
def test_a_run_that_compared_nothing_says_so_first(project, tokparity, become, says):
    """`divergence_entries=0` alone would be taken for a success."""
    become(Told(project.folder / "log")).footer()
    ran = tokparity("shadow", "report", "log")

    assert ran.out.startswith(f"NOTHING WAS COMPARED: {says}\ndivergence_entries=0\n")
    assert "nothing was compared" in ran.out


def test_a_run_that_goes_on_is_told_of_and_believed(project, tokparity):
    """Its counts are those of its last heartbeat."""
    full_run(project.folder / "log").beat()
    ran = tokparity("shadow", "report", "log")

    assert ran.code == 0
    assert "no footer: it goes on still, or was killed" in ran.out
    assert ran.out.startswith("divergence_entries=3\n")


def test_divergences_after_the_last_heartbeat_are_not_lost(project, tokparity):
    """There are as many as there are lines, at least."""
    Told(project.folder / "log").same(3).beat().ask("a").ask("b")
    ran = tokparity("shadow", "report", "log")

    assert "divergence_entries=2" in ran.out


def test_a_footer_that_is_not_whole_is_told_of(project, tokparity):
    """It is the gate that decides by it."""
    full_run(project.folder / "log").fate("", 2).footer()
    ran = tokparity("shadow", "report", "log")

    assert ran.code == 0
    assert "its footer misses 2 pending" in ran.out


def wrong_sums(row):
    if row["what"] == "footer":
        row["counts"]["compared"] += 1


@pytest.mark.parametrize(
    "change", [wrong_sums, lambda row: [] if row["what"] == "header" else None]
)
def test_a_log_that_cannot_be_believed_is_exit_code_3(project, tokparity, change):
    """It is said before any number of it, whatever else it says."""
    spoilt(full_run(project.folder / "log").footer(), change)
    ran = tokparity("shadow", "report", "log")

    assert ran.code == 3
    assert ran.out.startswith("CANNOT BE BELIEVED: ")
    assert "divergence_entries=3" in ran.out


def test_wrong_values_in_a_header_are_told_and_not_fallen_over(project, tokparity):
    """What reads a log of anybody's must not crash on it."""

    def change(row):
        if row["what"] == "header":
            row.update(reference=7, candidate=None, digests=[], settings="x", at=3, up=None)

    spoilt(full_run(project.folder / "log").footer(), change)

    assert tokparity("shadow", "report", "log").code == 3
    assert tokparity("shadow", "gate", "log").code == 3


def test_a_log_that_is_not_there_is_exit_code_3(tokparity):
    """With its name; it is not zero divergences."""
    ran = tokparity("shadow", "report", "none.jsonl")

    assert ran.code == 3
    assert "none.jsonl" in ran.err
    assert "divergence_entries" not in ran.out


def test_sides_that_are_one_are_told_of(project, tokparity):
    """No divergence of a thing with itself is no news."""
    Told(project.folder / "log", candidate="mock:honest").same(3).footer()

    assert "one and the same thing" in tokparity("shadow", "report", "log").out


@pytest.mark.parametrize("width", [20, 40, 200])
def test_no_width_cuts_a_number(project, width):
    """A table that does not fit becomes lines."""
    path = Told(project.folder / "log").same(12_345).ask("a").footer()
    console = Console(width=width, record=True, highlight=False, color_system=None)
    report.report([path], report.Wanted(), console, as_json=False)
    shown = console.export_text()

    assert "12,346" in shown
    assert "1 of 12,346 differ" in shown
    assert "…" not in shown


def test_there_is_colour_on_a_terminal_only(project, tokparity):
    """A file is read by programs."""
    full_run(project.folder / "log").footer()

    assert "\x1b" not in tokparity("shadow", "report", "log").out


def test_what_a_log_says_moves_no_terminal(project, tokparity):
    """Ids of requests are the client's to choose."""
    full_run(project.folder / "log").ask("a", request="\x1b[31m\u202e").footer()
    ran = tokparity("shadow", "report", "log", "--by", "request")

    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out


def test_the_document_has_what_the_lines_have(project, tokparity):
    """One JSON value, with every count."""
    path = full_run(project.folder / "log").footer()
    found = json.loads(tokparity("shadow", "report", "log", "--json").out)

    assert found == json.loads(json.dumps(report.document(read([path]), report.Wanted())))
    assert found["counts"]["calls"] == 355
    assert found["problems"] == []


def test_a_real_shadow_is_reported_from_its_own_log(project, tokparity):
    """The counts of the report are those that the shadow told its caller."""
    log = str(project.folder / "log")
    with Shadow("mock:honest", "mock:drops_last_id", rate=1.0, report=log, max_diffs=4) as shadow:
        for number in range(20):
            shadow.encode(f"text {number}")
            shadow.decode([97, 98])
    ran = tokparity("shadow", "report", "log", "--json")
    found = json.loads(ran.out)

    assert (ran.code, found["problems"]) == (0, [])
    assert found["counts"] == shadow.snapshot()
    assert found["divergence_entries"] == found["top_reasons"]["ids.missing"] == 20


def test_an_id_with_a_newline_makes_no_line_of_its_own(project, tokparity):
    """Nobody writes `divergence_entries=0` into a report by the id of a request."""
    told = Told(project.folder / "log").same(3)
    told.ask("a", request="r\ndivergence_entries=0").footer()
    ran = tokparity("shadow", "report", "log", "--by", "request")

    lines = [line for line in ran.out.splitlines() if line.startswith("divergence_entries")]
    assert lines == ["divergence_entries=1"]


def test_surfaces_that_were_never_called_are_named_and_have_no_row(project, tokparity):
    """A backend has many; what a service does not use is no hole, and is not hidden."""
    told = Told(project.folder / "log").same(3)
    told.counts.ticks("render")
    told.footer()
    ran = tokparity("shadow", "report", "log")

    assert "never called: render" in ran.out
    assert "render: nothing was compared" not in ran.out
