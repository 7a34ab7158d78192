"""Assets: what assets.lock pins is what is used, and conversions keep every id."""

import hashlib
import json
import tomllib
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import tokenizers

from parity import artefact, assets, backends, conversion, corpus
from parity.errors import BadSpec, Inconclusive, LockMismatch, MissingAsset

SOURCE = b"vocabulary"
BUILT = {"tokenizer.json": b"VOCABULARY", "tokenizer_config.json": b"{}"}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Planted:
    """A package on sys.path that tests may spoil, with a lock and a cache of its own."""

    def __init__(self, root: Path):
        self.root, self.lock, self.cache = root, root / "assets.lock", root / "cache"
        self.source = root / "planted_package/vocabulary.json"
        self.metadata = root / "planted_package-1.0.dist-info/METADATA"
        self.builds = 0
        for path in (self.source, self.metadata):
            path.parent.mkdir()
        self.source.write_bytes(SOURCE)
        self.install("1.0")
        self.pin(SOURCE, BUILT)

    def install(self, version: str) -> None:
        """Make it look like this version, to importlib.metadata."""
        self.metadata.write_text(
            f"Metadata-Version: 2.4\nName: planted-package\nVersion: {version}\nLicense: MIT\n"
        )

    def pin(self, source: bytes, built: dict[str, bytes]) -> None:
        """Write the lock: one asset that is built, one that is used in place."""
        pin = assets.Pin(
            "planted-package",
            "1.0",
            "MIT",
            {"planted_package/vocabulary.json": digest(source)},
            {file: digest(data) for file, data in built.items()},
        )
        pins = {"planted": pin, "in-place": pin._replace(built={})}
        self.lock.write_text("".join(assets.lock_lines(pins)))

    def build(self, data: bytes) -> dict[str, bytes]:
        """The converter of the asset that is built, which counts its calls."""
        self.builds += 1
        return {**BUILT, "tokenizer.json": data.upper()}

    def folder(self, name: str = "planted") -> Path:
        """As `assets.folder`."""
        return assets.folder(name, lock=self.lock, cache=self.cache)

    def state(self, name: str = "planted") -> str:
        """As `assets.state`."""
        return assets.state(name, lock=self.lock)


@pytest.fixture
def planted(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package = Planted(tmp_path)
    sources = ("planted_package/vocabulary.json",)
    monkeypatch.setitem(
        assets.RECIPES, "planted", assets.Recipe("planted-package", sources, package.build)
    )
    monkeypatch.setitem(assets.RECIPES, "in-place", assets.Recipe("planted-package", sources))
    return package


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_asset_is_built_once(planted):
    """The second use takes the cache."""
    first, second = planted.folder(), planted.folder()

    assert first == second
    assert contents(first) == BUILT
    assert planted.builds == 1


def test_an_asset_without_a_build_is_used_in_place(planted):
    """Nothing is copied where the package's own folder will do."""
    assert planted.folder("in-place") == planted.source.parent
    assert not planted.cache.exists()


def test_an_unknown_name_is_told_the_known_ones():
    with pytest.raises(BadSpec, match=r"no asset 'quen'; known: deepseek, .*qwen"):
        assets.folder("quen")


def test_a_package_that_is_not_installed_is_named(planted):
    planted.metadata.unlink()
    planted.metadata.parent.rmdir()

    with pytest.raises(MissingAsset, match=r"planted-package: pip install 'tokparity\[assets\]'"):
        planted.folder()
    assert planted.state().startswith("missing: ")


def test_a_package_without_its_file_is_missing(planted):
    planted.source.unlink()

    with pytest.raises(MissingAsset, match=r"vocabulary\.json"):
        planted.folder()


def test_another_version_is_refused(planted):
    """Even where the file is the same: the lock says what was looked at."""
    planted.install("1.1")

    with pytest.raises(LockMismatch, match=r"1\.0 by assets\.lock, and 1\.1 is installed: pip"):
        planted.folder()
    assert planted.state().startswith("mismatch: ")


@pytest.mark.parametrize("name", ["planted", "in-place"])
def test_another_source_is_refused(planted, name):
    """Both digests are told, and a built folder in the cache does not hide it."""
    planted.folder(name)
    planted.source.write_bytes(b"vocabularx")

    with pytest.raises(LockMismatch) as caught:
        planted.folder(name)

    assert digest(b"vocabularx") in str(caught.value)
    assert digest(SOURCE) in str(caught.value)
    assert planted.state(name).startswith("mismatch: ")


def test_a_file_that_loaders_read_may_not_lie_beside_one_used_in_place(planted):
    """A config.json there would change the tokenizer, and no digest would."""
    (planted.source.parent / "config.json").write_text("{}")

    with pytest.raises(LockMismatch, match=r"config\.json is not in assets\.lock"):
        planted.folder("in-place")


def test_a_lock_without_the_asset_is_a_mismatch(planted):
    planted.lock.write_text("")

    with pytest.raises(LockMismatch, match="does not name the asset 'planted'"):
        planted.folder()


def test_what_is_built_is_what_the_lock_says(planted):
    """A converter that changed is seen before anything is written."""
    planted.pin(SOURCE, {**BUILT, "tokenizer.json": b"of another converter"})

    with pytest.raises(LockMismatch, match=r"the tokenizer\.json made by this tokparity"):
        planted.folder()
    assert not planted.cache.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "tokenizer.json").write_bytes(b"tampered"),
        lambda folder: (folder / "tokenizer.json").write_bytes(BUILT["tokenizer.json"][:-1]),
        lambda folder: (folder / "tokenizer_config.json").unlink(),
        lambda folder: (folder / "config.json").write_bytes(b'{"model_type": "gpt2"}'),
        lambda folder: [path.unlink() for path in folder.iterdir()],
    ],
    ids=["tampered", "cut off", "half built", "planted file", "empty"],
)
def test_a_spoilt_cache_is_made_anew(planted, spoil: Callable[[Path], object]):
    """The package is right, so that its folder can be; nothing spoilt is ever used."""
    folder = planted.folder()
    spoil(folder)

    assert contents(planted.folder()) == BUILT
    assert planted.builds == 2


def test_a_concurrent_builder_does_no_harm(planted, monkeypatch):
    """Another process builds the same folder, and finishes, while this one is building."""

    def build_slowly(data: bytes) -> dict[str, bytes]:
        if planted.builds == 0:
            made = planted.build(data)
            assert contents(planted.folder()) == BUILT
            return made
        return planted.build(data)

    recipe = assets.RECIPES["planted"]._replace(build=build_slowly)
    monkeypatch.setitem(assets.RECIPES, "planted", recipe)

    assert contents(planted.folder()) == BUILT
    assert planted.builds == 2


def test_a_cache_that_cannot_be_written_is_named(planted):
    planted.cache.write_text("a file where a folder is wanted")

    with pytest.raises(Inconclusive, match=r"cache.* cannot be written: "):
        planted.folder()


def test_another_source_has_another_folder(planted):
    """A new version of a package does not overwrite the old one's folder."""
    old = planted.folder()
    planted.source.write_bytes(b"other")
    planted.pin(b"other", {**BUILT, "tokenizer.json": b"OTHER"})

    assert planted.folder() != old
    assert contents(old) == BUILT


def test_the_state_of_a_right_package_is_ready(planted):
    """And nothing is built to find that out."""
    assert planted.state() == "ready"
    assert planted.builds == 0


def test_the_printed_lock_says_what_is_installed(planted):
    """What `lock` prints for a package is what the lock of these tests has."""
    lines = assets.lock_lines({"planted": assets.entry("planted")})

    assert (
        tomllib.loads("".join(lines))["planted"]
        == tomllib.loads(planted.lock.read_text())["planted"]
    )


def test_the_lock_names_every_asset():
    assert sorted(tomllib.loads(assets.LOCK.read_text())) == assets.names()


def test_a_converted_sentencepiece_model_is_the_shipped_conversion():
    """Our own reader and merges against the ones made with SentencePiece's library."""
    path, shipped = artefact.tokenizer_json("tiny:fallback-bpe")
    made = json.loads(
        conversion.sentencepiece((path.parent / "tokenizer.model").read_bytes())["tokenizer.json"]
    )

    assert made["model"]["vocab"] == shipped["model"]["vocab"]
    assert made["added_tokens"] == shipped["added_tokens"][:3]
    assert sorted(made["model"]["merges"]) == sorted(shipped["model"]["merges"])
    assert [*map("".join, made["model"]["merges"])] == [*map("".join, shipped["model"]["merges"])]


def test_converted_ranks_hold_the_trained_merges_in_their_order():
    """A rank file says which merges there were; a conversion may only add other ways."""
    path, shipped = artefact.tokenizer_json("tiny:byte-bpe-4096")
    made = json.loads(
        conversion.qwen((path.parent / "ranks.tiktoken").read_bytes())["tokenizer.json"]
    )
    trained = [tuple(merge) for merge in shipped["model"]["merges"]]
    known = set(trained)

    assert made["model"]["vocab"] == shipped["model"]["vocab"]
    assert [merge for merge in map(tuple, made["model"]["merges"]) if merge in known] == trained


@pytest.mark.parametrize("data", [b"\x0a", b"\x0a\xff", b"\x0f", b'{"json": 1}'])
def test_what_is_no_sentencepiece_model_is_refused(data):
    with pytest.raises(ValueError, match="no SentencePiece model"):
        conversion.read_pieces(data)


def texts() -> list[str]:
    """The texts of the shipped corpora that have a UTF-8 form."""
    cases = corpus.read_all(sorted(artefact.shipped().glob("*.jsonl")))
    return [
        case.payload for case in cases if case.kind == "text" and not _has_surrogate(case.payload)
    ]


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def differing(
    reference: Callable[[str], list[int]], candidate: Callable[[str], list[int]]
) -> list[str]:
    return [text for text in texts() if reference(text) != candidate(text)]


def hf(spec: str, specials: str = "plain") -> Callable[[str], list[int]]:
    backend = backends.load(spec)
    return lambda text: backend.encode(text, specials).ids


@pytest.mark.assets
@pytest.mark.parametrize("name", assets.names())
def test_the_lock_is_what_the_packages_give(name):
    """Made anew, every digest is the locked one: conversions are deterministic."""
    lines = assets.lock_lines({name: assets.entry(name)})

    assert tomllib.loads("".join(lines))[name] == tomllib.loads(assets.LOCK.read_text())[name]
    assert assets.state(name) == "ready"


@pytest.mark.assets
@pytest.mark.parametrize("specials", ["plain", "parse"])
@pytest.mark.parametrize("name", ["mistral-tekken", "qwen", "qwen3.6"])
def test_converted_ranks_give_the_ids_of_tiktoken(name, specials):
    """On one normal form, which is the candidate's, every text has the ids that tiktoken gives."""
    folder = assets.folder(name)
    config, encoding = tiktoken_of(folder)
    normal = tokenizers.normalizers.NFC().normalize_str if config["normalization"] else str

    def reference(text: str) -> list[int]:
        if specials == "plain":
            return encoding.encode_ordinary(normal(text))
        return encoding.encode(normal(text), allowed_special="all")

    assert differing(reference, hf(f"hf:{folder}", specials)) == []


@pytest.mark.assets
def test_qwen_differs_from_its_own_library_only_in_nfc_tables():
    """Qwen's library normalises with Python's tables; hf has older ones."""
    _, encoding = tiktoken_of(assets.folder("qwen"))
    nfc = tokenizers.normalizers.NFC()
    found = differing(
        lambda text: encoding.encode_ordinary(unicodedata.normalize("NFC", text)),
        hf("hf:asset:qwen"),
    )

    assert [t for t in found if nfc.normalize_str(t) == unicodedata.normalize("NFC", t)] == []


def tiktoken_of(folder: Path):
    """The folder's tiktoken.json, and a `tiktoken.Encoding` made of it."""
    import tiktoken
    import tiktoken.load

    config = json.loads((folder / "tiktoken.json").read_bytes())
    ranks = tiktoken.load.load_tiktoken_bpe(str(folder / config["ranks"]))
    return config, tiktoken.Encoding(
        folder.name,
        pat_str=config["pattern"],
        mergeable_ranks=ranks,
        special_tokens=config["special_tokens"],
    )


@pytest.mark.assets
@pytest.mark.parametrize("name", ["mistral-v1", "mistral-v3", "mistral-v7"])
def test_converted_scores_give_the_ids_of_sentencepiece(name):
    """Runs of spaces too, whose pieces all have one score."""
    import sentencepiece

    folder = assets.folder(name)
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    candidate = hf(f"hf:{folder}")
    runs = [" " * length + "a" for length in range(100)]

    assert [run for run in runs if model.encode(run) != candidate(run)] == []
    assert differing(model.encode, candidate) == []


@pytest.mark.assets
@pytest.mark.parametrize("name", ["deepseek", "mistral-tekken", "qwen", "qwen3.6"])
def test_transformers_keeps_the_pipeline_of_these(name):
    """Their config names the class that takes a tokenizer.json as it is."""
    assert differing(hf(f"hf:asset:{name}"), hf(f"transformers:asset:{name}")) == []


@pytest.mark.assets
def test_transformers_rebuilds_the_pipeline_of_mistral():
    """A real finding: LlamaTokenizer loses the space that a text starts with."""
    found = differing(hf("hf:asset:mistral-v3"), hf("transformers:asset:mistral-v3"))

    assert " a" in found
    assert {text[0] for text in found} == {" ", "\u2581"}


def test_an_asset_is_a_path_for_another_interpreter(monkeypatch, tmp_path):
    """Which may not have its package: what it is, is decided here."""
    monkeypatch.setattr(assets, "folder", lambda name: tmp_path / name)

    assert artefact.settled("hf:asset:qwen") == f"hf:{tmp_path / 'qwen'}"
    assert artefact.settled("asset:qwen") == str(tmp_path / "qwen")
