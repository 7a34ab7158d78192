"""The report for programs: one JSON object, with everything but the payloads."""

import json

import pytest

from parity.reports import summary


@pytest.mark.parametrize("kind", ["diverging", "hostile"])
def test_the_report_parses_and_is_ascii(request, kind):
    """Whatever the payloads hold."""
    text = summary.render(request.getfixturevalue(kind))

    assert text.isascii()
    assert json.loads(text).keys() >= {"header", "pairs", "footer", "divergences", "causes"}


def test_each_divergence_has_its_case_and_place(diverging):
    """And no payload."""
    (found,) = json.loads(summary.render(diverging))["divergences"]

    assert (found["case"], found["check"]) == ("cjk/trap-0a1b2c3d", "ids")
    assert found["difference"]["path"] == [3]


def test_the_verdict_and_the_exit_code_are_there(diverging):
    """A program needs no other place."""
    footer = json.loads(summary.render(diverging))["footer"]

    assert (footer["verdict"], footer["exit"], footer["whole"]) == ("diverged", 1, True)


def test_a_run_without_a_footer_has_no_verdict(diverging):
    """There is nothing to be taken for one."""
    assert json.loads(summary.render(diverging._replace(footer={})))["footer"] == {}
