"""parity.templates.tracing: what is said of a place is so; what is not proved is not said."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.templates import leaves, reading, tracing

HERE = Path(__file__).parent
CONVERSATION = (HERE / "conversation.jinja").read_text()
DATA = json.loads((HERE / "conversation.json").read_text())
LINES = CONVERSATION.split("\n")


def test_a_long_template_is_traced_to_its_last_character():
    """Of a real-size prompt nothing is left untraced, and its text is the plain render's."""
    traced = tracing.trace(CONVERSATION, DATA)

    assert traced.text == reading.render(CONVERSATION, DATA)
    assert [place for place in range(len(traced.text)) if not tracing.at(traced, place)] == []


def test_each_expression_stands_in_its_line():
    """The line that is named has the expression that is named."""
    spans = [span for span in tracing.trace(CONVERSATION, DATA).spans if span.expression]

    assert len(spans) > 10
    assert [span for span in spans if span.expression not in LINES[span.line - 1]] == []


def test_each_path_leads_to_what_is_shown():
    """The data have, at the path, what the text has in the range."""
    traced = tracing.trace(CONVERSATION, DATA)
    known = {leaves.written(path): leaf for path, leaf in leaves.leaves(DATA)}
    shown = {span.path: traced.text[span.start : span.end] for span in traced.spans if span.path}

    assert len(shown) > 10
    assert shown == {path: str(known[path]) for path in shown}


def test_what_is_told_names_the_line_the_expression_and_the_key():
    """In the words of a person who wrote the template."""
    traced = tracing.trace(CONVERSATION, DATA)
    place = traced.text.index('"minimum": 1') + len('"minimum": ')

    assert tracing.told(traced, place) == (
        "template line 17, {{ tool | tojson }}: "
        "tools[0].function.parameters.properties.days.minimum"
    )


PLACES = [
    ("a\nb{{ x }}c", {"x": "X"}, 0, "template line 1, literal text"),
    ("a\nb{{ x }}c", {"x": "X"}, 2, "template line 2, literal text"),
    ("a\nb{{ x }}c", {"x": "X"}, 3, "template line 2, {{ x }}: x"),
    ("{% if true %}\n\n{{ x.y[0] }}{% endif %}", {"x": {"y": [7]}}, 1,
     "template line 3, {{ x.y[0] }}: x.y[0]"),
    ("{{ x|trim }}", {"x": " a "}, 0, "template line 1, {{ x|trim }}: x"),
    ("{{ x|upper }}", {"x": "ab"}, 1, "template line 1, {{ x|upper }}: x"),
    ("{{ x }}{{ y|tojson }}", {"x": True, "y": False}, 5,
     "template line 1, {{ y|tojson }}: y"),
    ("{% set a %}b{% endset %}{{ a }}", {}, 0, "template line 1, literal text"),
    ("{% set a %}b{% endset %}{{ a|length }}", {}, 0, "template line 1, {{ a|length }}"),
    ("{% macro f(z) %}{{ z }}{% endmacro %}\n{{ f(x) }}", {"x": "q"}, 0,
     "template line 1, {{ z }}: x"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "variables", "place", "words"), PLACES)
def test_a_place_is_told(source, variables, place, words):
    """Small templates, each with one trap."""
    assert tracing.told(tracing.trace(source, variables), place) == words


UNPROVED = [
    ("{% if x == 'a' %}b{% endif %}", {"x": "a"}, "x"),
    ("{{ x|length }}", {"x": "abc"}, "x"),
    ("{{ x + 1 }}", {"x": 1}, "x"),
    ("{{ 1 if x else 2 }}", {"x": True}, "x"),
    ("{{ x.split('/')[1] }}", {"x": "a/b"}, "x"),
]


@pytest.mark.parametrize(("source", "variables", "path"), UNPROVED)
def test_what_only_decides_is_not_said_to_be_shown(source, variables, path):
    """What a template looks at, cuts or counts is no part of the text; it is told as unproved."""
    traced = tracing.trace(source, variables)

    assert [span for span in traced.spans if span.path] == []
    assert path in traced.unproved


def test_marks_in_the_text_are_not_taken_for_ours():
    """A text with the private characters that marks are made of is left untraced, and says so."""
    traced = tracing.trace("{{ x }}", {"x": "\U000f0000"})

    assert traced == ("\U000f0000", (), ("marks stand in the text",), 0)


def test_what_was_not_looked_at_is_counted(monkeypatch):
    """The limits are told, not silent."""
    monkeypatch.setattr(tracing, "LEAVES", 2)
    traced = tracing.trace("{{ x }}", {"x": ["a", "b", "c", "d", "e"]})

    assert traced.left_out == 3


def test_renders_are_bounded(monkeypatch):
    """Data that only decide cost a bounded number of renders."""
    monkeypatch.setattr(tracing, "RENDERS", 7)
    renders, render = [], reading.render
    monkeypatch.setattr(reading, "render", lambda *of: renders.append(1) or render(*of))
    tracing.trace("{{ x|length }}", {"x": list(range(50)), "y": ["a"] * 50})

    assert len(renders) <= 7 + 3


def test_a_template_that_fails_is_not_traced():
    """There is no text to trace."""
    with pytest.raises(reading.Unreadable):
        tracing.trace("{{ raise_exception('no') }}", {})


TEMPLATES = st.lists(
    st.sampled_from(
        ["a\n", " b ", "{{ x }}", "{{- y.z -}}", "{{ n }}", "{% if x %}c{{ x }}{% endif %}",
         "{% for i in y.l %}{{ i }},{% endfor %}", "{{ y|tojson }}", "{{ x|trim|upper }}"]
    )
).map("".join)  # fmt: skip


@settings(max_examples=60)
@given(source=TEMPLATES, x=st.text("aB< \n\u00e9", max_size=4), n=st.integers())
def test_ranges_lie_in_the_text_and_nest(source, x, n):
    """Whatever the template, a range is within the text, not empty, and does not cut another."""
    variables = {"x": x, "y": {"z": "q", "l": [x, "r"]}, "n": n}
    traced = tracing.trace(source, variables)
    spans = traced.spans

    assert traced.text == reading.render(source, variables)
    assert all(0 <= span.start < span.end <= len(traced.text) for span in spans)
    assert not any(
        one.start < other.start < one.end < other.end for one in spans for other in spans
    )


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_a_path_leads_to_its_leaf(value):
    """Every leaf has one path, and data with the same leaves put back are the data."""
    found = list(leaves.leaves(value))

    assert [leaves.at(value, path) for path, _ in found] == [leaf for _, leaf in found]
    assert leaves.replaced(value, dict(found)) == value
