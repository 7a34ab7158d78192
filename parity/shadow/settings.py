"""The switch and the knobs of a shadow: arguments, and the environment before them.

    PARITY_SHADOW            1, true, yes, on; 0, false, no, off: nothing is sampled
    PARITY_SHADOW_REPORT     path of the log; "" is none
    PARITY_SHADOW_MAX_DIFFS  divergences whose line is written; counts go on
    PARITY_SHADOW_RATE       share of requests that are compared, 0 to 1
    PARITY_SHADOW_EVERY_N    every N-th call instead, with its flaw (see `sampling`); "" is not that

The environment stands before arguments: who operates a service can switch off what its code
switched on. A value that does not parse is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from parity.errors import UsageError
from parity.shadow.sampling import Ramp
from parity.shadow.waiting import BYTES, CALLS

CONTENTS: Final = ("none", "full")
RATE: Final = 0.01
YES: Final = ("1", "true", "yes", "on")
NO: Final = ("0", "false", "no", "off")


LONGEST: Final = 10**8
"""Seconds, or GiB, that a setting may be: three years."""
DIGITS: Final = 18


class BadSetting(UsageError):
    """A setting of a shadow cannot be meant."""


class Settings(NamedTuple):
    """How a shadow samples, waits and tells.

    enabled: whether anything is sampled at all. report: path of the log, "" for none.
    max_diffs: divergences whose line is written. rate, rates, ramp, every_n: as in `sampling`.
    content: `none` writes no text and no ids, `full` writes both. key: of the digests in the log
        (BLAKE2b, at most 64 bytes), so that nobody without it can try texts against them.
    calls, bytes: of the queue. timeout: seconds for an answer of the candidate.
    breaker, pause: after so many timeouts and errors in a row the candidate is not asked for so
        many seconds. memory: GiB that a candidate's own process may take.
    heartbeat: seconds between two of them. rotate, keep: bytes of one log file, and files kept
        beside it; 0 bytes is never. deadline: seconds that `close` may take.
    """

    enabled: bool = True
    report: str = ""
    max_diffs: int = 128
    rate: float = RATE
    rates: Mapping[str, float] = {}
    ramp: Ramp | None = None
    every_n: int = 0
    content: str = "none"
    key: bytes = b""
    calls: int = CALLS
    bytes: int = BYTES
    timeout: float = 5.0
    breaker: int = 20
    pause: float = 30.0
    memory: float = 8.0
    heartbeat: float = 60.0
    rotate: int = 0
    keep: int = 4
    deadline: float = 5.0


def settings(environment: Mapping[str, str] | None = None, **arguments: Any) -> Settings:
    """Return the settings that arguments and the environment make. Raises BadSetting.

    >>> settings({"PARITY_SHADOW_RATE": "0.5"}, rate=0.1).rate
    0.5
    """
    unknown = sorted(set(arguments) - set(Settings._fields))
    if unknown:
        known = ", ".join(Settings._fields)
        raise BadSetting(f"a shadow has no setting {unknown[0]!r}; known: {known}")
    variables = os.environ if environment is None else environment
    named = {
        field: read(name, variables[name])
        for name, (field, read) in VARIABLES.items()
        if name in variables
    }
    return checked(Settings(**{**arguments, **named}))


def checked(found: Settings) -> Settings:
    """Return settings that can be meant. Raises BadSetting."""
    _check_kinds(found)
    shares = {"rate": found.rate, **{f"rates[{k!r}]": v for k, v in found.rates.items()}}
    if found.ramp:
        shares |= {"ramp.start": found.ramp.start, "ramp.end": found.ramp.end}
        if not _is_number(found.ramp.seconds) or not 0 <= found.ramp.seconds <= LONGEST:
            raise BadSetting(f"ramp.seconds is a number of 0 or more, not {found.ramp.seconds!r}")
    for name, share in shares.items():
        if not _is_number(share) or not 0 <= share <= 1:
            raise BadSetting(f"{name} is a share from 0 to 1, not {share!r}")
    _check_numbers(found)
    if found.content not in CONTENTS:
        raise BadSetting(f"content is {' or '.join(CONTENTS)}, not {found.content!r}")
    if not isinstance(found.key, bytes) or len(found.key) > 64:  # noqa: PLR2004 (BLAKE2b's own)
        raise BadSetting("key is bytes, 64 at most")
    return found


def _check_kinds(found: Settings) -> None:
    if type(found.enabled) is not bool:
        raise BadSetting(f"enabled is True or False, not {found.enabled!r}")
    if not isinstance(found.report, str) or not isinstance(found.rates, Mapping):
        raise BadSetting(
            "report is a path as a text, and rates are shares by the name of a surface"
        )
    if found.ramp is not None and not isinstance(found.ramp, Ramp):
        raise BadSetting(f"ramp is a Ramp(start, end, seconds), not {found.ramp!r}")


def _check_numbers(found: Settings) -> None:
    for name in ("max_diffs", "every_n", "calls", "bytes", "breaker", "rotate", "keep"):
        value = getattr(found, name)
        if type(value) is not int or value < 0:
            raise BadSetting(f"{name} is a number of 0 or more, not {value!r}")
    for name in ("timeout", "pause", "memory", "heartbeat", "deadline"):
        value = getattr(found, name)
        if not _is_number(value) or not 0 < value <= LONGEST:
            raise BadSetting(f"{name} is a number above 0, and at most {LONGEST:,}, not {value!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _switch(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadSetting(f"{name}={text!r}: it is one of {', '.join((*YES, *NO))}")


def _number(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= DIGITS:
        return int(text)
    raise BadSetting(f"{name}={text!r}: it is a whole number, such as 128")


def _every(name: str, text: str) -> int:
    if not text:
        return 0
    found = _number(name, text)
    if not found:
        raise BadSetting(f"{name}={text!r}: every how many calls; 1 is every one")
    return found


def _share(name: str, text: str) -> float:
    try:
        found = float(text if "_" not in text else "")
    except ValueError as error:
        raise BadSetting(f"{name}={text!r}: it is a share from 0 to 1, such as 0.01") from error
    if not 0 <= found <= 1:
        raise BadSetting(f"{name}={text!r}: it is a share from 0 to 1, such as 0.01")
    return found


def _path(_: str, text: str) -> str:
    return text


VARIABLES: Final[Mapping[str, tuple[str, Callable[[str, str], Any]]]] = {
    "PARITY_SHADOW": ("enabled", _switch),
    "PARITY_SHADOW_REPORT": ("report", _path),
    "PARITY_SHADOW_MAX_DIFFS": ("max_diffs", _number),
    "PARITY_SHADOW_RATE": ("rate", _share),
    "PARITY_SHADOW_EVERY_N": ("every_n", _every),
}
"""The field of each variable, and what reads it."""
