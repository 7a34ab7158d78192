"""parity.reference.normalizers: the text of NFC, and where its characters came from."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import normalizers

from parity.reference.normalizers.forms import FORMS, MODELLED
from parity.reference.segments import whole

MARKS = "\u0300\u0301\u0323\u0327\u0334\u0345\u05b0\u0f71\u0f72\u3099"
COMPOSED = "\xe9\u1eb9\u1e09\u0958\u0344\u0f73\u212b\uac00\uac01\U0001d15e\u1f82"
TEXTS = st.text(st.sampled_from(MARKS + COMPOSED + "aec \u1100\u1161\u11a8\u0915"), max_size=9)


@given(TEXTS)
def test_the_characters_are_those_of_unicodedata(text):
    """Composing by hand, to keep the places, gives what the standard library gives."""
    assert "".join(char for char, _ in MODELLED.parts(text, "NFC")) == unicodedata.normalize(
        "NFC", text
    )


@given(TEXTS)
def test_every_source_character_is_owned_once(text):
    """The heads of the result are as many as the characters of the source."""
    assert sum(heads for _, heads in MODELLED.parts(text, "NFC")) == len(text)


@given(TEXTS)
def test_normal_text_keeps_its_places(text):
    """The shortcut for text that is normal already changes no offset."""
    normal = unicodedata.normalize("NFC", text)

    assert [heads for _, heads in MODELLED.parts(normal, "NFC")] == [1] * len(normal)


@given(TEXTS)
def test_text_and_offsets_are_those_of_tokenizers(trained_pair, text):
    """Composition, Hangul and reordered marks are reported at the same places."""
    rust, ours = trained_pair.observe(text)

    assert ours == rust


@pytest.fixture(scope="module")
def trained_pair(pair):
    """The trained tokenizer, whose normalizer is NFC."""
    return pair()


def test_a_composed_character_stands_for_its_first_one():
    """Offsets of a composed character leave out the marks that went into it."""
    assert MODELLED.normalized(whole("e\u0301x"), "NFC") == ("\xe9x", [0, 2], [1, 3], 0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text", ["a\U00016ff0\u0334", "\u32ff", "\U00011935\U00011930", "a\u0897\u0323"], ids=ascii
)
def test_tables_are_those_of_tokenizers(form, text):
    """Characters younger than Unicode 9 neither combine nor decompose, whatever Python knows."""
    assert MODELLED.normalized(whole(text), form).text == getattr(
        normalizers, form
    )().normalize_str(text)
