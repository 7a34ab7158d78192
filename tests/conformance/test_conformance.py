"""The conformance kit: for each rule a backend that breaks it alone, and some that keep all."""

import json
import runpy
from pathlib import Path

import fakes
import pytest

from parity import backends, conformance
from parity.backend import Identity
from parity.backends.mock import Honest
from parity.conformance import BREAKS, HOLDS, LACKS, RULES, Subject, encoding, exit_code, wire
from parity.conformance.subject import TEXTS, Broken

ECHO = Path(__file__).parent.parent.parent / "harnesses" / "python" / "echo.py"


FAKES = {
    "identity_is_stable": fakes.says_another_fact_each_time,
    "encode_repeats": fakes.answers_otherwise_once,
    "empty_text": fakes.numbers_nothing,
    "nul": fakes.ends_at_nul,
    "long_text": fakes.reads_into_a_buffer,
    "lone_surrogates": fakes.dies_of_half_a_pair,
    "ill_formed_bytes": fakes.cuts_bytes,
    "parse_finds_specials": "forgets_special_tokens",
    "plain_has_no_specials": "parses_plain_text",
    "batch_is_single": "drops_last_output",
    "empty_batch": fakes.answers_an_empty_batch,
    "texts_unchanged": "mutates_its_input",
    "offsets_inside": fakes.loses_the_last_range,
    "offsets_in_code_points": "counts_offsets_in_bytes",
    "offsets_ordered": fakes.reverses_ranges,
    "offsets_batched": "shifts_batch_offsets",
    "decodes_its_ids": fakes.decodes_no_half_character,
    "decode_repeats": fakes.decodes_otherwise_once,
    "decodes_nothing": fakes.decodes_nothing_to_something,
    "unknown_id": fakes.dies_of_an_unknown_id,
    "negative_id": fakes.counts_ids_from_the_end,
    "wide_id": fakes.has_ids_of_32_bits,
    "skip_special": "keeps_special_tokens",
    "ids_unchanged": "sorts_ids_in_place",
    "decode_batch_is_single": fakes.reverses_decoded_batches,
    "empty_decode_batch": fakes.decodes_an_empty_batch,
    "vocabulary_repeats": fakes.declares_otherwise_once,
    "vocabulary_has_its_ids": fakes.has_no_name_for_a,
    "added_are_tokens": "renames_a_token",
    "a_row_a_step": fakes.ends_twice,
    "streams_are_repeated": fakes.streams_otherwise_once,
    "two_at_once": fakes.knows_one_stream,
    "begins_anew": "sends_the_first_chunk_twice",
    "lets_go": "keeps_finished_requests",
    "prompt_is_context": fakes.streams_no_prompt,
    "stop_ends_at_length": "cuts_before_the_last_character",
    "stop_ends_at_a_string": "leaks_the_stop",
    "stop_repeats": fakes.stops_otherwise_once,
    "render_repeats": "counts_prompts",
    "messages_unchanged": "changes_messages",
    "errors_are_stable": fakes.fails_in_two_ways,
    "goes_on_after_errors": fakes.is_confused_by_an_error,
}
"""For each rule what breaks it alone: a class of this file, or the name of a mock."""
NAMES = [rule.__name__ for rules in RULES.values() for rule in rules]


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A megabyte is shorter here: what matters is that it does not fit a buffer of 64 KiB."""
    monkeypatch.setattr(encoding, "MEGABYTE", 1 << 17)


def of(verdict, backend):
    """The rules that have a verdict."""
    return [one.rule for one in conformance.examine(backend) if one.verdict == verdict]


def made(fake):
    """The backend of a fake."""
    return backends.load(f"mock:{fake}") if isinstance(fake, str) else fake(Honest())


@pytest.mark.parametrize("name", NAMES)
def test_a_fake_that_breaks_one_rule_is_caught_by_that_rule_alone(name):
    """What the kit says is broken is what is broken."""
    assert of(BREAKS, made(FAKES[name])) == [name]


def test_the_honest_mock_keeps_every_rule_that_it_can_be_asked():
    """The kit has no complaint without a fault."""
    found = conformance.examine(Honest())

    assert [one.rule for one in found if one.verdict != HOLDS] == ["ill_formed_bytes"]
    assert exit_code(found) == 0


@pytest.mark.parametrize(
    "spec",
    [
        "hf:tiny:byte-bpe-600",
        "hf:tiny:unigram",
        "hf:tiny:wordpiece",
        "hf:tiny:fallback-bpe",
        "reference:tiny:byte-bpe-600",
        "tiktoken:tiny:byte-bpe-4096",
        "pipeline:vllm,encode=hf:tiny:byte-bpe-600,stops=vllm",
    ],
)
def test_our_own_backends_keep_every_rule(spec):
    """Ours are examined as anybody's."""
    assert of(BREAKS, backends.load(spec)) == []


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("transformers:tiny:byte-bpe-600", "empty_decode_batch"),  # batch_decode([]) is [""]
        ("pipeline:minisgl,encode=hf:tiny:byte-bpe-600,stops=minisgl", "stop_ends_at_a_string"),
    ],
)
def test_what_a_library_is_known_to_break_is_found(spec, rule):
    """An adapter repairs nothing, so the kit finds what its library does."""
    assert of(BREAKS, backends.load(spec)) == [rule]


def test_what_has_nothing_cannot_be_checked():
    """A backend that can say what it is, and nothing else, proves nothing."""
    found = conformance.examine(backends.load("jinja:none"))

    assert {one.verdict for one in found if one.operation != "identity"} == {LACKS}
    assert exit_code(found) == 3


def test_an_example_is_the_smallest_of_the_texts_that_show_a_fault():
    """Who reads it can ask the same again."""
    (found,) = [
        one for one in conformance.examine(fakes.loses_spaces_in_batches(Honest()))
        if one.rule == "batch_is_single" and one.verdict == BREAKS
    ]  # fmt: skip

    assert found.detail == "' ' in a batch of 2 gives [], alone [32]"


def test_an_answer_of_no_shape_at_all_is_a_break():
    """Nothing that a backend gives makes the kit fail."""
    broken = of(BREAKS, fakes.has_ids_that_are_text(Honest()))

    assert {"vocabulary_has_its_ids", "unknown_id"} <= set(broken)


def test_texts_are_ordered_by_size():
    """So the first that shows a fault is the smallest."""
    assert [len(text) for text in TEXTS] == sorted(len(text) for text in TEXTS)


class Talks(Honest):
    """The Python harness, asked without a pipe; a fault changes what it says."""

    def __init__(self, fault=lambda _, reply: reply):
        self.fault, self.harness = fault, runpy.run_path(str(ECHO))
        self.hello = self.raw({"op": "hello", "protocol": 1}).get("result", {})

    def identity(self):
        return Identity(self)

    def raw(self, message):
        line = json.dumps({"seq": 0, **message})
        return self.fault(message, json.loads(json.dumps(self.harness["reply"](line)[1])))


def when(op, **changed):
    """A fault in the replies to one op."""

    def fault(message, reply):
        return {"seq": reply["seq"], **changed} if message["op"] == op else reply

    return fault


def forgets_its_name():
    names = iter("abcdefgh")

    def fault(message, reply):
        if message["op"] == "hello":
            reply["result"]["name"] = next(names)
        return reply

    return fault


def claims(*names):
    """A fault: `hello` names what is not there."""

    def fault(message, reply):
        if message["op"] == "hello":
            reply["result"]["capabilities"] += names
        return reply

    return fault


def hides(name):
    """A fault: `hello` does not name what is there."""

    def fault(message, reply):
        if message["op"] == "hello":
            reply["result"]["capabilities"].remove(name)
        return reply

    return fault


def closes_once():
    closed = set()

    def fault(message, reply):
        if message["op"] == "stream_close":
            if message["stream"] in closed:
                raise ConnectionResetError("it ended")
            closed.add(message["stream"])
        if message["op"] == "stream_open":
            closed.discard(message["stream"])
        return reply

    return fault


def keeps_closed_streams(message, reply):
    gone = message["op"] == "stream_step" and "error" in reply
    return {"seq": 0, "result": "a"} if gone else reply


def writes_ids_as_text(message, reply):
    if message["op"] == "encode":
        reply["result"] = [[str(id) for id in ids] for ids in reply["result"]]
    return reply


def answers_one_less(message, reply):
    if message["op"] == "decode_batch":
        reply["result"] = reply["result"][:-1]
    return reply


SPOKEN = {
    "hello_repeats": forgets_its_name,
    "unknown_op_is_unsupported": lambda: when(
        "no_such_op", error={"kind": "KeyError", "message": ""}
    ),
    "replies_fit_the_schema": lambda: when("vocabulary", result={"tokens": {}}),
    "claims_are_kept": lambda: claims("generate"),
    "lacks_are_told": lambda: hides("vocabulary"),
    "lists_are_as_long": lambda: answers_one_less,
    "streams_close_twice": closes_once,
    "step_after_close": lambda: keeps_closed_streams,
}
"""For each rule of the protocol, what makes a fault that breaks it."""
TOO = {"replies_fit_the_schema": {"claims_are_kept"}}
"""Rules that the same fault breaks, as they look at the same reply."""


@pytest.mark.parametrize("rule", wire.RULES, ids=lambda rule: rule.__name__)
def test_a_harness_that_breaks_one_rule_of_the_protocol_is_caught_by_it(rule):
    """Message by message."""
    talks = Talks(SPOKEN[rule.__name__]())

    assert set(of(BREAKS, talks)) == {rule.__name__} | TOO.get(rule.__name__, set())


def test_the_python_harness_breaks_no_rule_of_the_protocol():
    """The example is one."""
    found = {one.rule: one for one in conformance.examine(Talks()) if one.operation == "protocol"}

    assert set(found) == {rule.__name__ for rule in wire.RULES}
    assert {one.verdict for one in found.values()} == {HOLDS}


def test_a_mode_that_is_named_and_not_there_is_caught():
    """In a list, each item may say that it is lacking."""
    lacking = {"unsupported": "no plain mode"}

    def fault(message, reply):
        plain = message.get("specials") == "plain"
        return {"seq": 0, "result": [lacking]} if plain else reply

    found = {one.rule: one for one in conformance.examine(Talks(fault))}["claims_are_kept"]

    assert found.verdict == BREAKS
    assert found.detail.startswith("hello names 'specials:plain'")


def test_ids_that_are_no_numbers_do_not_fit_the_schema():
    """The first rule to see it says where in the message."""
    with pytest.raises(Broken, match=r"the reply to encode: \$\.result\["):
        wire.replies_fit_the_schema(Subject(Talks(writes_ids_as_text)))
