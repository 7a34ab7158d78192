"""Shrinking: what two engines part on gets as short as it can be, and stays of its class."""

import pytest
from toy_engines import Counting

from parity.decoding.findings import Finding
from parity.decoding.records import Generation, Outcome, Prompt
from parity.decoding.shifts import common
from parity.decoding.shrinking import Shrunk, between, of_ids, shrunk


class WrongAfter(Counting):
    """Where the prompt has these ids, in this order, the new id of a step is another."""

    def __init__(self, ids, step=0):
        self.ids, self.at, self.asked = ids, step, 0

    def one(self, request, top):
        self.asked += 1
        made = super().one(request, top)
        rest = iter(request.ids)
        if not all(id in rest for id in self.ids) or len(made.ids) <= self.at:
            return made
        ids = (*made.ids[: self.at], 999, *made.ids[self.at + 1 :])
        return Generation(ids, made.finish)


class DropsTheLastOf(WrongAfter):
    """Where the prompt has these ids, the last new id is lost: another class of fault."""

    def one(self, request, top):
        made = super(WrongAfter, self).one(request, top)
        return Generation(made.ids[:-1], "") if set(self.ids) <= set(request.ids) else made


class Both(WrongAfter):
    """One fault for each of two ids; the first is there, whatever else is."""

    def one(self, request, top):
        kinds = {5: WrongAfter((5,)), 6: DropsTheLastOf((6,))}
        for id, engine in kinds.items():
            if id in request.ids:
                return engine.one(request, top)
        return super(WrongAfter, self).one(request, top)


def decide(prompt, reference, candidate):
    """A length that differs is STOP, an id SYSTEMIC, at the first that differs."""
    one, other = reference.generation.ids, candidate.generation.ids
    if one == other:
        return Finding(prompt.id, "SAME", {})
    step = common(one, other)
    return Finding(prompt.id, "STOP" if step == len(other) else "SYSTEMIC", {}, step)


def asking(candidate, calls=400, prompt=None):
    """The smallest of a prompt of forty ids, by a toy and the toy that is wrong."""
    prompt = prompt or Prompt("toy/long", "ids", tuple(range(1, 41)), 16)
    return shrunk(prompt, between(Counting(), candidate, decide), calls)


@pytest.mark.parametrize("ids", [(7,), (7, 30), (1, 20, 40), (39, 40)])
def test_a_prompt_shrinks_to_the_ids_that_it_takes(ids):
    """From the front, the middle and the end; and to one new id."""
    found = asking(WrongAfter(ids))

    assert found.prompt.payload == ids
    assert found.prompt.max_tokens == 1
    assert found.finding.kind == "SYSTEMIC"
    assert found.proven


def test_new_ids_shrink_to_the_step_where_it_parts():
    """The one that differs is the last."""
    found = asking(WrongAfter((7,), step=5))

    assert found.prompt == Prompt("toy/long", "ids", (7,), 6)
    assert found.finding.step == 5


def test_a_text_shrinks_as_a_text():
    """So that a fault of a tokenizer can be shown on the text."""
    prompt = Prompt("toy/text", "text", "some words and an x in it", 8)
    found = asking(WrongAfter((ord("x"),)), prompt=prompt)

    assert found.prompt.payload == "x"


def test_another_class_of_fault_is_not_taken_for_it():
    """Both ids are in the prompt; only that of the first class is left."""
    found = asking(Both((5, 6)))

    assert found.finding.kind == "SYSTEMIC"
    assert found.prompt.payload == (5,)


def test_what_has_no_step_shrinks_in_its_new_ids_too():
    """As a failure does."""

    def fails_from_six_on(prompt, reference, candidate):  # noqa: ARG001
        kind = "FAILED" if len(candidate.generation.ids) >= 6 else "SAME"
        return Finding(prompt.id, kind, {})

    ask = between(Counting(), Counting(), fails_from_six_on)
    found = shrunk(Prompt("toy/a", "ids", (1, 2, 3), 16), ask)

    assert found.prompt == Prompt("toy/a", "ids", (3,), 6)


def test_calls_of_engines_are_counted_and_not_exceeded():
    """What is left when they ran out still differs, and is not called smallest."""
    candidate = WrongAfter((3, 38))
    found = asking(candidate, calls=20)

    assert 2 * candidate.asked == found.calls <= 20
    assert found.finding.kind == "SYSTEMIC"
    assert not found.proven
    assert 2 < len(found.prompt.payload) < 40


def test_the_same_question_has_the_same_answer():
    """Call by call."""
    assert asking(WrongAfter((3, 9, 21))) == asking(WrongAfter((3, 9, 21)))


def test_nothing_is_asked_twice():
    """A prompt that was tried is known."""
    asked = []

    def ask(prompt):
        asked.append((prompt.payload, prompt.max_tokens))
        return Finding(prompt.id, "LOCAL" if 2 in prompt.payload else "SAME", {}, 0)

    shrunk(Prompt("toy/a", "ids", (2, 2, 2, 2, 1, 1), 4), ask)

    assert len(set(asked)) == len(asked)


def test_two_that_agree_are_not_shrunk():
    """Nor is what parts only beside others."""
    assert asking(Counting()) is None


def test_messages_stay_as_they_are_and_their_ids_shrink():
    """A template has no shorter half; the ids that it became have."""
    chat = Prompt("toy/chat", "messages", [{"role": "user", "content": "x"}], 4)
    ids = of_ids(chat, Outcome(chat.id, tuple(range(60, 100))))

    def ask(prompt):
        there = prompt.kind == "messages" or 77 in prompt.payload
        return Finding(prompt.id, "LOCAL" if there else "SAME", {}, 0)

    assert shrunk(chat, ask) == Shrunk(chat._replace(max_tokens=1), ask(chat), 4, proven=True)
    assert shrunk(ids, ask).prompt == Prompt("toy/chat", "ids", (77,), 1)
