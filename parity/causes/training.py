"""Causes in what trainers learn: ties, counts, pieces, where they stop, and numbers of tokens.

Both sides are asked again, on the same texts. How each of them cuts is seen from outside
(`training.observed`); of pieces that both agree about, the oracle counts every pair once more, at
the first merge where they part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from parity import training
from parity.backend import Backend
from parity.causes.question import OTHER, Question
from parity.seeing import observe, plain_ids
from parity.training import BYTES, Pair
from parity.training.observed import most_of, pieces_of
from parity.types import Trained

RUNS: Final = (["zzz", "bc"], ["bc", "zzz"], ["aaa", "bc"], ["bc", "aaa"])
"""Texts whose run has the pair that is seen most often, if it is counted twice there."""
MANY: Final = 8
"""How often a side sees a text that it seems to cut otherwise: it may learn of no rarer pairs."""


def exhausted(question: Question) -> bool:
    """Say whether one side fails, and only where it has nothing left to merge."""
    fails = [side for side in OTHER if _learnt(question, side) is None]
    if len(fails) != 1:
        return False
    backend, texts = question.asked.sides[fails[0]], _texts(question)
    most = observe(lambda: _plain(most_of(backend.train, texts))).value
    known = [pieces_of(backend.train, text) for text in texts]
    if most is None or BYTES + len(most.merges) >= question.found.case.payload["size"]:
        return False
    words = training.words_of(piece for found in known for piece in found or ())
    for pair in most.merges:
        words = training.merged(words, pair)
    return None not in known and not training.count(words)


def pieces(question: Question) -> bool:
    """Say whether the sides cut one of the texts otherwise, held-out ones too."""
    texts = dict.fromkeys((*_texts(question), *_held_out(question)))
    return any(_cut_apart(question, text) for text in texts)


def _cut_apart(question: Question, text: str) -> bool:
    known = [_pieces(question, text, copies) for copies in (1, MANY)]
    return all(None not in both and both[0] != both[1] for both in known)


def stops_early(question: Question) -> bool:
    """Say whether the merges of one side are the first of the other's."""
    one, two = _merges(question)
    common = min(len(one), len(two))
    if None in [_learnt(question, side) for side in OTHER]:
        return False
    return len(one) != len(two) and one[:common] == two[:common]


def ties(question: Question) -> bool:
    """Say whether both sides took a pair of the highest count, and each another."""
    counts = _counts(question)
    return counts is not None and _tied(counts) and not _overlaps_decide(question)


def counted(question: Question) -> bool:
    """Say whether one side took a pair that another is seen more often than, as it is counted."""
    counts = _counts(question)
    return counts is not None and (not _tied(counts) or _overlaps_decide(question))


def _tied(counts: tuple[int, int, int]) -> bool:
    one, two, most = counts
    return 0 < one == two == most


def _overlaps_decide(question: Question) -> bool:
    """Say whether there is a tie only where `aaa` has `aa` twice, and a side counts it once."""
    counts = _counts(question, overlaps=False)
    apart = counts is None or not _tied(counts)
    return apart and not all(_counts_overlaps(question, side) for side in OTHER)


def _counts_overlaps(question: Question, side: str) -> bool:
    """Say whether a side counts a pair twice in a run of three, whatever its rule for ties is."""
    for texts in RUNS:
        seen = _trained(question.asked.sides[side], texts, BYTES + 1)
        run = max(texts, key=len).encode()
        if seen is None or list(seen.merges) != [(run[:1], run[:1])]:
            return False
    return True


def merged_otherwise(question: Question) -> bool:
    """Say whether ids differ because the merges do that they are made with."""
    one, two = _merges(question)
    return None not in [_learnt(question, side) for side in OTHER] and one != two


def renumbered(question: Question) -> bool:
    """Say whether both sides find the same tokens in what was held out, by other numbers."""
    one, two = (_spelt(question, side) for side in OTHER)
    return one is not None and one == two


def applied(question: Question) -> bool:
    """Say whether the same merges, on the same pieces, give other tokens."""
    merges = _merges(question)
    one, two = (_spelt(question, side) for side in OTHER)
    return bool(merges[0]) and merges[0] == merges[1] and None not in (one, two) and one != two


def _counts(question: Question, *, overlaps: bool = True) -> tuple[int, int, int] | None:
    """Return how often the pair of each side was seen where they part, and the highest count."""
    one, two = _merges(question)
    common = next(
        (at for at, both in enumerate(zip(one, two, strict=False)) if len({*both}) > 1), -1
    )
    known = [_pieces(question, text) for text in _texts(question)]
    if common < 0 or any(None in both or both[0] != both[1] for both in known):
        return None
    words = training.words_of(piece for both in known for piece in both[0] or ())
    for pair in one[:common]:
        words = training.merged(words, pair)
    counts = training.count(words, overlaps=overlaps)
    return counts[one[common]], counts[two[common]], max(counts.values(), default=0)


def _texts(question: Question) -> list[str]:
    return list(question.found.case.payload["texts"])


def _held_out(question: Question) -> list[str]:
    return list(question.found.case.payload.get("held_out", []))


def _trained(
    side: Backend, texts: Sequence[str], size: int, held_out: Sequence[str] = ()
) -> Trained | None:
    seen = observe(lambda: _plain(side.train(list(texts), size, list(held_out))))
    found: Trained | None = seen.value
    return found


def _plain(found: Trained | None) -> Trained | None:
    if found is None:
        return None
    merges = [(bytes(left), bytes(right)) for left, right in found.merges]
    return Trained(merges, [bytes(token) for token in found.tokens], found.ids)


def _learnt(question: Question, side: str) -> Trained | None:
    key = "learnt", side
    if key not in question.kept:
        size = question.found.case.payload["size"]
        backend, held_out = question.asked.sides[side], _held_out(question)
        question.kept[key] = _trained(backend, _texts(question), size, held_out)
    found: Trained | None = question.kept[key]
    return found


def _merges(question: Question) -> tuple[list[Pair], list[Pair]]:
    one, two = (_learnt(question, side) for side in OTHER)
    return list(one.merges if one else ()), list(two.merges if two else ())


def _pieces(
    question: Question, text: str, copies: int = 1
) -> tuple[list[bytes] | None, list[bytes] | None]:
    """Return the pieces of a text by each side, None where one does not let them be seen."""
    key = f"pieces of {copies}", text
    if key not in question.kept:
        sides = (question.asked.sides[side].train for side in OTHER)
        question.kept[key] = tuple(pieces_of(train, text, copies) for train in sides)
    found: tuple[Any, Any] = question.kept[key]
    return found


def _spelt(question: Question, side: str) -> list[list[bytes]] | None:
    """Return the tokens that one side finds in each held-out text."""
    learnt = _learnt(question, side)
    if learnt is None or learnt.ids is None:
        return None
    ids, tokens = learnt.ids, learnt.tokens
    seen = observe(lambda: [[tokens[id] for id in plain_ids(one)] for one in ids])
    found: list[list[bytes]] | None = seen.value
    return found
