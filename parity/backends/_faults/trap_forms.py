"""Traps in how a text is read before it is cut."""

from __future__ import annotations

import re
import unicodedata

from parity.backends._faults.trap import Reads


class reads_lower_case(Reads):
    """Every letter is read in lower case."""

    cause = "case"

    def form(self, text: str) -> str:
        return text.lower()


class reads_capitals(Reads):
    """Every letter is read in upper case."""

    cause = "case"

    def form(self, text: str) -> str:
        return text.upper()


class decomposes(Reads):
    """What is composed is taken apart, where the tokenizer has no normal form."""

    cause = "normal-form"
    base = "tiny:fallback-bpe"

    def form(self, text: str) -> str:
        return unicodedata.normalize("NFD", text)


class composes(Reads):
    """What is taken apart is composed, where the tokenizer has no normal form."""

    cause = "normal-form"
    base = "tiny:fallback-bpe"

    def form(self, text: str) -> str:
        return unicodedata.normalize("NFC", text)


class composes_by_newer_tables(Reads):
    """Composed by the tables of Python, where the tokenizer has older ones."""

    cause = "unicode-tables"
    least = 2

    def form(self, text: str) -> str:
        return unicodedata.normalize("NFC", text)


class folds_width(Reads):
    """Compatibility characters become what they are compatible with."""

    cause = "normal-form"

    def form(self, text: str) -> str:
        return unicodedata.normalize("NFKC", text)


class drops_accents(Reads):
    """Marks are taken off letters."""

    cause = "accents"

    def form(self, text: str) -> str:
        apart = unicodedata.normalize("NFD", text)
        return "".join(c for c in apart if unicodedata.category(c) != "Mn")


class drops_format_characters(Reads):
    """Format characters, a joiner for one, are left out, and controls."""

    cause = "invisible"

    def form(self, text: str) -> str:
        kept = "\t\n\r"
        return "".join(c for c in text if c in kept or unicodedata.category(c) not in ("Cc", "Cf"))


class stops_at_nul(Reads):
    """U+0000 is left out, as it ends a string in C."""

    cause = "invisible"

    def form(self, text: str) -> str:
        return text.replace("\0", "")


class folds_spaces(Reads):
    """A run of whitespace becomes one space."""

    cause = "whitespace"

    def form(self, text: str) -> str:
        return re.sub(r"\s+", " ", text)


class folds_runs_of_spaces(Reads):
    """Two spaces become one; other whitespace stays."""

    cause = "whitespace"
    least = 2

    def form(self, text: str) -> str:
        return re.sub(" +", " ", text)


class reads_every_space_alike(Reads):
    """Each whitespace character is read as U+0020."""

    cause = "whitespace"

    def form(self, text: str) -> str:
        return re.sub(r"\s", " ", text)


class loses_spaces_at_the_end(Reads):
    """Whitespace at the end of a text is lost."""

    cause = "whitespace"

    def form(self, text: str) -> str:
        return text.rstrip()


class reads_universal_newlines(Reads):
    """CR LF and CR alone are read as LF."""

    cause = "newline"

    def form(self, text: str) -> str:
        return re.sub("\r\n?", "\n", text)


class adds_a_space(Reads):
    """A space is put before every text."""

    cause = "prefix-space"
    least = 0

    def form(self, text: str) -> str:
        return f" {text}"


class adds_a_missing_space(Reads):
    """A space is put before a text that has none."""

    cause = "prefix-space"
    least = 0

    def form(self, text: str) -> str:
        return text if text.startswith(" ") else f" {text}"


class eats_the_first_space(Reads):
    """One space at the start is lost."""

    cause = "prefix-space"

    def form(self, text: str) -> str:
        return text.removeprefix(" ")


class replaces_surrogates(Reads):
    """Half of a surrogate pair is read as U+FFFD, and not refused."""

    caught_by = "ids"
    cause = "lone-surrogate"

    def form(self, text: str) -> str:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
