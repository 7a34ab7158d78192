"""Signatures: 32 bytes that are equal exactly when two observations are.

Ours, version 1, is SHA-256 over this layout, the same on every platform, integers little-endian:

    b"tokparity" 0x00 b"1" 0x00  check name in ASCII  0x00  value

    value is one tag byte, then                               for
        I  count u64, then each item as i64                   a list of integers by value
                                                              (empty lists too; in it, True is 1)
        J  length u64, then the digits in ASCII               any other integer
        T  length in bytes u64, then UTF-8 (surrogates kept)  a string
        B  length u64, then the bytes                         bytes
        L  count u64, then each item as a value               any other list or tuple
        M  count u64, then key and value, by key              a mapping
        N  nothing                                            None
        0, 1  nothing                                         False, True
        E  as T                                               a failure: its kind

The check's name is part of it, so that the ids of one check cannot stand for those of another.

`of_id_lists` is a second signature, for a whole list of id lists, as other parity tools compute it:
SHA-256 over each list's length (u32) and its ids (i32), without a count, a version or a name.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from parity.packed import PackedIds, pack
from parity.types import Observation

VERSION: Final = 1
_LENGTH: Final = struct.Struct("<cQ")


def sign(check: str, observation: Observation) -> str:
    """Return the signature of what was seen, as 64 hexadecimal digits.

    >>> sign("ids", Observation([1, 2, 3]))[:16]
    '9759559c10d2234d'
    >>> sign("ids", Observation([1, 2, 3])) == sign("ids_batched", Observation([1, 2, 3]))
    False
    """
    if observation.signature is not None:
        return observation.signature
    return _digest(prefix(check), observation)


def sign_all(check: str, observations: Iterable[Observation]) -> list[str]:
    """Return the signature of each observation."""
    start = prefix(check)
    if isinstance(observations, PackedIds):
        return _sign_packed(start, observations.packed)
    return [seen.signature or _digest(start, seen) for seen in observations]


def prefix(check: str) -> bytes:
    """Return the bytes that every signature of a check starts from."""
    return b"tokparity\0%d\0%s\0" % (VERSION, check.encode("ascii"))


def canonical(value: Any) -> bytes:
    r"""Return the value's bytes in the layout above. Raises TypeError for what it does not name.

    >>> canonical("a")
    b'T\x01\x00\x00\x00\x00\x00\x00\x00a'
    """
    kind = type(value)
    if kind is list or kind is tuple:
        return _list(value)
    if kind is str:
        return _sized(b"T", value.encode("utf-8", "surrogatepass"))
    if kind is bytes:
        return _sized(b"B", value)
    if kind is int:
        return _sized(b"J", b"%d" % value)
    if value is None or kind is bool:
        return {None: b"N", False: b"0", True: b"1"}[value]
    if isinstance(value, Mapping):
        items = sorted((canonical(key), canonical(item)) for key, item in value.items())
        return _LENGTH.pack(b"M", len(items)) + b"".join(key + item for key, item in items)
    raise TypeError(f"a signature covers plain data, not {kind.__name__}")


def of_id_lists(lists: Sequence[Sequence[int]]) -> str:
    """Return the seeds-compatible signature of a list of id lists.

    >>> of_id_lists([])[:16], of_id_lists([[1, 2], [3]])[:16]
    ('e3b0c44298fc1c14', 'da72f95aa502d5fd')
    """
    digest = hashlib.sha256()
    for ids in lists:
        digest.update(struct.pack(f"<I{len(ids)}i", len(ids), *ids))
    return digest.hexdigest()


def _sign_packed(start: bytes, batch: Iterable[bytes]) -> list[str]:
    begun = hashlib.sha256(start)
    signatures = []
    for packed in batch:
        digest = begun.copy()
        digest.update(_LENGTH.pack(b"I", len(packed) // 8) + packed)
        signatures.append(digest.hexdigest())
    return signatures


def _digest(start: bytes, seen: Observation) -> str:
    if seen.failure is not None:
        body = _sized(b"E", seen.failure.kind.encode("utf-8", "surrogatepass"))
    else:
        body = canonical(seen.value)
    return hashlib.sha256(start + body).hexdigest()


def _list(items: list[Any] | tuple[Any, ...]) -> bytes:
    try:
        packed = pack(items)
    except (TypeError, OverflowError):
        return _LENGTH.pack(b"L", len(items)) + b"".join(map(canonical, items))
    return _LENGTH.pack(b"I", len(items)) + packed


def _sized(tag: bytes, data: bytes) -> bytes:
    return _LENGTH.pack(tag, len(data)) + data
