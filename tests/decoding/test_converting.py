"""One model in other forms has the same numbers, and what is not converted is refused by name."""

import json

import pytest
from small_folders import TINY, copied, cut, llama, packed

from parity import gguf_files
from parity.decoding import architectures, converting
from parity.decoding.tensors import SINGLE, of_folder
from parity.errors import BadSpec, Refused

numpy = pytest.importorskip("numpy", reason="the extra `gguf` is not installed here")
pytest.importorskip("gguf", reason="the extra `gguf` is not installed here")


@pytest.fixture(params=["tiny", "llama"])
def folder(request, tmp_path):
    """A Qwen2 with biases, and a Llama with grouped heads and tied embeddings."""
    return TINY if request.param == "tiny" else llama(tmp_path / "llama")


def there_and_back(folder, into, dtype="float32"):
    """A folder that was GGUF in between."""
    gguf, back = into / "gguf", into / "back"
    for place in (gguf, back):
        place.mkdir()
    converting.folder_to_gguf(folder, gguf, dtype)
    converting.gguf_to_folder(gguf / converting.GGUF_FILE, back, dtype)
    return back


def test_there_and_back_are_the_same_numbers(folder, tmp_path):
    """Rows that were turned are turned back; every bit is as it was."""
    back = there_and_back(folder, tmp_path)

    wanted, found = of_folder(folder), of_folder(back)
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert (found[name].read() == tensor.read()).all(), name


def test_there_and_back_is_the_same_model(folder, tmp_path):
    """The config says what it said, and the tokenizer has the same ids."""
    tokenizers = pytest.importorskip("tokenizers")
    back = there_and_back(folder, tmp_path)

    before, after = (
        architectures.of_config(json.loads((place / "config.json").read_bytes()))
        for place in (folder, back)
    )
    ours, theirs = (
        tokenizers.Tokenizer.from_file(str(place / "tokenizer.json")) for place in (folder, back)
    )
    assert after == before
    for text in ("Hello  7\n\n3.", "<|im_start|>user\n\u4e16\u754c<|im_end|>", "my_token_12"):
        assert theirs.encode(text).ids == ours.encode(text).ids
    assert (back / "chat_template.jinja").read_text() == (
        folder / "chat_template.jinja"
    ).read_text()


def test_llama_cpp_computes_the_same_logits(folder, tmp_path):
    """To float32's noise: names, order of rows, epsilon and RoPE's base are all right."""
    torch = pytest.importorskip("torch", reason="the extra `decode` is not installed here")
    transformers = pytest.importorskip("transformers", reason="the extra `decode` is not here")
    library = pytest.importorskip("llama_cpp", reason="the package llama-cpp-python is not here")
    converting.folder_to_gguf(folder, tmp_path, "float32")
    ids = [5, 300, 17, 599, 256, 84, 84, 31]
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)

    wanted = model(torch.tensor([ids])).logits[0].detach().numpy()
    other = library.Llama(
        str(tmp_path / converting.GGUF_FILE), n_ctx=64, logits_all=True, verbose=False,
        n_threads=1, n_threads_batch=1, type_k=0, type_v=0,
    )  # fmt: skip
    other.eval(ids)

    assert other.scores[: len(ids)] == pytest.approx(wanted, abs=1e-4)
    other.close()


def turned(rows, angle, *, halves):
    """RoPE on a head's numbers: transformers turns the two halves, llama.cpp neighbours."""
    count = len(rows) // 2
    angles = angle * 20000.0 ** (-numpy.arange(count) / count)
    first, second = (rows[:count], rows[count:]) if halves else (rows[0::2], rows[1::2])
    cosine, sine = numpy.cos(angles), numpy.sin(angles)
    return first * cosine - second * sine, second * cosine + first * sine


@pytest.mark.parametrize(("forgets", "same"), [(False, True), (True, False)])
def test_rows_are_in_the_order_that_rope_takes_them_in(tmp_path, monkeypatch, forgets, same):
    """With neighbours in GGUF, with halves in a folder; a writer that forgets it is seen."""
    if forgets:
        monkeypatch.setattr(architectures.Architecture, "heads_turned", lambda *_: 0)
    folder = llama(tmp_path / "llama")
    converting.folder_to_gguf(folder, tmp_path, "float32")
    _, weights = gguf_files.read_model(tmp_path / converting.GGUF_FILE)
    state = numpy.cos(numpy.arange(32.0))

    ours = of_folder(folder)["model.layers.1.self_attn.k_proj.weight"].read()[8:16] @ state
    theirs = weights["blk.1.attn_k.weight"][2]()[8:16] @ state

    wanted, found = turned(ours, 3.0, halves=True), turned(theirs, 3.0, halves=False)
    assert bool(numpy.allclose(wanted, found)) is same


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_dtype_is_the_same_numbers_in_each_form(folder, tmp_path, dtype):
    """Rounded once: what llama.cpp keeps as float32 has been rounded, too."""
    direct = tmp_path / "direct"
    direct.mkdir()
    converting.folder_to_folder(folder, direct, dtype)
    back = there_and_back(folder, tmp_path, dtype)

    wanted, found = of_folder(direct), of_folder(back)
    assert {each.dtype for each in wanted.values()} == {
        {"bfloat16": "BF16", "float16": "F16"}[dtype]
    }
    for name, tensor in wanted.items():
        assert (found[name].read() == tensor.read()).all(), name
    assert json.loads((direct / "config.json").read_bytes())["dtype"] == dtype


def test_a_quantised_file_becomes_the_numbers_that_it_stands_for(tmp_path):
    """By the package gguf; a block of 32 numbers of 4 bits."""
    gguf = pytest.importorskip("gguf")
    array = numpy.linspace(-1, 1, 64, dtype="<f4").reshape(2, 32)
    packed_rows = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q4_1)
    writer = gguf.GGUFWriter(tmp_path / "q.gguf", "llama")
    writer.add_tensor("output.weight", packed_rows, raw_dtype=gguf.GGMLQuantizationType.Q4_1)
    for step in ("write_header_to_file", "write_kv_data_to_file", "write_tensors_to_file", "close"):
        getattr(writer, step)()

    converting.gguf_to_gguf(tmp_path / "q.gguf", tmp_path, "float32")

    _, weights = gguf_files.read_model(tmp_path / converting.GGUF_FILE)
    kind, shape, read = weights["output.weight"]
    wanted = gguf.quants.dequantize(packed_rows, gguf.GGMLQuantizationType.Q4_1)
    assert (kind, shape) == ("F32", (2, 32))
    assert (read() == wanted).all()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"model_type": "mamba"}, "the model_type is 'mamba', and only llama and qwen2"),
        ({"rope_scaling": {"rope_type": "llama3"}}, "RoPE scaled as llama3"),
        ({"hidden_act": "gelu"}, "the activation gelu"),
        ({"use_sliding_window": True}, "a sliding window"),
        ({"attention_bias": True}, "biases"),
        ({"quantization_config": {"quant_method": "awq"}}, "quantised weights"),
        ({"vocab_size": None}, "says no vocab_size"),
    ],
)
def test_a_folder_that_is_not_converted_is_refused_by_name(tmp_path, change, word):
    """With the folder and what to do, before anything is written."""
    folder = llama(
        tmp_path / "llama", **{key: change[key] for key in change if key not in LLAMA_KEYS}
    )
    config = json.loads((folder / "config.json").read_bytes()) | change
    (folder / "config.json").write_text(json.dumps(config))

    with pytest.raises(Refused, match=rf"{folder}: .*{word}"):
        converting.folder_to_gguf(folder, tmp_path, "float32")
    assert not (tmp_path / converting.GGUF_FILE).exists()


LLAMA_KEYS = ("model_type", "hidden_act", "vocab_size")


@pytest.mark.parametrize("fault", ["lacks one", "has one more", "has another shape"])
def test_tensors_that_are_not_those_of_the_config_are_refused(tmp_path, fault):
    """By the name of the first."""
    folder = llama(tmp_path / "llama")
    shapes = {name: each.shape for name, each in of_folder(folder).items()}
    name = "model.layers.1.mlp.up_proj.weight"
    if fault == "lacks one":
        del shapes[name]
    elif fault == "has one more":
        shapes["model.layers.1.self_attn.q_norm.weight"] = (8,)
        name = "model.layers.1.self_attn.q_norm.weight"
    else:
        shapes[name] = (32, 48)
    (folder / SINGLE).write_bytes(packed(shapes))

    with pytest.raises(Refused, match=rf"the tensor {name} is"):
        converting.folder_to_gguf(folder, tmp_path, "float32")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"general.architecture": "gpt2"}, "the architecture is 'gpt2', and only llama and qwen2"),
        ({"llama.rope.scaling.type": "yarn"}, "RoPE scaled as yarn"),
        ({"llama.expert_count": 8}, "experts"),
    ],
)
def test_a_gguf_file_that_is_not_converted_is_refused_by_name(tmp_path, change, word):
    """With the file and what to do."""
    converting.folder_to_gguf(llama(tmp_path / "llama"), tmp_path, "float32")
    metadata, weights = gguf_files.read_model(tmp_path / converting.GGUF_FILE)
    gguf_files.write_model(tmp_path / "odd.gguf", {**metadata, **change}, weights)

    with pytest.raises(Refused, match=rf"odd\.gguf: .*{word}"):
        converting.gguf_to_folder(tmp_path / "odd.gguf", tmp_path, "float32")


@pytest.mark.parametrize("keep", [10, 3_000, 30_000, -1])
def test_a_gguf_file_that_is_cut_off_is_an_error(tmp_path, keep):
    """Within its header, its vocabulary or its weights."""
    converting.folder_to_gguf(llama(tmp_path / "llama"), tmp_path, "float32")
    path = tmp_path / converting.GGUF_FILE
    cut(path, keep)

    with pytest.raises(BadSpec, match=r"model\.gguf"):
        converting.gguf_to_folder(path, tmp_path, "float32")


def test_a_tokenizer_without_a_form_is_refused(tmp_path):
    """llama.cpp has no name for its pipeline: the folder is named."""
    folder = copied(TINY, tmp_path / "odd")
    content = json.loads((folder / "tokenizer.json").read_bytes())
    content["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "x+"
    (folder / "tokenizer.json").write_text(json.dumps(content))

    with pytest.raises(Refused, match=f"{folder}: .*no name for this pre_tokenizer"):
        converting.folder_to_gguf(folder, tmp_path, "float32")


def test_more_tokens_than_embeddings_are_refused(tmp_path):
    """An id of the tokenizer would be no id of the model."""
    folder = llama(tmp_path / "llama", vocab_size=600)

    with pytest.raises(Refused, match="620 tokens, and there are 600 embeddings"):
        converting.folder_to_gguf(folder, tmp_path, "float32")
