"""Faults in what a trainer learns of texts, and in what it encodes with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from parity import training
from parity.backend import Backend
from parity.backends._faults.fault import Fault
from parity.training.observed import pieces_of
from parity.types import Trained


class drops_last_merge(Fault):
    """It stops one merge before the end."""

    caught_by = "merges"

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        seen = self.inner.train(texts, size, held_out)
        return seen._replace(merges=list(seen.merges)[:-1])


class _Learns(Fault):
    """It learns by a rule of its own of the same pieces, as they are seen from outside."""

    caught_by = "merges"

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        found = [pieces_of(self.inner.train, text) for text in texts]
        merges = self.learn([piece for pieces in found for piece in pieces or ()], size)
        return self.inner.train(texts, size, held_out)._replace(merges=merges)

    def learn(self, pieces: list[bytes], size: int) -> list[training.Pair]:
        raise NotImplementedError


class breaks_ties_the_other_way(_Learns):
    """Of pairs with one count it takes the one with the highest ids."""

    def learn(self, pieces: list[bytes], size: int) -> list[training.Pair]:
        return training.learn(pieces, size, "highest")


class counts_no_overlaps(_Learns):
    """It counts `aa` once in `aaa`."""

    def learn(self, pieces: list[bytes], size: int) -> list[training.Pair]:
        return training.learn(pieces, size, overlaps=False)


class takes_the_first_text_first(_Learns):
    """Of pairs with one count it takes the one that came first."""

    caught_by = "texts_in_any_order"

    def learn(self, pieces: list[bytes], size: int) -> list[training.Pair]:
        return training.learn(pieces, size, "first")


class joins_texts(Fault):
    """All texts are one: what ends one and what starts the next are neighbours."""

    caught_by = "merges"

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        return self.inner.train(["".join(texts)], size, held_out)


class cuts_at_every_space(Fault):
    """A space stands alone, and goes with no word."""

    caught_by = "merges"

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        return self.inner.train(
            [part for text in texts for part in re.split("( )", text)], size, held_out
        )


class fails_where_nothing_is_left(Fault):
    """Where there are fewer merges than were asked for it raises."""

    caught_by = "merges"

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        seen = self.inner.train(texts, size, held_out)
        if len(seen.tokens) < size:
            raise ValueError("a fault on purpose")
        return seen


class sorts_texts_in_place(Fault):
    """The caller's texts are sorted after the training."""

    caught_by = "merges"

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        seen = self.inner.train(list(texts), size, held_out)
        cast("list[str]", texts).sort()
        return seen


class learns_nothing_twice(Fault):
    """A merge that an earlier training made is not made again."""

    caught_by = "training_repeatable"

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.known: set[training.Pair] = set()

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        seen = self.inner.train(texts, size, held_out)
        merges = [pair for pair in seen.merges if pair not in self.known]
        self.known.update(seen.merges)
        return seen._replace(merges=merges)


class learns_of_the_first_text_alone(Fault):
    """The other texts are not read."""

    caught_by = "trained_ids"

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        return self.inner.train(texts[:1], size, held_out)


class numbers_merges_backwards(Fault):
    """The last merge has the first id after the bytes."""

    caught_by = "trained_ids"

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        seen = self.inner.train(texts, size, held_out)
        tokens, last = list(seen.tokens), training.BYTES + len(seen.tokens) - 1
        moved = [[id if id < training.BYTES else last - id for id in ids] for ids in seen.ids or ()]
        backwards = tokens[: training.BYTES] + tokens[: training.BYTES - 1 : -1]
        return Trained(seen.merges, backwards, moved)


class encodes_without_what_it_learnt(Fault):
    """Every byte is a token still."""

    caught_by = "trained_ids"

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        seen = self.inner.train(texts, size, held_out)
        return seen._replace(ids=[list(text.encode()) for text in held_out])
