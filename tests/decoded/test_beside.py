"""One prompt among other neighbours: an engine that mixes its prompts up is seen by itself."""

from types import SimpleNamespace

import pytest

from parity.decoded import running
from parity.decoded.waves import Absent
from parity.decoding.records import Capabilities, Generation, Outcome, Prompt, Step
from parity.errors import MissingPackage

PROMPTS = [
    Prompt(f"needle/{name}", "text", name[0]) for name in ("a-1", "filler", "a-2", "b-1", "b-2")
]


def side(ids_of):
    """A side that gives each prompt the ids that a function says."""
    outcomes = {
        prompt.id: Outcome(
            prompt.id, (1,), Generation(ids_of(prompt), "length", steps=(Step(), Step()))
        )
        for prompt in PROMPTS
    }
    return SimpleNamespace(outcomes=outcomes, capabilities=Capabilities(), text="toy")


def beside(sides, profile="exact"):
    """The cells of a run in which these sides have answered."""
    asked = SimpleNamespace(
        errand=SimpleNamespace(prompts=PROMPTS), wanted=SimpleNamespace(profile=profile)
    )
    return running.beside(SimpleNamespace(asked=asked, noise=SimpleNamespace(budget=None)), sides)


def test_an_engine_that_gives_a_prompt_its_ids_wherever_it_stands_passes():
    """Without log-probabilities, too: nothing has to be excused."""
    (cell,) = beside({"reference": side(lambda prompt: (ord(prompt.payload), 2))})

    assert (cell.name, cell.code) == ("beside others: reference", 0)
    assert [finding.prompt for finding in cell.findings] == ["needle/a-2", "needle/b-2"]


@pytest.mark.parametrize("profile", ["exact", "bounded", "determinism"])
def test_an_engine_that_takes_over_what_its_neighbour_said_is_red(profile):
    """The second of two is given another's ids."""
    wrong = side(lambda prompt: (9, 9) if prompt.id == "needle/b-2" else (ord(prompt.payload), 2))
    (cell,) = beside({"candidate": wrong}, profile)

    assert cell.code != 0
    assert [finding.kind == "SAME" for finding in cell.findings] == [True, False]


def test_who_did_not_run_has_no_such_cell():
    """There is nothing to look at."""
    assert beside({"candidate": Absent("toy", MissingPackage("toy"))}) == []
