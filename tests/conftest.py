"""A folder with a plan, a corpus and backends of its own; the command line in this process."""

import json
import sys
from typing import NamedTuple

import pytest
from helpers import rows_of

from parity import canary, cli
from parity.types import case_digest

LOADED = canary.FAULTS
"""Before any inner run of pytest, which forgets what it has imported: a fault that is shared among
all of its class would be two classes then."""
MINE = '''
"""Backends for tests, each named for what it does."""
import pathlib
from parity.backend import Backend, Identity
from parity.backends.mock import Honest
from parity.errors import LockMismatch, MissingAsset, Unsupported
from parity.types import Encoding

class Mine(Honest):
    def identity(self):
        return Identity(self)

class Wrong_(Mine):
    """Every text is the id 7."""
    def encode(self, *args):
        return Encoding([7], [(0, 1)])

class Artefact(Mine):
    """Made from the file model.bin."""
    def identity(self):
        return Identity(self, artefacts=["model.bin"])

class ChangesItsArtefact(Artefact):
    def encode(self, *args):
        pathlib.Path("model.bin").write_text("changed")
        return super().encode(*args)

class ChangesTheCorpus(Mine):
    def encode(self, *args):
        with open("texts.jsonl", "a") as file:
            file.write("\\n")
        return super().encode(*args)

class HasNoIdentity(Mine):
    def identity(self):
        raise RuntimeError("who am I")

class CannotClose(Mine):
    def close(self):
        raise RuntimeError("no end")

class ExitsAtTheEnd(Wrong_):
    def close(self):
        raise SystemExit(0)

class RefusesMost(Mine):
    """Answers one text, and calls every other unsupported."""
    def encode(self, text, *args):
        if text != "abc":
            raise Unsupported("not today")
        return super().encode(text, *args)

class FailsMost(Mine):
    def encode(self, text, *args):
        if text != "abc":
            raise RuntimeError("no")
        return super().encode(text, *args)

class FailsMostToo(FailsMost):
    pass

class ForgetsItsVocabulary(Mine):
    def vocabulary(self):
        return None

class Speechless(Mine):
    class Error(Exception):
        def __str__(self):
            raise RuntimeError("nothing to say")
    def encode(self, *args):
        raise self.Error

class PatchesTheComparison(Wrong_):
    """Comes with a patch: nothing ever differs."""
    def __init__(self):
        from parity import run
        run._unequal = lambda cases, one, other, tally: tally.counts.update(
            {run.Verdict.SAME: len(cases)}) or ()

class Interrupts(Mine):
    def encode(self, *args):
        raise KeyboardInterrupt

class Dithers(Mine):
    calls = 0
    def encode(self, *args):
        self.calls += 1
        return Encoding([self.calls], [(0, 0)])

class Closes(Mine):
    closed = 0
    def close(self):
        Closes.closed += 1

class Fails(Mine):
    def encode(self, *args):
        raise ValueError("no")

class LacksOffsets(Mine):
    def encode(self, *args):
        return super().encode(*args)._replace(offsets=None)

class Lacks(Backend):
    """Has nothing at all, and says so in colour."""
    name = "\\x1b[31m[red]\\u202e:cat:"
    def identity(self):
        return Identity(self)

class Wrong(Mine):
    """Every text is the id 7."""
    def encode(self, *args):
        return Encoding([7], [(0, 1)])

def locked():
    raise LockMismatch("the lock names another file")

def gone():
    raise MissingAsset("the package that carries it is not installed")
'''
"""The module `mine` of a test's folder."""


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


class Project:
    """A folder with a plan; everything in it is written by the test."""

    def __init__(self, folder):
        self.folder = folder

    def file(self, name, content):
        """Write a file and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def corpus(self, name, *rows):
        """Write a corpus: a string is a text, a list is ids, a dict is a whole line."""
        return self.file(name, "".join(json.dumps(_line(row)) + "\n" for row in rows))

    def plan(self, *pairs, rows=("abc", "d e"), **top):
        """Write mine.py, texts.jsonl and pyproject.toml; return the folder.

        A pair is a table; what it does not say is: `toy`, honest against honest of `mine`.
        """
        self.file("mine.py", MINE)
        self.corpus("texts.jsonl", *rows)
        lines = ["[tool.parity]", *_assignments({"corpora": ["texts.jsonl"], **top})]
        toy = {"name": "toy", "reference": "mock:honest", "candidate": "py:mine:Mine"}
        for pair in pairs or [{}]:
            lines += ["[[tool.parity.pairs]]", *_assignments({**toy, **pair})]
        self.file("pyproject.toml", "\n".join(lines))
        return self.folder

    def ids(self, name="texts.jsonl"):
        """Return the ids of a corpus."""
        return [row["id"] for row in rows_of(self.folder / name)]

    def run_file(self):
        """Return the lines of the one run file."""
        (path,) = (self.folder / ".parity" / "runs").iterdir()
        return rows_of(path)


def _line(row):
    if isinstance(row, dict):
        return row
    kind = "ids" if isinstance(row, list) else "text"
    return {"id": f"t/case-{case_digest(kind, row, {})}", kind: row}


def _assignments(table):
    return [f"{key} = {json.dumps(value)}" for key, value in table.items()]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder that we stand in, without anything of CI around."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield Project(tmp_path)
    for name in {"mine", "mine_too"} & (set(sys.modules) - before):
        del sys.modules[name]


@pytest.fixture
def tokparity(project, capsys, monkeypatch):
    """A function that runs a command in the project's folder, in this process."""

    def command(*args):
        monkeypatch.chdir(project.folder)
        monkeypatch.setattr(sys, "argv", ["tokparity", *args])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return Ran(stopped.value.code or 0, *capsys.readouterr())

    return command


@pytest.fixture
def ran(project, pytester, monkeypatch):
    """A function that runs pytest in the project's folder, in this process."""
    monkeypatch.chdir(project.folder)

    def run(*args):
        return pytester.runpytest_inprocess(f"--rootdir={project.folder}", *args)

    return run
