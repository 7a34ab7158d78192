"""The engine llama-cpp: ids in, all logits out."""

import pytest
from greedy_ids import ENDING, LAST, SIZE, expected, requests

from parity import fingerprint
from parity.decoding import engines
from parity.decoding.engine import PromptTooLong
from parity.decoding.records import Generation, Prompt, Request
from parity.errors import BadSpec, Refused

pytest.importorskip(
    "llama_cpp", reason="no llama-cpp-python here: it is built from source, which takes minutes"
)
pytest.importorskip("gguf", reason="the package gguf is not installed")
CHAT = [{"role": "user", "content": "hi"}]


@pytest.fixture(scope="module")
def engine():
    found = engines.load("llama-cpp:tiny")
    yield found
    found.close()


def test_its_ids_are_those_of_transformers(engine):
    """In float32 with a float32 cache."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")

    assert [one.ids for one in engine.generate(requests(), 0)] == expected()


def test_every_step_has_all_of_its_logits(engine):
    """The best is the id that was chosen; a row has a digest, and another one at another step."""
    (made,) = engine.generate(requests()[:1], 5)

    assert [step.top[0][0] for step in made.steps] == list(made.ids)
    assert len({step.row for step in made.steps}) == len(made.ids)
    assert all(len(step.top) == 5 and step.margin > 0 for step in made.steps)


def test_scores_of_its_own_ids_choose_them(engine):
    """All at once, which are other sums than one by one."""
    request = requests()[2]
    (made,) = engine.generate([request], 3)
    scores = engine.score(request.ids, made.ids, 3)

    assert [step.top[0][0] for step in scores] == list(made.ids)
    assert [step.margin for step in scores] == pytest.approx(
        [step.margin for step in made.steps], abs=1e-4
    )


def test_one_prompt_does_not_change_the_next(engine):
    """Its cache is empty at each prompt."""
    first, second = engine.generate(requests()[:2], 2)

    assert engine.generate(requests()[1::-1], 2) == [second, first]


def test_eos_ends_it_and_stays(engine):
    """It has no text."""
    (found,) = engine.generate([requests(400)[ENDING]], 0)

    assert (found.finish, len(found.ids), found.ids[-1]) == ("eos", SIZE, LAST)
    assert found.text == engine.decode(found.ids[:-1])


def test_what_it_cannot_do_fails_alone(engine):
    """A prompt that does not fit, and stop strings."""
    wrong = [Request("long", (5,) * 1020), requests()[0]._replace(stop=("x",))]
    found = engine.generate([*wrong, requests()[0]], 0)

    assert [type(one).__name__ for one in found] == ["PromptTooLong", "Unsupported", "Generation"]
    with pytest.raises(PromptTooLong):
        engine.score((5,) * 1000, (5,) * 100, 1)


def test_it_reads_texts_and_chats(engine):
    """Special tokens are parsed, and a turn is opened; text of any length comes back."""
    assert engine.encode(Prompt("a", "text", "hi<|im_end|>"))[-1] == 602
    assert engine.encode(Prompt("a", "messages", CHAT)).count(601) == 2
    long = "many words " * 50
    assert engine.decode(engine.encode(Prompt("a", "text", long))) == long


def test_a_half_precision_cache_is_another_engine(engine):
    """Its rows are others, and its fingerprint says why."""
    half = engines.load("llama-cpp:tiny,kv=float16")
    try:
        (made,), (other,) = (one.generate(requests()[:1], 1) for one in (engine, half))
        facts = fingerprint.take("x", half).facts
    finally:
        half.close()

    assert isinstance(other, Generation)
    assert made.steps[-1].row != other.steps[-1].row
    assert facts["kv"] == "float16"


def test_its_fingerprint_has_what_is_compiled(engine):
    """Beside the file of the model."""
    found = fingerprint.take("x", engine)

    assert "model.gguf" in found.artefacts
    assert any(name.startswith("libllama") or "llama." in name for name in found.artefacts)
    assert found.facts["context"] == "1024"


def test_a_file_that_is_no_model_is_refused(tmp_path):
    """With what the library says."""
    import gguf

    writer = gguf.GGUFWriter(tmp_path / "odd.gguf", "neverheard")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

    with pytest.raises(Refused, match=r"odd\.gguf"):
        engines.load(f"llama-cpp:{tmp_path / 'odd.gguf'},dtype=stored")


@pytest.mark.parametrize("options", ["kv=int8", "flash=auto", "context=0", "ubatch=-1"])
def test_an_option_that_cannot_be_meant_is_refused(options):
    """Before a model is looked for."""
    with pytest.raises(BadSpec, match=options.partition("=")[0]):
        engines.load(f"llama-cpp:nowhere.gguf,{options}")
