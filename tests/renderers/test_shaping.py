"""What is done to a conversation before its template sees it: each habit alone."""

import pytest

from parity.renderers.shaping import HABITS, TRANSFORMERS, Shaping, shaped
from parity.renderers.worker import RenderFailed

USER = {"role": "user", "content": "Hi"}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": {"b": 1, "a": "é"}}}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
PARTS = {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
TOOL = {"type": "function", "function": {"name": "f"}}
TOKENS = {"bos_token": "<s>"}


def variables(messages, options=None, **habits):
    """What the template is rendered with."""
    return shaped(messages, options or {}, TOKENS, Shaping(**habits))[0]


def last(messages, **habits):
    """The last message as the template sees it."""
    return variables(messages, **habits)["messages"][-1]


def arguments(given, **habits):
    """The arguments of a call as the template sees them."""
    call = {**CALL, "function": {"name": "f", "arguments": given}}
    (seen,) = last([{**CALLED, "tool_calls": [call]}], **habits)["tool_calls"]
    return seen["function"]["arguments"]


def test_without_habits_the_messages_are_the_callers():
    """The very object: what an engine does to it is done to the caller's."""
    messages = [USER, CALLED]

    assert variables(messages)["messages"] is messages
    assert variables(messages) == {
        "bos_token": "<s>", "messages": messages, "tools": None, "documents": None,
        "add_generation_prompt": False,
    }  # fmt: skip


def test_keys_that_are_null_are_kept_or_dropped():
    """At the top of a message alone."""
    inner = {"role": "user", "content": {"a": None}, "x": None}

    assert last([CALLED], nulls="kept")["content"] is None
    assert "content" not in last([CALLED], nulls="dropped")
    assert last([inner], nulls="dropped") == {"role": "user", "content": {"a": None}}


def test_what_is_absent_is_none_or_undefined():
    """Tools and documents; what is given is given."""
    assert {"tools", "documents"} & variables([USER], absent="undefined").keys() == set()
    assert variables([USER], {"tools": [TOOL]}, absent="undefined")["tools"] == [TOOL]


def test_arguments_are_read_or_written():
    """A text becomes a mapping, a mapping a text; what is no JSON is refused."""
    assert arguments('{"a": 1}', arguments="mapping") == {"a": 1}
    assert arguments({"a": "é"}, arguments="string") == '{"a": "é"}'
    assert arguments("{", arguments="as_is") == "{"
    with pytest.raises(RenderFailed, match="no JSON"):
        arguments("{", arguments="mapping")


def test_content_is_a_text_or_parts():
    """Parts that are no text stay parts."""
    image = {"role": "user", "content": [{"type": "image"}]}

    assert last([USER], content="parts")["content"] == [{"type": "text", "text": "Hi"}]
    assert last([PARTS], content="text")["content"] == "ab"
    assert last([image], content="text") == image
    assert last([CALLED], content="parts")["content"] is None


def test_tools_are_wrapped_or_bare():
    """Whatever they were."""
    bare = TOOL["function"]

    assert variables([USER], {"tools": [bare]}, wrapper="function")["tools"] == [TOOL]
    assert variables([USER], {"tools": [TOOL]}, wrapper="bare")["tools"] == [bare]
    assert variables([USER], {"tools": [TOOL]}, wrapper="function")["tools"] == [TOOL]


def test_reasoning_is_copied_under_its_other_names():
    """As transformers copies it."""
    said = {"role": "assistant", "reasoning": "r"}

    assert last([said], reasoning="copied") == {
        "thinking": "r", "role": "assistant", "reasoning": "r", "reasoning_content": "r",
    }  # fmt: skip


def test_keys_are_sorted_everywhere():
    """As maps that keep no order have them."""
    seen = variables([CALLED], {"tools": [{"b": {"z": 1, "a": 2}, "a": 1}]}, keys="sorted")

    assert list(seen) == sorted(seen)
    assert list(seen["messages"][0]["tool_calls"][0]["function"]["arguments"]) == ["a", "b"]
    assert list(seen["tools"][0]["b"]) == ["a", "z"]


def test_special_tokens_are_defined_or_not():
    """By their names."""
    assert variables([USER])["bos_token"] == TOKENS["bos_token"]
    assert "bos_token" not in variables([USER], specials="undefined")


def test_a_turn_is_opened_when_asked_or_always():
    """And not otherwise."""
    assert not variables([USER])["add_generation_prompt"]
    assert variables([USER], {"add_generation_prompt": True})["add_generation_prompt"]
    assert variables([USER], turn="always")["add_generation_prompt"]


def test_variables_of_a_case_are_variables_of_the_template():
    """They come last, and hide the others."""
    seen = variables([USER], {"variables": {"enable_thinking": False, "bos_token": "B"}})

    assert (seen["enable_thinking"], seen["bos_token"]) == (False, "B")


def finished(messages, text, **habits):
    """A prompt after what is done to it, where the last message is continued."""
    seen, finish = shaped(messages, {"continue_final_message": True}, {}, Shaping(**habits))
    return finish(text.format(seen["messages"][-1]["content"]))


@pytest.mark.parametrize(
    ("said", "template", "expected"),
    [
        ("Yes ", "A: {}<end>", "A: Yes "),
        ("Yes", "{} {}<end>", "Yes" + "CONTINUE_FINAL_MESSAGE_TAG " + " Yes"),
    ],
)
def test_a_message_is_continued_where_its_tag_stands(said, template, expected):
    """The last tag; spaces of the message stay."""
    seen, finish = shaped(
        [{"role": "assistant", "content": said}], {"continue_final_message": True}, {}, TRANSFORMERS
    )
    content = seen["messages"][0]["content"]

    assert finish(template.format(content, content)) == expected


def test_where_a_template_trims_the_prompt_is_trimmed():
    """As transformers does it."""
    _, finish = shaped(
        [{"role": "assistant", "content": "Yes "}], {"continue_final_message": True}, {},
        TRANSFORMERS,
    )  # fmt: skip

    assert finish("A: Yes CONTINUE_FINAL_MESSAGE_TAG<end>") == "A: Yes"


def test_a_message_can_be_cut_after_its_last_place():
    """Without a tag; trailing spaces are lost."""
    messages = [{"role": "assistant", "content": "OK "}]

    assert finished(messages, "OK? {}<end>", continued="cut") == "OK? OK"
    with pytest.raises(RenderFailed, match="not in the prompt"):
        finished(messages, "nothing", continued="cut")


def test_the_last_part_of_text_is_continued():
    """Of a list of parts."""
    seen, _ = shaped([PARTS], {"continue_final_message": True}, {}, Shaping())

    assert seen["messages"][0]["content"][1]["text"].startswith("bCONTINUE")
    assert PARTS["content"][1]["text"] == "b"


@pytest.mark.parametrize(
    ("messages", "options", "match"),
    [
        ([], {}, "at least one message"),
        ([USER], {"continue_final_message": True, "add_generation_prompt": True}, "not both"),
        ([CALLED], {"continue_final_message": True}, "no text to continue"),
        ([], {"continue_final_message": True}, "at least one message"),
        ([USER], {"tools": ["f"]}, "tools are mappings"),
        ([USER], {"documents": [1]}, "documents are mappings"),
    ],
)
def test_what_transformers_refuses_is_refused(messages, options, match):
    """Before anything is rendered."""
    with pytest.raises(RenderFailed, match=match):
        shaped(messages, options, {}, TRANSFORMERS)


def test_every_habit_has_its_field_and_its_default():
    """The first of each."""
    assert {name: ways[0] for name, ways in HABITS.items()} == Shaping()._asdict()
    assert all(getattr(TRANSFORMERS, name) in ways for name, ways in HABITS.items())
