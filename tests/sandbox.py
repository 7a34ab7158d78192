"""A folder such as a user has, in which every example of a help text means something."""

import gzip
import json
import shutil
import struct
import subprocess
from pathlib import Path

from shadow_logs import Told

from parity import artefact, runfile
from parity.identities import identity
from parity.types import case_digest

TINY = artefact.shipped() / "tokenizers"
PLAN = """\
[tool.parity]
golden = "golden"
corpora = ["texts/*.jsonl", "cjk", "special"]

[[tool.parity.pairs]]
name = "byte-bpe-600"
reference = "hf:tiny:byte-bpe-600"
candidate = "reference:tiny:byte-bpe-600"
checks = ["ids", "offsets"]
golden = ["ids"]

[[tool.parity.pairs]]
name = "unigram"
reference = "hf:tiny:unigram"
candidate = "mock:drops_last_id,of=hf:tiny:unigram"
checks = ["ids"]

[[tool.parity.pairs]]
name = "qwen"
reference = "hf:models/qwen"
candidate = "py:mypackage.parity:make"
checks = ["ids"]
golden = ["ids"]
"""
LEDGER = """
[[expected]]
pair = "unigram"
check = "ids"
select = "id:mine/crash-*"
reason = "until the vendor mends it"
expires = 2020-01-31
"""
MINE = '''\
"""A tokenizer of one's own."""

from parity.backend import Backend, Identity
from parity.backends import load


class Mine(Backend):
    """The tokenizer of a folder, by other code."""

    def __init__(self):
        self.inner = load("reference:models/qwen")

    def identity(self):
        return Identity(self, parts=[self.inner.identity()])

    def encode(self, text, specials="parse"):
        return self.inner.encode(text, specials)

    def decode(self, ids, skip_special=True):
        return self.inner.decode(ids, skip_special)

    def encode_batch(self, texts, specials="parse", offsets=False):
        return self.inner.encode_batch(texts, specials, offsets)

    def decode_batch(self, rows, skip_special=True):
        return self.inner.decode_batch(rows, skip_special)

    def vocabulary(self):
        return self.inner.vocabulary()


def make():
    return Mine()
'''
CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}


def corpus(path, **cases):
    """Write a corpus: trap=text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"id": f"{trap.replace('__', '/').replace('_', '-')}-{case_digest('text', text, {})}",
         "text": text}
        for trap, text in cases.items()
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="ascii")


def build(here: Path) -> Path:
    """Make what a user's folder has before anything was run in it; return the folder."""
    for place in ("models/qwen", "DIR"):
        shutil.copytree(TINY / "byte-bpe-4096", here / place)
    shutil.copy(TINY / "unigram" / "tokenizer.model", here)
    (here / "model.gguf").write_bytes(gguf())
    write(here / "pyproject.toml", PLAN)
    write(here / ".gitignore", ".parity/\n")
    write(here / "golden/expected.toml", LEDGER)
    for name in ("mypackage/__init__.py", "mypackage/parity.py", "mine.py"):
        write(here / name, MINE)
    corpus(here / "texts/mine.jsonl", mine__crash="a  b", mine__digits="12345 67", mine__cjk="語る")
    corpus(here / "regressions.jsonl", mine__first="x")
    _inputs(here)
    _shadows(here)
    harness = artefact.shipped("harnesses") / "python" / "echo.py"
    write(here / "tok", "#!/usr/bin/env python3\n" + harness.read_text(encoding="utf-8"))
    (here / "tok").chmod(0o755)
    return here


def write(path: Path, text: str):
    """Write a file into a folder that need not be there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def gguf():
    """A header of a GGUF file without a tensor: its architecture and its tokenizer's kind."""

    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    pairs = {"general.architecture": "llama", "tokenizer.ggml.model": "gpt2"}
    rows = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in pairs.items())
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + rows


def _inputs(here):
    """What is imported."""
    write(here / "chats.jsonl", json.dumps(CHAT) + "\n")
    with gzip.open(here / "lines.txt.gz", "wt", encoding="utf-8") as file:
        file.write("one\ntwo\n")
    write(here / "log.jsonl", json.dumps({"body": {"prompt": "Say it"}}) + "\n")


def _shadows(here):
    """Logs of a shadow."""
    for name in ("shadow", "one", "two"):
        told = Told(here / f"{name}.jsonl", candidate="mock:drops_last_id")
        told.same(20_000).same(5_000, "decode").footer()


def commit(here: Path):
    """Make a repository of the folder, whose `main` was pushed."""
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
    for words in (
        ("init", "-q", "-b", "main", "."),
        ("add", "-A"),
        (*who, "commit", "-qm", "A plan, a corpus, goldens"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
    ):
        subprocess.run(["git", *words], cwd=here, check=True)  # noqa: S603, S607


def change(here: Path):
    """Change the tokenizer that a golden was made for, and a corpus."""
    path = here / "models/qwen/tokenizer.json"
    file = json.loads(path.read_text(encoding="utf-8"))
    file["added_tokens"][0]["lstrip"] = True
    write(path, json.dumps(file, ensure_ascii=False))
    corpus(here / "texts/more.jsonl", mine__more="one two")


def settle(here: Path):
    """Give what commands left the names that examples have."""
    shutil.copy(here / "run.jsonl", here / "nightly.jsonl")
    shutil.copy(here / "run.jsonl", here / ".parity/runs/20990101T120000000000.jsonl")
    for name in ("shard-1.jsonl", "shard-2.jsonl"):
        (here / "shards").mkdir(exist_ok=True)
        shutil.copy(here / name, here / "shards")
        (here / "shards" / name[:-6]).mkdir()
        shutil.copy(here / name, here / "shards" / name[:-6] / "run.jsonl")


HISTORY = (
    ("tokparity golden update", 0),
    (commit,),
    (change,),
    ("tokparity golden check", 4),
    ("tokparity fuzz --pair unigram --strategy digits --strategy borders --max-examples 200", 1),
    ("tokparity run --shard 1/2 --output jsonl=shard-1.jsonl", 1),
    ("tokparity run --shard 2/2 --output jsonl=shard-2.jsonl", 1),
    ("tokparity run --output jsonl=run.jsonl", 1),
    (settle,),
)
"""What was done there before, in this order: a command and its exit code, or what a user did."""


def prepare(here: Path, example: str):
    """Take away what stands in the way of an example that begins before it was there."""
    if example.startswith("tokparity init"):
        for name in ("golden", "texts", ".parity"):
            shutil.rmtree(here / name)
        (here / "pyproject.toml").unlink()
    if example.startswith("tokparity minimise F-"):
        (here / ".parity/runs/20990101T120000000000.jsonl").unlink()


def names(here: Path, ran):
    """Return the names that are real there: kind of name -> name. `ran` runs a command."""
    pending = json.loads(ran("tokparity review list --json")[1])["changes"][0]
    run = runfile.read(here / "run.jsonl")
    row = next(row for row in run.divergences if row["verdict"] == "diverged")
    finding = next(iter(sorted((here / ".parity/findings").iterdir())))
    return {
        "D": identity(row),
        "G": pending["identity"],
        "C": pending["class"],
        "F": finding.stem,
    }
