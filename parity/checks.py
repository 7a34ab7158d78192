"""What can be seen of a backend: checks, for two sides, and laws, for one side with itself.

A `Look` makes observations of a batch of cases. A check is one look at both sides. A law is two
looks at one side that must agree. Adding either is one function in `looks` and one row of a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from parity.looks import (
    Look,
    batch_ids,
    batch_offsets,
    declared_ids,
    effective_ids,
    inputs,
    inputs_after,
    normal_forms,
    offsets,
    outcomes,
    round_trips,
    single_ids,
    single_texts,
    texts,
    uneven_ids,
    uneven_texts,
    vocabulary,
)
from parity.types import Case

VOCABULARY: Final = (
    Case("vocabulary/tokens", "vocabulary", "tokens"),
    Case("vocabulary/added", "vocabulary", "added"),
)
DECLARED: Final = (Case("vocabulary/declared", "vocabulary", "declared"),)


class Check(NamedTuple):
    """One look at both sides.

    takes: kinds of cases. A grounded check takes texts too, as the ids that the reference
        makes of them, so that a wrong encode is not counted again as a wrong decode.
    views: each case is looked at once per view, with these options; by name.
    own: cases of its own; such a check takes nothing from a corpus.
    """

    look: Look
    about: str
    takes: frozenset[str] = frozenset({"text", "bytes"})
    grounded: bool = False
    views: Mapping[str, Mapping[str, Any]] = {}
    own: tuple[Case, ...] = ()


class Law(NamedTuple):
    """Two looks at one side that must agree; `gates` is false for a property that only informs."""

    once: Look
    again: Look
    about: str
    takes: frozenset[str] = frozenset({"text"})
    grounded: bool = False
    own: tuple[Case, ...] = ()
    gates: bool = True
    views: Mapping[str, Mapping[str, Any]] = {}


TEXT: Final = frozenset({"text"})
IDS: Final = frozenset({"ids"})
BOTH_WAYS: Final = {"skip": {"skip_special": True}, "keep": {"skip_special": False}}
"""Special tokens skipped, and kept: a case that is decoded is looked at twice."""

CHECKS: Final[Mapping[str, Check]] = {
    "ids": Check(single_ids, "token ids, one text a call"),
    "ids_batched": Check(batch_ids, "token ids, through the batch call"),
    "offsets": Check(offsets, "ranges of the text, in code points", TEXT),
    "offsets_batched": Check(batch_offsets, "the same, through the batch call", TEXT),
    "text": Check(
        texts,
        "decoded text, with special tokens skipped and kept",
        IDS,
        grounded=True,
        views=BOTH_WAYS,
    ),
    "vocabulary": Check(
        vocabulary, "tokens and added tokens by effective id", frozenset(), own=VOCABULARY
    ),
    "outcome": Check(
        outcomes, "value or kind of error, of encode and decode", TEXT | IDS | {"bytes"}
    ),
}

LAWS: Final[Mapping[str, Law]] = {
    "batch_is_single": Law(
        single_ids, uneven_ids, "a batch gives what single calls give, in any order and size"
    ),
    "repeatable": Law(single_ids, single_ids, "the same call gives the same ids again"),
    "decode_batch_is_single": Law(
        single_texts, uneven_texts, "the same of decoding", IDS, grounded=True, views=BOTH_WAYS
    ),
    "decode_repeatable": Law(
        single_texts, single_texts, "the same call gives the same text again", IDS, grounded=True,
        views=BOTH_WAYS,
    ),
    "inputs_unchanged": Law(
        inputs, inputs_after, "nothing that a backend is given is changed", TEXT | IDS
    ),
    "declared_ids": Law(
        declared_ids, effective_ids, "added tokens have the ids that their file declares",
        frozenset(), own=DECLARED,
    ),
    "round_trip": Law(
        normal_forms, round_trips, "decoding gives back the declared normal form (informs only)",
        gates=False,
    ),
}  # fmt: skip
