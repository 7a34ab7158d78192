r"""Precompiled: SentencePiece's normal form, a table from strings to strings in a double array.

Theory. `precompiled_charsmap` is base64 of: the size in bytes of a trie (four bytes, little
endian), the trie, and the targets, UTF-8 strings each closed by a zero byte. The trie is a Darts
double array: units of 32 bits, of which

    bits 0-7, 31    the label: the byte that leads here (bit 31 set: a value and no node)
    bit 8           a value hangs here
    bits 10-30      the offset to the children, times 256 if bit 9 is set
    bits 0-30       of a value: where in the targets the string starts

A child stands at (offset of the node) xor (its byte), a value at the offset itself.

SentencePiece replaces the longest prefix that the table knows, over and over. tokenizers does
something else, and offsets and ids follow from it: it goes by grapheme clusters. A cluster of less
than six bytes of which *any* prefix is known is replaced as a whole by the target of the *shortest*
such prefix, and the rest of the cluster is lost ("\u00aa\u0300" becomes "a"); other clusters are
looked up character by character, again by the shortest prefix.

The characters of the target take those of the source one by one; more of them are inserted, fewer
let the last one take what is left. What is removed is taken by the character before it, and at the
very start by nobody: all that follows is then reported one character too early. Kept.

Source: sentencepiece's normalizer and darts-clone's description for the format; measured on
tokenizers 0.23.3. Clusters are `regex`'s \X, less what is younger than Unicode 17, and cut where
\X joins an Indic consonant to a virama that no consonant comes before (UAX #29, GB9c, wants one).
"""

from __future__ import annotations

import base64
import binascii
import struct
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

import regex

from parity.reference.segments import rebuilt
from parity.reference.unicode_tables import SEPARATE, members

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from parity.reference.document import Node
    from parity.reference.segments import Part, Piece

CLUSTER_BYTES: Final = 6
"""Clusters below this many bytes are looked up whole."""

UNASSIGNED: Final = "\u0378"
"""Nobody's: stands in for what Unicode 17 does not know."""

_UNKNOWN: Final = members(SEPARATE) | {"\U00011b0a", "\U00011df1"}
r"""Beyond Unicode 17: what \X takes for part of the cluster before it, and Indic consonants."""
_CLUSTERS: Final = regex.compile(r"\X")
_HALF_CONJUNCT: Final = regex.compile(
    r"(?=\p{InCB=Consonant})"  # first, so that what is before is looked at once
    r"(?<=(?:\A|[^\p{InCB=Consonant}\p{InCB=Extend}\p{InCB=Linker}])"
    r"[\p{InCB=Extend}\p{InCB=Linker}]+)",
    regex.VERSION1,  # splits at matches without width
)
_JOINED: Final = regex.compile(r"[\p{InCB=Extend}\p{InCB=Linker}]\p{InCB=Consonant}")
_FLAGS: Final = regex.compile("[\U0001f1e6-\U0001f1ff]{64,}")
r"""Long runs of the letters of flags: they pair from the start of the run, and \X counts from there
for each pair anew."""
FLAG_LETTERS: Final = 32
"""An even number: between two pairs there is always an end of a cluster."""


class CharsMap(dict[str, "str | None"]):
    """What the shortest known prefix of a string becomes, or None; memoised."""

    def __init__(self, units: Sequence[int], targets: bytes) -> None:
        super().__init__()
        self._units = units
        self._targets = targets

    def __missing__(self, source: str) -> str | None:
        self[source] = found = self._found(source.encode())
        return found

    def _found(self, source: bytes) -> str | None:
        units = self._units
        at = _offset(units[0])
        for byte in source:
            at ^= byte
            if not byte or at >= len(units) or units[at] & 0x800000FF != byte:
                return None
            has_value = units[at] >> 8 & 1
            at ^= _offset(units[at])
            if has_value:
                start = units[at] & 0x7FFFFFFF
                end = self._targets.find(b"\0", start)
                return self._targets[start : end if end >= 0 else None].decode()
        return None


def _offset(unit: int) -> int:
    return unit >> 10 << ((unit & 0x200) >> 6)


def read_precompiled(node: Node) -> Callable[[Piece], Piece]:
    """Return the normaliser Precompiled; raises BadSpec for a table that is cut or not base64."""
    charsmap = read_charsmap(node.field("precompiled_charsmap"))
    return lambda piece: mapped(piece, charsmap)


def read_charsmap(node: Node) -> CharsMap:
    """Return the table of a base64 text; raises BadSpec."""
    try:
        data = base64.b64decode(node.expect(str), validate=True)
    except (binascii.Error, ValueError) as error:
        raise node.bad(f"this is not base64: {error}") from error
    if len(data) < struct.calcsize("<I"):
        raise node.bad("the charsmap is cut: its first four bytes are missing")
    (size,) = struct.unpack_from("<I", data)
    if not size or size % 4 or len(data) < 4 + size:
        raise node.bad(f"the charsmap is cut: {len(data) - 4} bytes, and {size} are the trie's")
    targets = data[4 + size :]
    try:
        targets.decode()
    except UnicodeDecodeError as error:
        raise node.bad(f"the charsmap's targets are not UTF-8: {error.reason}") from error
    return CharsMap(struct.unpack_from(f"<{size // 4}I", data, 4), targets)


def mapped(piece: Piece, charsmap: CharsMap) -> Piece:
    """Return the piece with its clusters, or else their characters, replaced."""
    parts: list[Part] = []
    modified = False
    for cluster in clusters(piece.text):
        target = charsmap[cluster] if len(cluster.encode()) < CLUSTER_BYTES else None
        if target is not None:
            modified = True
            _replace(parts, cluster, target)
            continue
        for char in cluster:
            target = charsmap[char]
            if target is None:
                parts.append((char, 1))
            else:
                modified = True
                _replace(parts, char, target)
    return rebuilt(piece, parts) if modified else piece


def clusters(text: str) -> list[str]:
    r"""Return the grapheme clusters of a text, as Unicode 17 has them.

    >>> clusters("a\u094d\u0915") == ["a\u094d", "\u0915"]
    True
    """
    known = text
    if not _UNKNOWN.isdisjoint(text):
        known = "".join([UNASSIGNED if char in _UNKNOWN else char for char in text])
    found = [cluster for part in _parts(known) for cluster in _CLUSTERS.findall(part)]
    if _JOINED.search(known):
        found = [part for cluster in found for part in _HALF_CONJUNCT.split(cluster)]
    if known is text:
        return found
    ends = accumulate(map(len, found))
    return [text[end - len(each) : end] for each, end in zip(found, ends, strict=True)]


def _parts(text: str) -> list[str]:
    """Return the text, cut within long runs of the letters of flags, between two flags."""
    cuts = [
        at
        for run in _FLAGS.finditer(text)
        for at in range(run.start() + FLAG_LETTERS, run.end(), FLAG_LETTERS)
    ]
    return [text[start:end] for start, end in pairwise([0, *cuts, len(text)])] if cuts else [text]


def _replace(parts: list[Part], source: str, target: str) -> None:
    count = min(len(source), len(target))
    parts += [(char, 1) for char in target[:count]] + [(char, 0) for char in target[count:]]
    left = len(source) - len(target)
    if left > 0 and parts:
        char, takes = parts[-1]
        parts[-1] = char, takes + left
