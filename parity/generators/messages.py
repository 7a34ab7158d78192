"""Chat messages and tools: what templates write as JSON, and roles in an order nobody expects.

Content is a text, null or a list of parts; arguments are a mapping or the JSON of one; numbers are
of every kind that JSON has; keys are unsorted and need escaping; texts come from the generators of
texts, special tokens of the tokenizer at hand among them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from parity.generators import borders, script_words, special_tokens, whitespace
from parity.generators.known import Known
from parity.grammar import Changed, Choose, Fields, Grammar, Join, Many, OneOf, Pick

PLAIN: Final = (
    "Hi", "", "a", "Bye.", "  Hi\n", "<b>&'\"</b>", "é 世 😀", "a\nb\n", "{{ x }}", "{}",
)  # fmt: skip
SCALARS: Final = (
    None, True, False, 0, 1, -1, 1.0, 0.1, -0.0, 1e-07, 1e21, 123456789012345680000, 2**53 + 1, "",
    "a",
)  # fmt: skip
KEYS: Final = (
    "a", "city", "zeta", "alpha", "Z", "", "a b", "é", "查询", "<k>", 'a"b', "10", "9", "items",
)  # fmt: skip
TYPES: Final = ("string", "object", "array", "integer", "number", "boolean", "null")
NAMES: Final = ("f", "get_weather", "搜索", "a.b", "")
DEPTH: Final = 3
"""How deep JSON goes, at most."""


def grammar(known: Known) -> Grammar:
    """Return conversations of one to six messages, in the usual order or in any."""
    text = _texts(known)
    user, answer, system, tool = _user(text), _assistant(text), _system(text), _tool(text)
    turns = Many(OneOf((user, answer, system, tool), (4, 4, 1, 2)), 1, 6)
    turn = Fields({"a": answer, "u": user}, maybe=("u",))
    usual = Changed(
        Fields(
            {"system": system, "user": user, "turns": Many(turn, 0, 2)},
            maybe=("system",),
        ),
        _in_order,
    )
    return OneOf((usual, turns))


def options(known: Known) -> Grammar:
    """Return options of rendering: whether a turn is opened, and tools."""
    opened = Choose((True, False))
    return Fields({"add_generation_prompt": opened, "tools": tools(known)}, maybe=("tools",))


def tools(known: Known) -> Grammar:
    """Return one to three tools with schemas of JSON, most in their wrapper."""
    described: dict[str, Grammar] = {
        "name": Choose(NAMES),
        "description": _texts(known),
        "parameters": _schema(DEPTH),
    }
    function = Fields(described, maybe=("description", "parameters"))
    wrapped = Fields({"type": Choose(("function",)), "function": function})
    return Many(OneOf((wrapped, function), (4, 1)), 1, 3)


def values(depth: int = DEPTH) -> Grammar:
    """Return any value of JSON that is so deep at most."""
    scalar = OneOf((Choose(SCALARS), Pick(PLAIN)))
    if not depth:
        return scalar
    inner = values(depth - 1)
    return OneOf((scalar, Many(inner, 0, 3), _mapping(Choose(KEYS), inner, 3)), (3, 1, 2))


def _texts(known: Known) -> Grammar:
    kinds = (borders.grammar(), whitespace.grammar(), script_words.grammar())
    return OneOf((Pick(PLAIN), *kinds, special_tokens.grammar(known)), (4, 1, 1, 1, 2))


def _user(text: Grammar) -> Grammar:
    return Fields({"role": Choose(("user",)), "content": _content(text)})


def _system(text: Grammar) -> Grammar:
    return Fields({"role": Choose(("system", "developer")), "content": _content(text)})


def _tool(text: Grammar) -> Grammar:
    told = OneOf((text, Changed(values(), _compact), values(1)))
    parts: dict[str, Grammar] = {
        "role": Choose(("tool",)),
        "content": told,
        "tool_call_id": Choose(("c1", "", None)),
        "name": Choose(NAMES),
    }
    return Fields(parts, maybe=("tool_call_id", "name"))


def _assistant(text: Grammar) -> Grammar:
    thought = Join(("<think>", text, OneOf(("</think>", "")), text))
    parts: dict[str, Grammar] = {
        "role": Choose(("assistant",)),
        "content": OneOf((_content(text), thought), (4, 1)),
        "tool_calls": Many(_call(), 0, 2),
        "reasoning_content": OneOf((text, Choose((None,)))),
    }
    return Fields(parts, maybe=("tool_calls", "reasoning_content"))


def _call() -> Grammar:
    arguments = _mapping(Choose(KEYS), values(DEPTH - 1), 3)
    written = OneOf((arguments, Changed(arguments, _compact), Choose(("", "{", "null"))), (4, 3, 1))
    function = Fields({"name": Choose(NAMES), "arguments": written})
    call: dict[str, Grammar] = {
        "id": Choose(("c1", "c2", "")),
        "type": Choose(("function",)),
        "function": function,
    }
    return Fields(call, maybe=("id", "type"))


def _content(text: Grammar) -> Grammar:
    part = OneOf(
        (
            Fields({"type": Choose(("text",)), "text": text}),
            Fields({"type": Choose(("image",))}),
            Fields(
                {"type": Choose(("image_url",)), "image_url": Fields({"url": Choose(("a.png",))})}
            ),
        ),
        (4, 1, 1),
    )
    return OneOf((text, Choose((None,)), Many(part, 0, 3)), (6, 1, 2))


def _schema(depth: int) -> Grammar:
    """Return a schema of JSON, keys in no order."""
    leaf: dict[str, Grammar] = {
        "description": Pick(PLAIN),
        "type": OneOf((Choose(TYPES), Many(Choose(TYPES), 1, 2))),
        "enum": Many(Choose(SCALARS), 0, 3),
        "default": values(1),
    }
    if not depth:
        return Fields(leaf, maybe=("description", "enum", "default"))
    inner = _schema(depth - 1)
    parts: dict[str, Grammar] = {
        **leaf,
        "required": Many(Choose(KEYS), 0, 2),
        "properties": _mapping(Choose(KEYS), inner, 3),
        "items": inner,
    }
    return Fields(parts, maybe=tuple(parts))


def _mapping(key: Grammar, value: Grammar, most: int) -> Grammar:
    return Changed(Many(Fields({"key": key, "value": value}), 0, most), _pairs)


def _pairs(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {row["key"]: row["value"] for row in rows}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _in_order(drawn: Mapping[str, Any]) -> list[Any]:
    first = [drawn["system"]] if "system" in drawn else []
    return [*first, drawn["user"], *(said for turn in drawn["turns"] for said in turn.values())]
