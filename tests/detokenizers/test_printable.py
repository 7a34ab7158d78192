"""What may be shown early."""

import pytest

from parity.detokenizers.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("word", ""),
        ("two words", "two "),
        ("line\n", "line\n"),
        ("a\u4e16", "a\u4e16"),
        ("a\u4e16b", "a\u4e16"),
        ("a \u4e16bc", "a "),
        ("\u3042", ""),
        ("\ud55c\uad6d", ""),
        ("\u4e16\ufffd", "\u4e16"),
        ("\u4e16\ufffd\ufffd", ""),
        ("\ufffd", ""),
    ],
)
def test_whole_words_lines_and_ideographs_are_printable(text, shown):
    """And what is before a last character that follows an ideograph."""
    assert printable(text) == shown
