"""parity.templates.naming: the construct by which two engines part, or no name at all."""

from copy import deepcopy

import minijinja
import pytest

from parity.templates import naming, reading
from parity.templates.constructs import named
from parity.templates.naming import construct


def engines(own_tojson):
    """Minijinja with its own `tojson`, or with Python's, as servers set it up."""
    environment = minijinja.Environment(trim_blocks=True, lstrip_blocks=True)
    environment.auto_escape_callback = lambda _: False
    if not own_tojson:
        environment.add_filter("tojson", reading.environment().filters["tojson"])
    return environment


MINIJINJA = {own: engines(own) for own in (True, False)}


def both(source, variables, *, own=False):
    """What jinja2 and minijinja render; None where one fails."""
    try:
        reference = reading.render(source, variables)
    except reading.Unreadable:
        reference = None
    try:
        candidate = MINIJINJA[own].render_str(source, "chat", **deepcopy(variables))
    except Exception:  # noqa: BLE001 (whatever an engine raises)
        candidate = None
    return reference, candidate


REAL = [
    ("{{ x }}", {"x": 1e16}, "print:float"),
    ("{{ x }}", {"x": 1e21}, "print:float"),
    ("{{ 'a' ~ x }}", {"x": 1e16}, "operator:~"),
    ("{{ x|tojson }}", {"x": 1.0}, "json:float"),
    ("{{ x|tojson }}", {"x": -0.0}, "json:float"),
    ('{{ "x"|int }}', {}, "filter:int"),
    ('{{ "1_0"|int }}', {}, "filter:int"),
    ('{{ "x"|float }}', {}, "filter:float"),
    ("{{ nope|tojson }}", {}, "json:undefined"),
    ("{% for t in tools %}{% endfor %}", {"tools": None}, "tag:for"),
    ("{{ tools is iterable }}", {"tools": None}, "test:iterable"),
    ("{{ x[1:] }}", {"x": None}, "subscript"),
    ("{{ nope|length }}", {}, "filter:length"),
    ("{% if m.content|length %}T{% endif %}", {"m": {}}, "filter:length"),
    ("{{ x|default('D', boolean=true) }}", {"x": None}, "filter:default"),
    ("{{ nope > 1 }}", {}, "operator:>"),
    ("{{ raise_exception is callable }}", {}, "test:callable"),
    ("{{ x|trim }}", {"x": "\x1c"}, "filter:trim"),
    ('{{ "a:b".split(sep=":") }}', {}, "method:split"),
    ('{{ "a:b".partition(":") }}', {}, "method:partition"),
    ('{{ "aaa"|replace("a","b",2) }}', {}, "filter:replace"),
    ('{{ "%s" % "a" }}', {}, "operator:%"),
    ('{{ "they\'re".title() }}', {}, "method:title"),
    ('{{ "7".zfill(2) }}', {}, "method:zfill"),
    ('{{ "abc".removeprefix("a") }}', {}, "method:removeprefix"),
    ("{{ range(2) }}", {}, "function:range"),
    ("{% macro m(a) %}{{ varargs }}{% endmacro %}{{ m(1,2) }}", {}, "macro:varargs"),
    ("{% macro m(a) %}{{ kwargs }}{% endmacro %}{{ m(1,z=2) }}", {}, "macro:kwargs"),
    ("{% generation %}{% endgeneration %}", {}, "tag:generation"),
    ("a\r\nb", {}, "whitespace"),
    ("a\rb", {}, "whitespace"),
    (r'{{ "\N{BULLET}" }}', {}, "literal:escape"),
    (r'{{ "\a" }}', {}, "literal:escape"),
    ("{{ ('a'|safe) + '<' }}", {}, "escape"),
    ("{% set x = 'a'|safe %}{{ x + '<' }}", {}, "escape"),
    ("{{ strftime_now('%Y') }}", {}, "function:strftime_now"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "variables", "name"), REAL)
def test_what_two_real_engines_read_otherwise_is_named(source, variables, name):
    """Each is a real difference between jinja2 and minijinja."""
    reference, candidate = both(source, variables)

    assert reference != candidate
    assert construct(source, variables, reference, candidate) == name


JSON = [
    ("{{ x|tojson }}", {"x": 1e-07}, "json:float"),
    ("{{ x|tojson }}", {"x": "<a>"}, "json:html"),
    ('{{ x|tojson(separators=(",",":")) }}', {"x": {"a": 1}}, "json:separators"),
    ("{{ x|tojson(ensure_ascii=false) }}", {"x": "\u65e5"}, "json:non-ascii"),
    ("{{ x|tojson(sort_keys=true) }}", {"x": {"b": 1, "a": 2}}, "json:key-order"),
    ('{{ x|tojson(indent="\\t") }}', {"x": [1]}, "json:indent"),
]


@pytest.mark.parametrize(("source", "variables", "name"), JSON)
def test_what_an_engines_own_tojson_writes_otherwise_is_named(source, variables, name):
    """Minijinja's own `tojson` escapes for HTML, and knows other arguments."""
    reference, candidate = both(source, variables, own=True)

    assert reference != candidate
    assert construct(source, variables, reference, candidate) == name


TEXTS = [
    ("{{ x }}", {"x": True}, "True", "true", "print:bool"),
    ("{{ x is none }}", {"x": None}, "True", "true", "print:bool"),
    ("{{ x }}", {"x": None}, "None", "", "print:none"),
    ("{{ x }}", {"x": "<"}, "<", "&lt;", "escape"),
    ("{{ x }}", {"x": [1]}, "[1]", "1", "print:list"),
    ("{{ x }}", {"x": {}}, "{}", None, "print:dict"),
    ("{{ (1,) }}", {}, "(1,)", "[1]", "print:tuple"),
    ("{{ x }}", {}, "", None, "print:undefined"),
    ("{{ loop.previtem }}", {}, "", None, "loop:previtem"),
    ("{{ x.items }}", {"x": {"items": 1}}, None, "1", "attribute"),
    ("{{ x|tojson }}", {"x": "\u65e5"}, '"\u65e5"', '"\\u65e5"', "json:non-ascii"),
    ("{{ x|tojson }}", {"x": [1, 2]}, "[1, 2]", "[1,2]", "json:separators"),
    ("{{ x|tojson }}", {"x": [1]}, "[1]", "[\n1\n]", "json:indent"),
    ("{{ x|tojson }}", {"x": 2**63}, str(2**63), "9.223372036854776e18", "json:integer"),
    ("{{ x|tojson }}", {"x": {"b": 1, "a": 1}}, '{"b": 1, "a": 1}', '{"a": 1, "b": 1}',
     "json:key-order"),
    ("{%- if a %}\n {% endif %}", {}, "", "\n", "whitespace"),
    ("a\n", {}, "a", "a\n", "whitespace"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "variables", "reference", "candidate", "name"), TEXTS)
def test_the_texts_tell_what_is_spelt_otherwise(source, variables, reference, candidate, name):
    """Faults of engines that are not here: what they print is given."""
    assert construct(source, variables, reference, candidate) == name


UNTOLD = [
    ('{{ ["a"]|map("upper")|tojson }}', {}, None, '["A"]'),
    ("{{ x|int + y|float }}", {"x": "a", "y": "b"}, "0.0", None),
    ("{{ x|tojson|length }}", {"x": 1.0}, "3", "1"),
    ("{{ x.strip()|upper }}", {"x": "a"}, "A", None),
    ("a", {}, "a", "b"),
]


@pytest.mark.parametrize(("source", "variables", "reference", "candidate"), UNTOLD)
def test_nothing_is_named_where_several_may_be_meant(source, variables, reference, candidate):
    """A name is no guess."""
    assert construct(source, variables, reference, candidate) == "unclassified"


def test_what_python_warns_of_in_a_template_is_no_failure():
    """Its code for jinja2 has a number with a subscript; the template is a template."""
    assert reading.render("{{ 1[0] }}", {}) == ""


def test_every_name_is_explained():
    """What stands before the colon has its line for people."""
    names = {name for *_, name in REAL + JSON + TEXTS} | {naming.UNCLASSIFIED}

    assert {name.partition(":")[0] for name in names} == set(naming.ABOUT)


def test_words_within_texts_are_no_constructs():
    """What a string, a comment or literal text says does nothing."""
    assert named("x|int {# x|int #}{% raw %}{{ x|int }}{% endraw %}{{ 'x|int' }}")[0] == {"tag:raw"}
