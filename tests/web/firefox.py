"""Debian's Firefox, driven over WebDriver BiDi, which it speaks by itself.

Playwright drives only Firefoxes of its own. This is as much as the tests need:
a page to open, JavaScript to run in it, keys, and what it asked the network for.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

from websocket import WebSocket, create_connection

LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
EVENTS = ["log.entryAdded", "network.beforeRequestSent"]
# Nothing of its own over the network, and no sandbox: tests may run as root.
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "",
}


class Firefox:
    """A headless Firefox with one page. Use it in a ``with``."""

    def __init__(self, program: str, **preferences: Any) -> None:
        self.program = program
        self.preferences = {**PREFERENCES, **preferences}
        self.errors: list[str] = []
        self.asked: list[str] = []
        self._number = 0

    def __enter__(self) -> Self:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        lines = (
            f"user_pref({json.dumps(key)}, {json.dumps(value)});\n"
            for key, value in self.preferences.items()
        )
        Path(self._profile.name, "user.js").write_text("".join(lines), "utf-8")
        options = ["--headless", "--no-remote", "--remote-debugging-port=0"]
        self._process = subprocess.Popen(
            [self.program, *options, "--profile", self._profile.name, "about:blank"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self._socket = self._connect()
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=EVENTS)
        [page] = self.call("browsingContext.getTree")["contexts"]
        self._context = page["context"]
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()
        self._profile.cleanup()

    def _connect(self) -> WebSocket:
        assert self._process.stderr
        for line in self._process.stderr:
            if found := LISTENS.search(line):
                return create_connection(
                    f"{found[1]}/session", timeout=60, suppress_origin=True
                )
        raise AssertionError("Firefox ended before it listened")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Do a command of the protocol; its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("type") == "event":
                self._note(answer["method"], answer["params"])
            elif answer.get("id") == self._number:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result

    def _note(self, event: str, params: dict[str, Any]) -> None:
        if event == "network.beforeRequestSent":
            self.asked.append(params["request"]["url"])
        elif params["level"] == "error":
            self.errors.append(params["text"])

    def size(self, width: int, height: int) -> None:
        """Size of the page, in pixels."""
        viewport = {"width": width, "height": height}
        self.call(
            "browsingContext.setViewport", context=self._context, viewport=viewport
        )

    def open(self, address: str) -> None:
        """Go to an address and wait until it is loaded."""
        self.call(
            "browsingContext.navigate",
            context=self._context,
            url=address,
            wait="complete",
        )

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, awaited, as plain data."""
        wrapped = f"Promise.resolve({script}).then((v) => JSON.stringify(v ?? null))"
        answer = self.call(
            "script.evaluate",
            expression=wrapped,
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def wait_for(self, script: str, seconds: float = 30) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({script})"):
            assert time.monotonic() < end, f"never: {script}"
            time.sleep(0.05)

    def press(self, *keys: str) -> None:
        """Press keys one after the other; ``\\ue007`` is Enter, and so on."""
        actions = [
            {"type": kind, "value": key}
            for key in keys
            for kind in ("keyDown", "keyUp")
        ]
        self.call(
            "input.performActions",
            context=self._context,
            actions=[{"type": "key", "id": "keyboard", "actions": actions}],
        )
