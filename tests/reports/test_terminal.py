"""The report on a terminal: every count, the first divergence, nothing that acts on a screen."""

import io
import re
import unicodedata

import pytest
from planted_runs import row
from rich.console import Console

from parity import runfile
from parity.reports import terminal


def printed(run, width=100, **options):
    """The report, as a console of this width gets it."""
    out = io.StringIO()
    terminal.show(run, Console(file=out, width=width, **options))
    return out.getvalue()


def test_the_table_has_a_row_a_check_and_side(diverging):
    """With compared, same and diverged."""
    lines = [line.split() for line in printed(diverging).splitlines()]

    assert ["check", "compared", "same", "diverged", "expected", "unsupp.", "below"] in lines
    assert ["ids", "7", "6", "1", "0", "0", "0.53"] in lines
    assert ["repeatable", "can.", "1", "1", "0", "0", "0", "0.95"] in lines


def test_the_first_divergence_is_shown_with_its_place_ids_pieces_and_input(diverging):
    """All that one needs to see what it is."""
    out = printed(diverging)

    assert "ids  cjk/trap-0a1b2c3d  first difference at [3] of 5 / 5" in out
    assert "text       \"語\\u202e\"  specials='plain'" in out
    assert "U+8A9E U+202E" in out
    assert 'reference  1 ?  2 ?  3 ?  »4 "Ġfour"«  9 ?' in out
    assert 'candidate  1 ?  2 ?  3 ?  »5 "five\\u0301"«  9 ?' in out


def test_both_sides_are_named_with_versions_and_digests(diverging):
    """What was compared is known."""
    mark = "mock:x  |  x 1.0  |  tokenizer.json cdcdcdcd  |  fact: f"

    assert f"reference  {mark}\n" in printed(diverging)


def test_the_verdict_has_counts_and_no_percentage(diverging):
    """99.9 % of something is not parity."""
    out = printed(diverging)

    assert "DIVERGED  1 of 8 comparisons differ, canaries 3/3 caught" in out
    assert out.count("%") == out.count("with 95 %") == 1  # how sure the bound is


def test_the_report_names_its_run_file(diverging):
    """There is more in it."""
    assert f"run file  {diverging.path}" in printed(diverging)


@pytest.mark.parametrize("width", [30, 40, 80, 100, 200])
@pytest.mark.parametrize("options", [{}, {"force_terminal": True}], ids=["file", "terminal"])
def test_nothing_hostile_reaches_the_screen(hostile, width, options):
    """Neither raw control characters nor direction marks; markup and emoji codes stay text."""
    out = re.sub(r"\x1b\[[0-9;]*m", "", printed(hostile, width, **options))
    acting = {c for c in out if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Cn")} - {"\n"}

    assert acting == set()
    assert "[red]x[/red][/]" in out
    assert ":cat:" in out


def test_colours_come_from_the_report_alone(hostile):
    """A payload cannot write EXACT in green."""
    out = printed(hostile, force_terminal=True, color_system="standard")

    assert set(re.findall(r"\x1b\[([0-9;]*)m", out)) <= {
        "0", "1", "2", "31", "33", "1;31", "1;33", "1;32",
    }  # fmt: skip


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_no_counter_is_cut_on_a_narrow_terminal(planted, width):
    """A cut number is another number."""
    rows = [
        row(
            "batch_is_single", "candidate", compared=9_000_123, same=1_234_567, diverged=2_345_678,
            expected=3_456_789, unexpected=4_567_891, nondeterministic=5_678_912,
            reported=6_789_123, unsupported=7_891_234,
        )
    ]  # fmt: skip
    out = printed(planted(rows, verdict="diverged"), width)
    told = {f"{count:,}" for count in rows[0].values() if type(count) is int and count > 9}

    assert len(told) == 8
    assert told <= set(re.findall(r"[\d,]+\d", out))


def _another(found, number):
    """A divergence of another case."""
    return {**found, "case": {**found["case"], "id": f"t/x-{number}"}}


def test_divergences_that_are_not_shown_are_counted(diverging):
    """The run file has them."""
    (found,) = diverging.divergences
    run = diverging._replace(divergences=[_another(found, number) for number in range(9)])

    assert "… and 4 more in the run file" in printed(run)


def test_known_differences_are_no_divergences(diverging):
    """They are counted, and not shown."""
    run = diverging._replace(divergences=[diverging.divergences[0] | {"verdict": "expected"}])

    assert "first difference" not in printed(run)


def test_a_divergence_that_was_not_written_is_counted(diverging):
    """With the limit."""
    limits = diverging.footer["limits"] | {"left_out": 1234}
    out = printed(diverging._replace(footer=diverging.footer | {"limits": limits}))

    assert (
        "1,234 divergences are counted and not written (limit a check: 1,000, of what informs 50)"
        in out
    )


def test_a_run_without_a_footer_is_inconclusive(diverging):
    """What is in it may be read, and proves nothing."""
    out = printed(diverging._replace(footer={}))

    assert "INCONCLUSIVE  the run is not whole: it has no footer: it was cut off" in out
    assert "first difference at [3]" in out


def test_a_survivor_is_named(planted):
    """The run cannot be believed."""
    canaries = {"planted": 3, "survived": ["drops_last_id"]}
    out = printed(planted([row("ids")], canaries=canaries, verdict="inconclusive"))

    assert "canaries 2/3 caught" in out
    assert "the canary 'drops_last_id' survived" in out


def test_why_something_is_unsupported_is_told_once_a_reason(planted):
    """With how often, by check."""
    lacks = {"unsupported_because": {"candidate: no bytes": 1200}}
    out = printed(planted([row("ids", **lacks), row("offsets", **lacks)]))

    assert "unsupported: candidate: no bytes: ids 1,200, offsets 1,200" in out


def test_what_failed_alike_is_told(planted):
    """It is the same, and no value; a law's own failures are not the pair's."""
    alike = [row("ids", failed_alike=2), row("text", failed_alike=1_000)]
    out = printed(planted([*alike, row("repeatable", "candidate", failed_alike=7)]))

    assert "failed alike: ids 2" in out
    assert "EXACT  0 of 3 comparisons differ, 1,002 failed alike, canaries 3/3 caught" in out
    assert "failed alike, canaries" not in printed(planted([row("ids")]))


@pytest.mark.parametrize("plan", ["built-in", "pyproject.toml", "command line"])
def test_the_report_starts_with_where_the_plan_is_from(planted, plan):
    """A green run of another plan is not the one that was meant."""
    assert printed(planted([row("ids")], plan=plan)).startswith(f"plan  {plan}\n")


def test_a_verdict_is_of_a_run_that_says_it_is_whole(diverging):
    """In so many words: what only looks true is not it."""
    run = diverging._replace(footer=diverging.footer | {"whole": "no"})

    assert "INCONCLUSIVE" in printed(run)


def test_a_pair_that_never_started_is_told(planted):
    """Its problem is all that there is."""
    run = planted([], problem="cannot be loaded", verdict="inconclusive")._replace(pairs=[])

    assert "inconclusive: cannot be loaded" in printed(run)


def test_a_refusal_is_neither_a_divergence_nor_a_crash(planted):
    """It has a word of its own, at its pair and beside the verdict."""
    out = printed(planted([], problem="lib refuses a.json", refused=True, verdict="inconclusive"))

    assert "  REFUSED: lib refuses a.json\n" in out
    assert "INCONCLUSIVE  0 of 0 comparisons differ, 1 of 1 pairs refused, canaries" in out


def test_the_plain_report_has_no_colours(diverging):
    """It goes into a file."""
    assert "\x1b" not in terminal.render(diverging)


def test_a_report_of_what_was_read_again_is_the_same(diverging):
    """Nothing in a report comes from outside the run file."""
    assert terminal.render(runfile.read(diverging.path)) == terminal.render(diverging)


@pytest.mark.parametrize("width", [40, 60, 100])
def test_every_row_has_its_bound(planted, width):
    """In a column, or in the row's line where the terminal is narrow."""
    rows = [row("ids", compared=44_112), row("text", compared=3, same=0, diverged=3)]
    out = printed(planted(rows, verdict="diverged", exit=1), width)

    assert "6.8e-5" in out
    assert "below" in out


@pytest.mark.parametrize("width", [40, 100])
def test_coverage_is_told_as_counts(planted, width):
    """A vocabulary that was not all seen is never said to be."""
    run = planted([row("ids")])
    pair = run.footer["pairs"][0] | {"coverage": {"vocabulary": [3901, 4096], "added": [5, 5]}}
    out = printed(run._replace(footer=run.footer | {"pairs": [pair]}), width)

    assert "  coverage  vocabulary 3,901 of 4,096, added 5 of 5\n" in out


def test_a_divergence_is_shown_with_its_name(diverging):
    """The one that other commands take."""
    assert re.search(r"\n  D-[0-9a-f]{8}  ids  cjk/trap-0a1b2c3d  first", printed(diverging))


@pytest.mark.parametrize("kind", ["exact", "diverging", "as expected"])
def test_a_terminal_is_told_what_to_do_next_where_something_failed(kinds, kind):
    """A file is not: nobody types into it."""
    run = kinds(kind)

    assert ("tokparity replay D-" in printed(run, force_terminal=True)) is (kind == "diverging")
    assert "tokparity replay" not in printed(run)


def test_stale_and_expired_entries_are_told(kinds):
    """With their places."""
    out = printed(kinds("stale"))

    assert "entry 2 selects no case any more that is compared: take it out" in out
    assert "golden/expected.toml: entry 3 expired on 2020-01-01" in out
