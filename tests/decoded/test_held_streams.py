"""What is compared of two sides: streams of two algorithms are never taken for one another's."""

from types import SimpleNamespace

import pytest

from parity.decoded import comparable
from parity.decoded.asked import Wanted
from parity.decoding.records import Capabilities, Generation, Outcome, Prompt

PROMPTS = [Prompt("toy/plain", "text", "a"), Prompt("toy/stop", "text", "a", stop=("x",))]
IDS = (64, 0, 65)


def side(streams, chunks):
    """A side whose engine streams by an algorithm, and sent these chunks of each prompt."""
    made = Generation(IDS, "length", "a!b", chunks)
    outcomes = {prompt.id: Outcome(prompt.id, (70,), made) for prompt in PROMPTS}
    return SimpleNamespace(outcomes=outcomes, capabilities=Capabilities(streams=streams))


def chunks_of(found, prompt="toy/plain"):
    """The chunks of both sides, as they are compared."""
    return tuple(one[prompt].generation.chunks for one in (found.reference, found.candidate))


@pytest.fixture
def by():
    """Detokenizers over the tokenizer of the tiny model."""
    return comparable.cutters(Wanted(model="tiny"))


def test_a_stream_is_held_to_the_algorithm_that_it_says_it_is(by):
    """The other side's ids are cut by it; chunks without text do not count."""
    found = comparable.pair(side("", None), side("llama_cpp", ("a", "", "!", "b")), by, PROMPTS)

    assert chunks_of(found) == (("a", "!", "b"), ("a", "!", "b"))
    assert "stream of the candidate is held to llama_cpp" in found.said


@pytest.mark.parametrize("wrong", [("a", "!"), ("a!", "b"), ("a", "!", "b", "b")])
def test_a_stream_that_is_not_that_algorithm_differs(by, wrong):
    """A tail that is lost, chunks that are joined, and one that is sent twice."""
    ours, theirs = chunks_of(comparable.pair(side("", None), side("llama_cpp", wrong), by, PROMPTS))

    assert ours != theirs


def test_the_candidates_stream_is_the_one_that_is_held(by):
    """Where both stream, each by an algorithm of its own."""
    reference = side("text_streamer", ("a!b",))
    found = comparable.pair(reference, side("llama_cpp", ("a", "!", "b")), by, PROMPTS)

    assert chunks_of(found) == (("a", "!", "b"), ("a", "!", "b"))


def test_a_reference_that_streams_alone_is_held_to_its_own(by):
    """Then the candidate's ids are cut."""
    found = comparable.pair(side("llama_cpp", ("a", "!", "b")), side("", None), by, PROMPTS)

    assert chunks_of(found) == (("a", "!", "b"), ("a", "!", "b"))
    assert "stream of the reference" in found.said


def test_prompts_with_stop_strings_have_no_chunks_then(by):
    """An engine holds text back for them, a detokenizer does not."""
    found = comparable.pair(side("", None), side("llama_cpp", ("a", "!", "b")), by, PROMPTS)

    assert chunks_of(found, "toy/stop") == (None, None)


def test_one_algorithm_on_both_sides_is_compared_as_it_came(by):
    """Chunks without text, too."""
    found = comparable.pair(
        side("llama_cpp", ("a", "", "!b")), side("llama_cpp", ("a", "!b")), by, PROMPTS
    )

    assert chunks_of(found) == (("a", "", "!b"), ("a", "!b"))


def test_where_no_tokenizer_is_there_nothing_is_compared_and_that_is_said():
    """A server alone has no folder."""
    by = comparable.cutters(Wanted(model=""))
    found = comparable.pair(side("", None), side("llama_cpp", ("a",)), by, PROMPTS)

    assert chunks_of(found) == (None, None)
    assert "llama_cpp are not compared" in found.said
