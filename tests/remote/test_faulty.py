"""Harnesses with one thing wrong: each is named for what it does, and the next text is answered."""

import contextlib
import shlex
import sys
from pathlib import Path

import pytest

from parity import backends, conformance
from parity.conformance import BREAKS
from parity.errors import NotWhatWasAsked, ParityError
from parity.seeing import observe

FAULTY = Path(__file__).with_name("faulty.py")


@pytest.fixture
def faulty():
    """A function that loads the harness with a fault."""
    with contextlib.ExitStack() as opened:

        def load(*flags, options=""):
            command = shlex.join([sys.executable, str(FAULTY), *flags])
            backend = backends.load(f"command:{command}{options}")
            opened.callback(backend.talker.close)
            return backend

        yield load


@pytest.mark.parametrize(
    ("flags", "options", "kind", "said"),
    [
        (("--crash-on", "boom"), "", "Crashed", "it was the text"),
        (("--hang-on", "boom"), ",timeout=0.5", "TimedOut", "no reply in 0.5 s"),
        (("--eat-memory-on", "boom"), ",memory=0.25", "OutOfMemory", "0.25 are allowed"),
    ],
)
def test_a_text_that_a_harness_does_not_survive_is_an_observation(
    faulty, flags, options, kind, said
):
    """It is said of that text alone, and the harness is started again for the next."""
    backend = faulty(*flags, options=options)
    seen = observe(backend.encode, "boom")

    assert (seen.failure.kind, said in seen.failure.message) == (kind, True)
    assert backend.encode("a").ids == [97]


@pytest.mark.parametrize(
    ("flag", "kind"),
    [
        ("--half-line", "Crashed"),
        ("--wrong-seq", "Garbage"),
        ("--wrong-count", "BadReply"),
    ],
)
def test_what_is_no_reply_to_a_question_is_named(faulty, flag, kind):
    """Neither a part of a reply nor that of another question is taken for an answer."""
    backend = faulty(flag)
    seen = [observe(backend.encode, text).failure for text in ("a", "b", "c")]

    assert [one and one.kind for one in seen] == [kind] * 3


def test_a_second_reply_is_taken_for_no_other_text(faulty):
    """It may come at once or with the next question: then that has no answer, not a wrong one."""
    backend = faulty("--twice")
    seen = [observe(backend.encode, text) for text in "abcd"]
    kinds = {one.failure.kind if one.failure else one.value.ids[0] for one in seen}

    assert "Garbage" in kinds
    assert all(
        one.failure or one.value.ids == [ord(text)] for one, text in zip(seen, "abcd", strict=True)
    )


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--garbage", "INFO: loaded in 3 ms"),
        ("--die-at-start", "there is no licence"),
        ("--no-hello", "no hello"),
    ],
)
def test_a_harness_that_does_not_begin_says_why(faulty, flag, said):
    """The message has what the harness wrote."""
    with pytest.raises(ParityError, match=said):
        faulty(flag)


@pytest.mark.parametrize("flag", ["--stderr-noise", "--slow-start"])
def test_a_harness_that_is_slow_to_start_or_talks_on_its_standard_error_works(faulty, flag):
    """Neither is wrong."""
    backend = faulty(flag)

    assert [backend.encode(text).ids for text in ("a", "b")] == [[97], [98]]


def test_a_harness_that_is_another_each_time_is_not_what_was_asked_for(faulty):
    """Its version changes from hello to hello."""
    with pytest.raises(NotWhatWasAsked):
        faulty("--lie-version").identity()


def broken(backend):
    """The rules of the kit that a backend breaks."""
    return {one.rule for one in conformance.examine(backend) if one.verdict == BREAKS}


@pytest.mark.parametrize(
    ("flags", "rules"),
    [
        ((), set()),
        (("--stderr-noise",), set()),
        (("--lie-version",), {"identity_is_stable", "hello_repeats"}),
        (("--wrong-count",), {"encode_repeats", "batch_is_single", "lists_are_as_long"}),
        (("--crash-on", "jumps over"), {"encode_repeats", "batch_is_single"}),
    ],
)
def test_the_kit_says_which_rules_a_faulty_harness_breaks(faulty, monkeypatch, flags, rules):
    """Through the pipe, as a user's own."""
    monkeypatch.setattr(conformance.encoding, "MEGABYTE", 1 << 17)

    assert rules <= broken(faulty(*flags))
    assert rules or not broken(faulty(*flags))
