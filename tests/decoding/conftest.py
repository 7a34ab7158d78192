"""Fixtures of whole runs over toys: a folder with prompts, and engines that start no process."""

import json
import sys
from pathlib import Path

import pytest

from parity import fingerprint
from parity.decoded import sides
from parity.decoding import engines

HERE = Path(__file__).parent
ROWS = [
    {"id": "p/abc", "text": "abc", "max_tokens": 24},
    {"id": "p/axc", "text": "axc", "max_tokens": 24},
    {"id": "p/bcd", "text": "bcd", "max_tokens": 24},
    {"id": "p/atd", "text": "atd", "max_tokens": 24},
]


class Here:
    """An engine in this process, with what `apart` adds to one."""

    def __init__(self, spec):
        self.engine = engines.load(spec.text)
        self.spec = spec.text

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def fingerprint(self):
        return fingerprint.take(self.spec, self.engine)

    def usage(self):
        return {"cpu_s": 1.0, "peak_mib": 2.0}

    def close(self):
        self.engine.close()


@pytest.fixture
def engines_here(monkeypatch):
    """Engines run in this process."""
    monkeypatch.setattr(sides.apart, "start", Here)


@pytest.fixture
def decode_project(tmp_path, monkeypatch):
    """A folder with four prompts that we stand in; toys can be imported, here and in processes."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(HERE)])
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return tmp_path
