"""transformers' generate() as an engine: what it says is what a plain loop over the model finds."""

import hashlib
import json
import math
import random
import re
import shutil
import struct
from types import SimpleNamespace

import pytest

pytest.importorskip("torch", reason="there is no torch: pip install 'tokparity[decode]'")
pytest.importorskip("transformers", reason="there is no transformers")
import torch
import transformers

from parity import backends
from parity.decoding import engines, torch_device, weights
from parity.decoding.engines.transformers import Transformers
from parity.decoding.gathering import Schedule, gather
from parity.decoding.records import Prompt, Request
from parity.decoding.torch_batch import ended, padded
from parity.decoding.torch_model import out_of_memory
from parity.decoding.torch_steps import best, digest, steps
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.engine import run_script
from parity.errors import BadSpec, Refused, Unsupported
from parity.fingerprint import take
from parity.streaming import decoder_of
from parity.streams import Script, Step

TOP = 5
WAYS = (
    "", "attention=eager", "cache=static", "cache=none", "prefill=7", "prefill=7,cache=static",
    "lookup=3", "assistant=self", "assistant=tiny", "dtype=float64",
)  # fmt: skip
"""What must not change an id. `lookup` and `assistant` answer one prompt after another."""


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Two threads on a busy machine wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def load():
    """An engine by its options on the tiny model, loaded once."""
    found = {}

    def of(options=""):
        if options not in found:
            found[options] = engines.load(",".join(filter(None, ["transformers:tiny", options])))
        return found[options]

    return of


@pytest.fixture(scope="module")
def requests():
    """Eight prompts of drawn ids, of other lengths, that want other numbers of new ids."""
    draw = random.Random(8)  # noqa: S311
    return [
        Request(f"drawn/{number}", tuple(draw.randrange(600) for _ in range(length)), "", new)
        for number, (length, new) in enumerate(
            ((3, 12), (40, 9), (17, 14), (1, 12), (25, 1), (8, 10), (33, 12), (12, 7))
        )
    ]


@pytest.fixture(scope="module")
def told(load, requests):
    """What a slow loop finds: (ids, logits of each step), without cache, batch or generate."""
    model = load().causal.model
    return [slow(model, request.ids, request.max_tokens) for request in requests]


def slow(model, prompt, count):
    """Greedy decoding, each step a pass over everything so far."""
    ids, rows = list(prompt), []
    with torch.no_grad():
        for _ in range(count):
            row = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
            rows.append(row.tolist())
            ids.append(max(range(len(rows[-1])), key=lambda one: (rows[-1][one], -one)))
    return tuple(ids[len(prompt) :]), rows


def ids(found):
    return [one.ids for one in found]


def alone(engine, requests, top=TOP):
    return [engine.generate([request], top)[0] for request in requests]


def astray(engine, requests):
    """Prompts whose steps are not those of their ids: by place, and as a plain pass scores them."""
    return [
        request.id
        for request, one in zip(requests, engine.generate(requests, TOP), strict=True)
        if [step.top[0][0] for step in one.steps] != list(one.ids)
        or any(
            abs(dict(scored.top).get(id, math.inf) - value) > 1e-4
            for scored, step in zip(
                engine.score(request.ids, one.ids, 2 * TOP), one.steps, strict=True
            )
            for id, value in step.top
        )
    ]


@pytest.mark.parametrize("way", WAYS)
def test_ids_are_those_of_a_plain_loop_whatever_the_way(load, requests, told, way):
    """Attention, cache, chunks of a prompt, guesses: alone or eight together."""
    engine = load(way)

    assert ids(alone(engine, requests)) == [ids for ids, _ in told]
    assert ids(engine.generate(requests, TOP)) == [ids for ids, _ in told]


@pytest.mark.parametrize("way", WAYS)
def test_every_new_id_has_its_own_step(load, requests, way):
    """Where a step's logits belong to another id, all that is said of margins is wrong."""
    assert astray(load(way), requests) == []


def test_steps_are_the_logits_of_a_plain_loop(load, requests, told):
    """Log-probabilities of the softmax over raw logits, best first; margins are finite."""
    for one, (_, rows) in zip(load().generate(requests, TOP), told, strict=True):
        for step, row in zip(one.steps, rows, strict=True):
            total = math.log(math.fsum(math.exp(value) for value in row))
            plain = sorted(range(len(row)), key=lambda one: (-row[one], one))[:TOP]

            assert [id for id, _ in step.top] == plain
            assert [value for _, value in step.top] == pytest.approx(
                [row[id] - total for id in plain], abs=1e-4
            )
            assert math.isfinite(step.margin)


@pytest.mark.parametrize("fault", ["first_is_missing", "last_is_missing", "one_too_late"])
def test_logits_that_are_shifted_are_caught(load, requests, fault):
    """The proof that the check of steps can fail."""

    class Shifted(Transformers):
        def _whole(self, request, cut, logits, top):
            moved = {
                "first_is_missing": [*logits[1:], logits[-1]],
                "last_is_missing": [*logits[:-1], logits[0]],
                "one_too_late": [logits[0], *logits[:-1]],
            }[fault]
            return super()._whole(request, cut, moved, top)

    honest = load()
    several = [request for request in requests if request.max_tokens > 1]

    assert astray(Shifted(honest.causal, honest.way, honest.facts), several)


def test_a_row_is_the_digest_of_float32_in_little_endian():
    """The same logits have the same digest, and one bit makes another."""
    row = [0.5, -1.25, 3.0]
    data = struct.pack("<3f", *row)

    assert digest(torch.tensor(row)) == hashlib.sha256(data).hexdigest()
    assert digest(torch.tensor(row, dtype=torch.float64)) == digest(torch.tensor(row))
    assert digest(torch.tensor([0.5, -1.25, 3.0000002])) != digest(torch.tensor(row))


def test_a_repeated_question_has_the_same_rows(load, requests):
    """On one machine, in one way, bit for bit."""
    first, second = (load().generate(requests, TOP) for _ in range(2))

    assert [[step.row for step in one.steps] for one in first] == [
        [step.row for step in one.steps] for one in second
    ]


@pytest.mark.parametrize("top", [1, 2, 3])
def test_of_equal_logits_the_lowest_id_is_first(top):
    """As argmax has it; topk does not say."""
    row = torch.zeros(50)
    row[[7, 9, 15]] = 1.0

    assert best(row, top).tolist() == [7, 9, 15][:top]
    assert int(torch.argmax(row)) == 7


def test_a_margin_is_that_of_the_logits_to_the_bit():
    """A log-probability that is rounded to float32 would make ties of what is none."""
    row = torch.full((1, 9), -5.0)
    row[0, 3], row[0, 4] = 8.0, math.nextafter(8.0, 9.0)
    row[0, 4] = torch.nextafter(row[0, 3], torch.tensor(9.0))
    (step,) = steps(row, 2)

    assert step.top[0][0] == 4
    assert step.margin == float(row[0, 4]) - float(row[0, 3]) > 0


def test_score_goes_on_where_it_is_forced_to(load, requests, told):
    """Ids that it would not have chosen itself are scored, each before it stands there."""
    request, other = requests[2], told[1][0]
    model = load().causal.model
    scored = load().score(request.ids, other, 600)
    for place, step in enumerate(scored):
        with torch.no_grad():
            given = torch.tensor([[*request.ids, *other[:place]]])
            row = torch.log_softmax(model(input_ids=given, use_cache=False).logits[0, -1], 0)

        assert dict(step.top)[other[place]] == pytest.approx(float(row[other[place]]), abs=1e-4)
    assert load().score(request.ids, (), 5) == []


def test_text_is_the_tokenizers_own_and_chunks_are_a_streams(load, requests):
    """A prompt alone is streamed; joined, that is the text. Of a batch nothing is streamed."""
    engine = load()
    for one in alone(engine, requests):
        assert one.text == engine.causal.tokenizer.decode(one.ids, skip_special_tokens=True)
        assert "".join(one.chunks) == one.text
        assert "" not in one.chunks
    assert {one.chunks for one in engine.generate(requests, 0)} == {None}


def test_a_streams_chunks_are_those_of_the_algorithm_that_is_declared(load, requests):
    """The named detokenizer over the same tokenizer sends the same, less what is empty."""
    engine = load()
    decoder = decoder_of(backends.load(f"transformers:{engine.causal.folder}"))
    for request, one in zip(requests, alone(engine, requests), strict=True):
        last = len(one.ids) - 1
        rows = tuple(
            (Step(0, (id,), "length" if place == last else ""),) for place, id in enumerate(one.ids)
        )
        algorithm = DETOKENIZERS[engine.capabilities.streams]
        run = run_script(algorithm, decoder, Script((request.ids,), rows))

        assert one.chunks == tuple(row.chunk for row in run.emitted if row.chunk)


def test_each_prompt_keeps_its_own_length_in_a_batch(load, requests):
    """A batch goes on for the longest; the others are cut."""
    found = load().generate(requests, 0)

    assert [len(one.ids) for one in found] == [request.max_tokens for request in requests]
    assert {one.finish for one in found} == {"length"}
    assert {one.steps for one in found} == {None}


@pytest.mark.parametrize("way", ["", "lookup=3", "assistant=self", "cache=static"])
def test_an_eos_ends_its_own_prompt_and_stays(load, requests, told, way):
    """What follows it in a batch is padding, and padding is no answer."""
    eos = told[0][0][5]
    known = load(way)
    causal = known.causal._replace(eos=(eos,))
    wanted = [
        (ids[: ids.index(eos) + 1], "eos") if eos in ids else (ids, "length") for ids, _ in told
    ]
    try:
        engine = Transformers(causal, known.way, known.facts)
        found = [engine.generate(requests, TOP), alone(engine, requests)]
    finally:
        Transformers(known.causal, known.way, known.facts)

    for side in found:
        assert [(one.ids, one.finish) for one in side] == wanted
        assert [len(one.steps) for one in side] == [len(ids) for ids, _ in wanted]


def test_a_stop_string_ends_its_own_prompt(load, requests):
    """It stays in the text; a prompt of the batch that has none goes on, and so does another's."""
    engine = load()
    whole = engine.generate(requests, 0)
    at, stop = next(
        (place, found[0])
        for place, one in enumerate(whole)
        if (found := re.findall(r"[a-z]{2}", one.text[: len(one.text) // 2]))
    )
    asked = [
        one._replace(stop=(stop,)) if place == at else one for place, one in enumerate(requests)
    ]
    for found in (engine.generate(asked, TOP), alone(engine, asked)):
        ended_by_it = found.pop(at)

        assert ended_by_it.finish == "string"
        assert stop in ended_by_it.text
        assert ended_by_it.ids == whole[at].ids[: len(ended_by_it.ids)]
        assert len(ended_by_it.steps) == len(ended_by_it.ids) < len(whole[at].ids)
        assert ids(found) == ids(whole[:at] + whole[at + 1 :])


def test_an_assistant_takes_no_stop_strings(load, requests):
    """The package would fail on it with a ValueError; the other prompts are answered."""
    asked = [requests[0]._replace(stop=("a",)), requests[1]]

    assert [type(one).__name__ for one in load("assistant=self").generate(asked, 0)] == [
        "Unsupported", "Generation",
    ]  # fmt: skip


def test_stop_strings_end_two_prompts_of_one_batch_where_each_ends(load, requests):
    """The one that is done first is filled up with padding, which is cut."""
    engine = load()
    asked = [request._replace(stop=("e", "a", "t")) for request in requests]
    together, single = engine.generate(asked, TOP), alone(engine, asked)

    assert [one._replace(chunks=None, steps=None) for one in together] == [
        one._replace(chunks=None, steps=None) for one in single
    ]
    assert len({len(one.ids) for one in together if one.finish == "string"}) > 1


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ([9, 9, 1, 2, 3, 4], (3, "length")),
        ([9, 9, 1, 7, 7, 7], (2, "eos")),
        ([7, 7, 1, 2], (2, "")),
        ([9, 9, 1, 5, 7, 0], (2, "string")),
        ([9, 9], (0, "")),
    ],
)
def test_a_row_ends_by_what_comes_first(row, wanted):
    """7 is EOS, 5 ends a stop string, 3 are asked for; an EOS of the prompt ends nothing."""

    def stops(row):
        return int(row[-1]) == 5

    assert ended(torch.tensor(row), 2, limit=3, eos=(7,), stops=stops) == wanted


def test_prompts_are_filled_up_on_the_left():
    """The last id of each stands in the last column, where the next one is chosen."""
    rows, mask = padded([[5], [6, 7, 8]], 0)

    assert rows.tolist() == [[0, 0, 5], [6, 7, 8]]
    assert mask.tolist() == [[0, 0, 1], [1, 1, 1]]


def test_a_bad_prompt_is_refused_alone(load, requests):
    """One of no ids, and one that is longer than the context: the others are answered."""
    context = load().causal.context
    long = Request("drawn/long", (5,) * context)
    last = Request("drawn/last", (5,) * (context - 2), "", 3)
    found = load().generate([long, requests[1], Request("drawn/none", ()), last], 0)

    assert [type(one).__name__ for one in found] == [
        "PromptTooLong", "Generation", "EmptyPrompt", "PromptTooLong",
    ]  # fmt: skip
    assert str(context) in str(found[0])


def out_of_cuda_memory(*_, **__):
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def out_of_cpu_memory(*_, **__):
    torch.empty(1 << 60)


def gives_only_the_prompt(ids, **_):
    return SimpleNamespace(sequences=ids, logits=())


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (out_of_cuda_memory, "OutOfMemoryError"),
        (out_of_cpu_memory, "MemoryError"),
        (gives_only_the_prompt, "SilentlyEmpty"),
    ],
)
def test_what_comes_instead_of_ids_is_a_failure_by_name(load, monkeypatch, fault, kind):
    """No memory on a device or here, and an answer of nothing."""
    monkeypatch.setattr(load().causal.model, "generate", fault)
    found = []
    gather(load(), [Prompt("drawn/a", "ids", (5, 6, 7))], Schedule(), found.append, TOP)

    assert [one.failure.kind for one in found] == [kind]


def test_another_runtime_error_is_not_called_a_lack_of_memory():
    """Only what torch's allocator says is."""
    with pytest.raises(RuntimeError, match="shapes"), out_of_memory():
        raise RuntimeError("shapes do not fit")


def test_a_logit_that_is_no_number_fails_its_prompt(load, requests, monkeypatch):
    """A NaN has no place in an order; the other prompts are answered."""
    real = load().causal.model.generate

    def spoilt(ids, **told):
        made = real(ids, **told)
        made.logits[0][1][4] = math.nan
        return made

    monkeypatch.setattr(load().causal.model, "generate", spoilt)
    found = load().generate(requests[:3], TOP)

    assert [type(one).__name__ for one in found] == ["Generation", "NotANumber", "Generation"]


REFUSED = {
    "device=cuda": (Unsupported, r"no CUDA device \(torch "),
    "cache=offloaded": (Unsupported, r"off a CUDA device: no CUDA device \(torch "),
    "cache=offloaded_static": (Unsupported, "off a CUDA device"),
    "cache=quantised": (BadSpec, "dynamic, static, offloaded"),
    "attention=flash_attention_2": (Unsupported, "flash_attention_2.*installed"),
    "attention=none": (BadSpec, "attention=none.*sdpa"),
    "cache=none,prefill=4": (Unsupported, "chunks into a cache"),
    "lookup=3,cache=static": (Unsupported, "dynamic cache"),
    "assistant=self,cache=none": (Unsupported, "dynamic cache"),
    "lookup=3,assistant=self": (BadSpec, "give one of them"),
    "lookup=none": (BadSpec, "lookup is a number"),
    "prefill=0": (BadSpec, "prefill is a number"),
    "compile=maybe": (BadSpec, "compile is yes or no"),
    "deterministic=1": (BadSpec, "deterministic is yes or no"),
    "padding=right": (BadSpec, "padding is left"),
    "dtype=int8": (BadSpec, "dtype is one of float32"),
    "device=tpu": (BadSpec, "device is one of auto"),
    "temperature=1": (BadSpec, "no option 'temperature'"),
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_cannot_run_here_says_why(options, monkeypatch):
    """An answer that a cell is skipped by, or what is wrong with the spec; never another way."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    kind, message = REFUSED[options]

    with pytest.raises(kind, match=message):
        engines.load(f"transformers:tiny,{options}")


def test_compiling_without_a_compiler_says_so(monkeypatch):
    """Of those that torch looks for."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(Unsupported, match="C\\+\\+ compiler"):
        engines.load("transformers:tiny,compile=yes")


def test_cuda_is_taken_where_there_is_one(monkeypatch):
    """`auto` says so, and `cpu` stays on the processor."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    assert [torch_device.device(name).type for name in ("auto", "cuda", "cpu")] == [
        "cuda", "cuda", "cpu",
    ]  # fmt: skip


def test_a_cuda_device_is_told_by_its_name_and_what_drives_it(monkeypatch):
    """With the switches that decide its bits; no device is needed to say so."""
    about = SimpleNamespace(name="NVIDIA H100", major=9, minor=0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: about)
    told = torch_device.surroundings(torch.device("cuda"))

    assert (told["device"], told["device_name"], told["compute_capability"]) == (
        "cuda", "NVIDIA H100", "9.0",
    )  # fmt: skip
    assert {"driver", "cudnn", "cuda", "cudnn.allow_tf32", "threads"} <= set(told)


@pytest.fixture
def tiny_copy(tmp_path):
    """The tiny model in a folder that may be spoilt."""
    return shutil.copytree(weights.find("tiny", "safetensors"), tmp_path / "model")


def test_a_folder_without_weights_is_refused(tiny_copy):
    """Nothing is drawn at random in their place."""
    (tiny_copy / "model.safetensors").unlink()

    with pytest.raises((Refused, BadSpec), match="safetensors"):
        engines.load(f"transformers:{tiny_copy}")


def test_a_model_that_is_no_causal_one_is_refused(tmp_path):
    """The library would give it a head of random weights, and only warn."""
    config = transformers.BertConfig(
        vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8, is_decoder=True,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(tmp_path)

    with pytest.raises(Refused, match=r"no whole causal language model.*cls\."):
        engines.load(f"transformers:{tmp_path}")


def test_an_assistant_of_another_vocabulary_is_refused(tmp_path):
    """Its ids mean something else."""
    config = transformers.Qwen2Config(
        vocab_size=40, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        num_key_value_heads=1, intermediate_size=8,
    )  # fmt: skip
    transformers.Qwen2ForCausalLM(config).save_pretrained(tmp_path)

    with pytest.raises(BadSpec, match="same vocabulary"):
        engines.load(f"transformers:tiny,assistant={tmp_path}")


def test_a_model_without_a_tokenizer_takes_ids(tiny_copy, requests):
    """It has no text, no stream, and no stop strings; it says so."""
    for path in tiny_copy.glob("*"):
        if path.name not in ("config.json", "generation_config.json", "model.safetensors"):
            path.unlink()
    engine = engines.load(f"transformers:{tiny_copy}")
    plain, stopped = engine.generate([requests[0], requests[1]._replace(stop=("x",))], 0)

    assert (plain.text, plain.chunks) == (None, None)
    assert isinstance(stopped, Unsupported)
    with pytest.raises(Unsupported, match="no tokenizer"):
        engine.encode(Prompt("a/b", "text", "x"))


def test_another_tokenizer_may_be_named(load, tiny_copy):
    """A fault of a tokenizer is planted so: the model stays what it is."""
    written = json.loads((tiny_copy / "tokenizer.json").read_text())
    written["normalizer"] = {"type": "Lowercase"}
    (tiny_copy / "tokenizer.json").write_text(json.dumps(written))
    (tiny_copy / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"})
    )
    (tiny_copy / "config.json").unlink()  # by its model type, the class would be another one
    prompt = Prompt("a/b", "text", "HELLO there")
    engine = engines.load(f"transformers:tiny,tokenizer={tiny_copy}")

    assert engine.encode(prompt) != load().encode(prompt)
    assert engine.decode(engine.encode(prompt)) == "hello there"
    assert take("a", engine).artefacts != take("b", load()).artefacts


def test_prompts_are_encoded_by_the_models_own_tokenizer_and_template(load):
    """A chat is rendered for an answer, and is more than its text."""
    engine = load()
    text = engine.encode(Prompt("a/b", "text", "Hello"))
    chat = engine.encode(Prompt("a/c", "messages", [{"role": "user", "content": "Hello"}]))

    assert engine.decode(text) == "Hello"
    assert len(chat) > len(text)
    assert all(isinstance(id, int) for id in chat)


def test_an_engine_says_what_it_is(load):
    """Class, files, versions, and every option and switch as a fact, set or not."""
    seen = take("a", load())

    assert seen.native.endswith("Qwen2ForCausalLM")
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(seen.artefacts)
    assert {"torch", "transformers", "tokenizers", "numpy"} <= set(seen.packages)
    assert set(torch_device.switches()) <= set(seen.facts)
    assert {name: seen.facts[name] for name in ("dtype.stored", "dtype.compute", "device")} == {
        "dtype.stored": "F32", "dtype.compute": "float32", "device": load().causal.where.type,
    }  # fmt: skip
    assert seen.essence() == take("b", load()).essence()
    for way in filter(None, WAYS):
        assert seen.essence() != take("c", load(way)).essence()


def test_deterministic_sets_every_switch_and_they_are_told():
    """Each is a fact before and after; the process of a test has them set back."""
    before = torch_device.switches()
    changed = {
        "deterministic_algorithms": "True",
        "cudnn.deterministic": "True",
        "cudnn.allow_tf32": "False",
        "cuda.matmul.allow_fp16_reduced_precision_reduction": "False",
        "cuda.matmul.allow_bf16_reduced_precision_reduction": "False",
    }
    try:
        facts = take("a", engines.load("transformers:tiny,deterministic=yes")).facts
    finally:
        set_back()

    assert {**before, **changed} == {name: facts[name] for name in before}
    assert "CUBLAS_WORKSPACE_CONFIG=:4096:8" in facts["environment"]
    assert torch_device.switches() == before


def set_back():
    """Undo `make_deterministic`, as torch comes."""
    torch_device.os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)
    torch.use_deterministic_algorithms(mode=False)
    torch.backends.cudnn.deterministic = False
    torch.backends.cudnn.allow_tf32 = True
    matmul = torch.backends.cuda.matmul
    matmul.allow_fp16_reduced_precision_reduction = True
    matmul.allow_bf16_reduced_precision_reduction = True


def test_what_the_library_says_of_a_model_is_kept(tiny_copy):
    """An architecture that it does not know is a refusal with its words, and no traceback."""
    config = json.loads((tiny_copy / "config.json").read_text())
    config["model_type"] = "abacus"
    (tiny_copy / "config.json").write_text(json.dumps(config))

    with pytest.raises(Refused, match=r"transformers refuses.*abacus"):
        engines.load(f"transformers:{tiny_copy}")
