"""Looks at trainers: nothing that a trainer does is taken for an answer that is none."""

import pytest

from parity.backend import Backend
from parity.backends import load
from parity.training_looks import learnt, merges, merges_backwards, trained_ids
from parity.types import Case, Trained

CASE = Case("t/x-00000000", "train", {"texts": ["ab", "cd"], "size": 257, "held_out": ["ab"]})
HEX = list(map(bytes, ([97], [98])))


class Answers(Backend):
    """A trainer with a given answer."""

    def __init__(self, answer):
        self.answer = answer

    def train(self, texts, size):  # noqa: ARG002 (whatever it is asked)
        return self.answer


def seen(look, answer, case=CASE):
    """What a look sees of one answer: the kind of failure, or the value."""
    (found,) = look(Answers(answer), [case])
    return found.failure.kind if found.failure else found.value


def no_encode(text):
    """An encoder that fails."""
    raise LookupError(text)


def test_merges_and_ids_are_plain_data():
    """Lists of bytes and of integers, whatever they came in."""
    answer = Trained([(memoryview(b"a").tobytes(), b"b")], [], lambda _: (1, True))

    assert seen(merges, answer) == [HEX]
    assert seen(trained_ids, answer) == [[1, 1]]
    assert seen(learnt, answer) == [[HEX], [[1, 1]]]


@pytest.mark.parametrize(
    "answer",
    [None, [], ([], []), Trained([("a", "b")], []), Trained([(b"a",)], []), Trained([b"ab", 1], []),
     Trained(None, [])],
)  # fmt: skip
def test_what_is_no_answer_is_a_breach(answer):
    """Text for bytes, one for two, nothing at all."""
    assert seen(merges, answer) == "BadOutput"
    assert seen(trained_ids, answer) == "BadOutput"


@pytest.mark.parametrize(
    ("encode", "kind"),
    [(None, "Unsupported"), (no_encode, "LookupError"), (lambda _: ["a"], "BadOutput")],
)
def test_who_cannot_encode_has_merges_all_the_same(encode, kind):
    """And is seen to fail where ids are looked at."""
    answer = Trained([(b"a", b"b")], [], encode)

    assert seen(merges, answer) == [HEX]
    assert seen(trained_ids, answer) == kind
    assert seen(learnt, answer) == kind


def test_without_a_held_out_text_nothing_is_encoded():
    """So that a trainer alone can be asked whether it is repeatable."""
    case = CASE._replace(payload={"texts": ["ab"], "size": 257})

    assert seen(learnt, Trained([(b"a", b"b")], [], None), case) == [[HEX], []]


def test_who_trains_nothing_is_no_failure():
    """But an answer."""
    (found,) = merges(Backend(), [CASE])

    assert found.failure.kind == "Unsupported"


def test_texts_that_a_trainer_changes_are_a_breach():
    """The case itself is not touched."""
    (found,) = merges(load("mock:sorts_texts_in_place"), [
        CASE._replace(payload={"texts": ["b", "a"], "size": 256})])  # fmt: skip

    assert (found.failure.kind, found.failure.fault) == ("MutatedInput", True)


def test_the_other_way_round_is_the_other_way_round():
    """By a rule that goes by what came first."""
    trainer = load("trainer:gpt4,ties=first")
    (once,), (again,) = merges(trainer, [CASE]), merges_backwards(trainer, [CASE])

    assert (once.value, again.value) == ([[b"a", b"b"]], [[b"c", b"d"]])
    assert CASE.payload["texts"] == ["ab", "cd"]
