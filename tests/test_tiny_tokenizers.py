"""The committed tiny tokenizers are what their manifest says, and what their recipes make."""

import base64
import hashlib
import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import tiktoken
from tokenizers import Tokenizer

FOLDER = Path(__file__).parent.parent / "corpora" / "tokenizers"
MANIFEST = json.loads((FOLDER / "MANIFEST.json").read_bytes())["tokenizers"]
DETERMINISTIC = [name for name, entry in MANIFEST.items() if entry["deterministic"]]
RANKED = ["byte-bpe-4096", "byte-bpe-600"]

# Id order, flags that are set; every flag not named is False.
HOSTILE = [
    ("<|endoftext|>", {"special"}),
    ("<|im_start|>", {"special"}),
    ("<|im_end|>", {"special"}),
    ("<|im|>", {"special"}),
    ("<|pad|>", {"special"}),
    ("<tool_call>", set()),
    ("</tool_call>", set()),
    ("<think>", set()),
    ("</think>", set()),
    ("<mask>", {"special", "lstrip"}),
    ("<sep>", {"special", "rstrip"}),
    ("<both>", {"special", "lstrip", "rstrip"}),
    ("Kleene", {"single_word"}),
    ("\ufb01x", {"normalized"}),
    ("<a b>", set()),
    ("<|\u6d4b\u8bd5|>", {"special"}),
    ("my_token_1", set()),
    ("my_token_12", set()),
    ("my_token_123", set()),
    ("Caf\u00e9", {"normalized"}),
]


def read_json(name: str, file: str = "tokenizer.json") -> Any:
    """A JSON file of one tokenizer."""
    return json.loads((FOLDER / name / file).read_bytes())


def ranks(name: str) -> list[bytes]:
    """The rank file's tokens, in order; each line must carry its own number."""
    lines = (FOLDER / name / "ranks.tiktoken").read_text(encoding="ascii").splitlines()
    pairs = [line.split(" ") for line in lines]
    assert [int(rank) for _, rank in pairs] == list(range(len(pairs)))
    return [base64.b64decode(token) for token, _ in pairs]


def varied_texts() -> Iterator[str]:
    """The seed's lines, pieces of them, and white space around them: no added token inside."""
    lines = (FOLDER / "seed.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        yield from (line, line[3:17], line[5:6], f"  {line}\t\n", line[::-1], line.upper())
        yield from (unicodedata.normalize("NFD", line), line.replace(" ", "\u3000\u00a0"))


def installed(package: str) -> str:
    """The version, or words that say that there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def test_manifest_names_every_folder() -> None:
    """A tokenizer without an entry has no licence and no origin."""
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()} - {"__pycache__"}

    assert set(MANIFEST) == folders


@pytest.mark.parametrize("name", MANIFEST)
def test_files_are_those_of_the_manifest(name: str) -> None:
    """No file is missing, extra, or another than the one that was recorded."""
    contents = {path.name: path.read_bytes() for path in (FOLDER / name).iterdir()}
    found = {
        file: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for file, data in contents.items()
    }

    assert found == MANIFEST[name]["files"]


def test_all_are_made_from_one_text() -> None:
    """Who changes the training text makes every tokenizer again, those not retrained here too."""
    assert len({entry["text_sha256"] for entry in MANIFEST.values()}) == 1


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_training_again_gives_the_same_bits(name: str, tmp_path: Path) -> None:
    """A committed tokenizer is what its recipe makes of our text, with the recorded versions."""
    recorded = MANIFEST[name]["versions"]
    here = {package: installed(package) for package in recorded}
    assert here == recorded, (
        f"the bits of {name} are only promised for {recorded}, here is {here}: "
        "install those, or run corpora/tokenizers/train.py and commit what it writes"
    )

    train = [sys.executable, str(FOLDER / "train.py"), "--into", str(tmp_path), name]
    subprocess.run(train, check=True)  # noqa: S603 (our own script)
    made = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    committed = {path.name: path.read_bytes() for path in (FOLDER / name).iterdir()}
    differing = [file for file in made | committed if made.get(file) != committed.get(file)]

    assert differing == []


@pytest.mark.parametrize("name", MANIFEST)
def test_hostile_tokens_follow_the_models_entries(name: str) -> None:
    """Every tokenizer has the same traps, in the same order, right after its own entries."""
    data = read_json(name)
    first = len(data["model"]["vocab"])
    flags = ("special", "lstrip", "rstrip", "single_word", "normalized")
    found = [
        (token["id"], token["content"], {flag for flag in flags if token[flag]})
        for token in data["added_tokens"]
        if token["id"] >= first
    ]

    assert found == [(first + row, *token) for row, token in enumerate(HOSTILE)]


@pytest.mark.parametrize("name", RANKED)
def test_ranks_are_the_order_of_the_merges(name: str) -> None:
    """Bytes are 0 to 255, then one entry a merge: all that tiktoken knows is this order."""
    tokens = ranks(name)
    model = read_json(name)["model"]

    assert sorted(tokens[:256]) == [bytes([byte]) for byte in range(256)]
    assert [model["vocab"][left + right] for left, right in model["merges"]] == list(
        range(256, len(tokens))
    )


@pytest.mark.parametrize("name", RANKED)
def test_tiktoken_gives_the_same_ids(name: str) -> None:
    """The rank file is the same tokenizer, as far as tiktoken can say it."""
    companion = read_json(name, "tiktoken.json")
    reference = Tokenizer.from_file(str(FOLDER / name / "tokenizer.json"))
    candidate = tiktoken.Encoding(
        name,
        pat_str=companion["pattern"],
        mergeable_ranks={token: rank for rank, token in enumerate(ranks(name))},
        special_tokens=companion["special_tokens"],
    )
    differing = [
        text
        for text in varied_texts()
        if reference.encode(text).ids
        != companion["bos"]
        + candidate.encode_ordinary(unicodedata.normalize(companion["normalization"], text))
        + companion["eos"]
    ]

    assert differing == []


def test_sentencepiece_gives_the_same_ids() -> None:
    """fallback-bpe's two files are one tokenizer; unigram's are known not to be."""
    folder = FOLDER / "fallback-bpe"
    reference = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    candidate = Tokenizer.from_file(str(folder / "tokenizer.json"))
    differing = [
        text
        for text in varied_texts()
        if reference.encode(text, add_bos=True) != candidate.encode(text).ids
    ]

    assert differing == []
