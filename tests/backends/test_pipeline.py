"""Pipelines: each part does its own work, whatever the others are, and all of them are known."""

import json
import shutil

import pytest

from parity import artefact, fingerprint
from parity.backends import load
from parity.backends.mock import Honest
from parity.backends.pipeline import PIPELINES, Names, Piped
from parity.errors import BadSpec, SelfComparison, Unsupported
from parity.schedules import of_ids
from parity.stream_cases import StopScript
from parity.streams import Stops
from parity.types import Encoding

TINY = "tiny:byte-bpe-600"
MESSAGES = [{"role": "user", "content": "Say \u4e16 <&>"}, {"role": "assistant", "content": "ok"}]


def piped(encode=None, decode=None, detokenizer="minisgl", stops="", template=None):
    """A pipeline over toys."""
    encode = encode or Honest()
    return Piped(encode, decode or encode, Names(detokenizer, "own", stops), template)


class Renders(Honest):
    """Gives one text for every chat, and remembers what it was asked for."""

    def __init__(self, text):
        self.text, self.asked = text, []

    def render(self, messages, options):
        self.asked.append((messages, options))
        return self.text


class Records(Honest):
    """Remembers its calls."""

    def __init__(self, ids=(2**31 - 1,)):
        self.calls, self.ids = [], list(ids)

    def encode(self, text, specials="parse"):
        self.calls.append(("one", text, specials))
        return Encoding(self.ids)

    def encode_batch(self, texts, specials="parse", *_):
        self.calls.append(("batch", tuple(texts), specials))
        return [Encoding(self.ids) for _ in texts]


@pytest.mark.parametrize("name", PIPELINES)
def test_a_combination_that_has_a_name_is_that_combination(name):
    """Spelled out it is one and the same thing, and is refused as such."""
    made = PIPELINES[name]
    render = "" if made.render == "own" else f",render={made.render}"
    whole = f"pipeline:{made.detokenizer},encode={made.encode}:{TINY},decode={made.decode}:{TINY}"
    marks = [
        fingerprint.take(spec, load(spec))
        for spec in (f"pipeline:{name},model={TINY}", f"{whole}{render}")
    ]

    with pytest.raises(SelfComparison):
        fingerprint.refuse_equal(*marks)


@pytest.mark.parametrize("name", PIPELINES)
def test_each_named_combination_does_everything(name):
    """Encodes, streams, renders, makes prompts."""
    backend = load(f"pipeline:{name},model={TINY},stops=vllm")
    ids = backend.encode("Say \u4e16").ids
    sent = "".join(row.chunk or "" for row in backend.stream(of_ids(ids)).emitted)

    assert sent == backend.decode(ids) == "Say \u4e16"
    assert backend.prompts(["Say", MESSAGES])[0] == backend.encode("Say", "template").ids
    assert (backend.algorithm, "Say \u4e16 <&>" in backend.render(MESSAGES, {})) == (
        "minisgl",
        True,
    )
    assert backend.stop(StopScript(((ids[0],),), Stops(("zzz",)))).matched is None


def test_all_named_combinations_agree_on_the_prompts_of_a_clean_tokenizer():
    """What they are there to show, on a vocabulary with nothing odd."""
    found = [load(f"pipeline:{name},model={TINY}").prompts(["Say", MESSAGES]) for name in PIPELINES]

    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("minisgl,encode=hf:{}", "minisgl,encode=transformers:{}"),
        ("minisgl,encode=hf:{}", "tgi,encode=hf:{}"),
        ("minisgl,encode=hf:{}", "minisgl,encode=hf:{},decode=transformers:{}"),
        ("minisgl,encode=transformers:{}", "minisgl,encode=hf:{},decode=transformers:{}"),
        ("minisgl,encode=hf:{}", "minisgl,encode=reference:{},decode=hf:{}"),
        ("minisgl,encode=hf:{}", "minisgl,encode=hf:{},stops=vllm"),
        ("minisgl,encode=hf:{}", "minisgl,encode=hf:{},render=jinja"),
        ("minisgl,encode=hf:{},render=minijinja", "minisgl,encode=hf:{},render=jinja"),
        ("minisgl,encode=hf:{}", "minisgl,encode=hf:{},decode=hf:tiny:fallback-bpe"),
        ("rust_inprocess,model={}", "rust_tokenize_only,model={}"),
    ],
)
def test_two_pipelines_that_differ_in_a_part_are_two(one, other):
    """They can be compared."""
    specs = [f"pipeline:{spec.replace('{}', TINY)}" for spec in (one, other)]

    marks = [fingerprint.take(spec, load(spec)) for spec in specs]

    assert fingerprint.refuse_equal(*marks) is None  # raises SelfComparison otherwise


def test_a_spec_twice_is_one_thing():
    """It would prove nothing."""
    marks = [fingerprint.take("it", load(f"pipeline:minisgl,encode=hf:{TINY}")) for _ in "ab"]

    with pytest.raises(SelfComparison):
        fingerprint.refuse_equal(*marks)


@pytest.mark.parametrize(
    ("option", "package"), [("render=jinja", "jinja2"), ("render=minijinja", "minijinja")]
)
def test_a_template_engine_is_known_by_its_version(option, package):
    """It decides the ids of a prompt."""
    spec = f"pipeline:minisgl,encode=hf:{TINY},{option}"

    assert f"render.version.{package}" in fingerprint.take(spec, load(spec)).facts


@pytest.mark.parametrize("name", ["chat_template.jinja", "tokenizer_config.json"])
def test_a_template_that_is_rendered_is_an_artefact(name, tmp_path):
    """Two folders with other templates, or another EOS, are two things."""
    marks = []
    for folder in ("one", "other"):
        copy = shutil.copytree(artefact.resolve(TINY), tmp_path / folder)
        if folder == "other":
            path = copy / name
            text = path.read_text()
            path.write_text(text + " " if name.endswith("jinja") else _with_another_eos(text))
        spec = f"pipeline:minisgl,encode=hf:{copy},render=minijinja"
        marks.append(fingerprint.take(spec, load(spec)))

    assert fingerprint.refuse_equal(*marks) is None  # raises SelfComparison otherwise


def _with_another_eos(text):
    config = json.loads(text)
    return json.dumps({**config, "eos_token": "<another>"})


def test_what_encodes_is_the_encoder_and_what_decodes_the_decoder():
    """Neither is asked for the other's work."""

    class EncodesOnly(Honest):
        def decode(self, *_):
            raise AssertionError

        decode_batch = decode

    class DecodesOnly(Honest):
        def encode(self, *_):
            raise AssertionError

        encode_batch = encode

    backend = piped(EncodesOnly(), DecodesOnly(), stops="vllm")

    assert backend.encode("a").ids == [97]
    assert backend.encode_batch(["a", "b"]) == [backend.encode("a"), backend.encode("b")]
    assert (backend.decode([97]), backend.decode_batch([[97]])) == ("a", ["a"])
    assert backend.prompts(["a"]) == [[256, 97]]
    assert backend.stream(of_ids([97])).emitted[0].chunk == "a"
    assert backend.stop(StopScript(((97,),), Stops(("x",)))).final == "a"


def test_texts_alone_take_the_batch_call():
    """As engines do."""
    toy = Records()

    assert piped(toy).prompts(["a", "b"]) == [[2**31 - 1]] * 2
    assert toy.calls == [("batch", ("a", "b"), "template")]


@pytest.mark.parametrize("batch", [["a", MESSAGES], [MESSAGES], [MESSAGES, "a", MESSAGES]])
def test_a_batch_with_a_chat_in_it_goes_one_by_one(batch):
    """In order; a chat is rendered first, with the turn of the assistant begun."""
    toy, template = Records(), Renders("<chat>")

    piped(toy, template=template).prompts(batch)

    texts = ["a" if prompt == "a" else "<chat>" for prompt in batch]
    assert toy.calls == [("one", text, "template") for text in texts]
    assert template.asked == [(MESSAGES, {"add_generation_prompt": True})] * texts.count("<chat>")


@pytest.mark.parametrize("id", [2**31, -(2**31) - 1, 2**40])
@pytest.mark.parametrize("batch", [["a"], [MESSAGES]])
def test_an_id_of_a_prompt_that_is_not_32_bits_raises(batch, id):
    """It is never cut to another one."""
    with pytest.raises(OverflowError):
        piped(Records([id]), template=Renders("")).prompts(batch)


def test_without_a_stop_decoder_there_is_none():
    """Unsupported, and it says what to write."""
    with pytest.raises(Unsupported, match="stops=NAME"):
        piped().stop(StopScript(((97,),), Stops(("a",))))


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("nobody,encode=hf:{}", "known: python, rust_inprocess, .*redecode, "),
        ("minisgl,encode=hf:{},stops=nobody", "known: llm_tokenizer, "),
        ("minisgl,encode=hf:{},render=nobody", "known: own, jinja, minijinja"),
        ("minisgl", "encode=SPEC"),
        ("minisgl,model={}", "encode=SPEC"),
        ("minisgl,encode=hf:{},model={}", "encode=SPEC"),
        ("python", "model=TARGET"),
        ("python,model={},encode=hf:{}", "model=TARGET"),
        ("python,model={},render=jinja", "model=TARGET"),
        ("python,model={},stops=nobody", "known: llm_tokenizer, "),
    ],
)
def test_a_spec_that_means_nothing_says_what_is_known(spec, why):
    """Names and options both."""
    with pytest.raises(BadSpec, match=why):
        load(f"pipeline:{spec.replace('{}', TINY)}")


def test_both_sides_are_closed_and_one_side_once():
    """Also where encoder and decoder are one."""
    closed = []

    class Closes(Honest):
        def close(self):
            closed.append(self)

    one, other = Closes(), Closes()
    piped(one, one).close()
    piped(one, other).close()

    assert len(closed) == 3
    assert set(closed) == {one, other}


def test_an_encoder_that_is_not_what_was_asked_for_is_refused(monkeypatch):
    """A class that was patched is found on the encoding side as on the decoding side."""
    spec = f"pipeline:minisgl,encode=transformers:{TINY},decode=hf:{TINY}"
    backend = load(spec)
    kind = type(backend.encoder.tokenizer)
    monkeypatch.setattr(kind, "convert_tokens_to_ids", lambda *_: 7)

    with pytest.raises(fingerprint.NotWhatWasAsked):
        fingerprint.take(spec, backend)
