"""What a file can turn out to be: the kinds, in words, and what to do where nothing loads one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

KINDS: Final[Mapping[str, str]] = {
    "tokenizer_json": "a tokenizer.json, of the tokenizers package",
    "tokenizer_config": "a tokenizer_config.json: settings of a tokenizer, no vocabulary",
    "chat_template": "a chat template",
    "gguf": "a GGUF file, of llama.cpp",
    "sentencepiece": "a SentencePiece model",
    "mistral_model": "a SentencePiece model of Mistral, with its version in its name",
    "tiktoken_ranks": "a rank file of tiktoken",
    "tiktoken_json": "a tiktoken.json: what a rank file needs beside it",
    "tekken": "a tekken.json of Mistral",
    "vocab_json": "a vocab.json: the tokens of a BPE and their ids, without its merges",
    "merges_txt": "a merges.txt: the merges of a BPE, without its vocabulary",
    "vocab_and_merges": "a folder with a BPE in two files, vocab.json and merges.txt",
    "vocab_txt": "a vocab.txt of WordPiece",
    "added_tokens": "an added_tokens.json: tokens beside a vocabulary",
    "special_tokens_map": "a special_tokens_map.json: the names of special tokens",
    "model_config": "a config.json of a model, no tokenizer",
    "folder": "a folder",
    "json": "JSON that is no tokenizer",
    "cut_off_json": "JSON that is cut off",
    "broken_json": "no JSON, though it starts like it",
    "lfs_pointer": "a Git LFS pointer, not the file that it stands for",
    "gzip": "a gzip file",
    "zip": "a zip file",
    "compressed": "a compressed file",
    "web_page": "a web page",
    "xml": "an XML document",
    "server_answer": "what a server answered instead of a file",
    "utf16": "text in UTF-16",
    "safetensors": "a safetensors file: weights, no tokenizer",
    "ggml": "a file of llama.cpp from before GGUF",
    "text": "a text that is no tokenizer",
    "binary": "bytes that are no known format",
    "empty": "an empty file",
    "missing": "not there",
    "broken_link": "a symbolic link that leads nowhere",
    "special_file": "no regular file",
    "unreadable": "not readable",
}
"""What each kind is, in words that follow "this is"."""

AGAIN: Final = "download the file again, by a client that fails where the server does"
ADVICE: Final[Mapping[str, str]] = {
    "tokenizer_config": "the tokenizer is in another file of its folder, which was not copied",
    "vocab_json": "its merges.txt belongs beside it",
    "merges_txt": "its vocab.json belongs beside it",
    "vocab_and_merges": "no backend here loads the two; transformers makes a tokenizer.json of "
    "them: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(OTHER)",
    "vocab_txt": "no backend here loads it; transformers makes a tokenizer.json of it: "
    "BertTokenizerFast(vocab_file=FILE).save_pretrained(FOLDER)",
    "added_tokens": "the vocabulary is in another file",
    "special_tokens_map": "the vocabulary is in another file",
    "model_config": "the tokenizer is in another file of its folder",
    "folder": "no file in it is one that a backend loads",
    "cut_off_json": AGAIN,
    "lfs_pointer": "run `git lfs pull` in its repository, or download the file itself",
    "gzip": "unpack it first: gunzip",
    "zip": "unpack it first: unzip",
    "compressed": "unpack it first",
    "web_page": f"{AGAIN}, and from the address of the file, not of the page about it",
    "xml": AGAIN,
    "server_answer": AGAIN,
    "utf16": "make it UTF-8, without a BOM: iconv -f UTF-16 -t UTF-8",
    "safetensors": "the tokenizer is in another file of its folder",
    "ggml": "convert the model to GGUF",
    "empty": AGAIN,
    "broken_link": "copy the file that it names, too; a folder of the hub's cache has such links",
    "special_file": "name a file",
}
"""What to do about a kind that no spec loads."""
BOM_ADVICE: Final = (
    "it starts with a UTF-8 BOM, which the loaders do not take: write it anew without its first "
    "three bytes"
)


class Detected(NamedTuple):
    """What a path turned out to be.

    kind: one of `KINDS`.
    evidence: what was read, in words.
    specs: what loads it, the plainest first; empty where nothing does as it is.
    warnings: what is wrong with it though it is what it is.
    files: of a folder, what is in it.
    takes: of a folder, by the kind of a backend what it would take there, in words.
    """

    path: str
    kind: str
    evidence: str
    specs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    files: tuple[Detected, ...] = ()
    takes: Mapping[str, str] = {}

    @property
    def advice(self) -> str:
        """What to do where nothing loads it as it is, or ""."""
        if self.specs:
            return ""
        return "; ".join(self.warnings) or ADVICE.get(self.kind, "")

    def sentence(self) -> str:
        """Say what it is and what to do, for the end of an error message."""
        do = f"try {self.specs[0]}" if self.specs else self.advice
        return f"this is {KINDS[self.kind]}{f': {do}' if do else ''}"

    def as_data(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            **self._asdict(),
            "is": KINDS[self.kind],
            "advice": self.advice,
            "files": [file.as_data() for file in self.files],
        }


def specs(path: Path, *kinds: str) -> tuple[str, ...]:
    """Return the specs of a path for kinds of backends.

    >>> specs(Path("models/qwen"), "hf", "reference")
    ('hf:models/qwen', 'reference:models/qwen')
    """
    return tuple(f"{kind}:{path}" for kind in kinds)
