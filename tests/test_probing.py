"""Probes: what is left out is not needed, and each class has the answers that lead to it."""

import unicodedata

import pytest

from parity.probing import STAGES, Sides, probe


def by_characters(text, _):
    """Ids are code points."""
    return tuple(map(ord, text))


def with_a_space(text, _):
    """A space is put before every text."""
    return tuple(map(ord, " " + text))


def lower_case(text, _):
    """Everything is written small."""
    return tuple(map(ord, text.lower()))


def pairs_letters(text, _):
    """`ab` is one token."""
    return tuple(map(ord, text.replace("ab", "\u0100")))


def pairs_digits(text, _):
    """`12` is one token, where the other side cuts single digits."""
    return tuple(map(ord, text.replace("12", "\u0101")))


def without_the_token(text, mode):
    """`<s>` is one token, but in plain text."""
    return tuple(map(ord, text if mode == "plain" else text.replace("<s>", "\u0102")))


def joins_a_space(text, _):
    """` t` is one token: by a merge, or because nothing cuts there."""
    return tuple(map(ord, text.replace(" t", "\u0103")))


def drops_marks(text, _):
    """Accents are taken off."""
    apart = unicodedata.normalize("NFD", text)
    return tuple(ord(char) for char in apart if unicodedata.category(char) != "Mn")


def shifts(text, _):
    """Every id is another."""
    return tuple(ord(char) + 1 for char in text)


def cuts_after_four(text, _):
    """No more than four ids."""
    return tuple(map(ord, text))[:4]


def pads_to_twelve(text, _):
    """No less than twelve ids."""
    return tuple(map(ord, text)) + (0,) * (12 - len(text))


TOKENS = {**{id: chr(id) for id in range(256)}, 0x100: "ab", 0x101: "12", 0x102: "<s>", 0x103: " t"}
ROWS = [
    (with_a_space, "word", "leading-space"),
    (lower_case, "Word", "normalisation"),
    (pairs_letters, "ab", "merge"),
    (pairs_digits, "12", "pre-token split"),
    (without_the_token, "a<s>", "special-token"),
    (joins_a_space, " t", "cut"),
    (drops_marks, "\u00e9", "normalisation"),
    (shifts, "a", "unknown"),
    (cuts_after_four, "abcde", "truncation"),
    (pads_to_twelve, "abc", "padding"),
    (pads_to_twelve, "", "padding"),
]


def sides(candidate):
    """Code points against another way."""
    decode = lambda ids: "".join(TOKENS.get(id, "?") for id in ids)  # noqa: E731
    return Sides(by_characters, candidate, decode, TOKENS, ("<s>",))


@pytest.mark.parametrize(("candidate", "text", "kind"), ROWS)
def test_a_cause_leads_to_its_class(candidate, text, kind):
    """And the class names the stages that it may be in."""
    found = probe(sides(candidate), text, "parse")

    assert (found.kind, found.stage) == (kind, STAGES[kind])


def test_every_class_is_reached():
    """Who adds one shows what leads to it."""
    assert {kind for _, _, kind in ROWS} == set(STAGES)


def test_what_was_tried_is_told_with_its_answer():
    """Whoever doubts a class can ask again."""
    found = probe(sides(lower_case), "Word", "parse")

    assert ("in lower case, for the reference only", "word", True) in found.tried
