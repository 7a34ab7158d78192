"""Payloads: each kind's own, and what is none is told."""

import json

import pytest

from parity.jsonl import unplain
from parity.payloads import KINDS, wrong
from parity.runfile import as_case
from parity.stream_cases import StopScript
from parity.streams import Script, Step, Stops
from parity.types import Case

GOOD = {
    "text": "a\ud800",
    "bytes": b"a\xff",
    "ids": (1, 2),
    "messages": [{"role": "user", "content": "x"}],
    "template": {"source": "{{ x }}", "variables": {"x": 1e21}},
    "script": Script(((1,),), ((Step(0, (4, 5)), Step(0, (7,), "eos")),), False),
    "stop_script": StopScript(((1, 2), (3,)), Stops(("x",), (7,), True, 1), "eos"),
    "vocabulary": "tokens",
    "stream": {"requests": [{"pieces": ["ab"]}]},
    "stop": {"pieces": ["ab"], "stops": ["a"]},
    "train": {"texts": ["ab"], "size": 257, "held_out": ["a"]},
}
BAD = {
    "text": 5,
    "bytes": "6162",
    "ids": [1, True],
    "messages": [5],
    "template": {"source": "{{ x }}"},
    "script": [[[1]], [[[1, [4], "", ""]]], False],
    "stop_script": [[[1]], [[], [], True, 1], "odd"],
    "vocabulary": [],
    "stream": {},
    "stop": {},
    "train": {"texts": ["ab"]},
    "odd": "a",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_taken_as_a_run_file_writes_it(kind):
    """Through JSON."""
    row = json.loads(json.dumps(as_case(Case("t/x-0", kind, GOOD[kind]))))

    assert wrong(kind, unplain(row["payload"])) == ""


@pytest.mark.parametrize(("kind", "payload"), BAD.items(), ids=BAD)
def test_what_is_no_payload_of_its_kind_is_told(kind, payload):
    """Also a kind that nobody knows, and a step of a request that is not there."""
    assert wrong(kind, payload)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"text", "vocabulary"}))
def test_a_text_is_a_payload_of_no_other_kind(kind):
    """A word stands for a vocabulary's own."""
    assert wrong(kind, "a")
