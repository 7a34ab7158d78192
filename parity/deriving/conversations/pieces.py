"""Parts of a message: answers, code, emoji, tools with their calls and results, documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from parity.deriving.conversations.words import Draw, Language

_EMOJI: Final = (
    "\N{SLIGHTLY SMILING FACE}",
    "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}",
    "\N{MAN}\u200d\N{PERSONAL COMPUTER}",
    "\N{HEAVY BLACK HEART}\ufe0f",
    "\N{REGIONAL INDICATOR SYMBOL LETTER N}\N{REGIONAL INDICATOR SYMBOL LETTER Z}",
    "\N{PARTY POPPER}\N{PARTY POPPER}",
)
_CODE: Final = {
    "python": (
        'def {f}(rows: list[int], limit: int = {n}) -> str:\n    """{word}"""\n'
        "    for index, row in enumerate(rows):\n        if row >= limit:\n"
        '            return f"{{index}}: {{row:>8,}}"\n    raise ValueError("{word}")\n'
    ),
    "rust": (
        "fn {f}(rows: &[u32]) -> Option<usize> {{\n    // {word}\n"
        "    rows.iter().position(|&row| row >= {n})\n}}\n"
    ),
    "js": (
        "const {f} = async (url, {{ retries = {n} }} = {{}}) => {{\n\t// {word}\n"
        "\tconst answer = await fetch(`${{url}}?q=${{encodeURIComponent('{word}')}}`);\n"
        "\treturn answer.ok ? answer.json() : null;\n}};\n"
    ),
    "sql": (
        "SELECT name, count(*) AS n\n  FROM {f}\n WHERE label <> '{word}' AND n > {n}\n"
        " GROUP BY name\n ORDER BY n DESC;\n"
    ),
    "sh": 'for f in *.{f}; do\n\tgrep -c -- "{word}" "$f" | head -n {n}\ndone\n',
}
_NAMES: Final = ("count_rows", "first_at", "orders_2024", "__main__", "parseURL", "x1")
TOOLS: Final[list[dict[str, Any]]] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {"type": "object", "properties": properties, "required": required},
        },
    }
    for name, description, properties, required in (
        (
            "find_word",
            "Finds the lines that hold a word; <b>exact</b> match & case counts.",
            {"word": {"type": "string"}, "limit": {"type": "integer", "default": 10}},
            ["word"],
        ),
        (
            "opening_hours",
            "Öffnungszeiten / 営業時間 of a place.",
            {
                "place": {"type": "string"},
                "day": {"type": "string", "enum": ["mon", "tue", "wed", "thu", "fri"]},
            },
            ["place", "day"],
        ),
    )
]


def answer(draw: Draw, language: Language, lines: int) -> str:
    """Return an opening and some lines: running text, or a list."""
    opening = draw.filled(draw.one(language.tell), language)
    said = [draw.filled(draw.one(language.line), language) for _ in range(lines)]
    if draw.chance(30):
        return "\n".join(
            [opening, "", *(f"{number}. {line}" for number, line in enumerate(said, 1))]
        )
    return draw.one((" ", "\n", "\n\n")).join([opening, *said])


def emoji(draw: Draw) -> str:
    """Return one emoji to three."""
    return "".join(draw.one(_EMOJI) for _ in range(draw.between(1, 3)))


def code(draw: Draw, language: Language) -> str:
    """Return a fenced block."""
    kind = draw.one(list(_CODE))
    word, name = draw.one(language.words), draw.one(_NAMES)
    return f"```{kind}\n{_CODE[kind].format(f=name, word=word, n=draw.between(2, 9999))}```"


def tool_call(draw: Draw, language: Language, number: int) -> list[dict[str, Any]]:
    """Return a call and its result."""
    function = draw.one(TOOLS)["function"]
    if function["name"] == "find_word":
        arguments = {"word": draw.one(language.words), "limit": draw.between(1, 50)}
        lines = [draw.filled(draw.one(language.line), language) for _ in range(draw.between(0, 3))]
        result = json.dumps({"lines": lines, "more": draw.chance(50)}, ensure_ascii=False)
    else:
        arguments = {"place": draw.one(language.words), "day": draw.one(("mon", "wed", "fri"))}
        result = f'{{"open": "{draw.between(6, 10)}:00", "close": null}}'
    call = {"name": function["name"], "arguments": arguments}
    id = f"call_{number}"
    return [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": id, "type": "function", "function": call}],
        },
        {"role": "tool", "tool_call_id": id, "name": function["name"], "content": result},
    ]


def document(draw: Draw, language: Language, sections: int) -> str:
    """Return a document of sections: prose, a table, a log, code."""
    return "\n\n".join(_section(draw, language) for _ in range(sections))


def _section(draw: Draw, language: Language) -> str:
    body = draw.one((_prose, _prose, _prose, _table, _log, _code))
    return "\n".join([f"## {draw.filled(language.part, language)}", "", *body(draw, language)])


def _prose(draw: Draw, language: Language) -> Iterator[str]:
    for _ in range(draw.between(2, 4)):
        lines = range(draw.between(3, 7))
        yield " ".join(draw.filled(draw.one(language.line), language) for _ in lines)


def _table(draw: Draw, language: Language) -> Iterator[str]:
    yield "| # | name | word | n |"
    yield "|--:|------|------|--:|"
    for number in range(1, draw.between(6, 16)):
        name, word = draw.one(language.names), draw.one(language.words)
        yield f"| {number} | {name} | {word} | {draw.between(0, 99999) / 100:.2f} |"


def _log(draw: Draw, language: Language) -> Iterator[str]:
    for number in range(draw.between(8, 20)):
        level = draw.one(("INFO", "WARN", "ERROR", "DEBUG"))
        digest = f"{draw.below(2**32):08x}"
        day, hour = draw.between(10, 28), draw.between(10, 23)
        stamp = f"2024-0{draw.between(1, 9)}-{day}T{hour}:{number:02}:00Z"
        yield f"{stamp} {level:5} [{digest}] {draw.one(language.words)}={draw.between(0, 10**6)}"


def _code(draw: Draw, language: Language) -> Iterator[str]:
    yield code(draw, language)
    yield draw.filled(draw.one(language.line), language)
