"""The command of the proxy: what it refuses, and how it ends."""

import signal
import socket
import subprocess
import sys

import pytest

pytest.importorskip("httpx2", reason="the package httpx2 is not installed")
pytest.importorskip("starlette", reason="the package starlette is not installed")
pytest.importorskip("uvicorn", reason="the package uvicorn is not installed")
import upstream
from upstream import PATIENCE, complete, nobody, reply, says

from parity import cli_shadow_proxy
from parity.shadowed import reading


def test_one_server_under_two_names_is_no_candidate(tokparity):
    """It would agree with itself; whoever means that says so."""
    at = "127.0.0.1:9", "localhost:9"
    done = tokparity("shadow", "proxy", "--primary", f"http://{at[0]}", "--candidate",
                     f"http://{at[1]}/")  # fmt: skip

    assert (done.code, done.out) == (3, "")
    assert "are one server" in done.err
    assert "--self-check" in done.err


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"--primary": "127.0.0.1:9"}, "--primary: wants a URL such as http://127.0.0.1:3000"),
        ({"--candidate": "ftp://x"}, "--candidate: wants a URL"),
        ({"--candidate": "http://x/?a=1"}, "without '?' and '#'"),
        ({"--header": "x y"}, "'x y' is no name of a header"),
        ({"--drop-header": "\u00e9"}, "is no name of a header"),
        ({"--rate": "2"}, "--rate"),
        ({"--timeout": "nan"}, "timeout is a number above 0"),
        ({"--report": "nowhere/shadow.jsonl"}, "its folder 'nowhere' is not there"),
        ({"--host": "192.0.2.1"}, "cannot listen on 192.0.2.1:0"),
    ],
)
def test_what_cannot_be_meant_is_exit_code_2(tokparity, named, said):
    """With what is wrong, before anything listens."""
    asked = {"--primary": "http://127.0.0.1:9", "--candidate": "http://127.0.0.1:10", **named}
    done = tokparity("shadow", "proxy", *(word for pair in asked.items() for word in pair))

    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_port_that_is_taken_is_exit_code_2(tokparity):
    """With what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = tokparity("shadow", "proxy", "--primary", "http://127.0.0.1:9", "--candidate",
                         "http://127.0.0.1:10", "--port", port)  # fmt: skip

    assert done.code == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.err
    assert "take another --port" in done.err


def test_a_proxy_before_itself_is_refused(tokparity):
    """Its first request would be its last."""
    port = nobody().rpartition(":")[2]
    done = tokparity("shadow", "proxy", "--primary", "http://127.0.0.1:9", "--candidate",
                     f"http://localhost:{port}", "--port", port)  # fmt: skip

    assert done.code == 2
    assert "is this proxy itself" in done.err


def test_a_package_that_is_missing_is_named(tokparity, monkeypatch):
    """With the line that installs it."""
    monkeypatch.setattr(cli_shadow_proxy, "NEEDED", ("no_such_package",))
    done = tokparity("shadow", "proxy", "--primary", "http://a", "--candidate", "http://b")

    assert done.code == 3
    assert "needs the package no_such_package: pip install 'tokparity[proxy]'" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_signal_drains_and_writes_the_footer(tmp_path, number):
    """What the client was answered is compared; exit code 0, and the gate takes the log."""
    log = tmp_path / "shadow.jsonl"
    right, wrong = {"a": says(reply())}, {"a": says(reply(" x"))}
    with upstream.upstream(right) as primary, upstream.upstream(wrong) as candidate:
        command = [sys.executable, "-m", "parity", "shadow", "proxy", "--primary", primary.url,
                   "--candidate", candidate.url, "--rate", "1", "--report", str(log)]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603
            url = running.stdout.readline().split()[-1]
            got = complete(url, "a", "request-1")
            running.send_signal(number)
            told, _ = running.communicate(timeout=PATIENCE)
        direct = complete(primary.url, "a")
    (run,) = reading.read([log])

    assert (running.returncode, got) == (0, direct)
    assert "1 requests, 1 sampled: 1 diverged\ndivergences: text.value 1\n" in told
    assert [(line["request"], line["class"]) for line in run.divergences] == [
        ("request-1", "text.value")
    ]
    assert (run.footer["whole"], run.footer["missing"]["pending"], run.problems) == (True, 0, [])


def test_the_gate_and_the_report_read_its_log(tmp_path, tokparity):
    """One log for every way to shadow."""
    log = tmp_path / "shadow.jsonl"
    right, wrong = {"a": says(reply())}, {"a": says(reply(ids=(5, 7)))}
    with (
        upstream.upstream(right) as primary,
        upstream.upstream(wrong) as candidate,
        upstream.proxied(primary.url, candidate.url, report=str(log)) as running,
    ):
        complete(running.url, "a")
    limits = ("--min-compared", "1", "--max-diverged")
    failed = tokparity("shadow", "gate", str(log), *limits, "0")
    passed = tokparity("shadow", "gate", str(log), *limits, "1")
    report = tokparity("shadow", "report", str(log))

    assert (failed.code, passed.code, report.code) == (1, 0, 0)
    assert "ids.value" in report.out


def test_a_server_beside_itself_proves_nothing(tmp_path, tokparity):
    """Where it is meant it runs, and the gate says so."""
    log = tmp_path / "shadow.jsonl"
    with upstream.upstream({"a": says(reply())}) as primary:
        wanted = {"self_check": True}
        with upstream.proxied(primary.url, primary.url, wanted=wanted, report=str(log)) as running:
            complete(running.url, "a")
    done = tokparity("shadow", "gate", str(log), "--min-compared", "1")

    assert running.book.snapshot()["same"] == 1
    assert done.code == 3
