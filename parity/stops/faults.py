"""In which ways a stop decoder is wrong: a run beside what the oracle wants.

crash      an error came in the place of text; nothing else is said of such a run
order      another stop ended the request, or another place of it, or none where one must, or
           one where none must
include    the stop string or stop token is in the answer although it must be hidden, or is not
           although it must be visible; all else is right
leak       text was sent that is not in the answer, or the answer ends in a piece of the stop
lost_tail  text of the answer was never sent, also not at the end, or the answer ends too soon
over_hold  after a step, text was held back that no stop could reach any more; the last step,
           where all is known, is not asked
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from parity.stops.oracle import Wanted
from parity.streams import StopRun

CLASSES: Final = ("crash", "order", "include", "leak", "lost_tail", "over_hold")
"""All that `classify` may say, in its order."""


def classify(run: StopRun, wanted: Wanted, shown: str = "") -> tuple[str, ...]:
    """Return in which ways a run is wrong, in the order of CLASSES; () if it is right.

    shown: the text of the stop token, if that is what must end the request.
    """
    if run.error:
        return ("crash",)
    sent = "".join(run.texts) + run.tail
    answer = _answer(run, wanted.run, shown)
    leaks = answer == "leak" or not run.final.startswith(sent)
    unsent = bool(run.reason) and sent != run.final and run.final.startswith(sent)
    said = {
        "order": answer == "order",
        "include": answer == "include",
        "leak": leaks,
        "lost_tail": unsent or answer == "lost_tail",
        "over_hold": over_holds(run.texts[: wanted.known], wanted.safe),
    }
    return tuple(name for name in CLASSES if said.get(name))


def _answer(run: StopRun, wanted: StopRun, shown: str) -> str:
    """Return what is wrong with the answer, however it was sent, or ""."""
    if (run.matched, run.reason) != (wanted.matched, wanted.reason):
        return "order"
    if run.final == wanted.final:
        return ""
    stop = wanted.matched if isinstance(wanted.matched, str) else shown
    if stop and stop in (_more(run.final, wanted.final), _more(wanted.final, run.final)):
        return "include"
    if run.final.startswith(wanted.final):
        return "leak" if stop.startswith(_more(run.final, wanted.final)) else "order"
    return "lost_tail" if wanted.final.startswith(run.final) else "order"


def _more(long: str, short: str) -> str:
    """Return what a text has after another one, or "" where it does not begin with it."""
    return long[len(short) :] if long.startswith(short) else ""


def over_holds(texts: Sequence[str], safe: Sequence[str]) -> bool:
    """Return whether after some step less was sent than was safe.

    >>> over_holds(["h", "ello"], ["hello", "hello"])
    True
    """
    sent = accumulate(texts)
    return any(len(known) < len(allowed) for known, allowed in zip(sent, safe, strict=False))
