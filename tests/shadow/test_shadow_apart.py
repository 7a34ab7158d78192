"""A candidate in a process of its own: what becomes of it is counted, and it is started again."""

import os
import re
from pathlib import Path

import pytest
from shadowing import Mine, adds_up, ids_of, rows, shadow_of

from parity.remote.process import GIBIBYTE
from parity.shadow import apart, pieces
from parity.shadow.records import Call
from parity.shadow.settings import BadSetting, Settings
from parity.types import Encoding, Failure, Observation


@pytest.fixture
def parted(monkeypatch):
    """The spec of the candidates of `parted`."""
    monkeypatch.chdir(Path(__file__).parent)
    return "py:parted:make"


def test_it_is_asked_and_compared_there(parted, tmp_path):
    """Same and diverged, what it prints, what it changes: as a candidate of this process."""
    shadow, heard = shadow_of(parted, tmp_path / "log", how="process")
    ids = [97]
    answers = [shadow.encode(text) for text in ("ab", "print", "drop", "ab" * 3000)]
    text = shadow.decode(ids)
    outcomes = heard.wait(5)
    shadow.close()
    log = rows(tmp_path / "log")

    assert answers == [ids_of(text) for text in ("ab", "print", "drop", "ab" * 3000)]
    assert (text, ids) == ("a", [97])
    assert [why for _, why in outcomes] == ["", "", "ids.missing", "", "outcome.ChangedInput"]
    assert adds_up(shadow.snapshot())
    assert (log[0]["how"], log[0]["candidate"]["native"]) == ("process", "parted.Parted")
    assert log[1]["difference"] == {"kind": "missing", "path": ["ids", 3], "lengths": [4, 3]}
    assert log[-1]["whole"] is True


def test_one_that_dies_is_started_again(parted, tmp_path):
    """Killed or gone, each call is an error of its own and no other call is lost."""
    shadow, heard = shadow_of(parted, tmp_path / "log", how="process")
    for text in ("die", "ab", "exit", "ab"):
        assert shadow.encode(text) == ids_of(text)
    outcomes = heard.wait(4)
    shadow.close()

    assert outcomes == [("error", "Crashed"), ("same", ""), ("error", "Crashed"), ("same", "")]
    assert shadow.snapshot()["reasons"] == {"error": {"Crashed": 2}}
    assert adds_up(shadow.snapshot())


def test_one_that_hangs_is_ended(parted):
    """Its time is up, and the next call is asked of another one."""
    shadow, heard = shadow_of(parted, how="process", timeout=0.3)
    shadow.encode("hang")
    heard.wait(1)
    shadow.encode("ab")
    outcomes = heard.wait(2)
    shadow.close()

    assert outcomes == [("timeout", "TimedOut"), ("same", "")]


def test_one_that_takes_too_much_memory_is_ended(parted):
    """What it may take is said in GiB."""
    shadow, heard = shadow_of(parted, how="process", memory=0.25)
    shadow.encode("eat")
    outcomes = heard.wait(1)
    shadow.close()

    assert outcomes == [("error", "OutOfMemory")]


def test_one_that_cannot_be_loaded_is_told_by_its_kind(parted, tmp_path):  # noqa: ARG001 (the folder)
    """The reference serves, every call is an error, and the breaker lets no more of them come."""
    shadow, heard = shadow_of("py:parted:fails", tmp_path / "log", how="process", breaker=2)
    answers = [shadow.encode("ab") for _ in range(4)]
    outcomes = heard.wait(4)
    shadow.close()

    assert answers == [ids_of("ab")] * 4
    assert outcomes == [("error", "LoadFailed")] * 2 + [("dropped", "breaker")] * 2
    assert rows(tmp_path / "log")[0]["candidate"] == {"failed": "LoadFailed"}


def test_one_that_hangs_holds_no_close(parted, tmp_path):
    """The footer says that a call was in flight, and its process is gone."""
    shadow, heard = shadow_of(parted, tmp_path / "log", how="process")
    shadow.encode("ab")
    heard.wait(1)
    pid = shadow.watch.side.process.process.pid
    shadow.encode("hang")
    shadow.close(0.1)

    assert rows(tmp_path / "log")[-1]["missing"]["pending"] == 1
    assert rows(tmp_path / "log")[-1]["whole"] is False
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_one_that_was_never_asked_is_never_started(parted, tmp_path):
    """A service that samples nothing has a header and a footer, and no process beside it."""
    shadow, _ = shadow_of(parted, tmp_path / "log", how="process", rate=0.0)
    shadow.encode("ab")
    shadow.close()
    log = rows(tmp_path / "log")

    assert [row["what"] for row in log] == ["header", "footer"]
    assert log[0]["candidate"] == {"failed": "NotLoaded"}
    assert shadow.watch.side.process.starts == 0


def test_it_wants_a_spec():
    """An object cannot be sent to another process, and the message says what can."""
    with pytest.raises(BadSetting, match=re.escape("py:MODULE:MAKE")):
        shadow_of(Mine(), how="process")
    with pytest.raises(BadSetting, match="'fiber'"):
        shadow_of("mock:honest", how="fiber")


VALUES = (
    [], [1], list(range(5000)), [True, *range(100)], [1 << 40] * 600, [1 << 70, *range(100)],
    [(place, place + 1) for place in range(3000)], [(1, 2, 3), *[(1, 2)] * 40], [(True, 2)] * 40,
    [None] * 600, ["\ud83d", b"\xff"] * 300, {"a": [1] * 40, 2: ({"b": [1.5] * 20},)},
    Encoding(list(range(1000)), [(0, 1)] * 1000), [[1] * 100, [2] * 100], ((), [()], ""),
    Observation([1] * 50, Failure("ValueError", "x", fault=True)), [-(1 << 31)] * 20, [0.5] * 40,
)  # fmt: skip


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_what_travels_in_pieces_comes_back_as_it_was(value, trusted):
    """Types included: a True stays a True, and a tuple a tuple."""
    found = pieces.whole(pieces.packed(value, trusted=trusted), trusted=trusted)

    assert repr(found) == repr(value)
    assert type(found) is type(value)


def test_who_is_not_trusted_sends_nothing_that_marshal_reads():
    """Bytes that it did not write can crash it."""
    packed = pieces.packed(list(range(600)), trusted=True)
    mine = pieces.packed([1, "x", None] * 600)

    assert "Built" in repr(packed)
    assert "Built" not in repr(mine)
    assert pieces.whole(packed) != list(range(600))


def test_a_long_question_rests_between_its_pieces(monkeypatch):
    """No step of the interpreter is longer than one piece takes: others run in between."""
    rests = []
    monkeypatch.setattr(apart, "_rest", lambda: rests.append(1))
    ids = list(range(8000))
    call = Call("r", "decode", (ids,), {}, Observation("a"), 0.0, 0.0, 0)
    data = apart.question(call)

    assert len(rests) >= 8000 // pieces.PIECE
    assert len(data) < 6 * 8000


def test_the_limits_are_those_of_the_settings():
    """Seconds and GiB, as they are given."""
    side = apart.Apart("mock:honest", Settings(timeout=3.0, memory=0.5))

    assert (side.limits.seconds, side.limits.memory) == (3.0, GIBIBYTE // 2)


def test_what_cannot_travel_is_an_error_of_its_call(parted):
    """An argument that no pickle takes is counted by what it raised."""
    shadow, heard = shadow_of(parted, how="process")
    shadow.encode("ab", specials=type("Odd", (str,), {})("parse"))
    outcomes = heard.wait(1)
    shadow.close()

    assert outcomes == [("error", "PicklingError")]


def test_what_it_prints_does_not_fill_the_disk(parted, monkeypatch):
    """Of its words the last are kept."""
    monkeypatch.setattr(apart, "SAID", 0)
    shadow, heard = shadow_of(parted, how="process")
    for _ in range(3):
        shadow.encode("print")
    heard.wait(3)
    size = os.fstat(shadow.watch.side.process.said.fileno()).st_blocks
    shadow.close()

    assert size == 0
    assert shadow.snapshot()["same"] == 3
