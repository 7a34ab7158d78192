"""`tokparity matrix templates`: engines by constructs and by templates, with smallest examples.

The side to agree with is Jinja2 as transformers sets it up: the first column compares that with
transformers itself. Each engine renders each template of the corpus `templates`,
one construct each, and the chats by each template that is given. What differs is made small and
named (`diagnosis`); a cell is how much of what was compared differs. Findings are plain data, one a
line, so that they can be kept in git and compared with what is found later.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from parity import canary, concluding, jsonl, renderers, session
from parity.compare import Comparison
from parity.errors import Inconclusive
from parity.examine import Examiner
from parity.plan import Pair, Plan
from parity.runfile import as_case, as_seen
from parity.types import Case

REFERENCE: Final = "jinja:{}"
"""What engines are compared with: Jinja2 as transformers sets it up; its own column proves it."""
TRANSFORMERS: Final = "jinja:{},through=transformers"
"""What that column is compared with."""
ENGINES: Final[Mapping[str, str]] = {
    "jinja": "jinja:{}",
    "minijinja": "minijinja:{}",
    "minijinja-own-tojson": "minijinja:{},tojson=own",
    "minijinja-2.21": "minijinja:{},version=2.21.0",
    "tgi": "minijinja:{},preset=tgi",
    "huggingface-jinja": "huggingface_jinja:{}",
}
"""What renders, by the name of its column; `{}` is the template."""
NEEDS: Final = {
    "minijinja-2.21": ("minijinja", "2.21.0"),
    "huggingface-jinja": ("huggingface_jinja", ""),
}
ADDRESS: Final = re.compile("0x[0-9a-f]{8,16}")
TRIES: Final = 600
"""Smaller cases and templates that are tried for one example."""
CONSTRUCTS: Final = "not tag:template.untrusted"
"""What is left out of the corpus `templates`: what only time and memory tell apart."""


class Finding(NamedTuple):
    """A difference: of which engine and template, on which case, of what cause, and how small."""

    engine: str
    template: str
    case: str
    cause: str
    where: str
    smallest: Any
    reference: str
    candidate: str


@dataclass
class Cell:
    """What an engine made of a row: cases compared, and those that differ."""

    compared: int = 0
    differ: int = 0


@dataclass
class Matrix:
    """What came of all engines. cells: by engine and row; left_out: engines that are not here."""

    engines: list[str] = field(default_factory=list)
    constructs: dict[tuple[str, str], Cell] = field(default_factory=dict)
    templates: dict[tuple[str, str], Cell] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    versions: dict[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def build(
    targets: Mapping[str, str],
    names: Sequence[str] = tuple(ENGINES),
    progress: Callable[[str], None] = lambda _: None,
) -> Matrix:
    """Return the matrix of engines by constructs, and by templates: targets by their names.

    Raises Inconclusive where a canary survives or nothing was compared.
    """
    found = Matrix()
    survived = canary.release().survived
    if survived:
        raise Inconclusive(f"the canary {survived[0]!r} survived: nothing here can be believed")
    for name in names:
        reason = renderers.missing(*NEEDS.get(name, ("jinja", "")))
        if reason:
            found.left_out[name] = reason
            continue
        found.engines.append(name)
        progress(f"{name}: constructs")
        _compare(found, name, Part("", "none", "templates", CONSTRUCTS))
        for template, target in targets.items():
            progress(f"{name}: {template}")
            _compare(found, name, Part(template, target, "chat"))
    if not found.engines:
        raise Inconclusive("no engine is here: " + "; ".join(found.left_out.values()))
    return found


class Part(NamedTuple):
    """A row of templates, or all rows of constructs: what is compared on which corpus."""

    template: str
    target: str
    corpus: str
    select: str = ""


def _compare(found: Matrix, engine: str, part: Part) -> None:
    """Compare an engine on a part, and count into its cells."""
    template, target, corpus, select = part
    cells = found.templates if template else found.constructs
    spec = ENGINES[engine].format(target)
    reference = (TRANSFORMERS if spec == REFERENCE.format(target) else REFERENCE).format(target)
    pair = Pair(f"{engine} {template}".strip(), reference, spec, ("prompt",),
                named=True, corpora=(corpus,), select=select)  # fmt: skip
    wanted = session.predicate(select)
    result = concluding.PairResult(pair.name)
    cases = [case for case in session.cases(pair) if wanted is None or wanted(case)]
    kept: list[Comparison] = []
    with session.opened(pair) as loaded:
        mark = loaded.fingerprints[1]
        found.versions[engine] = {
            key: value for key, value in mark.facts.items() if key.startswith("version.")
        }
        todo = session.jobs(pair, Plan(()), wanted)
        session.compare_pair(
            loaded, todo, cases, result, record=lambda _, one, __: kept.append(one)
        )
        examiner = Examiner(loaded.reference, loaded.candidate, todo)
        chosen = kept[:1] if template else kept  # an example for each red cell
        found.findings += [_finding(engine, template, one, examiner) for one in chosen]
    problem = concluding.conclude(pair, result, partial=False).problem
    if problem:
        raise Inconclusive(f"{pair.name}: {problem}")
    differing = Counter(row for one in kept for row in _rows(one.case, template))
    for row, count in Counter(row for case in cases for row in _rows(case, template)).items():
        cells[engine, row] = Cell(count, differing[row])


def _rows(case: Case, template: str) -> Sequence[str]:
    return (template,) if template else case.tags


def _finding(engine: str, template: str, one: Comparison, examiner: Examiner) -> Finding:
    examined = examiner.examine(one, forms=1, most=TRIES)
    minimal = examined.minimal if examined else None
    least = minimal.found if minimal and minimal.found else one
    return Finding(
        engine, template, one.case.id, examined.cause if examined else "",
        examined.note if examined else "", as_case(least.case)["payload"],
        _told(least, "reference"), _told(least, "candidate"),
    )  # fmt: skip


def _told(one: Comparison, side: str) -> str:
    seen = as_seen("prompt", getattr(one, side))
    told = seen["failure"]["kind"] if "failure" in seen else jsonl.dump(seen.get("value"))
    return ADDRESS.sub("0x..", told)  # it is another in each process


def lines(found: Matrix, engine: str) -> Iterator[str]:
    """Yield what is kept of an engine: what it is, and each of its findings, as JSON lines."""
    yield jsonl.dump({"matrix": 1, "engine": engine, "versions": found.versions[engine]}) + "\n"
    for one in found.findings:
        if one.engine == engine:
            yield jsonl.dump(one._asdict()) + "\n"


def kept(folder: Path, engine: str) -> Path:
    """Return where the findings of an engine are kept."""
    return folder / f"{engine}.jsonl"
