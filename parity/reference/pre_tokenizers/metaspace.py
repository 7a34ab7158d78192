"""Metaspace: spaces become a visible replacement (U+2581), which opens the next piece.

    prepend_scheme   always   the replacement is put before a piece that does not start with it
                     first    only before the piece that starts where the text starts
                     never

With `split` off (where it is missing it is on) nothing is cut. Old files have `add_prefix_space` in
place of prepend_scheme, which is then always: false is refused unless `never` stands beside it.

Source: sentencepiece's README, "whitespace is treated as a basic symbol"; measured on tokenizers
0.23.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from parity.reference.normalizers.characters import prepended
from parity.reference.patterns import literal
from parity.reference.pre_tokenizers.splitting import Cut, cutter

if TYPE_CHECKING:
    from parity.reference.document import Node
    from parity.reference.segments import Piece

SCHEMES: Final = ("always", "first", "never")


def read_metaspace(node: Node) -> Cut:
    """Return the pre-tokenizer Metaspace."""
    replacement = node.field("replacement").char()
    scheme = read_scheme(node)
    splits = read_split(node)
    cut = cutter(literal(replacement).matches, "MergedWithNext")

    def change(piece: Piece) -> Piece:
        piece = piece._replace(text=piece.text.replace(" ", replacement))
        wanted = scheme == "always" or (scheme == "first" and piece.base == 0)
        if wanted and piece.text and not piece.text.startswith(replacement):
            piece = prepended(piece, replacement)
        return piece

    return Cut(change, cut.spans if splits else None)


def read_split(node: Node) -> bool:
    """Return whether a Metaspace, pre-tokenizer or decoder, cuts."""
    split = node.get("split", default=True)
    return True if split.value is None else split.expect(bool)


def read_scheme(node: Node) -> str:
    """Return the scheme of a Metaspace, pre-tokenizer or decoder; raises BadSpec."""
    node.field("replacement").char()
    found = node.get("prepend_scheme", default="always")
    scheme = found.expect(str)
    if scheme not in SCHEMES:
        raise found.bad(f"{scheme!r} is none of {', '.join(SCHEMES)}")
    if node.get("str_rep").value is not None:
        node.get("str_rep").expect(str)  # of older files still; replacement counts
    old = node.get("add_prefix_space")
    if old.value is not None and not old.expect(bool) and scheme != "never":
        raise old.bad(f"false, and prepend_scheme is {scheme!r}")
    return scheme
