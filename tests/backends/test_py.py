"""The `py` backend: a function of the user's makes a backend, and anything else is refused."""

import sys

import pytest

from parity.backends import load
from parity.errors import BadSpec, LoadFailed

MODULE = """
from parity.backend import Backend, Identity

class Mine(Backend):
    def __init__(self, **options):
        self.options = options
    def identity(self):
        return Identity(self)

make = Mine
nobody = Backend
number = lambda: 7
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with a module in it."""
    (tmp_path / "mine_for_py.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield
    sys.modules.pop("mine_for_py", None)


def test_options_are_passed_on_as_text():
    """The folder that one stands in is importable."""
    assert load("py:mine_for_py:make,a=1,b=x:y").options == {"a": "1", "b": "x:y"}


def test_an_option_may_have_the_name_of_ours():
    """Options are the function's own."""
    assert load("py:mine_for_py:make,target=x").options == {"target": "x"}


def test_a_backend_that_does_not_say_what_it_is_is_refused():
    """What wraps the other side could be compared with itself."""
    with pytest.raises(LoadFailed, match="give Backend a method identity"):
        load("py:mine_for_py:nobody")


@pytest.mark.parametrize(
    "target", ["", "mine_for_py", "mine_for_py:", ":make", "no_such_module:make", "mine_for_py:no"]
)
def test_a_target_that_leads_nowhere_is_refused(target):
    """The message says what is missing."""
    with pytest.raises(BadSpec, match="py:"):
        load(f"py:{target}")


def test_what_is_no_backend_is_refused():
    """A function that returns something else made nothing to test."""
    with pytest.raises(LoadFailed, match=r"returned int, not a parity\.Backend"):
        load("py:mine_for_py:number")
