"""Headless Chromium over the DevTools protocol: what a page does, and what it looks like."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60
"""For one answer of the browser, on a machine with much else to do."""
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--no-default-browser-check", "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)  # fmt: skip
KEYS = {
    "Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r"), "Space": (" ", 32, " "),
    "ArrowDown": ("ArrowDown", 40, ""), "End": ("End", 35, ""),
}  # fmt: skip
"""Name of a key -> what it is called in an event, its number, what it types."""


def found():
    """The path of a browser. Fails where CI is set and there is none; elsewhere the test skips."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and os.environ.get("CI"):
        pytest.fail("no Chromium: the page is not tested; apt-get install chromium")
    if path is None:
        pytest.skip("needs Chromium: `apt-get install chromium`, or Chrome on the PATH")
    return path


@contextlib.contextmanager
def opened():
    """Yield a browser with one empty tab; its folder and its processes are gone at the end."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [found(), *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            port, path = _address(Path(folder) / "DevToolsActivePort", process)
            with contextlib.closing(_connected(port, path)) as socket:
                yield Tab(socket)
        finally:
            process.terminate()  # it ends its own processes
            process.wait(SECONDS)


def _address(file, process):
    """Wait until the browser has written where it listens."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        lines = file.read_text().split("\n") if file.exists() else []
        if len(lines) == 2:
            return lines
        time.sleep(0.02)
    raise RuntimeError(f"the browser does not listen; exit code {process.poll()}")


def _connected(port, path):
    return websocket.create_connection(
        f"ws://127.0.0.1:{port}{path}", timeout=SECONDS, http_no_proxy=["127.0.0.1"]
    )


class Tab:
    """One tab. events: everything the browser told, as (method, parameters)."""

    def __init__(self, socket):
        self.socket, self.number, self.events, self.session = socket, 0, [], None
        self.scripted = True
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        """Send a command and return its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        self.socket.send(
            json.dumps(message | ({"sessionId": self.session} if self.session else {}))
        )
        while True:
            answer = self._received()
            if answer.get("id") == self.number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _received(self):
        answer = json.loads(self.socket.recv())
        if "method" in answer:
            self.events.append((answer["method"], answer["params"]))
        return answer

    def open(self, address):
        """Load an address, whole, with an empty list of events."""
        self.call("Page.navigate", url="about:blank")
        self.events.clear()
        loader = self.call("Page.navigate", url=address).get("loaderId")
        assert loader, f"{address} was not loaded"
        while self.run("document.readyState") != "complete" or not self.told("Page.loadEventFired"):
            self._received()

    def told(self, method):
        """The parameters of all events of a name."""
        return [parameters for name, parameters in self.events if name == method]

    def run(self, expression):
        """What a JavaScript expression gives, a promise awaited."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True,
            userGesture=True,
        )  # fmt: skip
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def settle(self):
        """Wait until events and a frame that are due have been."""
        self.call(
            "Page.captureScreenshot", clip={"x": 0, "y": 0, "width": 1, "height": 1, "scale": 1}
        )
        if self.scripted:
            self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")

    def press(self, *keys):
        """Press keys, one after the other, as a person does."""
        for name in keys:
            key, code, text = KEYS[name]
            about = {"key": key, "code": name, "windowsVirtualKeyCode": code}
            down = "keyDown" if text else "rawKeyDown"
            typed = {"text": text} if text else {}
            self.call("Input.dispatchKeyEvent", type=down, **about, **typed)
            self.call("Input.dispatchKeyEvent", type="keyUp", **about)
        self.settle()

    def type(self, words):
        """Type words where the focus is."""
        self.call("Input.insertText", text=words)
        self.settle()

    def click(self, selector):
        """Click the middle of the first element of a selector with the mouse."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.run(f"{element}.scrollIntoView({{block: 'center'}})")
        self.settle()
        box = self.run(
            f"(r => ({{x: r.left + Math.min(r.width / 2, 40), y: r.top + r.height / 2}}))"
            f"({element}.getClientRects()[0])"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **box)
        self.settle()

    def sized(self, width, scheme="light", height=900):
        """Give the window a width in CSS pixels and a colour scheme."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=False,
        )  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.settle()

    def scripts(self, *, on):
        """Turn JavaScript on or off for the next page."""
        self.scripted = on
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def picture(self, path, *, whole=False):
        """Write a picture of what is seen, or of the whole page."""
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(taken["data"]))
