"""Where cases stand: the file and line of a corpus that a divergence's case comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from parity import corpus


class Place(NamedTuple):
    """A line of a corpus.

    corpus: what items and reports call it. line: from 1.
    file: as seen from the folder of the run, with slashes; None where it is not in that folder.
    """

    corpus: str
    file: str | None
    line: int


def find(paths: Iterable[Path], ids: Collection[str], here: Path) -> dict[str, Place]:
    """Return where the cases with these ids stand; one that is in no file has no place.

    Files are read until every id is found. Raises BadCorpus for a line that is no case.
    """
    left, found = set(ids), dict[str, Place]()
    for path in paths:
        if not left:
            break
        for line, case in corpus.read_placed(path):
            if case.id in left:
                left.discard(case.id)
                found[case.id] = Place(corpus.name(path), _from(path, here), line.number)
    return found


def _from(path: Path, here: Path) -> str | None:
    try:
        return path.absolute().relative_to(here.absolute()).as_posix()
    except ValueError:
        return None
