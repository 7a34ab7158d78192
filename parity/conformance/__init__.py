"""The conformance kit: what every backend must keep, whatever tokenizer it is.

It asks one backend alone, by the operations that a run uses, and compares it with nothing: one that
keeps every rule can be compared; whether its ids are right is what a run shows.
A backend that speaks the protocol is asked for its messages too (`wire`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from parity.backend import Backend
from parity.conformance import decoding, encoding, lasting, prompts, streaming, wire
from parity.conformance.subject import Broken, Subject
from parity.remote import schema
from parity.seeing import observe

__all__ = ["RULES", "Broken", "Finding", "Subject", "Verdict", "examine", "exit_code"]

HOLDS, LACKS, BREAKS = "holds", "has not", "breaks"
Verdict = str
Rule = Callable[[Subject], None]

RULES: Final[Mapping[str, tuple[Rule, ...]]] = MappingProxyType(
    {
        "identity": (lasting.identity_is_stable,),
        "encode": (
            encoding.encode_repeats,
            encoding.empty_text,
            encoding.nul,
            encoding.long_text,
            encoding.lone_surrogates,
            encoding.ill_formed_bytes,
        ),
        "specials": (encoding.parse_finds_specials, encoding.plain_has_no_specials),
        "encode_batch": (
            encoding.batch_is_single,
            encoding.empty_batch,
            encoding.texts_unchanged,
        ),
        "offsets": (
            encoding.offsets_inside,
            encoding.offsets_in_code_points,
            encoding.offsets_ordered,
            encoding.offsets_batched,
        ),
        "decode": (
            decoding.decodes_its_ids,
            decoding.decode_repeats,
            decoding.decodes_nothing,
            decoding.unknown_id,
            decoding.negative_id,
            decoding.wide_id,
            decoding.skip_special,
            decoding.ids_unchanged,
        ),
        "decode_batch": (decoding.decode_batch_is_single, decoding.empty_decode_batch),
        "vocabulary": (
            decoding.vocabulary_repeats,
            decoding.vocabulary_has_its_ids,
            decoding.added_are_tokens,
        ),
        "stream": (
            streaming.a_row_a_step,
            streaming.streams_are_repeated,
            streaming.two_at_once,
            streaming.begins_anew,
            streaming.lets_go,
            streaming.prompt_is_context,
        ),
        "stop": (
            streaming.stop_ends_at_length,
            streaming.stop_ends_at_a_string,
            streaming.stop_repeats,
        ),
        "render": (prompts.render_repeats, prompts.messages_unchanged),
        "errors": (lasting.errors_are_stable, lasting.goes_on_after_errors),
    }
)
"""The rules by the operation that they are about, in the order in which they are asked."""
ABOUT_ITSELF: Final = frozenset({"identity", "errors", "protocol"})
"""Operations that prove nothing where no other is there."""


class Finding(NamedTuple):
    """What came of one rule.

    law: what the rule says.
    verdict: HOLDS, LACKS where the backend has no such operation or mode, or BREAKS.
    detail: the smallest example of a break, what is lacking, or "".
    """

    operation: str
    rule: str
    law: str
    verdict: Verdict
    detail: str = ""


def examine(backend: Backend) -> list[Finding]:
    """Return what came of every rule; none of them raises for what a backend does.

    Raises MissingPackage where messages are to be looked at and jsonschema is not installed.
    """
    subject = Subject(backend)
    rules = dict(RULES)
    if wire.speaks(backend):
        schema.package()
        rules["protocol"] = wire.RULES
    return [
        _found(subject, operation, rule) for operation, asked in rules.items() for rule in asked
    ]


def exit_code(findings: list[Finding]) -> int:
    """Return 1 where a rule is broken, 3 where nothing could be asked, else 0."""
    if any(found.verdict == BREAKS for found in findings):
        return 1
    work = [found for found in findings if found.operation not in ABOUT_ITSELF]
    return 0 if any(found.verdict == HOLDS for found in work) else 3


def _found(subject: Subject, operation: str, rule: Rule) -> Finding:
    failure = observe(rule, subject).failure
    found = Finding(operation, rule.__name__, inspect.getdoc(rule) or "", HOLDS)
    if failure is None:
        return found
    if failure.kind == "Unsupported":
        return found._replace(verdict=LACKS, detail=failure.message)
    told = failure.message
    if failure.kind != Broken.__name__:  # what it gave is of no shape that the rule could read
        told = f"an answer that cannot be read: {failure.kind}: {told}"
    return found._replace(verdict=BREAKS, detail=told)
