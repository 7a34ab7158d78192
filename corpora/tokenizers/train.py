"""Trains the tiny tokenizers that are committed beside this file, or checks that they are ours.

    python corpora/tokenizers/train.py                       train all, write MANIFEST.json
    python corpora/tokenizers/train.py unigram               train one
    python corpora/tokenizers/train.py --into DIR wordpiece  train elsewhere, leave ours alone
    python corpora/tokenizers/train.py --check               train again, compare every bit

A tokenizer that we train ourselves may be committed, and still finds real faults: its pipeline is
the field's, only its vocabulary is small. Bits are promised for the package versions that
MANIFEST.json names and for tokenizers that it calls deterministic; without names, --check takes
those only. Licence of text, models and everything else here: CC0-1.0.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import byte_bpe
import sentencepieces
import text
import wordpiece

HERE = Path(__file__).parent
MANIFEST = HERE / "MANIFEST.json"
Files = Mapping[str, bytes]


class Recipe(NamedTuple):
    """How one tokenizer is made.

    build: training text -> file name -> contents.
    trainer: the package whose code decides the vocabulary.
    packages: all packages that decide the bits.
    """

    build: Callable[[list[str]], Files]
    trainer: str
    packages: tuple[str, ...]
    deterministic: bool
    description: str


RECIPES = {
    "byte-bpe-4096": Recipe(
        partial(byte_bpe.build, size=4096, bos=True),
        "tokenizers",
        ("tokenizers",),
        deterministic=True,
        description="Byte-level BPE as in Qwen2: NFC, Qwen2's pattern, 4,096 entries, "
        "<|endoftext|> before every text; with tiktoken ranks.",
    ),
    "byte-bpe-600": Recipe(
        partial(byte_bpe.build, size=600, bos=False),
        "tokenizers",
        ("tokenizers",),
        deterministic=True,
        description="The same with 600 entries and no template: most characters beyond Latin "
        "fall to bytes; with tiktoken ranks.",
    ),
    "fallback-bpe": Recipe(
        partial(sentencepieces.build_byte_fallback, size=2048),
        "sentencepiece",
        ("sentencepiece", "tokenizers"),
        deterministic=True,
        description="SentencePiece BPE with byte fallback as in Llama 2 and Mistral, <s> before "
        "every text; .model and tokenizer.json.",
    ),
    "unigram": Recipe(
        partial(sentencepieces.build_unigram, size=4096),
        "sentencepiece",
        ("sentencepiece", "tokenizers"),
        # Expectation maximisation in floating point: bits depend on threads and on the machine.
        deterministic=False,
        description="SentencePiece Unigram with nmt_nfkc, </s> after every text; .model and the "
        "tokenizer.json of SpmConverter's recipe, which differs from it on some texts.",
    ),
    "wordpiece": Recipe(
        partial(wordpiece.build, size=3000),
        "corpora/tokenizers/wordpiece.py",
        ("tokenizers",),
        deterministic=True,
        description="WordPiece as in uncased BERT, [CLS] and [SEP] around every text; the "
        "vocabulary is counted by us.",
    ),
}


def write(folder: Path, files: Files) -> None:
    """Writes the files; leaves others there, for the test to complain about."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, contents in files.items():
        (folder / name).write_bytes(contents)


def entry(recipe: Recipe, files: Files) -> dict[str, object]:
    """What MANIFEST.json says of one tokenizer."""
    return {
        "description": recipe.description,
        "licence": "CC0-1.0",
        "trainer": recipe.trainer,
        "versions": {package: version(package) for package in recipe.packages},
        "deterministic": recipe.deterministic,
        "text_sha256": text.digest(),
        "files": {
            name: {"sha256": hashlib.sha256(contents).hexdigest(), "size": len(contents)}
            for name, contents in sorted(files.items())
        },
    }


def record(made: Mapping[str, Files]) -> None:
    """Writes the entries of the tokenizers just made into MANIFEST.json, keeps the others."""
    entries = json.loads(MANIFEST.read_bytes())["tokenizers"] if MANIFEST.exists() else {}
    entries |= {name: entry(RECIPES[name], files) for name, files in made.items()}
    manifest = {"tokenizers": {name: entries[name] for name in RECIPES if name in entries}}
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def differing(name: str, files: Files) -> Iterable[str]:
    """Files that are not, bit for bit, the committed ones, and those on one side only."""
    folder = HERE / name
    committed = {path.name: path.read_bytes() for path in folder.iterdir()}
    return (
        f"{name}/{file}"
        for file in sorted(committed.keys() | files.keys())
        if committed.get(file) != files.get(file)
    )


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0, or 1 where --check found a difference."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--check", action="store_true", help="compare with the committed files")
    where.add_argument("--into", type=Path, metavar="DIR", help="write there, no manifest")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in RECIPES]:
        parser.error(f"no tokenizer {unknown[0]!a}; known: {', '.join(RECIPES)}")
    every = [name for name in RECIPES if RECIPES[name].deterministic or not options.check]

    training_text = text.documents()
    made = {name: RECIPES[name].build(training_text) for name in options.names or every}
    if options.check:
        found = [file for name, files in made.items() for file in differing(name, files)]
        print("\n".join(f"differs: {file}" for file in found) or f"same bits: {', '.join(made)}")
        return 1 if found else 0
    for name, files in made.items():
        write((options.into or HERE) / name, files)
    if not options.into:
        record(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
