"""Files of text that is no JSON: ranks, merges, word lists, templates, and what servers answer."""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Callable
from typing import Final

from parity.detect.found import BOM_ADVICE, Detected, specs
from parity.detect.reading import Content

POINTER: Final = re.compile(
    rb"version https?://[^\n]{1,200}\n(?:[a-z0-9.-]+ [^\n]*\n){0,9}?oid sha256:([0-9a-f]{64})\n"
    rb"size (\d{1,20})\n?"
)
"""A pointer file of Git LFS, by its specification: `version` first, then keys in order."""
POINTER_SIZE: Final = 1024
"""Bytes that a pointer file may have, by the same."""
UTF16: Final = {codecs.BOM_UTF16_LE: "little-endian", codecs.BOM_UTF16_BE: "big-endian"}
PAGE: Final = re.compile(
    rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL
)
TITLE: Final = re.compile(rb"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)
XML: Final = re.compile(rb"\s*<\?xml\b")
ANSWERS: Final = (
    b"entry not found", b"repository not found", b"revision not found", b"not found",
    b"404: not found", b"404 not found", b"invalid username or password", b"unauthorized",
    b"forbidden", b"access to model", b"internal server error", b"invalid credentials",
)  # fmt: skip
"""How the one line begins that servers of files send with a status that nobody looked at."""
LINE: Final = 200
"""Bytes that such a line has at most."""
RANK: Final = re.compile(rb"([A-Za-z0-9+/]+={0,2}) (\d{1,9})\r?")
MERGE: Final = re.compile(rb"[^\s]+ [^\s]+\r?")
UNKNOWNS: Final = frozenset((b"[UNK]", b"[PAD]", b"[CLS]"))
CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
"""What no text has: ASCII's control characters, but for those of lines, pages and colours."""
CODE: Final = re.compile(
    rb"^(?:import |from \S+ import |def |class |```|#!|#include)", re.MULTILINE
)
"""Lines of programs and documents, which have templates in them and are none."""
STATEMENT: Final = re.compile(rb"\{%-?\s*(?:for|if|set|macro|generation|elif|else|end\w+)\b")
EXPRESSION: Final = re.compile(rb"\{\{.*?\}\}", re.DOTALL)


def pointer(content: Content) -> Detected | None:
    """Judge a Git LFS pointer, which stands where the large file should be."""
    found = POINTER.fullmatch(content.text) if content.size <= POINTER_SIZE else None
    if not found:
        return None
    told = f"a pointer to {int(found[2]):,} bytes with the SHA-256 {found[1].decode()}"
    return Detected(str(content.path), "lfs_pointer", told)


def utf16(content: Content) -> Detected | None:
    """Judge text in UTF-16, by its BOM, or by a NUL in every other byte."""
    order = UTF16.get(content.head[:2])
    if order:
        return Detected(str(content.path), "utf16", f"the BOM of UTF-16, {order}")
    some = content.head[:64]
    for start, order in ((1, "little-endian"), (0, "big-endian")):
        nul, other = some[start::2], some[1 - start :: 2]
        if nul and not nul.strip(b"\0") and other and b"\0" not in other:
            told = f"no BOM, and a NUL in every other byte, as UTF-16 has them, {order}"
            return Detected(str(content.path), "utf16", told)
    return None


def markup(content: Content) -> Detected | None:
    """Judge a web page or an XML document, which were saved in the place of a file."""
    path = str(content.path)
    if PAGE.match(content.text):
        title = TITLE.search(content.text)
        named = f"; its title is {title[1].decode('utf-8', 'replace').strip()!r}" if title else ""
        return Detected(path, "web_page", f"it begins as HTML does{named}")
    if XML.match(content.text):
        return Detected(path, "xml", "it begins <?xml")
    return None


def answer(content: Content) -> Detected | None:
    """Judge the one line that a server sends where it has no file."""
    line = content.text.strip()
    if not line or len(line) > LINE or not line.lower().startswith(ANSWERS):
        return None
    told = f"nothing but {line.decode('utf-8', 'replace')!r}"
    return Detected(str(content.path), "server_answer", told)


def ranks(content: Content) -> Detected | None:
    """Judge a rank file of tiktoken: lines of a token in base64 and its rank, from low to high."""
    rows = [line for line in content.lines if line.strip()]
    found = [RANK.fullmatch(line) for line in rows]
    whole = found[:-1] if content.is_all and found and not found[-1] else found
    if not whole or not all(whole):
        return None
    numbers = [int(row[2]) for row in whole if row]
    if any(_base64(row[1]) is None for row in whole if row) or numbers != sorted(set(numbers)):
        return None
    last = content.at(max(0, content.size - LINE), LINE).split(b"\n")[-2:]
    ended = last[-1] if last[-1].strip() else last[0]
    end = RANK.fullmatch(ended)
    path = str(content.path)
    told = f"lines of base64 and a rank, from {numbers[0]:,}"
    if end is None or _base64(end[1]) is None:
        return Detected(path, "tiktoken_ranks", told, (), ("its last line is cut off",))
    warnings = (BOM_ADVICE,) if content.bom else ("no rank file has its pattern and specials",)
    named = () if content.bom else (f"tiktoken:{path},pattern=REGEX,specials=FILE",)
    return Detected(path, "tiktoken_ranks", f"{told} to {int(end[2]):,}", named, warnings)


def _base64(text: bytes) -> bytes | None:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return None


def merges(content: Content) -> Detected | None:
    """Judge a merges.txt: a line of its version, or none, then two tokens a line."""
    rows = [line for line in content.lines if line.strip()]
    headed = bool(rows) and rows[0].startswith(b"#version")
    rows = rows[1:] if headed else rows
    if not rows or not all(MERGE.fullmatch(line) for line in rows):
        return None
    if not headed and not _build_on_each_other(rows):
        return None
    told = f"{'a line #version, then ' if headed else ''}two tokens a line"
    warnings = (BOM_ADVICE,) if content.bom else ()
    return Detected(str(content.path), "merges_txt", told, (), warnings)


def _build_on_each_other(rows: list[bytes]) -> bool:
    """Say whether what a line joins is joined further by a later one, as no list of words does."""
    joined: set[bytes] = set()
    for row in rows:
        parts = row.split()
        if joined & set(parts):
            return True
        joined.add(b"".join(parts))
    return False


def words(content: Content) -> Detected | None:
    """Judge a vocab.txt: a token a line, [UNK] among them or some that begin with ##."""
    rows = [line.rstrip(b"\r") for line in content.lines]
    continued = sum(line.startswith(b"##") and b" " not in line for line in rows)
    special = sorted(UNKNOWNS & set(rows))
    if not special or any(b" " in line for line in rows[:-1]):
        return None
    told = f"a token a line, {b', '.join(special).decode()} among them; {continued:,} begin with ##"
    warnings = (BOM_ADVICE,) if content.bom else ()
    return Detected(str(content.path), "vocab_txt", told, (), warnings)


def template(content: Content) -> Detected | None:
    """Judge a chat template: text with statements of Jinja, or an expression with messages."""
    if b"\0" in content.text or CODE.search(content.text):
        return None
    found = STATEMENT.search(content.text)
    expressions = EXPRESSION.findall(content.text)
    if not found and not any(b"message" in one for one in expressions):
        return None
    which = found[0].decode() if found else "{{"
    named = "messages" if b"messages" in content.text else "no messages"
    told = f"text with Jinja in it, such as {which!r}; {named} named"
    path = content.path
    if path.suffix == ".json":
        return Detected(
            str(path), "chat_template", told, (), ("a template is no .json: rename it",)
        )
    warnings = ("its first character is a BOM, which is rendered",) if content.bom else ()
    return Detected(str(path), "chat_template", told, specs(path, "jinja"), warnings)


def anything(content: Content) -> Detected:
    """Judge what is left: text, or bytes."""
    path = str(content.path)
    first = content.head[:16]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content.text, content.is_all)
    except UnicodeDecodeError as error:
        return Detected(path, "binary", f"no UTF-8 at byte {error.start}; it begins {first!r}")
    if CONTROLS.search(content.text):
        return Detected(path, "binary", f"it has control characters; it begins {first!r}")
    return Detected(path, "text", f"UTF-8; it begins {first.decode('utf-8', 'ignore')!r}")


JUDGES: Final[tuple[Callable[[Content], Detected | None], ...]] = (
    pointer, utf16, markup, answer, ranks, merges, words, template,
)  # fmt: skip
