"""The fourteen styles of chat templates: each renders, each in its own way, each with its traps."""

import json
import re

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from parity import artefact, backends, chat_template

STYLES = sorted(path.parent for path in artefact.shipped().glob("styles/*/chat_template.jinja"))
NAMES = [path.name for path in STYLES]
READ = {path.name: chat_template.read(f"style:{path.name}") for path in STYLES}
TEMPLATES = {name: (one.source(), one.tokens) for name, one in READ.items()}
USER = {"role": "user", "content": "What is <b>1 & 2</b>, 'Zo\u00eb'?"}
ASSISTANT = {"role": "assistant", "content": "It is \u4e09 {{ 3 }}."}
AGAIN = {"role": "user", "content": "Say it again"}
PLAIN = {
    "a question": [USER],
    "a system message": [{"role": "system", "content": "Be brief."}, USER],
    "an answer": [USER, ASSISTANT],
    "two turns": [USER, ASSISTANT, AGAIN],
    "two turns after a system message": [
        {"role": "system", "content": "Be brief."}, USER, ASSISTANT, AGAIN,
    ],
}  # fmt: skip
WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Weather <now>",
    "parameters": {"type": "object", "required": ["city"], "properties": {
        "unit": {"type": "string", "enum": ["c", "f"], "default": "c"},
        "city": {"type": "string", "description": "A city"},
        "days": {"type": "array", "items": {"type": "integer"}},
    }},
}}  # fmt: skip
WITHOUT_TOOLS = {"documents", "multimodal_parts", "strict_alternation"}
"""Styles that say nothing of tools: one of them refuses."""
MERGES_LATE = {"available_tools"}
"""Styles that put the system message before the last question."""
CONSTRUCTS = {
    "available_tools": ("selectattr(", "[-1]", "[:-1]", "| float", "raise_exception", "() if key"),
    "bos_less": ("{% set footer %}", "{% filter trim %}", "{%+", "not in roles"),
    "chatml_tools_thinking": (
        "[::-1]", "namespace(", ".split(", ".startswith(", "enable_thinking", "reasoning_content",
    ),
    "default_system": ('" % reasoning_effort', "boolean=true", '"function.name"', "\u4f60\u597d"),
    "documents": (
        "documents | length", ".items() | sort", "'defined'", "range(", ".strip()", "(indent=2)",
    ),
    "full_width": ("<\uff5cUser\uff5c>", "ensure_ascii=False", "loop.nextitem", "'</think>')[-1]"),
    "generation_mask": ("generation -%}", "endgeneration -%}", "separators=", "default('', true)"),
    "header_date_tools": (
        "strftime_now(", "builtin_tools", "tools_in_user_message", "| reject(", "(indent=4)",
    ),
    "loops": (
        "{%- break %}", "{%- continue %}", "loop.previtem", "loop.nextitem", "[::2]", "loop.cycle",
        "loop.changed", "{%- else %}",
    ),
    "multimodal_parts": ("is iterable", "image_url", "video", "audio", "is not mapping", "+ 1"),
    "python_signature": (".get(", "dictsort", "indent(4)", "| format(", "map('string')"),
    "strict_alternation": ("loop.index0 % 2", "raise_exception", "bos_token", "attribute='text'"),
    "typescript_namespace": (
        "macro type_of", "type_of(inner, depth + 1)", "reasoning_effort", "is sequence",
        "schema['items']",
    ),
    "xml_parameters": ("macro value_of", "| safe", "| items", "is iterable", "if key not in"),
}  # fmt: skip
"""What the source of each style must hold."""


def render(style, messages, **options):
    """What transformers makes of a conversation."""
    source, tokens = TEMPLATES[style]
    options = {"date_string": "26 Jul 2024", **options}
    ((text,), _) = render_jinja_template([messages], chat_template=source, **tokens, **options)
    return text


@pytest.mark.parametrize("chat", PLAIN)
@pytest.mark.parametrize("style", NAMES)
def test_a_plain_conversation_is_in_what_is_rendered(style, chat):
    """Every content, as it was written, in its order."""
    text = render(style, PLAIN[chat], add_generation_prompt=True)
    places = [text.find(message["content"]) for message in PLAIN[chat]]

    assert -1 not in places
    assert style in MERGES_LATE or places == sorted(places)


@pytest.mark.parametrize("chat", PLAIN)
@pytest.mark.parametrize("style", NAMES)
def test_our_engine_renders_a_style_as_transformers_does(style, chat):
    """With tools where the style knows them, and with documents."""
    options = {
        "add_generation_prompt": True,
        "tools": None if style in WITHOUT_TOOLS else [WEATHER],
        "documents": [{"title": "Rain", "text": "It rains."}],
    }  # fmt: skip
    engine = backends.load(f"jinja:style:{style}")
    variables = {"date_string": "26 Jul 2024"}
    ours = engine.render(PLAIN[chat], {**options, "variables": variables})
    engine.close()

    assert ours == render(style, PLAIN[chat], **options, **variables)


@pytest.mark.parametrize("chat", PLAIN)
def test_no_two_styles_render_alike(chat):
    """Fourteen prompts of one conversation."""
    texts = {render(style, PLAIN[chat]) for style in NAMES}

    assert len(texts) == len(NAMES) == 14


@pytest.mark.parametrize("style", NAMES)
def test_a_style_has_the_constructs_that_it_stands_for(style):
    """The traps for which it is there."""
    source = TEMPLATES[style][0]

    assert [one for one in CONSTRUCTS[style] if one not in source] == []


def test_every_style_has_a_row_and_every_row_a_style():
    """A style that nobody describes is one that nobody keeps."""
    assert sorted(CONSTRUCTS) == NAMES


@pytest.mark.parametrize("style", NAMES)
def test_a_style_is_of_a_size_that_is_read(style):
    """Some tens of lines, as templates have them that people write."""
    assert 20 <= len(TEMPLATES[style][0].splitlines()) <= 64


@pytest.mark.parametrize("style", sorted(set(NAMES) - WITHOUT_TOOLS))
def test_a_tool_is_named_where_it_is_given(style):
    """And nowhere else."""
    assert "get_weather" in render(style, [USER], tools=[WEATHER])
    assert "get_weather" not in render(style, [USER], tools=None)


@pytest.mark.parametrize("style", sorted(set(NAMES) - WITHOUT_TOOLS))
def test_a_call_and_its_result_are_rendered(style):
    """The name that is called, and the text that came back."""
    call = {"id": "abcdefghi", "type": "function",
            "function": {"name": "get_weather", "arguments": {"city": "K\u00f6ln"}}}  # fmt: skip
    result = {"role": "tool", "content": "12 degrees", "tool_call_id": "abcdefghi"}
    messages = [USER, {"role": "assistant", "content": "", "tool_calls": [call]}, result]
    text = render(style, messages)

    assert "get_weather" in text
    assert text.find("12 degrees") > text.find("get_weather")
    assert ("K\u00f6ln" if style != "loops" else "(city)") in text


@pytest.mark.parametrize(("style", "prompt"), [
    ("chatml_tools_thinking", "<|im_start|>assistant\n"), ("strict_alternation", "model\n"),
    ("header_date_tools", "<|end_header_id|>\n\n"), ("full_width", "<\uff5cAssistant\uff5c>"),
    ("generation_mask", "<|assistant|>\n"), ("bos_less", "\nAssistant:"),
])  # fmt: skip
def test_a_turn_is_opened_only_where_it_is_asked_for(style, prompt):
    """`add_generation_prompt` adds to the end, and changes nothing before it."""
    without, asked = (render(style, [USER], add_generation_prompt=one) for one in (False, True))

    assert asked.startswith(without)
    assert asked.endswith(prompt)
    assert not without.endswith(prompt)


def test_a_style_that_wants_turns_to_alternate_says_so():
    """Two questions in a row are refused with the place."""
    with pytest.raises(Exception, match=r"must alternate .* not user at 1"):
        render("strict_alternation", [USER, AGAIN])


def test_the_mask_of_what_is_learned_is_the_answer():
    """The text that a trainer would take: the assistant's, with the token that ends it."""
    source, tokens = TEMPLATES["generation_mask"]
    chat = [USER, ASSISTANT, AGAIN]
    texts, places = render_jinja_template(
        [chat], chat_template=source, return_assistant_tokens_mask=True, **tokens
    )

    assert [texts[0][start:end] for start, end in places[0]] == [ASSISTANT["content"] + "<|eos|>"]


def test_documents_are_numbered():
    """Each with what it has, in the order of its keys."""
    documents = [{"title": "Rain", "text": "It rains."}, {"text": "It snows.", "doc_id": 7}]
    text = render("documents", [USER], documents=documents)

    assert "2 documents, 1 with a title" in text
    assert re.search(r"Document: 0\s+Text: It rains\.\s+Title: Rain\s+Document: 1\s+Text: It", text)
    assert "Document" not in render("documents", [USER])


def test_parts_become_placeholders_in_their_order():
    """Two pictures, counted where that is asked for."""
    parts = [{"type": "image"}, {"type": "text", "text": "and"}, {"type": "image_url"}]
    text = render("multimodal_parts", [{"role": "user", "content": parts}], add_vision_id=True)
    pad = "<|vision_start|><|image_pad|><|vision_end|>"

    assert f"Picture 1: {pad}andPicture 2: {pad}" in text


def test_a_schema_inside_a_schema_is_written_out():
    """The macro calls itself as deep as the schema goes."""
    inner = {"type": "object", "properties": {"deep": {"type": "array", "items": {}}}}
    tool = json.loads(json.dumps(WEATHER))
    properties = tool["function"]["parameters"]["properties"]
    properties["where"] = {"type": "object", "properties": {"in": inner}}
    text = render("typescript_namespace", [USER], tools=[tool])

    assert "  where?: {\n    in?: {\n      deep?: any[],\n    },\n  },\n}" in text
