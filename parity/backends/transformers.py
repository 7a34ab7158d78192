"""transformers' AutoTokenizer on a folder: it rebuilds the pipeline for the classes that it knows.

It is another object than `hf` on the same file, with other ids for some folders: version 5 takes
the class that tokenizer_config.json names and builds normalizer, pre-tokenizer and decoder anew.

Specials: `plain` is `split_special_tokens=True`. Decoding cleans up spaces as the folder's config
says. Streams are the package's TextStreamer, one a request. The option `use` names a class of
transformers to load with, in the place of AutoTokenizer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

logging.disable(logging.WARNING)  # at its import it says that there is no torch: none is needed
import transformers

logging.disable(logging.NOTSET)

from parity.artefact import declared_ids, normal_form, tokenizer_json
from parity.backend import Backend, Identity, refusing
from parity.backends.hf import added_token
from parity.detokenizers.detokenizer import Decoder, Detokenizer, Make
from parity.detokenizers.engine import run_script
from parity.errors import BadSpec
from parity.renderers.worker import FAILURES
from parity.streaming import decoder_of
from parity.streams import Script, Step, Streamed
from parity.types import Encoding, Specials, Vocabulary

KINDS: Final = {"TemplateSyntaxError": "BadTemplate", "UndefinedError": "Undefined"}
"""Exceptions of Jinja2 by the kinds of failures that all renderers have."""
CONFIGS = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "config.json")


class Transformers(Backend):
    """What `from_pretrained` returns for a local folder."""

    name = "transformers"
    releases_gil = True

    def __init__(self, target: str, use: str) -> None:
        transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        self.path, self.content = tokenizer_json(target)
        loader: Any = getattr(transformers, use, None)
        if not hasattr(loader, "from_pretrained"):
            raise BadSpec(f"transformers has no tokenizer class {use!r}")
        with refusing("transformers", self.path.parent):
            self.tokenizer: Any = loader.from_pretrained(self.path.parent, local_files_only=True)
        self.loader = use

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        if isinstance(text, bytes):
            self.lacks("encode of bytes")
        offsets = self.tokenizer.is_fast
        seen = self._call(text, specials, return_offsets_mapping=offsets)
        return Encoding(seen["input_ids"], seen["offset_mapping"] if offsets else None)

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        if any(isinstance(text, bytes) for text in texts):
            self.lacks("encode of bytes")
        if not texts:
            return []
        offsets = offsets and self.tokenizer.is_fast
        seen = self._call(list(texts), specials, return_offsets_mapping=offsets)
        ranges = seen["offset_mapping"] if offsets else [None] * len(texts)
        return [Encoding(*pair) for pair in zip(seen["input_ids"], ranges, strict=True)]

    def encode_cut(self, texts: Sequence[str], length: int) -> list[Encoding]:
        if self.tokenizer.pad_token is None:
            self.lacks("token to fill up with")
        made: dict[str, Any] = {"truncation": True, "padding": "max_length", "max_length": length}
        return [Encoding(ids) for ids in self._call(list(texts), "parse", **made)["input_ids"]]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        text: str = self.tokenizer.decode(ids, skip_special_tokens=skip_special)
        return text

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        texts: list[str] = self.tokenizer.batch_decode(batch, skip_special_tokens=skip_special)
        return texts

    @property
    def algorithm(self) -> str:
        return "text_streamer"

    def stream(self, script: Script) -> Streamed:
        return run_script(self.make_stream, decoder_of(self), script)

    @property
    def make_stream(self) -> Make:
        """What makes a stream of the package's own."""
        return partial(_Stream, self.tokenizer)

    def eos(self) -> int | None:
        found: int | None = self.tokenizer.eos_token_id
        return found

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        if not self.tokenizer.chat_template:
            self.lacks("chat template")
        return str(self._applied(messages, options, tokenize=False))

    def chat_template(self, *, tools: bool = False) -> str:
        if not self.tokenizer.chat_template:
            self.lacks("chat template")
        found: str = self.tokenizer.get_chat_template(None, [{}] if tools else None)
        return found

    def chat_ids(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> list[int]:
        if not self.tokenizer.chat_template:
            self.lacks("chat template")
        ids: list[int] = self._applied(messages, options, tokenize=True, return_dict=False)
        return ids

    def _applied(self, messages: Any, options: Mapping[str, Any], **wanted: bool) -> Any:
        """Return what apply_chat_template gives; what it raises is a failure of a common kind."""
        try:
            return self.tokenizer.apply_chat_template(messages, **wanted, **_arguments(options))
        except Exception as error:
            names = [kind.__name__ for kind in type(error).__mro__]
            kind = next((KINDS[name] for name in names if name in KINDS), "RenderFailed")
            raised = names[0] == "TemplateError"  # by raise_exception; its subclasses are not
            said = f"{names[0]}: {error}"
            raise FAILURES["Raised" if raised else kind](said) from error

    def vocabulary(self) -> Vocabulary:
        tokens = {id: token for token, id in self.tokenizer.get_vocab().items()}
        added = {
            id: added_token(token) for id, token in self.tokenizer.added_tokens_decoder.items()
        }
        return Vocabulary(tokens, added, declared_ids(self.content))

    def normal_form(self, text: str) -> str:
        return normal_form(self.content, text)

    def identity(self) -> Identity:
        inner = getattr(self.tokenizer, "_tokenizer", None)
        configs = [self.path.parent / name for name in CONFIGS]
        return Identity(
            self.tokenizer if inner is None else inner,
            "transformers" if inner is None else "tokenizers",
            [str(self.path), *(str(path) for path in configs if path.is_file())],
            ["transformers", "tokenizers"],
            {"loader": self.loader, "class": type(self.tokenizer).__qualname__},
            self.tokenizer,
            "transformers",
        )

    def _call(self, text: Any, specials: Specials, **options: Any) -> Any:
        return self.tokenizer(
            text,
            add_special_tokens=specials == "template",
            split_special_tokens=specials == "plain",
            return_attention_mask=False,
            return_token_type_ids=False,
            **options,
        )


def _arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what apply_chat_template takes; `variables` are arguments of their own."""
    named = {key: value for key, value in options.items() if key != "variables"}
    return {**named, **options.get("variables", {})}


class _Stream(Detokenizer):
    """The package's own TextStreamer, which never sees the prompt."""

    def __init__(
        self, tokenizer: Any, decoder: Decoder, prompt: Sequence[int], *, skip_special: bool
    ) -> None:
        super().__init__(decoder, prompt, skip_special=skip_special)
        self.native = _Kept(tokenizer, skip_special_tokens=skip_special)

    def step(self, step: Step) -> str:
        self.native.put(_Ids(step.ids))  # type: ignore[no-untyped-call]
        return self.native.last

    def flush(self) -> str:
        self.native.end()  # type: ignore[no-untyped-call]
        return self.native.last


class _Kept(transformers.TextStreamer):
    """A TextStreamer that keeps its last chunk and prints nothing."""

    last = ""

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        self.last = text


class _Ids(list[int]):
    """What a TextStreamer asks of a tensor of one dimension: torch is not needed for it."""

    @property
    def shape(self) -> tuple[int]:
        return (len(self),)

    def tolist(self) -> list[int]:
        return list(self)


def make(target: str, use: str = "AutoTokenizer") -> Backend:
    """Return the backend for a folder, tiny:NAME or asset:NAME."""
    return Transformers(target, use)
