"""GitHub: an annotation a cause, escaped as workflow commands are read."""

import re

import pytest
from planted_runs import HOSTILE, KINDS

from parity.reports import github
from parity.reports.standing import Standing

COMMAND = re.compile(r"::(error|notice) ((?:[a-z]+=[^,:\r\n]*,?)+)::([^\r\n]*)")


def commands(run):
    """Each line as a kind, properties and a message, as GitHub reads it."""
    lines = [COMMAND.fullmatch(line) for line in github.render(run).splitlines()]
    return [
        (line[1], dict(part.split("=", 1) for part in line[2].split(",")), line[3])
        for line in lines
    ]


@pytest.mark.parametrize("name", KINDS)
def test_every_line_is_a_command(kinds, name):
    """And the last is a notice with the verdict."""
    found = commands(kinds(name))

    assert (found[-1][0], found[-1][1]) == ("notice", {"title": "tokparity"})
    assert any(kind == "error" for kind, _, _ in found) is (KINDS[name] != 0)


def test_what_is_expected_is_a_notice_with_its_count(kinds):
    """It is known, and not hidden."""
    first, _ = commands(kinds("as expected"))

    assert (first[0], first[2]) == ("notice", "3 comparisons differ as the ledger says")


def causes(run, count):
    """The run with so many causes, each of one case of a corpus of the project."""
    (row,) = run.divergences
    return run._replace(
        divergences=[
            {**row, "cause": f"c{number}", "case": {**row["case"], "id": f"t/x-{number}"},
             "place": {"corpus": "x", "file": "texts/a,b:c.jsonl", "line": number + 1}}
            for number in range(count)
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("count", "more"), [(1, ""), (10, ""), (12, "2 more are in the run file")])
def test_at_most_ten_errors_are_given_and_the_rest_is_counted(diverging, count, more):
    """GitHub shows no more of a step."""
    found = commands(causes(diverging, count))

    assert [kind for kind, _, _ in found] == ["error"] * min(count, 10) + ["notice"]
    assert more in found[-1][2]
    assert ("GitHub shows 10" in found[-1][2]) is bool(more)


def test_an_annotation_stands_at_the_line_of_the_corpus(diverging):
    """One for all divergences of a cause."""
    kind, properties, message = commands(causes(diverging, 1))[0]

    assert (kind, properties["file"], properties["line"]) == ("error", "texts/a%2Cb%3Ac.jsonl", "1")
    assert properties["title"] == "tokparity%3A c0"
    assert message.startswith("toy: c0 (ids 1); D-")


def test_many_cases_of_a_cause_are_one_annotation(diverging):
    """With how many there are."""
    run = causes(diverging, 30)
    run = run._replace(divergences=[{**row, "cause": "digits"} for row in run.divergences])

    assert [message.partition(";")[0] for kind, _, message in commands(run) if kind == "error"] == [
        "toy: digits: numbers are cut otherwise (ids 30)"
    ]


@pytest.mark.parametrize("hostile", [HOSTILE, "a\n::error::b", "a\r\n::stop-commands::x", "%0A::"])
def test_no_text_becomes_a_command(hostile):
    """Line ends, per cents, colons and commas are escaped; what acts on a screen is shown."""
    found = github.command("error", hostile, Standing(hostile, 1), hostile)

    assert COMMAND.fullmatch(found)
