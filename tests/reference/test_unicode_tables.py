"""parity.reference.unicode_tables: still what tokenizers does with every code point."""

from pathlib import Path

import pytest

from benchmarks import unicode_tables as measured
from parity.reference import unicode_tables


@pytest.mark.parametrize("name", sorted({*measured.TABLES} - {"YOUNG"}), ids=str)
def test_the_table_is_what_tokenizers_does(name):
    """Where this fails tokenizers has newer tables: make the module anew, and read what is new."""
    _, made = measured.TABLES[name]

    assert getattr(unicode_tables, name).split() == list(made())


def test_the_module_is_as_it_was_made():
    """Nobody edits it by hand: its text around the tables is that of its maker."""
    text = Path(unicode_tables.__file__).read_text(encoding="utf-8")

    assert text.startswith(measured.HEADER)
    assert all(text.count(f"\n{name}: Final") == 1 for name in measured.TABLES)
