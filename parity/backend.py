"""The one class to subclass: override what a library has, the rest answers Unsupported."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, NoReturn

from parity.errors import ParityError, Refused, Unsupported
from parity.stages import Stages
from parity.stream_cases import StopScript
from parity.streams import Script, StopRun, Streamed
from parity.types import Encoding, Specials, Trained, Vocabulary

Prompt = str | Sequence[Mapping[str, Any]]
"""A text, or chat messages that a template turns into one."""


NO_REFUSALS: Final = (ParityError, ImportError, MemoryError, RecursionError)
"""What a loader may raise without having said anything about the file."""


@contextlib.contextmanager
def refusing(library: str, what: object) -> Iterator[None]:
    """Turn what a library's own loader raises on a file into Refused, with what it said.

    Around that call alone: what we do wrong ourselves is no refusal. Nor is a panic or an exit,
    which are no Exception, nor one of NO_REFUSALS: they go on as they are.

    >>> with refusing("json", "a.json"):
    ...     raise ValueError("Expecting value")
    Traceback (most recent call last):
    parity.errors.Refused: json refuses a.json; its library says ValueError: Expecting value
    """
    try:
        yield
    except NO_REFUSALS:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise Refused(f"{library} refuses {what}; its library says {reason}") from error


HOW: Final = "how."
"""Begins facts that only say how a thing was made: two ways to one thing make no two things."""


class Identity(NamedTuple):
    """What a backend really is; `fingerprint.take` makes a Fingerprint of it.

    native: the object that does the work, or its class.
    origin: the top-level module that `native` must come from; "" where anything will do.
    artefacts: paths of the files that decide its answers.
    packages: distributions whose versions decide its answers.
    facts: anything else that changes answers: options, Unicode versions, the loader's class.
    parts: what else does some of the work, such as the encoding side of a pipeline.
    wrapper, wrapper_origin: an object around `native` that changes answers too, and its module.
    taken: a whole fingerprint, as data, that was taken in the process that does the work.
    """

    native: object
    origin: str = ""
    artefacts: Sequence[str] = ()
    packages: Sequence[str] = ()
    facts: Mapping[str, str] = {}
    wrapper: object = None
    wrapper_origin: str = ""
    parts: Sequence[Identity] = ()
    taken: Mapping[str, Any] | None = None


class Breach(Exception):
    """The backend broke the contract; two sides with the same breach do not agree."""


class Backend:
    """One implementation under test.

    An adapter translates and does not repair: if a library is wrong, the adapter shows it wrong.
    """

    name = "backend"
    spec = ""
    """The spec that it was loaded from, so that another like it can be; "" where it was not."""
    here = True
    """Whether the work is done in this process, where its threads and forks reach it."""
    releases_gil = False
    """Whether its batch calls run beside Python for long, so that two sides gain by two threads."""

    def ahead(self, operation: str, calls: Sequence[tuple[Any, ...]]) -> Backend:
        """Return what will be asked these calls next, in their order: here, it is this.

        A backend of another process asks them there at once, and returns what has the answers.
        operation: `ids` or `offsets`, which both are calls of `encode`, or `decode`.
        """
        return self

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        """Return the ids of one text, and offsets where the library has them."""
        self.lacks("encode")

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        """Return what the library's own batch call makes of the texts; offsets only if asked."""
        self.lacks("encode_batch")

    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str | bytes:
        """Return the text of the ids; bytes where the library gives bytes."""
        self.lacks("decode")

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        """Return what the library's own batch call makes of several id lists."""
        self.lacks("decode_batch")

    def encode_cut(self, texts: Sequence[str], length: int) -> list[Encoding]:
        """Return the texts in one batch, each cut or filled up to so many ids.

        By the library's own means for one call; where it has state alone, that is set, and set
        back as its users do. Special tokens in the texts are read, and none are added.
        """
        self.lacks("call that cuts and fills up")

    def stages(self, text: str, specials: Specials = "parse") -> Stages:
        """Return what each stage makes of one text, where the library lets one look."""
        self.lacks("open stages")

    @property
    def algorithm(self) -> str:
        """The name of the detokenizer that `stream` is; "" where there is none."""
        return ""

    def stream(self, script: Script) -> Streamed:
        """Return what is sent for each step of a script, by what the library has for this."""
        self.lacks("stream")

    @property
    def stop_rule(self) -> str:
        """The tie rule of `stop`, one of `stops.stop_decoder.TIES`; "" where there is none."""
        return ""

    def stop(self, script: StopScript) -> StopRun:
        """Return what is sent of a request that stop strings and stop tokens may end."""
        self.lacks("stop decoder")

    def eos(self) -> int | None:
        """Return the id that ends a text, or None where nothing says."""
        return None

    def render(self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> str:
        """Return the text of a prompt, by the chat template as the library has it."""
        self.lacks("chat template")

    def expand(self, source: str, variables: dict[str, Any]) -> str:
        """Return what the template engine makes of a template that brings its variables."""
        self.lacks("template engine")

    def chat_template(self, *, tools: bool = False) -> str:
        """Return the source of the chat template that wins, for a chat with or without tools."""
        self.lacks("chat template")

    def snippet(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the template, as `source`, and the `variables` that a chat is rendered with."""
        self.lacks("template and variables that can be looked at")

    def chat_ids(
        self, messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> list[int]:
        """Return the ids of a chat, rendered and encoded in one call, as the library has it."""
        self.lacks("call that renders and encodes")

    def prompts(self, batch: Sequence[Prompt]) -> list[list[int]]:
        """Return the ids of prompts, texts and lists of chat messages, as an engine gets them."""
        self.lacks("prompts")

    def train(self, texts: Sequence[str], size: int, held_out: Sequence[str] = ()) -> Trained:
        """Return what is learnt of texts for a vocabulary of `size` tokens, the 256 bytes too.

        held_out: texts that are then encoded with what was learnt.
        """
        self.lacks("trainer")

    def vocabulary(self) -> Vocabulary:
        """Return the vocabulary with its effective ids."""
        self.lacks("vocabulary")

    def normal_form(self, text: str) -> str:
        """Return the form of `text` that decoding its ids is declared to give back."""
        self.lacks("declared normal form")

    def identity(self) -> Identity:
        """Say what this really is."""
        return Identity(self)

    def close(self) -> None:
        """Let go of what this holds."""

    def lacks(self, operation: str) -> NoReturn:
        """Answer that there is no such operation, mode or component."""
        raise Unsupported(f"{self.name} has no {operation}")
