"""Current Unicode, in the place of the tables that tokenizers has.

A tokenizer.json can be read with the tables of today, to see what of a difference between two sides
is theirs. Normal forms are then by the package unicodedata2, categories and patterns by the regex
package, both of one version. Scripts, clusters and lower case stay as they are modelled.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Final

import regex

from parity.errors import MissingPackage
from parity.reference.tables import Table
from parity.reference.unicode_tables import UNICODE

VERSION: Final = "18"
"""The version of Unicode that regex knows, of the releases that the reference asks for."""
PARTS: Final = ("normalization", "categories", "patterns")
"""What is current; the other parts keep the versions of `unicode_tables.UNICODE`."""


class Category(Table):
    r"""The characters that a class of a pattern names, such as `[\p{P}]`.

    >>> Category(r"[\p{Nd}]")["7"]
    True
    """

    def __init__(self, named: str) -> None:
        super().__init__("")
        self._named = regex.compile(named, regex.VERSION1)

    def __missing__(self, char: str) -> bool:
        self[char] = found = self._named.fullmatch(char) is not None
        return found


COMBINING: Final = Category(r"[\p{M}]")
NONSPACING: Final = Category(r"[\p{Mn}]")
CONTROL: Final = Category(r"[\x00\ufffd\p{Cc}\p{Cf}\p{Cn}\p{Co}--[\t\n\r]]")
PUNCTUATION: Final = Category(r"[\p{P}!-/:-@\[-`{-~]")
NUMERIC: Final = Category(r"[\p{N}]")


@cache
def normalization() -> ModuleType:
    """Return unicodedata2. Raises MissingPackage without it, or where it is of another version."""
    try:
        import unicodedata2  # noqa: PLC0415 (only for current Unicode)
    except ImportError as error:
        raise MissingPackage(
            "unicode=current normalizes with unicodedata2: pip install 'tokparity[unicode]'"
        ) from error
    found: str = unicodedata2.unidata_version
    if found.partition(".")[0] != VERSION:
        raise MissingPackage(f"unicodedata2 has Unicode {found}; {VERSION} is wanted, as regex has")
    return unicodedata2  # type: ignore[no-any-return]


def versions(*, current: bool) -> dict[str, str]:
    """Return the version of Unicode of each part, as a file is read."""
    return {**UNICODE, **(dict.fromkeys(PARTS, VERSION) if current else {})}
