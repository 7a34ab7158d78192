"""What a run file says of itself is believed as far as it can be so."""

import pytest
from planted_runs import row

from parity import plan, reports
from parity.errors import BadPlan, EvidenceLost
from parity.reports.outcome import outcome


def test_a_run_that_planted_nothing_is_inconclusive(planted):
    """No canary survived, and none was there."""
    run = planted([row("ids", compared=9)], canaries={"planted": 0, "survived": []})

    assert outcome(run).exit == 3
    assert "no canary was planted" in reports.render("text", run)


def test_a_count_that_no_run_has_is_damage(planted):
    """Floats have no such whole number, and a share of it would be made up."""
    with pytest.raises(EvidenceLost, match="more than any run has"):
        planted([row("ids", compared=10**400)])


def test_a_folder_in_the_place_of_a_plan_is_no_absence_of_one(tmp_path):
    """It is told, and nothing is planned around it."""
    (tmp_path / "pyproject.toml").mkdir()

    with pytest.raises(BadPlan, match="is no file"):
        plan.has_plan(tmp_path / "pyproject.toml")
