"""A run of a plan: what one pair came to, and which exit code stands for all of them."""

import sys
from itertools import permutations

import pytest

from parity import session
from parity.backend import Identity
from parity.backends.mock import Honest
from parity.compare import Verdict
from parity.concluding import PairResult, conclude, worst
from parity.errors import BadSpec, NotWhatWasAsked, SelfComparison
from parity.plan import EVERYTHING, Pair, Plan
from parity.tally import Tally

TOY = Pair("toy", "mock:honest", "mock:honest", self_check=True)


def result(code=0, **verdicts):
    """What a pair came to, on one check."""
    tally = Tally()
    tally.counts.update({Verdict(name): count for name, count in verdicts.items()})
    return PairResult("toy", {("ids", "both"): tally}, code=code)


@pytest.mark.parametrize("codes", list(permutations([0, 1, 3, 4, 70], 3)))
def test_the_worst_exit_code_stands(codes):
    """70, 3, 1, 4 in that order, whatever came first."""
    order = [70, 3, 1, 4, 0]

    assert worst(codes) == min(codes, key=order.index)


def test_nothing_at_all_is_exit_code_0_only_where_nothing_was_wrong():
    """An empty list of codes is the code of a footer that has pairs of its own."""
    assert worst([]) == 0


@pytest.mark.parametrize(
    ("verdicts", "code", "problem"),
    [
        ({"same": 1}, 0, ""),
        ({"same": 1, "expected": 1}, 0, ""),
        ({"same": 1, "reported": 1}, 0, ""),
        ({"same": 1, "unsupported": 1}, 0, ""),
        ({"same": 1, "diverged": 1}, 1, ""),
        ({"same": 1, "unexpected": 1}, 1, ""),
        ({"same": 1, "nondeterministic": 1}, 3, "the reference disagrees with itself"),
        ({"diverged": 1, "nondeterministic": 1}, 3, "the reference disagrees with itself"),
        ({"unsupported": 9}, 3, "nothing was compared between the two sides"),
        ({}, 3, "nothing was compared between the two sides"),
    ],
)
def test_verdicts_of_cases_make_the_verdict_of_a_pair(verdicts, code, problem):
    """The worst one; nothing compared is inconclusive."""
    found = conclude(TOY, result(**verdicts), partial=False)

    assert (found.code, found.problem) == (code, problem)


def test_what_failed_alike_proves_nothing():
    """Two sides that fail on every case agree about nothing."""
    failing = result(same=2)
    failing.rows["ids", "both"].failed = 2

    assert conclude(TOY, failing, partial=False).code == 3


def test_laws_prove_nothing_between_the_sides():
    """Each side agrees with itself, and no check compared the two."""
    found = result(unsupported=1)
    found.rows["repeatable", "reference"] = result(same=1).rows["ids", "both"]

    assert conclude(TOY, found, partial=False).problem.startswith("nothing was compared between")


@pytest.mark.parametrize(("named", "partial", "code"), [
    (True, False, 3), (True, True, 0), (False, False, 0),
])  # fmt: skip
def test_a_check_that_is_named_must_compare(named, partial, code):
    """Unless somebody selected the cases."""
    found = result(same=1)
    found.rows["offsets", "both"] = Tally()

    assert conclude(TOY._replace(named=named), found, partial=partial).code == code


def test_a_problem_outlives_what_was_compared_before_it():
    """Half a pair is not a pair."""
    found = result(code=3, same=5)
    found.problem = "the library crashed"

    assert conclude(TOY, found, partial=False).code == 3


def test_one_thing_twice_is_refused():
    """Whatever the names."""
    with pytest.raises(SelfComparison):
        session.load_pair(TOY._replace(self_check=False, candidate="mock:honest,of=mock:honest"))


def test_one_thing_twice_is_allowed_where_it_is_meant():
    """An A/A run is a fine question, said aloud."""
    assert session.load_pair(TOY).pair == TOY


def test_a_side_that_changed_is_found_at_the_end(project):
    """The artefact is read again; what was compared in between is not known."""
    project.plan()
    project.file("model.bin", "first")
    pair = Pair("toy", "mock:honest", "py:mine:Artefact")

    with pytest.raises(NotWhatWasAsked, match="is not what it was"), session.opened(pair):
        project.file("model.bin", "second")


def test_both_sides_are_let_go_of_whatever_happened(project):
    """Also where the run in between failed."""
    project.plan()
    pair = Pair("toy", "py:mine:Closes", "py:mine:Closes", self_check=True)

    with pytest.raises(ZeroDivisionError), session.opened(pair) as loaded:
        _ = 1 / 0
    assert loaded.reference.closed == 2


def test_a_side_is_let_go_of_where_the_other_does_not_load(project):
    """One that holds a process or a connection does not keep it for a pair that never was."""
    project.plan()
    with pytest.raises(BadSpec):
        session.load_pair(Pair("p", "py:mine:Closes", "mock:nobody"))
    assert sys.modules["mine"].Closes.closed == 1

    with pytest.raises(SelfComparison):
        session.load_pair(Pair("p", "py:mine:Closes", "py:mine:Closes"))
    assert sys.modules["mine"].Closes.closed == 3


def test_cases_that_no_check_is_about_are_counted(project, tokparity):
    """By kind: they are not passed over in silence."""
    project.plan({"checks": ["ids"]}, rows=["a", [97], [98]])
    ran = tokparity("run")

    assert project.run_file()[-1]["pairs"][0]["untaken"] == {"ids": 2}
    assert "cases that none of these checks is about: 2 of ids" in ran.out


@pytest.mark.parametrize(
    ("specials", "ids"),
    [("parse", [256]), ("plain", [60, 115, 62]), ("template", [256, 256])],
)
def test_a_pair_says_what_becomes_of_special_tokens(project, specials, ids):
    """Where a case does not say it itself."""
    project.plan(rows=["<s>"])
    pair = TOY._replace(specials=specials, corpora=("texts.jsonl",))
    (case,) = session.cases(pair)
    with session.opened(pair) as loaded:
        found = loaded.reference.encode(case.payload, case.options.get("specials", "parse"))

    assert found.ids == ids


def test_a_ledger_excuses_the_pairs_that_it_names_alone(project, tokparity):
    """The other pair diverges."""
    project.plan(
        {"candidate": "mock:drops_last_id", "checks": ["ids"]},
        {"candidate": "mock:drops_last_id", "checks": ["ids"], "name": "other"},
    )
    entry = '[[expected]]\npair = "toy"\ncheck = "ids"\nselect = "id:*"\nreason = "known"'
    project.file("golden/expected.toml", entry)

    assert tokparity("run").code == 1
    rows = [pair["rows"][0] for pair in project.run_file()[-1]["pairs"]]
    assert [(row["expected"], row["diverged"]) for row in rows] == [(2, 0), (0, 2)]


@pytest.mark.parametrize(
    ("candidate", "proves"), [("py:mine:Mine", True), ("py:mine:Lacks", False)]
)
def test_a_pair_proves_something_or_nothing(project, candidate, proves):
    """One check that compares is enough, whatever else a side lacks."""
    project.plan()
    pair = Pair("toy", "mock:honest", candidate, corpora=("texts.jsonl",))
    with session.opened(pair) as loaded:
        assert session.proves_anything(loaded, Plan((pair,))) is proves


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_check_takes_cases_of_a_corpus_or_has_its_own(name):
    """Never neither: such a check would compare nothing for ever."""
    about = session.CHECKS.get(name) or session.LAWS[name]

    assert bool(session.own(name)) is not bool(about.takes)


class Closing(Honest):
    """Counts how often it is closed."""

    closed = 0

    def identity(self):
        return Identity(self)

    def close(self):
        self.closed += 1


def test_a_reference_that_somebody_holds_is_used_and_stays_open(monkeypatch):
    """For several pairs; each candidate is closed with its pair."""
    sides = [Closing(), Closing()]
    monkeypatch.setattr(session.backends, "load", lambda _: sides[1])
    with session.opened(TOY, sides[0]) as loaded:
        assert (loaded.reference, loaded.candidate) == tuple(sides)

    assert [one.closed for one in sides] == [0, 1]
