"""What a shadow measures, whoever exports it: a table of metrics, and what adds to each.

What became of calls is read off the shadow's own counts when somebody asks: exact for every call,
and free in between. Durations, sizes, and what streams and stops did are seen of sampled calls
alone, after the answer left: to see the others would cost their callers.

Labels are surface, side, class, fate and why, never a text, an id or a request. A class or a
reason that is not a word of the fixed shape, or would be hidden in the log, or comes after `LIMIT`
others, is `other`, so no candidate makes more series than that; what stands under `other` is in
the totals all the same.

Names are in the style of the tokenizer metrics of SGLang's router, where these were
`sgl_tokenizer_encode_duration_seconds`, `..._tokens_per_encode`, `..._chars_per_encode`,
`..._stop_sequences_detected_total` and `..._stream_incomplete_utf8_total`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from parity.shadow.records import COMPARED, DROPPED, ERROR, SKIPPED, TIMEOUT, Outcome
from parity.shadow.redacting import class_of, word
from parity.shadow.weighing import aspects, chars_of, incomplete, question, tokens_of

COUNTER, GAUGE, HISTOGRAM = KINDS = ("counter", "gauge", "histogram")
SECONDS: Final = (
    1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 2.5, 5.0, 10.0,
)  # fmt: skip
"""A prompt of 64 tokens takes about 30 us, so buckets that begin at 1 ms would show nothing."""
SIZES: Final = (0, 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576)
FAMILIES: Final = ("stream", "encode", "decode", "call")
"""Words in the name of a surface, of which the first that it has counts; the last is of all."""
NOT_COMPARED: Final = (SKIPPED, TIMEOUT, ERROR, DROPPED)
PLURALS: Final = {TIMEOUT: "timeouts", ERROR: "errors"}
STOPS: Final = ("string", "token", "eos")
"""Reasons for which a stop decoder ends a request because something matched."""
LIMIT: Final = 64
OTHER: Final = "other"
WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
LONGEST: Final = 96


class Metric(NamedTuple):
    """One metric.

    name: without `_total`, which is what Prometheus appends to a counter's.
    kind: one of KINDS. unit: `s`, `By`, or what is counted in braces, as UCUM has it.
    buckets: upper bounds, inclusive, of a histogram; the one without an end is not among them.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    unit: str = "{call}"
    buckets: tuple[float, ...] = ()

    @property
    def heard(self) -> bool:
        """Whether outcomes add to it; a snapshot says the others."""
        return self.name.startswith("parity_tokenizer_")


class Reading(NamedTuple):
    """A number of one series: of a counter or a gauge all of it, of a histogram one value."""

    name: str
    labels: tuple[str, ...]
    value: float


_SAMPLED: Final = "Of sampled calls alone: the others are not measured, so that they cost nothing."
_BY_SURFACE: Final = {
    "calls": "Calls of the reference; exact, whether sampled or not.",
    "passed": "Calls that were not sampled; exact.",
    "sampled": "Calls that were sampled; calls = passed + sampled.",
    "compared": "Sampled calls that both sides answered: same + diverged.",
    "same": "Compared calls that agree.",
    "diverged": "Compared calls that differ.",
    "skipped": "Sampled calls that one side has no such operation for, or that were interrupted.",
    "timeout": "Sampled calls that the candidate did not answer in time.",
    "error": "Sampled calls of which the candidate died, or that could not be asked.",
    "dropped": "Sampled calls that the candidate was never asked.",
}
_LOG: Final = {
    "lines": "Lines that were written to the log, headers aside.",
    "capped": "Lines of divergences and losses that were left out; the counts have them.",
    "failed": "Lines that could not be written.",
    "rotated": "Files of the log that were closed because they were full.",
}


def name_of(field: str) -> str:
    """Return the metric that says a number of a snapshot."""
    return f"parity_shadow_{PLURALS.get(field, field)}"


def _measured(family: str) -> Iterator[Metric]:
    what = {"call": "any other operation"}.get(family, family)
    name = f"parity_tokenizer_{family}_duration_seconds"
    text = f"Time that {what} took; the candidate's of compared calls, so without its timeouts."
    yield Metric(name, HISTOGRAM, f"{text} {_SAMPLED}", ("surface", "side"), "s", SECONDS)
    for size, text in (("tokens", "Tokens"), ("chars", "Characters (code points)")):
        name, unit = f"parity_tokenizer_{size}_per_{family}", f"{{{size}}}"
        help = f"{text} in one call of {what}, by the reference's answer. {_SAMPLED}"
        yield Metric(name, HISTOGRAM, help, ("surface",), unit, SIZES)


def _table() -> Iterator[Metric]:
    for field, text in _BY_SURFACE.items():
        yield Metric(name_of(field), COUNTER, text, ("surface",))
    yield Metric(
        "parity_shadow_diverged_by_class", COUNTER, "Compared calls that differ, by class.",
        ("surface", "class"),
    )  # fmt: skip
    yield Metric(
        "parity_shadow_not_compared_by_reason", COUNTER, "Sampled calls that were not compared.",
        ("surface", "fate", "why"),
    )  # fmt: skip
    yield Metric(
        "parity_shadow_pending", GAUGE, "Sampled calls of which nothing became yet.", ("surface",)
    )
    yield Metric("parity_shadow_queue_length", GAUGE, "Calls that wait for the candidate.")
    yield Metric("parity_shadow_queue_bytes", GAUGE, "Bytes that those hold, about.", (), "By")
    yield Metric("parity_shadow_enabled", GAUGE, "1 where the switch is on.", (), "1")
    yield Metric(
        "parity_shadow_breaker_open", GAUGE, "1 while the candidate is not asked.", (), "1"
    )
    yield Metric(
        "parity_shadow_listeners_failed", COUNTER, "Outcomes that a listener raised for.", (),
        "{outcome}",
    )  # fmt: skip
    for field, text in _LOG.items():
        yield Metric(f"parity_shadow_log_{field}", COUNTER, text, (), "{line}")
    for family in FAMILIES:
        yield from _measured(family)
    yield Metric(
        "parity_tokenizer_stop_sequences_detected", COUNTER,
        f"Requests that a match ended, as the reference says. {_SAMPLED}", ("surface", "why"),
        "{stop}",
    )  # fmt: skip
    for name, text in _STREAMS.items():
        help = f"{text} {_SAMPLED}"
        yield Metric(f"parity_tokenizer_stream_{name}", COUNTER, help, ("surface",), "{step}")


_STREAMS: Final = {
    "steps": "Rows of the reference's streams.",
    "steps_without_text": (
        "Rows of the reference's streams that sent nothing: part of a character, of a stop string, "
        "or special tokens alone."
    ),
    "incomplete_utf8": (
        "Chunks of the reference's streams that end in U+FFFD, or in bytes of part of a character."
    ),
}
TABLE: Final[Mapping[str, Metric]] = {one.name: one for one in _table()}
"""All metrics, by name."""


class Bounded:
    """Words of one label: those that are known, or `LIMIT` at most as they come; else `other`.

    What was `other` once never gets a series of its own, so that no counter ever falls.

    >>> bounded = Bounded()
    >>> bounded.of("ids.value"), bounded.of("what the user wrote"), bounded.of("")
    ('ids.value', 'other', '')
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.kept: set[str] = {""}

    def of(self, word: str) -> str:
        """Return the word that stands for a word."""
        if word in self.kept:
            return word
        if len(self.kept) > self.limit or len(word) > LONGEST or not WORD.fullmatch(word):
            return OTHER
        self.kept.add(word)
        return word


class Words:
    """What bounds the labels of one shadow's series."""

    def __init__(self) -> None:
        self.surface, self.diverged, self.lost = Bounded(), Bounded(), Bounded()


def counted(snapshot: Mapping[str, Any], words: Words) -> list[Reading]:
    """Return what a snapshot of `Watch` says, as counters and gauges."""
    found: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for name, numbers in snapshot["surfaces"].items():
        surface = words.surface.of(name)
        for field in (*_BY_SURFACE, "pending"):
            found[name_of(field), (surface,)] += numbers[field]
        for kind, number in _greatest_first(numbers["classes"]):
            labels = (surface, words.diverged.of(class_of(kind)))
            found["parity_shadow_diverged_by_class", labels] += number
        for fate in NOT_COMPARED:
            for why, number in _greatest_first(numbers["reasons"].get(fate, {})):
                series = (surface, fate, words.lost.of(word(why)))
                found["parity_shadow_not_compared_by_reason", series] += number
    return [Reading(name, labels, number) for (name, labels), number in found.items()]


def _greatest_first(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda item: (-item[1], item[0]))


def observed(
    outcome: Outcome, plain: Callable[[Any], Mapping[str, Any]] | None, words: Words
) -> Iterator[Reading]:
    """Yield what one outcome adds to histograms and counters; `plain` is its surface's."""
    call = outcome.call
    surface, family = words.surface.of(call.surface), family_of(call.surface)
    duration = f"parity_tokenizer_{family}_duration_seconds"
    yield Reading(duration, (surface, "reference"), call.seconds)
    if outcome.fate in COMPARED:
        yield Reading(duration, (surface, "candidate"), outcome.seconds)
    if call.seen.failure or plain is None:
        return
    answer = aspects(call.seen.value, plain)
    if answer is None:
        return
    asked = question(call.args, call.named)
    for size, of in (("tokens", tokens_of), ("chars", chars_of)):
        number = of(asked, answer)
        if number is not None:
            yield Reading(f"parity_tokenizer_{size}_per_{family}", (surface,), number)
    yield from _streamed(surface, answer.get("chunks"))
    reason = answer.get("reason")
    if reason in STOPS:
        yield Reading("parity_tokenizer_stop_sequences_detected", (surface, reason), 1)


def _streamed(surface: str, rows: Any) -> Iterator[Reading]:
    """Yield what a stream's rows add; a row is a chunk, or an `Emitted` as a list."""
    if not isinstance(rows, list | tuple):
        return
    chunks = [row[1] if isinstance(row, list | tuple) else row for row in rows]
    numbers = (
        ("steps", len(chunks)),
        ("steps_without_text", sum(not chunk for chunk in chunks)),
        ("incomplete_utf8", sum(map(incomplete, chunks))),
    )
    for name, number in numbers:
        yield Reading(f"parity_tokenizer_stream_{name}", (surface,), number)


def family_of(surface: str) -> str:
    """Return the family of metrics that a surface's durations and sizes are in.

    >>> family_of("encode_batch"), family_of("render")
    ('encode', 'call')
    """
    return next((one for one in FAMILIES if one in surface), FAMILIES[-1])
