"""Faults in the ids of one text."""

from __future__ import annotations

from typing import cast

from parity.backends._faults.fault import Fault
from parity.types import Encoding, Specials


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
