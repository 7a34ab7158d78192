"""Libraries of their own calls: what is translated, and what is said to be lacking.

Fakes stand in for them, each as the library's calls are. They are no part of the test environment.
"""

import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from helpers import load

from parity.artefact import resolve
from parity.errors import BadSpec, Refused, Unsupported

TINY = "tiny:byte-bpe-600"
RANKS = (resolve(TINY) / "ranks.tiktoken").read_bytes()


class Raw:
    """Calls of the libraries that have their own; an id says which was called."""

    special_tokens_set = frozenset({"<s>"})

    def __init__(self, *given):
        self.given = given

    def encode(self, _, specials=None, **named):
        return [1, *([int(specials)] if specials is not None else []), *map(len, named)]

    def encode_raw(self, _):
        return [2]

    def encode_all(self, texts, specials):
        return [[3, int(specials)] for _ in texts]

    def encode_batch(self, texts):
        return [[4] for _ in texts]

    def encode_ordinary(self, _):
        return [5]

    def encode_as_ids(self, _):
        return [6]

    def decode_from_ids(self, ids):
        return self.decode(ids)

    def encode_single_token(self, _):
        return 9

    def decode(self, ids, specials=None):
        return b"a\xff" if specials is not None else "".join(map(str, ids))

    def decode_all(self, batch, specials):
        return [self.decode(ids, specials) + b"!" for ids in batch]

    def decode_with_special(self, _):
        return "with"


class Ragged(Raw):
    """A batch is one array."""

    def encode_batch(self, texts, with_special):
        ids = [int(with_special), *map(len, texts)]
        return np.array(ids), np.array([0, 2, *range(3, len(ids) + 1)])


class DecodesToNone(Raw):
    """What some do where bytes are no UTF-8."""

    def decode(self, _):
        return None


READ = {}


def read_folder(place):
    """Keep what is in a folder."""
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        with open(f"{place}/{name}", encoding="utf-8") as file:  # noqa: PTH123
            READ[name] = file.read()
    return Raw()


def read_cache(name):
    """Keep what is in the cache that the environment names."""
    import os
    from pathlib import Path

    if name == "o200k_base":
        raise ValueError("hash mismatch")
    place = Path(os.environ["XDG_CACHE_HOME"], "io.crates.wordchipper", "openai", name)
    READ["ranks"] = (place / f"{name}.tiktoken").read_bytes()
    return Raw()


def refused(*_):
    raise ValueError("not for me")


LIBRARIES = {
    "splintr": {"from_json": Raw},
    "kitoken": {
        "Kitoken": SimpleNamespace(
            from_tokenizers_file=Raw, from_sentencepiece_file=lambda _: "spm",
            from_tiktoken_file=lambda _: "tiktoken", from_tekken_file=refused,
        )
    },
    "bpe_qwen": {"QwenTokenizer": read_folder},
    "curated_tokenizers": {
        "ByteBPEProcessor": Raw, "SentencePieceProcessor": SimpleNamespace(from_file=Raw),
    },
    "rs_bpe": {"openai": SimpleNamespace(cl100k_base=Raw, o200k_base=DecodesToNone)},
    "quicktok": {"get_encoding": lambda name: Ragged() if name == "toy" else refused()},
    "wordchipper": {},
    "wordchipper.compat": {},
    "wordchipper.compat.tiktoken": {
        "get_encoding": read_cache, "list_encoding_names": lambda: ["cl100k_base", "o200k_base"],
    },
}  # fmt: skip
TARGETS = {
    "splintr": TINY, "kitoken": TINY, "bpe_qwen": TINY, "curated_tokenizers": TINY,
    "rs_bpe": "cl100k_base", "quicktok": "toy", "wordchipper": f"{TINY},name=cl100k_base",
}  # fmt: skip


@pytest.fixture(autouse=True)
def libraries(monkeypatch, tmp_path):
    """The fakes, in the place of what may be installed."""
    for name, content in LIBRARIES.items():
        module = ModuleType(name)
        module.__file__ = str(tmp_path / name / "__init__.py")
        module.__dict__.update(content)
        if "." not in name or name.endswith("compat"):
            module.__path__ = []
        monkeypatch.setitem(sys.modules, name, module)
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], own, module)
        monkeypatch.delitem(sys.modules, f"parity.backends.{name}", raising=False)
    yield
    for name in LIBRARIES:
        sys.modules.pop(f"parity.backends.{name}", None)


def of(kind):
    """The backend of a library."""
    return load(f"{kind}:{TARGETS[kind]}")


MODES = {
    "splintr": {"template": [1], "parse": [2]},
    "kitoken": {"parse": [1, 1], "plain": [1, 0]},
    "bpe_qwen": {"parse": [1]},
    "curated_tokenizers": {"plain": [6]},
    "rs_bpe": {"plain": [1]},
    "quicktok": {"parse": [1, 15, 18], "plain": [5]},
    "wordchipper": {"parse": [1, 15, 18], "plain": [5]},
}


@pytest.mark.parametrize("kind", MODES)
@pytest.mark.parametrize("specials", ["parse", "plain", "template"])
def test_a_mode_is_the_call_that_is_meant_for_it(kind, specials):
    """And what a library lacks is never another mode in its place."""
    backend = of(kind)
    if specials in MODES[kind]:
        assert backend.encode("a", specials).ids == MODES[kind][specials]
        return
    with pytest.raises(Unsupported, match=f"{kind} has no mode '{specials}'"):
        backend.encode("a", specials)
    with pytest.raises(Unsupported, match=specials):
        backend.encode_batch(["a"], specials)


@pytest.mark.parametrize(
    ("kind", "specials", "ids"),
    [
        ("splintr", "template", [[4], [4]]),
        ("splintr", "parse", [[2], [2]]),
        ("kitoken", "plain", [[3, 0], [3, 0]]),
        ("bpe_qwen", "parse", [[1], [1]]),
        ("curated_tokenizers", "plain", [[6], [6]]),
        ("rs_bpe", "plain", [[1], [1]]),
        ("quicktok", "parse", [[1, 1], [2]]),
        ("wordchipper", "plain", [[5], [5]]),
    ],
)
def test_batches_are_the_librarys_own_call_where_it_has_one(kind, specials, ids):
    """One array is taken apart where it says."""
    assert [one.ids for one in of(kind).encode_batch(["a", "bc"], specials)] == ids


@pytest.mark.parametrize("kind", MODES)
def test_what_none_of_them_has_is_unsupported(kind):
    """Bytes, and offsets whatever the texts."""
    backend = of(kind)
    mode = next(iter(MODES[kind]))

    with pytest.raises(Unsupported, match="bytes"):
        backend.encode(b"a", mode)
    with pytest.raises(Unsupported, match="bytes"):
        backend.encode_batch([b"a"], mode)
    with pytest.raises(Unsupported, match="offsets"):
        backend.encode_batch(["\ud800"], mode, offsets=True)


@pytest.mark.parametrize(
    ("spec", "alone", "batched"),
    [
        (f"splintr:{TINY}", "1", "1"),
        (f"kitoken:{TINY}", "a\ufffd", "a\ufffd!"),
        (f"kitoken:{TINY},text=bytes", b"a\xff", b"a\xff!"),
        (f"bpe_qwen:{TINY}", "1", "1"),
        (f"curated_tokenizers:{TINY}", "1", "1"),
        ("rs_bpe:cl100k_base", "1", "1"),
        ("rs_bpe:o200k_base", "", ""),
        ("quicktok:toy", "1", "1"),
    ],
)
def test_what_is_no_text_is_translated_as_the_adapter_says(spec, alone, batched):
    """Bytes that are not UTF-8 become U+FFFD, None becomes the empty text."""
    assert load(spec).decode([1]) == alone
    assert load(spec).decode_batch([[1]]) == [batched]


def test_special_tokens_are_kept_by_another_call_where_there_is_one():
    """One call cannot stand for both."""
    assert of("splintr").decode([1], skip_special=False) == "with"
    assert of("quicktok").decode([1, 9]) == "1"
    assert of("quicktok").decode([1, 9], skip_special=False) == "19"
    for kind in ("bpe_qwen", "curated_tokenizers"):
        with pytest.raises(Unsupported, match="keeps special tokens"):
            of(kind).decode([1], skip_special=False)


def test_kitoken_reads_what_the_name_of_a_file_says(tmp_path):
    """Four formats by four readers; what is refused is refused by the one that it names."""
    for name, native in {"a.model": "spm", "b.model.v3": "spm", "c.tiktoken": "tiktoken"}.items():
        (tmp_path / name).touch()
        assert load(f"kitoken:{tmp_path / name}").native == native
    (tmp_path / "tekken_1.json").touch()
    with pytest.raises(Refused, match=r"kitoken refuses .*tekken_1\.json; .* not for me"):
        load(f"kitoken:{tmp_path / 'tekken_1.json'}")


def test_curated_tokenizers_gets_the_vocabulary_and_the_merges(tmp_path):
    """Or the path of a .model, of which special tokens are as SentencePiece has them."""
    (tmp_path / "a.model").touch()
    vocabulary, merges = of("curated_tokenizers").native.given
    pieces = load(f"curated_tokenizers:{tmp_path / 'a.model'}")

    assert (len(vocabulary), {len(one) for one in merges}) == (600, {2})
    assert pieces.native.given == (str(tmp_path / "a.model"),)
    assert pieces.encode("a", "parse") == pieces.encode("a", "plain")


def test_bpe_qwen_gets_the_three_files_of_a_tokenizer_json():
    """Merges are pairs or texts in one; added tokens stand under their ids."""
    of("bpe_qwen")
    content = json.loads((resolve(TINY) / "tokenizer.json").read_bytes())
    added = {str(token["id"]): token for token in content["added_tokens"]}

    assert json.loads(READ["vocab.json"]) == content["model"]["vocab"]
    assert len(READ["merges.txt"].splitlines()) == 1 + len(content["model"]["merges"])
    assert json.loads(READ["tokenizer_config.json"])["added_tokens_decoder"] == added


def test_wordchipper_finds_the_ranks_where_it_looks(monkeypatch):
    """In a cache of its own; the environment is afterwards as it was."""
    monkeypatch.setenv("XDG_CACHE_HOME", "mine")
    of("wordchipper")

    import os

    assert READ["ranks"] == RANKS
    assert os.environ["XDG_CACHE_HOME"] == "mine"
    monkeypatch.delenv("XDG_CACHE_HOME")
    with pytest.raises(Refused, match="hash mismatch"):
        load(f"wordchipper:{TINY},name=o200k_base")
    assert "XDG_CACHE_HOME" not in os.environ


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("rs_bpe:x", "the target is cl100k_base, o200k_base, not 'x'"),
        (f"wordchipper:{TINY}", "name is cl100k_base, o200k_base, not ''"),
        ("bpe_qwen:tiny:wordpiece", "bpe-qwen is for BPE, this is WordPiece"),
        ("curated_tokenizers:tiny:wordpiece", "reads BPE of it, this is WordPiece"),
        (f"kitoken:{TINY},text=x", "text is replace, bytes"),
    ],
)
def test_what_cannot_be_meant_is_told(spec, said):
    """It is no refusal of the library's."""
    with pytest.raises(BadSpec, match=said):
        load(spec)


@pytest.mark.parametrize("kind", MODES)
def test_each_is_known_by_its_own_package(kind):
    """And by the vocabulary that it was made for."""
    identity = of(kind).identity()

    assert list(identity.packages)[0].replace("-", "_").startswith(kind)  # noqa: RUF015
    assert identity.artefacts or identity.facts["vocabulary"]


def test_a_name_that_is_not_known_is_refused():
    """By the library itself."""
    with pytest.raises(Refused, match="quicktok refuses the name 'x'"):
        load("quicktok:x")


@pytest.mark.parametrize("text", ["", "caf\u00e9 12", "e\u0301", "\U0001f600 \u4e2d"])
def test_tiktokens_educational_encoder_is_an_oracle_of_tiktoken(text):
    """Of plain text: it knows no special tokens."""
    pytest.importorskip("tiktoken")
    oracle, own = load(f"tiktoken_educational:{TINY}"), load(f"tiktoken:{TINY}")
    ids = own.encode(text, "plain").ids

    assert oracle.encode(text, "plain").ids == ids
    assert oracle.decode([*ids, 600]) == own.decode([*ids, 600])
    assert (
        load(f"tiktoken_educational:{TINY},text=bytes").decode(ids) == oracle.decode(ids).encode()
    )
    assert oracle.normal_form("e\u0301") == "\u00e9"
    with pytest.raises(Unsupported, match="mode 'parse'"):
        oracle.encode("a")
