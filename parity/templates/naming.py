"""The name of what a smallest template shows: which construct two engines read differently.

Rule. Of a value that both print, the two texts tell: the same value spelt otherwise is `print:` or
`json:`, whatever made it. Else a name is given only where one construct that is not plain is left
(plain: names, literals, outputs, `if`, `for`, `set`, comparisons), or where none is and one plain
one is. A macro's tag and calls are no construct of their own beside its `varargs`. Where several
are left nothing is named, for it would be a guess.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, Final

from parity.templates import blocks, json_texts
from parity.templates.constructs import named
from parity.templates.tokens import joined, scan

UNCLASSIFIED: Final = "unclassified"
ABOUT: Final[Mapping[str, str]] = {
    "filter": "a filter that gives another value, or is not known",
    "test": "a test (`is ...`) that answers otherwise, or is not known",
    "method": "a method of a value that gives another value, or is not known",
    "tag": "a tag that does something else, or is not known",
    "operator": "an operator that gives another value",
    "literal": "a literal that is read otherwise",
    "function": "a function that gives another value, or is not known",
    "loop": "what a loop tells about itself",
    "macro": "what a macro is given beyond its arguments",
    "subscript": "an item or a slice of a value",
    "attribute": "a key that has the name of a method",
    "whitespace": "line endings, and white space around tags",
    "escape": "text that is escaped for HTML",
    "print": "a value of this type that is printed otherwise",
    "json": "a value that `tojson` writes otherwise",
    UNCLASSIFIED: "several constructs are left, and nothing tells which it is",
}
"""What a name says, by what stands before its colon."""
MARKUP: Final = frozenset({"filter:safe", "filter:escape", "filter:e", "filter:forceescape"})
TYPES: Final[Mapping[type, str]] = {
    bool: "bool", int: "integer", float: "float", str: "string", list: "list", dict: "dict",
    tuple: "tuple", type(None): "none",
}  # fmt: skip
MISSING: Final = object()


def construct(
    source: str, variables: Mapping[str, Any], reference: str | None, candidate: str | None
) -> str:
    """Return the name of what a smallest template shows, or `unclassified`.

    reference, candidate: what the two sides rendered; None where one failed.

    >>> construct("{{ 'x'|int }}", {}, "0", None)
    'filter:int'
    >>> construct("{{ x }}", {"x": 1e16}, "1e+16", "10000000000000000.0")
    'print:float'
    """
    left, plain = named(source)
    if any(name.startswith("macro:") for name in left):
        left = frozenset(name for name in left if name.startswith("macro:"))
    texts = (reference, candidate)
    value = _printed(source, variables)
    spelt = _spelt(value, *texts)
    if spelt:
        return spelt
    if (left & MARKUP or not left) and _escaped(*texts):
        return "escape"
    if left == {"filter:tojson"}:
        return _json(source, variables, *texts)
    if len(left or plain) == 1:
        return next(iter(left or plain))
    if left or plain:
        return UNCLASSIFIED
    kind = _type(value)
    return f"print:{kind}" if kind else _of_space(*texts)


def _escaped(reference: str | None, candidate: str | None) -> bool:
    """Say whether the texts are the same but for what stands for `<`, `&`, quotes in HTML."""
    both = reference is not None and candidate is not None and reference != candidate
    return both and html.unescape(reference or "") == html.unescape(candidate or "")


def _of_space(reference: str | None, candidate: str | None) -> str:
    if reference is None or candidate is None or reference.split() != candidate.split():
        return UNCLASSIFIED
    return "whitespace"


def _expression(source: str) -> str:
    """Return the expression of a template that is one output and nothing else, or nothing."""
    parts = list(blocks.parts(scan(source)))
    outputs = [part for part in parts if part[0].text[:2] == "{{"]
    return joined(outputs[0][1:-1]).strip() if len(parts) == len(outputs) == 1 else ""


def _evaluated(expression: str, variables: Mapping[str, Any]) -> Any:
    from parity.templates import reading  # noqa: PLC0415 (jinja2 is there where this is asked)

    try:
        return reading.evaluate(expression, variables) if expression else MISSING
    except reading.Unreadable:
        return MISSING


def _printed(source: str, variables: Mapping[str, Any]) -> Any:
    return _evaluated(_expression(source), variables)


def _type(value: Any) -> str:
    """Return the name of the type of a value; nothing where there is none to name."""
    return "" if value is MISSING else TYPES.get(type(value), str(type(value).__name__).lower())


def _spelt(value: Any, reference: str | None, candidate: str | None) -> str:
    """Return `print:...` where both texts are the same value, spelt otherwise."""
    if reference is None or candidate is None or isinstance(value, str):
        return ""
    kind = _type(value)
    if isinstance(value, bool) and reference.lower() == candidate.lower() == str(value).lower():
        return "print:bool"
    if value is None and {reference, candidate} <= {"None", "none", "null", ""}:
        return "print:none"
    numbers = json_texts.number(reference), json_texts.number(candidate)
    same = isinstance(value, float) and numbers[0] is not None and numbers[0] == numbers[1]
    return f"print:{kind}" if same else ""


def _json(
    source: str, variables: Mapping[str, Any], reference: str | None, candidate: str | None
) -> str:
    """Return what of a value is written otherwise by `tojson`, the one construct that is left."""
    expression = _expression(source)
    head, _, call = expression.rpartition("|")
    from parity.templates import reading  # noqa: PLC0415

    if head and _evaluated(head, variables) is reading.UNDEFINED:
        return "json:undefined"
    if reference is None or candidate is None:
        asked = [name for word, name in json_texts.ARGUMENTS.items() if word in call]
        return asked[0] if len(asked) == 1 else "filter:tojson"
    return json_texts.difference(reference, candidate) or "filter:tojson"
