"""The cases of templates: one construct each, and every construct of the engine has one."""

import re
from collections import Counter

import jinja2.filters
import jinja2.tests
import pytest

from parity import artefact, corpus, jsonl

CASES = list(corpus.read(artefact.shipped() / "templates.jsonl"))
SOURCES = [case.payload["source"] for case in CASES]
UNSTABLE = {"random"}
"""Filters whose result nobody can compare."""
METHODS = (
    "append", "capitalize", "casefold", "copy", "count", "encode", "endswith", "find", "format",
    "get", "index", "isdigit", "items", "join", "keys", "ljust", "lower", "lstrip", "partition",
    "pop", "removeprefix", "removesuffix", "replace", "rfind", "rjust", "rsplit", "rstrip",
    "setdefault", "split", "splitlines", "startswith", "strip", "title", "update", "upper",
    "values", "zfill",
)  # fmt: skip
"""Methods of strings, lists and mappings that templates call."""
STATEMENTS = (
    "block", "break", "call", "continue", "do", "extends", "filter", "for", "generation", "if",
    "import", "include", "macro", "raw", "set", "trans", "with",
)  # fmt: skip
LOOP = (
    "changed", "cycle", "depth", "first", "index", "index0", "last", "length", "nextitem",
    "previtem", "revindex", "revindex0",
)  # fmt: skip
ARGUMENTS = ("ensure_ascii", "indent", "separators", "sort_keys")


def some(pattern):
    """Whether a template has what a pattern says."""
    return any(re.search(pattern, source) for source in SOURCES)


def test_no_two_cases_are_the_same():
    """Neither in what they hold nor in what they are called."""
    payloads = Counter(jsonl.dump(case.payload) for case in CASES)
    traps = Counter(case.id.rpartition("-")[0] for case in CASES)

    assert {*payloads.values(), *traps.values()} == {1}
    assert len(CASES) >= 200


def test_a_case_has_one_trap():
    """And its id begins with the name of it."""
    odd = [
        case.id
        for case in CASES
        if case.kind != "template"
        or len(case.tags) != 1
        or not case.id.startswith(f"templates/{case.tags[0].removeprefix('template.')}-")
    ]

    assert odd == []


@pytest.mark.parametrize("name", sorted(jinja2.filters.FILTERS.keys() - UNSTABLE))
def test_every_filter_has_a_case(name):
    """A filter that no template uses may be missing, and nobody sees it."""
    assert some(rf"(?:\||filter|map\(')\s*{name}\b")


@pytest.mark.parametrize("name", sorted(jinja2.tests.TESTS))
def test_every_test_has_a_case(name):
    """After `is`, or as an argument of a filter that selects."""
    assert some(rf"\bis (?:not )?{re.escape(name)}(?!\w)|(?:se|re)\w+\([^)]*'{re.escape(name)}'")


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_a_case(name):
    """With what it is called on."""
    assert some(rf"\.{name}\(")


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_has_a_case(name):
    """Also those that an engine has to refuse."""
    assert some(rf"{{%[-+]?\s*{name}\b")


@pytest.mark.parametrize("name", LOOP)
def test_every_attribute_of_a_loop_has_a_case(name):
    """Where it stands, and in a loop."""
    assert some(rf"{{% for .*loop\.{name}\b")


@pytest.mark.parametrize("name", ARGUMENTS)
def test_every_argument_of_tojson_has_a_case(name):
    """By its name."""
    assert some(rf"tojson\([^)]*{name}=")
