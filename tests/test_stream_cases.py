"""Stream and stop cases: a line that is accepted comes to a script, and no other is accepted."""

import json

import pytest

from parity import corpus
from parity.errors import BadCorpus
from parity.pieces import Table
from parity.stream_cases import script, stop_script, wrong_stop, wrong_stream
from parity.streams import Script, Step, Stops
from parity.types import case_digest

LETTERS = {bytes([code]): code for code in range(0x61, 0x7B)}
TABLE = Table(LETTERS, {}, (1, 2), 3, lambda text: [ord(one) for one in text])
A = {"pieces": ["a", "b"]}


def line(kind, payload, **more):
    """A corpus line."""
    id = f"t/x-{case_digest(kind, payload, more.get('options', {}))}"
    return json.dumps({"id": id, kind: payload, **more}).encode()


WRONG_STREAMS = [
    (None, "object"),
    ([], "object"),
    ({}, "requests"),
    ({"requests": []}, "requests"),
    ({"requests": A}, "requests"),
    ({"requests": [A], "more": 1}, "object"),
    ({"requests": [A, {"pieces": []}]}, "request 1: a list"),
    ({"requests": [None]}, "request 0: an object"),
    ({"requests": [{**A, "stop": 1}]}, "request 0: an object"),
    ({"requests": [{**A, "prompt": []}]}, "request 0: a list"),
    ({"requests": [{**A, "finish": ""}]}, "a finish is"),
    ({"requests": [{**A, "finish": "string"}]}, "belong together"),
    ({"requests": [{**A, "finish": "string", "matched": ""}]}, "belong together"),
    ({"requests": [{**A, "matched": "b"}]}, "belong together"),
    ({"requests": [{**A, "finish": "string", "matched": 1}]}, "is a string"),
    ({"requests": [A], "batches": [0, 0]}, "list of lists"),
    ({"requests": [A], "batches": {}}, "list of lists"),
    ({"requests": [A], "batches": [[0], [1]]}, "not there"),
    ({"requests": [A], "batches": [[0], [-1]]}, "not there"),
    ({"requests": [A], "batches": [[False], [False]]}, "not there"),
    ({"requests": [A], "batches": [[0]]}, "once for each"),
    ({"requests": [A, A], "batches": [[0, 0], [1]]}, "request 1 once"),
]


@pytest.mark.parametrize(("payload", "why"), WRONG_STREAMS)
def test_a_wrong_stream_is_said(payload, why):
    """What is wrong, and of which request; a corpus refuses its line."""
    assert why in wrong_stream(payload)
    with pytest.raises(BadCorpus, match="'stream'"):
        corpus.parse(line("stream", payload))


WRONG_STOPS = [
    (None, "object"),
    ({**A, "stops": ["a"], "more": 1}, "object"),
    (A, "neither"),
    ({**A, "stops": []}, "neither"),
    ({**A, "stops": "a"}, "list of strings"),
    ({**A, "stops": ["a", ""]}, "list of strings"),
    ({**A, "stops": ["a", 1]}, "list of strings"),
    ({**A, "stops": ["a"], "visible": 1}, "true or false"),
    ({**A, "stops": ["a"], "min_tokens": True}, "number from 0"),
    ({**A, "stops": ["a"], "min_tokens": -1}, "number from 0"),
    ({**A, "stops": ["a"], "finish": "no"}, "a finish is"),
    ({"stops": ["a"]}, "list of at least one step"),
    ({**A, "stop_tokens": [{"id": "x"}]}, "no piece"),
    ({**A, "stop_tokens": "ab"}, "list of at least one step"),
    ({**A, "stops": ["a"], "stop_tokens": None}, "list"),
    ({**A, "stops": ["a"], "stop_tokens": 0}, "list"),
]


@pytest.mark.parametrize(("payload", "why"), WRONG_STOPS)
def test_a_wrong_stop_case_is_said(payload, why):
    """A line that would come to no script is refused when it is read, not when it runs."""
    assert why in wrong_stop(payload)
    with pytest.raises(BadCorpus, match="'stop'"):
        corpus.parse(line("stop", payload))


STREAMS = {
    "every request in each call, as long as it has steps": (
        {"requests": [{"pieces": ["a", "b", "c"]}, {"pieces": ["d"], "finish": "eos"}]},
        [
            [Step(0, (97,)), Step(1, (100,), "eos")],
            [Step(0, (98,))],
            [Step(0, (99,), "length")],
        ],
    ),
    "calls as they are written": (
        {"requests": [A, {"pieces": ["c"]}], "batches": [[], [0, 1, 0]]},
        [[], [Step(0, (97,)), Step(1, (99,), "length"), Step(0, (98,), "length")]],
    ),
    "several pieces a step, and none": (
        {"requests": [{"pieces": [["a", {"eos": True}], [], {"special": 1}], "finish": "stop"}]},
        [[Step(0, (97, 3))], [Step(0, ())], [Step(0, (2,), "stop")]],
    ),
    "the matched string is with the last step": (
        {"requests": [{**A, "finish": "string", "matched": "b"}]},
        [[Step(0, (97,))], [Step(0, (98,), "string", "b")]],
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_case_comes_to_a_script(name):
    """The last step of each request finishes it."""
    payload, batches = STREAMS[name]

    assert wrong_stream(payload) == ""
    assert corpus.parse(line("stream", payload)).payload == payload
    assert script(payload, TABLE).batches == tuple(map(tuple, batches))


def test_prompts_are_ids_by_request():
    """One after the other; a request without one has an empty one."""
    payload = {"requests": [A, {**A, "prompt": ["ab", ["c", {"id": 7}]]}]}

    assert script(payload, TABLE).prompts == ((), (97, 98, 99, 7))


def test_a_stop_case_comes_to_a_script():
    """All that it says is there; stop tokens are pieces too."""
    payload = {
        "pieces": ["a", ["b", "c"]],
        "stops": ["bc", "c"],
        "stop_tokens": [{"special": 0}, "z"],
        "visible": True,
        "min_tokens": 2,
        "finish": "eos",
    }
    found = stop_script(payload, TABLE)

    assert wrong_stop(payload) == ""
    assert found == (((97,), (98, 99)), Stops(("bc", "c"), (1, 122), True, 2), "eos")


@pytest.mark.parametrize("payload", [{**A, "stops": ["a"]}, {**A, "stop_tokens": ["a"]}])
def test_a_stop_string_or_a_stop_token_is_enough(payload):
    """Neither needs the other; what is not said is as in most requests."""
    found = stop_script(corpus.parse(line("stop", payload)).payload, TABLE)

    assert (found.stops.visible, found.stops.min_tokens, found.finish) == (False, 0, "length")


def test_two_steps_of_a_request_may_be_in_one_call():
    """The second of them finishes it."""
    assert script({"requests": [A], "batches": [[0, 0]]}, TABLE) == Script(
        ((),), ((Step(0, (97,)), Step(0, (98,), "length")),)
    )
