"""`tokparity decode matrix`: the table says where a fault is, the exit code that there is one."""

import json

import pytest
from click.testing import CliRunner

from parity import backends
from parity.cli import cli
from parity.decoded.matrix import Wanted, on_model, run
from parity.decoding import engines, weights
from parity.decoding.engine import Engine
from parity.decoding.records import Generation
from parity.errors import BadSpec, LoadFailed, NothingSelected, UnknownBackend, UsageError
from parity.remote.process import Crashed

HF = "hf:tiny:byte-bpe-600"
WRONG = f"mock:drops_last_id,of={HF}"
DETOK = f"redecode@mock:strips_decoded_text,of={HF}"


class Copying(Engine):
    """It says again what it was asked."""

    name = "copying"

    def generate(self, requests, top):  # noqa: ARG002 (an engine's)
        return [Generation((one.ids * 9)[: one.max_tokens], "length") for one in requests]


def start(spec):
    """A toy for a spec, or what loading raises."""
    if spec.kind == "dies":
        raise Crashed("by signal 9")
    return Copying()


def wanted(**changed):
    """One honest side of each, on two prompts, but for what is changed."""
    fields = {
        "model": "toy",
        "tokenizers": (HF,),
        "engines": ("one",),
        "detokenizers": (f"redecode@{HF}",),
        "prompts": "digits/table,digits/two-spaces",
        "max_tokens": 12,
    }
    return Wanted(**{**fields, **changed})


@pytest.fixture
def table():
    """The exit code and the lines of a matrix of toy_engines."""

    def make(path=None, **changed):
        said = []
        return run(wanted(**changed), said.append, path, start), said

    return make


def test_equal_sides_exit_with_0_and_say_how_many(table):
    """Of how many prompts, at each level."""
    code, said = table(tokenizers=(HF, "reference:tiny:byte-bpe-600"))

    assert code == 0
    assert said[2].endswith("| 2/2 | 2/2 | 2/2 | 2/2 | 2 SAME |")
    assert "2 prompts; held to the first row." in said


def test_a_tokenizers_fault_is_told_under_its_name(table):
    """And not under the detokenizer's."""
    code, said = table(tokenizers=(HF, WRONG))

    assert code == 1
    assert f"- INPUT, {WRONG}: 2 of 2 prompts" in said
    assert "digits/table: prompt ids differ from place 15: " in "\n".join(said)


def test_a_detokenizers_fault_is_told_under_its_name(table):
    """With the place in the text and what stands there."""
    code, said = table(detokenizers=(f"redecode@{HF}", DETOK), max_tokens=16)

    assert code == 1
    assert any(line.startswith(f"- DETOK, {DETOK}: ") for line in said)
    assert "text differs at " in "\n".join(said)


def test_an_engine_whose_process_dies_is_skipped_and_nothing_is_proved(table):
    """It is named, with the reason; as reference it is an error."""
    code, said = table(engines=("one", "dies"))

    assert code == 3
    assert any("skipped: dies: LoadFailed: 'dies' cannot be loaded" in line for line in said)
    with pytest.raises(LoadFailed, match="by signal 9"):
        table(engines=("dies",))


def test_a_tokenizer_without_a_template_proves_nothing_of_a_chat(table):
    """That is no divergence."""
    code, said = table(prompts="short/chat-seed-1")

    assert code == 3
    assert "hf has no chat template" in "\n".join(said)


def test_the_json_has_every_finding_and_what_each_side_is(table, tmp_path):
    """The same counts as the table."""
    path = tmp_path / "matrix.json"
    table(path, tokenizers=(HF, WRONG))
    found = json.loads(path.read_text())

    assert found["prompts"] == ["digits/table", "digits/two-spaces"]
    assert [cell["kinds"] for cell in found["cells"]] == [{"SAME": 2}, {"INPUT": 2}]
    assert found["cells"][1]["findings"][0]["levels"]["prompt_ids"]["place"] == 15
    assert found["sides"][HF]["artefacts"]
    assert found["sides"].keys() == {HF, WRONG, "one"}


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"tokenizers": ()}, UsageError, "no tokenizer is named: --tokenizer SPEC"),
        ({"engines": ()}, UsageError, "no engine is named"),
        ({"detokenizers": ()}, UsageError, "no detokenizer is named"),
        ({"engines": ("one", "one")}, UsageError, "--engine one comes twice"),
        ({"prompts": ""}, NothingSelected, "no prompts are named"),
        ({"model": ""}, UsageError, "'one' names no model"),
        ({"model": "", "tokenizers": ("hf",)}, UsageError, "'hf' names no tokenizer"),
        ({"model": "", "prompts": "seeds-short"}, UsageError, "seeds-short is drawn from a"),
        ({"prompts": "seeds-short"}, BadSpec, "no model 'toy'"),
        ({"detokenizers": (f"nope@{HF}",)}, BadSpec, "no detokenizer 'nope'"),
        ({"detokenizers": ("redecode",)}, BadSpec, "ALGORITHM@BACKEND"),
        ({"tokenizers": ("hff:x",)}, UnknownBackend, "no backend kind 'hff'"),
        ({"engines": ("one,batch=0",)}, BadSpec, "batch is a number of prompts"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(table, changed, error, says):
    """Before an engine is started."""
    with pytest.raises(error, match=says):
        table(**changed)


def test_a_backend_without_a_target_is_of_the_model(monkeypatch):
    """In the form that it reads, or in the one that is named."""
    monkeypatch.setattr(weights, "find", lambda model, form: f"/{model}.{form}")

    assert on_model("hf", "tiny") == "hf:/tiny.safetensors"
    assert on_model("llama_cpp,timeout=9", "tiny") == "llama_cpp:/tiny.gguf,timeout=9"
    assert on_model("hf,form=x,isolate=process", "tiny") == "hf:/tiny.x,isolate=process"
    assert on_model("hf:a,form=x", "tiny") == "hf:a,form=x"


def test_the_tiny_model_end_to_end():
    """The engine transformers against itself; a fault planted in one tokenizer."""
    pytest.importorskip("torch", reason="there is no torch: pip install 'tokparity[decode]'")
    pytest.importorskip("transformers", reason="there is no transformers")
    wrong = f"mock:drops_last_id,of=hf:{weights.tiny()}"
    said = []
    asked = wanted(
        model="tiny",
        tokenizers=("hf", wrong),
        engines=("transformers", "transformers,attention=eager"),
        detokenizers=("redecode@hf", "decode_stream@hf"),
    )
    code = run(asked, said.append, start=lambda spec: engines.load(spec.text))
    rows = [line for line in said if line.startswith(("| hf |", f"| {wrong} |"))]

    assert code == 1
    assert [line.rsplit("|", 2)[1].strip() for line in rows] == [
        *["2 SAME"] * 2, *["2 INPUT"] * 2, *["2 SAME"] * 2, *["2 INPUT"] * 2,
    ]  # fmt: skip


def test_an_added_token_outside_the_byte_alphabet_is_decoded_otherwise():
    """To tokenizers its last letter is a byte, to llama.cpp a character."""
    pytest.importorskip("xllamacpp", reason="no xllamacpp here: it has a wheel per platform")
    pytest.importorskip("gguf", reason="the package gguf is not installed")
    hf = backends.load("hf:tiny:byte-bpe-600")
    llama_cpp = backends.load("llama_cpp:tiny:byte-bpe-600")
    id = next(id for id, one in hf.vocabulary().added.items() if one.content == "Caf\u00e9")
    try:
        assert hf.decode([id]) == "Caf\ufffd"
        assert llama_cpp.decode([id]) == "Caf\u00e9"
    finally:
        llama_cpp.close()


def test_the_command_says_what_is_missing():
    """By name, with exit code 2."""
    done = CliRunner().invoke(cli, ["decode", "matrix", "--model", "tiny"])

    assert isinstance(done.exception, UsageError) or done.exit_code == 2
