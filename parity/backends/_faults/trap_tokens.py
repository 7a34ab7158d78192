"""Traps in special and added tokens, unknown text, lengths, ranges and decoded text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from parity.backend import Backend
from parity.backends._faults.trap import Answers, Reads, Trap
from parity.reference.decoders import cleaned
from parity.types import Encoding, Specials, Vocabulary

UNKNOWN: Final = "[UNK]"


class doubles_the_start(Answers):
    """The special token at the start of a template comes twice."""

    cause = "doubled-start"
    least = 0
    mode = "template"

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        return ids[:1] + ids if specials == "template" else ids


class forgets_the_template(Trap):
    """No template is ever added."""

    cause = "template"
    least = 0
    mode = "template"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(text, "parse" if specials == "template" else specials)


class reads_special_tokens_as_text(Trap):
    """Special tokens in a text are text."""

    cause = "special-parsing"
    least = 5

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(text, "plain" if specials == "parse" else specials)


class reads_text_as_special_tokens(Trap):
    """Special tokens are found where a text was to be plain."""

    cause = "special-parsing"
    least = 5
    mode = "plain"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return self.inner.encode(text, "parse" if specials == "plain" else specials)


class misses_an_added_token(Trap):
    """One added token, `<think>`, is text."""

    cause = "added-token"
    least = 7

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        parts = str(text).split("<think>")
        if len(parts) == 1 or specials == "template":
            return self.inner.encode(text, specials)
        ids = list(self.inner.encode(parts[0], specials).ids)
        for part in parts[1:]:
            for piece in ("<", "think", ">", part):
                ids += self.inner.encode(piece, specials).ids
        return Encoding(ids, None)


class finds_no_added_token_in_a_word(Trap):
    """The added token `<think>` is text where a letter or digit stands beside it."""

    cause = "added-token-word"
    least = 8

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        if specials == "template":
            return self.inner.encode(text, specials)
        pieces = re.split(r"(?:(?<=\w)(<)(think)(>)|(<)(think)(>)(?=\w))", str(text))
        ids = [id for one in filter(None, pieces) for id in self.inner.encode(one, specials).ids]
        return Encoding(ids, None) if len(pieces) > 1 else self.inner.encode(text, specials)


class strips_after_an_added_token(Reads):
    """Whitespace behind `</think>` is taken."""

    cause = "added-token-strip"
    least = 9

    def form(self, text: str) -> str:
        return re.sub(r"</think>\s+", "</think>", text)


class fuses_unknown_tokens(Answers):
    """A run of unknown tokens is one."""

    cause = "unknown-fused"
    base = "tiny:wordpiece"
    least = 2

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        tokens = inner.vocabulary().tokens
        self.unknown = next(id for id in tokens if tokens[id] == UNKNOWN)

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        runs = ((id, list(run)) for id, run in groupby(ids))
        return [one for id, run in runs for one in ([id] if id == self.unknown else run)]


class has_no_byte_fallback(Answers):
    """What has no token is unknown, and not spelt in bytes."""

    cause = "byte-fallback"
    base = "tiny:fallback-bpe"

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        tokens = inner.vocabulary().tokens
        self.bytes = {id for id, token in tokens.items() if re.fullmatch("<0x..>", token)}

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        runs = ((is_byte, list(run)) for is_byte, run in groupby(ids, self.bytes.__contains__))
        return [one for is_byte, run in runs for one in ([0] if is_byte else run)]


class drops_unknown_tokens(Answers):
    """What is unknown is left out."""

    cause = "unknown-token"
    base = "tiny:wordpiece"

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        return [id for id in ids if id != 1]


class cuts_off_at_sixteen(Answers):
    """No text has more than 16 ids; five characters of four bytes have 20."""

    cause = "truncation"
    least = 5

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        return ids[:16]


class fills_up_to_eight(Answers):
    """No text has fewer than 8 ids."""

    cause = "padding"
    least = 0

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        return ids + [0] * (8 - len(ids))


class shifts_every_id(Answers):
    """The vocabulary starts at 1, and so does its table."""

    cause = "renumbered"

    def spoil(self, ids: list[int], specials: Specials) -> list[int]:
        return [id + 1 for id in ids]

    def vocabulary(self) -> Vocabulary:
        seen = self.inner.vocabulary()
        return seen._replace(
            tokens={id + 1: token for id, token in seen.tokens.items()},
            added={id + 1: token for id, token in seen.added.items()},
        )


class loses_a_token(Trap):
    """The last token is missing from the vocabulary."""

    caught_by = "vocabulary"
    cause = "vocabulary-size"
    least = 0

    def vocabulary(self) -> Vocabulary:
        seen = self.inner.vocabulary()
        last = max(seen.tokens)
        return seen._replace(tokens={id: seen.tokens[id] for id in seen.tokens if id != last})


class counts_utf16(Trap):
    """Ranges are in UTF-16 units."""

    caught_by = "offsets"
    cause = "offset-unit"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        places = [0]
        for character in str(text):
            places.append(places[-1] + (2 if ord(character) > 0xFFFF else 1))
        return Encoding(seen.ids, [(places[a], places[b]) for a, b in seen.offsets or []])


class trims_ranges(Trap):
    """Ranges leave out the spaces at the start of a token."""

    caught_by = "offsets"
    cause = "offset-spaces"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        spans = ((start, end, str(text)[start:end].lstrip()) for start, end in seen.offsets or [])
        return Encoding(seen.ids, [(end - len(bare or "x"), end) for _, end, bare in spans])


class has_no_ranges(Trap):
    """Every range is (0, 0)."""

    caught_by = "offsets"
    cause = "offset-absent"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        seen = self.inner.encode(text, specials)
        return Encoding(seen.ids, [(0, 0)] * len(seen.ids))


class _Decodes(Trap):
    caught_by = "text"

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        return self.spoil(str(self.inner.decode(ids, skip_special)))

    def spoil(self, text: str) -> str:
        raise NotImplementedError


class cleans_up(_Decodes):
    """Spaces before punctuation are taken out of decoded text."""

    cause = "clean-up"
    least = 1

    def spoil(self, text: str) -> str:
        return cleaned(text)


class folds_replacement_characters(_Decodes):
    """A run of U+FFFD is one; a token of two bytes that begin nothing gives two."""

    cause = "replacement-character"

    def spoil(self, text: str) -> str:
        return re.sub("\ufffd+", "\ufffd", text)


class loses_the_first_space(_Decodes):
    """A space at the start of decoded text is lost."""

    cause = "decoded-edges"

    def spoil(self, text: str) -> str:
        return text.removeprefix(" ")


class decodes_composed(_Decodes):
    """Decoded text is normalised."""

    cause = "decoded-form"

    def spoil(self, text: str) -> str:
        return text.lower()


class decodes_without_runs(_Decodes):
    """A run of whitespace in decoded text is one space."""

    cause = "decoded-spaces"

    def spoil(self, text: str) -> str:
        return re.sub(r"\s+", " ", text)
