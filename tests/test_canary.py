"""Canaries: a run that could not fail is not believed."""

import pytest

from parity import canary
from parity.backends._faults import FAULTS
from parity.backends.mock import Honest
from parity.checks import CHECKS
from parity.compare import Difference
from parity.types import Failure


def test_every_canary_is_caught():
    """Each fault, and the honest one in which nothing may be seen."""
    assert canary.release() == canary.Canaries(len(FAULTS), ())


def test_a_blind_check_lets_canaries_live(monkeypatch):
    """Somebody broke the look at offsets: the canaries for it are named."""
    blind = CHECKS["offsets"]._replace(look=CHECKS["ids"].look)
    monkeypatch.setitem(CHECKS, "offsets", blind)

    assert canary.release().survived == ("counts_offsets_in_bytes", "shifts_offsets")


def test_a_blind_comparison_lets_canaries_live(monkeypatch):
    """Somebody broke the comparison of values: only failures are seen any more."""
    monkeypatch.setattr("parity.compare.first_difference", lambda *_: None)

    assert "drops_last_id" in canary.release().survived


def test_lenient_failures_let_canaries_live(monkeypatch):
    """Somebody forgot that a breach agrees with nothing."""
    monkeypatch.setattr("parity.seeing.failed", lambda _: Failure("Unsupported"))

    assert "drops_last_output" in canary.release().survived


def test_a_check_that_cries_wolf_is_a_survivor(monkeypatch):
    """Seeing a fault where there is none is as bad."""
    monkeypatch.setattr("parity.compare.first_difference", lambda *_: Difference("value"))
    monkeypatch.setattr(Honest, "__eq__", lambda *_: False, raising=False)
    monkeypatch.setattr("parity.types.Observation.__eq__", lambda *_: False)

    assert "honest: a fault is seen where there is none" in canary.release().survived


@pytest.mark.parametrize(
    ("survived", "says"), [((), "3/3 canaries caught"), (("a", "b"), "1/3 canaries caught")]
)
def test_the_line_of_a_report_counts_them(survived, says):
    """Planted and caught."""
    assert str(canary.Canaries(3, survived)) == says
