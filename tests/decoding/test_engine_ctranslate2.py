"""The engine ctranslate2: a batch at once, and the steps of the new ids alone."""

import pytest
from greedy_ids import ENDING, LAST, SIZE, expected, requests

from parity import fingerprint
from parity.decoding import engines
from parity.decoding.records import Prompt, Request
from parity.errors import BadSpec

pytest.importorskip("ctranslate2", reason="the package ctranslate2 is not installed")
pytest.importorskip("transformers", reason="its converter needs transformers")
pytest.importorskip("torch", reason="its converter needs torch")
CHAT = [{"role": "user", "content": "hi"}]


@pytest.fixture(scope="module")
def engine():
    found = engines.load("ctranslate2:tiny")
    yield found
    found.close()


def test_its_ids_are_those_of_transformers(engine):
    """Alone, and all at once."""
    alone = [engine.generate([request], 0)[0].ids for request in requests()]

    assert alone == expected()
    assert [one.ids for one in engine.generate(requests(), 0)] == expected()


def test_steps_are_of_the_new_ids_whatever_the_lengths(engine):
    """In a batch the logits of forced ids come first, and are left out."""
    for made in engine.generate(requests(), 3):
        assert [step.top[0][0] for step in made.steps] == list(made.ids)
        assert all(step.row and step.margin > 0 for step in made.steps)


def test_prompts_of_one_batch_may_want_other_numbers_of_ids(engine):
    """Each gets what it asked for, in its place."""
    asked = [request._replace(max_tokens=3 + place % 2) for place, request in enumerate(requests())]
    found = engine.generate(asked, 0)

    assert [one.ids for one in found] == [
        ids[: request.max_tokens] for ids, request in zip(expected(), asked, strict=True)
    ]


def test_eos_of_the_folder_ends_it_and_stays(engine):
    """Of the two ids that the folder names, one is not the converted model's."""
    on, ended = engine.generate([requests(400)[0], requests(400)[ENDING]], 2)

    assert (ended.finish, len(ended.ids), ended.ids[-1]) == ("eos", SIZE, LAST)
    assert (on.finish, len(on.ids)) == ("length", 400)
    assert [step.top[0][0] for step in ended.steps] == list(ended.ids)


def test_scores_of_its_own_ids_choose_them(engine):
    """By one pass over all."""
    request = requests()[2]
    (made,) = engine.generate([request], 3)
    scores = engine.score(request.ids, made.ids, 3)

    assert [step.top[0][0] for step in scores] == list(made.ids)
    assert [step.margin for step in scores] == pytest.approx(
        [step.margin for step in made.steps], abs=1e-4
    )


def test_what_it_cannot_do_fails_alone(engine):
    """A prompt that does not fit, stop strings, an id that is not there."""
    wrong = [
        Request("long", (5,) * 1020), requests()[0]._replace(stop=("x",)), Request("odd", (5, 620)),
        Request("negative", (-1,)),
    ]  # fmt: skip
    found = engine.generate([*wrong, requests()[0]], 0)

    assert [type(one).__name__ for one in found] == [
        "PromptTooLong", "Unsupported", "IndexError", "IndexError", "Generation",
    ]  # fmt: skip


def test_it_reads_texts_and_chats_by_the_folders_tokenizer(engine):
    """Of the model that was converted."""
    assert engine.encode(Prompt("a", "text", "hi<|im_end|>"))[-1] == 602
    assert engine.encode(Prompt("a", "messages", CHAT)).count(601) == 2
    assert engine.decode([*engine.encode(Prompt("a", "text", "hi")), 602]) == "hi"


def test_its_fingerprint_has_its_files(engine):
    """And what it computes in."""
    found = fingerprint.take("x", engine)

    assert {"model.bin", "vocabulary.json"} <= set(found.artefacts)
    assert (found.facts["compute"], found.facts["eos"]) == ("float32", "602 600")


def test_a_compute_type_that_it_has_not_is_refused():
    """With those that it has."""
    with pytest.raises(BadSpec, match="float32"):
        engines.load("ctranslate2:tiny,compute=int3")
