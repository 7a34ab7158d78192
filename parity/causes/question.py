"""A divergence and both sides of it, ready to be asked; and what a proposed cause must foretell.

A cause is never read off one answer. It is a *model* of one side: "it answers what the other side
answers for the same text in lower case". The model must foretell the answer of that side on the
text, on the text among neighbours, and on other texts that have the same trap. One wrong forecast
and the cause is not named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

from parity.asking import Asked, encoded
from parity.compare import Comparison
from parity.types import Failure, Specials

Ids = tuple[int, ...]
Ask = Callable[[str, Specials], Ids]
Model = Callable[[Ask, str, Specials], Ids]
"""(what the other side answers, a text, its mode) -> what this side should answer."""

OTHER: Final = {"reference": "candidate", "candidate": "reference"}
FIRST: Final = {"reference": 0, "candidate": 1}


NEUTRAL: Final = ("some words", "the end", "e o u")
"""Plain texts, for which every model has to hold too."""


class NoAnswer(Exception):
    """A side fails where a forecast needs its answer."""


def around(text: str) -> tuple[str, ...]:
    """Return a text alone and among neighbours.

    >>> around("x")
    ('x', 'ax', 'xa', 'a x a', 'x x')
    """
    return (text, f"a{text}", f"{text}a", f"a {text} a", f"{text} {text}")


class Question:
    """One divergence; the sides answer alone, whatever call found it.

    text, mode: of a case of text; "" of another, and then nothing is said of ids.
    answers: ids of the reference and of the candidate, or failures.
    kept: what a cause found out and another may need.
    """

    def __init__(self, found: Comparison, asked: Asked) -> None:
        self.found, self.asked = found, asked
        self.check = found.check
        self.kept: dict[tuple[str, str], Any] = {}
        self.text: str = found.case.payload if found.case.kind == "text" else ""
        self.mode: Specials = found.case.options.get("specials", "parse")

    @cached_property
    def answers(self) -> tuple[Ids | Failure, Ids | Failure]:
        """The ids that each side makes of the text, alone."""
        one, two = (self.asked.ids(side, self.text, self.mode) for side in OTHER)
        return one, two

    @cached_property
    def ids(self) -> tuple[Ids, Ids] | None:
        """Both answers, where both are ids and differ."""
        if self.found.case.kind != "text":
            return None
        one, two = self.answers
        if isinstance(one, Failure) or isinstance(two, Failure) or one == two:
            return None
        return one, two

    @cached_property
    def alike_alone(self) -> bool:
        """Whether both sides answer alike when they are asked for the text alone."""
        return self.found.case.kind == "text" and self.answers[0] == self.answers[1]

    def tokens(self) -> tuple[list[str], list[str]]:
        """Return the token strings of both answers, each by its own side's vocabulary."""
        one, two = self.ids or ((), ())
        return self.asked.spelt("reference", one), self.asked.spelt("candidate", two)

    def ask(self, side: str) -> Ask:
        """Return what asks one side for ids, and raises NoAnswer where it fails."""

        def answer(text: str, specials: Specials) -> Ids:
            found = self.asked.ids(side, text, specials)
            if isinstance(found, Failure):
                raise NoAnswer
            return found

        return answer

    def foretold(self, model: Model, others: Sequence[str] = (), *, apart: bool = False) -> bool:
        """Say whether a model of one side foretells all its answers.

        others: texts with the same trap. apart: of these one at least must be foretold another
            answer than the other side's own; else the text alone would speak for the model.
        """
        return any(self._foretells(model, side, others, apart=apart) for side in OTHER)

    def _foretells(self, model: Model, side: str, others: Sequence[str], *, apart: bool) -> bool:
        told, other = self.ask(side), self.ask(OTHER[side])
        telling = {True: 0, False: 0}
        try:
            for text in (*around(self.text), *others, *NEUTRAL):
                forecast = model(other, text, self.mode)
                if forecast != told(text, self.mode):
                    return False
                if forecast != self.asked.ids(OTHER[side], text, self.mode):
                    telling[text in others and self.text not in (text, "")] += 1
        except NoAnswer:
            return False
        return bool(telling[True] if apart else telling[True] + telling[False])

    def steady(self) -> bool:
        """Say whether both sides answer the same when they are asked again."""
        sides = self.asked.sides
        return all(
            encoded(sides[side], self.text, self.mode)
            == self.asked.encoding(side, self.text, self.mode)
            for side in OTHER
        )
