"""Where a rendered text comes from: the line and expression of the template, the key of the data.

Theory. The template is rendered again with a mark around what each literal text and each output
emits, and the data with a mark around each text in them. What is between two marks comes from
there, and is believed only where the text without the marks is the original one, to the last
character: so a mark that a template looked at, cut or escaped proves nothing, and is left out.
A number or bool is changed into another, and believed where the new text is the old one with
nothing but that exchanged. Keys and None are not looked for.

What is not proved is told (`unproved`), as is what was not looked at because there is a limit.
Marks are characters of the last two private planes, which no text here may have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from parity.templates import blocks, leaves, reading
from parity.templates.leaves import Path
from parity.templates.tokens import joined, scan

NODES: Final = 2000
LEAVES: Final = 500
RENDERS: Final = 400
"""Parts of a template, leaves of the data and renders that are looked at, at most."""
OPEN: Final = 0xF0000
CLOSE: Final = 0x100000
_MARK: Final = re.compile(r"[\U000F0000-\U0010FFFF]")


class Span(NamedTuple):
    """A range of the rendered text, half-open, in code points, and what it comes from.

    line: of the template, or None for data whose place there is not known.
    expression: the source of an output; empty for literal text and for data.
    path: of the data that it shows, such as `tools[0].name`; empty for a part of the template.
    """

    start: int
    end: int
    line: int | None = None
    expression: str = ""
    path: str = ""


class Traced(NamedTuple):
    """A rendered text and where it comes from.

    unproved: lines (`line 3`) and paths of which nothing is shown for certain.
    left_out: how many parts and leaves were not looked at, because there is a limit.
    """

    text: str
    spans: tuple[Span, ...]
    unproved: tuple[str, ...] = ()
    left_out: int = 0


Marked = Callable[[Sequence[int]], str]
"""Renders with marks at the things of these numbers. Raises Unreadable."""


def trace(source: str, variables: Mapping[str, Any]) -> Traced:
    """Return the text of a template, and what its parts come from. Raises reading.Unreadable.

    >>> [words(span) for span in trace("{{ 'a' }}{{ x.y }}", {"x": {"y": "b"}}).spans]
    ["template line 1, {{ 'a' }}", 'template line 1, {{ x.y }}', 'x.y']
    """
    text = reading.render(source, variables)
    if _MARK.search(source) or _MARK.search(text) or _MARK.search(repr(variables)):
        return Traced(text, (), ("marks stand in the text",))
    search = _Search(text)
    parts = _parts(source)
    spans, unproved = [], []
    for found, number in search.marked(
        range(min(len(parts), NODES)), _in_template(source, variables)
    ):
        spans.append(found._replace(line=parts[number][0], expression=parts[number][1]))
    unproved += [f"line {parts[number][0]}" for number in search.lost]
    known = list(leaves.leaves(variables))
    texts = [place for place, (_, leaf) in enumerate(known[:LEAVES]) if isinstance(leaf, str)]
    for found, number in search.marked(texts, _in_data(source, variables, known)):
        spans.append(found._replace(path=leaves.written(known[number][0])))
    unproved += [leaves.written(known[number][0]) for number in search.lost]
    for path, leaf in known[:LEAVES]:
        ranges = [] if isinstance(leaf, str) else search.changed(source, variables, path, leaf)
        spans += [Span(*one, path=leaves.written(path)) for one in ranges]
        unproved += [] if ranges or isinstance(leaf, str) else [leaves.written(path)]
    left_out = max(len(parts) - NODES, 0) + max(len(known) - LEAVES, 0)
    ordered = tuple(
        sorted(dict.fromkeys(spans), key=lambda one: (one.start, -one.end, bool(one.path)))
    )
    return Traced(text, ordered, tuple(dict.fromkeys(unproved)), left_out)


def at(traced: Traced, place: int) -> Span | None:
    """Return the smallest range that a place of the text is in; data before template."""
    there = [span for span in traced.spans if span.start <= place < span.end]
    inner = reversed(there)
    return min(inner, key=lambda span: (span.end - span.start, not span.path), default=None)


def told(traced: Traced, place: int) -> str:
    r"""Say where a place of the text comes from, by template and by data.

    >>> told(trace("a\n{{ x|upper }}{{ y }}", {"x": "b", "y": "c"}), 3)
    'template line 2, {{ y }}: y'
    """
    there = [span for span in traced.spans if span.start <= place < span.end]
    smallest = {
        bool(span.path): words(span)
        for span in sorted(there, key=lambda span: span.start - span.end)
    }
    said = [smallest[kind] for kind in (False, True) if kind in smallest]
    return ": ".join(said) or "not traced"


def words(span: Span) -> str:
    """Say what a range comes from."""
    if span.path:
        return span.path
    return f"template line {span.line}, " + (
        f"{{{{ {span.expression} }}}}" if span.expression else "literal text"
    )


class _Search:
    """Renders with marks, as few as will do; lost: the numbers whose marks proved nothing."""

    def __init__(self, text: str) -> None:
        self.text, self.made = text, 0
        self.lost: list[int] = []

    def marked(self, numbers: Sequence[int], render: Marked) -> list[tuple[Span, int]]:
        """Return the ranges between the marks of all that can be marked together."""
        self.lost = []
        kept = self._fitting([], list(numbers), render)
        try:
            return _between(render(kept)) if kept else []
        except reading.Unreadable:  # pragma: no cover (it rendered a moment ago)
            return []

    def _fitting(self, kept: list[int], more: list[int], render: Marked) -> list[int]:
        if not more:
            return kept
        if self.made < RENDERS and self._is_text(render, [*kept, *more]):
            return [*kept, *more]
        if len(more) == 1 or self.made >= RENDERS:
            self.lost += more
            return kept
        half = len(more) // 2
        return self._fitting(self._fitting(kept, more[:half], render), more[half:], render)

    def _is_text(self, render: Marked, numbers: Sequence[int]) -> bool:
        self.made += 1
        try:
            made = render(numbers)
        except reading.Unreadable:
            return False
        return _MARK.sub("", made) == self.text and _balanced(made)

    def changed(
        self, source: str, variables: Mapping[str, Any], path: Path, leaf: Any
    ) -> list[tuple[int, int]]:
        """Return where a number or bool is, if another in its place changes nothing else."""
        if self.made >= RENDERS or not isinstance(leaf, int | float):
            return []
        self.made += 1
        other = not leaf if isinstance(leaf, bool) else _other(leaf, self.text)
        try:
            made = reading.render(source, leaves.replaced(variables, {path: other}))
        except reading.Unreadable:
            return []
        for old, new in ((str(leaf), str(other)), (str(leaf).lower(), str(other).lower())):
            if new in made and new not in self.text and made.replace(new, old) == self.text:
                starts = [found.start() for found in re.finditer(re.escape(new), made)]
                moved = len(old) - len(new)
                begins = [start + count * moved for count, start in enumerate(starts)]
                return [(start, start + len(old)) for start in begins]
        return []


def _other(leaf: float, text: str) -> float:
    """Return a number of the same type that a text does not have."""
    kind = type(leaf)
    made = kind(73537) if kind is int else kind(73537.25)
    while str(made) in text:
        made += kind(1000)
    return made


def _balanced(made: str) -> bool:
    """Say whether each mark that opens is closed, the last one first."""
    open_: list[int] = []
    for mark in _MARK.findall(made):
        code = ord(mark)
        if code < CLOSE:
            open_.append(code - OPEN)
        elif not open_ or open_.pop() != code - CLOSE:
            return False
    return not open_


def _between(made: str) -> list[tuple[Span, int]]:
    """Return the ranges between marks, of the text without them; empty ones are not told."""
    spans: list[tuple[Span, int]] = []
    open_: list[int] = []
    place = 0
    for character in made:
        code = ord(character)
        if code >= CLOSE:
            start = open_.pop()
            if start < place:
                spans.append((Span(start, place), code - CLOSE))
        elif code >= OPEN:
            open_.append(place)
        else:
            place += 1
    return spans[::-1]  # what is around another comes before it


def _parts(source: str) -> list[tuple[int, str]]:
    """Return the line and expression of what a template emits, in order; literal text has none."""
    outputs = [
        joined(part[1:-1]).strip()
        for part in blocks.parts(scan(source))
        if part[0].text[:2] == "{{"
    ]
    emitted = reading.emitted(source)
    count = sum(1 for _, literal in emitted if not literal)
    known = iter(outputs if len(outputs) == count else ["..."] * count)
    return [(line, "" if literal else next(known)) for line, literal in emitted]


def _in_template(source: str, variables: Mapping[str, Any]) -> Marked:
    def render(numbers: Sequence[int]) -> str:
        marks = {number: (chr(OPEN + number), chr(CLOSE + number)) for number in numbers}
        return reading.render(reading.wrapped(source, marks), variables)

    return render


def _in_data(
    source: str, variables: Mapping[str, Any], known: Sequence[tuple[Path, str]]
) -> Marked:
    def render(numbers: Sequence[int]) -> str:
        changes = {known[number][0]: _around(known[number][1], number) for number in numbers}
        return reading.render(source, leaves.replaced(variables, changes))

    return render


def _around(text: str, number: int) -> str:
    """Return a text with marks, within its white space, so that it may be trimmed."""
    core = text.strip()
    start = text.find(core)
    end = start + len(core)
    return f"{text[:start]}{chr(OPEN + number)}{core}{chr(CLOSE + number)}{text[end:]}"
