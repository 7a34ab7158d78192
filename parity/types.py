"""The data that everything else passes around: a case, what a backend makes of it, what is seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

Specials = Literal["parse", "plain", "template"]

KINDS: Final = ("text", "bytes", "ids", "messages", "template", "stream", "stop", "train")
AS_JSON: Final = frozenset({"messages", "template"})
"""Kinds whose payload is JSON as it stands in a corpus line, numbers of every sort included."""
TEMPLATE: Final = {"source": str, "variables": {}}
"""The shape of a template that brings what it is rendered with."""
SPECIALS: Final = ("parse", "plain", "template")
"""What becomes of special tokens. `parse`: those found in the text become their ids.
`plain`: the text is only text. `template`: like `parse`, and BOS, EOS and their kin are added."""


class Case(NamedTuple):
    """One input, with one trap in it.

    id: `topic/trap-xxxxxxxx`; the suffix is `case_digest` of the content, so an id never
        comes to mean something else.
    kind: what the payload is.
    payload: str (text; may hold lone surrogates), bytes (UTF-8 that may be ill-formed),
        tuple of ids, a list of chat messages, a template with its variables, or an object as
        `stream_cases` or `training.payload` says.
    options: keyword arguments of the operation, such as `{"specials": "plain"}`.
    """

    id: str
    kind: str
    payload: Any
    options: Mapping[str, Any] = {}
    tags: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""


class Encoding(NamedTuple):
    """What a tokenizer makes of a text.

    ids: token ids, in order.
    offsets: for each id the half-open range [start, end) of the text it came from,
        in code points (not bytes); None where the backend reports none.
    """

    ids: list[int]
    offsets: list[tuple[int, int]] | None = None


class AddedToken(NamedTuple):
    """A token that is matched in the text before the model sees it.

    The flags mean what they mean in tokenizer.json; None where a format has no such flag.
    """

    content: str
    special: bool
    single_word: bool | None = None
    lstrip: bool | None = None
    rstrip: bool | None = None
    normalized: bool | None = None


class Vocabulary(NamedTuple):
    """The vocabulary as a backend really uses it.

    tokens: id to token string, as tokenizer.json spells it (byte-level vocabularies in the
        GPT-2 byte alphabet), added tokens included.
    added: id to added token, by the *effective* id.
    declared: content to id, as the artefact declares it; None where it declares none.
    """

    tokens: dict[int, str]
    added: dict[int, AddedToken]
    declared: dict[str, int] | None = None


class Trained(NamedTuple):
    """What a trainer learnt of texts.

    merges: pairs of tokens, in the order in which they were merged.
    tokens: the bytes of each token, by id.
    ids: of each held-out text, with what was learnt; None where the library only trains.
    """

    merges: Sequence[tuple[bytes, bytes]]
    tokens: Sequence[bytes]
    ids: Sequence[Sequence[int]] | None = None


class Failure(NamedTuple):
    """What a backend did instead of giving a value.

    kind: the name of the exception's class, or `Unsupported`; the message never decides.
    fault: it broke the contract (fewer outputs than inputs, its inputs changed, values that
        are not plain data); two sides with the same fault still do not agree.
    """

    kind: str
    message: str = ""
    fault: bool = False


class Observation(NamedTuple):
    """What was seen of one case: a value, or a failure; or only a signature, in a golden.

    value: plain data (int, str, bytes, None, lists and mappings of these).
    signature: 64 hexadecimal digits where somebody else recorded them; live values have none yet.
    """

    value: Any = None
    failure: Failure | None = None
    signature: str | None = None


def case_digest(kind: str, payload: Any, options: Mapping[str, Any]) -> str:
    r"""Eight hex digits that depend on the content of a case alone.

    `payload` is the JSON value as it stands in a corpus line.

    >>> case_digest("text", "a\u0301", {})
    'ad45e5f4'
    """
    if type(payload) is str and not options:
        content = f'["{kind}",{_compact(payload)},{{}}]'  # the same; strings alone cost a tenth
    else:
        content = _compact([kind, payload, dict(options)])
    return hashlib.sha256(content.encode("ascii")).hexdigest()[:8]


_compact = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
