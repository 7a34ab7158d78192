"""A chat template and the engine that renders it: what the backends that render have in common.

Options of their specs, each as `NAME=VALUE`:

    template   which loader's rule says what file wins: transformers, smg (`chat_template`)
    seconds    how long a template may take: 5
    clock      what `strftime_now` tells: 2025-01-02T03:04:05
    and each habit of `renderers.shaping`, such as nulls=dropped
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from parity import chat_template, renderers
from parity.backend import Backend, Identity
from parity.errors import BadSpec
from parity.renderers.shaping import HABITS, Shaping, shaped
from parity.renderers.worker import SECONDS

OWN: Final = ("template", "seconds", "clock")


class Renderer(Backend):
    """A chat template, an engine, and the habits of who calls it."""

    def __init__(
        self,
        name: str,
        target: str,
        options: Mapping[str, str],
        *,
        shaping: Shaping,
        settings: Mapping[str, Any] | None = None,
        engine: Mapping[str, str] | None = None,
    ) -> None:
        """Start the engine.

        options: of the spec; what is no habit and not in OWN is refused.
        settings: of the engine. engine: `version` and `python`, where it is another one.
        """
        self.name = name
        self.shaping = shaping._replace(**habits(name, options))
        self.chat = chat_template.read(target, options.get("template", "transformers"))
        self.clock = _clock(options.get("clock", renderers.CLOCK))
        self.settings = {"tokens": dict(self.chat.tokens), **(settings or {}), "clock": self.clock}
        seconds = _seconds(options.get("seconds", f"{SECONDS:g}"))
        self.worker = renderers.start(name, self.settings, seconds=seconds, **(engine or {}))

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        source = self.chat.source(tools=options.get("tools") is not None)
        variables, finish = self.shaped(messages, options)
        text, after = self.worker.render(source, variables, chat=True)
        if after is not None:
            _mirror(after, messages, options)
        return str(finish(text))

    def shaped(self, messages: Any, options: Mapping[str, Any]) -> Any:
        """Return the variables of a chat, and what is done to the text afterwards."""
        return shaped(messages, options, self.chat.tokens, self.shaping)

    def snippet(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        source = self.chat.source(tools=options.get("tools") is not None)
        return {"source": source, "variables": self.shaped(messages, options)[0]}

    def expand(self, source: str, variables: dict[str, Any]) -> str:
        text, after = self.worker.render(source, variables, chat=False)
        if after is not None:
            variables.clear()
            variables.update(after)
        return text

    def chat_template(self, *, tools: bool = False) -> str:
        return self.chat.source(tools=tools)

    def identity(self) -> Identity:
        facts = {f"version.{name}": found for name, found in self.worker.versions.items()}
        facts |= {f"engine.{name}": str(value) for name, value in self.settings.items()}
        facts |= self.shaping._asdict() | {"engine": self.name}
        named = sorted(self.chat.named.items())
        facts["template.sha256"] = hashlib.sha256(repr(named).encode()).hexdigest()
        files = [*map(str, self.chat.files), *self.worker.files]
        return Identity(self, "parity", files, ["tokparity"], facts)

    def close(self) -> None:
        self.worker.close()


def _mirror(after: Mapping[str, Any], messages: Any, options: Mapping[str, Any]) -> None:
    """Do to the caller's lists what an engine did to its own."""
    for name, given in (("messages", messages), *options.items()):
        if isinstance(given, list):
            given[:] = after.get(name) or []
    if isinstance(options.get("variables"), dict):
        options["variables"].update({key: after.get(key) for key in options["variables"]})


def habits(name: str, options: Mapping[str, str]) -> dict[str, str]:
    """Return the habits that a spec names. Raises BadSpec."""
    found = {}
    for option, value in options.items():
        if option in OWN:
            continue
        if option not in HABITS:
            known = ", ".join([*OWN, *HABITS])
            raise BadSpec(f"{name} has no option {option!r}; known: {known}")
        if value not in HABITS[option]:
            raise BadSpec(f"{name}: {option} is {' or '.join(HABITS[option])}, not {value!r}")
        found[option] = value
    return found


def switch(name: str, value: str) -> bool:
    """Return what a switch of a spec says. Raises BadSpec."""
    if value not in ("yes", "no"):
        raise BadSpec(f"{name} is yes or no, not {value!r}")
    return value == "yes"


def _clock(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadSpec(f"clock is a moment such as {renderers.CLOCK}, not {text!r}") from error


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d{1,4}(\.\d+)?", text) or not float(text):
        raise BadSpec(f"seconds is a number such as 5, not {text!r}")
    return float(text)
