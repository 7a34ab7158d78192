"""parity.reference.models: byte-pair encoding against its definition, and what it refuses."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.errors import BadSpec, Unsupported
from parity.reference.models.bpe import Bpe

VOCAB = {token: id_ for id_, token in enumerate(["a", "b", "ab", "ba", "aa", "aab", "abab", "abb"])}
MERGES = [("a", "b"), ("aa", "b"), ("b", "a"), ("a", "a"), ("ab", "ab"), ("ab", "b")]
TABLE = {
    (VOCAB[left], VOCAB[right]): (rank, VOCAB[left + right])
    for rank, (left, right) in enumerate(MERGES)
}


def by_definition(piece):
    """Merge the leftmost pair of lowest rank until there is none: obvious and quadratic."""
    tokens = list(piece)
    while True:
        known = [
            (MERGES.index(two), at) for at, two in enumerate(pairwise(tokens)) if two in MERGES
        ]
        if not known:
            return [VOCAB[token] for token in tokens]
        _, at = min(known)
        tokens[at : at + 2] = [tokens[at] + tokens[at + 1]]


@given(st.text("ab", max_size=30))
def test_the_heap_merges_as_the_definition_does(piece):
    """Stale pairs, ties and chains change nothing."""
    assert [id_ for id_, *_ in Bpe(VOCAB, TABLE).encode(piece)] == by_definition(piece)


@pytest.mark.parametrize("unk", [None, "a", "nowhere"])
@pytest.mark.parametrize(
    "text", ["axb", "\xe9x\xe9", "a\xe9x\xe9b", "x\u4e16\xe9a", "xx", ""], ids=ascii
)
def test_unknown_characters_are_treated_as_by_tokenizers(text, unk, pair):
    """They become unk_token, or vanish and shift the offsets of what follows."""
    model = {"vocab": {"a": 0, "b": 1, "\xe9": 2}, "merges": [], "unk_token": unk}
    both = pair(model=model, added_tokens=[], pre_tokenizer=None, normalizer=None)
    if unk == "nowhere" and text:
        with pytest.raises(BadSpec, match=r"\$\.model\.unk_token: 'nowhere'"):
            both.ours.encode(text)
        return
    rust, ours = both.observe(text)

    assert ours == rust


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"dropout": 0.1}, "dropout, which is chance"),
        ({"byte_fallback": True, "end_of_word_suffix": "</w>"}, "byte_fallback of decorated"),
    ],
)
def test_what_has_no_exact_answer_is_refused(keys, reason, pair):
    """The message says why."""
    with pytest.raises(Unsupported, match=reason):
        pair(model=keys)


@pytest.mark.parametrize("score", [9.5, 10.0, 10.5])
@pytest.mark.parametrize("text", ["xa", "xaxa", "axx", "<0x41>", "?x", "x?x"])
def test_unigram_weighs_the_unknown_as_tokenizers_does(score, text, pair):
    """An unknown character costs 10 more than the worst token; of equal sums the longer token."""
    scored = [["?", 0.0], ["xa", -20.0], ["a", score], ["aa", 2 * score]]
    model = {"type": "Unigram", "unk_id": 0, "byte_fallback": True, "vocab": scored}
    both = pair(model=model, added_tokens=[], pre_tokenizer=None, normalizer=None)
    rust, ours = both.observe(text)

    assert ours == rust
