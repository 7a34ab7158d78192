"""parity.alphabets: the pinned tables are Unicode 18's, and the same on every Python."""

import unicodedata
from itertools import chain, pairwise
from pathlib import Path

import pytest
import unicodedata2

from benchmarks import alphabets as derived
from parity import alphabets

CHARS = [chr(point) for point in range(0x110000)]
PYTHONS = unicodedata.unidata_version
"""The Unicode version of this Python."""


def members(table):
    """Every character of the ranges of a table."""
    return {chr(point) for first, last in table for point in range(first, last + 1)}


def version(name):
    return tuple(map(int, name.split(".")))


def test_the_version_is_the_one_that_the_tables_were_made_from():
    """What is stated is what a newer unicodedata2 would change."""
    assert unicodedata2.unidata_version == alphabets.UNICODE


@pytest.mark.parametrize("name", ["categories", "scripts", "marks", "forms"])
def test_a_module_is_what_its_maker_writes(name):
    """Nobody edits a table by hand. Where this fails, a library has newer tables: make it anew."""
    path = Path(alphabets.__file__).with_name(f"{name}.py")

    assert path.read_text(encoding="utf-8") == derived.module(name)


def test_the_module_of_changes_begins_as_its_maker_writes_it():
    """All of it can only be made with seven older Pythons."""
    path = Path(alphabets.__file__).with_name("edges.py")

    assert path.read_text(encoding="utf-8").startswith(derived.opening("edges"))


def test_every_code_point_has_one_category():
    """The one of unicodedata2."""
    assert [
        char for char in CHARS if alphabets.category_of(char) != unicodedata2.category(char)
    ] == []


def test_every_combining_class_is_unicodes():
    """0 for what does not combine."""
    assert [
        char for char in CHARS if alphabets.class_of(char) != unicodedata2.combining(char)
    ] == []


def test_every_assigned_character_has_a_script():
    """But those of Unicode 18, which `regex` does not know yet."""
    assigned = (char for char in CHARS if unicodedata2.category(char) not in {"Cn", "Co", "Cs"})
    without = {char for char in assigned if not alphabets.script_of(char)}

    assert without <= members(alphabets.ages()["18.0.0"])


@pytest.mark.skipif(PYTHONS not in alphabets.ages(), reason=f"no table tells of Unicode {PYTHONS}")
def test_what_is_newer_than_this_python_is_what_it_says_otherwise():
    """The changes of all later versions together are the differences to the newest."""
    later = (table for name, table in alphabets.ages().items() if version(name) > version(PYTHONS))
    said = set(chain.from_iterable(map(members, later)))
    seen = {
        char
        for char in CHARS
        if unicodedata.category(char) != unicodedata2.category(char)
        or unicodedata.combining(char) != unicodedata2.combining(char)
        or unicodedata.decomposition(char) != unicodedata2.decomposition(char)
    }

    assert seen <= said


def test_versions_come_in_order():
    """From Unicode 11, the first that changed something since 9, to the one of the tables."""
    names = list(alphabets.ages())

    assert names[0] == "11.0.0"
    assert names[-1] == alphabets.UNICODE
    assert all(version(one) < version(next_) for one, next_ in pairwise(names))


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_forms_are_those_of_unicode(form):
    """Of every character that is kept."""
    wrong = [
        row.char
        for row in alphabets.forms()
        if getattr(row, form.lower()) != unicodedata2.normalize(form, row.char)
    ]

    assert wrong == []


def test_every_sort_of_normal_form_is_kept():
    """Composed, excluded from composition, one for one, compatibility alone, Hangul."""
    sorts = {
        "composed": [row for row in alphabets.forms() if row.nfc == row.char != row.nfd],
        "excluded": [row for row in alphabets.forms() if row.char != row.nfc == row.nfd],
        "singleton": [
            row for row in alphabets.forms() if len(row.nfc) == 1 and row.nfc != row.char
        ],
        "compatibility": [row for row in alphabets.forms() if row.nfd == row.char != row.nfkd],
        "hangul": [row for row in alphabets.forms() if "가" <= row.char <= "힣"],
    }

    assert {name: len(rows) > 5 for name, rows in sorts.items()} == dict.fromkeys(sorts, True)


@pytest.mark.parametrize("name", [name for name in alphabets.categories() if name != "Cs"])
def test_an_alphabet_has_the_ends_of_every_range(name):
    """There things go wrong; and nothing of another category."""
    chars = alphabets.category(name)
    ends = {chr(end) for bounds in alphabets.categories()[name] for end in bounds}

    assert ends <= set(chars)
    assert {alphabets.category_of(char) for char in chars} == {name}


def test_an_alphabet_begins_with_what_is_simplest():
    """What shrinks goes there."""
    firsts = [alphabets.category(name)[0] for name in ("Lu", "Ll", "Nd", "Po", "Zs")]

    assert firsts == ["A", "a", "0", "!", " "]


def test_an_edge_is_told_from_what_never_changed():
    """U+1FAE8 came with Unicode 15; the letter a was always there."""
    assert "a" not in members(chain.from_iterable(alphabets.ages().values()))
    assert "\U0001fae8" in members(alphabets.ages()["15.0.0"])
    assert len(alphabets.edges()) > 1000
