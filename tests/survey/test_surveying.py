"""The matrix of libraries: each way to be wrong has its word, and nothing is green for nothing."""

import pytest
from matrix_fakes import row

from parity import canary
from parity.canary import Canaries
from parity.errors import Inconclusive
from parity.survey.cells import WORDS, worst
from parity.survey.installing import Place
from parity.survey.surveying import Asked, survey
from parity.survey.tables import vocabularies


@pytest.mark.parametrize(
    ("name", "word", "check", "cause"),
    [
        ("drops", "differs", "ids", "missing-ids"),
        ("reads", "differs", "ids", "case"),
        ("batch", "differs", "batch_is_single", "batch-padding"),
        ("decodes", "differs", "text", "decoded-edges"),
        ("dies", "crashed", "ids", "crashed"),
        ("hangs", "hung", "ids", "hung"),
    ],
)
def test_what_is_wrong_is_a_red_cell_with_its_cause_and_smallest_example(
    matrix, name, word, check, cause
):
    """In the check that must see it, with a line that shows it again."""
    asked = (check,) if word != "differs" else Asked().checks
    (cell,) = matrix(name, checks=asked).cells
    seen = cell.checks[check]

    assert (cell.word, seen.word) == (word, word)
    assert 0 < seen.differ <= seen.compared
    assert cause in seen.causes
    assert seen.examples[0].reproduce
    assert seen.examples[0].reference != seen.examples[0].candidate


def test_what_agrees_is_same_and_the_reference_is_itself(matrix):
    """The reference of a vocabulary is asked the laws alone, and compared with nothing."""
    honest, other = matrix("honest", "reference", checks=("ids", "text", "repeatable")).cells

    assert honest.word == "itself"
    assert "ids" not in honest.checks
    assert honest.checks["repeatable"].compared
    assert other.word == "same"
    assert all(seen.compared for seen in other.checks.values())


def test_a_library_that_refuses_a_file_is_neither_red_nor_green(matrix):
    """Its word is what it said; the others are compared all the same."""
    refused, _ = matrix("refuses", "reference").cells

    assert (refused.word, refused.reason) == ("refused", "it refuses <this> file")
    assert refused.checks == {}


def test_a_library_that_dies_over_a_file_has_crashed(matrix):
    """What its process said is a trace of its own machine, and left out."""
    crashed, _ = matrix("panics", "reference", checks=("ids",)).cells

    assert (crashed.word, crashed.checks) == ("crashed", {})
    assert "ended by SIGABRT" in crashed.reason
    assert "it said" not in crashed.reason


def test_a_side_that_only_fails_is_not_green(matrix):
    """It fails where the reference answers: that differs."""
    (cell,) = matrix("fails", checks=("ids",)).cells

    assert cell.word == "differs"
    assert cell.checks["ids"].causes


def test_a_check_that_a_library_has_no_call_for_is_a_dash(matrix):
    """It is not green: nothing was compared."""
    other, cell = matrix("fails", "reference", checks=("chunks", "ids")).cells

    assert other.checks["chunks"].word == "-"
    assert cell.checks["chunks"].word == "same"


def test_a_matrix_in_which_nothing_was_compared_is_inconclusive(matrix):
    """And says why."""
    with pytest.raises(Inconclusive, match="it refuses <this> file"):
        matrix("refuses")


@pytest.mark.parametrize("when", [0, 1])
def test_a_canary_that_survives_makes_a_matrix_inconclusive(matrix, monkeypatch, when):
    """Whatever its cells say: before the first of them, and after the last."""
    releases = [Canaries(1, ()), Canaries(1, ())]
    releases[when] = Canaries(1, ("drops_last_id",))
    monkeypatch.setattr(canary, "release", lambda: releases.pop(0))

    with pytest.raises(Inconclusive, match="'drops_last_id' survived"):
        matrix("reference")


def test_what_the_time_did_not_reach_is_counted(matrix):
    """A cell that was cut short says by how many cases."""
    with pytest.raises(Inconclusive, match="nothing was compared"):
        matrix("reference", seconds=-1.0)
    (cell,) = matrix("reference", checks=("ids",)).cells

    assert cell.left == 0
    assert cell.checks["ids"].compared == 4


def test_the_same_is_found_again(matrix):
    """By the seed and the vocabulary alone."""
    one, two = (matrix("reads", checks=("ids",), drawn=3).cells[0].checks for _ in range(2))

    assert one == two


def test_what_is_not_here_is_told(here):  # noqa: ARG001 (a folder to be in)
    """Never silently left out."""
    places = [(row("reference"), Place()), (row("drops"), Place(missing="pip install drops==1"))]
    found = survey(places, vocabularies(["tiny:byte-bpe-600"])[0], Asked(("ids",), 0))

    assert found.left_out == {"drops": "pip install drops==1"}
    assert [cell.implementation for cell in found.cells] == ["reference"]


def test_who_takes_none_of_the_vocabularies_has_no_row_and_is_told(here):  # noqa: ARG001
    """With what it would take."""
    places = [(row("reference"), Place()), (row("drops", reads="odd.bin"), Place())]
    found = survey(places, vocabularies(["tiny:byte-bpe-600"])[0], Asked(("ids",), 0))

    assert found.left_out == {"drops": "no vocabulary here is for it: there is no odd.bin"}
    assert found.implementations.keys() == {"reference"}


def test_every_word_is_worse_or_better_than_any_other():
    """In the order of the table."""
    words = list(WORDS)

    assert all(
        worst((one, two)) == min(one, two, key=words.index) for one in words for two in words
    )
