"""From text to text through every tokenizer, engine and detokenizer, each with each other.

Each tokenizer makes the ids of all prompts once. Each engine completes each distinct list of ids
once, in a process of its own. Each detokenizer, a named algorithm over a tokenizer's backend, makes
text and chunks of the new ids. A cell is one of each; all cells are held to the first tokenizer,
engine and detokenizer, prompt by prompt (`judging`). So the table says whose fault it is: other
prompt ids are INPUT, and red in all cells of that tokenizer; the same ids with another text are
DETOK, and red in all cells of that detokenizer.

Two algorithms may send other chunks by design. What they can be asked for is `relations`': the same
chunks, or else the same text when these are joined, or nothing, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

from parity.backend import Backend
from parity.decoding.budgets import Budget
from parity.decoding.engine import Engine
from parity.decoding.findings import Finding, Level
from parity.decoding.gathering import Schedule, gather
from parity.decoding.judging import NOISE, judge
from parity.decoding.records import Outcome, Prompt
from parity.decoding.streamed import Named, filled, only_ids, over, script
from parity.errors import BadSpec, ParityError, Unsupported
from parity.relations import JOINED, NONEMPTY, obstacle
from parity.remote.process import ProcessFailed
from parity.seeing import failed
from parity.types import Failure

LEVELS: Final = ("prompt_ids", "ids", "text", "chunks")
"""What is counted of a cell."""
Ids = Mapping[str, tuple[int, ...] | Failure]
"""By the ids of prompts, what a tokenizer makes of them."""
Asked = tuple[str, tuple[int, ...]]
"""A prompt's id, and ids that a tokenizer has made of it."""
Open = Callable[[], tuple[Engine, Schedule]]
"""What loads an engine, when it is its turn."""


class Cell(NamedTuple):
    """A tokenizer, an engine and a detokenizer, and what is found of each prompt."""

    tokenizer: str
    engine: str
    detokenizer: str
    findings: tuple[Finding, ...]

    @property
    def kinds(self) -> dict[str, int]:
        """How many prompts are of each class."""
        return dict(Counter(finding.kind for finding in self.findings))

    def same(self, level: str) -> int:
        """Return how many prompts are the same as the reference's at a level."""
        return sum(_outcome(finding, level) == "same" for finding in self.findings)

    def asked(self, level: str) -> int:
        """Return of how many prompts a level says anything."""
        return sum(_outcome(finding, level) != "absent" for finding in self.findings)


class Matrix(NamedTuple):
    """All cells, the reference's first; `skipped` says which engines were not asked, and why."""

    prompts: tuple[str, ...]
    cells: tuple[Cell, ...]
    skipped: Mapping[str, str]

    @property
    def red(self) -> list[Cell]:
        """The cells in which a prompt has diverged."""
        fine = {"SAME", "ABSENT", *NOISE}
        return [cell for cell in self.cells if not cell.kinds.keys() <= fine]

    @property
    def unproved(self) -> list[Cell]:
        """The cells in which a prompt, or its text, could not be compared."""
        return [
            cell
            for cell in self.cells
            if "ABSENT" in cell.kinds or cell.asked("text") < len(self.prompts)
        ]


class Sides(NamedTuple):
    """What is put together: each by its name, in their order, the reference's first."""

    tokenizers: Mapping[str, Backend]
    engines: Mapping[str, Open]
    detokenizers: Mapping[str, Named]


def detokenizer(spec: str, load: Callable[[str], Backend]) -> Named:
    """Return a detokenizer by its spec, ALGORITHM@BACKEND. Raises BadSpec, and what `load` does."""
    algorithm, at, backend = spec.partition("@")
    if not at or not backend:
        raise BadSpec(
            f"a detokenizer is written ALGORITHM@BACKEND, such as decode_stream@hf:models/qwen; "
            f"this is {spec!r}"
        )
    return over(algorithm, load(backend))


def examine(sides: Sides, prompts: Sequence[Prompt], budget: Budget | None = None) -> Matrix:
    """Return what is found in each cell.

    An engine that cannot be loaded here is skipped and named; if it is the reference, that is
    raised.
    """
    known = {name: encoded(backend, prompts) for name, backend in sides.tokenizers.items()}
    reference, skipped, cells = None, {}, []
    for engine, open_it in sides.engines.items():
        try:
            made = _generated(open_it, prompts, known)
        except (ParityError, ProcessFailed) as error:
            if reference is None:
                raise
            skipped[engine] = f"{type(error).__name__}: {error}"
            continue
        read = {
            name: {asked: filled(only_ids(outcome), by) for asked, outcome in made.items()}
            for name, by in sides.detokenizers.items()
        }
        for (tokenizer, ids), (name, by) in product(known.items(), sides.detokenizers.items()):
            side = _Side(by, {prompt.id: _of(prompt, ids, read[name]) for prompt in prompts})
            reference = reference or side
            found = tuple(_found(prompt, reference, side, budget) for prompt in prompts)
            cells.append(Cell(tokenizer, engine, name, found))
    return Matrix(tuple(prompt.id for prompt in prompts), tuple(cells), skipped)


def encoded(backend: Backend, prompts: Sequence[Prompt]) -> dict[str, tuple[int, ...] | Failure]:
    """Return the ids that a tokenizer makes of prompts, or what it did instead.

    What the tokenizer's template adds (BOS) is added, and a chat opens the assistant's turn.
    """
    found: dict[str, tuple[int, ...] | Failure] = {}
    for prompt in prompts:
        try:
            found[prompt.id] = tuple(_ids_of(backend, prompt))
        except KeyboardInterrupt:
            raise
        except Exception as error:  # noqa: BLE001 (what a tokenizer does is seen)
            found[prompt.id] = failed(error)
    return found


def _ids_of(backend: Backend, prompt: Prompt) -> Sequence[int]:
    if prompt.kind == "ids":
        return list(prompt.payload)
    if prompt.kind == "text":
        return backend.encode(prompt.payload, "template").ids
    options = {"add_generation_prompt": True}
    try:
        return backend.chat_ids(prompt.payload, options)
    except Unsupported:
        return backend.encode(backend.render(prompt.payload, options), "parse").ids


class _Side(NamedTuple):
    """A cell's outcomes, and what has made text of their ids."""

    by: Named
    outcomes: Mapping[str, Outcome]


def _generated(
    open_it: Open, prompts: Sequence[Prompt], known: Mapping[str, Ids]
) -> dict[Asked, Outcome]:
    """Return what an engine makes of each prompt's distinct ids, asked once each."""
    wanted = list(dict.fromkeys(_distinct(prompts, known)))
    by_id = {prompt.id: prompt for prompt in prompts}
    numbered = [
        by_id[id]._replace(id=f"{id}#{number}", kind="ids", payload=ids)
        for number, (id, ids) in enumerate(wanted)
    ]
    outcomes: dict[str, Outcome] = {}
    engine, plan = open_it()
    try:
        gather(engine, numbered, plan, lambda one: outcomes.update({one.prompt: one}))
    finally:
        engine.close()
    return {
        asked: outcomes[prompt.id]._replace(prompt=asked[0])
        for asked, prompt in zip(wanted, numbered, strict=True)
    }


def _distinct(prompts: Sequence[Prompt], known: Mapping[str, Ids]) -> Iterator[Asked]:
    for prompt in prompts:
        for ids in known.values():
            found = ids[prompt.id]
            if not isinstance(found, Failure):
                yield prompt.id, found


def _of(prompt: Prompt, ids: Ids, read: Mapping[Asked, Outcome]) -> Outcome:
    """Return what came of a prompt by way of a tokenizer."""
    found = ids[prompt.id]
    if isinstance(found, Failure):
        return Outcome(prompt.id, None, None, found)
    return read[prompt.id, found]


def _found(prompt: Prompt, reference: _Side, side: _Side, budget: Budget | None) -> Finding:
    """Return what is found of a prompt in a cell; of chunks, what both can be asked for."""
    one, other = reference.outcomes[prompt.id], side.outcomes[prompt.id]
    relation, why = _relation(one, reference.by, side.by)
    one, other = _related(one, relation), _related(other, relation)
    finding = judge(prompt, one, other, budget)
    level = finding.levels.get("chunks")
    if not why or level is None:
        return finding
    note = "; ".join(filter(None, [why, level.note]))
    return finding._replace(levels={**finding.levels, "chunks": level._replace(note=note)})


def _relation(outcome: Outcome, reference: Named, candidate: Named) -> tuple[str, str]:
    """Return what chunks can be asked for, "" for nothing, and why for nothing more."""
    made = outcome.generation
    if made is None or made.ids is None or reference.algorithm == candidate.algorithm:
        return NONEMPTY, ""
    run = script(made.ids, outcome.prompt_ids or (), made.finish)
    because = ""
    for relation in (NONEMPTY, JOINED):
        found = obstacle(
            relation, reference.algorithm, candidate.algorithm, run, reference.decoder.decode
        )
        if not found:
            return relation, because and f"{because}: only joined"
        because = found
    return "", because


def _related(outcome: Outcome, relation: str) -> Outcome:
    """Return an outcome with the chunks as a relation compares them."""
    made = outcome.generation
    if made is None or made.chunks is None or relation == NONEMPTY:
        return outcome
    chunks = ("".join(made.chunks),) if relation == JOINED else None
    return outcome._replace(generation=made._replace(chunks=chunks))


def _outcome(finding: Finding, level: str) -> str:
    return finding.levels.get(level, Level("absent")).outcome
