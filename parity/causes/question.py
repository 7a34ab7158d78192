"""A divergence and both sides of it, ready to be asked; and what a proposed cause must foretell.

A cause is never read off one answer. It is a *model* of one side: "it answers what the other side
answers for the same text in lower case". The model must foretell the answer of that side on the
text, on the text among neighbours, and on other texts that have the same trap. One wrong forecast
and the cause is not named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Final

from parity.asking import Asked
from parity.compare import Comparison
from parity.types import Failure, Specials

Ids = tuple[int, ...]
Ask = Callable[[str, Specials], Ids]
Model = Callable[[Ask, str, Specials], Ids]
"""(what the other side answers, a text, its mode) -> what this side should answer."""

OTHER: Final = {"reference": "candidate", "candidate": "reference"}
FIRST: Final = {"reference": 0, "candidate": 1}


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
    """

    def __init__(self, found: Comparison, asked: Asked) -> None:
        self.found, self.asked = found, asked
        self.check = found.check
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

    def foretold(self, model: Model, others: Iterable[str] = (), *, least: int = 1) -> bool:
        """Say whether a model of one side foretells all its answers.

        others: texts with the same trap. least: forecasts that must be another answer than the
            other side's own.
        """
        texts = [*around(self.text), *others]
        return any(self._foretells(model, side, texts, least) for side in OTHER)

    def _foretells(self, model: Model, side: str, texts: Sequence[str], least: int) -> bool:
        told, other = self.ask(side), self.ask(OTHER[side])
        telling = 0
        try:
            for text in texts:
                forecast = model(other, text, self.mode)
                if forecast != told(text, self.mode):
                    return False
                telling += forecast != self.asked.ids(OTHER[side], text, self.mode)
        except NoAnswer:
            return False
        return telling >= least
