"""Types: the digest in an id is made from the content of a case, and from all of it."""

import pytest

from parity.types import case_digest

BASE = ("text", "a", {"specials": "plain"})


@pytest.mark.parametrize(
    "other",
    [
        ("bytes", "a", {"specials": "plain"}),
        ("text", "b", {"specials": "plain"}),
        ("text", ["a"], {"specials": "plain"}),
        ("text", "a\n", {"specials": "plain"}),
        ("text", "a", {"specials": "parse"}),
        ("text", "a", {}),
    ],
)
def test_digest_depends_on_kind_payload_and_options(other):
    """Who changes a case in any of them must give it a new id."""
    assert case_digest(*BASE) != case_digest(*other)


def test_digest_tells_two_surrogates_from_the_character_they_spell():
    """As JSON writes both the same, the two code points are a list of strings."""
    assert case_digest("text", ["\ud83d", "\ude00"], {}) != case_digest("text", "\U0001f600", {})


def test_digest_has_eight_hexadecimal_digits_for_ever():
    """A golden value: ids in corpora of others depend on it."""
    assert case_digest("ids", [1, 2], {}) == "ce999f13"
