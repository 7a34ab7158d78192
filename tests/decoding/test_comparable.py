"""What is compared of two sides: what engines do otherwise by design is no difference."""

import pytest

from parity.decoded.asked import Wanted
from parity.decoded.comparable import Cutters, cut, cutters, pair
from parity.decoded.sides import Side
from parity.decoding.engines import read_spec
from parity.decoding.records import Capabilities, Generation, Outcome, Prompt
from parity.errors import UsageError
from parity.fingerprint import Fingerprint

PROMPTS = [Prompt("p/a", "text", "a", 9, ("two",))]
MARK = Fingerprint("", "toy", "", "", {}, {}, {})


def side(text, chunks, finish="string", **able):
    """A side that said one thing."""
    made = Generation((1, 2), finish, text, chunks)
    outcome = Outcome("p/a", (0,), made)
    return Side("", read_spec("toy_engines:x"), MARK, Capabilities(**able), {"p/a": outcome})


def compared(reference, candidate, by=None):
    """What is compared: text and chunks of both sides, and what is said of it."""
    found = pair(reference, candidate, by or Cutters(Wanted()), PROMPTS)
    both = [one["p/a"].generation for one in (found.reference, found.candidate)]
    return [(one.text, one.chunks) for one in both], found.said


def test_chunks_of_one_algorithm_are_compared():
    """Nothing is changed."""
    one = side("one", ("o", "ne"), streams="llama_cpp")

    assert compared(one, one) == ([("one", ("o", "ne"))] * 2, "")


def test_chunks_of_two_algorithms_are_not_compared_where_no_tokenizer_cuts_ids():
    """And that is said."""
    one = side("one", ("o", "ne"), streams="llama_cpp")
    other = side("one", ("one",), streams="text_streamer")

    found, said = compared(one, other)

    assert found == [("one", None)] * 2
    assert "chunks of text_streamer are not compared" in said


@pytest.mark.parametrize("finish", ["string", "length"])
def test_a_stop_string_that_one_side_keeps_is_cut_where_it_ended_the_text(finish):
    """A text that ended otherwise stays as it is: what is in it is a part of it."""
    keeps = side("one two", ("one two",), finish, stop_text="kept")
    cuts = side("one ", ("one ",), finish, stop_text="cut")

    found, said = compared(keeps, cuts)
    whole = [("one two", ("one two",)), ("one ", ("one ",))]

    assert found == ([("one ", None)] * 2 if finish == "string" else whole)
    assert "compared up to it" in said


def test_two_that_both_keep_a_stop_string_are_compared_as_they_are():
    """What follows it may differ, and is a difference."""
    one = side("one two", None, stop_text="kept")
    other = side("one two!", None, stop_text="kept")

    assert compared(one, other) == ([("one two", None), ("one two!", None)], "")


def test_the_first_stop_string_counts_and_not_the_first_of_the_list():
    """As an engine finds it."""
    assert cut("a b c", ["c", "b"]) == "a "
    assert cut("a b c", ["x"]) == "a b c"


def test_a_named_detokenizer_makes_the_chunks_of_both():
    """Whatever they streamed."""
    by = cutters(Wanted(detokenizer="decode_stream", tokenizer="hf:tiny:byte-bpe-4096"))
    found, said = compared(side("x", ("a",)), side("x", None), by)

    assert found[0] == found[1]
    assert found[0][1]
    assert "decode_stream" in said


def test_a_tokenizer_without_a_detokenizer_cannot_be_meant():
    """It would do nothing."""
    with pytest.raises(UsageError, match="--detokenizer"):
        cutters(Wanted(tokenizer="hf:x"))
