"""The oracle: what must come of a request, found by looking at every place of every prefix.

It has no state and saves no work: for each step it takes the text so far, tries every stop string
at every place, and asks the tie rule which of the matches wins. It shares no search with the stop
decoders. Quadratic in the text, and worse in the stops.

What may be sent is exact. A text without a match can be cut by what comes only at an end of it
that a stop string begins with, and only if that stop can win: under `completes_first` a stop that
has another one inside never does, nor under `list_order` one that has an earlier one of the list
inside. Of the longest such end nothing may be sent; all before it may. A visible stop cuts only
what comes after the text, so that everything may be sent. With a minimum of tokens a stop inside of
another may have passed before the minimum, so that all stops are taken to be able to win: there the
safe text is a lower bound.

Strings come before tokens, and both before the length and EOS. The text of a stop token is searched
only if it is visible. `ends_with` cuts nothing: the stop stays, and so would a newline behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from parity.errors import Unsupported
from parity.stops.stop_decoder import REASONS, earlier
from parity.streams import StopRun, Stops, StopStep


class Match(NamedTuple):
    """A stop string at a place of the text, with its number in the list."""

    start: int
    end: int
    order: int


class Wanted(NamedTuple):
    """What must come of a request.

    run: a run that sends all that is safe after each step, and nothing else.
    safe: for each step taken, the text that may be sent after it, from the beginning.
    known: the number of the step, from 0, at which it is known how the request ends, or None.
    """

    run: StopRun
    safe: tuple[str, ...]
    known: int | None


Key = Callable[[Match], tuple[int, ...]]
KEYS: Final[dict[str, Key]] = {
    "completes_first": lambda match: (match.end, match.start, match.order),
    "completes_first_listed": lambda match: (match.end, match.order),
    "starts_first": lambda match: (match.start, match.order),
    "list_order": lambda match: (match.order, match.start),
    "ends_with": lambda match: (match.order,),
}
"""Of a tie rule's name: what is least for the match that wins. `none` has no match at all."""


def wanted(stops: Stops, steps: Sequence[StopStep], tie: str) -> Wanted:
    """Return what must come of a request under a tie rule.

    Raises Unsupported where a stop token has ids after it in its step.
    """
    text, count, closed = "", 0, 0
    safe: list[str] = []
    for number, step in enumerate(steps):
        count += len(step.ids)
        id = _stop_id(stops, step, count)
        text += step.text if id is None or stops.visible else earlier(step)
        closed = closed if count > stops.min_tokens else len(text)
        found = _won(text, stops, tie, closed)
        if found is not None:
            string = stops.strings[found.order]
            return _over(safe, _cut(text, found, stops, tie), string, "string", number)
        if id is not None:
            return _over(safe, text, id, "token", number)
        if step.finish in REASONS:
            return _over(safe, text, None, REASONS[step.finish], number)
        safe.append(_safe(text, stops, tie))
        if step.finish:
            break
    return Wanted(StopRun(_chunks(safe), "", text), tuple(safe), None)


def _over(
    safe: list[str], final: str, matched: str | int | None, reason: str, number: int
) -> Wanted:
    safe = [*safe, final]
    return Wanted(StopRun(_chunks(safe), "", final, matched, reason), tuple(safe), number)


def _chunks(safe: Sequence[str]) -> list[str]:
    """Return what each prefix has that the one before it had not."""
    return [text[len(before) :] for before, text in zip(["", *safe], safe, strict=False)]


def _stop_id(stops: Stops, step: StopStep, count: int) -> int | None:
    first = count - len(step.ids) + 1
    places = [
        place
        for place, id in enumerate(step.ids)
        if id in stops.ids and first + place >= stops.min_tokens
    ]
    if places and places[0] != len(step.ids) - 1:
        raise Unsupported("a stop token with ids after it in its step cannot be cut")
    return step.ids[-1] if step.ids and (places or step.finish == "stop") else None


def _won(text: str, stops: Stops, tie: str, closed: int) -> Match | None:
    """Return the match that wins in a text; none may end where the text is closed."""
    matches = [
        Match(start, start + len(string), order)
        for order, string in enumerate(stops.strings)
        for start in range(len(text))
        if text[start : start + len(string)] == string and start + len(string) > closed
    ]
    if tie == "ends_with":
        matches = [match for match in matches if text[match.end :] in ("", "\n")]
    return min(matches, key=KEYS[tie]) if tie in KEYS and matches else None


def _cut(text: str, match: Match, stops: Stops, tie: str) -> str:
    if tie == "ends_with":
        return text
    return text[: match.end if stops.visible else match.start]


def _safe(text: str, stops: Stops, tie: str) -> str:
    """Return the longest beginning of a text without a match that nothing can cut any more."""
    if stops.visible or tie in ("ends_with", "none"):
        return text
    for start in range(len(text)):
        rest = text[start:]
        for order, string in enumerate(stops.strings):
            if string.startswith(rest) and string != rest and _can_win(order, stops, tie):
                return text[:start]
    return text


def _can_win(order: int, stops: Stops, tie: str) -> bool:
    """Return whether a text can be cut by a stop string, or another one always wins there."""
    string = stops.strings[order]
    if stops.min_tokens:
        return True
    inside = [other for other, shorter in enumerate(stops.strings) if shorter in string]
    if tie == "list_order":
        return min(inside) == order
    if tie == "starts_first":
        return True
    ended = [other for other in inside if stops.strings[other] in string[:-1]]
    return not ended and (tie == "completes_first" or min(inside) == order)
