"""What a shadow promises whoever reads its zero, and whoever stands behind it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from shadow_logs import Told
from shadowing import Mine, adds_up, rows

from parity.backends import load
from parity.errors import BadSpec, Unsupported
from parity.servers import address
from parity.servers.failures import BadReply
from parity.shadow import log
from parity.shadow.apart import Apart
from parity.shadow.backend import THEIRS, Shadow
from parity.shadow.judging import told
from parity.shadow.proxy.answers import Answer, read
from parity.shadow.records import DIVERGED, Call
from parity.shadow.sampling import Sampler
from parity.shadow.settings import BadSetting, settings
from parity.shadow.surfaces import SURFACES, Whole, weight
from parity.streams import Emitted
from parity.types import Encoding, Observation

ENOUGH = ("--min-compared", "100")


def test_a_shadow_has_all_that_its_reference_has():
    """Code that takes a backend does not find out which of the two it got."""
    reference = load("mock:honest,of=hf:tiny:byte-bpe-600")
    with Shadow(reference, "mock:drops_last_id", rate=0.0) as shadow:
        assert shadow.eos() == reference.eos()
        assert shadow.vocabulary() == reference.vocabulary()
        assert shadow.algorithm == reference.algorithm
        assert shadow.stop_rule == reference.stop_rule
        assert [getattr(shadow, name) for name in THEIRS] == [
            getattr(reference, name) for name in THEIRS
        ]


def test_no_two_processes_draw_the_same_calls():
    """Else no worker that is short-lived would ever be sampled, or all of them at one place."""
    due = [Sampler(0.001).gate("encode").due for _ in range(20)]
    sampler = Sampler(0.001)
    before = sampler.gate("encode").due
    sampler.after_fork({"encode": 50})

    assert len(set(due)) > 10
    assert sampler.gate("encode").due != before
    assert sampler.gate("encode").due >= 50


class RefusesOthers(Mine):
    """Calls what it gets wrong unsupported."""

    def encode(self, text, specials="parse"):
        if not text.isascii():
            raise Unsupported("no such text")
        return super().encode(text, specials)


def test_a_candidate_that_refuses_what_it_gets_wrong_passes_no_gate(project, tokparity):
    """A skip hides nothing where the reference answered, and the candidate answers others."""
    path = project.folder / "log"
    with Shadow(Mine(), RefusesOthers(), rate=1.0, report=str(path)) as shadow:
        for number in range(240):
            shadow.encode("a" if number % 2 else "é")
    ran = tokparity("shadow", "gate", "log", *ENOUGH)

    assert ran.code == 3
    assert "120 of 240 sampled of encode were answered by the reference alone" in ran.out


def test_calls_that_only_fail_alike_pass_no_gate(project, tokparity):
    """That nobody answers is no agreement about answers."""
    Told(project.folder / "log").fate("same", 200, "ValueError").same(99).footer()
    ran = tokparity("shadow", "gate", "log", *ENOUGH)

    assert ran.code == 3
    assert "200 of 299 compared failed alike" in ran.out


@pytest.mark.parametrize("output", ["log", "./log", "store"])
def test_replay_replaces_nothing_that_it_reads(project, tokparity, output):
    """Neither the evidence nor the user's own store."""
    Told(project.folder / "log").ask("abc").footer()
    project.file("store", json.dumps({"text": "abc"}) + "\n")
    before = {name: (project.folder / name).read_bytes() for name in ("log", "store")}
    ran = tokparity("shadow", "replay", "log", "--store", "store", "--output", output)

    assert ran.code == 2
    assert {name: (project.folder / name).read_bytes() for name in before} == before


def test_a_report_of_a_run_without_counts_says_what_lines_there_are(project, tokparity):
    """It was killed before its first heartbeat."""
    path = Told(project.folder / "log").ask("abc").footer()
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    ran = tokparity("shadow", "report", "log")

    assert "NOTHING IS COUNTED, and 1 divergences have lines" in ran.out


class ChangesIds(Mine):
    """Changes the ids that it is given, and decodes what they were."""

    def decode(self, ids, skip_special=True):
        ids.append(1)
        return super().decode(ids[:-1], skip_special)


def test_what_is_logged_is_what_was_asked(tmp_path):
    """A candidate that changes its input does not change the digest by which that is found."""
    logs = [tmp_path / "changed", tmp_path / "other"]
    for path, candidate in zip(logs, (ChangesIds(), load("mock:drops_last_id")), strict=True):
        with Shadow(Mine(), candidate, rate=1.0, report=str(path)) as shadow:
            shadow.decode([97, 98, 99])
            shadow.encode("abc")
    changed = next(row for row in rows(logs[0]) if row["what"] == "divergence")

    assert changed["class"] == "outcome.ChangedInput"
    assert changed["input"]["shape"]["args"][0]["ids"] == 3


def test_a_stream_that_is_finished_is_handed_over():
    """With `with` or without; one that is dropped is said to be."""
    with Shadow("mock:honest", "mock:drops_last_id", rate=1.0) as shadow:
        shadow.live().finish("eos")
        left = shadow.live()
        left.step([97])
        del left
    found = shadow.snapshot()

    assert (found["compared"], found["reasons"]) == (1, {"skipped": {"Abandoned": 1}})
    assert adds_up(found)


def test_what_an_object_holds_is_weighed():
    """Else the bound on what waits would bind nothing."""

    class Message:
        def __init__(self):
            self.text = "a" * 1_000_000

    class Slotted:
        __slots__ = ("text",)

        def __init__(self):
            self.text = "a" * 1_000_000

    assert weight(Message()) > 1_000_000
    assert weight(Slotted()) > 1_000_000


def test_a_process_that_cannot_be_started_is_an_error(monkeypatch):
    """No descriptor or no temporary folder is left: that is counted as any failure is."""
    side = Apart("mock:honest", settings({}))

    def fails():
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(side.process, "start", fails)

    assert side.about() == {"failed": "OSError"}


def test_content_that_is_huge_is_left_out_and_said(tmp_path, monkeypatch):
    """A log whose lines nobody reads is no evidence."""
    monkeypatch.setattr(log, "CONTENT", 2_000)
    path = tmp_path / "log"
    sides = "mock:honest", "mock:drops_last_id"
    with Shadow(*sides, rate=1.0, content="full", report=str(path)) as shadow:
        shadow.encode("é" * 2_000)
        shadow.encode("é")
    large, small = (row for row in rows(path) if row["what"] == "divergence")

    assert large["content_left_out"] > 2_000
    assert "content" not in large
    assert small["content"]["args"] == ["é"]


@pytest.mark.parametrize("arguments", [
    {"enabled": "no"}, {"rates": None}, {"ramp": (0, 1, 2)}, {"deadline": float("inf")},
    {"memory": 1e300}, {"report": None},
], ids=str)  # fmt: skip
def test_a_setting_of_another_kind_is_refused(arguments):
    """Before it is taken for its opposite."""
    with pytest.raises(BadSetting):
        settings({}, **arguments)


def test_a_rate_of_no_surface_is_refused():
    """It would sample nothing."""
    with pytest.raises(BadSetting, match="decod"):
        Shadow("mock:honest", "mock:drops_last_id", rates={"decod": 1.0})


@pytest.mark.parametrize("body", [b'{"choices": []}', b"data: [DONE]\n\n"])
def test_an_answer_without_a_completion_is_none(body):
    """Two of them would agree about nothing."""
    kind = b"text/event-stream" if body.startswith(b"data") else b"application/json"
    with pytest.raises(BadReply):
        read("complete", Answer(200, [(b"content-type", kind)], body))


FAILS_AT_THE_END = Whole([Emitted(0, "a", (1,)), Emitted(0, None, (), "end", "ValueError")])
ENDS = Whole([Emitted(0, "a", (1,)), Emitted(0, None, (), "end")])
ROWS = [Encoding([1], [(0, 1)]), Encoding([2], None)]


@pytest.mark.parametrize(("surface", "reference", "candidate", "why"), [
    ("stream", ENDS, FAILS_AT_THE_END, "errors.extra"),
    ("encode_batch", ROWS, [Encoding([1], [(0, 9)]), ROWS[1]], "offsets.value"),
])  # fmt: skip
def test_what_one_row_lacks_hides_nothing_of_the_others(surface, reference, candidate, why):
    """A stream of another algorithm has errors still; a row without offsets is one row."""
    call = Call("r", surface, (), {}, Observation(reference), 0.0, 0.0, 0)
    found = told(call, Observation(SURFACES[surface].plain(candidate)), SURFACES[surface].plain)

    assert (found.fate, found.why) == (DIVERGED, why)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://127.0.0.1:0"])
def test_a_port_that_cannot_be_is_no_url(url):
    """Before anybody listens."""
    with pytest.raises(BadSpec):
        address.checked("the primary", url)


@pytest.mark.parametrize("variable", [
    {"PARITY_SHADOW_RATE": "0_1"}, {"PARITY_SHADOW_MAX_DIFFS": "9" * 5_000},
], ids=["underscore", "digits"])  # fmt: skip
def test_a_number_that_only_python_reads_is_refused(variable):
    """0_1 is 1.0 to Python, and nobody who writes it means that."""
    with pytest.raises(BadSetting):
        settings(variable)


def test_tail_into_a_pipe_that_nobody_reads_is_exit_code_141(tmp_path):
    """As `tail LOG | head -1` ends, and no report of an internal error is left."""
    Told(tmp_path / "log").ask("abc").footer()
    reading, writing = os.pipe()
    os.close(reading)
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "parity", "shadow", "tail", "log"], cwd=tmp_path, stdout=writing,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}, check=False,
    )  # fmt: skip
    os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
