"""Diagnoses of prompts: the construct, the template line and the key of the data, on little."""

import json

import pytest
from helpers import rows_of

from parity import backends
from parity.backends._faults import FAULTS
from parity.backends.mock import Honest
from parity.causes import UNCLASSIFIED
from parity.diagnosis import is_about
from parity.examine import Examiner
from parity.jobs import jobs_for
from parity.renderers.worker import FAILURES
from parity.run import live, run
from parity.types import Case, case_digest

USER = {"role": "user", "content": "Hi there"}
LONG = [{"role": "system", "content": "Be brief"}, USER, {"role": "assistant", "content": "Well."}]
STYLE = "style:chatml_tools_thinking"
TURNS = """{# turns #}
{% for m in messages %}
<{{ m.role }}>{{ m.content }}{{ '!' if m.x is defined }}
{% endfor %}
{{ bos_token }}{{ tools is defined }}
"""
ORDER = "{% for m in messages %}{% for key in m %}{{ key }},{% endfor %}{% endfor %}"


def tool(**schema):
    """A tool of some words, with a schema."""
    words = {"name": "get", "description": "Get it", "parameters": {"type": "object", **schema}}
    return {"type": "function", "function": words}


def template(source, **variables):
    """A case of a template."""
    return Case("t/x-00000000", "template", {"source": source, "variables": variables})


def chat(*messages, **options):
    """A case of messages."""
    return Case("t/x-00000000", "messages", list(messages), options)


@pytest.fixture
def examined():
    """A function: what is known of how two sides differ on a case."""
    held = []

    def examine(reference, candidate, case, check="prompt"):
        sides = [backends.load(one) if isinstance(one, str) else one
                 for one in (reference, candidate)]  # fmt: skip
        held.extend(sides)
        todo = jobs_for([check])
        observers = dict(zip(("reference", "candidate"), map(live, sides), strict=True))
        (found,) = [one for *_, some in run([case], todo, observers) for one in some]
        assert is_about(found)
        return Examiner(*sides, todo).examine(found)

    yield examine
    for one in held:
        one.close()


@pytest.fixture
def folder(tmp_path):
    """A function that writes a folder with a template, and returns it."""

    def written(source, name="model"):
        place = tmp_path / name
        place.mkdir()
        (place / "chat_template.jinja").write_text(source)
        (place / "tokenizer_config.json").write_text('{"bos_token": "<s>"}')
        return place

    return written


def least(examined):
    """The smallest case: payload and options."""
    case = examined.minimal.found.case
    return case.payload, dict(case.options)


# What the engines make of a template

CONSTRUCTS = [
    ("minijinja:none", "a\nb {% if x %}{{ x|int }}{% endif %}", {"x": "0x"}, "filter:int", 2),
    ("minijinja:none", "a\n{{ x|tojson }}", {"x": 1.0}, "json:float", 2),
    ("minijinja:none,tojson=own", "a\n{{ x|tojson }}", {"x": {"y": "a<b"}}, "json:html", 2),
    ("jinja:none,tojson=own", "{{ x|tojson }}", {"x": ["&"]}, "json:html", 1),
    ("minijinja:none", "\n\n{{ x.y }}", {"x": {"y": 1e16}}, "print:float", 3),
    ("minijinja:none", "{% generation %}{{ x }}{% endgeneration %}", {"x": 1}, "tag:generation", 1),
    ("jinja:none,trim=no", "a\n{% for y in x %}\n{{ y }}{% endfor %}", {"x": [1]}, "whitespace", 3),
    ("jinja:none,lstrip=no", "  {% if x %}a{% endif %}", {"x": 1}, "whitespace", 1),
    ("jinja:none,trim=no", "{# a #}\nb", {}, "whitespace", 2),
]  # fmt: skip


@pytest.mark.parametrize(("candidate", "source", "variables", "cause", "line"), CONSTRUCTS)
def test_the_construct_is_named_with_its_line(examined, candidate, source, variables, cause, line):
    """Between Jinja2 and an engine that reads it otherwise, or is set up otherwise."""
    seen = examined("jinja:none", candidate, template(source, **variables))

    assert seen.cause == cause
    assert f"template line {line}" in seen.note
    assert seen.minimal.proven
    assert len(least(seen)[0]["source"]) <= len(source)


def test_a_key_of_the_data_is_named(examined):
    """A float in a tool's schema, written otherwise: which line wrote it, and which float it is."""
    case = chat(*LONG, tools=[tool(minimum=1e-07)], add_generation_prompt=True)
    seen = examined(f"jinja:{STYLE}", f"minijinja:{STYLE},tojson=own", case)

    assert seen.cause == "json:float"
    assert (
        "template line 11, {{ tool | tojson }}: tools[0].function.parameters.minimum" in seen.note
    )
    assert least(seen) == (
        [{}], {"tools": [{"function": {"parameters": {"minimum": 1e-07}}}]},
    )  # fmt: skip


def test_a_name_in_a_tool_is_reduced_to_the_character(examined):
    """Of a whole conversation with tools the one character is left, under its key."""
    case = chat(*LONG, tools=[tool(), tool(title="a <b> c")], add_generation_prompt=True)
    seen = examined(f"jinja:{STYLE}", f"minijinja:{STYLE},tojson=own", case)

    assert seen.cause == "json:html"
    assert "parameters.title" in seen.note
    assert json.dumps(least(seen)).count('"<') == 1
    assert len(json.dumps(least(seen))) < 120


def test_lines_and_keys_are_those_of_the_template_as_it_was(examined):
    """Not of what is left of it, which nobody has written."""
    case = template("a\n\n{% if x %}\n{{ x.y[1]|tojson }}\n{% endif %}", x={"y": ["b", "a<"]})
    seen = examined("jinja:none", "jinja:none,tojson=own", case)

    assert seen.note.startswith("template line 4, {{ x.y[1]|tojson }}: x.y[1]; what is left of it")


def test_a_failure_is_named_as_a_text_is(examined):
    """A filter that an engine has not, by the outcome alone."""
    case = template("a {% if x %}{{ x|xmlattr }}{% endif %}", x={"a": 1})
    seen = examined("jinja:none", "minijinja:none", case, "outcome")

    assert seen.cause == "filter:xmlattr"
    assert "what is left of it" in seen.note


# What is done before

HABITS = [
    ("nulls=kept", TURNS, "shaping:x", "messages.1.x"),
    ("absent=undefined", TURNS, "shaping:tools", "at tools"),
    ("specials=undefined", TURNS, "shaping:bos_token", "at bos_token"),
    ("keys=sorted", ORDER, "shaping:keys", "another order"),
    ("content=parts", TURNS, "shaping:content", "messages.0.content"),
    ("reasoning=as_is", ORDER, "shaping:thinking", "messages.0.thinking"),
]


@pytest.mark.parametrize(("habit", "source", "cause", "note"), HABITS)
def test_a_habit_is_not_taken_for_the_engine(examined, folder, habit, source, cause, note):
    """One engine and one template: what differs is what the template is rendered with."""
    place = folder(source)
    case = chat(USER, {"role": "assistant", "x": None, "reasoning": "so"}, add_generation_prompt=1)
    seen = examined(f"jinja:{place}", f"jinja:{place},{habit}", case)
    payload, options = least(seen)

    assert seen.cause == cause
    assert seen.note.startswith(("the variables differ at", "the keys of the variables"))
    assert note.rpartition(".")[2] in seen.note
    assert (len(payload), options) == (1, {})


def test_a_turn_that_is_always_opened_is_a_habit(examined):
    """It is found where none is asked for."""
    seen = examined(
        f"jinja:{STYLE}", f"jinja:{STYLE},turn=always", chat(*LONG), "generation_prompt"
    )

    assert seen.cause == "shaping:add_generation_prompt"
    assert least(seen) == ([{}], {})


def test_a_way_to_continue_is_a_habit(examined):
    """White space at the end of what is continued is kept by one and cut by the other."""
    case = chat(*LONG[:2], {"role": "assistant", "content": "Well, "})
    seen = examined(f"jinja:{STYLE}", f"jinja:{STYLE},continued=cut", case, "continued")

    assert seen.cause == "shaping:content"
    assert len(least(seen)[0]) == 1


def test_another_template_is_no_construct(examined, folder):
    """Where each side has its own, the engines are not asked to explain it."""
    one, other = folder(TURNS, "one"), folder(TURNS.replace("\n<", "\n["), "other")
    seen = examined(f"jinja:{one}", f"minijinja:{other}", chat(*LONG))

    assert (seen.cause, seen.note) == ("template-source", "each side has another template")
    assert least(seen) == ([{}], {})


def test_a_line_end_is_no_tag(examined, folder):
    """Around a tag it is the setting that differs; in what a tag repeats it is the tag."""
    place = folder(TURNS)
    seen = examined(f"jinja:{place}", f"jinja:{place},trim=no", chat(*LONG))

    class StopsLoops(Honest):
        """Nothing is repeated."""

        def __init__(self):
            self.inner = backends.load("jinja:none")

        def expand(self, source, variables):
            return self.inner.expand(source.replace(" in x", " in []"), variables)

        def close(self):
            self.inner.close()

    looped = examined("jinja:none", StopsLoops(), template("{%for y in x%}\n\n{%endfor%}", x=[1]))

    assert seen.cause == "whitespace"
    assert looped.cause == "tag:for"


# What cannot be known, or costs too much


@pytest.mark.parametrize("fault", ["adds_a_newline_to_prompts", "escapes_prompts"])
def test_of_what_nothing_is_known_nothing_is_named(examined, fault):
    """A side that tells neither template nor variables cannot be looked into; it is small still."""
    case = chat(*LONG, {"role": "user", "content": "a & b"})
    seen = examined("mock:honest", FAULTS[fault](Honest()), case)

    assert (seen.cause, seen.note) == (UNCLASSIFIED, "")
    assert len(least(seen)[0]) == 1


def test_what_only_the_chat_shows_is_not_guessed(examined):
    """One template and its variables are rendered alike: what sets the sides apart is elsewhere."""

    class Marks(FAULTS["adds_a_newline_to_prompts"]):
        """Its chats have a newline more, its templates have not."""

        def expand(self, source, variables):
            return self.inner.expand(source, variables)

        def snippet(self, messages, options):
            return self.inner.snippet(messages, options)

    inner = backends.load(f"jinja:{STYLE}")
    seen = examined(f"jinja:{STYLE}", Marks(inner), chat(*LONG))
    inner.close()

    assert seen.cause == "shaping:text"


class Costs(Honest):
    """Every template takes too long; counts how many there were."""

    def __init__(self, kind):
        self.kind, self.asked = kind, 0

    def expand(self, *_):
        self.asked += 1
        raise FAILURES[self.kind]("no answer")


@pytest.mark.parametrize("check", ["prompt", "outcome"])
@pytest.mark.parametrize(
    ("kind", "cause"), [("OutOfBounds", "bounds"), ("EngineDied", "engine-died")]
)
def test_what_costs_seconds_is_not_made_smaller(examined, kind, cause, check):
    """Each try would cost them again; once is enough to know."""
    costs = Costs(kind)
    seen = examined("jinja:none", costs, template("{{ x }}", x=1), check)

    assert (seen.cause, seen.minimal) == (cause, None)
    assert "not made smaller" in seen.note
    assert costs.asked == 1


def test_any_other_failure_is_made_smaller(examined):
    """It costs nothing."""
    seen = examined("jinja:none", Costs("RenderFailed"), template("{{ x }} and more", x=1))

    assert seen.cause != "bounds"
    assert least(seen)[0]["source"] == ""


def test_other_checks_are_not_diagnosed():
    """A text has no template."""
    todo = jobs_for(["ids"])
    sides = {"reference": live(Honest()), "candidate": live(FAULTS["drops_last_id"](Honest()))}
    (found,) = [one for *_, some in run([Case("t/x", "text", "a")], todo, sides) for one in some]

    assert not is_about(found)


# What a run tells of it


def test_a_run_tells_where_and_shows_it(project, tokparity):
    """The run file and the report for people have the line, the expression and the key."""
    options = {"tools": [tool(minimum=1e-07)]}
    id = f"t/tool-{case_digest('messages', LONG, options)}"
    path = project.corpus("chats.jsonl", {"id": id, "messages": LONG, "options": options})
    ran = tokparity(
        "run", "--reference", f"jinja:{STYLE}", "--candidate", f"minijinja:{STYLE},tojson=own",
        "--corpus", str(path), "--checks", "prompt", "--output", "jsonl=run.jsonl",
        "--output", "text=run.txt",
    )  # fmt: skip
    where = "template line 11, {{ tool | tojson }}: tools[0].function.parameters.minimum"
    (row,) = [one for one in rows_of(project.folder / "run.jsonl") if one.get("where")]

    assert ran.code == 1
    assert row["where"].startswith(where)
    assert row["minimal"]["case"]["options"].keys() == {"tools"}
    assert where in ran.out
    assert f"where      {where}" in (project.folder / "run.txt").read_text()


def test_what_stands_around_a_failure_goes(examined):
    """The message of minijinja shows the source and its line: neither is a part of the kind."""
    case = template("line one\n{{ x|wordwrap(5) }}\nend", x="aaa bbb ccc")
    seen = examined("jinja:none", "minijinja:none", case)

    assert seen.cause == "filter:wordwrap"
    assert "line" not in least(seen)[0]["source"]
    assert seen.note.startswith("template line 2;")
