"""The GPT-2 byte alphabet: a printable character for each of the 256 bytes.

Theory. BPE vocabularies are lists of strings, so bytes are spelt as characters. The bytes that
Latin-1 prints (0x21-0x7E, 0xA1-0xAC, 0xAE-0xFF) stand for themselves; the other 68, in order, are
U+0100 and up, which makes the space U+0120, the well-known Ġ.

Origin: openai/gpt-2, `bytes_to_unicode` in src/encoder.py; here from its description.
"""

from __future__ import annotations

from typing import Final


def _alphabet() -> list[str]:
    printed = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printed else next(others)) for byte in range(256)]


BYTE_TO_CHAR: Final = _alphabet()
"""The character of each byte: `BYTE_TO_CHAR[0x20]` is 'Ġ'."""

CHAR_TO_BYTE: Final = {char: byte for byte, char in enumerate(BYTE_TO_CHAR)}
"""The byte of each of the 256 characters."""
