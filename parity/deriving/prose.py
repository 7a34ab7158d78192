"""Text that people wrote: the Universal Declaration in 532 translations, and names of CLDR."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any, Final

from parity.deriving.rows import Family, Files, Row

_PARAGRAPHS: Final = 34
"""Of each translation at most; 532 translations."""
_ANNOTATIONS: Final = 20
"""Of each locale at most."""
_NAMES: Final = 5


class _Paragraphs(HTMLParser):
    """The text of each `p` and `li`, with white space as a browser shows it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._inside = tag in ("p", "li")
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "li"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def udhr(files: Files) -> Iterator[Row]:
    """Yield the first paragraphs of each translation that no translation before it has."""
    seen: set[str] = set()
    for path, content in files.items():
        parser = _Paragraphs()
        parser.feed(content.decode("utf-8"))
        code = PurePosixPath(path).stem
        taken = 0
        for number, paragraph in enumerate(parser.found, 1):
            text = re.sub(r"[ \t\r\n]+", " ", paragraph).strip(" ")
            if text and text not in seen and taken < _PARAGRAPHS:
                seen.add(text)
                taken += 1
                place = f"declaration/{code}.html#p{number}"
                yield Row(code.lower(), text, ("prose.parallel",), place)


def keywords(files: Files) -> Iterator[Row]:
    """Yield names and keywords of emoji, of each locale."""
    for locale, place, content in _locales(files):
        found = content["annotations"].get("annotations", {})
        texts = (text for entry in found.values() for kind in entry.values() for text in kind)
        yield from _sampled(locale, place, texts, _ANNOTATIONS)


def place_names(files: Files) -> Iterator[Row]:
    """Yield names of languages, scripts and territories, of each locale."""
    for locale, place, content in _locales(files):
        display = content["main"][locale].get("localeDisplayNames", {})
        texts = (text for kind in display.values() for text in kind.values())
        yield from _sampled(locale, place, texts, _NAMES)


def _locales(files: Files) -> Iterator[tuple[str, str, Any]]:
    for path, content in files.items():
        parts = PurePosixPath(path).parts
        yield parts[-2], "/".join(parts[1:]), json.loads(content)


def _sampled(locale: str, place: str, texts: Iterable[str], most: int) -> Iterator[Row]:
    """Yield evenly spaced texts: the first ones of each locale speak of the same few things."""
    distinct = list(dict.fromkeys(texts))
    step = max(1, len(distinct) // most)
    for number in range(0, len(distinct), step)[:most]:
        trap = locale.lower()
        yield Row(trap, distinct[number], ("prose.names",), f"{place}#{number}")


UDHR: Final = Family(udhr, ("prose.parallel",), "udhr", committed=False)
ANNOTATIONS: Final = Family(keywords, ("prose.names",), "cldr-annotations-full", committed=False)
NAMES: Final = Family(place_names, ("prose.names",), "cldr-localenames-full", committed=False)
