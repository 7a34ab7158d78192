"""What is wanted of a run of full decoding, checked before anything is started."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from parity.decoded import modes
from parity.decoded.sides import Errand, as_asked, text_of
from parity.decoding import apart, drawing, engines, profiles, prompts, vocabularies
from parity.decoding.engines import HOW_IT_IS_ASKED, Spec, read_spec
from parity.decoding.gathering import schedule
from parity.decoding.records import TOP, Prompt
from parity.errors import (
    BadSpec,
    GoldenError,
    NothingSelected,
    SelfComparison,
    UsageError,
)
from parity.remote.options import limits

FOLDER: Final = Path(".parity") / "decode"
DETERMINISM: Final = "determinism"
"""The profile that compares an engine with itself, and nothing else with it."""
DEVICES: Final = ("auto", "cpu", "cuda")


class Wanted(NamedTuple):
    """What the command line, or an entry of the plan, says.

    modes: groups of `modes`, each of which becomes candidates.
    golden, update: the folder of goldens, and whether they are written.
    out: the folder of the records; resume: go on from what is there.
    """

    model: str = ""
    reference: str = ""
    candidates: Sequence[str] = ()
    modes: Sequence[str] = ()
    prompts: str = ""
    profile: str = "exact"
    max_tokens: int | None = None
    device: str = "auto"
    require: str = ""
    deterministic: bool = False
    golden: Path | None = None
    update: bool = False
    detokenizer: str = ""
    tokenizer: str = ""
    out: Path | None = None
    resume: bool = False
    top: int = TOP
    jobs: int = 1


class Asked(NamedTuple):
    """The same, read and checked: every engine and option is known, every prompt is there.

    sets: the prompts by the names that were asked for.
    modes: names of the candidates that are modes of the reference.
    """

    wanted: Wanted
    reference: Spec
    candidates: dict[str, Spec]
    errand: Errand
    sets: Mapping[str, Sequence[Prompt]]
    modes: frozenset[str] = frozenset()


def read(wanted: Wanted) -> Asked:
    """Return what is wanted as a run needs it. Raises UsageError, BadSpec, BadCorpus, GoldenError.

    Nothing is loaded: what can be seen to be wrong is told before minutes are spent.
    """
    _check(wanted)
    sets = _sets(wanted)
    reference = _spec(wanted.reference, wanted)
    candidates: dict[str, Spec] = {}
    for group in wanted.modes:
        candidates |= dict(modes.expand(group, reference))
    expanded = frozenset(candidates)
    every = list({prompt.id: prompt for found in sets.values() for prompt in found}.values())
    for text in wanted.candidates:
        spec = _spec(text, wanted)
        name = text_of(spec)
        if spec in candidates.values():
            raise UsageError(f"the candidate {text!r} comes twice")
        same = spec.text == reference.text and as_asked(spec, every) == as_asked(reference, every)
        if same and wanted.profile != DETERMINISM:
            raise itself(wanted.reference, text)
        candidates[name] = spec
    if not candidates and not wanted.update and wanted.profile != DETERMINISM:
        raise UsageError("nothing is compared: name a --candidate, or --modes")
    errand = Errand(every, wanted.top, Path(), {}, wanted.resume)
    folder = wanted.out or FOLDER / _digest(reference, candidates, errand)
    errand = errand._replace(folder=folder)
    return Asked(wanted, reference, candidates, errand, sets, expanded)


def itself(reference: str, candidate: str) -> SelfComparison:
    """Return the refusal of a comparison that could not fail."""
    return SelfComparison(
        f"{reference!r} and {candidate!r} are one and the same, asked in the same way: comparing "
        "them would prove nothing; the reference is always run twice, and --profile determinism "
        "compares an engine with itself"
    )


def _check(wanted: Wanted) -> None:
    if not wanted.reference:
        raise UsageError("no reference is named: --reference SPEC, such as transformers")
    profiles.named(wanted.profile)
    if wanted.update and wanted.golden is None:
        raise UsageError("--update says where: --golden FOLDER")
    if wanted.update and os.environ.get("CI"):
        raise GoldenError("CI is set: goldens are not written here; record them on a branch")
    if wanted.device not in DEVICES or wanted.require not in ("", *DEVICES[1:]):
        raise UsageError(f"a device is {', '.join(DEVICES)}; required is one of them but auto")


def _spec(text: str, wanted: Wanted) -> Spec:
    """Return a spec with what the command adds to each. Raises BadSpec, UnknownBackend."""
    spec = read_spec(text, wanted.model)
    known = engines.options(spec.kind)
    for option in spec.options:
        if option not in known:
            every = ", ".join((*known, *HOW_IT_IS_ASKED))
            raise BadSpec(f"{text!r}: {spec.kind} has no option {option!r}; known: {every}")
    if not spec.model:
        raise BadSpec(f"{text!r} names no model: --model NAME, or {spec.kind}:NAME")
    schedule(spec.asked, text)
    apart.threads(spec)
    limits(spec.asked, text)
    added = {"device": wanted.device if wanted.device != "auto" else ""}
    added["deterministic"] = "yes" if wanted.deterministic else ""
    lacking = {name: value for name, value in added.items() if value and name in known}
    return spec._replace(options={**lacking, **spec.options})


def _sets(wanted: Wanted) -> dict[str, list[Prompt]]:
    """Return the prompts of each name that is wanted. Raises UsageError, BadCorpus."""
    names = [name for name in wanted.prompts.split(",") if name]
    if not names:
        raise NothingSelected("no prompts are named: --prompts short,digits")
    size = vocabularies.size(wanted.model) if wanted.model else drawing.WHOLE
    prompts.chosen(names, size)  # two of one id are refused
    found = {name: prompts.chosen([name], size) for name in names}
    if wanted.max_tokens is None:
        return found
    return {
        name: [prompt._replace(max_tokens=wanted.max_tokens) for prompt in of]
        for name, of in found.items()
    }


def _digest(reference: Spec, candidates: dict[str, Spec], errand: Errand) -> str:
    """Return the name of a folder that only the same question has."""
    parts = [text_of(reference), *map(text_of, candidates.values()), errand.digest, str(errand.top)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
