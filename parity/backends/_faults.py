"""The faults that `mock` puts on top of a backend, one class each, named for what is wrong.

Each class says in `caught_by` which check or law must see it; a test holds it to that, and every
run shows it again on the canaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from parity.backend import Backend, Identity
from parity.types import Encoding, Specials, Vocabulary


class Fault(Backend):
    """A backend with one thing wrong: it passes everything on, and its subclass spoils one call."""

    name = "mock"
    caught_by = ""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(text, specials)

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse"
    ) -> list[Encoding]:
        return [self.encode(text, specials) for text in texts]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        return self.inner.decode(ids, skip_special)

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        return [self.decode(ids, skip_special) for ids in batch]  # type: ignore[return-value]

    def vocabulary(self) -> Vocabulary:
        return self.inner.vocabulary()

    def normal_form(self, text: str) -> str:
        return self.inner.normal_form(text)

    def identity(self) -> Identity:
        inner = self.inner.identity()
        return inner._replace(facts={**inner.facts, "fault": type(self).__name__})

    def close(self) -> None:
        self.inner.close()


# What is spoiled in the ids of one text.


class _Ids(Fault):
    caught_by = "ids"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        return Encoding(self.spoil(list(seen.ids)), seen.offsets)

    def spoil(self, ids: list[int]) -> list[int]:
        raise NotImplementedError


class drops_last_id(_Ids):
    """The last id of every text is lost."""

    def spoil(self, ids: list[int]) -> list[int]:
        return ids[:-1]


class repeats_last_id(_Ids):
    """The last id comes twice: the shorter list is a prefix of the longer."""

    def spoil(self, ids: list[int]) -> list[int]:
        return ids + ids[-1:]


class differs_late(_Ids):
    """Only ids beyond the 40th are wrong: no preview shows it."""

    def spoil(self, ids: list[int]) -> list[int]:
        return ids[:40] + [id ^ 1 for id in ids[40:]]


class swaps_neighbours(_Ids):
    """The first two ids change places: the same ids, in another order."""

    def spoil(self, ids: list[int]) -> list[int]:
        return ids[1::-1] + ids[2:]


class answers_with_floats(_Ids):
    """Every id is a float of the same value: equal in Python, and no id."""

    def spoil(self, ids: list[int]) -> list[int]:
        return cast("list[int]", [float(id) for id in ids])


class answers_nothing(_Ids):
    """Every text has no ids at all."""

    def spoil(self, ids: list[int]) -> list[int]:
        return ids[:0]


class forgets_special_tokens(Fault):
    """Special tokens in the text are never parsed."""

    caught_by = "ids"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(text, "plain" if specials == "parse" else specials)


class parses_plain_text(Fault):
    """Special tokens are parsed where the text was to be plain: an injection."""

    caught_by = "ids"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(text, "parse" if specials == "plain" else specials)


class forgets_template(Fault):
    """BOS and its kin are never added."""

    caught_by = "ids"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(text, "parse" if specials == "template" else specials)


class strips_text(Fault):
    """Whitespace at both ends of a text is lost before it is encoded."""

    caught_by = "ids"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(text.strip(), specials)


class folds_newlines(Fault):
    """CR LF becomes LF, as a file opened in text mode does it."""

    caught_by = "ids"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        if isinstance(text, str):
            text = text.replace("\r\n", "\n")
        return self.inner.encode(text, specials)


# What is spoiled in a batch.


class _Batch(Fault):
    caught_by = "ids_batched"

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse"
    ) -> list[Encoding]:
        return self.spoil(self.inner.encode_batch(texts, specials))

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
        self, texts: Sequence[str | bytes], specials: Specials = "parse"
    ) -> list[Encoding]:
        seen = self.inner.encode_batch(list(texts), specials)
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


# What is spoiled in offsets, decoding, vocabulary and outcome.


class counts_offsets_in_bytes(Fault):
    """Offsets are in bytes of UTF-8 and not in code points."""

    caught_by = "offsets"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        places = [0]
        for character in text:
            places.append(places[-1] + len(str(character).encode("utf-8", "surrogatepass")))
        return Encoding(seen.ids, [(places[a], places[b]) for a, b in seen.offsets or []])


class shifts_offsets(Fault):
    """Every range starts one code point late."""

    caught_by = "offsets"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        return Encoding(seen.ids, [(start + 1, end) for start, end in seen.offsets or []])


class _Text(Fault):
    caught_by = "text"

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        return self.spoil(str(self.inner.decode(ids, skip_special)))

    def spoil(self, text: str) -> str:
        raise NotImplementedError


class strips_decoded_text(_Text):
    """Whitespace at the ends of decoded text is lost."""

    def spoil(self, text: str) -> str:
        return text.strip()


class hides_replacement_characters(_Text):
    """U+FFFD is left out of decoded text."""

    def spoil(self, text: str) -> str:
        return text.replace("\ufffd", "")


class keeps_special_tokens(Fault):
    """Special tokens are never skipped in decoding."""

    caught_by = "text"

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        return self.inner.decode(ids, False)


class skips_special_tokens(Fault):
    """Special tokens are always skipped in decoding: only one of the two settings shows it."""

    caught_by = "text"

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        return self.inner.decode(ids, True)


class renames_a_token(Fault):
    """One token of the vocabulary has another string."""

    caught_by = "vocabulary"

    def vocabulary(self) -> Vocabulary:
        seen = self.inner.vocabulary()
        return seen._replace(tokens=seen.tokens | {max(seen.tokens): "<renamed>"})


class forgets_a_special_flag(Fault):
    """One special token of the added-token table is not special."""

    caught_by = "vocabulary"

    def vocabulary(self) -> Vocabulary:
        seen = self.inner.vocabulary()
        id = min(seen.added)
        return seen._replace(added=seen.added | {id: seen.added[id]._replace(special=False)})


class moves_an_added_token(Fault):
    """An added token has another id than its artefact declares."""

    caught_by = "declared_ids"

    def vocabulary(self) -> Vocabulary:
        seen = self.inner.vocabulary()
        id = max(seen.added)
        added = {**seen.added, id + 1000: seen.added[id]}
        del added[id]
        return seen._replace(added=added)


class swallows_errors(Fault):
    """What cannot be encoded has no ids, and no error."""

    caught_by = "outcome"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        try:
            return self.inner.encode(text, specials)
        except (TypeError, UnicodeError):
            return Encoding([], [])


class raises_another_error(Fault):
    """What cannot be encoded raises KeyError in the place of the right error."""

    caught_by = "outcome"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        try:
            return self.inner.encode(text, specials)
        except (TypeError, UnicodeError) as error:
            raise KeyError(str(error)) from error


class panics(Fault):
    """Texts beyond 40 code points raise what `except Exception` does not catch."""

    caught_by = "outcome"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        if len(text) > 40:
            raise _Panic("a fault on purpose")
        return self.inner.encode(text, specials)


class _Panic(BaseException):
    """As a panic of compiled code arrives in Python."""


def _faults(root: type[Fault]) -> dict[str, type[Fault]]:
    found: dict[str, type[Fault]] = {}
    for child in root.__subclasses__():
        if not child.__name__.startswith("_"):
            found[child.__name__] = child
        found.update(_faults(child))
    return found


FAULTS: Final = _faults(Fault)
