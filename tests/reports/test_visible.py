"""Text that a person can trust the look of."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.reports.visible import code_points, printable, value, visible

ANY = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b", '"a b"'),
        ('"\\', r'"\"\\"'),
        ("\n\r\t\0\x1b", r'"\n\u000d\u0009\u0000\u001b"'),
        ("\u200b\u00ad\ufeff", r'"\u200b\u00ad\ufeff"'),
        ("\u202e\u2066", r'"\u202e\u2066"'),
        ("e\u0301", r'"e\u0301"'),
        ("\ud83d", r'"\ud83d"'),
        ("\u00a0\u3000", r'"\u00a0\u3000"'),
        ("\u05d0", r'"\u05d0"'),
        ("\U000e0001\U0001f600", '"\\U000e0001\U0001f600"'),
        ("\ue000\uffff", r'"\ue000\uffff"'),
    ],
)
def test_what_the_eye_cannot_see_is_escaped(text, shown):
    """And what it sees moved."""
    assert visible(text) == shown


@given(ANY)
def test_nothing_invisible_is_left(text):
    """Whatever the text."""
    for shown in (visible(text), printable(text).replace("\n", "")):
        hidden = {unicodedata.category(character) for character in shown}

        assert not hidden & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me", "Mc"}


@given(ANY, ANY)
def test_two_texts_look_different(one, other):
    """The escapes are one to one."""
    assert (visible(one, 999) == visible(other, 999)) is (one == other)


@given(ANY)
def test_what_is_printable_stays_so(text):
    """Escaping twice changes nothing."""
    assert printable(printable(text)) == printable(text)


def test_a_cut_is_stated():
    """With what is left out."""
    assert visible("a" * 200) == f'"{"a" * 160}… +40"'
    assert value([1] * 200).endswith("… +440")
    assert code_points("abc", 2) == "U+0061 U+0062 … +1"


@pytest.mark.parametrize(
    ("found", "shown"),
    [([1, "\u202e"], r"[1, '\u202e']"), ({"hex": "ff"}, "bytes ff"), (None, "None"), (1, "1")],
)
def test_any_value_is_shown_in_ascii(found, shown):
    """Lists, bytes and the rest."""
    assert value(found) == shown
