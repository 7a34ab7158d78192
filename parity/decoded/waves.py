"""Several sides, one after another or beside each other, each kept by its name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from parity.decoded import sides
from parity.decoded.halting import Halt
from parity.decoded.sides import Errand, Side, text_of
from parity.decoding.engines import Spec
from parity.errors import (
    BadSpec,
    Inconclusive,
    MissingAsset,
    MissingPackage,
    NotFetched,
    ParityError,
    Unsupported,
)

NOT_HERE: Final = (Unsupported, MissingPackage, MissingAsset, NotFetched)
"""What says that a side cannot run here: it is skipped, counted and named."""
Told = Callable[[str, int], None]
"""Called with the name of a side, and how many prompts it has done by now."""


class Absent(NamedTuple):
    """A side that did not run: it cannot run here (`skipped`), or it should have run."""

    text: str
    error: ParityError

    @property
    def skipped(self) -> bool:
        """Whether it cannot run here."""
        return isinstance(self.error, NOT_HERE)


class Waves:
    """Runs sides; `jobs` at a time."""

    def __init__(self, errand: Errand, jobs: int, told: Told) -> None:
        self.errand, self.jobs, self.told = errand, jobs, told
        self.halt = Halt()

    def all(self, specs: Mapping[str, Spec]) -> dict[str, Side | Absent]:
        """Return what came of each side, by name.

        Raises UsageError and what else is no problem of one side alone.
        """
        if self.jobs == 1 or len(specs) == 1:
            return {name: self.one(name, spec) for name, spec in specs.items()}
        with ThreadPoolExecutor(self.jobs) as pool:
            futures = {name: pool.submit(self.one, name, spec) for name, spec in specs.items()}
            try:
                return {name: future.result() for name, future in futures.items()}
            except BaseException:
                self.halt.now()
                pool.shutdown(cancel_futures=True)
                self.halt = Halt()
                raise

    def one(self, name: str, spec: Spec) -> Side | Absent:
        """Return what came of one side."""

        def told(done: int) -> None:
            self.told(name, done)

        try:
            return sides.run(spec, self.errand, file_name(name), told, self.halt)
        except (BadSpec, Inconclusive, Unsupported) as error:
            return Absent(text_of(spec), error)


def file_name(name: str) -> str:
    """Return the name of a side as a file can have it.

    >>> file_name("llama-server:tiny,batch=8")
    'llama-server-tiny-batch-8-960d78'
    """
    found = re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")[:100]
    same = found == name
    return found if same else f"{found}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
