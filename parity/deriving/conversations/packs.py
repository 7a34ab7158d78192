"""The packs: each a corpus of messages, and the same in ShareGPT's form with its tokens counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from parity import artefact, backends
from parity.backend import Backend
from parity.deriving.conversations.talk import Pack, Talk, talk
from parity.deriving.conversations.words import languages
from parity.deriving.rows import Family, Files, Row

COUNTS_BY: Final = "byte-bpe-4096"
"""The tiny tokenizer whose tokens are counted: as `hf`, each content alone, no special tokens."""
PACKS: Final = (
    Pack("small", 500, (1, 2)),
    Pack("medium", 2000, (3, 8)),
    Pack("long", 200, (1, 4), (12, 48)),
)
_FROM: Final = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}
_TAGS: Final = ("chat.conversation", "chat.tools", "bidi.rtl", "script.no-space", "code.indent")


def talks(pack: Pack) -> Iterator[Talk]:
    """Yield the conversations of a pack."""
    known = languages(artefact.shipped() / "conversations" / "words.toml")
    for number in range(pack.size):
        yield talk(pack, number, known)


def rows(pack: Pack, _: Files) -> Iterator[Row]:
    """Yield the conversations as cases."""
    for one in talks(pack):
        options = {"tools": one.tools} if one.tools else {}
        place = f"conversations, {one.id}"
        yield Row(one.language, one.messages, one.tags, place, kind="messages", options=options)


def sharegpt(pack: Pack, _: Files) -> dict[str, bytes]:
    """Return the file in ShareGPT's form: a JSON array, one conversation a line."""
    backend = backends.load(f"hf:tiny:{COUNTS_BY}")
    found = [shared(one, backend) for one in talks(pack)]
    lines = (json.dumps(one, ensure_ascii=False) for one in found)
    return {f"{pack.name}.sharegpt.json": ("[\n" + ",\n".join(lines) + "\n]\n").encode()}


def shared(one: Talk, backend: Backend) -> dict[str, Any]:
    """Return a conversation in ShareGPT's form; `tokens` counts each value, in their order."""
    values = [_value(message) for message in one.messages]
    texts = [value["value"] for value in values]
    counts = [len(found.ids) for found in backend.encode_batch(texts, "plain")]
    tokens = {"tokenizer": COUNTS_BY, "total": sum(counts), "values": counts}
    tools = {"tools": json.dumps(one.tools, ensure_ascii=False)} if one.tools else {}
    about = {"id": one.id, "language": one.language, "tokens": tokens}
    return {**about, "conversations": values, **tools}


def _value(message: dict[str, Any]) -> dict[str, str]:
    if "tool_calls" in message:
        call = message["tool_calls"][0]["function"]
        return {"from": "function_call", "value": json.dumps(call, ensure_ascii=False)}
    return {"from": _FROM[message["role"]], "value": message["content"]}


def _family(pack: Pack) -> Family:
    tags = (*_TAGS, "chat.document") if pack.sections[1] else _TAGS
    return Family(
        partial(rows, pack), tags, committed=False, also=partial(sharegpt, pack)
    )  # fmt: skip


FAMILIES: Final = {f"conversations/{pack.name}": _family(pack) for pack in PACKS}
