"""What is asked about a template that two sides render otherwise, of a process that has bounds."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from parity.renderers.worker import TemplateFailed, Worker

COMMAND: Final = (sys.executable, "-m", "parity.templates.serving")
SECONDS: Final = 20.0
"""How long a question may take."""


class Analyst:
    """Answers questions about templates; its process starts with the first."""

    def __init__(self) -> None:
        self.worker: Worker | None = None

    def construct(self, snippet: Mapping[str, Any], texts: list[str | None]) -> str:
        """Return the name of what a smallest template shows (`templates.naming`), or ""."""
        return self._asked("construct", [snippet["source"], snippet["variables"], *texts])

    def origin(self, snippet: Mapping[str, Any], text: str, place: int) -> str:
        """Return which line, expression and key a place of a text comes from, or ""."""
        return self._asked("origin", [snippet["source"], snippet["variables"], text, place])

    def _asked(self, question: str, given: list[Any]) -> str:
        if self.worker is None:
            self.worker = Worker(COMMAND, "what reads templates", SECONDS)
        try:
            return str(self.worker.ask({question: given})["text"])
        except TemplateFailed:
            return ""
