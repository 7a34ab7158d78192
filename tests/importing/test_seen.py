"""Contents that came before are known, however many."""

import contextlib
import sqlite3

import pytest

from parity.importing.seen import Seen


def test_a_content_is_new_once():
    """Another one is new too."""
    with contextlib.closing(Seen()) as seen:
        found = [seen.add(content) for content in ("a", "b", "a", "", "")]

    assert found == [True, True, False, True, False]


def test_a_full_disk_is_told_as_one(monkeypatch):
    """It is the folder of temporary files that is full, not the output's."""

    class Full:
        def execute(self, command, *_):
            if command.startswith("INSERT"):
                raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("sqlite3.connect", lambda *_, **__: Full())

    with pytest.raises(OSError, match="folder of temporary files: database or disk is full"):
        Seen().add("a")
