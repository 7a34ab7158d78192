"""What a harness says is translated as the protocol means it, and nothing that is no such thing."""

import json
import shlex
import sys

import pytest

from parity import backends
from parity.backends import load
from parity.errors import (
    BadSpec,
    LoadFailed,
    NothingSelected,
    NotWhatWasAsked,
    SelfComparison,
    Unsupported,
)
from parity.fingerprint import refuse_equal, take
from parity.jobs import jobs_for
from parity.remote.replies import UNITS, in_code_points
from parity.remote.wire import BadReply
from parity.run import live
from parity.seeing import observe
from parity.stream_cases import StopScript
from parity.streams import Script, Step, StopRun, Stops
from parity.types import AddedToken, Case, Encoding, Trained

SCRIPTED = """
import hashlib, json, sys
replies = json.load(open(sys.argv[1]))
for line in sys.stdin:
    asked = json.loads(line)
    with open(sys.argv[1] + ".log", "a") as log:
        log.write(line)
    found = replies[asked["op"]]
    print(json.dumps({"seq": asked["seq"], **found}), flush=True)
    if asked["op"] == "bye":
        break
"""
"""A harness that answers each op with one thing, and writes down what it is asked."""
HELLO = {
    "protocol": 1, "name": "scripted", "version": "7", "language": "Python", "offsets": "bytes",
    "capabilities": [
        "encode", "encode_batch", "decode", "decode_batch", "stream_open", "stop", "render",
        "train", "vocabulary", "load", "specials:parse", "skip_special:true", "text:bytes",
    ],
}  # fmt: skip


class Scripted:
    """A folder with a harness, and what it answers."""

    def __init__(self, folder):
        self.folder = folder
        self.program, self.replies = folder / "harness.py", folder / "replies.json"
        self.program.write_text(SCRIPTED)

    def spec(self, hello=HELLO, options="", **results):
        replies = {"hello": hello if "raw" in hello else {"result": hello}}
        replies |= {
            op: found if isinstance(found, dict) and "raw" in found else {"result": found}
            for op, found in results.items()
        }
        replies = {op: found.get("raw", found) for op, found in replies.items()}
        self.replies.write_text(json.dumps(replies))
        words = [sys.executable, str(self.program), str(self.replies)]
        return f"command:{shlex.join(words)}{options}"

    def asked(self):
        lines = (self.folder / "replies.json.log").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def scripted(tmp_path):
    return Scripted(tmp_path)


@pytest.fixture
def loaded(scripted):
    opened = []

    def opener(**results):
        opened.append(load(scripted.spec(**results)))
        return opened[-1]

    yield opener
    for backend in opened:
        backend.talker.close()


@pytest.mark.parametrize(
    ("unit", "spans", "points"),
    [
        ("bytes", [(0, 2), (2, 6), (6, 7)], [(0, 1), (1, 2), (2, 3)]),
        ("bytes", [(2, 3), (3, 6), (7, 7)], [(1, 2), (1, 2), (3, 3)]),
        ("utf-16", [(0, 1), (1, 3), (3, 4)], [(0, 1), (1, 2), (2, 3)]),
        ("utf-16", [(1, 2), (2, 3)], [(1, 2), (1, 2)]),
    ],
)
def test_offsets_become_code_points(unit, spans, points):
    r"""Of é (2 bytes, 1 unit), \U0001f424 (4 bytes, 2 units) and a."""
    assert in_code_points("\u00e9\U0001f424a", spans, UNITS[unit]) == points


@pytest.mark.parametrize("span", [(0, 9), (-1, 1)])
def test_an_offset_outside_the_text_is_no_offset(span):
    with pytest.raises(BadReply, match="the text has 1 units"):
        in_code_points("a", [span], UNITS["bytes"])


def test_encodings_come_with_their_ranges(loaded):
    backend = loaded(encode=[{"ids": [1, 2], "offsets": [[0, 2], [2, 3]]}])

    assert backend.encode("\u00e9a") == Encoding([1, 2], [(0, 1), (1, 2)])


def test_decoded_bytes_are_bytes_and_halves_of_pairs_stay(loaded):
    backend = loaded(decode_batch=[{"bytes": "/w=="}, {"wtf8": "7aC9"}, "a"])

    assert backend.decode_batch([[1], [2], [3]]) == [b"\xff", "\ud83d", "a"]


def test_an_item_that_failed_fails_alone(loaded):
    found = [[1], {"error": {"kind": "KeyError", "message": "x"}}, {"unsupported": "no such"}]
    backend = loaded(encode=found)
    (job,) = jobs_for(["ids"], ["candidate"])
    cases = [Case(f"t/{place}", "text", "a") for place in range(3)]
    seen = live(backend)("ids", job.candidate[1], cases)

    kinds = [one.failure and one.failure.kind for one in seen]
    assert kinds == [None, "KeyError", "Unsupported"]


def test_a_vocabulary_has_its_added_tokens(loaded):
    added = {"id": 1, "content": "<s>", "special": True, "lstrip": False}
    backend = loaded(vocabulary={"tokens": {"0": "a"}, "added": [added], "declared": {"<s>": 1}})
    found = backend.vocabulary()

    assert found.tokens == {0: "a"}
    assert found.added == {1: AddedToken("<s>", special=True, lstrip=False)}
    assert found.declared == {"<s>": 1}


def test_what_a_trainer_learnt_is_bytes(loaded):
    merges = [["a", {"bytes": "/w=="}]]
    backend = loaded(train={"merges": merges, "tokens": ["\u00e9"], "ids": [[5]]})

    assert backend.train(["x"], 257, ["y"]) == Trained([(b"a", b"\xff")], [b"\xc3\xa9"], [[5]])


def test_a_stop_decoder_gets_ids_and_their_text(scripted, loaded):
    """The text is what the harness itself decodes, so that it may use either."""
    backend = loaded(
        stop={"texts": ["a"], "tail": "", "final": "a", "matched": "b", "reason": "string"},
        decode=["ab"], vocabulary={"tokens": {"5": "ab"}, "added": []},
    )  # fmt: skip
    found = backend.stop(StopScript(((5,),), Stops(("b",), (7,), visible=True, min_tokens=1)))

    assert found == StopRun(["a"], "", "a", "b", "string")
    (asked,) = [one for one in scripted.asked() if one["op"] == "stop"]
    assert asked["steps"] == [{"ids": [5], "text": "ab", "finish": "length", "shown": "ab"}]
    assert [asked[name] for name in ("strings", "ids", "visible", "min_tokens")] == [
        ["b"], [7], True, 1,
    ]  # fmt: skip


def test_streams_are_opened_stepped_flushed_and_closed(scripted, loaded):
    backend = loaded(stream_open=None, stream_step="x", stream_flush=None, stream_close=None)
    hello = {**HELLO, "capabilities": [*HELLO["capabilities"], "stream_step", "stream_flush",
                                       "stream_close"]}  # fmt: skip
    backend.hello = hello
    script = Script(((9,),), ((Step(0, (1, 2)),), (Step(0, (3,), "length"),)))
    found = backend.stream(script)

    assert [(row.chunk, row.at) for row in found.emitted] == [
        ("x", "step"), ("x", "step"), (None, "end"),
    ]  # fmt: skip
    ops = [asked["op"] for asked in scripted.asked()][2:]
    assert ops == ["stream_open", "stream_step", "stream_step", "stream_flush", "stream_close"]


@pytest.mark.parametrize(
    "call",
    [("encode", "a", "plain"), ("decode", [1], False), ("stream", None), ("prompts", ["a"])],
)
def test_what_it_does_not_claim_is_not_asked(scripted, loaded, call):
    backend = loaded()
    backend.hello = {**backend.hello, "capabilities": ["encode", "decode"]}
    name, *args = call

    with pytest.raises(Unsupported):
        getattr(backend, name)(*args)
    assert {asked["op"] for asked in scripted.asked()} == {"hello"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"protocol": 2}, "it speaks version 2 of the protocol, this is 1"),
        ({"name": None}, "its hello has no 'name', a str"),
        ({"capabilities": "encode"}, "its hello has no 'capabilities', a list"),
        ({"offsets": "characters"}, "known: code points, bytes, utf-16, none"),
    ],
)
def test_a_hello_that_is_none_is_told(scripted, change, told):
    with pytest.raises(LoadFailed, match=told):
        load(scripted.spec({**HELLO, **change}))


def test_a_harness_that_loaded_other_bytes_is_refused(scripted, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "tokenizer.json").write_text("{}")
    options = f",model={tmp_path / 'model'}"

    with pytest.raises(NotWhatWasAsked, match=r"says that it loaded tokenizer\.json with"):
        load(scripted.spec(options=options, load={"artefacts": {"tokenizer.json": "0" * 64}}))


def test_what_it_says_at_its_end_must_be_what_it_said_at_its_start(scripted, loaded):
    """A harness that was exchanged, or that lies about its version, is known by it."""
    backend = loaded()
    first = take("x", backend)
    assert first.packages == {"scripted": "7"}

    scripted.spec({**HELLO, "version": "8"})
    backend.talker.close()
    with pytest.raises(NotWhatWasAsked, match="is another"):
        backend.encode("a")


def test_its_identity_is_its_program_and_the_files_among_its_arguments(loaded):
    mark = take("x", loaded())

    assert mark.file.startswith("python")
    assert set(mark.artefacts) == {"harness.py", "replies.json"}
    assert mark.facts == {"how.arguments": "harness.py replies.json"}
    assert mark.native == "Python scripted"


@pytest.mark.parametrize(
    "line",
    [
        "{python} -u {harness} {replies}",
        "{python} {harness} {replies} --whatever",
        "env {python} {harness} {replies}",
        "sh -c 'exec {python} {harness} {replies}'",
        "{python} {copy} {replies}",
    ],
)
def test_one_program_by_another_command_line_is_one_program(scripted, tmp_path, line):
    """A flag, a wrapper that becomes it, a copy: what runs is the same, and it says the same."""
    spec, copied = scripted.spec(), tmp_path / "copy.py"
    copied.write_text(SCRIPTED)
    files = {"harness": scripted.program, "replies": scripted.replies, "copy": copied}
    other = line.format(python=sys.executable, **files)
    sides = [load(spec), load(f"command:{other}")]
    marks = [take(f"side {place}", side) for place, side in enumerate(sides)]
    for side in sides:
        side.talker.close()

    with pytest.raises(SelfComparison):
        refuse_equal(*marks)


@pytest.mark.parametrize("found", [[True], {"ids": [1], "offsets": [[False, True]]}, {"ids": [1],
                                   "offsets": 7}, {}, {"ids": ["1"]}, [1.5], 3])  # fmt: skip
def test_what_is_no_encoding_is_a_broken_contract(loaded, found):
    """It must not pass for an error of the library's own, which another side may have too."""
    seen = observe(loaded(encode=[found]).encode, "a")

    assert (seen.failure.kind, seen.failure.fault) == ("BadReply", True)


@pytest.mark.parametrize(
    "error", [{"kind": "a\0b"}, {"kind": ""}, {"kind": "x" * 999}, {"kind": 7}, {}]
)
def test_the_kind_of_an_error_is_a_name(loaded, error):
    seen = observe(loaded(encode={"raw": {"error": error}}).encode, "a")

    assert seen.failure.kind == "BadReply"


def test_an_error_of_ours_is_ours_to_raise(scripted):
    """A harness that names one stops its pair, and not the run."""
    error = {"kind": "NothingSelected", "message": "x", "ours": True}
    with pytest.raises(Exception, match="x") as caught:
        load(scripted.spec({"raw": {"error": error}}))

    assert not isinstance(caught.value, NothingSelected)


@pytest.mark.parametrize(
    "reply",
    [{"result": [[1]], "error": {"kind": "E"}}, {"seq": 7.0, "result": [[1]]}, {"nothing": 1}],
)
def test_a_reply_is_one_thing_with_its_number(loaded, reply):
    seen = observe(loaded(encode={"raw": reply}).encode, "a")

    assert (seen.failure.kind, seen.failure.fault) == ("Garbage", True)


@pytest.mark.parametrize("name", ["packages", "facts", "artefacts"])
@pytest.mark.parametrize("found", [{"a": 1}, ["a"], {"a": {"b": "c"}}, "x"])
def test_what_a_fingerprint_is_made_of_is_texts(scripted, name, found):
    with pytest.raises(LoadFailed, match=f"its '{name}' is an object of texts"):
        load(scripted.spec({**HELLO, name: found}))


def test_an_option_that_nothing_is_loaded_with_is_told(scripted):
    with pytest.raises(BadSpec, match="timout: options are for what model=PATH loads"):
        load(scripted.spec(options=",timout=1"))


def test_a_program_that_is_not_there_stops_its_pair_alone():
    with pytest.raises(LoadFailed, match=r"there is no program '\./no-such'"):
        load("command:./no-such --flag")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("command:", "wants a command line"),
        ("command:'", "No closing quotation"),
        (f"command:{sys.executable},timeout=x", "timeout is a number of seconds"),
        (f"command:{sys.executable},model=no/such", "does not exist"),
    ],
)
def test_a_wrong_command_line_is_told(spec, told):
    with pytest.raises(BadSpec, match=told):
        backends.load(spec)
