r"""Fakes, each wrong in one way and named for it: the proof that the toolkit can fail.

`mock:honest` is a toy tokenizer: a text's UTF-8 bytes are its ids (0 to 255), `<s>` and `</s>` are
special tokens, `\ue000` is an added token that is not special. It trains on each text as one
piece. Every other name is a fault on top of it, or, with `of=SPEC`, on top of any backend:
`mock:drops_last_id,of=hf:tiny:byte-bpe-600`.

`parity.backends._faults.FAULTS` maps each name to its class, whose `caught_by` names the check or
law that must see it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from parity import training
from parity.backend import Backend, Identity, Prompt
from parity.backends._faults import ELSEWHERE, FAULTS, TRAPS
from parity.detokenizers.engine import run_script
from parity.detokenizers.redecode import Redecode
from parity.errors import BadSpec
from parity.stops.oracle import wanted
from parity.stream_cases import StopScript
from parity.streaming import decoder_of, stop_steps
from parity.streams import Script, StopRun, Streamed
from parity.types import AddedToken, Encoding, Specials, Trained, Vocabulary

BOS, EOS, ADDED = 256, 257, 258
_SPECIAL: Final = {"<s>": BOS, "</s>": EOS}
_EXTRA: Final = {**_SPECIAL, "\ue000": ADDED}
_CONTENT: Final = {id: content for content, id in _EXTRA.items()}


BEGIN, END = _SPECIAL


class Honest(Backend):
    """A toy tokenizer with nothing wrong: bytes are ids, and no user writes a special token."""

    name = "mock"

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        if isinstance(text, bytes):
            self.lacks("encode of bytes")
        found = _EXTRA if specials != "plain" else {"\ue000": ADDED}
        ids: list[int] = []
        offsets: list[tuple[int, int]] = []
        place = 0
        for piece in re.split("(" + "|".join(map(re.escape, found)) + ")", text):
            if piece in found:
                ids.append(found[piece])
                offsets.append((place, place + len(piece)))
            else:
                for at, character in enumerate(piece, place):
                    data = character.encode("utf-8")
                    ids.extend(data)
                    offsets.extend([(at, at + 1)] * len(data))
            place += len(piece)
        if specials == "template":
            ids, offsets = [BOS, *ids], [(0, 0), *offsets]
        return Encoding(ids, offsets)

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        return [self.encode(text, specials) for text in texts]

    def encode_cut(self, texts: Sequence[str], length: int) -> list[Encoding]:
        fill = [EOS] * length
        return [Encoding([*self.encode(text).ids, *fill][:length]) for text in texts]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        data = bytearray()
        for id in ids:
            if id < BOS:
                data.append(id)
            elif not (skip_special and id in (BOS, EOS)):
                data += _CONTENT[id].encode()
        return data.decode("utf-8", "replace")

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        return [self.decode(ids, skip_special) for ids in batch]  # type: ignore[return-value]

    @property
    def algorithm(self) -> str:
        return "redecode"

    def stream(self, script: Script) -> Streamed:
        return run_script(Redecode, decoder_of(self), script)

    @property
    def stop_rule(self) -> str:
        return "completes_first"

    def stop(self, script: StopScript) -> StopRun:
        steps = stop_steps(Redecode, decoder_of(self), script)
        return wanted(script.stops, steps, self.stop_rule).run

    def eos(self) -> int | None:
        return EOS

    def prompts(self, batch: Sequence[Prompt]) -> list[list[int]]:
        texts = [prompt if isinstance(prompt, str) else repr(prompt) for prompt in batch]
        return [self.encode(text, "template").ids for text in texts]

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        ends = [f"{END}\n"] * len(messages)
        if options.get("continue_final_message"):
            ends[-1:] = [""]
        turns = "".join(
            f"{_told(message)}{end}" for message, end in zip(messages, ends, strict=True)
        )
        return f"{BEGIN}{turns}{'assistant: ' * bool(options.get('add_generation_prompt'))}"

    def expand(self, source: str, variables: dict[str, Any]) -> str:
        return re.sub(r"{{ (\w+) }}", lambda found: str(variables[found[1]]), source)

    def chat_template(self, *, tools: bool = False) -> str:
        return f"{{{{ chat }}}}{' with tools' * tools}\n"

    def chat_ids(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> list[int]:
        return self.encode(self.render(messages, options)).ids

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        merges = training.learn([text.encode() for text in texts], size)
        tokens = [*training.numbered(), *(left + right for left, right in merges)]
        spelt = [training.spell(text.encode(), merges) for text in held_out]
        return Trained(merges, tokens, [[tokens.index(token) for token in one] for one in spelt])

    def vocabulary(self) -> Vocabulary:
        tokens = {id: f"<0x{id:02X}>" for id in range(256)} | _CONTENT
        added = {id: AddedToken(text, text in _SPECIAL) for text, id in _EXTRA.items()}
        return Vocabulary(tokens, added, dict(_EXTRA))

    def normal_form(self, text: str) -> str:
        return text

    def identity(self) -> Identity:
        return Identity(self, "parity")


def _told(message: Mapping[str, Any]) -> str:
    return f"{message.get('role')}: {message.get('content')}".replace("<", "(")


def make(target: str, of: str = "") -> Backend:
    """Return `honest`, or a fault on top of it or of the backend that `of` names."""
    from parity.backends import load  # noqa: PLC0415 (the registry imports this file)

    faults = {**FAULTS, **TRAPS, **ELSEWHERE}
    if target != "honest" and target not in faults:
        raise BadSpec(f"no mock {target!r}; known: honest, {', '.join(faults)}")
    inner = load(of) if of else Honest()
    return inner if target == "honest" else faults[target](inner)
