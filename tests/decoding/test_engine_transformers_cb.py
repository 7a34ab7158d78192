"""Continuous batching as an engine: the ids of generate(), and no failure that looks like none."""

import random
import re
from types import SimpleNamespace

import pytest

pytest.importorskip("torch", reason="there is no torch: pip install 'tokparity[decode]'")
pytest.importorskip("transformers", reason="there is no transformers")
import torch

from parity.decoding import engines
from parity.decoding.engines.transformers_cb import Batching, ContinuousBatching
from parity.decoding.gathering import Schedule, gather
from parity.decoding.records import Prompt, Request
from parity.errors import BadSpec, Unsupported
from parity.fingerprint import take

NARROW = "blocks=12,page=16,tokens=32"


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Two threads on a busy machine wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def engine():
    """Continuous batching on the tiny model."""
    return engines.load("transformers-cb:tiny")


@pytest.fixture(scope="module")
def requests():
    """Six prompts of drawn ids, of other lengths, that want other numbers of new ids."""
    draw = random.Random(8)  # noqa: S311
    return [
        Request(f"drawn/{number}", tuple(draw.randrange(600) for _ in range(length)), "", new)
        for number, (length, new) in enumerate(
            ((3, 9), (40, 9), (17, 10), (2, 8), (25, 1), (33, 10))
        )
    ]


@pytest.fixture(scope="module")
def told(requests):
    """What generate() makes of each prompt alone."""
    plain = engines.load("transformers:tiny")
    return [plain.generate([request], 0)[0] for request in requests]


@pytest.mark.parametrize("options", ["", NARROW, "attention=eager," + NARROW, "dtype=float64"])
def test_ids_are_those_of_generate(requests, told, options):
    """Whatever shares a pass or a page; prompts of 40 ids pass 32 at a time."""
    engine = engines.load(",".join(filter(None, ["transformers-cb:tiny", options])))
    found = engine.generate(requests, 5)

    assert [(one.ids, one.finish, one.text) for one in found] == [
        (one.ids, one.finish, one.text) for one in told
    ]
    assert {one.steps for one in found} == {None}


def test_it_says_that_it_gives_no_logprobs(engine):
    """So nothing is read into what is not there; it takes many prompts at once."""
    able = engine.capabilities

    assert (able.top, able.rows, able.scores, able.streams, able.stop_text) == (
        0, False, False, "", "",
    )  # fmt: skip
    assert able.together > 1
    with pytest.raises(Unsupported, match="scores"):
        engine.score((1,), (2,), 5)


def test_an_eos_ends_its_own_prompt_and_stays(engine, requests, told):
    """The others of the batch go on."""
    eos = told[0].ids[4]
    ends = ContinuousBatching(engine.causal._replace(eos=(eos,)), engine.batching, engine.facts)
    wanted = [
        (one.ids[: one.ids.index(eos) + 1], "eos") if eos in one.ids else (one.ids, "length")
        for one in told
    ]

    assert [(one.ids, one.finish) for one in ends.generate(requests, 0)] == wanted


def test_a_bad_prompt_is_refused_alone(engine, requests, told):
    """One that is too long, one of no ids, one with a stop string: the others are answered."""
    long = Request("drawn/long", (5,) * engine.causal.context)
    stopped = requests[2]._replace(stop=("a",))
    found = engine.generate([long, requests[0], Request("drawn/none", ()), stopped], 0)

    assert [type(one).__name__ for one in found] == [
        "PromptTooLong", "Generation", "EmptyPrompt", "Unsupported",
    ]  # fmt: skip
    assert found[1].ids == told[0].ids
    assert "stop strings" in str(found[3])


def test_what_it_only_logs_is_a_failure_of_those_prompts(engine, requests):
    """With too few blocks it gives up on some, and gives them no ids and no exception."""
    tight = Batching(num_blocks=2, page_size=16, max_batch_tokens=32)
    found = ContinuousBatching(engine.causal, tight, engine.facts).generate(requests, 0)
    failed = [one for one in found if isinstance(one, Exception)]

    assert {type(one).__name__ for one in failed} == {"RequestFailed"}
    assert all("scheduled" in str(one) for one in failed)


def test_inference_mode_is_refused(engine, requests):
    """There it gives nothing for every prompt, and only logs why."""
    with torch.inference_mode(), pytest.raises(Unsupported, match="inference_mode"):
        engine.generate(requests, 0)


def made(request, **changed):
    """An answer as generate_batch has them."""
    whole = {"prompt_ids": list(request.ids), "generated_tokens": [], "error": None, **changed}
    return SimpleNamespace(**whole)


def loses_the_last(requests):
    """All answers but one, as it does when its thread has ended."""
    return {
        f"req_{place}": made(one, generated_tokens=[7] * one.max_tokens)
        for place, one in enumerate(requests[:-1])
    }


def gives_the_answer_of_another(requests):
    """Answers under the names of their neighbours."""
    turned = [*requests[1:], requests[0]]
    return {
        f"req_{place}": made(one, generated_tokens=[7] * one.max_tokens)
        for place, one in enumerate(turned)
    }


def is_silently_empty(requests):
    """No ids, no error."""
    return {f"req_{place}": made(one) for place, one in enumerate(requests)}


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        (loses_the_last, ["", "", "RequestLost"]),
        (gives_the_answer_of_another, ["RequestLost"] * 3),
        (is_silently_empty, ["SilentlyEmpty"] * 3),
    ],
)
def test_a_batch_that_hides_a_failure_is_caught(engine, monkeypatch, fault, kinds):
    """0 ids on two sides would be equal; so would the ids of a wrong prompt now and then."""
    prompts = [Prompt(f"drawn/{one}", "ids", (one, 5, 6), 4) for one in (1, 2, 3)]
    asked = [Request(one.id, one.payload, "", 4) for one in prompts]
    monkeypatch.setattr(engine.causal.model, "generate_batch", lambda *_, **__: fault(asked))
    found = []
    gather(engine, prompts, Schedule(batch=3), found.append)

    assert [one.failure.kind if one.failure else "" for one in found] == kinds


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ("blocks=0", BadSpec, "blocks is a number"),
        ("page=x", BadSpec, "page is a number"),
        ("tokens=-1", BadSpec, "tokens is a number"),
        ("cache=static", BadSpec, "no option 'cache'"),
        ("device=cuda", Unsupported, "no CUDA device"),
        ("attention=flash_attention_2", Unsupported, "flash_attention_2"),
    ],
)
def test_what_cannot_run_here_says_why(options, kind, message, monkeypatch):
    """An answer that a cell is skipped by, or what is wrong with the spec."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(kind, match=re.escape(message)):
        engines.load(f"transformers-cb:tiny,{options}")


def test_it_is_another_thing_than_generate(engine):
    """The same class of model, and not the same way to use it."""
    seen, plain = take("a", engine), take("b", engines.load("transformers:tiny"))

    assert seen.native == plain.native
    assert seen.essence() != plain.essence()
    assert seen.facts["batching"] == "continuous"
