"""What runs are held to is written on request alone, and a budget is never narrowed by the way."""

from types import SimpleNamespace

import pytest

from parity.decoded import held
from parity.decoding import budgets
from parity.decoding.budgets import Budget, Key

KEY = Key("00" * 32, "float32", "cpu")


def budget(steps, ambient):
    """A budget that was measured over so many steps."""
    return Budget(10 * ambient, KEY, ("toy,batch=4",), steps, ambient, 10.0)


@pytest.fixture
def updated(tmp_path, monkeypatch):
    """A function that updates the goldens of a run with a budget; and the budget kept then."""
    monkeypatch.delenv("CI", raising=False)

    def update(found):
        asked = SimpleNamespace(wanted=SimpleNamespace(golden=tmp_path), sets={})
        written = held.update(asked, None, SimpleNamespace(budget=found, said=""))
        return budgets.read(tmp_path, KEY), written

    return update


def test_a_budget_over_fewer_steps_leaves_the_one_that_is_kept(updated):
    """A short entry of the same model is not what a long one is judged by."""
    updated(budget(2048, 1e-5))

    assert updated(budget(384, 1e-6)) == (budget(2048, 1e-5), [])


@pytest.mark.parametrize("steps", [384, 2048])
def test_a_budget_over_as_many_steps_or_more_replaces_it(updated, steps):
    """The same entry with a newer engine, too, whether its noise grew or not."""
    updated(budget(384, 1e-5))
    kept, written = updated(budget(steps, 1e-6))

    assert kept == budget(steps, 1e-6)
    assert len(written) == 1
