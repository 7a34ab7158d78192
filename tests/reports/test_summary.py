"""The report for programs: one JSON object with a schema, with everything but the payloads."""

import json

import pytest
from planted_runs import KINDS, row

from parity.identities import identity
from parity.reports import summary


def document(run):
    """The report, parsed."""
    return json.loads(summary.render(run))


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_parses_and_is_ascii(kinds, kind):
    """Whatever the payloads hold; the same keys whatever the run came to."""
    text = summary.render(kinds(kind))

    assert text.isascii()
    assert list(json.loads(text)) == [
        "schema_version", "reproducible", "run_file", "verdict", "exit", "whole", "bound",
        "problems", "header", "pairs", "footer", "causes", "divergences",
    ]  # fmt: skip


def test_each_divergence_has_its_name_its_case_and_its_place(diverging):
    """And no payload."""
    (written,) = diverging.divergences
    place = {"corpus": "cjk", "file": "texts/cjk.jsonl", "line": 3}
    run = diverging._replace(divergences=[{**written, "place": place}])
    (found,) = document(run)["divergences"]

    assert (found["case"], found["check"]) == ("cjk/trap-0a1b2c3d", "ids")
    assert found["difference"]["path"] == [3]
    assert found["identity"] == identity(written)
    assert found["place"] == place


def test_the_verdict_and_the_exit_code_are_there(diverging):
    """A program needs no other place."""
    found = document(diverging)

    assert (found["verdict"], found["exit"], found["whole"]) == ("diverged", 1, True)
    assert found["footer"]["exit"] == 1


def test_a_run_without_a_footer_has_no_verdict(diverging):
    """There is nothing to be taken for one."""
    found = document(diverging._replace(footer={}))

    assert found["footer"] == {}
    assert (found["verdict"], found["exit"], found["whole"]) == ("inconclusive", 3, False)


def test_a_verdict_that_the_counts_do_not_bear_out_is_not_passed_on(kinds):
    """What the file says stands in the footer."""
    found = document(kinds("says more than it counts"))

    assert (found["verdict"], found["footer"]["verdict"]) == ("inconclusive", "exact")


def test_a_run_a_pair_and_a_row_have_their_bound(planted):
    """Counts first, then what they prove; nothing is rounded to none or all."""
    rows = [row("ids", compared=44_112), row("text", compared=10, same=9, diverged=1)]
    found = document(planted(rows, verdict="diverged", exit=1))
    (pair,) = found["footer"]["pairs"]

    assert found["bound"] == pair["bound"]
    assert pair["bound"]["words"] == "1 of 44,122 differ; below 1.1e-4 with 95 %"
    assert [one["bound"]["below"] for one in pair["rows"]] == [6.8e-5, 0.4]
    assert [one["bound"]["words"] for one in pair["rows"]] == [
        "0 of 44,112 differ; below 6.8e-5 with 95 %", "1 of 10 differ; below 0.4 with 95 %",
    ]  # fmt: skip


def test_what_nothing_bounds_has_no_bound(kinds):
    """Nothing was compared."""
    assert document(kinds("nothing"))["bound"] == {
        "differ": 0, "compared": 0, "confidence": 0.95, "below": None,
        "words": "nothing was compared",
    }  # fmt: skip


def test_causes_are_counted_with_their_names(diverging):
    """The most frequent first, whatever the verdicts that are no failure."""
    (found,) = diverging.divergences
    causes = ("case", "digits", "digits")
    rows = [{**found, "cause": cause} for cause in causes]
    rows += [{**found, "cause": "case", "verdict": verdict} for verdict in ("expected", "reported")]
    told = document(diverging._replace(divergences=rows))["causes"]

    assert [(one["cause"], one["count"], one["checks"]) for one in told] == [
        ("digits", 2, {"ids": 2}), ("case", 1, {"ids": 1}),
    ]  # fmt: skip
    assert told[0]["identities"] == [identity(found)] * 2


def test_coverage_is_counts(planted):
    """What was seen, of what there is."""
    run = planted([row("ids")])
    pair = run.footer["pairs"][0] | {"coverage": {"vocabulary": [3901, 4096]}}
    found = document(run._replace(footer=run.footer | {"pairs": [pair]}))

    assert found["footer"]["pairs"][0]["coverage"] == {"vocabulary": [3901, 4096]}


def test_what_the_schema_does_not_name_is_not_passed_on(diverging):
    """A later run file has more; what has another type than it should is not told either."""
    run = diverging._replace(
        header=diverging.header | {"later": 1, "python": ["3"], "unicode": "15.0.0"}
    )

    assert document(run)["header"].keys() == {"schema", "tool", "plan", "unicode"}


def test_a_part_of_a_plan_is_told_to_be_one(diverging):
    """With what is known of it; what is not known is left out."""
    since = {"rev": "main", "commit": "ab" * 20, "because": "", "cases": None, "later": 1}
    header = diverging.header | {"shard": [2, 4], "since": since, "unnarrowed": False}
    found = document(diverging._replace(header=header))["header"]

    assert found["shard"] == [2, 4]
    assert found["since"] == {"rev": "main", "commit": "ab" * 20, "because": ""}
    assert found["unnarrowed"] is False
