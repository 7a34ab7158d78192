"""The schema of every message, and the page that shows one of each."""

import copy
import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from parity.remote import schema

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")


def examples():
    """Every request of the page and every reply with the op that it answers."""
    op = ""
    for mark, text in re.findall(r"^([<>]) (\{.*\})$", PAGE, re.MULTILINE):
        message = json.loads(text)
        op = message["op"] if mark == ">" else op
        yield op, "request" if mark == ">" else "reply", message


EXAMPLES = list(examples())
WRONG = {
    str: [0, None, ["x"]],
    bool: [0, "true", None],
    int: ["0", 0.5, None],
    list: [{}, "x", 0],
    dict: [[], "x", 0],
    type(None): [0, "x", []],
}
"""For each type of JSON, values that are of another."""
FREE = {"messages", "options"}
"""What the protocol hands over as it is."""
NULLABLE = {"single_word", "lstrip", "rstrip", "normalized", "declared"}


def is_wrong(op, kind, message):
    """Whether the schema refuses a message."""
    return schema.problem(getattr(schema, kind)(op), message) != ""


def test_the_document_is_a_schema():
    """And nothing in it names a definition that is not there."""
    document = schema.request("hello")
    named = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(document)))

    Draft202012Validator.check_schema(document)
    assert named <= set(document["$defs"])


@pytest.mark.parametrize(("op", "kind", "message"), EXAMPLES)
def test_every_line_of_the_page_fits_its_schema(op, kind, message):
    """Who copies a line writes a right one."""
    assert schema.problem(getattr(schema, kind)(op), message) == ""


def test_the_page_has_a_request_and_a_result_of_every_op():
    """No op is told of without its messages."""
    requests = {op for op, kind, _ in EXAMPLES if kind == "request"}
    results = {op for op, kind, message in EXAMPLES if kind == "reply" and "result" in message}

    assert requests == results == set(schema.ops())


@pytest.mark.parametrize(("op", "kind", "message"), EXAMPLES)
def test_a_message_that_lacks_a_field_does_not_fit(op, kind, message):
    """All fields of a request are always there, and so are those of a reply."""
    optional = {"native", "packages", "facts", "artefacts"} if op == "hello" else {"facts"}
    kept = [
        path
        for path in fields(message)
        if path[-1] not in optional and not is_wrong(op, kind, without(message, path))
    ]

    assert kept == []


@pytest.mark.parametrize(("op", "kind", "message"), EXAMPLES)
def test_a_message_with_a_field_more_does_not_fit(op, kind, message):
    """A misspelt field is not passed over in silence."""
    places = [(), *(path for path in fields(message) if isinstance(at(message, path), dict))]
    places = [path for path in places if not is_map(path) and path[-1:] != ("options",)]
    kept = [
        path
        for path in places
        if not is_wrong(op, kind, changed(message, path, {**at(message, path), "more": []}))
    ]

    assert kept == []


@pytest.mark.parametrize(("op", "kind", "message"), EXAMPLES)
def test_a_message_with_a_value_of_another_type_does_not_fit(op, kind, message):
    """One mutation a field: the first that is let through is shown."""
    kept = [
        (path, value)
        for path in fields(message)
        for value in WRONG[type(at(message, path))]
        if not (value is None and path[-1] in {*NULLABLE, "result", "matched"})
        and not (op == "stop" and path[-1] == "matched" and value == 0)
        and not (kind == "reply" and op.startswith("stream_") and value == "x")
        and not is_wrong(op, kind, changed(message, path, value))
    ]

    assert kept == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ud83d", id="half a pair in a string"),
        pytest.param({"bytes": "/w="}, id="base64 without its end"),
        pytest.param({"bytes": "/w==\n"}, id="base64 in lines"),
        pytest.param({"utf8": "/w=="}, id="another encoding"),
        pytest.param({"bytes": "", "wtf8": ""}, id="both"),
        pytest.param(None, id="nothing"),
    ],
)
def test_what_is_no_text_does_not_fit(text):
    """A text has three forms and no other."""
    reply = {"seq": 0, "result": [text]}

    assert is_wrong("decode", "reply", reply)
    assert not is_wrong("decode", "reply", {"seq": 0, "result": ["a", {"wtf8": "7aC9"}]})


@pytest.mark.parametrize(
    ("op", "result"),
    [
        pytest.param("encode", [[-1]], id="a negative id"),
        pytest.param("encode", [[1.5]], id="half an id"),
        pytest.param("encode", [[True]], id="an id that is true"),
        pytest.param("encode", [{"ids": [1]}], id="ids in an object without offsets"),
        pytest.param("encode", [{"ids": [1], "offsets": [[0]]}], id="half a range"),
        pytest.param("encode", [{"ids": [1], "offsets": [[0, -1]]}], id="a negative range"),
        pytest.param("vocabulary", {"tokens": {"01": "a"}, "added": [], "declared": None}, id="01"),
        pytest.param("load", {"artefacts": {"a": "3F"}}, id="no digest"),
        pytest.param("bye", "goodbye", id="a result of what has none"),
    ],
)
def test_a_result_that_is_none_does_not_fit(op, result):
    """Types alone are not all that is said of a value."""
    assert is_wrong(op, "reply", {"seq": 0, "result": result})


@pytest.mark.parametrize(
    "reply",
    [
        {"seq": 0},
        {"result": []},
        {"seq": 0, "result": [], "error": {"kind": "E", "message": ""}},
        {"seq": 0, "error": {"kind": "", "message": ""}},
        {"seq": 0, "error": "E"},
        {"seq": 0, "unsupported": True},
        [],
    ],
)
def test_a_reply_is_one_of_three(reply):
    """Neither none of them nor two."""
    assert is_wrong("decode", "reply", reply)


def test_an_op_that_is_none_has_no_schema():
    """The error names those that are."""
    with pytest.raises(KeyError, match=r"no message .sing\.request. in the protocol; ops: hello"):
        schema.request("sing")


def fields(value, path=()):
    """The paths of all fields of a message, but for what is handed over as it is."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [] if is_map(path) else [(*path, key)]
            if key not in FREE:
                yield from fields(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from fields(inner, (*path, place))


def is_map(path):
    """Whether the keys there are names of the harness's own."""
    return path[-1:] and path[-1] in {"packages", "facts", "artefacts", "tokens", "declared"}


def at(message, path):
    """The value at a path."""
    for key in path:
        message = message[key]
    return message


def changed(message, path, value):
    """A copy with another value at a path."""
    if not path:
        return value
    made = copy.deepcopy(message)
    at(made, path[:-1])[path[-1]] = value
    return made


def without(message, path):
    """A copy without the field at a path."""
    made = copy.deepcopy(message)
    del at(made, path[:-1])[path[-1]]
    return made
