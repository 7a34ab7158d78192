"""A conversation: who says what, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from parity.deriving.conversations import pieces
from parity.deriving.conversations.words import Draw, Language

RTL: Final = ("ar", "he")
NO_SPACE: Final = ("ja", "zh-hans", "th")


class Pack(NamedTuple):
    """How many conversations, and how long.

    size: conversations; turns: fewest and most questions; sections: of the document that one
        begins with.
    """

    name: str
    size: int
    turns: tuple[int, int]
    sections: tuple[int, int] = (0, 0)


class Talk(NamedTuple):
    """A conversation.

    messages: as the chat operations of engines take them; tools: as they do, or empty.
    """

    id: str
    language: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    tags: tuple[str, ...]


def talk(pack: Pack, number: int, known: list[Language]) -> Talk:
    """Return a conversation of a pack. Its number alone decides what is in it."""
    draw = Draw(f"tokparity conversations {pack.name} {number}")
    language = known[number % len(known)]
    tools = pieces.TOOLS if draw.chance(25) else []
    messages = []
    if draw.chance(40):
        messages.append({"role": "system", "content": language.system})
    for turn in range(draw.between(*pack.turns)):
        speaks = language if draw.chance(85) else draw.one(known)
        sections = draw.between(*pack.sections) if not turn else 0
        messages += _turn(draw, speaks, turn, tools, sections)
    tags = tuple(_tags(pack, language, messages, tools))
    return Talk(f"{pack.name}-{number:04}", language.tag, messages, tools, tags)


def _turn(
    draw: Draw, language: Language, turn: int, tools: list[dict[str, Any]], sections: int
) -> Iterator[dict[str, Any]]:
    """Yield a question, calls of tools, and the answer."""
    question = draw.filled(draw.one(language.more if turn else language.ask), language)
    if sections:
        question = f"{pieces.document(draw, language, sections)}\n\n---\n{question}"
    if draw.chance(15):
        question = f"{question}\n\n{pieces.code(draw, language)}"
    if draw.chance(15):
        question = f"{question} {pieces.emoji(draw)}"
    yield {"role": "user", "content": question}
    if tools and draw.chance(60):
        yield from pieces.tool_call(draw, language, turn)
    said = pieces.answer(draw, language, draw.between(1, 6))
    if draw.chance(25):
        said = f"{said}\n\n{pieces.code(draw, language)}"
    if draw.chance(10):
        said = f"{said} {pieces.emoji(draw)}"
    yield {"role": "assistant", "content": said}


def _tags(
    pack: Pack, language: Language, messages: list[dict[str, Any]], tools: list[dict[str, Any]]
) -> Iterator[str]:
    yield "chat.conversation"
    if pack.sections[1]:
        yield "chat.document"
    if tools:
        yield "chat.tools"
    if language.tag in RTL:
        yield "bidi.rtl"
    if language.tag in NO_SPACE:
        yield "script.no-space"
    if any("```" in message["content"] for message in messages):
        yield "code.indent"
