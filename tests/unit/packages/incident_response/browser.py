# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A headless Chromium, driven by its own protocol over two pipes."""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["Browser"]

_OPTIONS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--ignore-certificate-errors"),
    "--remote-debugging-pipe",
]
_PATIENCE = 60.0
_KEYS = {"Tab": 9, "Enter": 13}
_FAULTS = Path(__file__).with_name("page_faults.js").read_text(encoding="utf-8").strip().rstrip(";")
# The middle of an element, nothing if it is not what is seen there.
_PLACE = """(() => {{
  const one = document.querySelector({selector!r});
  if (!one) return null;
  one.scrollIntoView({{ block: "center" }});
  const {{ left, top, width, height }} = one.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  return one.contains(document.elementFromPoint(x, y)) ? {{ x, y }} : null;
}})()"""


class Browser:
    """One page of a browser with an empty profile."""

    def __init__(self, folder: Path) -> None:
        mine, its = os.pipe(), os.pipe()  # from it, and to it: its file descriptors 4 and 3
        command = ["chromium", *_OPTIONS, f"--user-data-dir={folder}", "about:blank"]
        with (folder / "chromium.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", f'exec 3<&{its[0]} 4>&{mine[1]} "$@"', "bash", *command],
                pass_fds=(its[0], mine[1]),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        os.close(its[0])
        os.close(mine[1])
        self._reading, self._writing = os.fdopen(mine[0], "rb"), os.fdopen(its[1], "wb", buffering=0)
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session = ""
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in targets if one["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for part in ("Page", "Network", "Runtime"):
            self.ask(f"{part}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reading.close()
        self._writing.close()

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the answer of the browser to a command."""
        number = next(self._numbers)
        told = {"id": number, "method": method, "params": parameters}
        self._writing.write(json.dumps(told | ({"sessionId": self._session} if self._session else {})).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                found: dict[str, Any] = answer["result"]
                return found

    def log_in(self, user: str, password: str) -> None:
        """Send the password of a user with every request."""
        word = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.ask("Network.setExtraHTTPHeaders", headers={"Authorization": f"Basic {word}"})

    def resize(self, width: int, height: int) -> None:
        """Give the page so many pixels, as on a phone if they are few."""
        phone = width < 500
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def darken(self, *, dark: bool) -> None:
        """Have the person prefer dark pages, or light ones."""
        told = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[told])

    def open(self, url: str) -> None:
        """Open a page, and wait until it is there."""
        failure = self.ask("Page.navigate", url=url).get("errorText")
        assert not failure, failure
        self.wait_for("document.readyState == 'complete' && location.href != 'about:blank'")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression on the page."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until an expression holds on the page."""
        until = time.monotonic() + _PATIENCE
        while not self.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < until, f"{expression} does not hold on {self.evaluate('document.body.innerText')}"
            time.sleep(0.1)

    def press(self, selector: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Press what a person sees there with the mouse, and have something happen before the button is up again.

        Raises AssertionError where nothing is, or something covers it, for longer than a page takes.
        """
        self.wait_for(f"document.readyState == 'complete' && {_PLACE.format(selector=selector)}")
        place = self.evaluate(_PLACE.format(selector=selector))
        told = {**place, "button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type="mousePressed", **told)
        meanwhile()
        self.ask("Input.dispatchMouseEvent", type="mouseReleased", **told)

    def write(self, selector: str, text: str) -> None:
        """Write a text into a field, in place of what is there."""
        self.press(selector)
        self.evaluate("document.activeElement.select()")
        self.ask("Input.insertText", text=text)

    def key(self, key: str) -> None:
        """Press a key of the keyboard."""
        told = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **told, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **told)

    def faults(self, width: int) -> list[str]:
        """Return what a person with a screen of so many pixels would find wrong on the page."""
        found: list[str] = self.evaluate(f"({_FAULTS})({width})")
        return found

    def picture(self, file: Path) -> None:
        """Write a picture of the whole page."""
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]))

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            found = os.read(self._reading.fileno(), 65536)
            assert found, "The browser has ended."
            self._rest += found
        text, self._rest = self._rest.split(b"\0", 1)
        message: dict[str, Any] = json.loads(text)
        return message
