"""A template engine in a process of its own: JSON lines in, JSON lines out.

    python serving.py ENGINE.py SETTINGS      SETTINGS: a JSON object, as `settings.Settings` has it

It imports nothing of this package, so any Python that has the engine can run it. First it tells
what it is: {"versions": {...}, "files": [...], "about": {...}}. Then, for each line {"source",
"variables", "chat"}, it answers {"text"} or {"error", "message"}, and "after", the variables, where
rendering changed them.

A file of an engine has `make(settings)`, which returns a function of source and variables,
`kind_of(error)`, `versions()` and `files()`; and `make_chat(settings)`, where it renders a chat in
another way than a template that brings its variables.

Templates are untrusted: memory is bounded here, time by whoever started this.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
from copy import deepcopy
from typing import Any

MEMORY = 1 << 31
"""Bytes of data that the process may have."""
LONGEST = 1 << 22
"""Characters of a prompt, at most: 4 Mi."""
SAID = 2000
"""Characters of what an error says, at most."""


def main() -> None:
    """Answer until nothing more is asked."""
    engine_path, settings = sys.argv[1], json.loads(sys.argv[2])
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 (of any Python)
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]  # noqa: PTH100
    if settings.get("packages"):
        sys.path.insert(0, settings["packages"])
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what a library prints is no answer
    spec = importlib.util.spec_from_file_location("engine", engine_path)
    engine: Any = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(engine)  # type: ignore[union-attr]
    renders = [engine.make(settings), getattr(engine, "make_chat", engine.make)(settings)]
    _bound_memory()
    about = engine.facts(settings) if hasattr(engine, "facts") else {}
    say(out, {"versions": engine.versions(), "files": engine.files(), "about": about})
    for line in sys.stdin:
        asked = json.loads(line)
        say(out, answer(engine, renders[asked["chat"]], asked["source"], asked["variables"]))


def answer(engine: Any, render: Any, source: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Return what an engine makes of a template, as data."""
    before, found = None, {}
    try:
        before = deepcopy(variables)
        text = str(render(source, variables))
        found = {"text": text}
        if len(text) > LONGEST:
            found = {"error": "OutOfBounds", "message": f"more than {LONGEST:,} characters"}
    except MemoryError:
        found = {"error": "OutOfBounds", "message": f"more than {MEMORY:,} bytes of memory"}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (a panic is no Exception)
        found = {"error": engine.kind_of(error), "message": _message(error)}
    with contextlib.suppress(MemoryError, RecursionError):
        if before is not None and not same(before, variables):
            found["after"] = variables  # type: ignore[assignment]
    return found


def _message(error: BaseException) -> str:
    """Return what an exception says, with the line of the template where Python knows it."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    lines = [line for name, line in frames if name == "<template>"]
    place = f" (in template:{lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {str(error)[:SAID]}{place}"


def same(one: Any, other: Any) -> bool:
    """Say whether two values are the same, order of keys and types of numbers included."""
    return bool(repr(one) == repr(other))


def say(out: Any, found: dict[str, Any]) -> None:
    """Write a line; variables that are too long or no data of JSON any more are told as `null`."""
    try:
        line = json.dumps(found)
    except (TypeError, ValueError, RecursionError, MemoryError):
        line = ""
    if not line or ("after" in found and len(line) > LONGEST):
        line = json.dumps({**found, "after": None})
    out.write(line + "\n")
    out.flush()


def _bound_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 (not everywhere)

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
