"""The mock: an honest toy whose answers anybody can work out by hand."""

import pytest

from parity.backends import load
from parity.backends._faults import FAULTS
from parity.errors import BadSpec

HONEST = load("mock:honest")


@pytest.mark.parametrize(
    ("text", "specials", "ids"),
    [
        ("", "parse", []),
        ("aé", "parse", [97, 195, 169]),
        ("a<s>", "parse", [97, 256]),
        ("<s>", "plain", [60, 115, 62]),
        ("\ue000", "plain", [258]),
        ("a</s>", "template", [256, 97, 257]),
    ],
)
def test_bytes_are_ids(text, specials, ids):
    """And special tokens are parsed, left alone or added."""
    assert HONEST.encode(text, specials).ids == ids


def test_offsets_are_in_code_points():
    """Each byte of a character has the range of the character."""
    assert HONEST.encode("é<s>", "template").offsets == [(0, 0), (0, 1), (0, 1), (1, 4)]


@pytest.mark.parametrize(
    ("ids", "skip", "text"),
    [
        ([256, 97, 257], True, "a"),
        ([256, 97, 257], False, "<s>a</s>"),
        ([258], True, "\ue000"),
        ([0xE4], True, "\ufffd"),
    ],
)
def test_ids_decode_to_text(ids, skip, text):
    """Only special tokens are skipped."""
    assert HONEST.decode(ids, skip) == text


def test_an_unknown_fault_names_those_that_are_known():
    """A misspelt fault does not become an honest backend."""
    with pytest.raises(BadSpec, match=r"no mock 'drops_last'; known: honest, .*drops_last_id"):
        load("mock:drops_last")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_in_its_fingerprint_that_it_is_there(name):
    """So it may be compared with what it is put on."""
    assert load(f"mock:{name}").identity().facts["fault"] == name
