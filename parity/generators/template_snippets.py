"""Snippets of chat templates: what Jinja's engines read, write and cut differently.

Expressions over filters, tests, methods, slices and operators; loops, conditions, macros, blocks;
and white space around tags, with every mark that removes some. A payload is

    source      the template
    variables   what it is rendered with: `messages`

Not every snippet is valid: that two engines refuse the same ones is a part of the question.
"""

from __future__ import annotations

from typing import Final

from parity.generators import messages
from parity.generators.known import Known
from parity.grammar import Fields, Grammar, Join, OneOf, Pick

ATOMS: Final = (
    "'a'", "1", "none", "true", "messages", "messages[0]", "messages[0].content",
    "messages[-1]['role']", "'a b'", "' a\\n'", "''", "0", "-1", "1.5", "1e3", "10 ** 20", "false",
    "nothing", "bos_token", "[]", "[3, 1, 2]", "(1, 2)", "{'b': 1, 'a': none}", "'é<&>\"'",
    "range(3)", "'a,b'.split(',')", "loop.index", "messages[9]", "messages[0].nothing",
)  # fmt: skip
FILTERS: Final = (
    "upper", "lower", "trim", "length", "tojson", "tojson(indent=2)", "string", "int", "float",
    "list", "first", "last", "join(',')", "default('d')", "default('d', true)", "replace('a', 'b')",
    "title", "capitalize", "sort", "unique", "reverse", "escape", "safe", "dictsort", "items",
    "map(attribute='role')", "map('upper')", "selectattr('role', 'equalto', 'user')",
    "rejectattr('content')", "select('string')", "batch(2)", "round", "abs", "sum", "min", "max",
    "indent(2)", "wordcount", "count", "join",
)  # fmt: skip
TESTS: Final = (
    "defined", "not defined", "none", "not none", "string", "mapping", "sequence", "iterable",
    "number", "integer", "float", "boolean", "true", "false", "odd", "even", "divisibleby(2)",
    "equalto('a')", "in(['a'])", "upper",
)  # fmt: skip
METHODS: Final = (
    "strip()", "split()", "split(' ')", "startswith('a')", "endswith('a')", "upper()", "title()",
    "lstrip()", "rstrip('\\n')", "replace('a', 'b')", "items()", "keys()", "get('role')",
    "get('x', 1)", "splitlines()", "count('a')", "format('a')", "append(1)", "find('a')",
)  # fmt: skip
SLICES: Final = (
    "[0]", "[-1]", "[1:]", "[:-1]", "[::-1]", "[::2]", "[-2:]", "[0:1]", "['role']", "[5:2]",
)  # fmt: skip
OPERATORS: Final = (
    " + ", " ~ ", " == ", " != ", " and ", " or ", " in ", " not in ", " * ", " - ", " / ", " // ",
    " % ", " < ", " >= ",
)  # fmt: skip
SPACE: Final = ("", " ", "\n", "  ", "\n  ", "a", " a\n", "\t", "\n\n", "x ")
OPEN: Final = ("{% ", "{%- ", "{%+ ")
CLOSE: Final = (" %}", " -%}", " +%}")
LOOPS: Final = (
    "loop.index0", "loop.first", "loop.last", "loop.length", "loop.previtem is defined", "m.role",
    "m",
)  # fmt: skip
DEPTH: Final = 2


def grammar(known: Known) -> Grammar:
    """Return a template of a few statements, and the messages that it is rendered with."""
    space = Pick(SPACE)
    parts = [space, *(part for _ in range(2) for part in (_statement(DEPTH), space))]
    source = OneOf((_output(DEPTH), Join(parts[:3]), Join(parts)), (1, 2, 1))
    variables = Fields({"messages": messages.grammar(known)})
    return Fields({"source": source, "variables": variables})


def expressions(depth: int = DEPTH) -> Grammar:
    """Return expressions that nest so deep at most."""
    atom = Pick(ATOMS)
    if not depth:
        return atom
    inner = expressions(depth - 1)
    options: tuple[Grammar, ...] = (
        atom,
        Join((inner, "|", Pick(FILTERS))),
        Join(("(", inner, ")|", Pick(FILTERS))),
        Join(("(", inner, ") is ", Pick(TESTS))),
        Join((inner, ".", Pick(METHODS))),
        Join((inner, Pick(SLICES))),
        Join((inner, Pick(OPERATORS), inner)),
        Join(("not ", inner)),
        Join((inner, " if ", inner, OneOf((Join((" else ", inner)), "")))),
    )
    return OneOf(options, (3, 4, 2, 2, 2, 2, 3, 1, 1))


def _output(depth: int) -> Grammar:
    return Join((Pick(("{{ ", "{{- ", "{{")), expressions(depth), Pick((" }}", " -}}", "}}"))))


def _tag(*inside: Grammar) -> Grammar:
    return Join((Pick(OPEN), *inside, Pick(CLOSE)))


def _statement(depth: int) -> Grammar:
    if not depth:
        return _output(1)
    inner, value = Join((Pick(SPACE), _statement(depth - 1), Pick(SPACE))), expressions(depth - 1)
    item = OneOf((Join(("{{ ", Pick(LOOPS), " }}")), inner))
    loop = Join(
        (_tag("for m in ", OneOf(("messages", value)), Pick(("", " if m"))), item, _tag("endfor"))
    )
    chosen = Join(
        (_tag("if ", value), inner, OneOf(("", Join((_tag("else"), inner)))), _tag("endif"))
    )
    assigned = Join((_tag("set x = ", value), "{{ x }}"))
    spaced = Join(
        (_tag("set n = namespace(x=", value, ")"), loop, _tag("set n.x = ", value), "{{ n.x }}")
    )
    block = Join((_tag("set x"), inner, _tag("endset"), "{{ x }}"))
    macro = Join((_tag("macro f(a, b=1)"), inner, _tag("endmacro"), "{{ f(", value, ") }}"))
    filtered = Join((_tag("filter ", Pick(FILTERS)), inner, _tag("endfilter")))
    marked = Join((_tag("generation"), inner, _tag("endgeneration")))
    raw = Join((_tag("raw"), "{{ a }}", _tag("endraw")))
    comment = Join((Pick(("{# ", "{#- ")), "a", Pick((" #}", " -#}"))))
    broken = Join(
        (_tag("for m in messages"), inner, _tag(Pick(("break", "continue"))), _tag("endfor"))
    )
    kinds = (_output(depth), loop, chosen, assigned, spaced, block, macro, filtered, marked, raw)
    return OneOf((*kinds, comment, broken), (4, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1))
