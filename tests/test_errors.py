"""Errors: each has the place in the tree that the module draws, and the exit code that it says."""

import re

import pytest

from parity import errors

TREE = {
    name: (int(code) if code else None)
    for name, code in re.findall(
        r"^[ |`-]*([A-Z]\w+)(?: +(\d+)\b)?", errors.__doc__ or "", re.MULTILINE
    )
    if hasattr(errors, name)
}
CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ParityError)
}


def test_the_drawing_names_every_error():
    """Who reads the tree knows all that can be raised on purpose."""
    assert set(TREE) == set(CLASSES)


@pytest.mark.parametrize("name", [name for name, code in TREE.items() if code is not None])
def test_an_exit_code_is_the_one_that_is_drawn(name):
    """A number in the tree is the number that the process ends with."""
    assert CLASSES[name].exit_code == TREE[name]


def test_no_error_exits_with_success():
    """Zero is only for a run that proved something."""
    assert all(kind.exit_code > 1 for kind in CLASSES.values())
