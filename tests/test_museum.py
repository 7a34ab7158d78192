"""The museum: each case after a report is in MUSEUM.md with its link, each row has its case."""

import re
from collections import Counter

from parity import artefact, corpus

SHIPPED = artefact.shipped()
CASES = {case.id: case for case in corpus.read_all(sorted(SHIPPED.glob("*.jsonl")))}
REPORTS = {
    id: case.source.removeprefix("hand, after ")
    for id, case in CASES.items()
    if case.source.startswith("hand, after ")
}
NAME = r"[\w.-]+/[\w.-]+#\d+"
ROW = re.compile(
    rf"\| `([^`]+)` \| [^|]+ \| "
    rf"\[({NAME})\]\(https://github\.com/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)\) \|"
)


def section(number):
    """The rows of one table of MUSEUM.md, and those of its lines that are no well-formed rows."""
    part = (SHIPPED / "MUSEUM.md").read_text("utf-8").split("\n## ")[number]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    found = [ROW.fullmatch(line) for line in lines]
    odd = [line for line, row in zip(lines, found, strict=True) if row is None]
    return [row.groups() for row in found if row], odd


NEW, ODD_NEW = section(1)
OLD, ODD_OLD = section(2)


def test_every_row_tells_a_case_a_story_and_a_link():
    """A row that a reader cannot follow is no entry."""
    assert ODD_NEW + ODD_OLD == []
    assert [name for _, name, place, number in NEW + OLD if name != f"{place}#{number}"] == []


def test_the_table_and_the_sources_name_the_same_reports():
    """A case after a report is in the museum, and what is in the museum is a case after it."""
    assert {id: name for id, name, *_ in NEW} == REPORTS


def test_older_cases_are_there_and_name_no_report_themselves():
    """A row of the second table has an older line, which says only that it was made by hand."""
    assert {CASES[id].source for id, *_ in OLD} == {"hand"}


def test_no_case_is_shown_twice():
    """Neither in one table nor in both."""
    counts = Counter(id for id, *_ in NEW + OLD)

    assert [id for id, count in counts.items() if count > 1] == []


def test_a_source_that_speaks_of_a_report_names_one():
    """`hand` or `hand, after OWNER/NAME#NUMBER`, and nothing else."""
    odd = {
        case.source
        for case in CASES.values()
        if not re.fullmatch(rf"hand(?:, after {NAME})?", case.source)
    }

    assert odd == set()


def test_the_museum_is_large():
    """At least 120 cases, of more than one surface each."""
    kinds = {CASES[id].kind for id in REPORTS}

    assert len(REPORTS) >= 120
    assert kinds == {"text", "bytes", "ids", "messages", "template", "stream", "stop"}
