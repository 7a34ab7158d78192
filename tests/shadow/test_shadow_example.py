"""The example: a service that streams, and a log that shows the planted fault and nothing else."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the extra proxy")
httpx2 = pytest.importorskip("httpx2", reason="needs the extra proxy")

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "shadow_service"
HONEST = "reference:tiny:byte-bpe-4096"
TEXTS = (
    "plain English, and nothing else",
    "\u5bb6\u65cf\u306f\u56db\u4eba\u3067\u3059",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 and \U0001f3f3\ufe0f\u200d\U0001f308",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643\u0645",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e04\u0e23\u0e31\u0e1a",
    "<|im_start|>user\nza\u017c\u00f3\u0142\u0107",
)
REQUESTS = [(f"r-{number}", TEXTS[number % len(TEXTS)]) for number in range(24)]


@contextmanager
def started(folder, candidate):
    """The service as a process; it ends as one does that is told to by its terminal."""
    folder.mkdir()
    program = [sys.executable, str(FOLDER / "service.py"), "--port", "0", "--rate", "1.0"]
    with subprocess.Popen(  # noqa: S603 (our own program)
        [*program, "--candidate", candidate],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def streamed(client, id, text):
    """What a client gets: chunks."""
    headers = {"X-Request-ID": id}
    with client.stream("POST", "/echo", json={"text": text}, headers=headers) as answer:
        lines = [line for line in answer.iter_lines() if line]
    return [json.loads(line.removeprefix("data: "))["text"] for line in lines]


def served(process):
    """Serve all requests; return what the clients got, and what was scraped."""
    address = process.stdout.readline().strip()
    with httpx2.Client(base_url=address) as client:
        return [streamed(client, id, text) for id, text in REQUESTS], client.get("/metrics").text


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """By candidate: what the clients got, what was scraped, and the log."""
    folder = tmp_path_factory.mktemp("services")
    names = {"planted": "py:candidates:forgets_replacements", "honest": HONEST}
    with ExitStack() as running:
        services = {
            name: running.enter_context(started(folder / name, spec))
            for name, spec in names.items()
        }
        answers = {name: served(process) for name, process in services.items()}
    return {name: (*answers[name], folder / name / "shadow.jsonl") for name in names}


def whole(answers):
    """Whether each client got its text back, in more than one chunk."""
    texts = [text for _, text in REQUESTS]
    return [*map("".join, answers)] == texts and all(len(one) > 1 for one in answers)


def test_the_planted_fault_is_in_the_report_and_the_gate_says_no(seen, tokparity):
    """Clients get every text back; the log names the requests and the surface; no text is in it."""
    answers, scraped, log = seen["planted"]
    report = tokparity("shadow", "report", str(log), "--json")
    gate = tokparity("shadow", "gate", str(log), "--min-compared", "20", "--max-diverged", "0")
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    found = [row for row in rows if row["what"] == "divergence"]

    assert whole(answers)
    assert "shadow" in scraped
    assert report.code == 0
    assert "text." in report.out
    assert gate.code == 1
    assert {row["surface"] for row in found} == {"decode"}
    assert {row["request"] for row in found} <= {id for id, text in REQUESTS if not text.isascii()}
    assert not any(text in log.read_text() for text in TEXTS)
    assert rows[-1]["what"] == "footer"
    assert rows[-1]["counts"]["surfaces"]["encode"]["same"] == len(REQUESTS)


def test_with_an_honest_candidate_the_gate_passes(seen, tokparity):
    """The same requests, of which nothing diverges."""
    answers, _, log = seen["honest"]
    gate = tokparity("shadow", "gate", str(log), "--min-compared", "20", "--max-diverged", "0")

    assert whole(answers)
    assert gate.code == 0
