r"""Template engines: messages in, the text of a prompt out, as transformers renders it."""

import json
from contextlib import suppress

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from parity import artefact, renderers
from parity.artefact import chat_template, tokenizer_json
from parity.errors import BadSpec, MissingPackage

TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
CHAT = [
    {"role": "system", "content": "Be <b>brief</b> & 'kind'"},
    {"role": "user", "content": " \u4e16\u754c \U0001f336\ufe0f\r\n{{ messages }}\u200b"},
    {"role": "assistant", "content": "", "tool_calls": [{"n": 1.5, "a": [True, None, '\xe9"<']}]},
]
PLAIN = {
    "text": "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m['content'] }}\n{% endfor %}",
    "trimmed blocks": "a\n  {% for m in messages %}\n    {{ m.role }}\n  {% endfor %}\nb\n",
    "no escaping": "{{ messages[0].content }}{{ messages[0].content | safe }}",
    "json": "{{ messages[2] | tojson }}",
    "indented json": "{{ messages[2] | tojson(indent=2) }}",
    "json that says what it keeps": "{{ messages[2] | tojson(ensure_ascii=False) }}",
    "json in ASCII": "{{ messages[1] | tojson(ensure_ascii=True) }}",
    "sorted json": "{{ messages[2] | tojson(sort_keys=True) }}",
    "json with separators": "{{ messages[2] | tojson(separators=(',', ':')) }}",
    "loop controls": "{% for m in [1, 2] %}x{% break %}{% endfor %}",
    "namespace": "{% set n = namespace(x=0) %}{% if true %}{% set n.x = 1 %}{% endif %}{{ n.x }}",
    "methods": "{{ messages[1].content.strip() }}{{ messages[0].items() | list | length }}",
    "no tools": "{% if tools is none %}none{% elif tools %}some{% endif %}",
    "tools that are named": "{% if tools is defined %}defined{% endif %}",
    "no turn": "{% if add_generation_prompt %}turn{% endif %}",
    "an undefined variable": "[{{ nothing }}]",
    "generation": "{% generation %}{{ messages[0].role }}{% endgeneration %}",
}
ONLY_JINJA = {"loop controls", "generation", "no tools", "tools that are named"}
"""What minijinja has no syntax for; and tools, which Rust servers leave undefined."""
OPTIONS = [
    {}, {"add_generation_prompt": True}, {"add_generation_prompt": False, "tools": None},
    {"tools": [{"type": "function", "function": {"name": "f"}}]},
]  # fmt: skip


def ours(name, template, messages=CHAT, **options):
    """What an engine makes of a template."""
    return renderers.load(name, template, TOKENS)(messages, options)


def theirs(template, messages=CHAT, **options):
    """What transformers makes of it."""
    ((text,), _) = render_jinja_template([messages], chat_template=template, **TOKENS, **options)
    return text


@pytest.mark.parametrize("trap", PLAIN)
def test_jinja_renders_as_transformers_does(trap):
    """It is set up in the same way."""
    assert ours("jinja", PLAIN[trap]) == theirs(PLAIN[trap])


@pytest.mark.parametrize("trap", sorted(set(PLAIN) - ONLY_JINJA))
def test_minijinja_renders_as_jinja_does(trap):
    """Where both have the syntax."""
    assert ours("minijinja", PLAIN[trap]) == ours("jinja", PLAIN[trap])


@pytest.mark.parametrize("name", renderers.NAMES)
@pytest.mark.parametrize("tokenizer", artefact.tiny())
@pytest.mark.parametrize("options", OPTIONS, ids=json.dumps)
def test_the_shipped_templates_are_rendered_alike(name, tokenizer, options):
    """With every option that a case may have."""
    source, tokens = chat_template(tokenizer_json(f"tiny:{tokenizer}")[0])
    messages = [{"role": one["role"], "content": one["content"]} for one in CHAT]
    ((expected,), _) = render_jinja_template([messages], chat_template=source, **tokens, **options)

    assert renderers.load(name, source, tokens)(messages, options) == expected


@pytest.mark.parametrize("name", renderers.NAMES)
def test_a_template_refuses_messages_by_an_error(name):
    """`raise_exception` is what templates refuse with; its text is there."""
    with pytest.raises(Exception, match="roles must alternate"):
        ours(name, "{{ raise_exception('roles must alternate') }}")


@pytest.mark.parametrize("name", renderers.NAMES)
def test_a_template_cannot_change_the_messages(name):
    """It renders, and no more; a chat is rendered again by the other side."""
    messages = [{"role": "user", "content": "a"}]
    template = "{% set _ = messages.append(1) %}{{ messages | length }}"

    with suppress(Exception):  # each engine has its own; none is right, too
        ours(name, template, messages)

    assert messages == [{"role": "user", "content": "a"}]


@pytest.mark.parametrize("name", renderers.NAMES)
def test_a_template_that_is_none_is_an_error(name):
    """When it is made or when it renders."""
    with pytest.raises(Exception, match=r"(?i)unexpected|syntax|end of"):
        ours(name, "{% for %}")


def test_an_unknown_engine_is_said_with_the_known_ones():
    """`own` is one of them for a pipeline."""
    with pytest.raises(BadSpec, match="'nobody'; known: own, jinja, minijinja"):
        renderers.load("nobody", "", {})


def test_a_package_that_is_missing_is_named(monkeypatch):
    """With what to install."""

    def missing(_):
        raise ModuleNotFoundError(name="minijinja")

    monkeypatch.setattr(renderers.importlib, "import_module", missing)

    with pytest.raises(MissingPackage, match=r"minijinja.*tokparity\[templates\]"):
        renderers.load("minijinja", "", {})


def test_the_extra_that_is_named_is_there():
    """Somebody will type it."""
    text = (artefact.shipped().parent / "pyproject.toml").read_text()

    assert "\ntemplates = [" in text
