"""One line for a shell that shows an example again: it can be pasted, whatever is in it.

A text goes as `tokparity explain --text`, in the quotes of bash and zsh that know escapes, as bytes
of UTF-8: so it does not depend on a locale. What no argument can hold (ids, a NUL, half a
surrogate pair, several cases in one call) goes by a file beside: `printf ... > case.jsonl`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from parity import corpus, jsonl
from parity.types import SPECIALS, Case

FILE: Final = "case.jsonl"
EXPLAINED: Final = frozenset({"ids", "offsets"})


def line(check: str, cases: Sequence[Case], reference: str, candidate: str) -> str:
    """Return the line; cases: what has to be asked in one call, mostly one.

    >>> line("ids", [Case("", "text", "a  b")], "hf:a", "tiktoken:a")
    "tokparity explain --text 'a  b' --reference hf:a --candidate tiktoken:a"
    """
    sides = f"--reference {shlex.quote(reference)} --candidate {shlex.quote(candidate)}"
    case = cases[0]
    if check in EXPLAINED and len(cases) == 1 and _speakable(case):
        mode = case.options.get("specials", SPECIALS[0])
        said = "" if mode == SPECIALS[0] else f" --specials {mode}"
        return f"tokparity explain --text {quoted(case.payload)}{said} {sides}"
    rows = " ".join(shlex.quote(_row(one, place)) for place, one in enumerate(cases))
    written = f"printf '%s\\n' {rows} > {FILE}"
    return f"{written} && tokparity run --corpus {FILE} --checks {check} {sides}"


def quoted(text: str) -> str:
    r"""Return a text as a word of bash.

    >>> print(quoted("it's\n"), quoted("plain"))
    $'it\'s\x0a' plain
    """
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(map(_spelt, text.encode())) + "'"


def _spelt(byte: int) -> str:
    char = chr(byte)
    if char in "'\\":
        return f"\\{char}"
    return char if char.isascii() and char.isprintable() else f"\\x{byte:02x}"


def _speakable(case: Case) -> bool:
    if case.kind != "text" or "\0" in case.payload:
        return False
    try:
        case.payload.encode()
    except UnicodeEncodeError:
        return False
    return set(case.options) <= {"specials"}


def _row(case: Case, place: int) -> str:
    kept = {name: value for name, value in case.options.items() if name in corpus.OPTIONS}
    bare = Case("", case.kind, case.payload, kept)
    return jsonl.dump(corpus.as_line(bare, f"matrix/case{place}"))
