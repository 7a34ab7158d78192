"""Backend: what is not overridden answers Unsupported, and says what is lacking."""

import inspect

import pytest

from parity.backend import Backend
from parity.errors import Unsupported
from parity.stream_cases import StopScript
from parity.streams import Script, Stops

OPERATIONS = {
    "encode": ("a",),
    "encode_batch": (["a"],),
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
}
HAS_DEFAULTS = {"identity", "close", "lacks", "eos"}


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
