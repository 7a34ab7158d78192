"""What can be seen of a backend: checks, for two sides, and laws, for one side with itself.

A `Look` makes observations of a batch of cases. A check is one look at both sides. A law is two
looks at one side that must agree. Adding either is one function in `looks` and one row of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from parity.history_looks import WORDS, after_cut, after_words, beside_another, cold
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
from parity.process_looks import FORKED, PROCESSES, in_forks, in_processes
from parity.prompt_looks import (
    chat_ids,
    continued,
    control_ids,
    control_ids_of_template,
    in_another_order,
    in_order,
    prompts,
    rendered_ids,
    template_source,
    turns,
)
from parity.stop_looks import (
    held_too_long,
    no_class,
    not_stopped_by_rule,
    prompt_ids,
    stop_final,
    stop_matched,
    stop_reason,
    stop_texts,
)
from parity.stream_looks import (
    Judged,
    alone,
    among_others,
    chunks,
    drawn_joined,
    faults,
    held,
    joined_chunks,
    none_held,
    nonempty_chunks,
    reported_ids,
    right,
    sent,
    should,
    singly_joined,
)
from parity.thread_looks import (
    BATCHES,
    CALLS,
    CUTS,
    LENGTH,
    SINGLES,
    TEXTS,
    THREADS,
    in_batch_threads,
    in_threads,
)
from parity.training_looks import learnt, merges, merges_backwards, trained_ids
from parity.types import AS_JSON, Case
from parity.workers import serially

VOCABULARY: Final = (
    Case("vocabulary/tokens", "vocabulary", "tokens"),
    Case("vocabulary/added", "vocabulary", "added"),
)
SOURCES: Final = (
    Case("template/default", "template_source", "default"),
    Case("template/tools", "template_source", "tools"),
)
DECLARED: Final = (Case("vocabulary/declared", "vocabulary", "declared"),)


class Check(NamedTuple):
    """One look at both sides.

    takes: kinds of cases.
    grounded: the name of a grounding, or "": then it takes more kinds, as what the reference
        makes of them, so that a wrong encode is not counted again as a wrong decode.
    views: each case is looked at once per view, with these options; by name. A view that has
        the option `written_as` is for cases that were written as this kind alone.
    own: cases of its own; such a check takes nothing from a corpus.
    recorded: names of the views that a golden keeps; all of them where none is named.
    """

    look: Look
    about: str
    takes: frozenset[str] = frozenset({"text", "bytes"})
    grounded: str = ""
    views: Mapping[str, Mapping[str, Any]] = {}
    own: tuple[Case, ...] = ()
    recorded: tuple[str, ...] = ()


class Law(NamedTuple):
    """Two looks at one side that must agree.

    gates: `always`; `named`, where it decides only if a plan names it, and informs otherwise;
        `asked`, where it costs so much that it is looked at, and decides, only if a plan names
        it; `never`, for a property that only informs.
    """

    once: Look
    again: Look
    about: str
    takes: frozenset[str] = frozenset({"text"})
    grounded: str = ""
    own: tuple[Case, ...] = ()
    gates: str = "always"
    views: Mapping[str, Mapping[str, Any]] = {}


TEXT: Final = frozenset({"text"})
IDS: Final = frozenset({"ids"})
BOTH_WAYS: Final = {"skip": {"skip_special": True}, "keep": {"skip_special": False}}
"""Special tokens skipped, and kept: a case that is decoded is looked at twice."""

PROMPTS: Final = frozenset({"text", "messages"})
CHATS: Final = frozenset({"messages"})
SCRIPT: Final = frozenset({"script"})
STOPS: Final = frozenset({"stop_script"})
TRAINING: Final = frozenset({"train"})
HANDED: Final[Mapping[str, Mapping[str, Any]]] = {
    "keep": {"schedule": "written"},
    **{
        name: {"schedule": name, "written_as": "stream"}
        for name in ("two", "eight", "drawn", "paired", "prompted")
    },
    "interleaved": {"schedule": "interleaved", "skip_special": True, "written_as": "stream"},
    **{
        name: {"schedule": name, "written_as": "stream"}
        for name in ("reused", "aborted", "stopped", "ended")
    },
    "skip": {"schedule": "written", "skip_special": True, "written_as": "stream"},
    "ended-skip": {"schedule": "ended", "skip_special": True, "written_as": "stream"},
}
"""How a stream is handed over: as it is written, special tokens kept; and what was written as a
stream by every other schedule and finish too, and with special tokens skipped."""
ALONE: Final[Mapping[str, Mapping[str, Any]]] = {
    name: {"schedule": "written", "written_as": written_as}
    for name, written_as in (("keep", "stream"), ("random", "random"))
}
"""What was written or drawn as a stream: a law that streams twice costs too much on every text."""


_THREADS: Final = {"threads": THREADS, "calls": CALLS}
IN_THREADS: Final = {"threads": _THREADS}
DECODED_IN_THREADS: Final = {name: {**way, **_THREADS} for name, way in BOTH_WAYS.items()}
IN_PROCESSES: Final = {"processes": {"processes": PROCESSES}}
"""How many workers, and how many calls each of them makes at least."""
FULL: Final = {"words": {"words": WORDS}}
CUT: Final = {"cut": {"length": LENGTH}}


def _streamed(look: Look, about: str) -> Check:
    return Check(look, about, SCRIPT, "script", HANDED, recorded=("keep", "interleaved"))


def _stopped(look: Look, about: str) -> Check:
    return Check(look, about, STOPS, "stop_script")


def _on_streams(broken: Callable[[Judged], bool], about: str) -> Law:
    return Law(should(broken), sent, about, SCRIPT, "script", gates="named", views=HANDED)


CHECKS: Final[Mapping[str, Check]] = {
    "ids": Check(single_ids, "token ids, one text a call"),
    "ids_batched": Check(batch_ids, "token ids, through the batch call"),
    "offsets": Check(offsets, "ranges of the text, in code points", TEXT),
    "offsets_batched": Check(batch_offsets, "the same, through the batch call", TEXT),
    "text": Check(
        texts,
        "decoded text, with special tokens skipped and kept",
        IDS,
        grounded="ids",
        views=BOTH_WAYS,
    ),
    "vocabulary": Check(
        vocabulary, "tokens and added tokens by effective id", frozenset(), own=VOCABULARY
    ),
    "outcome": Check(
        outcomes,
        "value or kind of error, of encode, decode and render",
        TEXT | IDS | AS_JSON | {"bytes"},
    ),
    "chunks": _streamed(chunks, "streamed chunks, a row a step, empty ones too"),
    "chunks_nonempty": _streamed(nonempty_chunks, "streamed chunks that have text"),
    "joined": _streamed(joined_chunks, "all that is streamed for a request, as one text"),
    "emitted_ids": _streamed(reported_ids, "the ids that are reported with the chunks"),
    "stop_texts": _stopped(stop_texts, "text of each step, where something may stop it"),
    "stop_final": _stopped(stop_final, "the whole answer, where something may stop it"),
    "stop_matched": _stopped(stop_matched, "the stop that matched"),
    "stop_reason": _stopped(stop_reason, "why the request ended"),
    "prompt_ids": Check(prompt_ids, "ids of prompts, texts and chats in one batch", PROMPTS),
    "prompt": Check(prompts, "text of a chat prompt, or of a template", AS_JSON),
    "generation_prompt": Check(
        turns, "text of a chat prompt, without and with the assistant's turn opened", CHATS
    ),
    "continued": Check(continued, "text of a chat prompt whose last message is continued", CHATS),
    "rendered_ids": Check(rendered_ids, "ids of a chat, rendered and then encoded", CHATS),
    "chat_ids": Check(chat_ids, "ids of a chat, rendered and encoded in one call", CHATS),
    "template_source": Check(
        template_source, "source of the chat template that wins", frozenset(), own=SOURCES
    ),
    "merges": Check(merges, "merges that a trainer learns, in order", TRAINING),
    "trained_ids": Check(trained_ids, "ids of held-out texts, with what was learnt", TRAINING),
}

LAWS: Final[Mapping[str, Law]] = {
    "batch_is_single": Law(
        single_ids, uneven_ids, "a batch gives what single calls give, in any order and size"
    ),
    "repeatable": Law(single_ids, single_ids, "the same call gives the same ids again"),
    "decode_batch_is_single": Law(
        single_texts, uneven_texts, "the same of decoding", IDS, grounded="ids", views=BOTH_WAYS
    ),
    "decode_repeatable": Law(
        single_texts, single_texts, "the same call gives the same text again", IDS, grounded="ids",
        views=BOTH_WAYS,
    ),
    "inputs_unchanged": Law(
        inputs, inputs_after, "nothing that a backend is given is changed", TEXT | IDS | AS_JSON
    ),
    "declared_ids": Law(
        declared_ids, effective_ids, "added tokens have the ids that their file declares",
        frozenset(), own=DECLARED,
    ),
    "streamed_whole": Law(
        right, sent, "joined chunks are the decoded text", SCRIPT, "script", gates="named",
        views=HANDED,
    ),
    "tail_sent": _on_streams(
        lambda one: "tail" in faults(one), "what was held back is sent at the end"
    ),
    "nothing_lost": _on_streams(
        lambda one: "lost" in faults(one), "nothing in the middle is missing"
    ),
    "never_retracted": _on_streams(
        lambda one: "retracted" in faults(one), "nothing that was sent is repeated or contradicted"
    ),
    "no_early_replacement": _on_streams(
        lambda one: "early" in faults(one), "no U+FFFD is sent that the text does not have there"
    ),
    "replacement_sent": _on_streams(
        lambda one: "replacement" in faults(one), "a U+FFFD that the text has is sent"
    ),
    "prompt_not_sent": _on_streams(
        lambda one: "prompt" in faults(one), "the prompt is not sent again"),
    "schedule_free": Law(
        singly_joined, drawn_joined, "what is sent does not depend on the number of ids a step",
        SCRIPT, "script", gates="named", views=ALONE,
    ),
    "interleaved_is_alone": Law(
        alone, among_others, "a request among others is sent what it is sent alone",
        SCRIPT, "script", gates="named", views=ALONE,
    ),
    "stops_by_rule": Law(
        no_class, not_stopped_by_rule, "text, match and finish follow from the tie rule", STOPS,
        "stop_script", gates="named",
    ),
    "holds_no_longer": Law(
        no_class, held_too_long, "nothing is held back that no stop can reach any more", STOPS,
        "stop_script", gates="named",
    ),
    "state_freed": Law(
        none_held, held, "nothing is kept of a request that has finished", SCRIPT, "script",
        gates="named", views=HANDED,
    ),
    "render_repeatable": Law(prompts, prompts, "the same chat is rendered alike again", AS_JSON),
    "one_call_is_two_steps": Law(
        rendered_ids, chat_ids, "one call gives the ids of rendering and encoding", CHATS,
        gates="named",
    ),
    "no_control_ids": Law(
        control_ids_of_template, control_ids, "what users and tools say gives no special token",
        CHATS, gates="named",
    ),
    "keys_in_any_order": Law(
        in_order, in_another_order, "the order of a message's keys does not matter", CHATS,
        gates="named",
    ),
    "threads_are_serial": Law(
        serially(SINGLES), in_threads(SINGLES), "several threads at once get the ids that one gets",
        gates="asked", views=IN_THREADS,
    ),
    "batch_threads_are_serial": Law(
        serially(BATCHES), in_batch_threads(BATCHES), "the same of batch calls", gates="asked",
        views=IN_THREADS,
    ),
    "decode_threads_are_serial": Law(
        serially(TEXTS), in_threads(TEXTS), "the same of decoding", IDS, grounded="ids",
        gates="asked", views=DECODED_IN_THREADS,
    ),
    "cut_threads_are_serial": Law(
        serially(CUTS), in_threads(CUTS), "the same while every second thread cuts and fills up",
        gates="asked", views={"threads": {**_THREADS, "length": LENGTH}},
    ),
    "processes_are_serial": Law(
        serially(SINGLES), in_processes, "processes that load it anew get the ids that this gets",
        gates="asked", views=IN_PROCESSES,
    ),
    "forked_are_serial": Law(
        serially(FORKED), in_forks, "forks of this process get what it gets, and get it",
        gates="asked", views=IN_PROCESSES,
    ),
    "cold_is_warm": Law(
        single_ids, cold, "what was loaded just now gives the ids that it gives later",
        gates="asked",
    ),
    "after_eviction": Law(
        single_ids, after_words, "the same ids after more words than a cache holds", gates="asked",
        views=FULL,
    ),
    "after_cut": Law(
        single_ids, after_cut, "the same ids after a call that cuts and fills up", gates="asked",
        views=CUT,
    ),
    "two_are_independent": Law(
        single_ids, beside_another, "another one that is asked for other things changes nothing",
        gates="asked",
    ),
    "training_repeatable": Law(
        learnt, learnt, "the same texts teach the same merges and ids again", TRAINING
    ),
    "texts_in_any_order": Law(
        merges, merges_backwards, "the order of the texts does not matter to what is learnt",
        TRAINING, gates="named",
    ),
    "round_trip": Law(
        normal_forms, round_trips, "decoding gives back the declared normal form (informs only)",
        gates="never",
    ),
}  # fmt: skip
