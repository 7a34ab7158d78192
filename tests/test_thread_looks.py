"""Threads that use one backend at once get what one alone gets."""

import sys
import threading

import pytest

from parity import thread_looks
from parity.backends import load
from parity.backends._faults import FAULTS
from parity.backends.mock import Honest
from parity.checks import LAWS
from parity.compare import Verdict
from parity.examine import Examiner
from parity.jobs import jobs_for
from parity.looks import single_ids
from parity.run import live, run
from parity.types import Case
from parity.workers import told_by

FEW = {"threads": 4, "calls": 8}
FEWER = {"threads": 3, "calls": 2}
IN_THREADS = thread_looks.in_threads(thread_looks.SINGLES)


def texts(*payloads, **options):
    """Cases with few threads and calls."""
    return [
        Case(f"t/x-{n:08x}", "text", payload, {**FEW, **options})
        for n, payload in enumerate(payloads)
    ]


class InThreads(Honest):
    """What it does in a thread is another thing than what it does here."""

    def encode(self, text, specials="parse"):
        if threading.current_thread() is not threading.main_thread():
            self.there(text, threading.current_thread().name)
        return super().encode(text, specials)

    def there(self, text, name):
        """What happens in a thread."""


class Notes(InThreads):
    """It keeps who was asked for what."""

    def __init__(self):
        self.asked = {}

    def there(self, text, name):
        self.asked.setdefault(name, []).append(text)


def test_every_thread_is_asked_everything_so_often_that_calls_overlap():
    """Each in an order of its own, all cases in each round."""
    backend = Notes()
    seen = IN_THREADS(backend, texts("a", "b", "c"))

    assert [one.value["ids"] for one in seen] == [[97], [98], [99]]
    assert len(backend.asked) == 4
    assert all(len(asked) == 9 for asked in backend.asked.values())  # three rounds of three
    assert len({tuple(asked) for asked in backend.asked.values()}) == 4


def test_what_one_thread_raises_is_its_observation():
    """The others' answers stay what they are."""

    class FailsInOne(InThreads):
        def there(self, text, name):
            if (text, name) == ("b", "parity-2"):
                raise BaseException("a panic")  # noqa: TRY002

    right, wrong, _ = IN_THREADS(FailsInOne(), texts("a", "b", "c"))

    assert right.value == {"ids": [97]}
    assert (wrong.failure.kind, wrong.failure.message) == (
        "BaseException",
        "thread 3 of 4, from case 2, call 1: a panic",
    )


def test_a_thread_that_hangs_is_an_observation_and_no_hang():
    """It is waited for as long as others answer, and then no longer than is said."""
    released = threading.Event()

    class WaitsInOne(InThreads):
        def there(self, text, name):
            if (text, name) == ("b", "parity-1"):
                released.wait()

    seen = IN_THREADS(WaitsInOne(), texts("a", "b", seconds=0.2))
    released.set()

    assert "Hung" in {one.failure.kind for one in seen if one.failure}
    assert all("thread 2 of 4" in one.failure.message for one in seen if one.failure)


def test_python_changes_threads_as_before_afterwards():
    """What a look sets for a while it sets back."""
    before = sys.getswitchinterval()
    IN_THREADS(Honest(), texts("a"))

    assert sys.getswitchinterval() == before


def test_who_interrupts_a_thread_is_obeyed():
    """Ctrl-C goes to the main thread; a library may raise it in another."""

    class Interrupts(InThreads):
        def there(self, *_):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        IN_THREADS(Interrupts(), texts("a"))


def test_what_a_backend_has_not_is_not_asked_of_threads():
    """Neither a cut nor what stands beside it."""
    backend = Notes()
    backend.encode_cut = lambda *_: backend.lacks("cut")
    seen = LAWS["cut_threads_are_serial"].again(backend, texts("a"))

    assert [one.failure.kind for one in seen] == ["Unsupported"]
    assert backend.asked == {}


@pytest.mark.parametrize(
    ("fault", "payloads"),
    [
        ("shares_a_buffer_between_threads", ["a long text", "another one"]),
        ("shares_a_batch_between_threads", ["a long text", "another one"]),
        ("shares_a_text_between_threads", [(0x61, 0x62, 0x63), (0x64, 0x65)]),
        ("cuts_for_other_threads", ["abcdef", "xyzwv"]),
    ],
)
def test_what_threads_break_is_made_small(fault, payloads):
    """One text is told beside the other that it needs, and who was told otherwise."""
    kind = "ids" if isinstance(payloads[0], tuple) else "text"
    cases = [Case(f"t/x-{n}", kind, payload) for n, payload in enumerate(payloads)]
    backend = FAULTS[fault](Honest())
    todo = [
        job._replace(
            view=job.view._replace(
                views=tuple((name, (*options, *FEWER.items())) for name, options in job.view.views)
            )
        )
        for job in jobs_for([FAULTS[fault].caught_by], ["candidate"])
    ]
    found = [
        one
        for *_, rows in run(
            cases, todo, {"candidate": live(backend)} | {"reference": live(backend)}
        )
        for one in rows
    ]
    examined = Examiner(backend, backend, todo).examine(found[0])
    least = examined.minimal.found

    assert found[0].verdict is Verdict.DIVERGED
    assert (examined.cause, examined.note) == (
        "differs-among-others",
        told_by(found[0].candidate),
    )
    assert examined.note.startswith("thread ")
    assert len(least.case.payload) + sum(len(case.payload) for case in examined.minimal.batch) < 8
    assert not examined.minimal.proven


def test_a_real_library_breaks_where_threads_ask_in_two_modes():
    """It keeps the mode of special tokens in the tokenizer that all threads share."""
    transformers = load("transformers:tiny:byte-bpe-600")
    plain = Case("t/x-0", "text", "<sep> a", {"specials": "plain", "threads": 8, "calls": 2000})
    parse = plain._replace(id="t/x-1", options={**plain.options, "specials": "parse"})
    seen = IN_THREADS(transformers, [plain, parse] * 2)
    right = single_ids(transformers, [plain, parse])

    assert any(told_by(one) for one in seen)
    assert [list(one.value) for one in right] == [[27, 291, 79, 29, 274], [610, 64]]


@pytest.mark.parametrize("law", ["threads_are_serial", "forked_are_serial"])
def test_what_works_in_another_process_is_not_reached_by_threads_and_forks(law):
    """They would share one pipe; a side in a process of its own is asked there."""
    backend = Notes()
    backend.here = False
    (seen,) = LAWS[law].again(backend, texts("a"))

    assert seen.failure.kind == "Unsupported"
    assert backend.asked == {}
