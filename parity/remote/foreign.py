"""A program in any language as a backend: it speaks version 1 of the protocol of docs/protocol.md.

What is changed on the way: offsets in bytes or UTF-16 units become code points (a range that begins
or ends inside a character covers the whole of it). Texts that are to be encoded one at a time are
sent many in a message, and the harness encodes each by a call of its own; if it dies over a
message, each text is sent alone, so that it is known which one it does not survive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from parity.backend import Backend, Breach, Identity
from parity.detokenizers.detokenizer import Decoder, Detokenizer
from parity.detokenizers.engine import run_script
from parity.detokenizers.redecode import Redecode
from parity.errors import LoadFailed, NotWhatWasAsked
from parity.remote import replies, wire
from parity.remote.process import STARTING, ProcessFailed
from parity.remote.talking import Talker
from parity.stream_cases import StopScript
from parity.streaming import decoder_of, stop_steps
from parity.streams import Script, Step, StopRun, Streamed
from parity.types import AddedToken, Encoding, Specials, Trained, Vocabulary

AT_ONCE: Final = 256
"""Texts, or lists of ids, in a message."""


class Unexplained(Breach):
    """It died over a message, and over no part of it."""


class Foreign(Backend):
    """A harness: what it says of itself is `hello`, what it says of what it loaded is `artefact`.

    mark: gives the program and its arguments, as they are now, as a part of a fingerprint.
    """

    here = False
    releases_gil = True

    def __init__(self, talker: Talker, mark: Callable[[int], Mapping[str, Any]]) -> None:
        self.talker, self.mark = talker, mark
        self.hello: dict[str, Any] = {}
        self.artefact: dict[str, Any] = {}
        self.options: dict[str, str] = {}
        self.opened = 0

    @property
    def name(self) -> str:  # type: ignore[override]
        """What it calls itself."""
        return str(self.hello.get("name", "command"))

    @property
    def algorithm(self) -> str:
        """Its own, which nothing is known of; "" where it has no streams."""
        return f"command:{self.name}" if self.has("stream_open") else ""

    def has(self, capability: str) -> bool:
        """Say whether it says that it can do something."""
        return capability in self.hello.get("capabilities", ())

    def ask(self, op: str, /, **fields: Any) -> Any:
        """Return what it answers. Raises Unsupported, what it raised, or a ProcessFailed."""
        if not self.has(op):
            self.lacks(op)
        return self.talker.ask({"op": op, **fields})

    def raw(self, message: Mapping[str, Any]) -> Any:
        """Return the whole reply to a message, whatever it is. Raises a ProcessFailed."""
        return self.talker.raw(message)

    def ahead(self, operation: str, calls: Sequence[tuple[Any, ...]]) -> Backend:
        """Return what answers these calls, in their order, from what is asked here, at once."""
        answers: list[Any] = []
        for modes in _runs(calls):
            for start in range(0, len(modes), AT_ONCE):
                answers += self._some(operation, modes[start : start + AT_ONCE])
        return _Answered(self.name, answers)

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        (found,) = self._some("offsets", [(text, specials)])
        return cast("Encoding", _given(found))

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self._check_modes(texts, specials)
        found = self.ask(
            "encode_batch", texts=wire.texts_out(texts), specials=specials, offsets=offsets
        )
        with replies.reading():
            return [self._encoding(one, text) for one, text in zip(found, texts, strict=False)] + [
                self._encoding(one, "") for one in found[len(texts) :]
            ]

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        (found,) = self._some("decode", [(ids, skip_special)])
        return cast("str | bytes", _given(found))

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        self._check_skip(skip=skip_special)
        found = self.ask(
            "decode_batch", ids=[list(ids) for ids in batch], skip_special=skip_special
        )
        with replies.reading():
            return [_given(replies.text_of(one)) for one in found]

    def stream(self, script: Script) -> Streamed:
        if not self.has("stream_open"):
            self.lacks("stream")
        opened: list[_Stream] = []

        def made(_: Decoder, prompt: Sequence[int], *, skip_special: bool) -> Detokenizer:
            opened.append(_Stream(self, prompt, skip_special=skip_special))
            return opened[-1]

        try:
            return run_script(made, NO_DECODER, script)
        finally:
            for one in opened:
                one.close()

    def stop(self, script: StopScript) -> StopRun:
        if not self.has("stop"):
            self.lacks("stop decoder")
        steps = stop_steps(Redecode, decoder_of(self), script)
        found = self.ask(
            "stop", strings=wire.texts_out(script.stops.strings), ids=list(script.stops.ids),
            visible=script.stops.visible, min_tokens=script.stops.min_tokens,
            steps=[
                {"ids": list(one.ids), "text": wire.text_out(one.text), "finish": one.finish,
                 "shown": wire.text_out(one.shown)}
                for one in steps
            ],
        )  # fmt: skip
        with replies.reading():
            matched = found["matched"]
            if matched is not None and not isinstance(matched, int):
                matched = wire.text_in(matched)
            texts = [replies.string(text) for text in found["texts"]]
            ends = replies.string(found["tail"]), replies.string(found["final"])
            return StopRun(texts, *ends, matched, found["reason"])

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        return replies.string(self.ask("render", messages=list(messages), options=dict(options)))

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        found = self.ask(
            "train", texts=wire.texts_out(texts), size=size, held_out=wire.texts_out(held_out),
            options={},
        )  # fmt: skip
        with replies.reading():
            merges = [(replies.data(left), replies.data(right)) for left, right in found["merges"]]
            return Trained(merges, [replies.data(token) for token in found["tokens"]], found["ids"])

    def vocabulary(self) -> Vocabulary:
        found = self.ask("vocabulary")
        with replies.reading():
            tokens = {int(id): replies.string(token) for id, token in found["tokens"].items()}
            added = {
                row["id"]: AddedToken(
                    replies.string(row["content"]), *(row.get(name) for name in FLAGS)
                )
                for row in found["added"]
            }
            return Vocabulary(tokens, added, found.get("declared"))

    def identity(self) -> Identity:
        """Say what it says of itself now, and which files it is made of."""
        now = self.talker.ask({"op": "hello", "protocol": wire.VERSION}, STARTING)
        if now != self.hello:
            raise NotWhatWasAsked(f"{self.name} says now that it is {now}, and said {self.hello}")
        program = self.mark(self.talker.process.process.pid)
        said = {key: str(self.hello.get(key, "")) for key in ("version", "language", "native")}
        mark = {
            "native": f"{said['language']} {self.name} {said['native']}".strip(),
            "file": program["file"],
            "file_sha256": program["file_sha256"],
            "artefacts": {**program["artefacts"], **self.artefact.get("artefacts", {})},
            "packages": {self.name: said["version"], **self.hello.get("packages", {})},
            "facts": {
                **program["facts"],
                **{f"load {name}": value for name, value in self.options.items()},
                **self.hello.get("facts", {}),
            },
        }
        return Identity(self, taken=mark)

    def close(self) -> None:
        if self.talker.process.alive and self.has("bye"):
            try:
                self.talker.ask({"op": "bye"})
            except ProcessFailed as error:
                raise LoadFailed(f"{self.name} does not say bye: {error}") from error
        self.talker.close()

    def _some(self, operation: str, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return the answers to calls of one mode; an exception in the place of a failure."""
        try:
            return _SENT[operation](self, [call[0] for call in calls], calls[0][1])
        except ProcessFailed as error:
            if len(calls) == 1:
                return [error]
            found = [one for call in calls for one in self._some(operation, [call])]
            if any(isinstance(one, ProcessFailed) for one in found):
                return found
            return [Unexplained(f"{type(error).__name__}: {error}")] * len(calls)
        except Exception as error:  # noqa: BLE001 (what came of these calls)
            return [error] * len(calls)

    def _ids(self, texts: Sequence[str | bytes], specials: Specials) -> list[Any]:
        return self._encoded(texts, specials, offsets=False)

    def _offsets(self, texts: Sequence[str | bytes], specials: Specials) -> list[Any]:
        return self._encoded(texts, specials, offsets=self.hello["offsets"] != "none")

    def _encoded(
        self, texts: Sequence[str | bytes], specials: Specials, *, offsets: bool
    ) -> list[Any]:
        self._check_modes(texts, specials)
        found = self.ask("encode", texts=wire.texts_out(texts), specials=specials, offsets=offsets)
        replies.check_count(found, len(texts))
        return [
            replies.seen(self._encoding, one, text) for one, text in zip(found, texts, strict=True)
        ]

    def _decoded(self, batch: Sequence[Sequence[int]], skip: bool) -> list[Any]:
        self._check_skip(skip=skip)
        found = self.ask("decode", ids=[list(ids) for ids in batch], skip_special=skip)
        replies.check_count(found, len(batch))
        return [replies.seen(replies.text_of, one) for one in found]

    def _check_modes(self, texts: Sequence[str | bytes], specials: Specials) -> None:
        if not self.has(f"specials:{specials}"):
            self.lacks(f"mode {specials!r} of special tokens")
        if any(isinstance(text, bytes) for text in texts) and not self.has("text:bytes"):
            self.lacks("encode of bytes")

    def _check_skip(self, *, skip: bool) -> None:
        if not self.has(f"skip_special:{str(skip).lower()}"):
            self.lacks(f"decode with skip_special={skip}")

    def _encoding(self, found: Any, text: str | bytes) -> Encoding:
        if isinstance(found, list):
            return Encoding(replies.integers(found, "ids"))
        if not isinstance(found, dict):
            raise wire.BadReply(f"an encoding is ids or an object, not {ascii(found)[:80]}")
        replies.raise_failure(found)
        ids, spans = replies.integers(found["ids"], "ids"), found.get("offsets")
        for span in spans or ():
            replies.integers(span, "offsets")
        unit = self.hello.get("offsets", "none")
        if spans is not None and unit in replies.UNITS and isinstance(text, str):
            spans = replies.in_code_points(text, spans, replies.UNITS[unit])
        return Encoding(ids, None if spans is None else [tuple(one) for one in spans])


_SENT: Final[Mapping[str, Callable[..., list[Any]]]] = {
    "ids": Foreign._ids,  # noqa: SLF001 (of this file)
    "offsets": Foreign._offsets,  # noqa: SLF001
    "decode": Foreign._decoded,  # noqa: SLF001
}
FLAGS: Final = ("special", "single_word", "lstrip", "rstrip", "normalized")
NO_DECODER: Final = Decoder(lambda _, __: "", lambda _, __: [], lambda _: b"")
"""A stream of a harness decodes by itself."""


class _Stream(Detokenizer):
    """A stream that the harness holds, under a number of its own."""

    def __init__(self, harness: Foreign, prompt: Sequence[int], *, skip_special: bool) -> None:
        super().__init__(NO_DECODER, prompt, skip_special=skip_special)
        self.harness, self.starts = harness, harness.talker.process.starts
        harness.opened += 1
        self.number = str(harness.opened)
        harness.ask(
            "stream_open", stream=self.number, prompt=list(prompt), skip_special=skip_special
        )

    def step(self, step: Step) -> str | bytes | None:
        found = self.harness.ask(
            "stream_step", stream=self.number, ids=list(step.ids), finish=step.finish,
            matched=wire.text_out(step.matched),
        )  # fmt: skip
        return None if found is None else wire.text_in(found)

    def flush(self) -> str | bytes | None:
        found = self.harness.ask("stream_flush", stream=self.number)
        return None if found is None else wire.text_in(found)

    def close(self) -> None:
        """Let its state go, where the process that holds it is still the same."""
        process = self.harness.talker.process
        if process.alive and process.starts == self.starts:
            self.harness.ask("stream_close", stream=self.number)


class _Answered(Backend):
    """Answers, in the order in which they were asked for."""

    def __init__(self, name: str, answers: Sequence[Any]) -> None:
        self.name, self._answers = name, iter(answers)

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return cast("Encoding", _given(next(self._answers)))

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        return cast("str | bytes", _given(next(self._answers)))


def _runs(calls: Sequence[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Yield calls of one mode that follow one another."""
    run: list[tuple[Any, ...]] = []
    for call in calls:
        kind = isinstance(call[0], bytes), call[1]
        if run and kind != (isinstance(run[0][0], bytes), run[0][1]):
            yield run
            run = []
        run.append(call)
    if run:
        yield run


def _given(found: Any) -> Any:
    if isinstance(found, BaseException):
        raise found
    return found
