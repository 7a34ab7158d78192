"""What a shadow measures: totals are sums, labels are few, and nothing in them is anybody's."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metered import encoded, happen, problems, shadow_of

from parity.shadow.measured import Measured
from parity.shadow.metrics import KINDS, LIMIT, OTHER, TABLE, WORD
from parity.shadow.records import FATES, Call
from parity.stream_cases import StopScript
from parity.streams import Emitted, Script, Step, StopRun, Stops, Streamed
from parity.types import Encoding, Failure, Observation

CLASSES = ("ids.value", "ids.missing", "outcome.ValueError")
REASONS = ("full", "TimedOut", "Unsupported")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(("encode", "encode_batch", "encode_cut")),
        st.sampled_from((*FATES, "passed", "pending")),
        st.integers(0, 2),
    ),
    max_size=40,
)


def told(measured):
    """What is told, as `metered.problems` wants it."""
    counters, filled = measured.added()
    found = {}
    for name, labels, number in [*measured.counts(), *counters]:
        metric = TABLE[name]
        ending = "_total" if metric.kind == "counter" else ""
        series = name + ending, frozenset(zip(metric.labels, labels, strict=True))
        assert series not in found
        found[series] = number
    for (name, labels), histogram in filled.items():
        metric = TABLE[name]
        own = set(zip(metric.labels, labels, strict=True))
        found[f"{name}_sum", frozenset(own)] = histogram.sum
        found[f"{name}_count", frozenset(own)] = histogram.below[-1]
        bounds = (*map(float, metric.buckets), float("inf"))
        for bound, below in zip(bounds, histogram.below, strict=True):
            found[f"{name}_bucket", frozenset({*own, ("le", bound)})] = below
    return found


def measures(call, fate="same"):
    """What one outcome of a call adds: counters by name, and sums of histograms."""
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    happen(shadow.watch, call.surface, fate, call=call)
    counters, filled = measured.added()
    sums = {name: histogram.sum for (name, _), histogram in filled.items()}
    return {**{one.name: one.value for one in counters}, **sums}


def call_of(surface, asked, answer, **named):
    """A sampled call of a surface."""
    args = () if named else (asked,)
    return Call("r", surface, args, named, Observation(answer), 0.5, 0.0, 1)


@given(events=EVENTS)
def test_totals_are_sums_over_labels_whatever_happens(events):
    """Each number is the shadow's own, and no label gains or loses one."""
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    outcomes = []
    for surface, fate, which in events:
        why = {"same": "", "diverged": CLASSES[which]}.get(fate, REASONS[which])
        outcomes.append(happen(shadow.watch, surface, fate, why))

    assert not problems(told(measured), shadow.watch.snapshot(), outcomes)


def test_ten_thousand_kinds_of_failure_make_few_series():
    """A candidate that fails in a new way each time fills `other`; the total has every one."""
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    for number in range(10_000):
        why = f"outcome.Error{number}"
        happen(shadow.watch, "encode", "diverged", why)
        shadow.watch.counts.chose("encode")
        shadow.watch.counts.settle("encode", "error", f"Died{number}")
    readings = measured.counts()
    by_class = [one for one in readings if one.name == "parity_shadow_diverged_by_class"]
    by_reason = [one for one in readings if one.name == "parity_shadow_not_compared_by_reason"]

    assert {len(by_class), len(by_reason)} <= {LIMIT, LIMIT + 1}  # the counts say `other`, too
    assert sum(one.value for one in by_class) == sum(one.value for one in by_reason) == 10_000


def test_what_was_other_stays_other_so_that_no_counter_falls():
    """The words that have a series are those that came first, and they keep it."""
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    before = {}
    for number in range(3 * LIMIT):
        for _ in range(1 + number % 7):
            happen(shadow.watch, "encode", "diverged", f"outcome.Error{number}")
        now = {(one.name, one.labels): one.value for one in measured.counts()}

        fallen = [one for one, value in before.items() if now.get(one, -1) < value]
        assert not [one for one in fallen if "pending" not in one[0]]
        before = now


@pytest.mark.parametrize("word", ["what the user wrote", "a" * 97, "ids.\u00e9", "a.b\n", "5.x"])
def test_a_word_of_no_fixed_shape_is_other(word):
    """Nothing that could be a text is a label."""
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    happen(shadow.watch, word, "diverged", word)
    labels = {label for one in measured.counts() for label in one.labels}
    labels |= {label for _, labels in measured.added()[1] for label in labels}

    assert word not in labels
    assert OTHER in labels


def test_a_key_of_an_answer_is_other_as_it_is_hidden_in_the_log():
    """Where a callable returns a mapping, its keys may be what a user wrote."""
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    happen(shadow.watch, "encode", "diverged", "alice.value")
    (found,) = [one for one in measured.counts() if one.name == "parity_shadow_diverged_by_class"]

    assert found.labels == ("encode", OTHER)


def test_no_request_id_and_no_text_is_in_a_label():
    """Labels are of a fixed list, and of fixed words."""
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    call = encoded("the secret")._replace(request="request-secret")
    happen(shadow.watch, "encode", "diverged", "ids.value", call=call)

    assert "secret" not in repr([measured.counts(), measured.added()])
    names = {label for metric in TABLE.values() for label in metric.labels}
    assert names == {"surface", "side", "class", "fate", "why"}


@pytest.mark.parametrize("metric", TABLE.values(), ids=lambda one: one.name)
def test_the_table_says_of_each_metric_what_it_is(metric):
    """Counters have no `_total` of their own, units stand in names, buckets rise."""
    assert metric.kind in KINDS
    assert WORD.fullmatch(metric.name)
    assert not metric.name.endswith("_total")
    assert metric.help.endswith(".")
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert metric.name.endswith("_seconds") == (metric.unit == "s")
    assert ("sampled calls alone" in metric.help) == metric.heard


SCRIPT = Script(((1,),), ((Step(0, (5, 6)),), (Step(0, (7,), "eos"),)))
STREAMED = Streamed([Emitted(0, None, ()), Emitted(0, "ab\ufffd", (5, 6, 7)), Emitted(0, "", ())])
RUN = StopRun(["ab"], "", "ab", "END", "string")


@pytest.mark.parametrize(
    ("call", "family", "tokens", "chars"),
    [
        (encoded("a\U0001f600c"), "encode", 3, 3),
        (call_of("encode", "", Encoding([7, 8]), specials="plain", text="abc"), "encode", 2, 3),
        (call_of("encode_batch", ["ab", "c"], [Encoding([1]), Encoding([])]), "encode", 1, 3),
        (call_of("decode", [1, 2, 3], "abcd"), "decode", 3, 4),
        (call_of("decode", [1, 2, 3], b"abcd"), "decode", 3, None),
        (call_of("decode_batch", [[1], [2, 3]], ["a", "bc"]), "decode", 3, 3),
        (call_of("stream", SCRIPT, STREAMED), "stream", 3, 3),
        (call_of("stop", StopScript(((1, 2), (3,)), Stops()), RUN), "call", 3, 2),
        (call_of("render", [{"role": "user"}], "<user>"), "call", None, 6),
        (call_of("chat_ids", [{"role": "user"}], [1, 2]), "call", 2, None),
    ],
)  # fmt: skip
def test_tokens_and_characters_of_a_call_are_counted(call, family, tokens, chars):
    """A text counts in code points; what has none of it counts nothing, which is not 0."""
    found = measures(call)

    assert found.get(f"parity_tokenizer_tokens_per_{family}") == tokens
    assert found.get(f"parity_tokenizer_chars_per_{family}") == chars


def test_durations_of_both_sides_are_measured():
    """The reference's of every outcome, the candidate's of compared calls alone."""
    name = "parity_tokenizer_encode_duration_seconds"
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    happen(shadow.watch, "encode", "same", seconds=0.25)
    happen(shadow.watch, "encode", "timeout", "TimedOut", seconds=5.0)
    _, filled = measured.added()

    assert filled[name, ("encode", "candidate")].below[-1] == 1
    assert filled[name, ("encode", "candidate")].sum == 0.25
    assert filled[name, ("encode", "reference")].below[-1] == 2


def test_a_stream_says_what_was_held_back_and_what_was_cut():
    """A chunk that ends in U+FFFD, and rows that sent nothing, are seen."""
    found = measures(call_of("stream", SCRIPT, STREAMED))

    assert found["parity_tokenizer_stream_steps"] == 3
    assert found["parity_tokenizer_stream_steps_without_text"] == 2
    assert found["parity_tokenizer_stream_incomplete_utf8"] == 1


def test_bytes_that_end_inside_a_character_are_incomplete():
    """Engines that send bytes cut characters without U+FFFD."""
    rows = Streamed([Emitted(0, b"a\xf0\x9f", (1,)), Emitted(0, b"\x98\x80", (2,))])
    found = measures(call_of("stream", SCRIPT, rows))

    assert found["parity_tokenizer_stream_incomplete_utf8"] == 1


@pytest.mark.parametrize(
    ("reason", "number"), [("string", 1), ("token", 1), ("eos", 1), ("length", None), ("", None)]
)
def test_stops_are_counted_where_something_matched(reason, number):
    """A limit is no match, nor is a request that goes on."""
    run = RUN._replace(reason=reason)
    found = measures(call_of("stop", StopScript(((1,),), Stops()), run))

    assert found.get("parity_tokenizer_stop_sequences_detected") == number


def test_an_answer_that_failed_has_a_duration_and_no_size():
    """What the reference raised, or gave without meaning, is no answer of 0 tokens."""
    raised = encoded()._replace(seen=Observation(failure=Failure("ValueError")))
    garbage = call_of("encode", "abc", 5)
    for call in (raised, garbage):
        assert set(measures(call)) == {"parity_tokenizer_encode_duration_seconds"}


def test_what_is_closed_hears_nothing_more():
    """The watch goes on without who listened, and what was heard can be read still."""
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    happen(shadow.watch, "encode", "same")
    measured.close()
    happen(shadow.watch, "encode", "same")

    assert not shadow.watch.listeners
    assert {one.below[-1] for one in measured.added()[1].values()} == {1}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_measures_its_own_calls():
    """It begins at nothing, although the parent was in the middle of hearing something."""
    shadow = shadow_of()
    measured = Measured(shadow.watch)
    happen(shadow.watch, "encode", "same")
    measured._lock.acquire()
    child = os.fork()
    if child == 0:
        happen(shadow.watch, "encode", "same")
        happen(shadow.watch, "encode", "same")
        numbers = {histogram.below[-1] for histogram in measured.added()[1].values()}
        os._exit(0 if numbers == {2} else 1)
    measured._lock.release()
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert {histogram.below[-1] for histogram in measured.added()[1].values()} == {1}
