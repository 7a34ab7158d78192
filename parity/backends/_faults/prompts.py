"""Faults in chat prompts: their text, their ids, their template, what is done to messages."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from parity.backends._faults.fault import Fault

Messages = Sequence[Mapping[str, Any]]


class _Text(Fault):
    caught_by = "prompt"

    def render(self, messages: Messages, options: Mapping[str, Any]) -> str:
        return self.spoil(self.inner.render(messages, options))

    def expand(self, source: str, variables: dict[str, Any]) -> str:
        return self.spoil(self.inner.expand(source, variables))

    def spoil(self, text: str) -> str:
        raise NotImplementedError


class escapes_prompts(_Text):
    """Characters of HTML are escaped."""

    def spoil(self, text: str) -> str:
        return html.escape(text)


class adds_a_newline_to_prompts(_Text):
    """A newline stands behind every prompt."""

    caught_by = "rendered_ids"

    def spoil(self, text: str) -> str:
        return f"{text}\n"


class counts_prompts(_Text):
    """The second prompt has a number in it, and the third another."""

    caught_by = "render_repeatable"

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.count = 0

    def spoil(self, text: str) -> str:
        self.count += 1
        return f"{text}{self.count}"


class fails_on_every_prompt(_Text):
    """Rendering raises."""

    caught_by = "outcome"

    def spoil(self, text: str) -> str:
        raise ValueError(text)


class opens_every_turn(Fault):
    """The assistant's turn is opened whether or not it is asked for."""

    caught_by = "generation_prompt"

    def render(self, messages: Messages, options: Mapping[str, Any]) -> str:
        if options.get("continue_final_message"):
            return self.inner.render(messages, options)
        return self.inner.render(messages, {**options, "add_generation_prompt": True})


class closes_what_is_continued(Fault):
    """A message that is to be continued is ended as every other."""

    caught_by = "continued"

    def render(self, messages: Messages, options: Mapping[str, Any]) -> str:
        return self.inner.render(messages, {**options, "continue_final_message": False})


class doubles_bos_of_chats(Fault):
    """The first id of a chat comes twice."""

    caught_by = "chat_ids"

    def chat_ids(self, messages: Messages, options: Mapping[str, Any]) -> list[int]:
        ids = self.inner.chat_ids(messages, options)
        return [*ids[:1], *ids]


class loses_bos_in_one_call(Fault):
    """The first id is lost where a chat is rendered and encoded in one call."""

    caught_by = "one_call_is_two_steps"

    def chat_ids(self, messages: Messages, options: Mapping[str, Any]) -> list[int]:
        return self.inner.chat_ids(messages, options)[1:]


class trims_templates(Fault):
    """Whitespace at the ends of a template is lost when it is loaded."""

    caught_by = "template_source"

    def chat_template(self, *, tools: bool = False) -> str:
        return self.inner.chat_template(tools=tools).strip()


class changes_messages(Fault):
    """A message gets another role while it is rendered."""

    caught_by = "inputs_unchanged"

    def render(self, messages: Messages, options: Mapping[str, Any]) -> str:
        for message in messages:
            message["role"] = "changed"  # type: ignore[index]  # that is what is wrong
        return self.inner.render(messages, options)


class lets_users_write_tokens(Fault):
    """What looks like a special token in what a user says is one."""

    caught_by = "no_control_ids"

    def render(self, messages: Messages, options: Mapping[str, Any]) -> str:
        said = "".join(str(message.get("content")) for message in messages)
        return self.inner.render(messages, options) + said


class renders_keys_as_they_come(Fault):
    """The keys of a message stand in the prompt, in their order."""

    caught_by = "keys_in_any_order"

    def render(self, messages: Messages, options: Mapping[str, Any]) -> str:
        return self.inner.render(messages, options) + str([list(one) for one in messages])
