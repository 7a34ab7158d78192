"""What a backend renders of a case: of a chat by its template, of a template with its variables."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from parity.backend import Backend
from parity.seeing import plain_text
from parity.types import Case

OPTIONS: Final = ("add_generation_prompt", "continue_final_message", "tools", "documents",
                  "variables")  # fmt: skip
"""What a case of messages may ask of a renderer."""


def asked(case: Case) -> dict[str, Any]:
    """Return the options of a case that a renderer takes, as its own."""
    return {name: deepcopy(case.options[name]) for name in OPTIONS if name in case.options}


def rendered(backend: Backend, case: Case) -> str | bytes:
    """Return the text of a case; the backend has a copy of everything."""
    return render(backend, case, deepcopy(case.payload), asked(case))


def render(backend: Backend, case: Case, given: Any, options: dict[str, Any]) -> str | bytes:
    """Return the text of a payload and options that are given as they are."""
    if case.kind == "template":
        return plain_text(backend.expand(given["source"], given["variables"]))
    return plain_text(backend.render(given, options))
