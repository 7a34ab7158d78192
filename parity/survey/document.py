"""The matrix as JSON, and as a page in Markdown: the same cells, words and lines."""

from __future__ import annotations

import html
import json
import platform
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any, Final

from parity.reports.visible import printable, value
from parity.survey.cells import RED, WORDS, Cell, Example, Seen, Survey, said_of

SCHEMA: Final = 1
SMALL: Final = 60
"""Characters of an example that a table shows."""
SIGNS: Final = {"same": "=", "itself": "reference"}
"""What stands for a word in a table, where it is not the word."""


def environment() -> dict[str, str]:
    """Return what the matrix was made on."""
    return {
        "tool": f"tokparity {version('tokparity')}",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "unicode": unicodedata.unidata_version,
    }


def as_json(found: Survey, command: str) -> str:
    """Return the whole matrix as one JSON document."""
    causes = {name for cell in found.cells for seen in cell.checks.values() for name in seen.causes}
    content = {
        "matrix": "tokenizers", "schema": SCHEMA, "command": command, "words": dict(WORDS),
        "environment": found.environment, "inputs": found.inputs, "checks": list(found.checks),
        "canaries": {"planted": found.canaries.planted, "survived": []},
        "implementations": found.implementations, "vocabularies": found.vocabularies,
        "left_out": found.left_out, "causes": {name: said_of(name) for name in sorted(causes)},
    }  # fmt: skip
    head = json.dumps(content, indent=1).removesuffix("\n}")
    brief = (json.dumps(_cell(one), separators=(",", ":")) for one in found.cells)
    cells = ",\n".join(f"  {one}" for one in brief)  # a line each, for diffs
    return f'{head},\n "cells": [\n{cells}\n ]\n}}\n'


def _cell(one: Cell) -> dict[str, Any]:
    """Return a cell as data; what is empty is left out, and what a cause is stands once."""
    content = asdict(one)
    for seen in content["checks"].values():
        for example in seen["examples"]:
            del example["about"]
            example["case"].pop("tags", None)
            if not example["batch"]:
                del example["batch"]
    content["checks"] = {
        name: {key: said for key, said in seen.items() if said not in ({}, [])}
        for name, seen in content["checks"].items()
    }
    return {key: said for key, said in content.items() if key == "checks" or said not in ({}, "")}


def versions(found: Survey, name: str) -> str:
    """Return what a fingerprint says of the packages of an implementation."""
    packages = found.implementations[name].get("what", {}).get("packages", {})
    return ", ".join(f"{key} {said}" for key, said in packages.items())


def short(cell: Cell | None) -> str:
    """Return a cell in a few words: a sign, or the checks that differ and by how many cases."""
    if cell is None:
        return ""
    left = f", {cell.left:,} cases left" if cell.left else ""
    if cell.word in ("same", "part"):
        done = sum(seen.word == "same" for seen in cell.checks.values())
        return f"= {done}/{len(cell.checks)}{left}"
    if cell.word not in RED or not cell.checks:
        return SIGNS.get(cell.word, cell.word)
    told = [_short(name, seen) for name, seen in cell.checks.items() if seen.word in RED]
    return ", ".join(told) + left


def _short(name: str, seen: Seen) -> str:
    word = "" if seen.word == "differs" else f"{seen.word} "
    return f"{name} {word}{seen.differ:,}".strip()


def examples(found: Survey, name: str) -> Iterator[tuple[Cell, str, Seen, Example]]:
    """Yield the examples of an implementation, with their cells and checks."""
    for cell in found.cells:
        if cell.implementation == name:
            for check, seen in cell.checks.items():
                yield from ((cell, check, seen, one) for one in seen.examples)


def payload(one: Example, limit: int = SMALL) -> str:
    """Return the input of an example for people: what the eye cannot see is escaped."""
    found = value(one.case["payload"], limit)
    options = one.case["options"]
    modes = [options["specials"]] if "specials" in options else []
    if "skip_special" in options:
        modes.append(f"special tokens {'skipped' if options['skip_special'] else 'kept'}")
    if len(one.batch) > 1:
        modes.append(f"one of {len(one.batch)} in a call")
    return found + (f" ({', '.join(modes)})" if modes else "")


def markdown(found: Survey, command: str, beside: Sequence[str] = ()) -> Iterator[str]:
    """Yield the page in Markdown: how it was made, the table, and an example of each cause.

    beside: names of files in the same folder that have all of it.
    """
    names = list(found.vocabularies)
    red = sum(cell.word in RED for cell in found.cells)
    yield "# Implementations, by vocabularies and by checks\n\n"
    yield from _how(found, command)
    yield f"\n## The table\n\n{len(found.implementations)} implementations, {len(names)} "
    yield f"vocabularies, {len(found.cells)} cells; in {red} of them something differs.\n\n"
    yield f"| implementation | language | {' | '.join(map(_name, names))} |\n"
    yield f"|---|---|{'---|' * len(names)}\n"
    for name, row in found.implementations.items():
        cells = [found.cell(name, vocabulary) for vocabulary in names]
        texts = [f"**{short(one)}**" if one and one.word in RED else short(one) for one in cells]
        yield f"| {name} | {row['language']} | {' | '.join(texts)} |\n"
    yield from _left_out(found.left_out)
    whole = " and ".join(f"[{name}]({name})" for name in beside) or "the JSON and the page"
    yield "\n## What differs\n\nThe smallest example of each cause, of the first vocabulary that "
    yield f"shows it; all others, and the lines that show them again, are in {whole}.\n"
    for name in found.implementations:
        yield from _section(found, name)


def _how(found: Survey, command: str) -> Iterator[str]:
    told = found.environment
    yield f"Made by the command, and by no hand:\n\n```\n{command}\n```\n\n"
    yield f"With {told['tool']}, Python {told['python']}, {told['system']}; "
    yield f"{found.canaries} before and after. **A cell says that two sides differ, not which of "
    yield "them is right.**\n\n"
    yield from (f"- {line}\n" for line in said(found))
    yield "\n| in the table | means |\n|---|---|\n"
    yield from (f"| {SIGNS.get(word, word) or word} | {what} |\n" for word, what in WORDS.items())
    yield "| = 2/7 | so many of the checks: it has no call for the others |\n"
    yield "| ids 12, text 3 | these checks differ, in so many cases |\n"


def said(found: Survey) -> list[str]:
    """Return what was asked, in sentences for people."""
    asked = found.inputs
    corpora, generators = ", ".join(asked["corpora"]), ", ".join(asked["strategies"])
    cases = (
        f"Every implementation gets the same {asked['cases']:,} cases of the corpora {corpora} "
        f"({asked['select']}); {asked['drawn']} that each of {len(asked['strategies'])} generators "
        f"draws for the vocabulary, with seed {asked['seed']} ({generators}); and the first "
        f"{asked['streams']} streams, where both sides stream."
    )
    checks = (
        f"The checks are {', '.join(found.checks)}. What is asked depends on no clock, but where a "
        f"cell says that its {asked['seconds']:g} seconds were over."
    )
    sides = (
        "Each is compared with the owner of the file that it reads: tokenizers of a "
        "tokenizer.json, tiktoken of ranks. The row tokenizers is that reference, held to laws. "
        "What a library has no call for, such as a mode of special tokens, is unsupported, and in "
        "no count."
    )
    examples = (
        "Up to six divergences of a check are classified, and one of each cause is made small; "
        "unclassified is what no named cause foretells."
    )
    return [cases, checks, sides, examples]


def _left_out(left_out: Mapping[str, str]) -> Iterator[str]:
    if left_out:
        yield "\nNot compared:\n\n"
        yield from (f"- {name}: {_code(why)}\n" for name, why in left_out.items())


def _section(found: Survey, name: str) -> Iterator[str]:
    rows: dict[tuple[str, str], tuple[Cell, str, Seen, Example]] = {}
    for row in examples(found, name):
        rows.setdefault((row[1], row[3].cause), row)
    cells = [one for one in found.cells if one.implementation == name]
    words = ("failed", "refused")
    reasons = {one.reason: one for one in cells if one.reason and one.word in words}
    if not rows and not reasons:
        return
    yield f"\n### {name}\n\n{versions(found, name)}\n"
    if rows:
        yield "\n| check | cause | in | smallest | reference | candidate |\n"
        yield "|---|---|---|---|---|---|\n"
    for (check, cause), (cell, _, __, one) in rows.items():
        told = (payload(one), one.reference[:SMALL], one.candidate[:SMALL])
        shown = " | ".join(map(_code, told))
        yield f"| {check} | {cause or '-'} | {cell.vocabulary} | {shown} |\n"
    yield from (f"\n{one.vocabulary}: {one.word}: {_code(why)}\n" for why, one in reasons.items())


def _name(text: str) -> str:
    """Return a name as it may stand in a table of Markdown."""
    plain = printable(text).replace("|", "\\|").replace("`", "\\`")
    return html.escape(plain, quote=False)


def _code(text: str) -> str:
    marks = "``" if "`" in text else "`"
    inner = text.replace("|", "\\|")
    return f"{marks}{inner}{marks}" if marks == "`" else f"{marks} {inner} {marks}"


def summary(found: Survey) -> Sequence[str]:
    """Return the words of all cells with their counts, the worst first."""
    words = [one.word for one in found.cells]
    return [f"{words.count(word)} {word}" for word in WORDS if word in words]
