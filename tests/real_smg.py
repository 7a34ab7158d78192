"""A real server: the gateway of the package `smg`, on loopback, with tokenizers and no worker."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress

import pytest

from parity import artefact

STARTING = 60.0
"""Seconds that the gateway may take to be there, and to load a tokenizer."""
LAUNCH = """
import ctypes, runpy, sys
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: it does not outlive the tests
sys.argv = ["smg", "launch", *sys.argv[1:]]
runpy.run_module("smg", run_name="__main__")
"""


def why_not():
    """Why the gateway cannot run here, or ""."""
    if importlib.util.find_spec("smg") is None:
        return "the package smg is not installed: pip install smg==1.13.0"
    if not sys.platform.startswith("linux"):
        return "its process is tied to the tests by a call that only Linux has"
    command = [sys.executable, "-c", "import smg, smg.smg_rs"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    said = done.stderr.strip().splitlines()
    return f"the wheel of smg cannot be imported here: {said[-1]}" if done.returncode else ""


class Gateway:
    """A running gateway, and what it can be asked beside what the backend asks."""

    def __init__(self, process, url, metrics_url):
        self.process, self.url, self.metrics_url = process, url, metrics_url

    def ask(self, path, body=None):
        """The JSON of an answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)  # noqa: S310 (loopback)
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 (loopback)
            return json.loads(reply.read())

    def add(self, target):
        """Load one more tokenizer, wait until it is there, and return the name that it has."""
        name = target.rpartition(":")[2]
        self.ask("/v1/tokenizers", {"name": name, "source": str(artefact.resolve(target))})
        self.wait_for(name)
        return name

    def row(self, name):
        """What it says of a tokenizer, or None while it is not there."""
        rows = self.ask("/v1/tokenizers")["tokenizers"]
        return next((row for row in rows if row["name"] == name), None)

    def wait_for(self, name):
        """Wait until a tokenizer is there."""
        end = time.monotonic() + STARTING
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(OSError):
                if self.row(name):
                    return
            time.sleep(0.05)
        pytest.fail(f"the gateway has no tokenizer {name!r}; it ended with {self.process.poll()}")

    def metric(self, name):
        """The numbers of a metric by its label."""
        with urllib.request.urlopen(self.metrics_url, timeout=10) as reply:  # noqa: S310 (loopback)
            lines = reply.read().decode().splitlines()
        rows = [line for line in lines if line.startswith(f"{name}{{")]
        return {line.split('"')[1]: int(float(line.rsplit(" ", 1)[1])) for line in rows}


@contextmanager
def gateway(folder):
    """Yield a gateway with one tokenizer, named by its folder; it is killed at the end."""
    port, other = _free_ports(2)
    command = [
        sys.executable, "-c", LAUNCH, "--host", "127.0.0.1", "--port", str(port),
        "--prometheus-host", "127.0.0.1", "--prometheus-port", str(other), "--enable-igw",
        "--history-backend", "none", "--log-level", "error", "--tokenizer-path", str(folder),
    ]  # fmt: skip
    env = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": env}
    process = subprocess.Popen(command, **silent)  # noqa: S603 (ours)
    try:
        running = Gateway(process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{other}/metrics")
        running.wait_for(str(folder))
        yield running
    finally:
        process.kill()
        process.wait()


def _free_ports(count):
    """Ports that are free now; they are let go together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
