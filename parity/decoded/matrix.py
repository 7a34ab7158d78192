"""`tokparity decode matrix`: what is asked for, the table, and the table as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import backends, files, fingerprint, jsonl
from parity.backend import Backend
from parity.decoding import apart, end_to_end, prompts, vocabularies, weights
from parity.decoding.end_to_end import LEVELS, Cell, Matrix, Open, Sides
from parity.decoding.engine import Engine
from parity.decoding.engines import Spec, read_spec
from parity.decoding.findings import Finding
from parity.decoding.gathering import Schedule, schedule
from parity.decoding.records import Prompt
from parity.errors import LoadFailed, NothingSelected, UsageError
from parity.remote.process import ProcessFailed

EQUAL, DIVERGED, UNPROVED = 0, 1, 3
"""Exit codes, those of the house."""
HEADS: Final = ("tokenizer", "engine", "detokenizer", "prompt ids", "ids", "text", "chunks", "")
FORM: Final = "form="
READ_GGUF: Final = frozenset({"gguf", "llama_cpp"})
"""Kinds of backends that take a model as GGUF; others take its folder."""
SHOWN: Final = 3
"""Prompts that are told of each class and place under the table; all are in the JSON."""
Start = Callable[[Spec], Engine]
Say = Callable[[str], None]


class Wanted(NamedTuple):
    """What the command line says; the first of each is the reference.

    tokenizers: backends; one without a target is on the model. detokenizers: ALGORITHM@BACKEND.
    prompts: names of sets and prompts, by comma.
    """

    model: str = ""
    tokenizers: Sequence[str] = ()
    engines: Sequence[str] = ()
    detokenizers: Sequence[str] = ()
    prompts: str = ""
    max_tokens: int | None = None


def run(wanted: Wanted, say: Say, json: Path | None = None, start: Start = apart.start) -> int:
    """Make the matrix, say it as Markdown, write it; return the exit code. Raises ParityError."""
    _check(wanted)
    asked = _prompts(wanted)
    known: dict[str, dict[str, Any]] = {}
    with ExitStack() as held:
        loaded: dict[str, Backend] = {}

        def load(text: str) -> Backend:
            if text not in loaded:
                spec = on_model(text, wanted.model)
                loaded[text] = held.enter_context(closing(backends.load(spec)))
                known[text] = fingerprint.take(spec, loaded[text])._asdict()
            return loaded[text]

        sides = Sides(
            {text: load(text) for text in wanted.tokenizers},
            {text: _opener(text, wanted.model, start, known) for text in wanted.engines},
            {text: end_to_end.detokenizer(text, load) for text in wanted.detokenizers},
        )
        found = end_to_end.examine(sides, asked)
    for line in as_markdown(found):
        say(line)
    if json:
        with files.told(json, "the matrix is to be written there"):
            files.write(json, [jsonl.dump(as_data(found, known)) + "\n"])
    return code(found)


def on_model(text: str, model: str) -> str:
    """Return a backend's spec; one without a target is of the model, in the form that it reads.

    The option `form` says in which other one, such as smollm2's `tokenizer-gguf-loader`.

    >>> on_model("hf:models/qwen", "tiny")
    'hf:models/qwen'
    """
    kind, *options = text.split(",")
    if ":" in kind:
        return text
    if not model:
        raise UsageError(f"{text!r} names no tokenizer: --model NAME, or {kind}:PATH")
    forms = [option.removeprefix(FORM) for option in options if option.startswith(FORM)]
    form = forms[-1] if forms else "gguf" if kind in READ_GGUF else "safetensors"
    kept = [option for option in options if not option.startswith(FORM)]
    return ",".join([f"{kind}:{weights.find(model, form)}", *kept])


def code(found: Matrix) -> int:
    """Return the exit code: what diverged, then what was not compared, then equality.

    One cell alone is compared with itself, which proves nothing.
    """
    if found.red:
        return DIVERGED
    if len(found.cells) == 1:
        return UNPROVED
    return UNPROVED if found.skipped or found.unproved else EQUAL


def as_markdown(found: Matrix) -> list[str]:
    """Return the lines of the table, and of what is found under it."""
    rows = [
        (cell.tokenizer, cell.engine, cell.detokenizer, *_counts(cell), _kinds(cell))
        for cell in found.cells
    ]
    lines = ["| " + " | ".join(row) + " |" for row in (HEADS, ["---"] * len(HEADS), *rows)]
    lines += ["", f"{len(found.prompts)} prompts; held to the first row."]
    lines += [f"- skipped: {name}: {why}" for name, why in found.skipped.items()]
    return [*lines, *_told_of(found)]


def _told_of(found: Matrix) -> list[str]:
    """Return what is found, by class and by the place that a class accuses, a few lines of each."""
    seen: dict[tuple[str, str], dict[str, str]] = {}
    for cell in found.cells:
        places = {"INPUT": cell.tokenizer, "DETOK": cell.detokenizer}
        for finding in cell.findings:
            if finding.kind != "SAME":
                accused = finding.kind, places.get(finding.kind, cell.engine)
                seen.setdefault(accused, {}).setdefault(finding.prompt, _note(finding))
    lines = []
    for (kind, place), notes in seen.items():
        lines.append(f"- {kind}, {place}: {len(notes)} of {len(found.prompts)} prompts")
        lines += [f"  - {prompt}: {note}" for prompt, note in islice(notes.items(), SHOWN)]
        lines += ["  - ..."] if len(notes) > SHOWN else []
    return lines


def as_data(found: Matrix, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the matrix as JSON can hold it; `known` says what each side is."""
    return {
        "prompts": list(found.prompts),
        "skipped": dict(found.skipped),
        "sides": jsonl.plain(known),
        "cells": [
            {
                "tokenizer": cell.tokenizer,
                "engine": cell.engine,
                "detokenizer": cell.detokenizer,
                "kinds": cell.kinds,
                "same": {level: cell.same(level) for level in LEVELS},
                "asked": {level: cell.asked(level) for level in LEVELS},
                "findings": [_told(finding) for finding in cell.findings],
            }
            for cell in found.cells
        ],
    }


def _told(finding: Finding) -> dict[str, Any]:
    levels = {name: finding.levels[name]._asdict() for name in LEVELS if name in finding.levels}
    return {
        "prompt": finding.prompt, "kind": finding.kind, "step": finding.step,
        "note": finding.note, "levels": levels,
    }  # fmt: skip


def _counts(cell: Cell) -> list[str]:
    """Return how many prompts are the same at each level; `-` where a level says nothing."""
    return [
        f"{cell.same(level)}/{cell.asked(level)}" if cell.asked(level) else "-" for level in LEVELS
    ]


def _kinds(cell: Cell) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(cell.kinds.items()))


def _note(finding: Finding) -> str:
    """Return why a finding is of its class, on one line of a list."""
    if finding.kind == "DETOK":
        parted = [
            f"{name} differs at {level.place}: {level.reference!a} and {level.candidate!a}"
            for name, level in finding.levels.items()
            if level.outcome == "differs"
        ]
        return "; ".join(parted) or finding.note
    return finding.note


def _check(wanted: Wanted) -> None:
    for name, given in (
        ("tokenizer", wanted.tokenizers),
        ("engine", wanted.engines),
        ("detokenizer", wanted.detokenizers),
    ):
        if not given:
            raise UsageError(f"no {name} is named: --{name} SPEC; the first is the reference")
        twice = [text for text in given if list(given).count(text) > 1]
        if twice:
            raise UsageError(f"--{name} {twice[0]} comes twice")


def _prompts(wanted: Wanted) -> list[Prompt]:
    names = [name for name in wanted.prompts.split(",") if name]
    if not names:
        raise NothingSelected("no prompts are named: --prompts digits,multibyte")
    size = vocabularies.size(wanted.model) if wanted.model and prompts.draws(names) else None
    found = prompts.chosen(names, size)
    if wanted.max_tokens is None:
        return found
    return [prompt._replace(max_tokens=wanted.max_tokens) for prompt in found]


def _opener(text: str, model: str, start: Start, known: dict[str, dict[str, Any]]) -> Open:
    """Return what loads an engine when it is its turn, and notes what it is."""
    spec = read_spec(text, model)
    if not spec.model:
        raise UsageError(f"{text!r} names no model: --model NAME, or {spec.kind}:NAME")
    plan = schedule(spec.asked, text)

    def opened() -> tuple[Engine, Schedule]:
        try:
            engine = start(spec)
        except ProcessFailed as error:
            reason = f"{type(error).__name__}: {error}"
            raise LoadFailed(f"{text!r} cannot be loaded; its process: {reason}") from error
        known[text] = _mark(engine)
        return engine, plan

    return opened


def _mark(engine: Engine) -> dict[str, Any]:
    if isinstance(engine, apart.Apart):
        return engine.fingerprint()._asdict()
    return {"spec": engine.spec, "name": engine.name}
