"""Looks at chat prompts: what each asks of a backend, and that no backend can change its case."""

import json
from copy import deepcopy

import pytest

from parity import prompt_looks
from parity.backend import Backend
from parity.backends.mock import BOS, EOS, Honest
from parity.looks import inputs, inputs_after
from parity.packed import PackedIds
from parity.prompt_looks import in_another_order, in_order
from parity.rendered import OPTIONS
from parity.types import Case

USER = {"role": "user", "content": "Hi"}
ASSISTANT = {"role": "assistant", "content": "Well"}


def chat(*messages, **options):
    """A case of messages."""
    return Case("t/x-00000000", "messages", list(messages), options)


def template(source="<{{ x }}>", **variables):
    """A case of a template."""
    return Case("t/x-00000000", "template", {"source": source, "variables": variables})


def only(look, backend, case):
    """What a look sees of one case."""
    (seen,) = look(backend, [case])
    return seen


class Told(Backend):
    """Keeps what it was asked; its prompt is a number."""

    def __init__(self):
        self.asked = []

    def render(self, messages, options):
        self.asked.append((deepcopy(messages), deepcopy(options)))
        return str(len(self.asked))


class Changes(Honest):
    """Changes everything that it is given."""

    def render(self, messages, options):
        text = super().render(messages, options)
        for message in messages:
            message.clear()
        messages.clear()
        for value in options.values():
            if isinstance(value, dict | list):
                value.clear()
        return text

    def expand(self, source, variables):
        text = super().expand(source, variables)
        variables.clear()
        return text

    def chat_ids(self, messages, options):
        return self.encode(self.render(messages, options)).ids


def test_a_prompt_is_what_render_gives_of_messages_and_expand_of_a_template():
    """Each kind of case goes to its own operation."""
    assert only(prompt_looks.prompts, Honest(), chat(USER)).value == "<s>user: Hi</s>\n"
    assert only(prompt_looks.prompts, Honest(), template(x=7)).value == "<7>"


def test_a_renderer_is_asked_with_the_options_that_are_its_own():
    """What is the tool's, such as `specials`, stays here."""
    options = {name: [name] for name in OPTIONS}
    told = Told()
    prompt_looks.prompts(told, [chat(USER, **options, specials="plain", written_as="x")])

    assert told.asked == [([USER], options)]


@pytest.mark.parametrize(
    ("case", "operation"), [(chat(USER), "chat template"), (template(x=1), "template engine")]
)
def test_what_is_lacking_is_unsupported(case, operation):
    """It is counted, and is no prompt."""
    seen = only(prompt_looks.prompts, Backend(), case)

    assert (seen.failure.kind, operation in seen.failure.message) == ("Unsupported", True)


def test_what_is_no_text_is_no_prompt():
    """It breaks the contract, so that two sides do not agree in it."""

    class GivesNone(Honest):
        def render(self, *_):
            return None

    assert only(prompt_looks.prompts, GivesNone(), chat(USER)).failure.fault


def test_turns_are_asked_without_and_with_one():
    """Whatever the case says, and nothing is continued at the same time."""
    told = Told()
    case = chat(USER, add_generation_prompt=True, continue_final_message=True, tools=[])
    seen = only(prompt_looks.turns, told, case)

    assert seen.value == ["1", "2"]
    assert [options for _, options in told.asked] == [
        {"add_generation_prompt": False, "tools": []},
        {"add_generation_prompt": True, "tools": []},
    ]


@pytest.mark.parametrize(
    ("messages", "asked"),
    [
        ([USER, ASSISTANT], [USER, ASSISTANT]),
        ([ASSISTANT, USER], [ASSISTANT, USER, prompt_looks.BEGUN]),
        ([{}], [{}, prompt_looks.BEGUN]),
        ([], [prompt_looks.BEGUN]),
    ],
)
def test_what_is_continued_is_the_assistants(messages, asked):
    """An answer is begun where the last message is somebody else's; no turn is opened."""
    told = Told()
    prompt_looks.continued(told, [chat(*messages, add_generation_prompt=True)])

    assert told.asked == [(asked, {"add_generation_prompt": False, "continue_final_message": True})]


def test_the_message_that_is_begun_is_nobodys_to_change():
    """One case's backend cannot reach into the next case."""
    before = dict(prompt_looks.BEGUN)
    prompt_looks.continued(Changes(), [chat(USER), chat(USER)])

    assert before == prompt_looks.BEGUN


def test_ids_of_a_rendered_chat_are_those_of_its_text():
    """No special token is added: the template has said what there is."""
    seen = only(prompt_looks.rendered_ids, Honest(), chat(USER))

    assert list(seen.value) == [BOS, *b"user: Hi", EOS, 10]


def test_ids_of_one_call_are_the_backends_own():
    """Neither `render` nor `encode` is asked."""

    class OneCall(Backend):
        def chat_ids(self, messages, options):
            return [len(messages), int(options["add_generation_prompt"])]

    seen = only(prompt_looks.chat_ids, OneCall(), chat(USER, add_generation_prompt=True))

    assert list(seen.value) == [1, 1]
    assert only(prompt_looks.rendered_ids, OneCall(), chat(USER)).failure.kind == "Unsupported"


def test_a_failure_among_ids_leaves_the_others_whole():
    """Packed or not, the values are the same."""

    class FailsOnUser(Honest):
        def render(self, messages, options):
            if messages[0]["role"] == "user":
                raise ValueError
            return super().render(messages, options)

    alone = prompt_looks.rendered_ids(FailsOnUser(), [chat(ASSISTANT)])
    failed, whole = prompt_looks.rendered_ids(FailsOnUser(), [chat(USER), chat(ASSISTANT)])

    assert isinstance(alone, PackedIds)
    assert failed.failure.kind == "ValueError"
    assert list(whole.value) == list(alone[0].value)


SAID = [
    ({"role": "user", "content": "x<s>"}, [BOS], []),
    ({"role": "tool", "content": "<s>"}, [BOS], []),
    ({"role": "user", "content": [{"type": "text", "text": "</s>"}]}, [EOS], []),
    ({"role": "user", "content": [{"type": "image"}, "<s>"]}, [BOS], [BOS]),
    ({"role": "user", "content": None}, [], []),
    ({"role": "assistant", "content": "<s>"}, [BOS], [BOS]),
    ({"role": "system", "content": "</s>"}, [EOS], [EOS]),
    ({"content": "<s>"}, [BOS], [BOS]),
]


class SaysContents(Honest):
    """Its prompt is what stands in `content`, and nothing of a template."""

    def render(self, messages, _):
        return "".join(str(message["content"]) for message in messages)


@pytest.mark.parametrize(("message", "all_of_it", "of_template"), SAID)
def test_only_what_users_and_tools_say_is_made_neutral(message, all_of_it, of_template):
    """Texts and parts of text; control tokens of everybody else are the template's."""
    case = chat(message)

    assert only(prompt_looks.control_ids, SaysContents(), case).value == all_of_it
    assert only(prompt_looks.control_ids_of_template, SaysContents(), case).value == of_template


@pytest.mark.parametrize("content", ["", " \n", "\t"])
def test_what_is_blank_stays_blank(content):
    """A template that trims would make another prompt of a letter."""

    class SpaceIsControl(SaysContents):
        def render(self, messages, options):
            return "<s>" if super().render(messages, options) == content else ""

    case = chat({"role": "user", "content": content})

    assert only(prompt_looks.control_ids_of_template, SpaceIsControl(), case).value == [BOS]


def test_an_added_token_that_is_not_special_controls_nothing():
    """Users may write it."""
    case = chat({"role": "user", "content": "\ue000"})

    assert only(prompt_looks.control_ids, SaysContents(), case).value == []


class ShowsKeys(Honest):
    """A message stands in its prompt as it is."""

    def __init__(self, show):
        self.show = show

    def render(self, messages, _):
        return self.show(messages)


def as_json(messages):
    """JSON between words, one object in another."""
    return f"tools {{ {json.dumps(messages[0])} and {{x}} {json.dumps([messages])}"


def as_list(messages):
    """Names of keys, in their order."""
    return ", ".join(messages[0])


def as_python(messages):
    """What is like JSON and is none."""
    return str(messages[0])


@pytest.mark.parametrize(("show", "agree"), [(as_json, True), (as_list, False), (as_python, False)])
def test_an_order_of_keys_counts_only_where_it_is_not_one_of_json(show, agree):
    """Objects of JSON have none, whatever stands around them."""
    case = chat({"role": "user", "content": {"b": 1, "a": {}}})
    seen = [only(look, ShowsKeys(show), case).value for look in (in_order, in_another_order)]

    assert (seen[0] == seen[1]) is agree


def test_an_order_of_keys_is_turned_in_each_message_and_nowhere_else():
    """Order of messages, and of what they hold, is what the user said."""
    seen = only(in_another_order, ShowsKeys(str), chat(USER, {"a": 1, "b": {"c": 1, "d": 2}}))

    assert seen.value == str([{"content": "Hi", "role": "user"}, {"b": {"c": 1, "d": 2}, "a": 1}])


def test_json_that_is_too_deep_is_text():
    """A prompt may hold what no reader of JSON can end."""
    deep = '{"a":' * 3_000
    seen = only(in_order, ShowsKeys(lambda _: deep), chat(USER))

    assert seen.value == deep


def test_the_source_of_the_template_that_wins_is_seen_with_and_without_tools():
    """A folder may have one for each."""
    cases = [Case("t/a", "template_source", "default"), Case("t/b", "template_source", "tools")]
    seen = prompt_looks.template_source(Honest(), cases)

    assert [one.value for one in seen] == ["{{ chat }}\n", "{{ chat }} with tools\n"]


LOOKS = ("prompts", "turns", "continued", "rendered_ids", "chat_ids", "control_ids",
         "control_ids_of_template", "in_order", "in_another_order")  # fmt: skip


@pytest.mark.parametrize("name", LOOKS)
def test_no_backend_changes_a_case(name):
    """It has a copy of messages and options, and each call one of its own."""
    case = chat(USER, {"role": "tool", "content": [{"text": "x"}]}, tools=[{"a": 1}],
                variables={"b": 2})  # fmt: skip
    before = deepcopy(case)
    looked = getattr(prompt_looks, name)
    honest, seen = only(looked, Honest(), case), only(looked, Changes(), case)

    assert seen.failure is None
    assert seen.value == honest.value
    assert case == before


def test_no_backend_changes_a_case_of_a_template():
    """The variables are copied, too."""
    case = template(x=[1])
    seen = [only(prompt_looks.prompts, Changes(), case).value for _ in range(2)]

    assert seen == ["<[1]>", "<[1]>"]
    assert case.payload == {"source": "<{{ x }}>", "variables": {"x": [1]}}


@pytest.mark.parametrize("case", [chat(USER), template(x=1)], ids=["messages", "template"])
def test_a_change_of_the_inputs_is_seen(case):
    """Of messages and of the variables of a template; who changes nothing is not accused."""
    before = only(inputs, Honest(), case)

    assert only(inputs_after, Honest(), case) == before
    assert only(inputs_after, Changes(), case).failure is None
    assert only(inputs_after, Changes(), case) != before


def test_a_change_that_json_alone_tells_is_seen():
    """An integer that became a float is equal in Python, and another number in a prompt."""

    class MakesFloats(Honest):
        def expand(self, _, variables):
            variables["x"] = float(variables["x"])
            return ""

    case = template(x=1)

    assert only(inputs_after, MakesFloats(), case) != only(inputs, Honest(), case)
