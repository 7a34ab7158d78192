"""smg, a gateway: its tokenizers, which it runs itself, and the text of the workers behind it.

Special tokens in a text become their ids and none is added, whatever is asked: it ignores keys that
it does not know, so there is no way to ask. It reports no ids with streamed text, and takes none.
Seen live: version 1.13.0, all but the stream, which needs a worker with a model.
"""

from __future__ import annotations

from typing import Any

from parity.servers import openai
from parity.servers.failures import UnknownModel
from parity.servers.shape import (
    Call,
    Question,
    Shape,
    Streaming,
    body,
    encodings,
    facts,
    lists,
    part,
    texts,
)


def _tokenizer(reply: Any, model: str) -> dict[str, str]:
    """Return what it says of a tokenizer; one that is loaded again has another id."""
    rows = lists(part(reply, "tokenizers"))
    for row in rows:
        if model == part(row, "name"):
            return facts(row, "id", "name", "source", "vocab_size")
    names = ", ".join(str(part(row, "name")) for row in rows) or "none"
    raise UnknownModel(f"it has no tokenizer {model!r}; it has: {names}")


SMG = Shape(
    name="smg",
    about="the gateway smg, by /v1/tokenize and /v1/detokenize",
    model="must",
    who=(Question(("/v1/tokenizers",), _tokenizer),),
    specials={"parse": {}},
    skip_special={skip: {"skip_special_tokens": skip} for skip in (True, False)},
    batches=True,
    encode=Call("/v1/tokenize", body("prompt"), encodings("tokens")),
    decode=Call("/v1/detokenize", body("tokens"), texts("text")),
    stream=Streaming("/v1/completions", openai.completion, openai.chunks),
    unknown_model="tokenizer_not_found",
)
