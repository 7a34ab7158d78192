"""The same prompt has the same ids, whatever stands beside it in a batch."""

from toy_engines import Counting

from parity.decoding import prompts
from parity.decoding.gathering import Schedule, gather
from parity.decoding.neighbours import alike, beside_others
from parity.decoding.records import Generation, Prompt

NEEDLE = prompts.chosen(["needle"], None)


class LooksAside(Counting):
    """The first new id of a prompt is that of its longest neighbour: padding that leaks."""

    def generate(self, requests, top):
        longest = max(requests, key=lambda one: len(one.ids))
        first = self.one(longest, top).ids[:1]
        return [Generation((*first, *self.one(one, top).ids[1:]), "length") for one in requests]


def found(engine, batch):
    """What is found of the needles when so many prompts are given at once."""
    outcomes = {}
    gather(engine, NEEDLE, Schedule(batch), lambda one: outcomes.update({one.prompt: one}), 0)
    return beside_others(NEEDLE, outcomes)


def test_an_engine_that_looks_at_its_prompt_alone_is_the_same_everywhere():
    """Two needles, each there three times."""
    kinds = [one.kind for one in found(Counting(), 4)]

    assert kinds == ["SAME"] * 4


def test_an_engine_that_looks_aside_is_found():
    """Given alone it is right: only the batch shows it."""
    assert {one.kind for one in found(LooksAside(), 1)} == {"SAME"}
    strayed = [one for one in found(LooksAside(), 4) if one.kind != "SAME"]

    assert strayed
    assert strayed[0].note.startswith("the same prompt as needle/")


def test_a_needle_without_an_answer_is_absent():
    """It is not left out of what was looked at."""
    assert [one.kind for one in beside_others(NEEDLE, {})] == ["ABSENT"] * 4


def test_prompts_that_ask_for_another_length_are_not_alike():
    """Nor those with other stop strings: their completions may differ."""
    one = Prompt("s/a", "ids", (1, 2), 8)

    assert alike([one, one._replace(id="s/b", max_tokens=9)]) == []
    assert alike([one, one._replace(id="s/c", stop=("x",))]) == []
    assert len(alike([one, one._replace(id="s/d")])) == 1
