"""What each format's rows mean, and why one means nothing."""

import json

import pytest

from parity import jsonl
from parity.errors import BadCorpus
from parity.importing.contents import CONVERTERS, ROLES, BadRow
from parity.types import Case, case_digest

USER, BOT = {"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}
TOOLS = [{"type": "function", "function": {"name": "f"}}]
PARTS = {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}, "b"]}
CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
TURNS = [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "yes"}]
CORPUS_LINE = {"id": f"t/a-{case_digest('text', 'x', {})}", "text": "x", "tags": ["b"]}

GOOD = {
    "openai": (
        "openai",
        {"messages": [USER, CALL], "model": "m"},
        "",
        "messages",
        [([USER, CALL], {})],
    ),
    "openai tools": (
        "openai",
        {"messages": [USER], "tools": TOOLS},
        "",
        "messages",
        [([USER], {"tools": TOOLS})],
    ),
    "openai no tools": (
        "openai",
        {"messages": [USER], "tools": None},
        "",
        "messages",
        [([USER], {})],
    ),
    "openai batch": (
        "openai",
        {"body": {"messages": [USER], "tools": TOOLS}},
        "body.messages",
        "messages",
        [([USER], {"tools": TOOLS})],
    ),
    "openai texts": ("openai", {"messages": [USER, CALL, PARTS]}, "", "text", ["hi", "a", "b"]),
    "sharegpt": ("sharegpt", {"conversations": TURNS}, "", "messages", [([USER, BOT], {})]),
    "sharegpt system": (
        "sharegpt",
        {"conversations": TURNS, "system": "s"},
        "",
        "messages",
        [([{"role": "system", "content": "s"}, USER, BOT], {})],
    ),
    "sharegpt tools": (
        "sharegpt",
        {"conversations": TURNS, "tools": json.dumps(TOOLS)},
        "",
        "messages",
        [([USER, BOT], {"tools": TOOLS})],
    ),
    "sharegpt texts": ("sharegpt", {"conversations": TURNS}, "", "text", ["hi", "yes"]),
    "jsonl field": ("jsonl", {"a": [{"b": "x"}]}, "a.0.b", "text", ["x"]),
    "jsonl messages": ("jsonl", {"a": [USER]}, "a", "messages", [([USER], {})]),
    "jsonl turns": ("jsonl", {"a": TURNS}, "a", "messages", [([USER, BOT], {})]),
    "parquet": ("parquet", "x", "", "text", ["x"]),
    "parquet bytes": ("parquet", "\u00e9".encode(), "", "text", ["\u00e9"]),
    "parquet messages": ("parquet", [{**USER, "name": None}], "", "messages", [([USER], {})]),
    "parquet null content": ("parquet", [CALL], "", "messages", [([CALL], {})]),
}


def convert(format, row, field, kind):
    """The cases of a row."""
    row = row if format == "parquet" or isinstance(row, bytes) else json.dumps(row).encode()
    return list(CONVERTERS[format](row, field, kind))


@pytest.mark.parametrize(("format", "row", "field", "kind", "wanted"), GOOD.values(), ids=GOOD)
def test_a_row_becomes_cases(format, row, field, kind, wanted):
    """Messages as they are, with their tools; or each text of theirs."""
    found = convert(format, row, field, kind)

    assert found == [
        Case("", kind, *(each if isinstance(each, tuple) else (each,))) for each in wanted
    ]


def test_a_line_of_txt_is_a_text_as_it_stands():
    """White space and a carriage return are of it; an empty line is none."""
    assert [case.payload for case in convert("txt", b" a\r", "", "text")] == [" a\r"]
    assert convert("txt", b"", "", "text") == []


def test_a_line_of_a_corpus_is_its_case():
    """With what it says of itself."""
    assert convert("jsonl", CORPUS_LINE, "", "text") == [
        Case(CORPUS_LINE["id"], "text", "x", {}, ("b",))
    ]


@pytest.mark.parametrize(("speaker", "role"), ROLES.items())
def test_every_speaker_has_a_role(speaker, role):
    """Those that ShareGPT files have."""
    (case,) = convert(
        "sharegpt", {"conversations": [{"from": speaker, "value": "x"}]}, "", "messages"
    )

    assert case.payload == [{"role": role, "content": "x"}]


BAD = {
    "no JSON": ("openai", b"{", "", "messages", "not JSON"),
    "not UTF-8": ("openai", b'{"a": "\xff"}', "", "messages", "not UTF-8 at byte 7"),
    "no object": ("openai", [1], "", "messages", "no field 'messages' in a list"),
    "no messages": (
        "openai",
        {"prompt": "x"},
        "",
        "messages",
        "no field 'messages' in an object; it has 'prompt'",
    ),
    "empty messages": ("openai", {"messages": []}, "", "messages", "it has no messages"),
    "messages of a text": (
        "openai",
        {"messages": "x"},
        "",
        "messages",
        "messages are a text, not a list",
    ),
    "a message of a text": (
        "openai",
        {"messages": [USER, "x"]},
        "",
        "messages",
        "message 2 is a text",
    ),
    "no role": (
        "openai",
        {"messages": [{"content": "x"}]},
        "",
        "messages",
        "message 1 has no 'role'",
    ),
    "tools of a number": (
        "openai",
        {"messages": [USER], "tools": 1},
        "",
        "messages",
        "'tools' is int",
    ),
    "no text": ("openai", {"messages": [CALL]}, "", "text", "no text in its messages"),
    "no value": (
        "sharegpt",
        {"conversations": [{"from": "gpt"}]},
        "",
        "messages",
        "message 1 has no 'from' and",
    ),
    "unknown speaker": (
        "sharegpt",
        {"conversations": [{"from": "me", "value": ""}]},
        "",
        "messages",
        "from 'me'; known: system, human",
    ),
    "tools that are no JSON": (
        "sharegpt",
        {"conversations": TURNS, "tools": "{"},
        "",
        "messages",
        "not JSON",
    ),
    "txt": ("txt", b"a\xff", "", "text", "not UTF-8 at byte 1"),
    "no field": ("jsonl", {"a": {"c": 1}}, "a.b", "text", "no field 'b' in an object; it has 'c'"),
    "no such place": ("jsonl", {"a": ["x"]}, "a.1", "text", "no field '1' in a list"),
    "no text there": ("jsonl", {"a": 1}, "a", "text", "'a' is int, not a text"),
    "null": ("parquet", None, "t", "text", "'t' is null, not a text"),
    "no corpus line": ("jsonl", {"text": "a"}, "", "text", "the key 'id' is wanted"),
}


@pytest.mark.parametrize(("format", "row", "field", "kind", "says"), BAD.values(), ids=BAD)
def test_a_malformed_row_says_why(format, row, field, kind, says):
    """So that whoever made the file can mend it."""
    with pytest.raises((BadRow, BadCorpus, jsonl.BadLine)) as caught:
        convert(format, row, field, kind)
    assert says in str(caught.value)
