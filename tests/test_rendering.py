"""Renderers: a chat template, an engine, the habits of who calls it, and what they are."""

import shutil
import sys
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest

from parity import artefact, backends, corpus, renderers
from parity.errors import BadSpec, SelfComparison
from parity.fingerprint import refuse_equal, take
from parity.renderers.worker import FAILURES
from parity.seeing import observe

USER = {"role": "user", "content": "Hi"}
APPENDS = "{% set _ = messages.append({'role': 'tool'}) %}{{ messages|length }}"
SHOWS = "{{ messages|tojson }}{{ tools is defined }}{{ add_generation_prompt }}{{ more }}"
ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
NOT_OF_MINIJINJA = {"generation_mask", "default_system"}
"""Styles with syntax that it has not: {% generation %}, default(boolean=true)."""
STYLE = "style:chatml_tools_thinking"


@cache
def conversations():
    """Some of the shipped chats: each eighteenth, with what it asks."""
    found = corpus.read_all(corpus.find(["chat"], artefact.shipped(), Path()))
    return [(case.payload, dict(case.options)) for case in found if case.kind == "messages"][::18]


@pytest.fixture
def folder(tmp_path):
    """A function that writes a folder with a template, and returns it."""

    def written(template, config="{}", name="model"):
        place = tmp_path / name
        place.mkdir()
        (place / "chat_template.jinja").write_bytes(template.encode())
        (place / "tokenizer_config.json").write_text(config)
        return place

    return written


@pytest.fixture
def opened():
    """A function that loads a backend, which is closed in the end."""
    held = []

    def load(spec):
        held.append(backends.load(spec))
        return held[-1]

    yield load
    for one in held:
        one.close()


# What is rendered


def test_what_is_asked_is_shaped_before_it_is_rendered(folder, opened):
    """Each habit of the spec stands in the prompt; `variables` are names of their own."""
    place = folder(SHOWS)
    habits = "nulls=kept,absent=undefined,turn=always"
    plain, other = opened(f"jinja:{place}"), opened(f"jinja:{place},{habits}")
    messages, options = [{**USER, "x": None}], {"variables": {"more": "!"}}
    user = '[{"role": "user", "content": "Hi"'

    assert plain.render(messages, options) == f"{user}}}]TrueFalse!"
    assert other.render(messages, options) == f'{user}, "x": null}}]FalseTrue!'


def test_a_message_that_is_continued_is_left_open(folder, opened):
    """What the template puts behind it is cut."""
    backend = opened(f"jinja:{folder('{% for m in messages %}[{{ m.content }}]{% endfor %}')}")
    options = {"continue_final_message": True}

    assert backend.render([USER, {"role": "assistant", "content": "So "}], options) == "[Hi][So "
    with pytest.raises(FAILURES["RenderFailed"], match="not both"):
        backend.render([USER], {**options, "add_generation_prompt": True})


def test_what_a_template_does_to_the_callers_messages_is_done_to_them(folder, opened):
    """The engine is elsewhere, and whoever looks whether its inputs changed must see it."""
    backend = opened(f"minijinja:{folder(APPENDS)}")
    messages = [dict(USER)]

    assert backend.render(messages, {}) == "2"
    assert messages == [USER, {"role": "tool"}]


def test_what_a_template_does_to_a_copy_is_seen_too(folder, opened):
    """A habit that makes other messages of the caller's hides no change."""
    backend = opened(f"minijinja:{folder(APPENDS)}")
    messages = [{**USER, "x": None}]  # dropped, as transformers drops it

    assert backend.render(messages, {}) == "2"
    assert messages == [USER, {"role": "tool"}]


@pytest.mark.parametrize("spoilt", ["tools.append(1)", "messages.append(messages)"])
def test_no_change_is_hidden_by_what_it_is(folder, opened, spoilt):
    """Of tools, and one that no JSON can tell any more."""
    backend = opened(f"minijinja:{folder('{% set _ = ' + spoilt + ' %}')}")
    messages, options = [dict(USER)], {"tools": [{"type": "function"}]}
    backend.render(messages, options)

    assert (messages, options) != ([USER], {"tools": [{"type": "function"}]})


def test_variables_that_a_template_changes_are_changed(opened):
    """In place, so that the law about inputs sees it."""
    variables = {"messages": []}

    assert opened("minijinja:none").expand(APPENDS, variables) == "1"
    assert variables == {"messages": [{"role": "tool"}]}


def test_a_template_has_the_seconds_that_the_spec_says(opened):
    """Not more: then it is an observation, and the next template is rendered."""
    backend = opened("jinja:none,seconds=0.4")
    with pytest.raises(FAILURES["OutOfBounds"], match=r"no reply in 0\.4 s"):
        backend.expand(ENDLESS, {})

    assert backend.expand("a", {}) == "a"


# Which template


def test_the_rule_of_a_spec_says_which_template_wins(folder, opened):
    """SMG trims a file; transformers does not."""
    place = folder("\nx\\n\n")
    (place / "additional_chat_templates").mkdir()
    (place / "additional_chat_templates/tool_use.jinja").write_text("tools")
    one, other = opened(f"jinja:{place}"), opened(f"jinja:{place},template=smg")

    assert [side.chat_template() for side in (one, other)] == ["\nx\\n\n", "x\n"]
    assert [side.chat_template(tools=True) for side in (one, other)] == ["tools", "x\n"]
    assert [side.render([USER], {"tools": []}) for side in (one, other)] == ["tools", "x"]


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("template=vllm", "no rule 'vllm'"),
        ("seconds=soon", "seconds is a number such as 5, not 'soon'"),
        ("clock=noon", "clock is a moment"),
        ("nulls=lost", "nulls is kept or dropped"),
        ("null=kept", "minijinja has no option 'null'; known: template, seconds, clock, nulls"),
    ],
)
def test_an_option_that_cannot_be_meant_starts_no_engine(monkeypatch, option, says):
    """It is said before anything is paid for."""
    monkeypatch.setattr(renderers, "start", lambda *_, **__: pytest.fail("it was started"))

    with pytest.raises(BadSpec, match=says):
        backends.load(f"minijinja:none,{option}")


# What it is


def test_one_spec_twice_is_one_thing(opened):
    """Two processes of one engine prove nothing of each other."""
    taken = [take("jinja:x", opened(f"jinja:{STYLE}")) for _ in range(2)]

    with pytest.raises(SelfComparison):
        refuse_equal(*taken)


@pytest.mark.parametrize(
    "option", ["keys=sorted", "trim=no", "clock=2024-01-02", "absent=undefined"]
)
def test_what_changes_answers_is_a_fact(opened, option):
    """A habit, a switch, the clock: another one is another side."""
    plain, other = (take("a", opened(f"jinja:{STYLE}{end}")) for end in ("", f",{option}"))

    assert plain.facts != other.facts
    assert plain.essence() != other.essence()


def test_engines_are_not_each_other(opened):
    """With one template, all that differs is the engine."""
    one, other = (take(name, opened(f"{name}:{STYLE}")) for name in ("jinja", "minijinja"))

    assert (one.facts["engine"], other.facts["engine"]) == ("jinja", "minijinja")
    assert ("version.jinja2" in one.facts, "version.jinja2" in other.facts) == (True, False)
    assert {"chat_template.jinja", "tokenizer_config.json"} <= one.artefacts.keys()
    assert one.essence() != other.essence()


def test_another_template_is_another_side(folder, opened):
    """By the digest of its file, wherever it stands."""
    same = [folder("x", name="a"), folder("x", name="b"), folder("y", name="c")]
    one, copied, other = (take("m", opened(f"jinja:{place}")) for place in same)

    assert one.essence() == copied.essence()
    assert one.essence() != other.essence()


def test_a_version_that_is_half_installed_is_refused(opened, tmp_path, monkeypatch):
    """Its metadata are there and the package is not: what is imported is the one of here."""
    monkeypatch.chdir(tmp_path)
    told = tmp_path / ".parity/packages/minijinja-9.9.9/minijinja-9.9.9.dist-info/METADATA"
    told.parent.mkdir(parents=True)
    told.write_text("Metadata-Version: 2.1\nName: minijinja\nVersion: 9.9.9\n")

    with pytest.raises(BadSpec, match=r"does not hold minijinja 9\.9\.9 whole"):
        opened("minijinja:none,version=9.9.9")


def test_this_interpreter_by_its_name_is_this_interpreter(opened):
    """The same engine from the same file is one thing, however it was started."""
    here, there = (
        take("m", opened(f"minijinja:none{end}")) for end in ("", f",python={sys.executable}")
    )

    assert here.essence() == there.essence()


def test_another_file_of_an_engine_is_another_side(opened):
    """Its digest is evidence, as a tokenizer's is."""
    backend = opened("minijinja:none")
    before = take("m", backend)
    (held,) = backend.worker.files
    assert Path(held).name in before.artefacts

    backend.worker.files = []

    assert take("m", backend).essence() != before.essence()


def test_an_engine_file_that_was_patched_is_another_side(opened, tmp_path, monkeypatch):
    """What Jinja2's process runs is what is digested."""
    before = take("m", opened("jinja:none"))
    backend = opened("jinja:none")
    patched = []
    for file in backend.worker.files:
        copy = tmp_path / Path(file).name
        shutil.copy(file, copy)
        patched.append(str(copy))
    copy.write_bytes(copy.read_bytes() + b"\n# patched")
    monkeypatch.setattr(backend.worker, "files", patched)

    assert take("m", backend).essence() != before.essence()


# The template and variables that a chat is rendered with


def seen(call, *args):
    """A text, or which failure it was."""
    found = observe(call, *args)
    return found.failure.kind if found.failure else found.value


@pytest.mark.parametrize("engine", ["jinja", "minijinja"])
@pytest.mark.parametrize("style", artefact.styles())
def test_a_snippet_gives_what_is_rendered(engine, style, opened):
    """Of each shipped template and chat: what is looked into is what the engine had."""
    backend = opened(f"{engine}:style:{style}")
    texts = set()
    for messages, options in conversations():
        asked = {name: value for name, value in options.items() if "continue" not in name}
        whole = seen(backend.render, deepcopy(messages), deepcopy(asked))
        parts = observe(backend.snippet, deepcopy(messages), deepcopy(asked))
        made = parts.failure.kind if parts.failure else seen(
            backend.expand, parts.value["source"], parts.value["variables"]
        )  # fmt: skip
        assert made == whole
        texts.add(whole)

    assert texts - FAILURES.keys() or (engine == "minijinja" and style in NOT_OF_MINIJINJA)


def test_a_snippet_of_transformers_gives_what_transformers_renders(opened):
    """What it does around the template is told by our own words for it."""
    backend = opened(f"jinja:{STYLE},through=transformers")
    for messages, options in conversations():
        if options.get("continue_final_message"):
            continue
        parts = observe(backend.snippet, messages, options)
        made = parts.failure.kind if parts.failure else seen(backend.expand, *parts.value.values())

        assert made == seen(backend.render, messages, options)


def test_a_snippet_of_what_is_continued_has_the_tag(opened):
    """It is cut after it is rendered, so the template still says what stands behind it."""
    backend = opened(f"jinja:{STYLE}")
    found = backend.snippet([{"role": "assistant", "content": "So"}],
                            {"continue_final_message": True})  # fmt: skip

    assert found["variables"]["messages"][0]["content"].startswith("So")
    assert found["variables"]["messages"][0]["content"] != "So"


def test_a_snippet_has_the_template_for_tools(folder, opened):
    """The one that wins for this chat."""
    place = folder("plain")
    (place / "additional_chat_templates").mkdir()
    (place / "additional_chat_templates/tool_use.jinja").write_text("tools")
    backend = opened(f"jinja:{place}")

    assert backend.snippet([USER], {})["source"] == "plain"
    assert backend.snippet([USER], {"tools": []})["source"] == "tools"


def test_closing_ends_the_process(opened):
    """And who asks again gets a new one."""
    backend = opened("jinja:none")
    process = backend.worker.process.process
    backend.close()

    assert process.poll() is not None
    assert backend.expand("a", {}) == "a"
