"""The one class to subclass: override what a library has, the rest answers Unsupported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

from parity.errors import Unsupported
from parity.types import Encoding, Specials, Vocabulary


class Identity(NamedTuple):
    """What a backend really is; `fingerprint.take` makes a Fingerprint of it.

    native: the object that does the work, or its class.
    origin: the top-level module that `native` must come from; "" where anything will do.
    artefacts: paths of the files that decide its answers.
    packages: distributions whose versions decide its answers.
    facts: anything else that changes answers: options, Unicode versions, the loader's class.
    wrapper, wrapper_origin: an object around `native` that changes answers too, and its module.
    """

    native: object
    origin: str = ""
    artefacts: Sequence[str] = ()
    packages: Sequence[str] = ()
    facts: Mapping[str, str] = {}
    wrapper: object = None
    wrapper_origin: str = ""


class Backend:
    """One implementation under test.

    An adapter translates and does not repair: if a library is wrong, the adapter shows it wrong.
    """

    name = "backend"
    releases_gil = False
    """Whether its batch calls run beside Python for long, so that two sides gain by two threads."""

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
