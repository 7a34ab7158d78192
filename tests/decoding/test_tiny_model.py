"""The tiny model is what its builder makes, what weights.lock says, and what every loader takes."""

import contextlib
import hashlib
import tomllib

import pytest
from small_folders import TINY, build

from parity import backends, corpus
from parity.artefact import shipped
from parity.decoding import weights

LIMIT = 1_000_000


def test_the_builder_makes_the_same_bits():
    """Whoever reads the builder knows where every number comes from."""
    made = build.files()

    assert {path.name: path.read_bytes() for path in TINY.iterdir()} == made


def test_the_lock_names_every_file():
    """What is not as it was committed is refused at its first use."""
    pinned = tomllib.loads(weights.LOCK.read_text())["tiny"]["source"]
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in TINY.iterdir()}

    assert found == pinned
    assert sum(path.stat().st_size for path in TINY.iterdir()) < LIMIT


def test_another_seed_is_another_model():
    """The numbers come of the seed and the tensor's name, and of nothing else."""
    name, shape = "model.layers.0.self_attn.k_proj.weight", (32, 64)

    assert build.tensor(1, name, shape) == build.tensor(1, name, shape)
    assert build.tensor(1, name, shape) != build.tensor(2, name, shape)
    assert build.tensor(1, name, shape) != build.tensor(1, name.replace("0", "1"), shape)


def test_the_numbers_have_unit_variance():
    """Embeddings N(0, 1), matrices N(0, 1 / fan-in): attention attends, logits are far apart."""
    numbers = build.normal("any text", 20_000)
    mean = sum(numbers) / len(numbers)
    inside = sum(abs(number) < 1 for number in numbers) / len(numbers)

    assert mean == pytest.approx(0, abs=0.03)
    assert sum(number**2 for number in numbers) / len(numbers) == pytest.approx(1, abs=0.03)
    assert inside == pytest.approx(0.683, abs=0.02)


def test_its_tokenizer_is_the_shipped_one():
    """One place where it is made, but for the letter that two decoders read apart."""
    source = shipped() / "tokenizers" / "byte-bpe-600"

    for name in build.TOKENIZER_FILES:
        same = (source / name).read_bytes().replace(*build.READ_AS_A_BYTE)
        assert (TINY / name).read_bytes() == same


@pytest.mark.parametrize("kind", ["transformers", "llama_cpp"])
def test_kinds_of_tokenizers_load_it(kind):
    """Texts in NFC and without tokens that take spaces, which GGUF has no word for."""
    known = {row.kind: row for row in backends.known()}
    if not known[kind].installed:
        pytest.skip(f"{kind} is not installed here")
    texts = [
        case.payload
        for case in corpus.read_all([shipped() / "digits.jsonl", shipped() / "cjk.jsonl"])
        if case.kind == "text"
    ][:150]
    texts = [text for text in texts if text.isascii()] + ["<|im_start|>user\n\u4e16\u754c  7"]
    reference = backends.load(f"hf:{TINY}")
    wanted = [reference.encode(text).ids for text in texts]

    with contextlib.closing(backends.load(f"{kind}:{TINY}")) as candidate:
        assert [candidate.encode(text).ids for text in texts] == wanted


def test_auto_classes_load_it():
    """AutoTokenizer keeps the pipeline, the template and the ends; AutoModel every weight."""
    pytest.importorskip("torch", reason="the extra `decode` is not installed here")
    transformers = pytest.importorskip("transformers", reason="the extra `decode` is not here")

    tokenizer = transformers.AutoTokenizer.from_pretrained(TINY)
    model = transformers.AutoModelForCausalLM.from_pretrained(TINY)
    chat = [{"role": "user", "content": "hi"}]

    assert (tokenizer.eos_token_id, tokenizer.pad_token_id) == (602, 604)
    assert tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) == (
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    )
    assert model.generation_config.eos_token_id == [602, 600]
    assert model.config.rope_parameters["rope_theta"] == build.CONFIG["rope_theta"]
    assert {name: tuple(each.shape) for name, each in model.named_parameters()} == dict(
        build.shapes()
    )
