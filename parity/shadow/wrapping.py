"""What people already have, watched: a tokenizer of any known kind, or any callable, in one line.

    tokenizer = shadowed(tokenizer, fast, rate=0.01, report="shadow.jsonl")

What comes back answers exactly as the reference does. It has the reference's class to
`isinstance`, and hands every attribute on, but the methods that `object_surfaces` names are fronts.
Three things show that it is another object: `type()`; compiled code that wants the very class, such
as `DecodeStream.step(tokenizer, id)`, takes `reference_of(tokenizer)`; and a copy of it, or what a
pickle of it gives, is a copy of the reference, which nobody watches.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from copy import copy, deepcopy
from functools import partial
from types import FunctionType, MethodType
from typing import Any, Final, NamedTuple

from parity.backends import known, load
from parity.errors import UsageError
from parity.shadow import later
from parity.shadow.backend import Shadow, side_of
from parity.shadow.front import Asked, How, front, sampled
from parity.shadow.later import Lasting
from parity.shadow.natives import about, is_shared, kind_of
from parity.shadow.object_surfaces import OBJECTS
from parity.shadow.settings import Settings, settings
from parity.shadow.sides import Failed, Here, Side
from parity.shadow.surfaces import Surface
from parity.shadow.translating import SAYS, Translated
from parity.shadow.watch import Watch

MISSING: Final = object()
STREAM: Final = "stream"
OWN: Final = frozenset((
    "__class__", "__new__", "__init__", "__init_subclass__", "__subclasshook__", "__dict__",
    "__slots__", "__weakref__", "__getattribute__", "__getattr__", "__setattr__", "__delattr__",
    "__del__", "__doc__", "__module__", "__reduce__", "__reduce_ex__", "__getstate__",
    "__setstate__", "__getnewargs__", "__getnewargs_ex__", "__copy__", "__deepcopy__", "__enter__",
    "__exit__", "__get__", "__set_name__", "__class_getitem__", "__dir__",
))  # fmt: skip
"""Names between underscores that are not simply handed on."""


class BadPair(UsageError):
    """A candidate cannot be asked what the reference is asked."""


class State(NamedTuple):
    """What is behind a shadowed object: the reference, its operations, and who watches them."""

    reference: Any
    surfaces: Mapping[str, Surface]
    watch: Watch
    how: How


def shadowed(
    reference: Any = MISSING, candidate: Any = None, *, how: str = "thread", **arguments: Any
) -> Any:
    """Return what answers exactly as the reference does, and lets a sample be compared.

    reference: a transformers tokenizer, a `tokenizers.Tokenizer`, a `tiktoken.Encoding`, what has
        the same methods, a backend or its spec, or any callable: a coroutine function and a
        generator function included. Without it this is a decorator.
    candidate: another of these; or a spec of a backend, or `module:factory`, called without
        arguments to make it. A tokenizer of another kind is asked in its own words.
        One that is the reference itself, or works with the same compiled tokenizer, is copied: two
        threads must not set and read its state at once.
    Other arguments are as of `backend.Shadow`. As a context manager it is closed at the end.
    Raises BadSetting; BadPair where the two cannot be asked the same.

    >>> with shadowed(str.upper, str.lower, rate=1.0) as upper:
    ...     upper("a")
    'A'
    >>> snapshot(upper)["classes"]
    {'value.value': 1}
    """
    if reference is MISSING:
        return lambda function: shadowed(function, candidate, how=how, **arguments)
    kind = kind_of(reference)
    if kind == "backend" or isinstance(reference, str):
        return Shadow(reference, candidate, how=how, **arguments)
    found = settings(**arguments)
    if how == "thread" and found.enabled and isinstance(candidate, str):
        candidate = loaded(candidate)
    if kind in OBJECTS and is_shared(reference, candidate):
        candidate = deepcopy(candidate)
    surfaces = surfaces_of(reference, kind, candidate)
    watch = Watch(found, about(reference), side_for(kind, candidate, how, found), surfaces)
    return proxy(State(reference, surfaces, watch, later.later if kind == "callable" else sampled))


def surfaces_of(reference: Any, kind: str, candidate: Any) -> Mapping[str, Surface]:
    """Return the operations of a reference: of its kind, or the one that a callable is."""
    if kind in OBJECTS:
        names = OBJECTS[kind].items()
        return {name: surface for name, surface in names if hasattr(reference, name)}
    if kind != "callable":
        raise BadPair(f"{reference!a} is no tokenizer of a known kind, and cannot be called")
    called = reference if inspect.isroutine(reference) else type(reference).__call__
    streams = inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called)
    name = STREAM if streams else getattr(reference, "__name__", type(reference).__name__)
    algorithm = getattr(reference, "algorithm", "")
    alike = algorithm and algorithm == getattr(candidate, "algorithm", "")
    return {str(name): later.ALIKE if alike else later.CALLED}


def side_for(kind: str, candidate: Any, how: str, settings: Settings) -> Side:
    """Return where a candidate runs, asked in the words of its own kind.

    kind: of the reference. Raises BadPair, BadSetting.
    """
    if how != "thread" or not settings.enabled or isinstance(candidate, Unloaded):
        if kind == "callable" and how != "thread":
            raise BadPair("a callable's candidate runs in this process: leave out how='process'")
        error = candidate.error if isinstance(candidate, Unloaded) else None
        return Failed(error) if error else Translated(side_of(candidate, how, settings), kind)
    other = kind_of(candidate)
    if kind == "callable":
        if not callable(candidate):
            raise BadPair(f"the reference is called, and {candidate!a} cannot be")
        return Lasting(lambda _: candidate, about(candidate))
    if other not in SAYS:
        known_kinds = ", ".join(sorted(SAYS))
        raise BadPair(f"{candidate!a} is none of {known_kinds}: it cannot be asked as {kind} is")
    here = Here(partial(getattr, candidate), about(candidate))
    if other == kind:
        return here
    return Translated(here, kind, other, fast=bool(getattr(candidate, "is_fast", False)))


class Unloaded(NamedTuple):
    """A candidate that could not be loaded: the reference serves, whatever it is."""

    error: Exception


def loaded(text: str) -> Any:
    """Return what a spec of a backend, or `module:factory`, makes, or Unloaded.

    A kind of backend stands before a module of the same name.
    """
    module, colon, name = text.partition(":")
    try:
        if not colon or module in {one.kind for one in known()}:
            return load(text)
        return getattr(importlib.import_module(module), name)()
    except Exception as error:  # noqa: BLE001 (as for every shadow, it is counted, and not raised)
        return Unloaded(error)


def snapshot(thing: Any) -> dict[str, Any]:
    """Return the counts of what `shadowed` gave, as `counts.Counts.snapshot` does."""
    return state_of(thing).watch.snapshot()


def close(thing: Any, deadline: float | None = None) -> None:
    """Compare what waits within so many seconds, and write the footer; the reference answers on."""
    state_of(thing).watch.close(deadline)


def reference_of(thing: Any) -> Any:
    """Return the bare reference behind what `shadowed` gave."""
    return state_of(thing).reference


def state_of(thing: Any) -> State:
    """Return what is behind a shadowed object. Raises BadPair for one that is not."""
    if not issubclass(type(thing), Shadowed):
        raise BadPair(f"{thing!a} was not made by shadowed()")
    found: State = object.__getattribute__(thing, "_shadow_state")
    return found


def proxy(state: State) -> Any:
    """Return what stands before a reference: a class of its own, so that `len()` and such reach it.

    What is called between underscores is looked up on a class, never on an object.
    """
    kind = type(state.reference)
    members: dict[str, Any] = {"__slots__": (), "__class__": CLASS, "__dict__": FIELDS}
    for name in dir(kind):
        if name.startswith("__") and name.endswith("__") and name not in OWN:
            method = getattr(kind, name, MISSING)
            if callable(method):
                members[name] = _handed_on(name)
            elif method is None:  # says that there is no such operation, as of what has no hash
                members[name] = None
    members["__doc__"] = getattr(state.reference, "__doc__", None)
    members["__module__"] = getattr(state.reference, "__module__", kind.__module__)
    if kind is FunctionType:
        members["__get__"] = _bound
    members |= {name: staticmethod(one) for name, one in _fronts(state)}
    return type(f"Shadowed{kind.__name__}", (Shadowed,), members)(state)


def _fronts(state: State) -> list[tuple[str, Callable[..., Any]]]:
    """Return the fronts by the names of the attributes that they stand for."""
    called = kind_of(state.reference) == "callable"
    return [
        ("__call__" if called else name, _front(state, name, called=called))
        for name in state.surfaces
    ]


def _front(state: State, name: str, *, called: bool) -> Callable[..., Any]:
    call = state.reference if called else getattr(state.reference, name)
    return front(Asked(call, name, state.surfaces[name], state.watch), state.how)


def _handed_on(name: str) -> Callable[..., Any]:
    def passed(self: Any, *args: Any, **named: Any) -> Any:
        reference = reference_of(self)
        return getattr(type(reference), name)(reference, *map(_bare, args), **named)

    return passed


def _bare(thing: Any) -> Any:
    return reference_of(thing) if issubclass(type(thing), Shadowed) else thing


def _bound(self: Any, owner: Any, _: Any = None) -> Any:
    return self if owner is None else MethodType(self, owner)


class Shadowed:
    """The reference, to whoever has it."""

    __slots__ = ("__weakref__", "_shadow_state")

    def __init__(self, state: State) -> None:
        object.__setattr__(self, "_shadow_state", state)

    def __getattr__(self, name: str) -> Any:
        return getattr(reference_of(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(reference_of(self), name, value)
        _renewed(self, name)

    def __delattr__(self, name: str) -> None:
        delattr(reference_of(self), name)
        _renewed(self, name)

    def __dir__(self) -> list[str]:
        return dir(reference_of(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return reference_of(self).__reduce_ex__(protocol)

    def __copy__(self) -> Any:
        return copy(reference_of(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return deepcopy(reference_of(self), memo)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        close(self)


CLASS: Final = property(lambda thing: type(reference_of(thing)))
FIELDS: Final = property(lambda thing: reference_of(thing).__dict__)


def _renewed(thing: Any, name: str) -> None:
    """Let a front stand before what its name means now."""
    state = state_of(thing)
    if name in state.surfaces and kind_of(state.reference) != "callable":
        setattr(type(thing), name, staticmethod(_front(state, name, called=False)))
