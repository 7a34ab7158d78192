"""How a process begins and ends under a watch: forks, and an exit without `close`.

A child of a fork begins at nothing: no counts, nothing that waits, a run of its own in the log, and
threads when it samples its first call; one that samples nothing writes nothing. At an exit of the
interpreter, by the end of the program, `sys.exit` or an exception, what waits is compared within
the deadline and the footer says `exit`. What ends a process without an exit (`os._exit`, a signal
that nobody handles) leaves no footer, and whoever reads the log says so.
"""

from __future__ import annotations

import atexit
import os
import sys
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from parity.shadow.watch import Watch

SOON: Final = 10
"""Before what other users of `multiprocessing` end at exit."""


class Ends:
    """Closes a watch at exit, and tells it of forks, for as long as somebody holds the watch."""

    def __init__(self, watch: Watch) -> None:
        self._watch = weakref.ref(watch)
        atexit.register(self._close)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_weakly(self._watch))

    def of_child(self) -> None:
        """Close at the end of a process of `multiprocessing`, which passes `atexit` by."""
        util = sys.modules.get("multiprocessing.util")
        process = sys.modules.get("multiprocessing.process")
        if util is not None and process is not None and process.parent_process() is not None:
            util.Finalize(None, self._close, exitpriority=SOON)

    def forget(self) -> None:
        """Do nothing at exit."""
        atexit.unregister(self._close)

    def _close(self) -> None:
        watch = self._watch()
        if watch is not None:
            watch.close(None, "exit")


def _weakly(found: weakref.ref[Watch]) -> Callable[[], None]:
    def forked() -> None:
        watch = found()
        if watch is not None:
            watch.after_fork()

    return forked
