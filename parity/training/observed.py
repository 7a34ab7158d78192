"""How a trainer cuts texts, seen from outside: it is trained until nothing is left to merge.

A trainer that learns of one text alone, for as many tokens as there can be, ends with one token for
each piece: the tokens of that text are its pieces. No trainer need show its pattern, and none needs
to be believed about it: of the pieces that its encoder shows every merge that it made has to make
something, and all of them together one token of each piece. One that leaves out what it sees too
rarely has to see the text more often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parity.training import BYTES, Pair, merged, words_of
from parity.types import Trained

Train = Callable[[Sequence[str], int, Sequence[str]], Trained]


def pieces_of(train: Train, text: str, copies: int = 1) -> list[bytes] | None:
    """Return the pieces that a trainer cuts a text into; None where it does not let one see.

    copies: how often the trainer is given the text.
    """
    if not text:
        return []
    most = most_of(train, [text] * copies, [text])
    if most is None or most.ids is None:
        return None
    try:
        pieces = [bytes(most.tokens[id]) for id in most.ids[0]]
    except (LookupError, TypeError, ValueError):
        return None
    return pieces if _are_made_by(most.merges, pieces) else None


def _are_made_by(merges: Sequence[Pair], pieces: Sequence[bytes]) -> bool:
    words = words_of(pieces)
    for pair in merges:
        made = merged(words, pair)
        if made == words:
            return False
        words = made
    return all(len(word) == 1 for word in words)


def most_of(train: Train, texts: Sequence[str], held_out: Sequence[str] = ()) -> Trained | None:
    """Return what is learnt of texts at the greatest size at which the trainer answers.

    One may raise where nothing is left to merge; it is asked for as much as it can give. None where
    it never answers.
    """
    low, high = BYTES, BYTES + sum(len(text.encode()) for text in texts)
    best = _at(train, texts, held_out, high)
    if best is not None:
        return best
    best = _at(train, texts, held_out, low)
    while best is not None and high - low > 1:
        middle = (low + high) // 2
        found = _at(train, texts, held_out, middle)
        low, high, best = (middle, high, found) if found else (low, middle, best)
    return best


def _at(train: Train, texts: Sequence[str], held_out: Sequence[str], size: int) -> Trained | None:
    try:
        return train(list(texts), size, list(held_out))
    except Exception:  # noqa: BLE001 (a library may say in any way that there is nothing to merge)
        return None
