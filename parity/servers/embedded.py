"""A server that compiled code runs in this process: started, or refused with what its log says."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from parity.errors import Refused

HERE: Final = "127.0.0.1"
LOG_SECONDS: Final = 1.0
"""How long the log of a file that was refused may take."""


def started(start: Callable[[int], Any], target: str) -> Any:
    """Return a running server of llama.cpp's. Raises Refused with what llama.cpp said.

    start: verbosity -> the server. Raises RuntimeError.
    """
    with contextlib.suppress(RuntimeError):
        return start(0)
    # It gives no reason: that is in a log, which can only be had by asking again.
    with _stderr() as said, contextlib.suppress(RuntimeError):
        return start(1)
    raise Refused(f"llama.cpp refuses {target!r}; it says: {_reason(said)}")


@contextlib.contextmanager
def _stderr() -> Iterator[list[str]]:
    """Keep what compiled code writes to standard error; the list has its lines at the end."""
    lines: list[str] = []
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield lines
            _wait_for_log(file.fileno())
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            lines += file.read().decode("utf-8", "replace").splitlines()


def _wait_for_log(file: int) -> None:
    """Wait for what another thread writes to a file, until no more of it comes."""
    seen, until = 0, time.monotonic() + LOG_SECONDS
    while time.monotonic() < until:
        size = os.fstat(file).st_size
        if size and size == seen:
            return
        seen = size
        time.sleep(LOG_SECONDS / 20)


def _reason(lines: Sequence[str]) -> str:
    """Return the first error of a log, without its clock."""
    found = [match[1] for line in lines if (match := re.search(r" E (.+)", line))]
    return found[0] if found else "nothing"
