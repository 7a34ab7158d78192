"""parity.templates.shrinking: small templates, the right lines, few tries, the same each time."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.generators import GENERATORS, NOTHING
from parity.reducing import Tries
from parity.templates import blocks, reading, shrinking
from parity.templates.tokens import joined, scan

HERE = Path(__file__).parent
CONVERSATION = (HERE / "conversation.jinja").read_text()
DATA = json.loads((HERE / "conversation.json").read_text())
PIECES = ["{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "\n", "\r", "'", '"', "x", "|", "(", "]",
          "if ", "endif", "for a in b", "endfor", "else", "raw", "endraw",
          "{", "}", "1.5", "é"]  # fmt: skip


def still_differs(name, wrong):
    """Whether an engine with one wrong filter renders another text, where neither fails."""
    environment, faulty = reading.environment(), []
    right = environment.filters.get(name)

    def either(*given):
        return (wrong if faulty else right)(*given)

    environment.filters[name] = either

    def still(made):
        try:
            compiled = environment.from_string(made["source"])
            faulty.clear()
            reference = compiled.render(**made["variables"])
            faulty.append(1)
            return reference != compiled.render(**made["variables"])
        except Exception:  # noqa: BLE001 (whatever a template may raise)
            return False

    return still


def shouts(value):
    return str(value).upper()


def counts_one_more(value):
    return len(value) + 1


def rounds_down(value, _digits=0):
    return int(value)


def planted(line, text, source=CONVERSATION):
    """The long template with one more line, so that it becomes that line."""
    lines = source.split("\n")
    return "\n".join([*lines[: line - 1], text, *lines[line - 1 :]])


PLANTED = [
    ("title", shouts, 46, "{{- message.role|title }}", "|title}}"),
    ("count", counts_one_more, 8, "{% if part.text|count > 10 %}{{ part.text ~ 1 }}{% endif %}",
     "|count}}"),
    ("round", rounds_down, 63, "{{- 'a' ~ (message.content|length / 8)|round(1) }}", "|round}}"),
]  # fmt: skip
TITLE = {"source": planted(46, "{{- message.role|title }}"), "variables": DATA}


@pytest.mark.parametrize(("name", "wrong", "line", "text", "left"), PLANTED)
def test_what_is_planted_in_a_long_template_is_found_with_its_line(name, wrong, line, text, left):
    """A few characters are left of 70 lines, in fewer tries than it may take."""
    tries = Tries(1500)
    found = {"source": planted(line, text), "variables": DATA}
    made = shrinking.shrink(found, still_differs(name, wrong), tries)

    assert made.source.endswith(left)
    assert len(made.source) <= 30
    assert line in made.lines
    assert len(made.lines) <= 2
    assert not tries.wanting


def searched(most):
    """One search in the long template: what is found, the tries, and how often it was asked."""
    tries, asked, still = Tries(most), [], still_differs("title", shouts)
    made = shrinking.shrink(TITLE, lambda made: asked.append(1) or still(made), tries)
    return made, tries, len(asked)


@pytest.fixture(scope="module")
def whole():
    """A search with tries enough, and what the data were before it."""
    before = json.dumps(DATA)
    return *searched(4000), before


def test_the_same_is_found_on_each_run(whole):
    """Nothing is drawn and no clock is read."""
    assert searched(4000) == whole[:3]


def test_what_is_found_is_still_so_and_its_input_is_as_it_was(whole):
    """The answer is an input that was asked, or the one given; the data are nobody's to change."""
    made, *_, before = whole

    assert still_differs("title", shouts)({"source": made.source, "variables": made.variables})
    assert json.dumps(DATA) == before


def test_tries_that_are_told_are_those_that_were_made(whole):
    """Every question that was asked is counted, and no more; none was wanting."""
    _, tries, asked, _ = whole

    assert (tries.made, tries.wanting) == (asked, False)


def test_running_out_of_tries_is_told():
    """No more than allowed are made, and `wanting` says that what is left may not be smallest."""
    _, tries, asked = searched(5)

    assert (asked, tries.wanting) == (5, True)


SMALL = [
    ("{% if a %}{{ x|upper }}{% else %}b{% endif %}", "upper", "upper"),
    ("{% for m in ms %}{{ m.content }}{% endfor %}", "content", "content"),
    ("a{#- secret -#}b", "secret", "{#secret#}"),
    ("{% strange x %}y{% endstrange %}{{ z ? 1 : 2 }}", "?", "?"),
    ("{{ unclosed", "unclosed", "unclosed"),
]


@pytest.mark.parametrize(("source", "needed", "left"), SMALL)
def test_words_are_left_whatever_the_engines_accept(source, needed, left):
    """No parser is asked: what no engine reads gets smaller, too."""
    tries = Tries()
    found = {"source": source, "variables": {"a": 1}}
    made = shrinking.shrink(found, lambda made: needed in made["source"], tries)

    assert made == (left, {}, (1,))
    assert tries.made < 100


def test_no_character_of_what_is_left_can_go():
    """1-minimal: each shorter text by one character is no longer so."""
    still = still_differs("title", shouts)
    found = {"source": "a {{ ('b c' ~ x)|title|replace('B', 'd') }}", "variables": {"x": "some"}}
    made = shrinking.snippet(found, still, Tries())
    source = made["source"]
    shorter = [source[:at] + source[at + 1 :] for at in range(len(source))]

    assert still(made)
    assert [one for one in shorter if still({**made, "source": one})] == []


DATA_LEFT = [
    ({"x": {"a": [1, {"b": 1e21}]}}, {"x": 1e20}),
    ({"x": [1.0, 2.0, 123456.75e30], "y": "gone"}, {"x": 1e30}),
]


@pytest.mark.parametrize(("variables", "least"), DATA_LEFT)
def test_data_give_way_to_their_parts(variables, least):
    """A value is replaced by one of its own, names that nobody misses are gone."""

    def large(value):
        if isinstance(value, float):
            return value >= 1e20
        parts = value.values() if isinstance(value, dict) else value
        return isinstance(value, dict | list) and any(map(large, parts))

    found = {"source": "", "variables": variables}
    made = shrinking.snippet(found, lambda made: large(made["variables"].get("x")), Tries())

    assert list(made["variables"]) == ["x"]
    assert isinstance(made["variables"]["x"], float)
    assert len(repr(made["variables"]["x"])) <= len(repr(least["x"]))


def test_a_loop_gives_way_to_its_first_item():
    """What is looped over is spelt out, so that the loop can go."""
    found = {
        "source": "{% for m in ms %}{{ m.c|title }}{% endfor %}",
        "variables": {"ms": [{"c": "ab"}]},
    }
    made = shrinking.snippet(found, still_differs("title", shouts), Tries())

    assert "for" not in made["source"]


@pytest.mark.parametrize("word", ["title", "loop", "messages", "set", "'a'", "is", "["])
def test_drawn_snippets_end_small_in_few_tries(word):
    """Whatever the snippet, a search ends, and what is needed is all that is left."""
    draw, numbers = GENERATORS["template_snippets"].make(NOTHING), random.Random(3)  # noqa: S311
    for _ in range(60):
        found, tries = draw(numbers), Tries(300)
        if word in found["source"]:
            made = shrinking.shrink(found, lambda made: word in made["source"], tries)

            assert (made.source, made.variables, tries.wanting) == (word, {}, False)


def test_neither_shrinking_nor_naming_needs_jinja2_to_be_imported():
    """It is an extra, and a start of the command pays for no engine."""
    code = "import sys, parity.templates.shrinking, parity.templates.naming; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603

    assert "jinja2" not in done.stdout.split()


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_words_and_blocks_are_the_source(source):
    """Nothing is lost of any text, template or not; lines count up to the last."""
    tokens = scan(source)

    assert joined(tokens) == source
    assert blocks.flat(blocks.tree(tokens)) == tokens
    assert [token.line for token in tokens] == [
        1 + len("".join(t.text for t in tokens[:at]).replace("\r\n", "\n").replace("\r", "\n")
                .split("\n")) - 1
        for at in range(len(tokens))
    ]  # fmt: skip
