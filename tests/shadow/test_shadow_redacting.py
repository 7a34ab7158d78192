"""What leaves of a call: whatever its content is, none of it stands in a line."""

import base64
import dataclasses
import enum
import hashlib
import json

import pytest
from helpers import rows_of
from hypothesis import given, settings
from hypothesis import strategies as st
from logged import counts, diverged, log_of

from parity.compare import Difference
from parity.shadow import redacting
from parity.shadow.log import Log
from parity.shadow.outline import form, outline, text
from parity.shadow.records import ERROR
from parity.shadow.settings import Settings
from parity.streams import Script, Step
from parity.types import Failure, Observation

SECRETS = st.text("QXZJVKWYqxzjvkwy\u00df\u017e\u4f60\u0416", min_size=6, max_size=24)
"""Texts of which no piece of four characters stands in any of our own words."""
IDS = st.lists(st.integers(10**7, 2**40), min_size=1, max_size=8)
"""Ids that no count, length or clock of a short test comes to."""


def told(log, path):
    """The lines of a log as text, with digests, runs and clocks left out."""
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    assert log.state()["failed"] == 0
    return [line for line in lines if '"what": "header"' not in line]


def without_digests(line):
    """A line without what is drawn from everything at once, or from the clock."""
    row = json.loads(line)
    for name in ("at", "up", "run"):
        row.pop(name)
    for name in ("input", "reference", "candidate"):
        row.get(name, {}).pop("digest", None)
    return json.dumps(row)


def lines_of(path, secret, ids):
    """All that a log says of calls into which a secret was put wherever one fits."""
    log = log_of(path, key=b"k")
    answers = {"ids": ids, "text": secret, "joined": {secret: secret}}
    other = {**answers, "ids": ids[::-1], secret: secret}
    failure = Failure(f"no such file: {secret}", f"message {secret}")
    message = [{"role": "user", "content": secret}, {"role": secret, "content": [secret]}]
    script = Script((tuple(ids),), ((Step(0, tuple(ids), "stop", secret),),))
    inputs = [
        ((secret,), {}), ((secret, secret), {"specials": secret, secret: secret}), ((ids,), {}),
        (([secret], [ids]), {"text": [secret]}), ((message, {secret: secret}), {}), ((script,), {}),
        ((secret.encode(), {secret}), {"options": {secret: 0.5}}),
    ]  # fmt: skip
    differences = [
        Difference("value", ("text", 0), secret, secret, (1, 1)),
        Difference("value", ("joined", secret, 0), secret, secret),
        Difference("missing", ("value", ids[0]), ids[0], None),
        Difference(secret, (secret,), secret, ids),
    ]
    for args, named in inputs:
        call = diverged().call._replace(args=args, named=named)
        for difference in differences:
            log.divergence(diverged(call=call, difference=difference, why=f"text.{secret} x",
                                    reference=Observation({**answers, "value": {ids[0]: 1}}),
                                    candidate=Observation(other)))  # fmt: skip
        log.divergence(diverged(call=call, why=f"outcome.{failure.kind}",
                                candidate=Observation(failure=failure)))  # fmt: skip
        log.lost(diverged(call=call)._replace(fate=ERROR, why=failure.kind))
    snapshot = counts(diverged=1, error=1)
    snapshot["classes"] = {f"outcome.{failure.kind}": 1, f"{secret} .x": 0}
    snapshot["reasons"] = {"error": {failure.kind: 1}}
    log.heartbeat({**snapshot, "surfaces": {"encode": snapshot}})
    log.footer(snapshot, "close", {"pending": 0})
    return told(log, path)


def forms_of(secret, ids):
    """How a secret may look in a line: itself, its pieces, encoded, and as numbers."""
    data = secret.encode("utf-8", "surrogatepass")
    pieces = {secret[at : at + 4] for at in range(len(secret) - 3)}
    spelled = {ascii(piece)[1:-1] for piece in pieces} | {
        piece.encode("unicode_escape").decode() for piece in pieces
    }

    escaped = {json.dumps(piece)[1:-1] for piece in pieces}
    coded = {data.hex(), base64.b64encode(data).decode().rstrip("=")[:-1]}
    return pieces | spelled | escaped | coded | {str(id) for id in ids} | {
        hashlib.sha256(data).hexdigest()[:16], hashlib.blake2b(data).hexdigest()[:16],
    }  # fmt: skip


def leaks(lines, secret, ids):
    """What of a secret stands in lines."""
    return [one for one in forms_of(secret, ids) for line in lines if one in line]


@given(secret=SECRETS, ids=IDS)
@settings(max_examples=25, deadline=None)
def test_no_text_and_no_ids_leave(tmp_path_factory, secret, ids):
    """Not as they are, not in pieces, not encoded: whatever they were part of."""
    path = tmp_path_factory.getbasetemp() / "secrets"

    assert leaks(lines_of(path, secret, ids), secret, ids) == []


@given(letters=st.permutations("QXZJVKWYqxzj"), more=IDS)
@settings(max_examples=10, deadline=None)
def test_lines_of_calls_of_one_shape_differ_in_digests_alone(tmp_path_factory, letters, more):
    """What is not in the shape cannot be in a line, in whatever form one thinks of."""
    path = tmp_path_factory.getbasetemp() / "shapes"
    ids = [10**7] * len(more)
    same = [max(10**7, min(id, 2**31 - 1)) for id in more]
    one = lines_of(path, "QXZJVKWYqxzj", ids)
    other = lines_of(path, "".join(letters), same)

    assert list(map(without_digests, one)) == list(map(without_digests, other))


LEAKY = {
    "tells_the_text": ("form", lambda value, **_: {"text": str(value)}),
    "tells_a_prefix": ("form", lambda value, **_: {"begins": str(value)[:4]}),
    "tells_the_ids": ("lengths", lambda value: {"ids": value.get("ids")}),
    "tells_keys_of_paths": ("known", str),
    "tells_the_message": ("word", str),
    "tells_it_in_base64": (
        "answer", lambda _, value, __: base64.b64encode(value["text"].encode()).decode()
    ),
    "tells_it_in_hex": ("answer", lambda _, value, __: value["text"].encode().hex()),
    "tells_plain_digests": (
        "answer", lambda _, value, __: hashlib.sha256(value["text"].encode()).hexdigest()
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", LEAKY)
def test_a_redactor_that_leaks_is_caught(tmp_path, monkeypatch, fault):
    """The property above is one that can fail."""
    name, wrong = LEAKY[fault]
    monkeypatch.setattr(redacting, name, wrong)
    secret, ids = "QXZJVKWYqx", [12345678, 23456789]

    assert leaks(lines_of(tmp_path / "log", secret, ids), secret, ids)


def test_full_content_is_a_choice_that_tells_all(tmp_path):
    """What the property looks for is there, once it is wanted."""
    log = log_of(tmp_path / "log", content="full")
    log.divergence(diverged("QXZJVKWYqx"))

    assert "QXZJVKWYqx" in rows_of(tmp_path / "log")[1]["content"]["args"]


def test_ids_of_requests_go_out_as_they_are(tmp_path):
    """They are the way back to the call."""
    log = log_of(tmp_path / "log")
    log.divergence(diverged())

    assert rows_of(tmp_path / "log")[1]["request"] == "r-1"


@pytest.mark.parametrize("make", [redacting.digest, lambda *args: redacting.answer(*args[:2], b"")])
def test_digests_do_not_depend_on_the_process(make):
    """They are how an input is found again, by another version and elsewhere."""
    assert make("encode", ("a\ud83d",), {"specials": "plain"}) == make(
        "encode", ["a\ud83d"], {"specials": "plain"}
    )


def test_the_digest_of_an_input_is_this_one():
    """A change of it would lose the way back from the logs that there are."""
    found = redacting.digest("encode", ("a",), {"specials": "plain"})

    assert found == hashlib.blake2b(LAYOUT, digest_size=32).hexdigest()


LAYOUT = (
    b"L" + (3).to_bytes(8, "little")
    + b"T" + (6).to_bytes(8, "little") + b"encode"
    + b"L" + (1).to_bytes(8, "little") + b"T" + (1).to_bytes(8, "little") + b"a"
    + b"M" + (1).to_bytes(8, "little")
    + b"T" + (8).to_bytes(8, "little") + b"specials" + b"T" + (5).to_bytes(8, "little") + b"plain"
)  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", b"a"), (["a"], "a"), ([1], ["1"]), (0.5, 0.25), (0.0, -0.0), ({"a": 1}, {"a": 2}),
     ({1: "a"}, {"1": "a"}), ("\ud83d\ude00"[0:1] + "\ude00", "\U0001f600"), (None, "")],
)  # fmt: skip
def test_inputs_that_differ_have_digests_that_differ(one, other):
    """Also where they look alike."""
    assert redacting.digest("x", (one,), {}) != redacting.digest("x", (other,), {})


class Colour(enum.Enum):
    """Of no matter."""

    RED = "red"


class Number(enum.IntEnum):
    """An integer, too."""

    ONE = 1


class Text(str):
    """A text that says something else of itself."""

    __slots__ = ()

    def __str__(self):
        return "other"


@dataclasses.dataclass
class Wish:
    """An input as a library may have it."""

    ids: tuple
    heat: float


@pytest.mark.parametrize(
    ("value", "plain"),
    [(Colour.RED, "red"), (Number.ONE, 1), (Text("a"), "a"), (Wish((1,), 0.5),
     {"ids": [1], "heat": {"float": "0.5"}}), ({2, 1}, [1, 2]), (Step(0, (1,)), [0, [1], "", ""]),
     ({(1, 2): 3}, {"[1, 2]": 3}), (range(2), [0, 1])],
)  # fmt: skip
def test_what_libraries_pass_becomes_plain(value, plain):
    """And has a digest, which is that of the plain form."""
    assert redacting.plain(value) == plain
    assert redacting.digest("x", (value,), {}) == redacting.digest("x", (plain,), {})


@pytest.mark.parametrize(
    "value",
    ["a\ud83d", "\ud83d" + "\ude00", b"\xff", 0.5, float("inf"), -0.0, [1, None, True],
     {"hex": "00"}, {1: [0.25]}, {"messages": [{"role": "user", "heat": 1e-9}]}],
)  # fmt: skip
def test_what_is_written_is_restored_as_it_was(value):
    """Through JSON, with the same digest."""
    found = redacting.restored(json.loads(json.dumps(redacting.written(value))))

    assert repr(found) == repr(value)
    assert redacting.digest("x", [found], {}) == redacting.digest("x", [value], {})


def test_what_is_no_data_has_no_digest():
    """It says so, and the log counts it."""
    with pytest.raises(TypeError):
        redacting.digest("encode", (object(),), {})


def test_a_key_makes_digests_that_cannot_be_tried():
    """Of inputs and of answers."""
    assert redacting.digest("e", ("a",), {}, b"k") != redacting.digest("e", ("a",), {})
    assert redacting.answer("e", "a", b"k") != redacting.answer("e", "a")
    assert redacting.answer("e", "a") != redacting.digest("e", ("a",), {})


@pytest.mark.parametrize(
    ("value", "runs"),
    [("", ""), ("abc def", "L3/latin Z1 L3/latin"), ("\u043f\u0440a", "L2/cyrillic L1/latin"),
     ("a\u0301", "L1/latin M1"), ("\ud83d", "C1"), ("1+1=2", "N1 S1 N1 S1 N1"),
     ("a " * 20, " ".join(["L1/latin Z1"] * 12) + " ..."), ("\U00010330", "L1/other")],
)  # fmt: skip
def test_an_outline_is_its_runs(value, runs):
    """So many of a class, of letters by script, and no more than are worth it."""
    assert outline(value) == runs


def test_a_text_says_what_often_goes_wrong():
    """Each sign is counted, and what is not there is not said."""
    found = text("<|x|>\r\0\ufffd\ud83da\u0301\U0001f600")

    signs = ("marks", "cr", "nul", "replacement", "surrogates", "combining", "emoji")
    assert {name: found[name] for name in signs} == dict.fromkeys(signs, 1)
    assert set(text("a")) == {"characters", "bytes", "outline"}


@pytest.mark.parametrize(
    ("value", "shape"),
    [([1, -1], {"ids": 2, "negative": True, "large": False}),
     ([2**31], {"ids": 1, "negative": False, "large": True}),
     ([], {"items": 0, "forms": []}), (b"ab", {"bytes": 2}), (None, {"is": "none"}),
     (True, {"flag": True}), (7, {"is": "other"}), ({"a": 1}, {"mapping": 1}),
     ([{"role": "user", "content": "abc"}, {"role": "me", "content": None}],
      {"messages": 2, "roles": ["user", "?"], "contents": [3, None]}),
     (Script(((1, 2),), ((Step(0, (1,)), Step(0, ())),)),
      {"requests": 1, "prompts": [2], "batches": 1, "steps": 2, "ids": [1, 0]})],
)  # fmt: skip
def test_a_value_is_told_by_numbers(value, shape):
    """Nothing in it is the value."""
    assert form(value) == shape


def test_a_list_within_itself_has_a_form():
    """How deep it goes is bounded."""
    value: list = []
    value.append(value)

    assert form(value)["items"] == 1


def test_a_word_for_special_tokens_is_shown_where_it_is_an_option():
    """A text that is that word is not."""
    shape = redacting.shape("encode", ("plain", "plain"), {"specials": "parse", "x": "plain"})

    assert shape["args"][0]["outline"] == "L5/latin"
    assert shape["args"][1] == {"word": "plain"}
    assert shape["named"]["specials"] == {"word": "parse"}
    assert shape["named"]["?1"]["characters"] == 5


def test_the_key_is_never_told():
    """Not in the header, in no form."""
    header = Log(Settings(report="x", key=b"QXZJVKWY"), {})._header().decode()

    assert leaks([header], "QXZJVKWY", []) == []
