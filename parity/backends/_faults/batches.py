"""Faults in batches, in what is done with inputs, and between one call and the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from parity.backend import Backend
from parity.backends._faults.fault import Fault
from parity.types import Encoding, Specials


class _Batch(Fault):
    caught_by = "ids_batched"

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        return self.spoil(self.inner.encode_batch(texts, specials, offsets))

    def spoil(self, batch: list[Encoding]) -> list[Encoding]:
        raise NotImplementedError


class drops_last_output(_Batch):
    """A batch gives one result fewer than it has texts."""

    def spoil(self, batch: list[Encoding]) -> list[Encoding]:
        return batch[:-1]


class doubles_last_output(_Batch):
    """A batch gives one result more than it has texts."""

    def spoil(self, batch: list[Encoding]) -> list[Encoding]:
        return batch + batch[-1:]


class reverses_batches(_Batch):
    """The results of a batch come in the wrong order."""

    def spoil(self, batch: list[Encoding]) -> list[Encoding]:
        return batch[::-1]


class pads_batches(_Batch):
    """Every text of a batch is as long as the longest."""

    caught_by = "batch_is_single"

    def spoil(self, batch: list[Encoding]) -> list[Encoding]:
        longest = max((len(seen.ids) for seen in batch), default=0)
        return [Encoding(seen.ids + [0] * (longest - len(seen.ids))) for seen in batch]


class one_worker_is_wrong(_Batch):
    """Every second text of a batch loses its last id: looking at the first shows nothing."""

    def spoil(self, batch: list[Encoding]) -> list[Encoding]:
        return [
            Encoding(seen.ids[:-1]) if number % 2 else seen for number, seen in enumerate(batch)
        ]


class mutates_its_input(Fault):
    """The list of texts, or of ids, that it was given is empty afterwards."""

    caught_by = "inputs_unchanged"

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        seen = self.inner.encode_batch(list(texts), specials, offsets)
        cast("list[Any]", texts).clear()
        return seen


class sorts_ids_in_place(Fault):
    """Decoding leaves the caller's ids sorted."""

    caught_by = "inputs_unchanged"

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        seen = self.inner.decode(list(ids), skip_special)
        cast("list[int]", ids).sort()
        return seen


class remembers_last_call(Fault):
    """The second time that it sees a text it answers with an id more."""

    caught_by = "repeatable"

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.seen: set[object] = set()

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        if (text, specials) in self.seen:
            return Encoding([*seen.ids, 0], seen.offsets)
        self.seen.add((text, specials))
        return seen


class shifts_batch_offsets(_Batch):
    """Every range starts one code point late, in batches only."""

    caught_by = "offsets_batched"

    def spoil(self, batch: list[Encoding]) -> list[Encoding]:
        return [
            Encoding(seen.ids, [(start + 1, end) for start, end in seen.offsets or []])
            for seen in batch
        ]


class fails_in_batches(Fault):
    """Any batch of more than one text raises; each text alone is encoded."""

    caught_by = "ids_batched"

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        if len(texts) > 1:
            raise RuntimeError("a fault on purpose")
        return self.inner.encode_batch(texts, specials, offsets)
