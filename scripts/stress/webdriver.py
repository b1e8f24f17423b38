# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium over WebDriver, as far as scripts/stress/review needs it."""
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    def __init__(self, size=(1280, 720)):
        self.port = free_port()
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={self.port}", "--silent"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self._send("GET", "/status")
                break
            except OSError:
                time.sleep(0.05)
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                            f"--window-size={size[0]},{size[1]}"]}
        opened = self._send("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options}}})
        self.session = f"/session/{opened['sessionId']}"

    def _send(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body,
                                         {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def open(self, address):
        self._send("POST", self.session + "/url", {"url": address})

    def run(self, script):
        return self._send("POST", self.session + "/execute/sync", {"script": script, "args": []})

    def wait(self, expression, seconds=60):
        end = time.time() + seconds
        while time.time() < end:
            if self.run(f"return Boolean({expression})"):
                return
            time.sleep(0.02)
        raise TimeoutError(f"{expression}: {self.run('return document.body.innerText')[:400]}")

    def actions(self, sources):
        self._send("POST", self.session + "/actions", {"actions": sources})

    def press(self, *keys):
        steps = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.actions([{"type": "key", "id": "keys", "actions": steps}])

    def wheel(self, x, y, dy):
        self.actions([{"type": "wheel", "id": "wheel", "actions": [
            {"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": dy, "duration": 0}]}])

    def close(self):
        try:
            self._send("DELETE", self.session)
        except (OSError, urllib.error.URLError):
            pass
        self.driver.kill()
        self.driver.wait()
