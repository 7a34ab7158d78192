"""parity.reference.added_tokens: which are found, with which ids, and what they take."""

import pytest

from parity.errors import Unsupported

TRAPS = [
    "a <mask>", "a\n\u3000\x1c <mask> b", "<sep> \n\u2028x", "<sep>  <mask>", "<mask> <mask>",
    "<sep>  lead", "  <both>  <both> x", "abcd", "xabcx", "abc bcd", "my_token_1234",
    *("Kleene_", "Kleene\xb2", "\xb2Kleene", "Kleene\u0301", "Kleene\u200d", "\u2163Kleene"),
    *("\u088fKleene", "\ua7dcKleene"),
    *("\u24f5Kleene", "\u24d0Kleene", "Kleene\u203f", "KleeneKleene", "Kleene-Kleene"),
    *("Cafe\u0301 x", "Caf\xe9 x", "xCafe\u0301\u0323", "\ufb01x", "fix", "<|im|><|im_start|>"),
]  # fmt: skip


def added(content, id_, **flags):
    plain = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    return {"id": id_, "content": content} | plain | flags


@pytest.mark.parametrize("specials", ["parse", "plain"])
@pytest.mark.parametrize("text", TRAPS, ids=ascii)
def test_a_trap_is_read_as_by_tokenizers(text, specials, pair):
    """Longest match, word borders, strips and normal forms are those of tokenizers."""
    rust, ours = pair().observe(text, specials)

    assert ours == rust


@pytest.mark.parametrize(
    "entries",
    [
        [added("X", 900), added("Y", 3)],
        [added("X", 900), added("a", 5), added("X", 7, lstrip=True)],
        [added("X", 900, special=True), added("X", 900)],
        [added("", 3), added("X", 4)],
        [added("e\u0301", 9, special=True, normalized=True), added("X", 4, special=True)],
        [added(" ", 1, lstrip=True), added("X", 2, rstrip=True)],
    ],
    ids=lambda entries: ascii([entry["content"] for entry in entries]),
)
def test_ids_and_decoding_follow_the_effective_entries(entries, pair):
    """Ids that the file declares are not believed; of entries with one content the last counts."""
    both = pair(added_tokens=entries)
    rust, ours = both.observe("a X \xe9XY")

    assert ours == rust
    assert both.ours.decode(ours[0]) == both.rust.decode(ours[0])


def test_declared_ids_are_told_apart_from_effective_ones(pair):
    """The vocabulary keeps what the file says, for a check to compare."""
    vocabulary = pair(added_tokens=[added("X", 900)]).ours.vocabulary()

    assert vocabulary.declared == {"X": 900}
    assert list(vocabulary.added) != [900]


def test_two_tokens_with_one_normal_form_are_refused(pair):
    """By chance tokenizers takes one or the other at each load: no answer can be exact."""
    entries = [added("\u212bq", 1, normalized=True), added("\xc5q", 2, normalized=True)]
    with pytest.raises(Unsupported, match="two normalized added tokens"):
        pair(added_tokens=entries)


def test_two_entries_of_one_content_that_disagree_are_refused(pair):
    """Which of them is searched, and where, is not understood: no answer is better than a guess."""
    entries = [added("q", 1, normalized=True), added("q", 1)]
    with pytest.raises(Unsupported, match="'q', once normalized and once not"):
        pair(added_tokens=entries)
