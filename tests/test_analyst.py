"""Who answers questions about templates: bounds hold, and what is untrusted costs one answer."""

import pytest

from parity.analyst import Analyst
from parity.renderers.worker import EngineDied, OutOfBounds

ORDINARY = {"source": "a{{ x|int }}", "variables": {"x": "0x"}}
ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
HUGE = ["{{ 'ab' * 10**11 }}", "{{ [0] * 10**10 }}", "{{ 9 ** (9 ** 9) }}"]
DEEP = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"


@pytest.fixture
def analyst(monkeypatch):
    """One that waits no longer than a test can."""
    monkeypatch.setattr("parity.analyst.SECONDS", 2.0)
    made = Analyst()
    yield made
    if made.worker:
        made.worker.close()


def about(source, **variables):
    """A template and what it is rendered with."""
    return {"source": source, "variables": variables}


def is_sound(analyst):
    """Whether it answers an ordinary question as it should."""
    return (
        analyst.construct(ORDINARY, ["a0", None]) == "filter:int"
        and analyst.origin(ORDINARY, "a0", 1) == "template line 1, {{ x|int }}"
    )


def test_its_process_starts_with_the_first_question():
    """Who asks nothing pays nothing."""
    assert Analyst().worker is None


def test_a_construct_and_an_origin_are_told(analyst):
    """What a smallest template shows; where a place of a text comes from."""
    assert is_sound(analyst)
    assert analyst.origin(about("a\n{{ x.y }}", x={"y": "b"}), "a\nb", 2) == (
        "template line 2, {{ x.y }}: x.y"
    )


@pytest.mark.parametrize(
    ("source", "text", "place"),
    [
        ("a{{ x }}", "another text", 1),
        ("a{{ x }}", "ab", 7),
        ("{{ raise_exception('x') }}", "", 0),
        ("{% for", "", 0),
        (DEEP, "", 0),
    ],
)
def test_of_what_is_not_known_nothing_is_told(analyst, source, text, place):
    """A text that is not the template's, a place beyond it, a template that gives none."""
    assert analyst.origin(about(source, x="b"), text, place) == ""
    assert is_sound(analyst)


@pytest.mark.parametrize("source", [ENDLESS, *HUGE])
def test_what_has_no_end_is_not_answered_and_the_next_is(analyst, source):
    """Time and memory are bounded in its process, and another one is started."""
    assert analyst.origin(about(source, x="b"), "text", 0) == ""
    assert is_sound(analyst)


@pytest.mark.parametrize(
    ("expression", "told"),
    [("x|join('a' * 10**11)", "unclassified"), ("'ab' * 10**11", "unclassified"),
     ("9 ** (9 ** 9)", "")],
)  # fmt: skip
def test_an_expression_without_bounds_has_no_value(analyst, expression, told):
    """What a smallest template shows is evaluated there; memory fails at once, time is given up."""
    asked = about(f"{{{{ {expression} }}}}", x=["b", "c"])

    assert analyst.construct(asked, ["1", "2"]) == told
    assert is_sound(analyst)


@pytest.mark.parametrize("failure", [OutOfBounds, EngineDied])
def test_a_question_that_fails_gives_nothing(analyst, monkeypatch, failure):
    """Whatever became of its process, a divergence is told without it."""
    assert is_sound(analyst)

    def fails(_):
        raise failure("no answer")

    monkeypatch.setattr(analyst.worker, "ask", fails)

    assert analyst.construct(ORDINARY, ["a0", None]) == ""
    assert analyst.origin(ORDINARY, "a0", 1) == ""


def test_its_process_may_die_between_two_questions(analyst):
    """One answer is lost, not the run."""
    assert is_sound(analyst)
    analyst.worker.process.process.kill()
    analyst.worker.process.process.wait()

    assert analyst.construct(ORDINARY, ["a0", None]) == ""
    assert is_sound(analyst)
