"""Archives of public packages, fetched by the ordinary clients, of which only the pinned are read.

pip, npm and apt look where they are set to look; a SHA-256 decides whether what they brought is
the archive that is meant. Nothing is built, installed or unpacked to disk.
"""

from __future__ import annotations

from typing import Final, NamedTuple

TOOLS: Final = ("pip", "npm", "apt")


class Package(NamedTuple):
    """A package of one version; `archive` is a SHA-256, or empty where platforms differ.

    source: pip takes the source distribution.
    """

    tool: str
    package: str
    version: str
    archive: str = ""
    source: bool = False

    def __str__(self) -> str:
        """Return what an error calls it."""
        return f"{self.package} {self.version} ({self.tool})"
