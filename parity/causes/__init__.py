"""Causes: the named reasons why two sides differ, each with the evidence that it takes.

A cause is named only where a model of one side foretells its answers (`question`), or where the
answers themselves leave no other reading. What no cause explains is `unclassified`: no guess is
made. The table is in order, and the first that holds is the cause. Of two that could explain the
same text the wide one stands first: what it foretells for other texts is more, and fails sooner.

To add one: a function that says whether it holds, its row here, a fake that shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from parity.asking import Asked
from parity.causes import (
    cuts,
    decoded,
    forms,
    lengths,
    offsets,
    outcomes,
    prompts,
    tables,
    tokens,
    training,
)
from parity.causes.question import Question
from parity.compare import Comparison
from parity.templates import naming

UNCLASSIFIED: Final = "unclassified"
AMONG_OTHERS: Final = (
    "threads_are_serial",
    "batch_threads_are_serial",
    "decode_threads_are_serial",
    "cut_threads_are_serial",
    "processes_are_serial",
    "forked_are_serial",
)
AFTERWARDS: Final = ("cold_is_warm", "after_eviction", "after_cut", "two_are_independent")
"""Laws whose breach is its own cause."""


class Cause(NamedTuple):
    """A named reason; about: in a line, for people; holds: whether it is that."""

    name: str
    about: str
    holds: Callable[[Question], bool]


def _forms(name: str, about: str) -> Cause:
    return Cause(name, about, partial(forms.form, name=name))


def _cut(name: str, about: str) -> Cause:
    return Cause(name, about, partial(cuts.cut, name=name))


def _decoded(name: str, about: str) -> Cause:
    return Cause(name, about, partial(decoded.form, name=name))


BATCHES: Final = (
    Cause("batch-count", "a batch gives more or fewer results than texts", outcomes.count),
    Cause("batch-order", "the results of a batch are each other's", outcomes.exchanged),
    Cause("batch-padding", "what is in a batch is filled up to one length", outcomes.even),
    Cause("batch", "it differs in a batch, and not alone", outcomes.of_a_batch),
)
FAILURES: Final = (
    Cause("input-changed", "a side changed what it was given", outcomes.changed),
    Cause("broken-contract", "a side answered what is no answer at all", outcomes.broken),
    _forms("lone-surrogate", "half of a surrogate pair is replaced, not refused"),
    Cause("error-kind", "both fail, with other errors", outcomes.kinds),
    Cause("length-limit", "one side fails on what is long", outcomes.limit),
    Cause("outcome", "one side fails where the other answers", outcomes.one_fails),
)
IDS: Final = (
    Cause("empty", "one side answers nothing, whatever the text", lengths.empty),
    Cause("doubled-start", "the special token at the start comes twice", tokens.doubled_start),
    Cause("template", "the template adds other special tokens, or none", tokens.template),
    Cause("added-token-word", "an added token is found within a word by one side",
          tokens.in_a_word),
    Cause("special-parsing", "special tokens in the text are read in the other mode",
          tokens.special_parsing),
    Cause("added-token-strip", "whitespace beside an added token is taken by one side",
          tokens.stripped),
    Cause("missing-ids", "ids at an end are always lost, or always added", lengths.missing),
    Cause("truncation", "one side cuts off what is long", lengths.truncated),
    Cause("padding", "one side fills up what is short", lengths.padded),
    Cause("renumbered", "the same tokens have other ids", tokens.renumbered),
    _forms("newline", "CR LF is read as LF"),
    _forms("prefix-space", "a space at the start is added, or taken away"),
    _forms("case", "letters are read in another case"),
    Cause("unicode-tables", "newer tables of Unicode: of old characters both read the same",
          tables.unicode_tables),
    _forms("normal-form", "the text is read in another normal form"),
    _forms("accents", "marks are taken off letters"),
    _forms("invisible", "control or format characters are left out"),
    _forms("whitespace", "whitespace is taken off, folded or replaced"),
    Cause("added-token", "an added token is found by one side alone", tokens.added_token),
    Cause("unknown-fused", "a run of unknown tokens is one", tokens.unknown_fused),
    Cause("byte-fallback", "one side spells in bytes what has no token", tokens.byte_fallback),
    Cause("unknown-token", "one side has an unknown token, the other has none",
          tokens.unknown_token),
    _cut("characters", "every character is encoded alone"),
    _cut("whitespace-cut", "whitespace is cut otherwise"),
    _cut("punctuation", "punctuation is cut otherwise"),
    _cut("contraction", "contractions are cut otherwise"),
    _cut("digits", "numbers are cut otherwise"),
    _cut("cjk", "Han, kana or Hangul are cut otherwise"),
    Cause("ignore-merges", "whole pieces are looked up before they are merged", cuts.whole_tokens),
    Cause("merge", "the same run of characters is merged otherwise", cuts.merge),
    Cause("order", "the same ids in another order", lengths.order),
)  # fmt: skip
OFFSETS: Final = (
    Cause("offset-absent", "ranges are of nothing", offsets.absent),
    Cause("offset-unit", "ranges count bytes or UTF-16 units", offsets.unit),
    Cause("offset-shift", "ranges are shifted", offsets.shifted),
    Cause("offset-spaces", "ranges have other whitespace at their ends", offsets.spaces),
)
TEXT: Final = (
    Cause("special-tokens-decoded", "special tokens are skipped, or kept, in the other mode",
          decoded.special_tokens),
    _decoded("decoded-edges", "whitespace at the ends of decoded text"),
    _decoded("clean-up", "spaces before punctuation are taken out"),
    _decoded("replacement-character", "U+FFFD is left out, folded or replaced"),
    _decoded("decoded-form", "decoded text in another normal form or case"),
    _decoded("decoded-spaces", "whitespace in decoded text is folded or lost"),
)  # fmt: skip
VOCABULARY: Final = (
    Cause("vocabulary-size", "tokens are missing, or there are more", outcomes.other_size),
    Cause("token-string", "a token has another string", outcomes.other_string),
    Cause("added-token-flags", "an added token has other flags", outcomes.other_flags),
    Cause("added-token-id", "an added token has another id", outcomes.other_id),
)
PROMPTS: Final = (
    Cause("doubled-bos", "the token at the start of a chat comes twice", prompts.doubled_bos),
    Cause("missing-bos", "one side has no special token at the start of a chat",
          prompts.missing_bos),
)  # fmt: skip
EXHAUSTED: Final = (
    Cause("nothing-left", "one side fails where nothing is left to merge", training.exhausted),
)
MERGES: Final = (
    Cause("pieces", "a text is cut into other pieces before merges are learnt", training.pieces),
    Cause(
        "stops-early",
        "one side learns the first merges of the other, and stops",
        training.stops_early,
    ),
    Cause("tie-order", "of pairs with one count each side takes another", training.ties),
    Cause("pair-count", "one side takes a pair that is not seen most often", training.counted),
)
LEARNT: Final = (
    Cause("other-merges", "ids are made with other merges", training.merged_otherwise),
    Cause("other-numbers", "learnt tokens are the same by other numbers", training.renumbered),
    Cause("applied-otherwise", "the same merges give other tokens", training.applied),
)
ALONE: Final = (
    Cause("not-repeatable", "the same call gives another answer", outcomes.not_repeatable),
)
HANGS: Final = "hangs-among-others"
AT_ONCE: Final = (
    Cause(HANGS, "one of several that ask at once gets no answer", outcomes.hangs),
    Cause("fails-among-others", "one of several that ask at once fails", outcomes.one_fails),
    Cause("differs-among-others", "one of several that ask at once gets another answer",
          outcomes.broken_law),
)  # fmt: skip
BEFORE: Final = (
    Cause("remembers", "what was asked before, here or of another, changes the answer",
          outcomes.broken_law),
)  # fmt: skip
CAUSES: Final = (*BATCHES, *FAILURES, *IDS, *OFFSETS, *TEXT, *VOCABULARY, *PROMPTS,
                 *EXHAUSTED, *MERGES, *LEARNT, *ALONE, *AT_ONCE, *BEFORE)  # fmt: skip
"""All of them; a name stands once."""
ABOUT: Final = {
    **{cause.name: cause.about for cause in CAUSES},
    UNCLASSIFIED: "no named cause explains it",
}
BY_CHECK: Final = {
    "ids": (*FAILURES, *IDS),
    "ids_batched": (*BATCHES, *FAILURES, *IDS),
    "batch_is_single": BATCHES,
    **dict.fromkeys(("prompt_ids", "chat_ids", "rendered_ids"), (*FAILURES, *PROMPTS)),
    "one_call_is_two_steps": (*FAILURES, *PROMPTS),
    "offsets": (*FAILURES, *OFFSETS, *IDS),
    "offsets_batched": (*BATCHES, *FAILURES, *OFFSETS, *IDS),
    "text": (*FAILURES, *TEXT),
    "decode_batch_is_single": BATCHES,
    "outcome": FAILURES,
    "vocabulary": (*FAILURES, *VOCABULARY),
    "declared_ids": (*FAILURES, *VOCABULARY),
    "merges": (*EXHAUSTED, *FAILURES, *MERGES),
    "trained_ids": (*EXHAUSTED, *FAILURES, MERGES[0], *LEARNT),
    "repeatable": ALONE,
    "training_repeatable": ALONE,
    "decode_repeatable": ALONE,
    "inputs_unchanged": FAILURES,
    **dict.fromkeys(AMONG_OTHERS, AT_ONCE),
    **dict.fromkeys(AFTERWARDS, BEFORE),
}
"""Which causes are asked of what a check found; streams and stops have laws of their own."""


OF_PROMPTS: Final = {
    **naming.ABOUT,
    "shaping": "what is done to a conversation before, or to its text after it is rendered",
    "template-source": "another file's template wins",
    "engine-died": "the process of an engine ended",
    "bounds": "time, memory or length that one side takes too much of",
}
"""What `diagnosis` names, by what stands before a colon."""


def about(cause: str) -> str:
    """Return a cause in a line, for people; "" for one that nothing here names.

    >>> about("filter:int")
    'a filter that gives another value, or is not known'
    """
    return ABOUT.get(cause) or OF_PROMPTS.get(cause.partition(":")[0], "")


def classify(found: Comparison, asked: Asked) -> str:
    """Return the name of the cause of a divergence, or `unclassified`."""
    question = Question(found, asked)
    causes = BY_CHECK.get(found.check, ())
    return next((cause.name for cause in causes if cause.holds(question)), UNCLASSIFIED)
