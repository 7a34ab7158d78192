"""Every way in which a server fails is seen, has its name, and never passes for agreement."""

import pytest
from fake_server import FAULTS, HARMLESS, serving, spec
from helpers import verdicts

from parity import fingerprint
from parity.backends import load
from parity.compare import Verdict
from parity.errors import LoadFailed
from parity.jobs import jobs_for
from parity.run import live, run
from parity.types import Case

KINDS = {
    "answers_500": "Status500", "wants_a_key": "Status401",
    "asks_to_wait": "Status429", "leads_elsewhere": "Status302", "half_a_json": "NotJson",
    "hangs_up_within": "ConnectionFailed", "hangs_up": "ConnectionFailed",
    "never_answers": "Timeout", "drips": "Timeout", "answers_html": "NotJson",
    "says_text": "NotJson", "is_latin_1": "NotJson", "torn_gzip": "BadReply",
    "ids_as_strings": "BadReply", "ids_as_floats": "BadReply", "misses_a_key": "BadReply",
    "answers_null": "BadReply", "forgets_the_last": "MissingOutput",
}  # fmt: skip
STREAM_KINDS = {
    "stream_ends_early": "BadReply", "stream_is_cut": "ConnectionFailed",
    "stream_fails": "ErrorInStream", "stream_is_json": "NotJson", "stream_is_no_json": "BadReply",
    "goes_on_in_silence": "Timeout", "answers_500": "Status500", "hangs_up": "ConnectionFailed",
}  # fmt: skip
TELLS = {
    "wants_a_key": "key_file=", "asks_to_wait": "retry after 7", "leads_elsewhere": "elsewhere",
    "answers_500": "see its log", "never_answers": "seconds=",
    "answers_html": "text/html",
}  # fmt: skip


def _soon(backend):
    """Wait no longer than a moment for what is to come too late, now that it has been loaded."""
    backend.client.seconds = 0.1
    backend.client.session.timeout = 0.1


def test_every_fault_has_a_kind():
    """A new fault is expected to be something."""
    assert {"answers_422", *KINDS, *STREAM_KINDS, *(one.__name__ for one in HARMLESS)} == {*FAULTS}


@pytest.mark.parametrize("fault", KINDS)
def test_a_fault_of_a_server_is_a_failure_with_its_kind(of, servers, fault):
    """In a batch, too; and two servers that fail alike agree about nothing."""
    backend = of("smg")
    servers["smg"].fault = fault
    if KINDS[fault] == "Timeout":
        _soon(backend)
    cases = [Case(f"t/{n}", "text", text) for n, text in enumerate("ab")]
    sides = {"reference": live(backend), "candidate": live(backend)}
    ((_, tally, differing),) = run(cases, jobs_for(["ids_batched"]), sides)
    servers["smg"].release()

    missing = 1 if fault == "forgets_the_last" else 2
    assert tally.counts[Verdict.DIVERGED] == missing
    for one in differing:
        assert one.candidate.failure.kind == KINDS[fault]
        assert one.candidate.failure.fault
        assert TELLS.get(fault, "") in one.candidate.failure.message


def test_a_refusal_of_an_input_is_an_answer(of, servers):
    """Two servers that refuse it alike agree, and the case counts as failed."""
    backend = of("smg")
    servers["smg"].fault = "answers_422"
    with pytest.raises(Exception, match="missing field") as caught:
        backend.encode("a")
    sides = {"reference": live(backend), "candidate": live(backend)}
    ((_, tally, _),) = run([Case("t/a", "text", "a")], jobs_for(["ids"]), sides)

    assert type(caught.value).__name__ == "Status422"
    assert (tally.counts, tally.failed) == ({Verdict.SAME: 1}, 1)


@pytest.mark.parametrize("fault", STREAM_KINDS)
def test_a_fault_of_a_stream_is_a_failure_with_its_kind(of, servers, fault):
    """Half a stream is no short answer."""
    backend = of("sglang")
    servers["sglang"].fault = fault
    if STREAM_KINDS[fault] == "Timeout":
        _soon(backend)

    with pytest.raises(Exception, match=r".") as caught:
        backend.streamed_text("a", 8)
    servers["sglang"].release()
    assert type(caught.value).__name__ == STREAM_KINDS[fault]


@pytest.mark.parametrize(("shape", "kind"), [("smg", "UnknownModel"), ("vllm", "Status404")])
def test_a_model_that_is_gone_is_no_refusal_of_a_text(of, servers, monkeypatch, shape, kind):
    """Two servers without their models do not agree."""
    backend = of(shape, model="m")
    monkeypatch.setattr(servers[shape].engine, "model", "another")
    (seen,) = next(run([Case("t/a", "text", "a")], jobs_for(["ids"]), {
        "reference": live(backend), "candidate": live(backend)}))[2]  # fmt: skip

    assert seen.candidate.failure[::2] == (kind, True)


def test_a_server_that_dies_never_looks_like_agreement():
    """Two servers that die in the middle fail alike, and no case counts as the same."""
    cases = [Case(f"t/{n}", "text", f"text {n}") for n in range(200)]
    with serving("smg") as smg, serving("sglang") as sglang:
        sides = [load(spec(smg, "smg")), load(spec(sglang, "sglang"))]
        before = verdicts(cases, ["ids", "ids_batched"], *sides)
        smg.die()
        sglang.die()
        after = verdicts(cases, ["ids", "ids_batched", "outcome"], *sides)
        for side in sides:
            with pytest.raises(LoadFailed, match="ConnectionFailed"):
                fingerprint.take("x", side)
            side.close()

    assert before == {key: {"same": 200} for key in ("ids", "ids_batched")}
    assert after == {key: {"diverged": 200} for key in ("ids", "ids_batched", "outcome")}


def test_a_server_that_hangs_is_given_up(of, servers):
    """Three times in a row, and then nothing is sent any more: it costs no hours."""
    backend = of("smg")
    servers["smg"].fault = "never_answers"
    _soon(backend)
    servers["smg"].seen.clear()
    cases = [Case(f"t/{n}", "text", f"text {n}") for n in range(500)]
    found = verdicts(cases, ["ids"], load("hf:tiny:wordpiece"), backend)
    servers["smg"].release()

    assert found == {"ids": {"diverged": 500}}
    assert len(servers["smg"].seen) <= 3


def test_nobody_there_is_said_with_what_to_do():
    """Not a crash, and not a divergence."""
    with pytest.raises(LoadFailed, match=r"ConnectionFailed: .*is it running, at this URL"):
        load("http:http://127.0.0.1:1,shape=vllm")


def test_a_server_of_another_shape_is_said(servers):
    """It has not the paths of the one that was named."""
    with pytest.raises(LoadFailed, match=r"Status404.*is shape= the right one\?"):
        load(f"http:{servers['smg'].url},shape=llama_cpp")


@pytest.mark.parametrize("shape", ["smg", "vllm"])
def test_a_model_that_is_not_there_is_said_with_those_that_are(servers, shape):
    """The names that it would answer to."""
    with pytest.raises(LoadFailed, match=r"UnknownModel: .*'x'; it (has|serves): m;"):
        load(f"http:{servers[shape].url},shape={shape},model=x")


def test_a_pair_whose_server_is_gone_does_not_stop_the_others(project, tokparity):
    """Its problem is its own: nothing is proved there, and the rest is compared."""
    gone = {"name": "gone", "candidate": "http:http://127.0.0.1:1,shape=smg,model=m"}
    project.plan(gone, {"name": "there"})
    done = tokparity("run")

    assert done.code == 3
    assert "is it running, at this URL" in " ".join(done.out.split())
    pairs = {row["name"]: row for row in project.run_file()[-1]["pairs"]}
    assert [pairs["gone"]["exit"], pairs["there"]["exit"]] == [3, 0]


def test_a_pair_whose_server_dies_is_inconclusive(project, tokparity, monkeypatch):
    """What was compared until then is told, and none of the rest counts as the same."""
    with serving("smg", "tiny:wordpiece") as server:
        honest = server.engine.tokenize

        def dies(body):
            if len(server.seen) > 40 and not server.stopped.is_set():
                server.die()
            return honest(body)

        monkeypatch.setattr(server.engine, "tokenize", dies)
        dying = {"name": "dying", "candidate": spec(server, "smg"), "checks": ["ids"],
                 "reference": "hf:tiny:wordpiece"}  # fmt: skip
        project.plan(dying, {"name": "there"}, rows=[f"text {n}" for n in range(100)])
        done = tokparity("run")
    pairs = {row["name"]: row for row in project.run_file()[-1]["pairs"]}
    (ids,) = pairs["dying"]["rows"]

    assert done.code == 3
    assert "ConnectionFailed" in pairs["dying"]["problem"]
    assert [pairs["dying"]["exit"], pairs["there"]["exit"]] == [3, 0]
    assert 0 < ids["same"] < 45
    assert ids["same"] + ids["diverged"] == 100
