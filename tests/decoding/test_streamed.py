"""Text and chunks of given ids: those of the named algorithm, and it is said whose they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity import backends
from parity.backend import Backend
from parity.decoding.records import Generation, Outcome, as_data, from_data
from parity.decoding.streamed import Named, chunks, filled, only_ids, over
from parity.detokenizers import DETOKENIZERS
from parity.detokenizers.detokenizer import Decoder
from parity.errors import BadSpec
from parity.types import Vocabulary

TINY = backends.load("hf:tiny:byte-bpe-600")
HALF = TINY.encode("世").ids[:1]
"""The first byte of a character."""


def decoder(text):
    """A decoder in which each id is what `text` says, or what it raises."""

    def decode(ids, skip):  # noqa: ARG001
        return "".join(map(text, ids))

    return Decoder(decode, lambda batch, skip: [decode(ids, skip) for ids in batch], lambda _: b"")


def outcome(ids, **fields):
    """What an engine gave that gives ids alone."""
    return Outcome("toy/a", (1, 2), Generation(tuple(ids), "length", **fields))


@settings(max_examples=30, database=None)
@given(text=st.text(st.characters(codec="utf-8"), min_size=1, max_size=12))
def test_joined_chunks_are_the_text(text):
    """Of a whole text, through the oracle's algorithm."""
    found = filled(outcome(TINY.encode(text).ids), over("redecode", TINY)).generation

    assert "".join(found.chunks) == found.text == TINY.decode(found.ids)
    assert "" not in found.chunks


@pytest.mark.parametrize("algorithm", DETOKENIZERS)
def test_every_named_algorithm_streams_ids(algorithm):
    """And it is said which did, over which tokenizer."""
    found = filled(outcome(TINY.encode("Two 世界 of them").ids), over(algorithm, TINY)).generation

    assert "".join(found.chunks) == found.text == "Two 世界 of them"
    assert found.by == {
        "text": f"decode, {algorithm}@hf:tiny:byte-bpe-600",
        "chunks": f"{algorithm}@hf:tiny:byte-bpe-600",
    }


def test_algorithms_differ_at_a_text_that_ends_inside_a_character():
    """As their engines do: one drops what is not whole, the other sends it at the end."""
    ids = [*TINY.encode("ab").ids, *HALF]

    assert chunks(ids, over("decode_stream", TINY))[-1] != "\ufffd"
    assert chunks(ids, over("redecode", TINY))[-1] == "\ufffd"


def test_special_ids_are_skipped():
    """An EOS that ended a completion is among its ids and not in its text."""
    eos = TINY.eos()
    found = filled(outcome([*TINY.encode("ab").ids, eos]), over("redecode", TINY)).generation

    assert found.ids[-1] == eos
    assert found.text == "".join(found.chunks) == "ab"


def test_what_an_engine_says_itself_stays():
    """It is not ours in its place; and `by` names nobody for it."""
    own = outcome([65], text="own", chunks=("ow", "n"))

    assert filled(own, over("redecode", TINY)) == own
    assert filled(only_ids(own), over("redecode", TINY)).generation.text == TINY.decode([65])


def test_an_outcome_without_ids_stays_as_it_is():
    """Of no ids nothing can be said; a failure stays one."""
    text_alone = Outcome("toy/a", (1,), Generation(None, "length", "text"))

    assert filled(text_alone, over("redecode", TINY)) == text_alone
    assert only_ids(text_alone) == text_alone
    assert filled(Outcome("toy/a"), over("redecode", TINY)) == Outcome("toy/a")


def test_a_detokenizer_that_fails_is_a_failure_of_that_prompt():
    """Its ids are kept, and where it failed is said."""

    def breaks(id):
        if id == 7:
            raise ValueError("seven")
        return "x"

    found = filled(outcome([5, 7, 6], text="given"), Named("redecode", decoder(breaks)))

    assert found.failure.kind == "StreamBroke"
    assert "redecode at id 1 of 3: ValueError" in found.failure.message
    assert found.generation.ids == (5, 7, 6)
    assert found.generation.chunks is None


def test_a_tokenizer_that_cannot_be_asked_leaves_an_outcome_without():
    """Absent, and no failure: nobody said anything wrong."""

    class Mute(Backend):
        def vocabulary(self):
            return Vocabulary({}, {})

    found = filled(outcome([1]), over("redecode", Mute()))

    assert found == outcome([1])


def test_an_unknown_algorithm_is_refused_by_name():
    """With those that there are."""
    with pytest.raises(BadSpec, match="no detokenizer 'nope'; known: redecode, "):
        over("nope", TINY)


def test_what_is_filled_travels_with_who_made_it():
    """Through JSON and back."""
    found = filled(outcome([65, 66]), over("redecode", TINY))

    assert from_data(as_data(found)) == found
