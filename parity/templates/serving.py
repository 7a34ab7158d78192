"""Questions about templates, answered in a process of its own: what is asked about is untrusted.

    python -m parity.templates.serving        JSON lines in, JSON lines out

First {"versions", "files"}; then to {"construct": [source, variables, reference, candidate]} the
answer {"text"}, and to {"origin": [source, variables, text, place]} as well, "" where the template
does not render that text or nothing is known of the place.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from collections.abc import Callable
from typing import Any, Final

MEMORY: Final = 1 << 31
"""Bytes of data that the process may have."""


def main() -> None:
    """Answer until nothing more is asked."""
    from parity.templates import naming  # noqa: PLC0415 (when the bounds are set)

    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 (not everywhere)

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    _say({"versions": {}, "files": []})
    answers: dict[str, Callable[..., str]] = {"construct": naming.construct, "origin": origin}
    for line in sys.stdin:
        ((question, given),) = json.loads(line).items()
        try:
            _say({"text": answers[question](*given)})
        except MemoryError:
            _say({"error": "OutOfBounds", "message": "more memory than is allowed"})
        except RecursionError as error:
            _say({"error": "RenderFailed", "message": str(error)})


def origin(source: str, variables: dict[str, Any], text: str, place: int) -> str:
    """Say where a place of a rendered text comes from; "" where that is not known."""
    from parity.templates import reading, tracing  # noqa: PLC0415 (only where it is asked)

    try:
        traced = tracing.trace(source, variables)
    except reading.Unreadable:
        return ""
    known = traced.text == text and tracing.at(traced, place) is not None
    return tracing.told(traced, place) if known else ""


def _say(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
