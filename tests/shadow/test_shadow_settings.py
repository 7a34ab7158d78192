"""The switch and the knobs: every variable is read or refused, and stands before the arguments."""

import pytest
from fronted import Watched

from parity.shadow.backend import Shadow
from parity.shadow.sampling import Ramp
from parity.shadow.settings import VARIABLES, BadSetting, Settings, settings

READ = [
    *(("PARITY_SHADOW", text, True) for text in ("1", "true", "YES", " on ")),
    *(("PARITY_SHADOW", text, False) for text in ("0", "False", "no", "off ")),
    ("PARITY_SHADOW_REPORT", "logs/shadow.jsonl", "logs/shadow.jsonl"),
    ("PARITY_SHADOW_REPORT", "", ""),
    ("PARITY_SHADOW_MAX_DIFFS", "0", 0),
    ("PARITY_SHADOW_MAX_DIFFS", "64", 64),
    ("PARITY_SHADOW_RATE", "0", 0.0),
    ("PARITY_SHADOW_RATE", "1e-3", 0.001),
    ("PARITY_SHADOW_RATE", "1.0", 1.0),
    ("PARITY_SHADOW_EVERY_N", "", 0),
    ("PARITY_SHADOW_EVERY_N", "3", 3),
]
REFUSED = [
    *(("PARITY_SHADOW", text) for text in ("", "2", "enabled", "tru", "\u0661")),
    *(("PARITY_SHADOW_MAX_DIFFS", text) for text in ("", "-1", "1.5", "many", "\u0663", "1_0")),
    *(("PARITY_SHADOW_RATE", text) for text in ("", "-0.1", "1.01", "nan", "inf", "1%", "0,5")),
    *(("PARITY_SHADOW_EVERY_N", text) for text in ("0", "-3", "2.0", "third", " 3")),
]
ARGUMENTS = [
    {"rate": 1.5}, {"rate": "0.1"}, {"rate": True}, {"rate": float("nan")}, {"rates": {"x": -1.0}},
    {"ramp": Ramp(0.0, 2.0, 5.0)}, {"max_diffs": -1}, {"max_diffs": 1.0}, {"every_n": True},
    {"calls": -1}, {"bytes": 1.5}, {"timeout": 0}, {"timeout": "5"}, {"pause": -1.0},
    {"memory": 0}, {"heartbeat": 0}, {"deadline": 0}, {"content": "all"}, {"key": "text"},
    {"key": b"k" * 65}, {"rotate": -1}, {"keep": -1}, {"breaker": -1}, {"unknown": 1},
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "value"), READ)
def test_a_variable_is_read(name, text, value):
    """What operators write is what is set."""
    found = getattr(settings({name: text}), VARIABLES[name][0])

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_a_variable_that_does_not_parse_is_an_error_that_names_it(name, text):
    """No value is ignored, and none is guessed at."""
    with pytest.raises(BadSetting, match=name):
        settings({name: text})


def test_every_variable_is_read_and_refused_above():
    """A new variable brings its cases."""
    assert {name for name, *_ in READ} == {name for name, _ in REFUSED} | {"PARITY_SHADOW_REPORT"}
    assert {name for name, *_ in READ} == set(VARIABLES)


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
def test_an_argument_that_cannot_be_meant_is_an_error_that_names_it(arguments):
    """Before anything is sampled."""
    with pytest.raises(BadSetting, match=next(iter(arguments)).split("[")[0]):
        settings({}, **arguments)


def test_the_environment_stands_before_arguments():
    """Who operates the service has the last word, on what he names and on nothing else."""
    named = {"PARITY_SHADOW": "0", "PARITY_SHADOW_RATE": "0.5", "PARITY_SHADOW_EVERY_N": ""}
    found = settings(named, enabled=True, rate=0.1, every_n=7, max_diffs=5)

    assert found == Settings(enabled=False, rate=0.5, every_n=0, max_diffs=5)


def test_the_process_s_own_environment_is_read(monkeypatch):
    """`Shadow` itself obeys the switch; a wrong value keeps it from starting."""
    monkeypatch.setenv("PARITY_SHADOW", "maybe")
    with pytest.raises(BadSetting, match="PARITY_SHADOW='maybe'"):
        Shadow("mock:honest", "mock:honest")


def test_switched_off_the_operations_are_the_reference_s_own_methods(monkeypatch):
    """Nothing is between the caller and the reference, and nothing is counted."""
    monkeypatch.setenv("PARITY_SHADOW", "off")
    with Shadow("mock:honest", "mock:drops_last_id", rate=1.0) as shadow:
        assert shadow.encode == shadow.reference.encode
        assert shadow.decode == shadow.reference.decode
        shadow.encode("a")
        assert shadow.snapshot()["calls"] == 0

    def call(text):
        return text

    assert Watched(enabled=False).front(call) is call
