"""How a side is called by its own library alone: from the table snippets.toml, and a spec."""

from __future__ import annotations

import functools
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any, Final, NamedTuple

from parity import artefact, terms
from parity.backends import read_spec, spelled
from parity.emitting.literals import is_dotted
from parity.errors import ParityError
from parity.terms import Terms

TABLE: Final = Path(__file__).with_name("snippets.toml")
OURS: Final = "parity"
NO_TOKENIZERS: Final = frozenset({*sys.stdlib_module_names, OURS})
"""Packages that no `load` of a spec is taken from: a run file is not to name `os.system`."""
"""The row of the table for a side that is called through tokparity."""
ELSEWHERE: Final = ("isolate", "timeout", "memory")
"""Options of every spec that say how its process is kept, and nothing of its answers."""
WHY: Final = {
    "mock": "it is a fake of tokparity's own",
    "reference": "it is tokparity's own readable implementation",
    "pipeline": "it is several backends, one after the other",
    "command": "it is a program that speaks tokparity's protocol",
    "http": "it is a server, that tokparity knows how to ask",
    "py": "it is written as a backend of tokparity",
}


class Question(NamedTuple):
    """What is asked of a side: a key of `asks`, the mode of special tokens, whether they are kept.

    of_list: whether it is a list that is asked for, and that is the answer.
    """

    asked: str
    mode: str
    skip_special: bool
    of_list: bool


class Way(NamedTuple):
    """How a side is called: lines of Python, and the expression that is its answer.

    why: why it is called through tokparity, "" where it needs its own library alone.
    """

    imports: Sequence[str]
    lines: Sequence[str]
    answer: str
    why: str = ""


class NoWay(Exception):
    """A side cannot be called by its library alone; str() says why."""


def way(side: str, spec: str, question: Question, allowed: Terms) -> Way:
    """Return how a side is called, through tokparity where there is no other short way."""
    try:
        return _alone(side, spec, question, allowed)
    except NoWay as error:
        values = {"spec": ascii(spec), **_asked(side, question)}
        return _filled(_table()[OURS], values, question)._replace(why=str(error))


def _alone(side: str, text: str, question: Question, allowed: Terms) -> Way:
    try:
        spec = spelled(read_spec(text))
    except ParityError as error:
        raise NoWay(str(error)) from error
    kind, options = spec.kind, dict(spec.options)
    if kind not in _table() or kind == OURS:
        raise NoWay(WHY.get(kind, "there is no short way to call it by itself"))
    if "python" in options:
        raise NoWay("it runs in an interpreter of its own")
    row = _table()[kind]
    taken = row.get("takes", {})
    chosen = {**taken, **{name: it for name, it in options.items() if name not in ELSEWHERE}}
    _check_options(row, taken, chosen)
    if "by" in row:
        variant = row[chosen[row["by"]]]
        row = {**row, **variant, "words": {**row.get("words", {}), **variant.get("words", {})}}
    values = {**_options(row, chosen, side), **_asked(side, question)}
    values["target"] = ascii(spec.target)
    if "file" in row:
        values["path"] = ascii(str(_file(row["file"], spec.target, allowed)))
    made = _filled(row, values, question)
    imports = [f"import {chosen['load'].partition(':')[0]}"] if chosen.get("load") else []
    return made._replace(imports=[*made.imports, *imports])


def _check_options(row: Mapping[str, Any], taken: Mapping[str, str], chosen: Any) -> None:
    for name, found in chosen.items():
        if name not in taken:
            raise NoWay(f"it has the option {name}")
        never = row.get("never", {}).get(name, ())
        if found in never or found not in row.get("only", {}).get(name, [found]):
            raise NoWay(f"it has the option {name}={found}")
        is_name = is_dotted(found.replace(":", ".", 1)) if name == "load" else is_dotted(found)
        if name in row.get("names", ()) and not is_name and (found or name == "load"):
            raise NoWay(f"its option {name} is no name in Python")
        if name == "load" and found.partition(":")[0].partition(".")[0] in NO_TOKENIZERS:
            raise NoWay("what loads it is of Python's own standard library, which has no tokenizer")


def _options(row: Mapping[str, Any], chosen: Mapping[str, str], side: str) -> dict[str, str]:
    """Return what stands for each option: a word of the table, a name, or a literal."""
    values = {}
    for name, found in chosen.items():
        words = row.get("words", {}).get(name)
        if words is not None:
            if found not in words:
                raise NoWay(f"it has the option {name}={found}")
            values[name] = Template(words[found]).substitute(side=side)
        elif name in row.get("forms", {}):
            values[name] = Template(row["forms"][name]).substitute(value=found) if found else ""
        elif name in row.get("names", ()):
            values[name] = found.replace(":", ".", 1)
        else:
            values[name] = ascii(found)
    return values


def _asked(side: str, question: Question) -> dict[str, str]:
    return {"side": side, "skip_special": str(question.skip_special)}


def _file(wanted: str, target: str, allowed: Terms) -> Path:
    """Return the file or folder that a library is given for a target."""
    try:
        with terms.under(allowed):
            path = artefact.resolve(target)
    except ParityError as error:
        raise NoWay(f"its files are not here ({error})") from error
    if wanted == "/":
        return path if path.is_dir() else path.parent
    if not path.is_dir():
        if path.match(wanted):
            return path
        raise NoWay(f"its target is no {wanted}")
    found = sorted(path.glob(wanted))
    if len(found) != 1:
        raise NoWay(f"its folder has {len(found)} files {wanted}")
    return found[0]


def _filled(row: Mapping[str, Any], values: Mapping[str, str], question: Question) -> Way:
    asks = row["asks"].get(question.asked)
    asked = asks.get(question.mode) if isinstance(asks, dict) else asks
    mode = row.get("mode", {question.mode: ""}).get(question.mode)
    if asked is None or mode is None:
        raise NoWay(f"its library is not asked for {question.asked} in one short call")
    values = {**values, "mode": Template(mode).substitute(values)}
    lines = [*row["load"], *row.get("before", {}).get(question.mode, ())]
    return Way(
        row.get("imports", ()),
        [Template(line).substitute(values) for line in lines],
        Template(asked).substitute(values),
    )


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))
