"""Open stages: what they say is what the tokenizer does, and the reference's are the same."""

import re
from pathlib import Path

import pytest

from parity import artefact, corpus
from parity.backends import load
from parity.stages import parting

LONE = re.compile("[\ud800-\udfff]")
"""Half a pair: no tokenizer takes it."""
CASES = [
    case
    for case in corpus.read_all(corpus.find(["all"], artefact.shipped(), Path()))
    if case.kind == "text" and not LONE.search(case.payload)
]

TRIMS = {"byte-bpe-600"}
"""Here the post-processor moves offsets, past the spaces that tokens start with."""


@pytest.mark.parametrize("name", artefact.tiny())
def test_the_tokens_of_the_model_are_the_ids_that_come_out(name):
    """Where no template adds any: so the stages are those of this tokenizer."""
    backend = load(f"hf:tiny:{name}")
    chosen = [case for case in CASES if case.options.get("specials") != "template"]
    seen = [backend.stages(case.payload, case.options.get("specials", "parse")) for case in chosen]

    assert len(chosen) > 900
    assert [tuple(token.id for token in one.tokens) for one in seen] == [one.ids for one in seen]


@pytest.mark.parametrize("name", sorted({*artefact.tiny()} - TRIMS))
def test_the_spans_of_the_tokens_are_the_offsets_that_come_out(name):
    """The parts of a text know where they are from."""
    backend = load(f"hf:tiny:{name}")
    differing = []
    for case in CASES:
        mode = case.options.get("specials", "parse")
        spans = [token.span for token in backend.stages(case.payload, mode).tokens]
        if mode != "template" and spans != backend.encode(case.payload, mode).offsets:
            differing.append(case.id)

    assert differing == []


@pytest.mark.parametrize("name", artefact.tiny())
def test_two_independent_readings_agree_at_every_stage(name):
    """Added tokens, normalised text with its alignment, pre-tokens, tokens, ids."""
    one, two = load(f"hf:tiny:{name}"), load(f"reference:tiny:{name}")
    parted = []
    for case in CASES:
        mode = case.options.get("specials", "parse")
        found = parting(one.stages(case.payload, mode), two.stages(case.payload, mode))
        parted += [(case.id, found)] if found else []

    assert parted == []


def test_stages_are_plain_and_in_the_order_of_the_text():
    """Each is what a person would write down."""
    seen = load("hf:tiny:byte-bpe-600").stages("e\u0301 <mask>\u00e9")

    assert [(one.text, one.span) for one in seen.added] == [(" <mask>", (2, 9))]
    assert [one.text for one in seen.normalised] == ["\u00e9", "\u00e9"]
    assert seen.normalised[0].spans == ((0, 1),)
    assert [one.span for one in seen.pieces] == [(0, 1), (9, 10)]
    assert [token.span for token in seen.tokens] == [(0, 1), (2, 9), (9, 10)]
