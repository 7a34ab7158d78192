"""What a corpus is made of, counted as a person would."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from parity.curating import census
from parity.types import Case

CASES = [
    Case("", "text", "aé家", tags=("t", "u"), licence="CC0-1.0"),
    Case("", "text", "e\u0301", tags=("t",)),
    Case("", "text", "\ud83d"),
    Case("", "text", ""),
    Case("", "messages", [{"role": "user", "content": "ab"}, {"role": "user", "content": None}]),
    Case("", "bytes", b"\xff"),
    Case("", "bytes", b"a"),
    Case("", "ids", (1, 2)),
]
WANTED = {
    "cases": 8,
    "kinds": {"text": 4, "bytes": 2, "messages": 1, "ids": 1},
    "texts": {"all": 5, "not ASCII": 3, "not NFC": 1, "with surrogates": 1, "ill-formed bytes": 1},
    "code_points": {"min": 0, "median": 2, "p95": 3, "max": 3},
    "utf8_bytes": {"min": 0, "median": 2, "p95": 6, "max": 6},
    "scripts": {"Latin": 5, "Han": 1, "Inherited": 1, "Unknown": 1},
    "categories": {"Ll": 5, "Lo": 1, "Mn": 1, "Cs": 1},
    "characters": {"all": 8, "different": 7},
    "tags": {"t": 2, "u": 1},
    "licences": {"not stated": 7, "CC0-1.0": 1},
}


@pytest.mark.parametrize("name", WANTED)
def test_a_count_is_what_a_person_would_count(name):
    """Over texts, messages' texts, bytes and ids."""
    assert census.as_data(census.count(CASES))[name] == WANTED[name]


def test_a_character_beyond_the_first_plane_is_counted():
    """It takes two units in UTF-16."""
    assert census.count([Case("", "text", "\U0001f600")]).texts["beyond U+FFFF"] == 1


@given(st.lists(st.integers(0, 50), min_size=1))
def test_a_spread_is_of_lengths_that_occur(lengths):
    """At its places in the sorted list."""
    ordered = sorted(lengths)
    found = census.spread({length: lengths.count(length) for length in lengths})

    assert found["median"] == ordered[(len(ordered) - 1) // 2]
    assert found["p95"] == ordered[-(-95 * len(ordered) // 100) - 1]
    assert (found["min"], found["max"]) == (ordered[0], ordered[-1])


def test_nothing_has_no_spread():
    """No zero is made up."""
    assert census.spread({}) == {}


def test_every_assigned_character_has_a_script():
    """The list of names is whole, for the tables of this Python."""
    unknown = [
        hex(point)
        for point in range(0x30000)
        if unicodedata.category(chr(point)) not in ("Cn", "Co", "Cs")
        and census.script(chr(point)) == "Unknown"
    ]

    assert unknown == []


def test_a_script_that_regex_does_not_know_is_passed_over(monkeypatch):
    """An older one has fewer."""
    monkeypatch.setattr(census, "SCRIPTS", ["Latin", "Klingon", "Han"])

    assert census._scripts.__wrapped__()[0] == ["Latin", "Han"]
    assert regex.fullmatch(r"\p{Script=Han}", "家")
