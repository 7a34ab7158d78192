"""The `sentencepiece` backend: ids as the library has them, offsets in code points."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from parity import fingerprint
from parity.artefact import shipped
from parity.backends import load
from parity.errors import BadSpec, Refused, Unsupported
from parity.types import AddedToken

sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

TEXT = "caf\u00e9 <sep>  \U0001f600\u4e2d <s>x"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two models of our corpus: a Unigram without BOS, a BPE with byte fallback."""
    folder = tmp_path_factory.mktemp("models")
    rows = (shipped() / "multilingual.jsonl").read_bytes().splitlines()[:150]
    lines = [line for row in rows for line in json.loads(row).get("text", "").split("\n") if line]
    options = {
        "unigram": {"vocab_size": 1000, "bos_id": -1, "hard_vocab_limit": False},
        "bpe": {"vocab_size": 1300, "byte_fallback": True, "hard_vocab_limit": False},
    }
    for kind, more in options.items():
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=model, model_type=kind, num_threads=1,
            minloglevel=2, user_defined_symbols=["<sep>"], character_coverage=0.98, **more,
        )  # fmt: skip
        (folder / f"{kind}.model").write_bytes(model.getvalue())
    return folder


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def spec(request, models):
    """The spec of each."""
    return f"sentencepiece:{models / request.param}.model"


@pytest.fixture(scope="module")
def bpe(models):
    """The backend of the BPE model."""
    return load(f"sentencepiece:{models / 'bpe.model'}")


def test_offsets_are_of_the_characters_of_the_text(spec):
    """In code points: together they are the text, whatever its characters take in bytes."""
    backend = load(spec)
    found = backend.encode(TEXT)
    tokens = backend.vocabulary().tokens
    pieces = [TEXT[start:end] for start, end in found.offsets]

    assert len(found.offsets) == len(found.ids)
    assert max(end for _, end in found.offsets) == len(TEXT)
    assert [
        piece for piece, id in zip(pieces, found.ids, strict=True) if tokens[id] == "<sep>"
    ] == ["<sep>"]


def test_a_batch_is_what_each_text_is_alone(spec):
    """By the library's own call, with offsets or without."""
    backend, texts = load(spec), ["", TEXT, "a", "\u3000"]
    alone = [backend.encode(text) for text in texts]

    assert backend.encode_batch(texts, offsets=True) == alone
    assert [one.ids for one in backend.encode_batch(texts)] == [one.ids for one in alone]
    assert backend.encode_batch([]) == []


def test_control_pieces_are_text_and_user_defined_ones_are_found(bpe):
    """Whatever mode is asked for: the library has one way."""
    ids = [bpe.encode(TEXT, specials).ids for specials in ("parse", "plain")]
    table = {token: id for id, token in bpe.vocabulary().tokens.items()}

    assert ids[0] == ids[1]
    assert table["<sep>"] in ids[0]
    assert table["<s>"] not in ids[0]


@pytest.mark.parametrize(
    ("template", "before", "after"), [("bos", [1], []), ("eos", [], [2]), ("both", [1], [2])]
)
def test_a_template_is_what_the_library_adds(models, template, before, after):
    """Without offsets: the library gives none with it."""
    backend = load(f"sentencepiece:{models / 'bpe.model'},template={template}")
    plain = backend.encode("ab").ids

    assert backend.encode("ab", "template").ids == [*before, *plain, *after]
    assert backend.encode("ab", "template").offsets is None
    assert backend.encode_batch(["ab"], "template")[0].ids == [*before, *plain, *after]
    with pytest.raises(Unsupported, match="offsets"):
        backend.encode_batch(["ab"], "template", offsets=True)


def test_a_model_without_bos_has_no_such_template(models):
    """It is lacking, and not left out."""
    with pytest.raises(Unsupported, match="the model has no BOS"):
        load(f"sentencepiece:{models / 'unigram.model'}").encode("a", "template")


def test_bytes_are_encoded_without_offsets(bpe):
    """They need not be UTF-8."""
    assert bpe.encode(b"ab").ids == bpe.encode("ab").ids
    assert bpe.encode(b"\xff").offsets is None
    assert bpe.encode_batch([b"\xff", "ab"])[1].ids == bpe.encode("ab").ids
    with pytest.raises(Unsupported, match="offsets of bytes"):
        bpe.encode_batch([b"ab"], offsets=True)


def test_decoding_leaves_control_pieces_out(bpe):
    """The library has no way to keep them."""
    ids = [1, *bpe.encode("caf\u00e9 \U0001f600").ids, 2]

    assert bpe.decode(ids) == "caf\u00e9 \U0001f600"
    assert bpe.decode_batch([ids, []]) == ["caf\u00e9 \U0001f600", ""]
    assert bpe.decode_batch([]) == []
    for call in (bpe.decode, bpe.decode_batch):
        with pytest.raises(Unsupported, match="keeps special tokens"):
            call([], skip_special=False)


def test_the_vocabulary_says_which_pieces_are_special(spec):
    """Control pieces and the unknown one; user-defined ones are added and not special."""
    found = load(spec).vocabulary()
    added = {token.content: token.special for token in found.added.values()}
    controls = {"<s>", "</s>"} if "bpe" in spec else {"</s>"}

    assert added == {"<unk>": True, "<sep>": False, **dict.fromkeys(controls, True)}
    assert found.added.items() >= {0: AddedToken("<unk>", special=True)}.items()
    assert list(found.tokens) == list(range(len(found.tokens)))


@pytest.mark.parametrize("name", ["unigram", "bpe"])
def test_it_is_known_by_what_does_the_work_and_by_the_kind_of_model(models, name):
    """The compiled class comes from the package."""
    backend = load(f"sentencepiece:{models / name}.model")
    mark = fingerprint.take("x", backend)

    assert mark.facts == {"model": name, "template": "bos"}
    assert (set(mark.artefacts), set(mark.packages)) == ({f"{name}.model"}, {"sentencepiece"})
    assert mark.native.startswith("sentencepiece.")
    assert backend.eos() == 2


def test_a_model_without_eos_has_none(bpe, monkeypatch):
    """The library says -1."""
    monkeypatch.setattr(bpe, "processor", SimpleNamespace(eos_id=lambda: -1))

    assert bpe.eos() is None


class Older:
    """A processor before 0.2.3: ranges are in a proto, in code points for text."""

    def __init__(self, model_file):
        self.model_file = model_file

    def encode(self, text, out_type):
        assert out_type == "immutable_proto"
        pieces = [SimpleNamespace(id=7, begin=0, end=1), SimpleNamespace(id=8, begin=1, end=2)]
        one = SimpleNamespace(pieces=pieces)
        return [one] * len(text) if isinstance(text, list) else one


def test_an_older_version_has_its_offsets_elsewhere(models, monkeypatch):
    """Two versions are two sides like any others."""
    monkeypatch.setattr(sentencepiece, "SentencePieceProcessor", Older)
    backend = load(f"sentencepiece:{models / 'bpe.model'}")

    assert backend.encode("ab") == ([7, 8], [(0, 1), (1, 2)])
    assert backend.encode_batch(["ab"], offsets=True) == [([7, 8], [(0, 1), (1, 2)])]


def test_a_file_that_is_no_model_is_refused(tmp_path):
    """In the library's own words."""
    path = tmp_path / "x.model"
    path.write_bytes(b"\x00\x01not a model")

    with pytest.raises(Refused, match=r"sentencepiece refuses .*x\.model; its library says "):
        load(f"sentencepiece:{path}")


def test_a_folder_has_one_model(models, tmp_path):
    """None is chosen among several."""
    with pytest.raises(BadSpec, match=r"one file \*\.model is wanted, found: bpe.model, unigram"):
        load(f"sentencepiece:{models}")
    with pytest.raises(BadSpec, match="found: none"):
        load(f"sentencepiece:{tmp_path}")
    (tmp_path / "tokenizer.model.v1").write_bytes((models / "bpe.model").read_bytes())

    assert load(f"sentencepiece:{tmp_path}").eos() == 2


def test_an_unknown_template_is_told(models):
    """With those that there are."""
    with pytest.raises(BadSpec, match="template is bos, eos, both, not 'all'"):
        load(f"sentencepiece:{models / 'bpe.model'},template=all")


@pytest.mark.assets
def test_a_model_of_a_package_is_what_mistral_common_makes_of_it():
    """Another library over the same file."""
    common = pytest.importorskip("mistral_common")
    path = Path(common.__file__).parent / "data" / "tokenizer.model.v1"
    own, other = load(f"sentencepiece:{path}"), load("mistral_common:v1")

    assert own.encode(TEXT, "template").ids == other.encode(TEXT, "template").ids
    assert own.decode(own.encode(TEXT).ids) == other.decode(own.encode(TEXT).ids)
    assert own.vocabulary().tokens == other.vocabulary().tokens
