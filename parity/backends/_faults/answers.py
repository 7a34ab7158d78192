"""Faults in offsets, decoded text, vocabulary and outcome."""

from __future__ import annotations

from collections.abc import Sequence

from parity.backend import Backend
from parity.backends._faults.fault import Fault
from parity.types import Encoding, Specials, Vocabulary


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


class decodes_alone_otherwise(Fault):
    """Decoding one list of ids gives another text than decoding a batch."""

    caught_by = "decode_batch_is_single"

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        return f"{self.inner.decode(ids, skip_special)!r}"

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        return self.inner.decode_batch(batch, skip_special)


class remembers_decoded_text(Fault):
    """Every call of decode gives the text of the calls before it, too."""

    caught_by = "decode_repeatable"

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.said = ""

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        self.said += str(self.inner.decode(ids, skip_special))
        return self.said


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
