"""A matrix that was made before: what is made anew replaces its cells, and nothing else."""

import json

import pytest

from parity.errors import UsageError
from parity.survey import document, kept


@pytest.fixture
def old(matrix, here):
    """A matrix on disk, with something red in it."""
    found = matrix("honest", "reference", "reads", checks=("ids",))
    found.environment = document.environment()
    path = here / "old.json"
    path.write_text(document.as_json(found, "made"))
    return path, found


def test_a_matrix_is_read_as_it_was_written(old):
    """Examples and counts too, but for the tags of their cases."""
    path, found = old
    again, command = kept.read(path)

    assert command == "made"
    assert document.as_json(again, command) == path.read_text()
    assert [one.word for one in again.cells] == [one.word for one in found.cells]
    assert again.cells[2].checks["ids"].examples[0].about


def test_cells_that_are_made_anew_replace_those_that_were(old, matrix):
    """The others stay, and who was left out is in it now."""
    path, found = old
    before, _ = kept.read(path)
    before.left_out = {"reads": "pip install reads==1"}
    new = matrix("reads", checks=("ids",))
    new.environment = document.environment()
    new.cells[0].reason = "anew"
    both = kept.onto(before, new, path)

    assert [one.reason for one in both.cells] == ["", "", "anew"]
    assert both.left_out == {}
    assert both.implementations.keys() == {"honest", "reference", "reads"}
    assert both.vocabularies == found.vocabularies


def test_what_was_asked_otherwise_does_not_fit(old, matrix):
    """Another seed, or other checks, would be another matrix."""
    path, _ = old
    new = matrix("reads", checks=("ids",), seed=1)

    with pytest.raises(UsageError, match="has other inputs"):
        kept.onto(kept.read(path)[0], new, path)


@pytest.mark.parametrize("spoil", [lambda _: "{", lambda _: "[]", lambda text: text[:-40] + "]}",
    lambda text: json.dumps({**json.loads(text), "schema": 0}),
    lambda text: json.dumps({**json.loads(text), "cells": [{}]})])  # fmt: skip
def test_what_is_no_matrix_is_refused(old, spoil):
    """Cut off, of another schema, or something else."""
    path, _ = old
    path.write_text(spoil(path.read_text()))

    with pytest.raises(UsageError, match="matrix"):
        kept.read(path)
