"""parity.reference.pre_tokenizers: the pieces, and the places of their characters."""

import itertools

import pytest

BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
BEHAVIOURS = ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
PATTERNS = (
    {"Regex": r"\s|a*|\p{P}"},
    {"Regex": "(?=[[:upper:]])"},
    {"String": "-"},
    {"String": ""},
)


def split(pattern, behaviour, inverted):
    return {"type": "Split", "pattern": pattern, "behavior": behaviour, "invert": inverted}


CASES = [split(*case) for case in itertools.product(PATTERNS, BEHAVIOURS, (False, True))]
CASES += [{"type": "Digits", "individual_digits": single} for single in (False, True)]
CASES += [BYTES | {"add_prefix_space": prefix, "use_regex": True} for prefix in (False, True)]
CASES += [{"type": "Sequence", "pretokenizers": []}]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_pieces_are_cut_as_in_tokenizers(case, pair, texts):
    """Every behaviour of every component gives the same ids of the same places."""
    both = pair(pre_tokenizer={"type": "Sequence", "pretokenizers": [case, BYTES]})
    differing = [
        text for text in texts[:150] for rust, ours in [both.observe(text)] if rust != ours
    ]

    assert differing == []
