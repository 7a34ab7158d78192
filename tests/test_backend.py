"""Backend: what is not overridden answers Unsupported, and says what is lacking."""

import inspect

import pytest

from parity.backend import Backend, refusing
from parity.errors import BadSpec, Refused, Unsupported
from parity.stream_cases import StopScript
from parity.streams import Script, Stops

OPERATIONS = {
    "encode": ("a",),
    "encode_batch": (["a"],),
    "encode_cut": (["a"], 1),
    "decode": ([1],),
    "decode_batch": ([[1]],),
    "vocabulary": (),
    "normal_form": ("a",),
    "stages": ("a",),
    "stream": (Script((), ()),),
    "stop": (StopScript((), Stops()),),
    "prompts": (["a"],),
    "render": ([], {}),
    "expand": ("", {}),
    "snippet": ([], {}),
    "chat_template": (),
    "chat_ids": ([], {}),
    "train": (["a"], 256),
}
HAS_DEFAULTS = {"ahead", "identity", "close", "lacks", "eos"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_that_is_not_there_is_an_answer(name):
    """A backend overrides what its library has."""
    with pytest.raises(Unsupported, match="backend has no"):
        getattr(Backend(), name)(*OPERATIONS[name])


def test_every_operation_is_in_the_table():
    """Who adds one decides what it answers where it is not there."""
    names = {name for name, _ in inspect.getmembers(Backend, inspect.isfunction)}

    assert {name for name in names if not name.startswith("_")} == {*OPERATIONS, *HAS_DEFAULTS}


def test_without_a_word_a_backend_is_its_own_class():
    """So two objects of one class are one thing."""
    backend = Backend()

    assert backend.identity().native is backend


class Panic(BaseException):
    """What compiled code raises where it panics."""


@pytest.mark.parametrize("error", [ValueError("no merges"), KeyError("model"), OSError("cut off")])
def test_what_a_loader_raises_on_a_file_is_a_refusal(error):
    """With the library, the file, and what it said."""
    said = f"lib refuses a.json; its library says {type(error).__name__}: {error}"

    with pytest.raises(Refused) as caught, refusing("lib", "a.json"):
        raise error
    assert str(caught.value) == said
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "error",
    [Panic(), SystemExit(0), KeyboardInterrupt(), MemoryError(), RecursionError(),
     ModuleNotFoundError(), BadSpec("no such file")],
    ids=repr,
)  # fmt: skip
def test_a_crash_is_no_refusal(error):
    """Nor is a package that is missing, or what the user wrote."""
    with pytest.raises(type(error)), refusing("lib", "a.json"):
        raise error
