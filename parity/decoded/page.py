"""The report as one static page: no script, nothing fetched, every text escaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

from parity.decoded import tokens
from parity.decoded.telling import CLASS_WORDS, LEVEL_NAMES, LEVEL_WORDS
from parity.reports.visible import cut, visible

PAGE: Final = Path(__file__).with_name("page.html")
LONG: Final = 240
"""Characters of a prompt that are shown."""
COLORS: Final = {
    "SAME": "green", "EXACT": "green", "DETERMINISTIC": "green", "BOUNDED": "amber",
    "TIE": "amber", "NEAR_TIE": "amber", "INCONCLUSIVE": "amber", "UNEXPLAINED": "amber",
    "FAILED": "amber", "ABSENT": "amber", "skipped": "grey", "NOTHING": "grey",
    "same": "green", "within": "green", "absent": "grey",
}  # fmt: skip
"""Whatever is not here is red."""
INFORMS: Final = "rows"
"""The level that decides nothing."""
Document = Mapping[str, Any]


def render(document: Document) -> str:
    """Return the page of a document, as `document.as_data` makes it."""
    budget = document["budget"]
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        verdict=escape(document["verdict"]),
        color=_color(document["verdict"]),
        line=escape(f"{document['where']}."),
        budget=escape(_budget(document)),
        head="".join(
            f'<th scope="col" title="{escape(LEVEL_WORDS[name])}">{escape(shown)}</th>'
            for name, shown in LEVEL_NAMES.items()
        ),
        rows="".join(map(_row, document["cells"])),
        notes="".join(_notes(document)),
        legend="".join(_legend(document)),
        prompts="".join(
            _prompt(document, name, said, budget["nats"] if budget else None)
            for name, said in document["prompts"].items()
        ),
        command=escape(document["command"]),
        manifest="".join(_manifest(document)),
    )


def _color(word: str) -> str:
    return COLORS.get(word, "red")


def _chip(text: str, word: str, title: str = "") -> str:
    told = f' title="{escape(title)}"' if title else ""
    return f'<span class="chip {_color(word)}"{told}>{escape(text)}</span>'


def _budget(document: Document) -> str:
    """Say what tolerance there was, and where it comes from."""
    return f"Profile {document['profile']}; {document['noise']}."


def _row(cell: Document) -> str:
    name = f'<th scope="row"><b>{escape(cell["name"])}</b>'
    if cell["spec"] != cell["name"]:
        name += f"<br><code>{escape(cell['spec'])}</code>"
    name += "</th>"
    absent = cell.get("skipped") or cell.get("failed")
    if absent:
        word = "skipped" if "skipped" in cell else "INCONCLUSIVE"
        span = len(LEVEL_NAMES) + 1
        return (
            f"<tr>{name}<td>{_chip(word, word)}</td>"
            f'<td colspan="{span}">{escape(absent["reason"])}</td></tr>\n'
        )
    word = cell["verdict"]["word"] if cell["verdict"] else "NOTHING"
    counted = "".join(f"<td>{_counts(cell['levels'][level])}</td>" for level in LEVEL_NAMES)
    kinds = cell["verdict"]["counts"] if cell["verdict"] else {}
    classes = "".join(_chip(f"{kind} {n}", kind) for kind, n in kinds.items())
    return f"<tr>{name}<td>{_chip(word, word)}</td>{counted}<td>{classes}{_said(cell)}</td></tr>\n"


def _said(cell: Document) -> str:
    """Return what is said beside the classes: what they bound, and what passed as noise."""
    verdict = cell["verdict"]
    if not verdict:
        return ""
    told = [verdict["statement"], cell["note"], *_words(verdict, lacking=False)]
    return f"<br><small>{'<br>'.join(map(escape, filter(None, told)))}</small>"


def _words(verdict: Document, *, lacking: bool) -> Iterator[str]:
    """Yield what a verdict says that is no reason; apart, what was not compared, and why."""
    for note in verdict["words"][verdict["reasons"] :]:
        if not note.startswith("budget ") and (": not compared in " in note) == lacking:
            yield note


def _counts(counts: Mapping[str, int]) -> str:
    return "<br>".join(escape(f"{word} {count}") for word, count in counts.items())


def _notes(document: Document) -> Iterator[str]:
    if document["problems"]:
        yield "<ul>\n"
        yield from (f"<li>{escape(line)}</li>\n" for line in document["problems"])
        yield "</ul>\n"
    verdicts = {cell["name"]: cell["verdict"] for cell in document["cells"] if cell.get("verdict")}
    lines = {name: "; ".join(_words(verdict, lacking=True)) for name, verdict in verdicts.items()}
    if any(lines.values()):
        yield "<details><summary>What was not compared, and why</summary>\n<dl>\n"
        for name, line in lines.items():
            yield f"<dt>{escape(name)}</dt><dd>{escape(line or 'all was compared')}</dd>\n"
        yield "</dl></details>\n"
    repeats = document["repeats"]
    if repeats:
        table = "; ".join(f"{n} in {count} prompts" for n, count in repeats["table"].items())
        yield f"<p>Unique completions: {escape(table)}.</p>\n"


def _legend(document: Document) -> Iterator[str]:
    """Yield what the words of this page mean: levels, and the classes that occur."""
    for name, shown in LEVEL_NAMES.items():
        yield f"<dt>{escape(shown)}</dt><dd>{escape(LEVEL_WORDS[name])}</dd>\n"
    found = {one["kind"] for cell in document["cells"] for one in cell.get("findings", ())}
    for kind, words in CLASS_WORDS.items():
        if kind in found:
            yield f"<dt>{_chip(kind, kind)}</dt><dd>{escape(words)}</dd>\n"


def _prompt(document: Document, name: str, prompt: Document, budget: float | None) -> str:
    """Return the section of a prompt; it is open where a candidate differs, and the first is."""
    found = [
        (cell["name"], finding)
        for cell in document["cells"]
        for finding in cell.get("findings", ())
        if finding["prompt"] == name
    ]
    differing = [(cell, one) for cell, one in found if one["kind"] != "SAME"]
    same = [cell for cell, one in found if one["kind"] == "SAME"]
    chips = "".join(_chip(kind, kind) for kind in dict.fromkeys(one["kind"] for _, one in found))
    head = f"<summary><b>{escape(name)}</b> {chips} <code>{_payload(prompt)}</code></summary>\n"
    body = _reference(prompt, budget)
    body += "".join(_differing(cell, one, prompt, budget) for cell, one in differing)
    if same:
        body += f"<p><small>The same: {escape(', '.join(same))}.</small></p>\n"
    first = next(iter(document["prompts"])) == name
    return f"<details{' open' * bool(differing or first)}>{head}{body}</details>\n"


def _payload(prompt: Document) -> str:
    payload = prompt["payload"]
    if isinstance(payload, str):
        return escape(visible(payload, LONG))
    return escape(cut(json.dumps(payload), LONG))


def _reference(prompt: Document, budget: float | None) -> str:
    said = prompt["reference"]
    if said is None:
        return "<p>The reference never answered.</p>\n"
    return _made(said, budget)


def _made(said: Document, budget: float | None) -> str:
    """Return what one side made of a prompt."""
    if "failure" in said:
        failure = said["failure"]
        return (
            f"<p>Failed: <code>{escape(failure['kind'])}: "
            f"{escape(visible(failure['message'], LONG))}</code></p>\n"
        )
    if not said.get("ids"):
        return f"<p>Text alone: <code>{escape(visible(said.get('text') or '', LONG))}</code></p>\n"
    ended = f"{len(said['ids'])} tokens, ended by {said['finish'] or '?'}"
    return tokens.alone(said, budget) + f"<p><small>{escape(ended)}</small></p>\n"


def _differing(cell: str, finding: Document, prompt: Document, budget: float | None) -> str:
    """Return what one candidate made of a prompt that it did not make the same of."""
    kind = finding["kind"]
    chips = "".join(_levels(finding))
    why = ". ".join(filter(None, [CLASS_WORDS[kind], finding["note"], finding["confirmed"]]))
    told = f"<h4>{escape(cell)} {_chip(kind, kind)}</h4>\n<p>{escape(why)}.</p>\n<p>{chips}</p>\n"
    told += f"<p><small>{escape(_numbers(finding))}</small></p>\n"
    ours, theirs = prompt["reference"], finding.get("candidate")
    if not ours or not theirs:
        return told
    if "failure" in theirs or not theirs.get("ids") or not ours.get("ids"):
        return told + _made(theirs, budget)
    step = place(finding)
    if step is None:
        return told
    return told + tokens.beside(ours, theirs, budget, step)


def place(finding: Document) -> int | None:
    """Return the new token at which two sides part: in their ids, or else in their logits."""
    if finding["step"] is not None:
        return int(finding["step"])
    found = finding["levels"].get("shifts", {})
    return found["place"] if found.get("outcome") == "beyond" else None


def _levels(finding: Document) -> Iterator[str]:
    for name, level in finding["levels"].items():
        at = "" if level["place"] is None else f" at {level['place']}"
        word = "absent" if name == INFORMS and level["outcome"] == "differs" else level["outcome"]
        yield _chip(f"{LEVEL_NAMES[name]}: {level['outcome']}{at}", word, level["note"])


def _numbers(finding: Document) -> str:
    ours, theirs = finding["margins"]
    numbers = {
        "margin of the reference": ours, "of the candidate": theirs,
        "pair shift": finding["shift"], "greatest shift before": finding["ambient"],
    }  # fmt: skip
    told = [f"{name} {value:.3g} nats" for name, value in numbers.items() if value is not None]
    return ", ".join([*told, f"{finding['certified']} of {finding['steps']} steps certified"])


def _manifest(document: Document) -> Iterator[str]:
    sides: Sequence[Document] = [
        document["reference"],
        *(cell for cell in document["cells"] if "fingerprint" in cell and cell["name"] != "repeat"),
    ]
    for side in sides:
        yield f"<dt>{escape(side.get('name', 'reference'))}</dt><dd>{escape(_mark(side))}</dd>\n"
    for name, value in document["manifest"].items():
        text = value if isinstance(value, str) else json.dumps(value)
        yield f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>\n"


def _mark(side: Document) -> str:
    mark = side["fingerprint"]
    files = [f"{name} {sha[:12]}" for name, sha in mark["artefacts"].items()]
    packages = [f"{name} {which}" for name, which in mark["packages"].items()]
    facts = [f"{name}={value}" for name, value in mark["facts"].items()]
    return "; ".join([side["spec"], mark["native"], *packages, *files, *facts])
