"""An entry that names a class covers that class, and no other that the same cases show."""

import itertools

import pytest
from helpers import outcomes, rows_of

from parity import expected, session
from parity.causes import ABOUT
from parity.compare import Comparison, Verdict
from parity.errors import BadLedger
from parity.expected import is_class
from parity.ledger import KEYS, Entry
from parity.select import select
from parity.types import Case, Observation, case_digest

ENTRY = """
[[expected]]
pair = "toy"
check = "{check}"
select = "id:*"
reason = "known since spring"
class = "{cause}"
"""
ROWS = ["AB", "CD 12", "34 EF"]
FAKES = {"digits": "mock:joins_digits", "case": "mock:reads_lower_case"}
"""A class, and a fake that differs in it."""


def planned(project, candidate, cause, rows=ROWS, check="ids"):
    """A plan of one pair, and a ledger of one entry."""
    project.plan({"candidate": candidate, "checks": [check]}, rows=rows)
    project.file("golden/expected.toml", ENTRY.format(check=check, cause=cause))


def row_of(project):
    """The counts of the one row of the one run file."""
    (row,) = project.run_file()[-1]["pairs"][0]["rows"]
    return row


@pytest.mark.parametrize(("named", "shown"), list(itertools.product(FAKES, FAKES)))
def test_a_changed_class_is_not_covered(project, tokparity, named, shown):
    """The cases that an entry selects differ still, for another cause: that is a divergence."""
    planned(project, FAKES[shown], named, rows=["AB 12", "CD 34"])
    ran = tokparity("run")
    covered = named == shown

    assert ran.code == (0 if covered else 1)
    assert (row_of(project)["expected"], row_of(project)["diverged"]) == (
        (2, 0) if covered else (0, 2)
    )


def test_a_divergence_of_another_class_names_both_and_the_entry(project, tokparity):
    """The reader sees what was known, and what came in its place."""
    planned(project, FAKES["case"], "digits", rows=["AB"])
    ran = tokparity("run")
    (found,) = [row for row in project.run_file() if row["type"] == "divergence"]

    assert found["note"] == (
        "golden/expected.toml: entry 1 covers the class 'digits' alone, and this is of the class "
        "'case'"
    )
    assert found["cause"] == "case"
    assert "covers the class 'digits' alone" in ran.out


def test_what_is_covered_has_its_class_in_the_run_file(project, tokparity):
    """Whoever reads it need not ask again."""
    planned(project, FAKES["case"], "case", rows=["AB"])
    tokparity("run")

    assert [row["cause"] for row in project.run_file() if row["type"] == "divergence"] == ["case"]


def test_a_class_that_agrees_is_unexpected_as_ever(project, tokparity):
    """Strict the other way, too."""
    planned(project, "py:mine:Mine", "case", rows=["AB"])

    assert tokparity("run").code == 1
    assert row_of(project)["unexpected"] == 1


def test_every_case_of_a_class_is_classified(project, tokparity, monkeypatch):
    """However few are examined, none is excused unseen: the last one is of another class."""
    monkeypatch.setattr("parity.examine.CLASSIFIED", 1)
    monkeypatch.setattr("parity.runfile.PAYLOADS", 1)
    project.plan({"candidate": "py:mine_too:Turns", "checks": ["ids"]}, rows=["AB", "CD", "EF 12"])
    project.file("mine_too.py", TURNS)
    project.file("golden/expected.toml", ENTRY.format(check="ids", cause="case"))

    assert tokparity("run").code == 1
    assert (row_of(project)["expected"], row_of(project)["diverged"]) == (2, 1)


TURNS = '''
from parity import backends
from parity.backend import Identity
from parity.backends.mock import Honest

LOWER, DIGITS = (backends.load(f"mock:{name},isolate=none")
                 for name in ("reads_lower_case", "joins_digits"))

class Turns(Honest):
    """Reads lower case, but where there are digits: those it joins."""
    def identity(self):
        return Identity(self)
    def encode(self, text, *args):
        side = DIGITS if any(map(str.isdigit, text)) else LOWER
        return side.encode(text, *args)
'''


def test_a_check_without_classes_is_not_covered_by_one(project, tokparity):
    """Nothing is classified there, so no class can be the right one."""
    planned(project, "mock:drops_last_id", "case", rows=[[97, 98]], check="chunks")
    ran = tokparity("run")

    assert row_of(project)["expected"] == 0
    assert ran.code != 0


def test_the_items_of_pytest_judge_by_class_too(project, ran):
    """One judgement for all that compare a pair."""
    planned(project, FAKES["case"], "digits", rows=["AB"])
    result = ran()

    assert outcomes(result)["failed"] == 1
    result.stdout.fnmatch_lines(["note*entry 1 covers the class 'digits' alone*"])


def test_the_items_of_pytest_pass_where_the_class_is_the_named_one(project, ran):
    """As the run does."""
    planned(project, FAKES["case"], "case", rows=["AB"])

    assert "failed" not in outcomes(ran())


def test_a_run_that_is_stopped_while_it_classifies_excuses_nothing(project, tokparity, monkeypatch):
    """Until its class is known, what is held back is a divergence."""
    planned(project, FAKES["case"], "case", rows=["AB"])

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("parity.examine.Examiner.cause", stop)
    assert tokparity("run").code == 130
    assert (row_of(project)["expected"], row_of(project)["diverged"]) == (0, 1)


def test_what_was_compared_is_in_its_place_before_a_class_is_asked_for(
    project, tokparity, monkeypatch
):
    """The question could end the process, and what was found until then with it."""
    planned(project, FAKES["case"], "case", rows=["AB"])
    seen = []
    put_down = session.Keeper.put_down

    def watch(self):
        put_down(self)
        (path,) = (project.folder / ".parity" / "runs").glob("[!.]*")
        seen.append(rows_of(path)[-1]["whole"])

    monkeypatch.setattr(session.Keeper, "put_down", watch)
    tokparity("run")

    assert seen[0] is False


@pytest.mark.parametrize(("cause", "code"), [("filter:int", 0), ("filter:float", 1)])
def test_a_class_of_prompts_is_judged_by_its_diagnosis(project, tokparity, cause, code):
    """What the smallest template shows is the class."""
    line = {"source": "a\nb {% if x %}{{ x|int }}{% endif %}", "variables": {"x": "0x"}}
    row = {"id": f"t/int-{case_digest('template', line, {})}", "template": line}
    sides = {"reference": "jinja:none", "candidate": "minijinja:none"}
    project.plan({**sides, "checks": ["prompt"]}, rows=[row])
    project.file("golden/expected.toml", ENTRY.format(check="prompt", cause=cause))

    assert tokparity("run").code == code
    assert row_of(project)["expected" if code == 0 else "diverged"] == 1


class Says:
    """Every divergence is of one class."""

    def __init__(self, name):
        self.name = name

    def cause(self, _):
        return self.name


@pytest.mark.parametrize(
    ("named", "told", "verdict"),
    [
        ("filter:int", "filter:int", Verdict.EXPECTED),
        ("filter:int", "filter:float", Verdict.DIVERGED),
        ("unclassified", "unclassified", Verdict.EXPECTED),
        ("unclassified", "case", Verdict.DIVERGED),
        ("case", "", Verdict.DIVERGED),
    ],
)
def test_the_class_that_is_told_settles_the_verdict(named, told, verdict):
    """Of prompts, of what nothing explains, and of what has no classes."""
    case = Case("t/a-00000000", "text", "a")
    found = Comparison(case, "ids", Verdict.EXPECTED, Observation([1]), Observation([2]))
    entry = Entry("*", "*", select("id:*"), "known", None, cause=named)
    (after,) = expected.settled([(found, entry)], Says(told))

    assert (after.verdict, after.cause) == (verdict, told)


@pytest.mark.parametrize("name", [*ABOUT, "filter:int", "shaping:tools", "print:float", "bounds"])
def test_a_name_that_something_is_classified_by_is_a_class(name):
    """Those of prompts with what stands behind their colon."""
    assert is_class(name)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("digit", "did you mean 'digits'"),
        ("Case", "did you mean 'case'"),
        ("filter", "no class 'filter'"),
        ("filter:", "no class 'filter:'"),
        ("bounds:x", "no class 'bounds:x'"),
        ("\x1b[31m", r"no class '\\x1b\[31m'"),
    ],
)
def test_an_unknown_class_is_refused_with_the_nearest(tmp_path, name, says):
    """A slip would excuse nothing, and say nothing."""
    path = tmp_path / "a.toml"
    path.write_text(ENTRY.format(check="ids", cause=name.replace("\x1b", "\\u001b")))

    with pytest.raises(BadLedger, match=says) as caught:
        expected.read(path)
    assert "entry 1: " in str(caught.value)
    assert "some that there are: case, digits" in str(caught.value)


def test_an_unknown_class_stops_a_run_before_anything_is_compared(project, tokparity):
    """Exit code 2, and no run file."""
    planned(project, FAKES["case"], "cases")
    ran = tokparity("run")

    assert (ran.code, "did you mean 'case'" in ran.err) == (2, True)


def test_the_keys_of_an_entry_are_explained_on_the_page_of_the_ledger():
    """What may stand in the file stands in the document."""
    from pathlib import Path

    page = (Path(__file__).parent.parent / "docs" / "ledger.md").read_text(encoding="utf-8")

    assert [key for key in KEYS if f"`{key}`" not in page] == []
