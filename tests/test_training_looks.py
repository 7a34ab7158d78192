"""Looks at trainers: nothing that a trainer does is taken for an answer that is none."""

import pytest

from parity.backend import Backend
from parity.backends import load
from parity.training_looks import learnt, merges, merges_backwards, trained_ids
from parity.types import Case, Trained

CASE = Case("t/x-00000000", "train", {"texts": ["ab", "cd"], "size": 257, "held_out": ["ab"]})
PAIR = [b"a", b"b"]


class Answers(Backend):
    """A trainer with a given answer, for whatever is held out."""

    name = "answers"

    def __init__(self, answer):
        self.answer = answer

    def train(self, texts, size, held_out=()):  # noqa: ARG002 (whatever it is asked)
        wants_ids = held_out or not isinstance(self.answer, Trained)
        return self.answer if wants_ids else self.answer._replace(ids=None)


class FailsToEncode(Backend):
    """A trainer that fails where something is held out."""

    name = "fails_to_encode"

    def train(self, texts, size, held_out=()):  # noqa: ARG002 (whatever it is asked)
        if held_out:
            raise LookupError("no token")
        return Trained([PAIR], [])


def seen(look, backend, case=CASE):
    """What a look sees of one case: the kind of failure, or the value."""
    (found,) = look(backend, [case])
    return found.failure.kind if found.failure else found.value


def test_merges_and_ids_are_plain_data():
    """Lists of bytes and of integers, whatever they came in."""
    answer = Answers(Trained([(b"a", b"b")], [], ((1, True),)))

    assert seen(merges, answer) == [PAIR]
    assert seen(trained_ids, answer) == [[1, 1]]
    assert seen(learnt, answer) == [[PAIR], [[1, 1]]]


@pytest.mark.parametrize("answer", [None, [], ([], [])])
@pytest.mark.parametrize("look", [merges, trained_ids, learnt])
def test_what_is_no_answer_is_a_breach(look, answer):
    """Whatever is looked at."""
    assert seen(look, Answers(answer)) == "BadOutput"


@pytest.mark.parametrize("found", [[("a", "b")], [(b"a",)], [b"ab", 1], None, 3])
def test_what_are_no_merges_is_a_breach(found):
    """Text for bytes, one for two, nothing at all."""
    assert seen(merges, Answers(Trained(found, [], [[1]]))) == "BadOutput"


@pytest.mark.parametrize("ids", [[], [[1], [2]], [["a"]], [[1.5]], [7]])
def test_what_are_no_ids_is_a_breach(ids):
    """More or fewer lists than texts, and lists of something else."""
    assert seen(trained_ids, Answers(Trained([], [], ids))) == "BadOutput"


def test_who_fails_to_encode_has_merges_all_the_same():
    """A wrong encoder is no wrong trainer."""
    assert seen(merges, FailsToEncode()) == [PAIR]
    assert seen(trained_ids, FailsToEncode()) == "LookupError"


def test_who_only_trains_has_no_ids():
    """That is no failure, and no law is broken by it."""
    answer = Answers(Trained([PAIR], []))

    assert seen(merges, answer) == [PAIR]
    assert seen(trained_ids, answer) == "Unsupported"
    assert seen(learnt, answer) == [[PAIR], None]


def test_who_trains_nothing_is_no_failure():
    """But an answer."""
    assert seen(merges, Backend()) == "Unsupported"


def test_texts_that_a_trainer_changes_are_a_breach():
    """The case itself is not touched."""
    case = CASE._replace(payload={"texts": ["b", "a"], "size": 256})

    assert seen(merges, load("mock:sorts_texts_in_place"), case) == "MutatedInput"
    assert case.payload["texts"] == ["b", "a"]


def test_the_other_way_round_is_the_other_way_round():
    """By a rule that goes by what came first."""
    trainer = load("trainer:gpt4,ties=first")

    assert seen(merges, trainer) == [PAIR]
    assert seen(merges_backwards, trainer) == [[b"c", b"d"]]
    assert CASE.payload["texts"] == ["ab", "cd"]


def test_a_trainer_in_a_process_of_its_own_is_seen_as_it_is():
    """What it learns is plain data, and travels."""
    backend = load("trainer:gpt4,isolate=process")
    found = [seen(look, backend) for look in (merges, trained_ids, merges_backwards, learnt)]
    backend.close()

    assert found == [[PAIR], [[256]], [PAIR], [[PAIR], [[256]]]]
