"""Causes in the year of a side's tables of Unicode: one side knows what is younger, the other not.

Theory. A library compiles in the tables of its year. What was assigned later is a letter, a number
or punctuation to one side and nothing to the other, so a text is cut otherwise beside it; or it is
composed, sorted or taken out by one side alone. Then it is neither the character nor the place that
matters, but the year: of old characters both sides read the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from typing import Final

from parity.alphabets import NONCHARACTERS, ages, categories, category, category_of, spread
from parity.causes.forms import NORMAL_FORMS, TRAPS, form, normalized
from parity.causes.question import NEUTRAL, OTHER, Question
from parity.seeing import observe

Alike = Callable[[str], bool]

FACTS: Final = ("unicode patterns", "unicode normalization")
"""What a side may state in its fingerprint: the version of its tables."""
OLD: Final = 3
"""Old characters that stand in for a young one, at most."""
OTHERS: Final = 8
"""Other characters of the same years and category that are tried, at most."""


def unicode_tables(question: Question) -> bool:
    """Say whether one side has newer tables than the other, and they show in this text."""
    return _read(question) or _known(question)


def _read(question: Question) -> bool:
    """Say whether one side reads another form of the text, and of old characters the same.

    A normal form, or marks and format characters that are taken out where they are young. That an
    added token is found in the normal form alone says nothing of tables.
    """
    if _hides_added(question):
        return False
    young = any(_version(char) for char in question.text)
    names = ("normal-form", *(("accents", "invisible") if young else ()))
    return any(
        form(question, name, apart=False)
        and all(question.asked.alike(text, question.mode) for text in TRAPS[name])
        for name in names
    )


def _hides_added(question: Question) -> bool:
    """Say whether a normal form of the text has an added token that the text has not."""
    text = question.text
    made = [normalized(form, text) for form in NORMAL_FORMS]
    contents = {one.content for added in question.asked.added.values() for one in added.values()}
    return any(content and content not in text and any(content in one for one in made)
               for content in contents)  # fmt: skip


def _known(question: Question) -> bool:
    """Say whether one side knows a character of the text that the other takes for nothing.

    Both agree where each such character is an old one of the same general category, and where it is
    one that no table has; and they differ where it is another one of the same years and category.
    """
    if question.ids is None or not all(map(_alike(question), NEUTRAL)):
        return False
    years = _years(question)
    young = [char for char in dict.fromkeys(question.text) if _version(char) in years]
    return any(_tells(question, char, [one for one in young if one != char], years)
               for char in young)  # fmt: skip


def _tells(question: Question, char: str, rest: Sequence[str], years: Collection[str]) -> bool:
    """Say whether it is the age of a character that both sides differ by; `rest` become old."""
    alike, text = _alike(question), question.text
    for one in rest:
        text = text.replace(one, next(iter(_old(one)), ""))
    old, unknown = _old(char), _unassigned(len(char.encode()))
    same = [text.replace(char, one) for one in (*old, *unknown)]
    if not old or alike(text) or not all(map(alike, same)):
        return False
    others = _others(char, years)
    differ = sum(not alike(text.replace(char, one)) for one in others)
    return differ >= min(2, len(others)) > 0


def _alike(question: Question) -> Alike:
    return lambda text: question.asked.alike(text, question.mode)


def _years(question: Question) -> set[str]:
    """Return the versions that one side's tables have and the other's have not.

    As both state them; where they state no difference, those that the text has characters of.
    """
    stated = [_stated(question, side) for side in OTHER]
    found = set()
    for fact in FACTS:
        old, new = sorted(int(facts.get(fact, "0")) for facts in stated)
        found |= {name for name in ages() if old and old < int(name.partition(".")[0]) <= new}
    return found or set(map(_version, question.text)) - {""}


def _stated(question: Question, side: str) -> dict[str, str]:
    seen = observe(question.asked.sides[side].identity)
    if seen.failure:
        return {}
    taken = seen.value.taken or {}
    facts = taken.get("facts", seen.value.facts)
    return {fact: facts[fact] for fact in FACTS if str(facts.get(fact, "")).isdecimal()}


@cache
def _version(char: str) -> str:
    """Return the version of Unicode, from 11 on, that assigned or changed a character, or ""."""
    return next(
        (
            name
            for name, ranges in ages().items()
            if any(first <= ord(char) <= last for first, last in ranges)
        ),
        "",
    )


@cache
def _old(char: str) -> tuple[str, ...]:
    """Return old characters of the same category, of as many bytes where there are some."""
    old = [one for one in category(category_of(char)) if not _version(one)]
    alike = [one for one in old if len(one.encode()) == len(char.encode())] or old
    return tuple(alike[:: max(len(alike) // OLD, 1)][:OLD])


@cache
def _unassigned(size: int) -> tuple[str, ...]:
    """Return characters of so many bytes that no version of Unicode has yet."""
    chars = spread(categories()["Cn"], most=2)
    fits = [one for one in chars if len(one.encode()) == size and one not in NONCHARACTERS]
    return tuple(fits[:1])


def _others(char: str, years: Collection[str]) -> list[str]:
    """Return other characters of the same category, assigned in one of the same years."""
    kind = category_of(char)
    found = [one for one in _of(years) if one != char and category_of(one) == kind]
    return found[:: max(len(found) // OTHERS, 1)][:OTHERS]


def _of(years: Collection[str]) -> Iterator[str]:
    for name in sorted(years):
        yield from spread(ages()[name])
