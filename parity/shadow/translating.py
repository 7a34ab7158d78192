"""One kind of tokenizer asked what another kind was asked.

Every kind's call is read as what it means (`READS`), and that is said in the words of the other
kind (`SAYS`). An argument that has no such words is never guessed: the call is skipped, with the
reason `Untranslated`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, NoReturn

from parity.shadow.judging import lost, made_plain
from parity.shadow.records import SKIPPED, Call, Outcome
from parity.shadow.sides import Side
from parity.shadow.surfaces import SURFACES, Surface
from parity.types import Encoding, Observation


class Untranslated(Exception):
    """A call means something that the other kind of tokenizer cannot be asked."""


class Meant(NamedTuple):
    """What a call means.

    what: `encode`, `encode_batch`, `tokens`, `decode`, `decode_batch`, `render` or `chat_ids`.
    given: text, texts, ids, id lists, or messages.
    specials: as `types.Specials`. skip: whether special tokens are left out of the text.
    options: of a chat template, as `Backend.render` takes them.
    """

    what: str
    given: Any
    specials: str = "parse"
    skip: bool = False
    options: Mapping[str, Any] = {}


class Said(NamedTuple):
    """A call in the words of some kind."""

    name: str
    args: tuple[Any, ...]
    named: Mapping[str, Any] = {}


class Translated:
    """A side of another kind than the reference.

    reference, candidate: kinds. fast: whether offsets may be asked of a transformers tokenizer.
    """

    def __init__(
        self, side: Side, reference: str, candidate: str = "backend", *, fast: bool = False
    ) -> None:
        self.side, self.reference, self.candidate, self.fast = side, reference, candidate, fast
        self.how, self.lazy, self.bounded = side.how, side.lazy, side.bounded

    def judged(self, call: Call, surface: Surface) -> Outcome:
        """Ask it in its own words, and compare. A backend gets the answer in a backend's words."""
        try:
            said = translated(self.reference, self.candidate, call, fast=self.fast)
        except Untranslated as error:
            return lost(call, SKIPPED, error)
        there = call._replace(surface=said.name, args=said.args, named=said.named)
        if self.candidate != "backend":
            return self.side.judged(there, surface)._replace(call=call)
        there = there._replace(seen=answered(said.name, made_plain(call.seen, surface.plain)))
        return self.side.judged(there, SURFACES[said.name])._replace(call=call)

    def about(self) -> Mapping[str, Any]:
        """Return what the side says of itself."""
        return self.side.about()

    def after_fork(self) -> None:
        """Let the side know."""
        self.side.after_fork()

    def close(self) -> None:
        """Let go of it."""
        self.side.close()


def answered(name: str, seen: Observation) -> Observation:
    """Return an answer by aspects as a backend gives one to an operation of that name."""
    if seen.failure:
        return seen
    found = seen.value
    if name == "encode":
        return Observation(Encoding(found["ids"], found.get("offsets")))
    if name == "encode_batch":
        ranges = found.get("offsets") or [None] * len(found["ids"])
        rows = zip(found["ids"], ranges, strict=True)
        return Observation([Encoding(ids, offsets) for ids, offsets in rows])
    return Observation(found["ids" if name == "chat_ids" else "text"])


def translated(reference: str, candidate: str, call: Call, *, fast: bool = False) -> Said:
    """Return a call of one kind in the words of another. Raises Untranslated."""
    read = READS[reference].get(call.surface)
    if read is None:
        raise Untranslated(f"{call.surface} of {reference}")
    named = dict(call.named)
    if reference == "tiktoken":
        named["failed"] = call.seen.failure is not None
    try:
        inspect.signature(read).bind(*call.args, **named)
    except TypeError as error:
        raise Untranslated(f"{call.surface}: {error}") from error
    said = SAYS[candidate](read(*call.args, **named))
    asks = fast and candidate == "transformers" and said.name == "__call__"
    return said._replace(named={**said.named, "return_offsets_mapping": True}) if asks else said


def _no(what: str) -> NoReturn:
    raise Untranslated(what)


SHOWN: Final = frozenset((
    "return_attention_mask", "return_token_type_ids", "return_offsets_mapping",
    "return_special_tokens_mask", "verbose",
))  # fmt: skip
"""What only says which parts of an encoding are shown."""
UNUSED: Final[Mapping[str, tuple[Any, ...]]] = {
    "text_pair": (None,), "pair": (None,), "padding": (None, False, "do_not_pad"),
    "truncation": (None, False, "do_not_truncate"), "max_length": (None,), "stride": (0,),
    "is_split_into_words": (False,), "is_pretokenized": (False,), "pad_to_multiple_of": (None,),
    "padding_side": (None,), "return_tensors": (None,), "return_overflowing_tokens": (False,),
    "return_length": (False,), "tokenizer_kwargs": (None,), "text_target": (None,),
    "text_pair_target": (None,), "chat_template": (None,), "sanitize_control_tokens": (False,),
    "return_assistant_tokens_mask": (False,), "clean_up_tokenization_spaces": (False,),
    "return_dict": (True, False),
}  # fmt: skip
"""Arguments, and the values that ask for nothing."""


def _only_unused(named: Mapping[str, Any]) -> None:
    for name, value in named.items():
        if name not in SHOWN and not any(value is one or value == one for one in UNUSED[name]):
            _no(f"{name}={value!r}")


def _known(named: Mapping[str, Any]) -> None:
    unknown = sorted(set(named) - SHOWN - set(UNUSED))
    if unknown:
        _no(f"the argument {unknown[0]}")
    _only_unused(named)


def _specials(*, add: Any, split: Any) -> str:
    if add and split:
        _no("special tokens that are added, and are text where they are found")
    return "template" if add else "plain" if split else "parse"


def _text_or_texts(given: Any, specials: str) -> Meant:
    if isinstance(given, str):
        return Meant("encode", given, specials)
    if isinstance(given, list | tuple) and given and all(isinstance(one, str) for one in given):
        return Meant("encode_batch", list(given), specials)
    _no(f"an input that is {type(given).__name__}")


def _called(
    text: Any, text_pair: Any = None, add_special_tokens: Any = True,
    *, split_special_tokens: Any = False, **rest: Any
) -> Meant:  # fmt: skip
    _known({"text_pair": text_pair, **rest})
    return _text_or_texts(text, _specials(add=add_special_tokens, split=split_special_tokens))


def _encoded(text: Any, *args: Any, **named: Any) -> Meant:
    found = _called(text, *args, **named)
    return found if found.what == "encode" else _no("encode of tokens")


def _tokenized(
    text: Any, pair: Any = None, add_special_tokens: Any = False,
    *, split_special_tokens: Any = False, **rest: Any
) -> Meant:  # fmt: skip
    _known({"pair": pair, **rest})
    specials = _specials(add=add_special_tokens, split=split_special_tokens)
    return _encoded(text, add_special_tokens=False)._replace(what="tokens", specials=specials)


def _decoded(token_ids: Any, skip_special_tokens: Any = False, **rest: Any) -> Meant:
    _known(rest)
    given = token_ids.tolist() if hasattr(token_ids, "tolist") else token_ids
    given = [given] if isinstance(given, int) else given
    if not isinstance(given, list | tuple):
        _no(f"ids that are {type(given).__name__}")
    several = bool(given) and isinstance(given[0], list | tuple)
    return Meant("decode_batch" if several else "decode", given, skip=bool(skip_special_tokens))


def _decoded_each(sequences: Any, skip_special_tokens: Any = False, **rest: Any) -> Meant:
    found = _decoded(sequences, skip_special_tokens, **rest)
    return found if found.what == "decode_batch" else _no("batch_decode of one list")


def _chat(
    conversation: Any, tools: Any = None, documents: Any = None, chat_template: Any = None,
    add_generation_prompt: Any = False, continue_final_message: Any = False,
    tokenize: Any = True, **rest: Any
) -> Meant:  # fmt: skip
    named = {name: rest.pop(name) for name in list(rest) if name in UNUSED}
    _known({"chat_template": chat_template, **named})
    if conversation and isinstance(conversation[0], list | tuple):
        _no("several conversations")
    options = {
        "tools": tools, "documents": documents, "add_generation_prompt": add_generation_prompt,
        "continue_final_message": continue_final_message, "variables": rest,
    }  # fmt: skip
    used = {name: value for name, value in options.items() if value}
    return Meant("chat_ids" if tokenize else "render", conversation, options=used)


def _sequence(
    sequence: Any, pair: Any = None, is_pretokenized: Any = False, add_special_tokens: Any = True
) -> Meant:  # fmt: skip
    _known({"pair": pair, "is_pretokenized": is_pretokenized})
    found = _text_or_texts(sequence, _specials(add=add_special_tokens, split=False))
    return found if found.what == "encode" else _no("encode of words")


def _sequences(input: Any, is_pretokenized: Any = False, add_special_tokens: Any = True) -> Meant:
    _known({"is_pretokenized": is_pretokenized})
    found = _text_or_texts(input, _specials(add=add_special_tokens, split=False))
    return found if found.what == "encode_batch" else _no("encode_batch of one text")


def _ids(ids: Any, skip_special_tokens: Any = True) -> Meant:
    return _decoded(ids, skip_special_tokens)


def _id_lists(sequences: Any, skip_special_tokens: Any = True) -> Meant:
    return _decoded_each(sequences, skip_special_tokens)


def _allowed(
    text: Any, *, allowed_special: Any = frozenset(), disallowed_special: Any = "all",
    num_threads: int = 8, failed: bool = False
) -> Meant:  # fmt: skip
    """Read a tiktoken call. One that answered although all special tokens were refused had none."""
    if allowed_special == "all":
        return _text_or_texts(text, "parse")
    if not allowed_special and not disallowed_special:
        return _text_or_texts(text, "plain")
    if allowed_special or failed or disallowed_special != "all":
        _no("some special tokens that are read, and some that are not")
    return _text_or_texts(text, "parse")


def _ordinary(text: Any, num_threads: int = 8, *, failed: bool = False) -> Meant:
    return _text_or_texts(text, "plain")


def _tokens(
    tokens: Any = (), errors: str = "replace", *, batch: Any = None, num_threads: int = 8,
    failed: bool = False
) -> Meant:  # fmt: skip
    if errors != "replace":
        _no(f"errors={errors!r}")
    return _decoded(tokens if batch is None else batch)


READS: Final[Mapping[str, Mapping[str, Callable[..., Meant]]]] = {
    "transformers": {
        "__call__": _called, "encode": _encoded, "encode_plus": _encoded,
        "batch_encode_plus": _called, "tokenize": _tokenized, "decode": _decoded,
        "batch_decode": _decoded_each, "apply_chat_template": _chat,
    },
    "tokenizers": {
        "encode": _sequence, "encode_batch": _sequences, "encode_batch_fast": _sequences,
        "decode": _ids, "decode_batch": _id_lists,
    },
    "tiktoken": {
        "encode": _allowed, "encode_batch": _allowed, "encode_ordinary": _ordinary,
        "encode_ordinary_batch": _ordinary, "decode": _tokens, "decode_batch": _tokens,
    },
}  # fmt: skip
"""What reads a call, by the kind of the reference and the name of its method."""


def _to_backend(meant: Meant) -> Said:
    if meant.what == "tokens":
        _no("token strings")
    if meant.what in ("render", "chat_ids"):
        return Said(meant.what, (meant.given, meant.options))
    if meant.what.startswith("decode"):
        return Said(meant.what, (meant.given, meant.skip))
    return Said(meant.what, (meant.given, meant.specials))


def _to_tokenizers(meant: Meant) -> Said:
    if meant.what in ("render", "chat_ids"):
        _no("a chat template")
    if meant.what.startswith("decode"):
        return Said(meant.what, (meant.given,), {"skip_special_tokens": meant.skip})
    if meant.specials == "plain":
        _no("special tokens that are text: that is a state of the tokenizer, not of a call")
    name = "encode" if meant.what == "tokens" else meant.what
    return Said(name, (meant.given,), {"add_special_tokens": meant.specials == "template"})


def _to_transformers(meant: Meant) -> Said:
    if meant.what in ("render", "chat_ids"):
        _no("a chat template")
    if meant.what.startswith("decode"):
        name = "batch_decode" if meant.what == "decode_batch" else "decode"
        named = {"skip_special_tokens": meant.skip, "clean_up_tokenization_spaces": False}
        return Said(name, (meant.given,), named)
    asked = {
        "add_special_tokens": meant.specials == "template",
        "split_special_tokens": meant.specials == "plain",
    }
    return Said("tokenize" if meant.what == "tokens" else "__call__", (meant.given,), asked)


def _to_tiktoken(meant: Meant) -> Said:
    if meant.what in ("render", "chat_ids", "tokens") or meant.specials == "template":
        _no("special tokens that are added, token strings, or a chat template")
    if meant.skip:
        _no("special tokens that are left out")
    if meant.what.startswith("decode"):
        return Said(meant.what, (meant.given,))
    if meant.specials == "plain":
        ordinary = {"encode": "encode_ordinary", "encode_batch": "encode_ordinary_batch"}
        return Said(ordinary[meant.what], (meant.given,))
    return Said(meant.what, (meant.given,), {"allowed_special": "all"})


SAYS: Final[Mapping[str, Callable[[Meant], Said]]] = {
    "backend": _to_backend,
    "tokenizers": _to_tokenizers,
    "transformers": _to_transformers,
    "tiktoken": _to_tiktoken,
}
"""What says a meaning in the words of each kind."""
