r"""Generators: inputs that are short, odd, and made for the tokenizer at hand.

Plain prose finds almost nothing. What tells two tokenizers apart is mostly a few characters long
and stands on a border: of two classes of characters, of two tokens, of two versions of Unicode.
Each generator draws one sort of such inputs, says what it catches, and gives the same ones for the
same seed and vocabulary on every Python.

>>> import random
>>> draw = GENERATORS["contractions"].make(NOTHING)
>>> seed = random.Random(3)
>>> [draw(seed) for _ in range(3)]
['.ʼſa', '_’re', "`m\n''Reé"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from parity import grammar as grammars
from parity.errors import Unsupported
from parity.generators import (
    batch_plans,
    borders,
    code,
    contractions,
    digits,
    id_sequences,
    long_runs,
    messages,
    normal_forms,
    requests,
    script_words,
    special_tokens,
    surrogates,
    template_snippets,
    training_texts,
    unicode_edges,
    vocabulary_texts,
    whitespace,
)
from parity.generators.known import NOTHING, Known, known
from parity.grammar import Fields, Grammar, Sampler

__all__ = ["GENERATORS", "NOTHING", "Generator", "Known", "known"]


def _no_options(known: Known) -> Grammar:  # noqa: ARG001 (others look at it)
    return Fields({})


class Generator(NamedTuple):
    """A sort of inputs.

    name: a plural noun.
    kind: of its payloads: of a case ("text", "ids", "stream", "stop", "messages",
        "template", "train"), or "batches" (see `batch_plans`).
    what: what it draws, and what that catches, in a sentence.
    grammar: what may be drawn for a tokenizer.
    needs_ids: whether there is nothing to draw where the vocabulary is not known.
    options: what may be drawn as options of such a case.
    """

    name: str
    kind: str
    what: str
    grammar: Callable[[Known], Grammar]
    needs_ids: bool = False
    options: Callable[[Known], Grammar] = _no_options

    def make(self, known: Known) -> Sampler:
        """Return what draws payloads. Raises Unsupported where it needs a vocabulary."""
        return grammars.sampler(self.checked(known))

    def make_options(self, known: Known) -> Sampler:
        """Return what draws options, a mapping that is mostly empty."""
        return grammars.sampler(self.options(known))

    def checked(self, known: Known) -> Grammar:
        """Return the grammar for a tokenizer. Raises Unsupported where it needs a vocabulary."""
        if self.needs_ids and not known.pools.uniform:
            raise Unsupported(
                f"{self.name} are drawn from a vocabulary, and this tokenizer shows none"
            )
        return self.grammar(known)


def _of(grammar: Callable[[], Grammar]) -> Callable[[Known], Grammar]:
    """Return a grammar for any tokenizer."""
    return lambda known: grammar()  # noqa: ARG005 (others look at it)


_ROWS: Final = (
    Generator(
        "borders",
        "text",
        "1 to 12 characters, of every general category, one class after the other: how a pattern "
        "splits, and which characters it takes for which",
        _of(borders.grammar),
    ),
    Generator(
        "whitespace",
        "text",
        "runs of every kind of white space between words and at both ends: who gets the last "
        "space, what is a line end, what is white space at all",
        _of(whitespace.grammar),
    ),
    Generator(
        "digits",
        "text",
        "runs of digits of several scripts, and numbers that are no digits: grouping by one, by "
        "three from either side, and what counts as a number",
        _of(digits.grammar),
    ),
    Generator(
        "contractions",
        "text",
        "apostrophes of every kind with endings in any case: the list of endings, its case, and "
        "what follows it",
        _of(contractions.grammar),
    ),
    Generator(
        "code",
        "text",
        "names, operators, quotes, indentation, addresses and markup: change of case, punctuation "
        "with a newline behind it, runs of signs",
        _of(code.grammar),
    ),
    Generator(
        "normal_forms",
        "text",
        "characters in one normal form or in all, marks in any order: a normalizer that is "
        "missing, of another form, or of another year",
        _of(normal_forms.grammar),
    ),
    Generator(
        "script_words",
        "text",
        "syllables of Hangul, kana, Indic scripts, Khmer, Myanmar, Thai, Lao, Hebrew and Arabic, "
        "and emoji sequences: graphemes taken for characters, joiners that are dropped",
        _of(script_words.grammar),
    ),
    Generator(
        "unicode_edges",
        "text",
        "characters that were assigned or changed since Unicode 9, in several contexts: tables of "
        "different years",
        _of(unicode_edges.grammar),
    ),
    Generator(
        "surrogates",
        "text",
        "halves of UTF-16 in a Python string: who refuses, who replaces, who mends, with which "
        "error",
        _of(surrogates.grammar),
    ),
    Generator(
        "long_runs",
        "text",
        "one character or a short cycle, up to 32,768 times: patterns that backtrack, recursion, "
        "time that grows with the square",
        _of(long_runs.grammar),
    ),
    Generator(
        "special_tokens",
        "text",
        "each added token at the start, at the end, doubled, beside anything, and what nearly is "
        "one: flags, order of matching, and user text that becomes a control token",
        special_tokens.grammar,
    ),
    Generator(
        "vocabulary_texts",
        "text",
        "tokens joined, cut and doubled, with a character of the next, and unreachable ones: the "
        "order of merges, merges across a border",
        vocabulary_texts.grammar,
        needs_ids=True,
    ),
    Generator(
        "id_sequences",
        "ids",
        "ids of bytes, of halves of characters, special, reserved and unknown ones: decoding of "
        "what no text encodes to",
        id_sequences.grammar,
        needs_ids=True,
    ),
    Generator(
        "step_schedules",
        "stream",
        "ids cut into steps of any size, interleaved requests, a prompt and a finish: text that is "
        "lost, doubled, taken back or sent too late",
        requests.step_schedules,
        needs_ids=True,
    ),
    Generator(
        "stop_sets",
        "stop",
        "parts of the text that is produced, near misses and prefixes of each other, in any order: "
        "what is cut, what is held back, which of two matches",
        requests.stop_sets,
        needs_ids=True,
    ),
    Generator(
        "messages",
        "messages",
        "conversations with recursive arguments and tools, content of every type and odd roles: "
        "what templates write, escape, sort and refuse",
        messages.grammar,
        options=messages.options,
    ),
    Generator(
        "template_snippets",
        "template",
        "templates over filters, tests, methods, slices, loops, macros and white space control: "
        "engines that are almost Jinja",
        template_snippets.grammar,
    ),
    Generator(
        "training_texts",
        "train",
        "a few short texts of few letters, and a size: which of several pairs is merged that are "
        "seen equally often, runs of one letter, merges across a border",
        _of(training_texts.grammar),
    ),
    Generator(
        "batch_plans",
        "batches",
        "one prompt alone and in batches, padded either side, cold and warm, with a draft: answers "
        "that depend on the company",
        _of(batch_plans.grammar),
    ),
)

GENERATORS: Final[Mapping[str, Generator]] = {row.name: row for row in _ROWS}
"""Every generator by its name, those of texts first."""
