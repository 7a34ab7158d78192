"""Why two sides render another prompt: which construct of the template, which line, which key.

The case is made small first, then the template and the variables that it is rendered with. What is
left of the template names the cause (`templates.naming`). Where both sides make the same of one
template and its variables, the difference lies in what they do before: another template wins, or
a habit of theirs shapes the messages otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, NamedTuple

from parity.analyst import Analyst
from parity.backend import Backend
from parity.causes import UNCLASSIFIED
from parity.compare import Comparison, Verdict, compare, first_difference
from parity.jobs import Job
from parity.minimise import Minimal, minimise, shape
from parity.prompt_looks import with_last_open
from parity.reducing import TRIES, Tries
from parity.rendered import asked, rendered
from parity.run import Observer
from parity.seeing import observe
from parity.templates import shrinking
from parity.templates.tokens import scan
from parity.types import AS_JSON, Case, Failure, Observation

CHECKS: Final = frozenset({"prompt", "generation_prompt", "continued", "outcome"})
"""Checks whose divergences are looked into here, where the case is of messages or a template."""
JSON: Final = "tojson"
_LINE: Final = re.compile(r"\(in \w+:\d+\)")
SEEN: Final = "x"
"""What white space is replaced by, to learn whether it is white space that matters."""
DIAGNOSED: Final = 400
"""Divergences that are looked into, for each check."""


class Diagnosis(NamedTuple):
    """What is known of a divergence of prompts.

    cause: such as `filter:int`, or `shaping:tools`. note: where, in words.
    """

    cause: str
    note: str = ""
    minimal: Minimal | None = None


class Sides(NamedTuple):
    """Both backends of a pair, and who answers questions about their templates."""

    reference: Backend
    candidate: Backend
    analyst: Analyst


def is_about(found: Comparison) -> bool:
    """Say whether a divergence is one of prompts."""
    return found.check in CHECKS and found.case.kind in AS_JSON


def alike(found: Comparison) -> str:
    """Return what divergences of one template have in common that are one error in one line.

    "" where there is no error whose line is known: those are looked into one by one.
    """
    if found.case.kind != "messages" or found.check == "outcome":
        return ""
    seen = found.reference.failure, found.candidate.failure
    said = [one.message.partition("\n")[0] if one else "" for one in seen]
    return " / ".join(said) if any(_LINE.search(text) for text in said) else ""


def diagnose(
    job: Job,
    found: Comparison,
    observers: Mapping[str, Observer],
    sides: Sides,
    most: int = TRIES,
) -> Diagnosis:
    """Return the cause of a divergence of prompts, where it lies, and the smallest case."""
    kinds = _kinds(found)
    if "EngineDied" in kinds:
        return Diagnosis("engine-died", "the process of an engine ended: not made smaller")
    if "OutOfBounds" in kinds:
        return Diagnosis("bounds", "time, memory or length: not made smaller")
    texture = _texture(found)
    minimal = minimise(
        job, found, observers, lambda other: _texture(other) == texture, tries=Tries(most)
    )
    least = minimal.found or found
    as_it_was = found if found.case.kind == "template" else least  # whose lines and keys are told
    snippet = _snippet(as_it_was, sides.reference)
    if snippet is None:
        return Diagnosis(UNCLASSIFIED, "", minimal)
    cause, note = _before(least, sides, snippet) or _inside(snippet, sides, most)
    return Diagnosis(cause, note, minimal)


def _kinds(found: Comparison) -> set[str]:
    seen = found.reference, found.candidate
    values = {str(one.value).removeprefix("error ") for one in seen if found.check == "outcome"}
    return values | {one.failure.kind for one in seen if one.failure}


def _texture(found: Comparison) -> tuple[str, ...]:
    """Return the shape of a difference, with the sorts of the first characters that differ."""
    difference = found.difference
    if difference is None or found.check == "outcome":
        return (*shape(found), str(found.reference.value), str(found.candidate.value))
    sorts = _sort(difference.reference), _sort(difference.candidate)
    said = (_said(found.reference.failure), _said(found.candidate.failure))
    return (*shape(found), *sorts, *said)


def _said(failure: Failure | None) -> str:
    """Return the class of an exception, and what minijinja has in its place."""
    said = failure.message.partition("\n")[0].partition(" (in ")[0] if failure else ""
    words = said.split(": ")
    return ": ".join(words[:2] if words[0] == "TemplateError" else words[:1])


def _sort(item: Any) -> str:
    if not isinstance(item, str) or len(item) != 1:
        return type(item).__name__
    return "space" if item.isspace() else "word" if item.isalnum() else item


def _snippet(found: Comparison, side: Backend) -> dict[str, Any] | None:
    """Return the template and variables of a case, as far as a side tells them."""
    case = found.case
    if case.kind == "template":
        return deepcopy(dict(case.payload))
    messages, options = deepcopy(case.payload), asked(case)
    if found.check == "generation_prompt":
        path = found.difference.path if found.difference else ()
        options |= {
            "add_generation_prompt": bool(path and path[0]),
            "continue_final_message": False,
        }
    elif found.check == "continued":
        messages, options = with_last_open(messages, options)
    seen = observe(side.snippet, messages, options)
    return None if seen.failure else dict(seen.value)


def _expanded(side: Backend, snippet: Mapping[str, Any]) -> Observation:
    return observe(rendered, side, Case("snippet", "template", snippet))


def _compared(snippet: Mapping[str, Any], sides: Sides) -> Comparison:
    seen = [_expanded(side, snippet) for side in sides[:2]]
    return compare(Case("snippet", "template", snippet), "prompt", *seen)


def _before(found: Comparison, sides: Sides, snippet: dict[str, Any]) -> tuple[str, str] | None:
    """Return what sets the sides apart before a template is rendered, if that is what does."""
    if found.case.kind == "template":
        return None
    expanded = _compared(snippet, sides)
    if expanded.verdict is Verdict.UNSUPPORTED:
        return UNCLASSIFIED, "a side takes no template but its own"
    if expanded.difference is not None:
        return None
    other = _snippet(found, sides.candidate)
    if other is None:
        return UNCLASSIFIED, "one template and its variables are rendered alike by both sides"
    if found.reference.failure or found.candidate.failure:
        return "shaping:refused", "one side refuses it before or after the template is rendered"
    return _apart(snippet, other)


def _apart(snippet: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, str]:
    """Return in what two templates or their variables differ."""
    if other["source"] != snippet["source"]:
        return "template-source", "each side has another template"
    apart = first_difference(snippet["variables"], other["variables"])
    if apart is None and repr(snippet["variables"]) != repr(other["variables"]):
        return "shaping:keys", "the keys of the variables come in another order"
    if apart is None:
        return "shaping:text", "what is done to the text after it is rendered"
    path = ".".join(str(step) for step in apart.path)
    keys = [str(step) for step in apart.path if isinstance(step, str)]
    return f"shaping:{keys[-1] if keys else 'messages'}", f"the variables differ at {path}"


def _inside(snippet: dict[str, Any], sides: Sides, most: int) -> tuple[str, str]:
    """Return the construct that is left of a template, and which lines and data it comes from."""
    whole = _compared(snippet, sides)
    if whole.difference is None:
        return UNCLASSIFIED, ""
    small = _shrunk(snippet, sides, whole, most)
    origin = _origin(snippet, small.lines, whole, sides.analyst)
    if JSON in origin and JSON not in small.source:  # what printed alone differs in the same way
        small = _shrunk(snippet, sides, whole, most, JSON)
    left = {"source": small.source, "variables": small.variables}
    texts = [None if seen.failure else str(seen.value) for seen in
             (_expanded(side, left) for side in sides[:2])]  # fmt: skip
    cause = sides.analyst.construct(left, texts) or UNCLASSIFIED
    if cause.startswith("tag:") and _is_of_space(left, sides):
        cause = "whitespace"
    return cause, f"{origin}; what is left of it: {small.source}"


def _shrunk(
    snippet: dict[str, Any], sides: Sides, whole: Comparison, most: int, kept: str = ""
) -> shrinking.Shrunk:
    """Return what is left of a template that differs in the same way, with a word in it."""
    texture = _texture(whole)

    def still(made: dict[str, Any]) -> bool:
        return kept in made["source"] and _texture(_compared(made, sides)) == texture

    return shrinking.shrink(snippet, still, Tries(most))


def _is_of_space(snippet: Mapping[str, Any], sides: Sides) -> bool:
    """Say whether the sides agree once no white space stands around the tags of a template."""
    source = "".join(
        "".join(SEEN if one.isspace() else one for one in token.text)
        if token.kind == "data"
        else token.text
        for token in scan(str(snippet["source"]))
    )
    seen = [_expanded(side, {**snippet, "source": source}) for side in sides[:2]]
    return not any(one.failure for one in seen) and seen[0] == seen[1]


def _origin(
    snippet: Mapping[str, Any], lines: Sequence[int], whole: Comparison, analyst: Analyst
) -> str:
    """Say which line and which key what differs first comes from, as far as Jinja2 shows it."""
    line = f"template line {', '.join(map(str, lines))}" if lines else "no line of the template"
    difference = whole.difference
    if difference is None or whole.reference.failure or whole.candidate.failure:
        return line
    place = int(difference.path[0]) if difference.path else 0
    return analyst.origin(snippet, str(whole.reference.value), place) or line
