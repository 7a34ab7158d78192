"""A backend in a process of its own answers as it does here, and ends nothing but itself."""

import sys
from functools import partial

import pytest

from parity import backends, fingerprint, session
from parity.errors import BadSpec, LoadFailed, SelfComparison, Unsupported
from parity.jobs import jobs_for
from parity.plan import Pair
from parity.remote.isolated import Garbage, interpreter, packed, unpacked
from parity.remote.process import Crashed
from parity.run import live, run
from parity.seeing import observe
from parity.streams import Script, Step
from parity.types import Case, Encoding

MODEL = "hf:tiny:byte-bpe-600"
FAULTS = '''
"""Backends that are wrong in the ways that only a process of their own survives."""
import os, sys, time
from parity.backend import Backend, Identity
from parity.backends.mock import Honest
from parity.types import Encoding

class Faulty(Honest):
    def identity(self):
        return Identity(self)
    def encode(self, text, specials="parse"):
        self.fault(text)
        return super().encode(text, specials)
    def encode_batch(self, texts, specials="parse", offsets=False):
        for text in texts:
            self.fault(text)
        return super().encode_batch(texts, specials, offsets)

class Dies(Faulty):
    def fault(self, text):
        if "die" in text:
            os.kill(os.getpid(), 11)

class Hangs(Faulty):
    def fault(self, text):
        if "die" in text:
            time.sleep(60)

class Eats(Faulty):
    def fault(self, text):
        if "die" in text:
            self.kept = [bytearray(1 << 20) for _ in range(600)]
            time.sleep(60)

class Exits(Faulty):
    def fault(self, text):
        if "die" in text:
            os._exit(0)

class DiesOfMany(Faulty):
    def fault(self, text):
        pass
    def encode_batch(self, texts, specials="parse", offsets=False):
        if len(texts) > 2:
            os._exit(0)
        return super().encode_batch(texts, specials, offsets)

class Prints(Faulty):
    def fault(self, text):
        print("loading", text)
        os.write(1, b"from C\\n")

class Changes(Faulty):
    def fault(self, text):
        pass
    def encode_batch(self, texts, specials="parse", offsets=False):
        texts.reverse()
        return super().encode_batch(texts, specials, offsets)

class Strange(Faulty):
    def fault(self, text):
        pass
    def eos(self):
        return Strange()

def make(name):
    return globals()[name]()

def refuses():
    raise ValueError("no such file format")

def patches():
    import tokenizers
    tokenizers.Tokenizer = None
    return make("Prints")
'''
TEXTS = ["a", "die", "b \U0001f424", "\ud83d"]


@pytest.fixture
def faults(tmp_path, monkeypatch):
    """A folder with faulty backends, which one stands in."""
    (tmp_path / "faults.py").write_text(FAULTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "faults", raising=False)
    return "py:faults:make,name={},isolate=process,timeout=1,memory=0.3"


@pytest.fixture
def there():
    backend = backends.load(f"{MODEL},isolate=process")
    yield backend
    backend.close()


def cases(*texts):
    return [Case(f"t/{place}", "text", text) for place, text in enumerate(texts)]


def looked(backend, name, *texts):
    (job,) = jobs_for([name], ["candidate"])
    found = live(backend)(name, job.candidate[1], cases(*texts))
    return list(found)


def test_every_operation_gives_what_it_gives_here(there):
    here = backends.load(MODEL)
    script = Script(((),), ((Step(0, (72, 105)),), (Step(0, (33,), "length"),)))
    calls = [
        ("encode", "h\u00e9 \U0001f424", "template"), ("encode_batch", ["a", "b"]),
        ("decode", [72, 600], False), ("decode_batch", [[72], [105]]), ("vocabulary",), ("eos",),
        ("stream", script), ("stages", "a b"), ("normal_form", "a"),
    ]  # fmt: skip

    for name, *args in calls:
        assert getattr(there, name)(*args) == getattr(here, name)(*args), name
    assert (there.name, there.algorithm) == (here.name, here.algorithm)


def test_what_it_raises_there_has_its_name_here(there):
    with pytest.raises(Unsupported, match="encode of bytes"):
        there.encode(b"\xff")

    seen = observe(there.encode, "\ud83d")
    assert seen.failure.kind == "TypeError"


def test_a_side_apart_is_the_same_thing_as_the_side_here():
    """Another process makes no other implementation of it."""
    pair = Pair("p", MODEL, f"{MODEL},isolate=process")

    with pytest.raises(SelfComparison):
        session.load_pair(pair)


def test_looks_are_made_there_and_are_the_same(there):
    here = backends.load(MODEL)
    for name in ("ids", "ids_batched", "offsets", "outcome", "inputs_unchanged"):
        texts = ["a", "b\U0001f424", "\ud83d", "<|endoftext|>"]

        assert looked(there, name, *texts) == looked(here, name, *texts), name


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("Dies", "Crashed"), ("Hangs", "TimedOut"), ("Eats", "OutOfMemory"), ("Exits", "Crashed")],
)
def test_the_text_that_it_does_not_survive_is_known_and_the_others_have_ids(faults, fault, kind):
    backend = backends.load(faults.format(fault))

    found = looked(backend, "ids", *TEXTS[:3])
    backend.close()

    assert [seen.failure and seen.failure.kind for seen in found] == [None, kind, None]
    assert found[0].value == [97]


def test_one_that_dies_of_all_texts_and_of_none_alone_is_no_agreement(faults):
    """A batch of three is too many, and each text alone is fine."""
    backend = backends.load(faults.format("DiesOfMany"))
    found = looked(backend, "ids_batched", "a", "b", "c", "d")
    backend.close()

    assert {seen.failure.kind for seen in found} == {"UnexplainedFailure"}
    assert all(seen.failure.fault for seen in found)


@pytest.mark.parametrize("fault", ["Dies", "Hangs"])
def test_two_sides_that_die_alike_do_not_agree(faults, fault):
    """A process that ended gave no answer: nothing is known of what it would have said."""
    sides = {name: live(backends.load(faults.format(fault))) for name in ("reference", "candidate")}
    ((_, tally, differing),) = run(cases("a", "die"), jobs_for(["ids"]), sides)
    for side in sides.values():
        side.backend.close()

    assert (tally.failed, [found.case.payload for found in differing]) == (0, ["die"])


def test_what_a_library_prints_is_no_answer(faults):
    backend = backends.load(faults.format("Prints"))

    assert backend.encode("a") == Encoding([97], [(0, 1)])
    backend.close()


def test_what_is_done_to_a_list_there_is_done_to_it_here(faults):
    backend = backends.load(faults.format("Changes"))
    texts = ["a", "b"]
    backend.encode_batch(texts)

    assert texts == ["b", "a"]
    (seen,) = looked(backend, "inputs_unchanged", "a")
    backend.close()
    assert seen.failure is None


def test_an_answer_that_is_no_plain_data_is_a_breach(faults):
    backend = backends.load(faults.format("Strange"))
    seen = observe(backend.eos)
    backend.close()

    assert seen.failure.kind == "Garbage"
    assert seen.failure.fault


def test_nothing_but_plain_data_is_unpickled():
    with pytest.raises(Garbage, match=r"functools\.partial"):
        unpacked(packed(partial(print, "x")))


@pytest.mark.usefixtures("faults")
def test_what_does_not_load_there_is_told_here():
    with pytest.raises(LoadFailed, match="ValueError: no such file format"):
        backends.load("py:faults:refuses,isolate=process")


@pytest.mark.usefixtures("faults")
def test_what_is_patched_there_is_not_patched_here():
    backend = backends.load("py:faults:patches,isolate=process")
    backend.close()

    assert backends.load(MODEL).encode("a").ids


def test_the_fingerprint_is_taken_there_anew_each_time(there):
    here = fingerprint.take("x", backends.load(MODEL))

    assert fingerprint.take("x", there) == here
    assert fingerprint.take("x", there).essence() == here.essence()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("isolate=thread", "isolate is process or none"),
        ("isolate=none,python=python3", "python= is another process"),
        ("python=", "python= names an interpreter"),
        ("isolate=process,timeout=soon", "timeout is a number of seconds"),
        ("isolate=process,memory=0", "memory is a number of GiB"),
        ("timeout=5", "has no option 'timeout'"),
        ("isolate=process,bad=1", "has no option 'bad'"),
    ],
)
def test_a_wrong_option_says_what_is_wanted(options, told):
    with pytest.raises(BadSpec, match=told):
        backends.load(f"{MODEL},{options}")


@pytest.mark.parametrize(
    ("python", "told"),
    [
        ("old/bin/python", "there is no interpreter"),
        ("env:old", "there is no whole environment"),
        ("/dev/null", "there is no interpreter"),
        ("/bin/cat", "/bin/cat does not run a backend in a process of its own"),
    ],
)
def test_an_interpreter_that_is_none_stops_its_pair_alone(python, told):
    """Other pairs go on: it is this machine that lacks it, not the plan that is wrong."""
    with pytest.raises(LoadFailed, match=told):
        backends.load(f"{MODEL},python={python}")


def test_an_interpreter_is_found_in_an_environment(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)

    assert interpreter(str(tmp_path)) == str(tmp_path / "bin" / "python")
    assert interpreter(sys.executable) == sys.executable


def test_one_that_was_ended_from_outside_is_started_again(there):
    there.talker.process.process.kill()
    seen = observe(there.encode, "a")

    assert seen.failure.kind == Crashed.__name__
    assert there.encode("a").ids
