"""Two algorithms: what cannot be asked is no agreement, and nothing else is excused by it."""

import pytest

from parity import backends, concluding, session
from parity.plan import Pair, Plan
from parity.streams import Streamed
from parity.types import Case

TINY = "hf:tiny:byte-bpe-600"
STREAMS = [
    Case("t/a-00000000", "stream", {"requests": [{"pieces": ["ab", " c", "1 2"]}]}),
    Case("t/b-00000000", "stream", {"requests": [{"prompt": ["x"], "pieces": ["d", " e"]}]}),
]
STOPS = [Case("t/c-00000000", "stop", {"pieces": ["he", "llo", " ST", "OP"], "stops": ["STOP"]})]


def compared(reference, candidate, checks, cases):
    """What a pair comes to, of two backends that are there."""
    pair = Pair("toy", "", "", tuple(checks), named=True)
    loaded = session.Loaded(pair, reference, candidate, ())
    result = concluding.PairResult("toy")
    session.compare_pair(loaded, session.jobs(pair, Plan(())), cases, result)
    return concluding.conclude(pair, result, partial=False)


def piped(detokenizer, **options):
    """A pipeline over a tiny tokenizer."""
    more = "".join(f",{key}={value}" for key, value in options.items())
    return backends.load(f"pipeline:{detokenizer},encode={TINY}{more}")


def wrong(detokenizer, spoil):
    """The same, whose streams are spoiled."""
    made = piped(detokenizer)
    stream = made.stream
    made.stream = lambda script: spoil(script, stream(script))
    return made


def in_capitals(_, seen):
    """Every chunk is upper case."""
    return Streamed([row._replace(chunk=row.chunk and row.chunk.upper()) for row in seen.emitted])


def without_the_last_row(_, seen):
    """One row too few."""
    return Streamed(seen.emitted[:-1])


def fails_after_a_prompt(script, seen):
    """An error wherever there is a prompt."""
    if any(script.prompts):
        raise MemoryError("no room")
    return seen


def test_what_happens_to_be_equal_is_no_agreement_where_nothing_can_be_asked():
    """Digits and spaces have no capitals: of other families, no chunk proves anything."""
    found = compared(piped("tgi"), wrong("text_streamer", in_capitals), ["chunks"], STREAMS)

    assert found.code == 3
    assert found.rows["chunks", "both"].compared == 0


@pytest.mark.parametrize("check", ["chunks", "joined"])
def test_a_name_of_its_own_excuses_nothing(check):
    """An algorithm that nobody knows is compared as it is."""
    unknown = wrong("tgi", in_capitals)
    type(unknown).algorithm, kept = property(lambda _: "mine"), type(unknown).algorithm
    try:
        found = compared(piped("tgi"), unknown, [check], STREAMS)
    finally:
        type(unknown).algorithm = kept

    assert found.code == 1


@pytest.mark.parametrize("spoil", [without_the_last_row, fails_after_a_prompt])
def test_a_crash_or_a_broken_contract_is_never_incomparable(spoil):
    """Whatever the two algorithms are."""
    found = compared(piped("tgi"), wrong("text_streamer", spoil), ["joined"], STREAMS)

    assert found.code == 1


def test_streams_that_fail_alike_prove_nothing():
    """Both sides have the same error in each stream: that is counted, and is no agreement."""
    cases = [Case("t/d-00000000", "stream", {"requests": [{"pieces": [{"id": 10**30}]}]})]
    found = compared(piped("tgi"), piped("tgi", stops="tgi"), ["chunks", "joined"], cases)

    assert found.code == 3
    assert found.rows["chunks", "both"].failed == found.rows["chunks", "both"].compared


@pytest.mark.parametrize("check", ["stop_texts", "stop_final", "stop_matched", "stop_reason"])
def test_an_error_of_the_detokenizer_is_the_answer_of_a_stop_decoder(check):
    """Text that is lost before it cannot look like text that is not there."""
    side = piped("redecode", stops="vllm")
    side.decoder.decode = lambda ids, _=True: "he" if len(ids) < 2 else 1 / 0
    found = compared(side, side, [check], STOPS)

    assert found.code == 3
    assert found.rows[check, "both"].failed == 1


def test_no_stop_law_holds_over_an_error():
    """It is a crash."""
    side = piped("redecode", stops="vllm")
    side.decoder.decode = lambda ids, _=True: "he" if len(ids) < 2 else 1 / 0
    found = compared(side, side, ["stops_by_rule"], STOPS)

    assert found.code == 1


def test_a_side_that_streams_nothing_holds_back_too_long():
    """A step without a text sent none."""
    side = piped("redecode", stops="vllm")
    stop = side.stop
    side.stop = lambda script: stop(script)._replace(texts=[], tail="hello ")
    found = compared(side, side, ["holds_no_longer"], STOPS)

    assert found.code == 1
