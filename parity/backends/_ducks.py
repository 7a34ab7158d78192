"""What libraries that are driven by their shape have in common: a dotted path, and who they are.

They translate and do not repair. A mode of special tokens that a library has no call for is
`lacks(...)`; where it has no batch call, ours is a loop over its single one.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple, NoReturn

from parity.backend import HOW, Backend, Identity
from parity.errors import BadSpec, LoadFailed, MissingPackage
from parity.types import Encoding, Specials


class Dotted(NamedTuple):
    """What `module:name.name` leads to. package: the distribution that pip installs."""

    path: str
    found: Any
    module: ModuleType
    package: str

    @property
    def top(self) -> str:
        """The top-level module."""
        return self.module.__name__.partition(".")[0]


def dotted(path: str, package: str = "") -> Dotted:
    """Return what a dotted path leads to.

    Raises BadSpec for a path that leads nowhere, MissingPackage where its module is not installed,
    LoadFailed where it cannot be imported.
    """
    name, colon, names = path.partition(":")
    if not colon or not name or not names:
        raise BadSpec(f"load is a dotted path, such as fastokens:Tokenizer.from_file, not {path!r}")
    if not all(word.isidentifier() for word in (*name.split("."), *names.split("."))):
        raise BadSpec(f"load={path!r}: a dotted path has names with dots between them")
    top = name.partition(".")[0]
    try:
        found: Any = importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = package or top if error.name == top else error.name
        raise MissingPackage(
            f"load={path} needs the package {missing}: pip install {missing}"
        ) from error
    except ImportError as error:
        raise LoadFailed(f"the module {name} cannot be imported: {error}") from error
    module = found
    for part in names.split("."):
        if not hasattr(found, part):
            raise BadSpec(f"load={path}: {found!r} has no {part!r}")
        found = getattr(found, part)
    if not callable(found):
        raise BadSpec(f"load={path}: this is no function or class, but {found!r}")
    return Dotted(path, found, module, _owner(top, package, path))


def _owner(top: str, package: str, path: str) -> str:
    """Return the distribution of a module. Raises BadSpec for one that has no such module."""
    owners = importlib.metadata.packages_distributions().get(top, [])
    if package and owners and package not in owners:
        raise BadSpec(f"package={package}: {path} comes from {', '.join(owners)}")
    return package or _distribution(top)


@functools.cache
def _distribution(top: str) -> str:
    """Return the distribution that a top-level module is from; the module's name if none is."""
    return importlib.metadata.packages_distributions().get(top, [top])[0]


def check_call(load: Dotted, *arguments: object, **named: object) -> None:
    """Raise BadSpec where what is loaded with does not take what it would be given."""
    try:
        signature = inspect.signature(load.found)
    except (TypeError, ValueError):
        return  # compiled code may not say
    try:
        signature.bind(*arguments, **named)
    except TypeError as error:
        raise BadSpec(f"load={load.path} does not take what reads= gives it: {error}") from error


def one_of(option: str, value: str, known: Iterable[str]) -> str:
    """Return the value of an option. Raises BadSpec where it is none of those that are known."""
    if value not in (names := tuple(known)):
        raise BadSpec(f"{option} is {', '.join(names)}, not {value!r}")
    return value


def unlike(found: Mapping[str, str], usual: Mapping[str, str]) -> dict[str, str]:
    """Return the options that are not as usual."""
    return {name: value for name, value in found.items() if value != usual[name]}


WAYS: Final = frozenset(
    {"load", "reads", "then", "calls", "split", "offsets", "decode", "skip", "parse"}
)
"""Options that say how an object is come by and called: another value makes no other library."""


def identity_of(
    native: Any,
    load: Dotted,
    artefacts: Iterable[Path],
    facts: dict[str, str],
    inner: str = "",
    origin: str = "",
) -> Identity:
    """Return who a loaded object is: itself, or the one at `inner` that it is a wrapper of.

    origin: the top-level module that its class must come from; "" is that of `load`.
    """
    home, files = origin or load.top, list(map(str, artefacts))
    packages = [load.package]
    facts = {
        f"{HOW}{name}" if name in WAYS else name: text
        for name, text in {"load": load.path, **facts}.items()
    }
    if not inner:
        return Identity(native, home, files, packages, facts)
    own = native
    for part in inner.split("."):
        if not hasattr(own, part):
            raise BadSpec(f"inner={inner}: {type(own).__qualname__} has no {part!r}")
        own = getattr(own, part)
    return Identity(own, "", files, packages, facts, wrapper=native, wrapper_origin=home)


class Duck(Backend):
    """No bytes, no offsets, loops for batches: what a shape has, it overrides."""

    def __init__(self, name: str, native: Any, identity: Identity) -> None:
        self.name, self.native, self._identity = name, native, identity

    def ids(self, text: str, specials: Specials) -> list[int]:
        """Return the ids of one text: this is overridden, or `encode`."""
        self.lacks("encode")

    def encode(self, text: str | bytes, specials: Specials = "parse") -> Encoding:
        return Encoding(self.ids(self.text(text), specials))

    def encode_batch(
        self, texts: Sequence[str | bytes], specials: Specials = "parse", offsets: bool = False
    ) -> list[Encoding]:
        self.no_offsets(offsets)
        return [self.encode(text, specials) for text in texts]

    def decode_batch(
        self, batch: Sequence[Sequence[int]], skip_special: bool = True
    ) -> list[str] | list[bytes]:
        return [self.decode(ids, skip_special) for ids in batch]  # type: ignore[return-value]

    def identity(self) -> Identity:
        return self._identity

    def text(self, text: str | bytes) -> str:
        """Return a text that is one."""
        if isinstance(text, bytes):
            self.lacks("encode of bytes")
        return text

    def no_offsets(self, offsets: bool) -> None:
        """Answer that there are none, where they are asked for."""
        if offsets:
            self.lacks("offsets")

    def lacks_mode(self, specials: Specials) -> NoReturn:
        """Answer that special tokens cannot be treated so."""
        self.lacks(f"mode {specials!r} of special tokens")


def in_code_points(text: str, ranges: Iterable[Sequence[int]]) -> list[tuple[int, int]]:
    r"""Return ranges of the bytes of a text, in UTF-8, as ranges of its code points.

    A range that begins or ends inside of a code point has all of it. What is beyond the text stays
    beyond it, as far as it was.

    >>> in_code_points("a\u4e2db", [(0, 1), (1, 2), (2, 4), (4, 5), (5, 9)])
    [(0, 1), (1, 2), (1, 2), (2, 3), (3, 7)]
    """
    starts = [
        place
        for place, char in enumerate(text)
        for _ in range(len(char.encode("utf-8", "surrogatepass")))
    ]
    ends = [0, *(place + 1 for place in starts)]
    beyond = len(text) - len(starts)

    def at(table: list[int], place: int) -> int:
        if place < 0:
            return place
        return table[place] if place < len(table) else place + beyond

    return [(at(starts, start), at(ends, end)) for start, end in ranges]
