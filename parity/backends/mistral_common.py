"""mistral-common: the chat encoder that Mistral's models are made with, from requests to ids.

No template is rendered: a request is validated, normalised and written id by id, and its text is
what the ids decode to. The target is the name of a tokenizer in the package (`v1`, `v2`, `v3`,
`v3_tekken`, `v3_tekken_image`, `v7`, `v7_image`; it has no tekken of v7 and later), a tekken.json
or tokenizer.model.vN, or a folder with one of them. Nothing is fetched. `mode` is the validator's:
test (the default, as the package's own `MistralTokenizer.v3()`), serving or finetuning.

Requests are made by the package's `from_openai`; of the options it knows `tools`,
`continue_final_message` and `reasoning_effort`. It has no `add_generation_prompt`: a prompt always
asks for an answer, so False is Unsupported, but where the final message is to be continued. What
the validator refuses is let out as the package's own exception.

`render` gives, with `text=own` (the default), what the package's decoder makes of the prompt's ids
with special tokens kept. On SentencePiece that is pieces, not text: U+2581 for a space, `<0x0A>`
for a byte, and a U+2581 or a `<0x0A>` of the user's looks like them. `text=spaced` is derived
here, id by id: U+2581 becomes a space, bytes are UTF-8; so it is the text that a template for
these ids would have written, but for the user's own U+2581, which SentencePiece makes a space too.
On tekken both are one.

Specials: the package finds no special token in a text, on purpose; so `parse` is `plain`, and
`template` adds BOS, as for a text prompt, which ids of `prompts` begin with. There are no offsets
and no batch calls: those here are loops. Decoding with special tokens kept gives pieces, as above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import mistral_common
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode
from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from mistral_common.tokens.tokenizers.sentencepiece import is_sentencepiece
from mistral_common.tokens.tokenizers.tekken import Tekkenizer, is_tekken

from parity.artefact import resolve
from parity.backend import Backend, Identity, Prompt, refusing
from parity.errors import BadSpec
from parity.reference.byte_alphabet import BYTE_TO_CHAR
from parity.types import AddedToken, Encoding, Specials, Vocabulary

FILES: Final = {
    "v1": "tokenizer.model.v1",
    "v2": "mistral_instruct_tokenizer_240216.model.v2",
    "v3": "mistral_instruct_tokenizer_240323.model.v3",
    "v3_tekken": "tekken_240718.json",
    "v3_tekken_image": "tekken_240911.json",
    "v7": "mistral_instruct_tokenizer_241114.model.v7",
    "v7_image": "mistral_instruct_tokenizer_241114.model.v7m1",
}
"""The tokenizers in the package, by their names here."""
OPTIONS: Final = ("tools", "continue_final_message", "reasoning_effort")
"""What `from_openai` takes."""
GENERATE: Final = "add_generation_prompt"
SPACE: Final = "\u2581"


class MistralCommon(Backend):
    """A `MistralTokenizer`, made from a file."""

    name = "mistral_common"

    def __init__(self, path: Path, mode: str, text: str) -> None:
        self.path, self.mode, self.text = path, mode, text
        with refusing("mistral-common", path):
            self.mistral: Any = MistralTokenizer.from_file(path, mode=ValidationMode(mode))
        self.tokenizer: Any = self.mistral.instruct_tokenizer.tokenizer
        self.is_tekken = isinstance(self.tokenizer, Tekkenizer)

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        if isinstance(text, bytes):
            self.lacks("encode of bytes")
        return Encoding(self.tokenizer.encode(text, bos=specials == "template", eos=False))

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        return [self.encode(text, specials) for text in texts]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        policy = SpecialTokenPolicy.IGNORE if skip_special else SpecialTokenPolicy.KEEP
        text: str = self.tokenizer.decode(list(ids), special_token_policy=policy)
        return text

    def decode_batch(self, batch: Sequence[Sequence[int]], skip_special: bool = True) -> list[str]:
        return [self.decode(ids, skip_special) for ids in batch]

    def eos(self) -> int | None:
        found: int = self.tokenizer.eos_id
        return found

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        ids = self._chat(messages, options)
        if self.text == "own" or self.is_tekken:
            return self.decode(ids, skip_special=False)
        return self._spaced(ids)

    def prompts(self, batch: Sequence[Prompt]) -> list[list[int]]:
        return [
            self.encode(prompt, "template").ids
            if isinstance(prompt, str)
            else self._chat(prompt, {GENERATE: True})
            for prompt in batch
        ]

    def chat_ids(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> list[int]:
        return self._chat(messages, options)

    def vocabulary(self) -> Vocabulary:
        special = self.tokenizer.special_ids
        tokens = {id: self._token(id, id in special) for id in range(self.tokenizer.n_words)}
        return Vocabulary(tokens, {id: AddedToken(tokens[id], special=True) for id in special})

    def identity(self) -> Identity:
        library = "tiktoken" if self.is_tekken else "sentencepiece"
        encoder = self.mistral.instruct_tokenizer
        model = self.tokenizer._model  # noqa: SLF001 (the object that does the work)
        return Identity(
            self.mistral,
            "mistral_common",
            [str(self.path)],
            ["mistral-common", "pydantic", library],
            {
                "version": str(self.tokenizer.version.value),
                "encoder": type(encoder).__qualname__,
                "images": type(encoder.image_encoder).__qualname__,
                "mode": self.mode,
                "text": self.text,
            },
            encoder,
            "mistral_common",
            [Identity(model, library)],
        )

    def _chat(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> list[int]:
        for option in options:
            if option not in (*OPTIONS, GENERATE):
                self.lacks(f"option {option!r} of a chat")
        if not (options.get(GENERATE, True) or options.get("continue_final_message")):
            self.lacks("prompt that asks for no answer")
        told = {option: options[option] for option in OPTIONS if option in options}
        from_openai: Any = ChatCompletionRequest.from_openai  # it declares less than it takes
        request = from_openai(list(messages), **told)
        ids: list[int] = self.mistral.encode_chat_completion(request).tokens
        return ids

    def _token(self, id: int, special: bool) -> str:
        """Return a token as tokenizer.json spells it."""
        if special or not self.is_tekken:
            piece: str = self.tokenizer.id_to_piece(id)
            return piece
        return "".join(map(BYTE_TO_CHAR.__getitem__, self.tokenizer.id_to_byte_piece(id)))

    def _spaced(self, ids: Sequence[int]) -> str:
        """Return the text of SentencePiece ids: U+2581 as a space, byte pieces as UTF-8."""
        model, pieces = self.tokenizer._model, []  # noqa: SLF001 (there is no public way)
        for is_byte, run in groupby(ids, model.is_byte):
            names = [str(self.tokenizer.id_to_piece(id)) for id in run]
            if is_byte:  # such a piece is `<0x0A>`
                pieces.append(bytes(int(name[3:5], 16) for name in names).decode())
            else:
                pieces += [name.replace(SPACE, " ") for name in names]
        return "".join(pieces)


def make(target: str, mode: str = "test", text: str = "own") -> Backend:
    """Return the backend for a name, a tekken.json, a tokenizer.model.vN or a folder."""
    if mode not in (modes := [one.value for one in ValidationMode]):
        raise BadSpec(f"mistral_common: the option mode is one of {', '.join(modes)}, not {mode!r}")
    if text not in ("own", "spaced"):
        raise BadSpec(f"mistral_common: the option text is 'own' or 'spaced', not {text!r}")
    return MistralCommon(_file(target), mode, text)


def _file(target: str) -> Path:
    if target in FILES:
        return Path(mistral_common.__file__).parent / "data" / FILES[target]
    try:
        path = resolve(target)
    except BadSpec as error:
        raise BadSpec(f"{error}; or one of {', '.join(FILES)}") from error
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [one for one in inside if is_tekken(one) or is_sentencepiece(one)]
    if len(found) != 1:
        names = ", ".join(one.name for one in found) or "none"
        raise BadSpec(f"{path}: one tekken.json or tokenizer.model.vN is wanted, found: {names}")
    return found[0]
