"""The reader of shadows' logs: what is not whole is said, and what is no log is refused."""

import copy
import gzip
import json

import pytest
from helpers import rows_of
from logged import counts, diverged, log_of

from parity.errors import EvidenceLost
from parity.shadow.records import TIMEOUT
from parity.shadowed import reading
from parity.shadowed.adding_up import FIELDS, NUMBERS, STATE
from parity.shadowed.reading import BadLog, read


@pytest.fixture
def rows(tmp_path):
    """The lines of a whole log: header, 3 divergences, a lost call, heartbeat and footer."""
    log = log_of(tmp_path / "made", max_diffs=3)
    for _ in range(3):
        log.divergence(diverged())
    log.lost(diverged()._replace(fate=TIMEOUT, why="TimedOut"))
    log.heartbeat(snapshot(2))
    log.divergence(diverged())
    log.footer(snapshot(4), "close", {"pending": 0})
    found = rows_of(tmp_path / "made")
    (tmp_path / "made").unlink()
    return found


def snapshot(number):
    """Counts of so many divergences, with those of a surface."""
    found = counts(diverged=number, timeout=1, same=5)
    return {**found, "surfaces": {"encode": copy.deepcopy(found)}}


def dumped(rows):
    """Lines as a log has them."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def problems(tmp_path, content):
    """What is wrong with the one run of a log."""
    data = content if isinstance(content, bytes) else dumped(content)
    (tmp_path / "log").write_bytes(data)
    (run,) = read([tmp_path / "log"])
    return run.problems


def test_a_whole_log_has_no_problem(tmp_path, rows):
    """And its lines are there as they stand, with their places."""
    (tmp_path / "log").write_bytes(dumped(rows))
    (run,) = read([tmp_path / "log"])

    assert run.problems == run.notes == []
    assert [row["number"] for row in run.divergences] == [1, 2, 3]
    assert [row["fate"] for row in run.lost] == ["timeout"]
    assert run.files == [tmp_path / "log"]
    assert run.footer["where"] == f"{tmp_path / 'log'}:7"
    assert (run.header["what"], run.heartbeats[0]["what"]) == ("header", "heartbeat")


def changed(rows, at, /, **fields):
    """The lines, with fields of one of them changed."""
    rows = copy.deepcopy(rows)
    rows[at].update(fields)
    return rows


def recounted(rows, at, /, **fields):
    """The lines, with counts of one of them changed."""
    return changed(rows, at, counts={**rows[at]["counts"], **fields})


def relogged(rows, **fields):
    """The lines, with what the footer says of the log changed."""
    return changed(rows, -1, log={**rows[-1]["log"], **fields})


HEAD, ONE, TWO, THREE, LOST, BEAT, FOOT = range(7)
WRONG = {
    "no_header": (lambda r: r[1:], "begins without a header"),
    "header_too_late": (lambda r: [r[1], r[0], *r[2:]], "begins without a header"),
    "second_header": (lambda r: [r[0], *r], "a second header"),
    "another_header": (
        lambda r: [r[0], {**r[0], "again": True, "pid": 1}, *r[1:]], "another one than before"
    ),
    "header_without_sides": (lambda r: changed(r, HEAD, reference=None), "'reference'"),
    "newer_schema": (lambda r: changed(r, HEAD, schema=2), "newer tokparity"),
    "no_schema_of_ours": (lambda r: changed(r, HEAD, schema=0), "schema 0"),
    "no_footer": (lambda r: r[:-1], "no footer"),
    "two_footers": (lambda r: [*r, r[-1]], "a second footer"),
    "line_after_the_footer": (lambda r: [*r, r[BEAT]], "after its footer"),
    "footer_first": (lambda r: [r[0], r[-1], *r[1:-1]], "after its footer"),
    "unknown_sort": (lambda r: [r[0], {**r[1], "what": "rumour"}, *r[2:]], "unknown sort"),
    "torn_at_the_end": (lambda r: dumped(r)[:-9], "the last line is torn"),
    "torn_at_once": (lambda r: dumped(r) + b'{"wh', "the last line is torn"),
    "torn_in_between": (
        lambda r: dumped(r[:2]) + dumped(r[2:3])[:-30] + b"\n" + dumped(r[3:]), "a torn line"
    ),
    "torn_and_gone_on": (
        lambda r: dumped(r[:2]) + dumped(r[2:3])[:-30] + dumped(r[3:]), "a torn line"
    ),
    "number_missing": (lambda r: [*r[:TWO], *r[THREE:]], "missing in between"),
    "first_missing": (lambda r: [*r[:ONE], *r[TWO:]], "begin with number 2"),
    "last_missing": (lambda r: [*r[:THREE], *r[LOST:]], "1 are missing"),
    "number_twice": (lambda r: [*r[:TWO], r[ONE], *r[TWO:]], "one comes twice"),
    "not_in_order": (lambda r: [r[0], r[TWO], r[ONE], *r[THREE:]], "not in order"),
    "beyond_its_cap": (lambda r: changed(r, THREE, number=9), "its cap is 3"),
    "heartbeat_missing": (lambda r: [*r[:BEAT], *r[FOOT:]], "wrote 5 lines before its footer"),
    "more_lines_than_written": (lambda r: relogged(r, lines=4), "wrote 4 lines"),
    "more_told_than_counted": (
        lambda r: recounted(r, FOOT, diverged=2), "3 lines tell of divergences, and it counted 2"
    ),
    "more_lost_than_counted": (
        lambda r: recounted(r, FOOT, timeout=0), "1 lines tell of lost calls, and it counted 0"
    ),
    "neither_written_nor_capped": (lambda r: relogged(r, capped=0), "are missing"),
    "calls_do_not_add_up": (lambda r: recounted(r, FOOT, passed=1), "passed + sampled is"),
    "fates_do_not_add_up": (lambda r: recounted(r, FOOT, dropped=1), "sampled is 10, and"),
    "compared_does_not_add_up": (lambda r: recounted(r, BEAT, compared=1), "compared is 1"),
    "classes_do_not_add_up": (lambda r: recounted(r, FOOT, classes={}), "its classes together 0"),
    "surfaces_do_not_add_up": (lambda r: recounted(r, FOOT, surfaces={
        "encode": counts(same=1)}), "of its surfaces together 1"),
    "surface_without_numbers": (
        lambda r: recounted(r, FOOT, surfaces={"encode": 1}), "'encode' are not numbers"
    ),
    "surfaces_are_none": (lambda r: recounted(r, FOOT, surfaces=[]), "no surfaces"),
    "counts_fall": (lambda r: changed(r, BEAT, counts=snapshot(9)), "diverged fell from 9 to 4"),
    "count_is_a_text": (lambda r: recounted(r, FOOT, calls="10"), "'calls' is not a number"),
    "count_is_below_0": (lambda r: recounted(r, FOOT, dropped=-1), "'dropped' is not a number"),
    "log_says_nothing": (lambda r: changed(r, FOOT, log={}), "'lines' is not a number"),
    "number_is_a_flag": (lambda r: changed(r, ONE, number=True), "'number' is not a int"),
    "number_is_0": (lambda r: changed(r, ONE, number=0), "with the number 0"),
    "not_whole": (
        lambda r: changed(r, FOOT, whole=False, missing={"pending": 2}), "not whole: pending 2"
    ),
    "says_whole_and_is_not": (
        lambda r: changed(r, FOOT, missing={"pending": 2}), "not whole: pending 2"
    ),
}  # fmt: skip
"""Logs by what is wrong with them: how it is made so, and what is said."""


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_log_is_said(tmp_path, rows, name):
    """Whatever is missing, doubled, damaged or does not add up: a gate can fail on it."""
    make, said = WRONG[name]

    found = problems(tmp_path, make(rows))
    assert any(said in why for why in found), found


REFUSED = {
    "foreign": b"127.0.0.1 GET /\n",
    "other_json": b'{"id": "a", "text": "b"}\n',
    "no_object": b"[1]\n",
    "no_run": b'{"what": "header"}\n',
    "run_is_none": b'{"what": "header", "run": "x"}\n',
    "not_utf8": b"\xff\xfe\n",
    "empty": b"",
    "torn_only": b'{"what": "head',
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_log_is_refused(tmp_path, name):
    """With its place, and as evidence that is lost: exit 3."""
    (tmp_path / "log").write_bytes(REFUSED[name])

    with pytest.raises(BadLog, match="log"):
        read([tmp_path / "log"])
    assert issubclass(BadLog, EvidenceLost)
    assert BadLog.exit_code == 3


def test_a_foreign_line_among_ours_is_refused_with_its_place(tmp_path, rows):
    """FILE:LINE."""
    (tmp_path / "log").write_bytes(dumped(rows[:2]) + b"oops\n" + dumped(rows[2:]))

    with pytest.raises(BadLog, match=r"log:3: no line of a shadow's log"):
        read([tmp_path / "log"])


def test_a_line_that_is_too_long_is_refused(tmp_path, rows, monkeypatch):
    """Before it is held."""
    monkeypatch.setattr(reading, "LONGEST", 300)
    (tmp_path / "log").write_bytes(dumped(rows))

    with pytest.raises(BadLog, match=r"log:1: a line of \d+ bytes"):
        read([tmp_path / "log"])


@pytest.mark.parametrize("name", ["nowhere", "folder", ""])
def test_a_log_that_is_missing_is_evidence_that_is_lost(tmp_path, name):
    """Also where other logs are there, and where none is named."""
    (tmp_path / "folder").mkdir()

    with pytest.raises(BadLog, match="nothing was proved"):
        read([tmp_path / name] if name else [])


def test_a_compressed_log_that_is_cut_off_is_refused(tmp_path, rows):
    """As the file that it is."""
    data = gzip.compress(dumped(rows))
    (tmp_path / "log.gz").write_bytes(data[:-12])

    with pytest.raises(BadLog, match="cut off"):
        read([tmp_path / "log.gz"])


def test_rotated_neighbours_are_read_oldest_first(tmp_path, rows):
    """However they are named, compressed or not, each once."""
    again = {**rows[0], "again": True}
    (tmp_path / "log").write_bytes(dumped([again, *rows[5:]]))
    (tmp_path / "log.2.gz").write_bytes(gzip.compress(dumped([again, *rows[2:4]])))
    (tmp_path / "log.1").write_bytes(dumped([again, *rows[4:5]]))
    (tmp_path / "log.10").write_bytes(dumped(rows[:2]))
    (tmp_path / "log.lock").write_bytes(b"no log")
    (tmp_path / "logs.1").write_bytes(b"no log")
    names = ["log.10", "log.2.gz", "log.1", "log"]

    for given_paths in (["log"], ["log.1", "log"], ["log", "log", "log.2.gz"]):
        (run,) = read([tmp_path / name for name in given_paths])
        assert (run.problems, run.notes) == ([], [])
        assert [path.name for path in run.files] == names


def test_what_was_rotated_away_is_said_and_no_problem(tmp_path, rows):
    """The counts tell it still; how many lines are not here is a note."""
    again = {**rows[0], "again": True}
    (tmp_path / "log").write_bytes(dumped([again, *rows[3:]]))
    (run,) = read([tmp_path / "log"])
    assert run.problems == []
    assert run.notes == ["the lines of its first 2 divergences were rotated away"]

    (tmp_path / "log").write_bytes(dumped([again, rows[-1]]))
    (run,) = read([tmp_path / "log"])
    assert run.problems == []
    assert run.notes == ["the lines of 3 divergences were rotated away"]


def test_runs_of_several_processes_are_told_apart(tmp_path, rows):
    """Interleaved in one file, and in files of their own; a fault is of one of them."""
    other = [{**row, "run": "f" * 16} for row in rows]
    mixed = [row for pair in zip(rows, other, strict=True) for row in pair]
    (tmp_path / "one").write_bytes(dumped(mixed[:-1]))
    (tmp_path / "two").write_bytes(dumped([{**row, "run": "0" * 16} for row in rows]))
    runs = read([tmp_path / "one", tmp_path / "two"])

    assert [run.id for run in runs] == [rows[0]["run"], "f" * 16, "0" * 16]
    assert [len(run.problems) for run in runs] == [0, 1, 0]


def test_a_torn_line_is_told_to_its_run_alone(tmp_path, rows):
    """Where it does not say whose it is, to all that are in the file."""
    other = [{**row, "run": "f" * 16} for row in rows]
    torn = json.dumps(other[1]).encode()
    (tmp_path / "log").write_bytes(dumped(rows + other) + torn[:80])
    assert [len(run.problems) for run in read([tmp_path / "log"])] == [0, 1]
    (tmp_path / "log").write_bytes(dumped(rows + other) + torn[:12])
    assert [len(run.problems) for run in read([tmp_path / "log"])] == [1, 1]


def test_lines_of_a_newer_schema_are_not_read(tmp_path, rows):
    """They may mean something else; that they are there is a problem."""
    (tmp_path / "log").write_bytes(dumped([{**rows[0], "schema": 2}, {**rows[1], "number": "x"}]))
    (run,) = read([tmp_path / "log"])

    assert len(run.problems) == 1
    assert run.divergences == []


def test_what_is_beyond_the_memory_is_counted(tmp_path, rows):
    """The verdict does not depend on what is held."""
    (tmp_path / "log").write_bytes(dumped(rows))
    (run,) = read([tmp_path / "log"], kept=len(dumped(rows[1:3])))

    assert len(run.divergences) == 2
    assert run.problems == []
    assert run.notes == [
        "1 heartbeats more are in the log than are held here",
        "1 divergences more are in the log than are held here",
        "1 lost calls more are in the log than are held here",
    ]


def test_problems_over_and_over_are_said_so_often_only(tmp_path, rows):
    """A log of nothing but faults does not fill the memory."""
    late = [{**rows[BEAT], "at": str(number)} for number in range(50)]

    assert problems(tmp_path, [*rows, *late])[-1] == "and 30 more problems"


GARBAGE = (None, True, -1, 0.5, "x", [], {"a": None})


@pytest.mark.parametrize("at", range(7))
def test_whatever_a_field_holds_is_a_problem_or_refused(tmp_path, rows, at):
    """Never another exception; and what must be there, and is of another type, is no whole log."""
    row = rows[at]
    must = {*FIELDS[row["what"]], *NUMBERS, *STATE, "what", "run"}
    places = [(row, name) for name in row]
    for part in ("counts", "log", "missing"):
        places += [(row[part], name) for name in row.get(part, ())]
    for place, name in places:
        kept = place[name]
        for garbage in GARBAGE:
            place[name] = garbage
            found = told_or_refused(tmp_path / "log", rows)
            assert found or name not in must or type(garbage) is type(kept), (name, garbage)
        place[name] = kept


def told_or_refused(path, rows):
    """The problems of a log, or what refuses it."""
    path.write_bytes(dumped(rows))
    try:
        return [why for run in read([path]) for why in run.problems]
    except BadLog as error:
        return [str(error)]
