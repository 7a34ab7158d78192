"""The options of a spec that say where it runs: `isolate`, `python`, `timeout`, `memory`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from parity.errors import BadSpec
from parity.remote.process import GIBIBYTE, Limits

ISOLATE: Final = ("process", "none")
NUMBER: Final = re.compile(r"\d{1,6}(\.\d+)?")


class Apart(NamedTuple):
    """How a spec runs in a process of its own.

    options: what is left of its options there.
    python: an interpreter; "" is this one.
    """

    options: dict[str, str]
    python: str
    limits: Limits


def apart(
    options: Mapping[str, str], own: Collection[str], text: str, *, by_default: bool
) -> Apart | None:
    """Return how a spec runs in a process of its own, or None where it runs in this one.

    own: names of options that its kind takes itself, whatever they mean here.
    by_default: whether its kind is to be isolated where nobody says.
    Raises BadSpec.
    """
    ours = {name: value for name, value in options.items() if name not in own}
    isolate, python = ours.get("isolate", ""), ours.get("python", "")
    if "python" in ours and not python:
        raise BadSpec(f"{text!r}: python= names an interpreter or a virtual environment")
    if isolate not in ("", *ISOLATE):
        raise BadSpec(f"{text!r}: isolate is process or none, not {isolate!r}")
    if isolate == "none" and python:
        raise BadSpec(f"{text!r}: python= is another process, and isolate=none is this one")
    if not (python or isolate == "process" or (by_default and not isolate)):
        return None
    left = {
        name: value
        for name, value in options.items()
        if name in own or name not in ("isolate", "python", "timeout", "memory")
    }
    return Apart({**left, "isolate": "none"}, python, limits(ours, text))


def limits(options: Mapping[str, str], text: str) -> Limits:
    """Return what the options `timeout` and `memory` allow. Raises BadSpec."""
    usual = Limits()
    seconds = _number(options, "timeout", usual.seconds, text)
    memory = _number(options, "memory", usual.memory / GIBIBYTE, text)
    return Limits(seconds, int(memory * GIBIBYTE))


def _number(options: Mapping[str, str], name: str, usual: float, text: str) -> float:
    value = options.get(name) or str(usual)
    if not NUMBER.fullmatch(value) or not float(value):
        unit = "seconds" if name == "timeout" else "GiB"
        raise BadSpec(f"{text!r}: {name} is a number of {unit}, such as {usual:g}, not {value!r}")
    return float(value)
