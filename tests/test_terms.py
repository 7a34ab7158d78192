"""Terms hold where they were set, and nowhere else."""

from pathlib import Path

import pytest

from parity import terms
from parity.terms import Terms


def test_nothing_is_allowed_where_nobody_set_terms():
    """And what is told there is told to nobody."""
    terms.tell("x", "y")

    assert terms.now() == Terms(network=False, moving=False, models=())


def test_terms_end_with_their_block():
    """Those around it hold again, whatever was raised in it."""
    with terms.under(Terms(network=True)) as outer:
        with pytest.raises(ZeroDivisionError), terms.under(Terms(moving=True)) as inner:
            terms.tell("x", str(1 // len(outer)))
        terms.tell("y", "without")
        assert terms.now() == Terms(network=True)

    assert (outer, inner) == ({"y": "without"}, {})
    assert terms.now() == Terms()


def test_a_place_is_looked_for_once_under_some_terms():
    """And anew under others."""
    looked = []

    def look():
        looked.append(1)
        return Path("there")

    for _ in range(2):
        with terms.under(Terms()):
            assert terms.once("x", look) == terms.once("x", look) == Path("there")
    terms.once("x", look)

    assert len(looked) == 3
