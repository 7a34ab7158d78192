"""What a file or folder is: said from what is in it, never from its name alone, loading nothing.

`detect` says what a file is, a backend loads what it is told: nothing is guessed there. Where a
loader goes by the name (mistral-common wants `tekken` in it), that is told, and the spec is given
only for a file that it would take.

A regular file is opened so that it cannot block; of a large one its first 64 KiB are read, and the
whole only where it begins as JSON or as a SentencePiece model, whose kind stands behind its pieces.
"""

from __future__ import annotations

import contextlib
import errno
import stat
from pathlib import Path
from typing import Final

from parity.detect import binary, documents, texts
from parity.detect.folders import folder
from parity.detect.found import KINDS, Detected
from parity.detect.gguf import gguf
from parity.detect.pieces import sentencepiece
from parity.detect.reading import Content, NoFile, opened

__all__ = ["KINDS", "Detected", "detect"]

FORMS: Final = {
    stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}  # fmt: skip
LOST: Final = frozenset((errno.ENOENT, errno.ELOOP, errno.ENOTDIR))
JUDGES: Final = (
    *binary.JUDGES,
    gguf,
    sentencepiece,
    *texts.JUDGES[:4],
    documents.document,
    *texts.JUDGES[4:],
)
"""In this order: the first that knows a file says what it is."""


def detect(path: str | Path) -> Detected:
    """Return what a path is; it raises nothing for what is there or not, and never blocks.

    >>> detect("no/such").kind
    'missing'
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return folder(path, detect)
        if stat.S_ISREG(mode):
            with opened(path) as content:
                return _judged(content)
        form = FORMS.get(stat.S_IFMT(mode), "neither file nor folder")
        return Detected(str(path), "special_file", f"{form}: nothing was read")
    except NoFile:
        return Detected(str(path), "special_file", "it became one while it was opened")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        return _unread(path, error)


def _judged(content: Content) -> Detected:
    for judge in JUDGES:
        found = judge(content)
        if found:
            return found
    return texts.anything(content)


def _unread(path: Path, error: OSError | ValueError) -> Detected:
    """Return what is known of a path that led to no file."""
    if isinstance(error, ValueError):
        return Detected(str(path), "missing", "no file or folder has this name")
    if error.errno in LOST:
        with contextlib.suppress(OSError):
            return Detected(str(path), "broken_link", f"it leads to {str(path.readlink())!r}")
    if error.errno == errno.ENOENT:
        return Detected(str(path), "missing", "no file or folder has this name")
    return Detected(str(path), "unreadable", str(error.strerror))
