"""The key `normalizer`: changes the text before it is cut, and keeps where it came from.

    NFC NFD NFKC NFKD                          forms.py
    Lowercase Nmt Prepend Strip StripAccents   characters.py, with ByteLevel and BertNormalizer
    Replace                                    replace.py
    Precompiled                                precompiled.py: SentencePiece's own normal forms
    Sequence                                   one after another

A normaliser is a function from a piece to a piece. null changes nothing.

Source: the format's documentation; measured on tokenizers 0.23.3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from typing import TYPE_CHECKING, Final

from parity.reference.normalizers.characters import (
    byte_level,
    lowercase,
    nmt,
    read_bert,
    read_prepend,
    read_strip,
    read_strip_accents,
)
from parity.reference.normalizers.forms import FORMS, forms_of
from parity.reference.normalizers.precompiled import read_precompiled
from parity.reference.normalizers.replace import read_replace

if TYPE_CHECKING:
    from parity.reference.document import Node
    from parity.reference.segments import Piece

__all__ = ["Normalizer", "read_normalizer", "unchanged"]

Normalizer = Callable[["Piece"], "Piece"]

PLAIN: Final[dict[str, Normalizer]] = {
    "ByteLevel": byte_level,
    "Lowercase": lowercase,
    "Nmt": nmt,
}
"""Those that have no options."""

READERS: Final[dict[str, Callable[[Node], Normalizer]]] = {
    "BertNormalizer": read_bert,
    "Precompiled": read_precompiled,
    "Prepend": read_prepend,
    "Strip": read_strip,
    "StripAccents": read_strip_accents,
}


UNTYPED: Final = {
    "BertNormalizer": ("clean_text", "handle_chinese_chars", "lowercase"),
    "Strip": ("strip_left", "strip_right"),
    "Sequence": ("normalizers",),
    "Prepend": ("prepend",),
    "Replace": ("pattern", "content"),
}
"""What a normaliser without a type is known by, as tokenizers tries them."""


SAFE: Final = frozenset(("Prepend", "Replace", "Strip"))
"""What may come after a Replace that puts something before the first character."""


def read_normalizer(node: Node, *, changed_after: bool = False) -> Normalizer:
    """Return the normaliser that the node describes; raises BadSpec, Unsupported.

    changed_after: whether the pre-tokenizer then goes through the text character by character.
    """
    if node.value is None:
        return unchanged
    kind = node.kind(UNTYPED)
    if kind in PLAIN:
        return PLAIN[kind]
    if kind in FORMS:
        return partial(forms_of(node).normalized, form=kind)
    if kind == "Replace":
        return read_replace(node, changed_after=changed_after)
    if kind in READERS:
        return READERS[kind](node)
    if kind != "Sequence":
        raise node.unknown("normalizer", [*PLAIN, *FORMS, *READERS, "Replace", "Sequence"])
    items = node.field("normalizers").steps()
    kinds = [item.kind(UNTYPED) for item in items]
    steps = [
        read_normalizer(
            item, changed_after=changed_after or not SAFE.issuperset(kinds[place + 1 :])
        )
        for place, item in enumerate(items)
    ]
    return lambda piece: reduce(lambda done, step: step(done), steps, piece)


def unchanged(piece: Piece) -> Piece:
    """Return the piece as it is: what null means."""
    return piece
