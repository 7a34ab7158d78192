"""Special tokens of the tokenizer at hand, wherever a text may have them, and what nearly is one.

At the start, at the end, twice, beside white space, punctuation and letters, as the beginning of
another, cut short, in another case. Flags (lstrip, rstrip, single_word, normalized) show here.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from parity.generators.known import Known
from parity.grammar import Grammar, Join, OneOf, Pick, Repeat

AROUND: Final = (
    "", " ", "a", "\n", "  ", ".", "A", "0", "\t", " a", "a ", "\n\n", "世", "_", "\u0301",
    "\u200d", "\xa0", "\u3000", "\u2581", "'s", "<", ">", "|",
)  # fmt: skip
MARKERS: Final = (
    "<s>", "</s>", "<unk>", "<pad>", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "[INST]",
    "[CLS]", "[MASK]", "<image>", "<think>", "</think>", "<tool_call>", "<0x0A>", "<|eot_id|>",
)  # fmt: skip
"""What is a special token to some tokenizer, and to most only text."""
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_UPPER: Final = str.maketrans(ascii_lowercase, ascii_uppercase)
_SWAPPED: Final = {**_LOWER, **_UPPER}
"""ASCII alone: what other letters become depends on the Python."""


def grammar(known: Known) -> Grammar:
    """Return one to three special tokens, or what nearly is one, with something around each."""
    tokens = [token.content for token in known.added if token.content] or list(MARKERS)
    near = tuple(dict.fromkeys(text for token in tokens for text in _near(token)))
    doubled = tuple(token * 2 for token in tokens)
    one = OneOf((Pick(tokens), Pick(doubled), Pick(near), Pick(MARKERS)), (6, 1, 3, 1))
    around = OneOf(("", Pick(AROUND)), (1, 3))
    return Join((Repeat(Join((around, one)), 1, 3), around))


def _near(token: str) -> Iterator[str]:
    """Yield what is cut short, in another case, or with more behind it, before it and inside it."""
    yield from (token[:-1], token[1:], token[: len(token) // 2])
    yield from (token.translate(_LOWER), token.translate(_UPPER), token.translate(_SWAPPED))
    yield from (token + token[-1], token[0] + token, token[:-1] + token)
    yield f"{token[:-1]} {token[-1]}"
