"""Template engines: a template and its variables in, a text out."""

import json
import shutil

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from parity import artefact, backends
from parity.errors import BadSpec, LoadFailed, MissingPackage, Unsupported
from parity.renderers import ENGINES
from parity.renderers.worker import FAILURES

CHAT = [
    {"role": "system", "content": "Be <b>brief</b> & 'kind'"},
    {"role": "user", "content": " \u4e16\u754c \U0001f336\ufe0f\r\n{{ messages }}\u200b"},
    {"role": "assistant", "content": "", "tool_calls": [{"n": 1.5, "a": [True, None, '\xe9"<']}]},
]
PLAIN = {
    "text": "{% for m in messages %}{{ m.role }}: {{ m['content'] }}\n{% endfor %}",
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
    "a named test": "{% if tools is defined %}defined{% endif %}",
    "an undefined variable": "[{{ nothing }}]",
    "generation": "{% generation %}{{ messages[0].role }}{% endgeneration %}",
    "a mapping": "{{ dict(a=1) }}{{ dict.fromkeys([1]) }}",
}
REFUSED = {
    "BadTemplate": ("{% for %}", "{{ 'a'|nofilter }}", "{{ 1 is notest }}", "{{ 'a"),
    "Raised": ("{{ raise_exception('roles must alternate') }}",),
    "Undefined": ("{{ x.y.z }}",),
    "RenderFailed": ("{{ 1 + 'a' }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
}
UNDERSCORE = "{% set n = namespace() %}{% set n._x = 1 %}"
ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
LARGE = "{% for a in range(99999) %}{{ 'abcdefgh' * 99 }}{% endfor %}"


@pytest.fixture(scope="module")
def jinja():
    backend = backends.load("jinja:none,seconds=1")
    yield backend
    backend.close()


@pytest.fixture(scope="module")
def minijinja():
    backend = backends.load("minijinja:none,seconds=1")
    yield backend
    backend.close()


@pytest.fixture(params=["jinja", "minijinja"])
def engine(request):
    return request.getfixturevalue(request.param)


def theirs(template, messages=CHAT, **options):
    """What transformers makes of a template."""
    ((text,), _) = render_jinja_template([messages], chat_template=template, **options)
    return text


@pytest.mark.parametrize("trap", PLAIN)
def test_jinja_renders_as_transformers_does(trap, jinja):
    """It is set up in the same way."""
    variables = {"messages": CHAT, "tools": None, "documents": None}

    assert jinja.expand(PLAIN[trap], dict(variables)) == theirs(PLAIN[trap])


@pytest.mark.parametrize("trap", sorted(set(PLAIN) - {"generation", "a mapping"}))
def test_minijinja_renders_as_jinja_does(trap, jinja, minijinja):
    """Where it has the syntax."""
    ours = [one.expand(PLAIN[trap], {"messages": CHAT, "tools": 1}) for one in (jinja, minijinja)]

    assert ours[0] == ours[1]


@pytest.mark.parametrize("through", ["jinja", "transformers"])
def test_a_chat_is_rendered_as_transformers_renders_it(through):
    """What is done around the template too."""
    backend = backends.load(f"jinja:tiny:byte-bpe-4096,through={through}")
    source = backend.chat_template()
    messages = [{"role": one["role"], "content": one["content"], "x": None} for one in CHAT]
    options = {"add_generation_prompt": True, "tools": [{"type": "function"}]}
    tokens = {"eos_token": "<|im_end|>", "pad_token": "<|pad|>"}

    assert backend.render(messages, options) == theirs(source, messages, **tokens, **options)
    backend.close()


@pytest.mark.parametrize(
    ("kind", "source"), [(kind, source) for kind, all in REFUSED.items() for source in all]
)
def test_a_template_that_gives_no_text_is_a_failure_of_a_kind(engine, kind, source):
    """The same kinds for every engine, whatever its own exceptions are called."""
    with pytest.raises(FAILURES[kind]):
        engine.expand(source, {})


def test_what_raise_exception_says_is_there(engine):
    """It is what the user of a server reads."""
    with pytest.raises(FAILURES["Raised"], match="roles must alternate"):
        engine.expand(REFUSED["Raised"][0], {})


@pytest.mark.parametrize("source", [ENDLESS, LARGE])
def test_a_template_without_bounds_is_an_observation(engine, source):
    """Not a hang, and the next template is rendered."""
    with pytest.raises(FAILURES["OutOfBounds"]):
        engine.expand(source, {})

    assert engine.expand("{{ x }}", {"x": 1}) == "1"


def test_memory_has_bounds(jinja):
    """Twenty billion characters are refused by no engine but by us."""
    with pytest.raises(FAILURES["OutOfBounds"], match="bytes of memory"):
        jinja.expand("{{ 'ab' * 10**10 }}", {})


def test_an_engine_that_dies_is_said_and_started_again(jinja):
    """As a crash of compiled code would end it."""
    jinja.worker.process.process.kill()
    with pytest.raises(FAILURES["EngineDied"]):
        jinja.expand("a", {})

    assert jinja.expand("a", {}) == "a"


def test_the_sandbox_holds(jinja):
    """Attributes of Python and changes of the data are refused, names with an underscore too."""
    for source in ("{{ ''.__class__.__mro__[1].__subclasses__() }}", UNDERSCORE):
        with pytest.raises(FAILURES["RenderFailed"], match="SecurityError"):
            jinja.expand(source, {})


def test_data_that_an_engine_changes_is_changed(minijinja, jinja):
    """The binding of minijinja hands the caller's data over; Jinja2's sandbox does not."""
    source = "{% set _ = x.append(1) %}"
    changed, kept = {"x": []}, {"x": []}
    minijinja.expand(source, changed)
    with pytest.raises(FAILURES["RenderFailed"]):
        jinja.expand(source, kept)

    assert (changed, kept) == ({"x": [1]}, {"x": []})


def test_the_clock_stands_where_it_is_put():
    """Never now."""
    source = "{{ strftime_now('%d %b %Y %H:%M') }}"
    told = {}
    for spec in ("jinja:none", "jinja:none,through=transformers", "minijinja:none"):
        backend = backends.load(f"{spec},clock=1999-12-31T23:59:00")
        told[spec] = backend.expand(source, {})
        backend.close()

    assert set(told.values()) == {"31 Dec 1999 23:59"}


def test_lone_surrogates_and_numbers_come_through(jinja):
    """The pipe loses nothing that Python's JSON has."""
    values = ["\ud83d", 1e21, 1.0, -0.0, 2**70, True, None]

    assert json.loads(jinja.expand("{{ x|tojson }}", {"x": values})) == values
    assert jinja.expand("{{ x }}", {"x": "a\ud83d"}) == "a\ud83d"


@pytest.mark.parametrize("tokenizer", artefact.tiny())
@pytest.mark.parametrize("preset", ["", ",preset=smg", ",preset=tgi"])
def test_the_shipped_templates_are_rendered_alike(tokenizer, preset):
    """By every engine and preset, with a turn opened."""
    messages = [{"role": one["role"], "content": one["content"]} for one in CHAT]
    told = []
    for spec in (f"jinja:tiny:{tokenizer}", f"minijinja:tiny:{tokenizer}{preset}"):
        backend = backends.load(spec)
        told.append(backend.render(messages, {"add_generation_prompt": True}))
        backend.close()

    assert told[0] == told[1]


WRONG = {
    "jinja:none,tojson=html": "tojson is python or own, not 'html'",
    "jinja:none,through=vllm": "through is jinja or transformers",
    "jinja:none,through=transformers,trim=no": "transformers sets trim",
    "jinja:none,nulls=lost": "nulls is kept or dropped, not 'lost'",
    "jinja:none,strange=1": "jinja has no option 'strange'; known: template, seconds",
    "jinja:none,seconds=0": "seconds is a number such as 5, not '0'",
    "jinja:none,clock=noon": "clock is a moment such as 2025-",
    "jinja:none,template=vllm": "no rule 'vllm'.*known: transformers, smg",
    "jinja:nowhere": "'nowhere' does not exist.*style:NAME",
    "jinja:style:odd": "no style 'odd' of chat templates; known: available_tools",
    "minijinja:none,preset=odd": "no preset 'odd'; known: smg, tgi",
    "minijinja:none,trim=1": "trim is yes or no, not '1'",
    "minijinja:none,rewrites=odd": "rewrites is  or tgi",
}


@pytest.mark.parametrize("spec", WRONG)
def test_a_spec_that_cannot_be_meant_is_refused(spec):
    """With what is known."""
    with pytest.raises(BadSpec, match=WRONG[spec]):
        backends.load(spec)


def test_another_version_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    """It is looked for in a folder of the project."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(MissingPackage, match=r"pip install --target .*minijinja==2\.1\.0"):
        backends.load("minijinja:none,version=2.1.0")


def test_a_folder_that_holds_another_version_is_no_other_version(tmp_path, monkeypatch):
    """What is there by itself is found behind it, and seen through."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".parity/packages/minijinja-2.1.0").mkdir(parents=True)

    with pytest.raises(
        BadSpec, match=r"does not hold minijinja 2\.1\.0 whole: what runs is minijinja 3"
    ):
        backends.load("minijinja:none,version=2.1.0")


def test_a_template_that_is_not_there_is_unsupported_or_missing(tmp_path):
    """Nobody asked for one; or a folder was to have one and has none."""
    (tmp_path / "tokenizer_config.json").write_text("{}")
    for spec, kind in (("jinja:none", Unsupported), (f"jinja:{tmp_path}", FAILURES["NoTemplate"])):
        backend = backends.load(spec)
        with pytest.raises(kind):
            backend.render([{"role": "user", "content": "x"}], {})
        backend.close()


def test_every_engine_has_its_file():
    """A row of the table that starts nothing is a lie."""
    from parity.renderers import HERE

    assert all((HERE / engine.file).is_file() for engine in ENGINES.values())


@pytest.mark.parametrize(
    "spec", ["jinja:none", "jinja:none,through=transformers", "minijinja:none"]
)
def test_what_an_error_says_is_cut(spec):
    """A template may say gigabytes; the parent keeps none of them."""
    backend = backends.load(spec)
    with pytest.raises(FAILURES["Raised"]) as told:
        backend.expand("{{ raise_exception(s * 9000) }}", {"s": "a" * 9000})
    backend.close()

    assert len(str(told.value)) < 3000


def test_what_an_engine_made_of_its_data_is_not_kept_whole(minijinja):
    """That it changed is; 8 MB of it are not sent."""
    variables = {"x": [], "s": "a" * 9000}
    source = "{% for i in range(900) %}{% set _ = x.append(s) %}{% endfor %}"

    assert minijinja.expand(source, variables) == ""
    assert variables != {"x": [], "s": "a" * 9000}
    assert len(str(variables)) < 1000


def test_data_that_is_nested_deeply_ends_no_engine(jinja):
    """It is a failure of this template."""
    value = []
    for _ in range(900):
        value = [value]
    with pytest.raises((FAILURES["RenderFailed"], FAILURES["EngineDied"])) as told:
        jinja.expand("{{ x }}", {"x": value})

    assert type(told.value) is FAILURES["RenderFailed"]


def test_a_variable_may_be_called_self(jinja):
    """As in transformers' environment, so in ours."""
    through = backends.load("jinja:none,through=transformers")
    told = [one.expand("{{ self }}", {"self": 1}) for one in (jinja, through)]
    through.close()

    assert told[0] == told[1]


def test_what_is_no_engine_is_said():
    """A program that answers otherwise."""
    with pytest.raises(
        LoadFailed, match=r"minijinja cannot be started: it answers what is no JSON"
    ):
        backends.load("minijinja:none,python=/bin/echo")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"chat_template": 5}, "chat_template is a text or a list, this is int"),
        ({"chat_template": [{"name": "a"}]}, r"chat_template\[0\] has no name and template"),
    ],
)
def test_a_template_of_a_wrong_shape_is_told_with_its_file(tmp_path, config, said):
    """Nothing is dropped in silence."""
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))

    with pytest.raises(BadSpec, match=f"tokenizer_config.json: {said}"):
        backends.load(f"jinja:{tmp_path}")


MAPPED = {
    "special_tokens_map.json": {"bos_token": "<s>"},
    "tokenizer_config.json": {"extra_special_tokens": {"boi_token": "<boi>"}},
}


def test_the_tokens_of_a_folder_are_those_that_transformers_reads(tmp_path):
    """Of every file that has some; and through transformers they are its own."""
    shutil.copy(artefact.resolve("tiny:byte-bpe-600") / "tokenizer.json", tmp_path)
    (tmp_path / "chat_template.jinja").write_text("{{ bos_token }}{{ boi_token }}")
    for name, content in MAPPED.items():
        (tmp_path / name).write_text(json.dumps(content))
    told = {}
    for end in ("", ",through=transformers"):
        backend = backends.load(f"jinja:{tmp_path}{end}")
        told[end] = backend.render([{"role": "user", "content": "x"}], {})
        backend.close()

    assert told == {"": "<s><boi>", ",through=transformers": "<s><boi>"}
