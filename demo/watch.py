"""What a demonstration prints: a line for all that was seen, or the error that something was not."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests
from rich.console import Console

__all__ = ["ShowError", "Watch", "analysed", "awaited", "output_of"]

PATIENCE = 300.0
T = TypeVar("T")


class ShowError(Exception):
    """What was promised was not seen. Raised by a check, it is why that is not seen yet."""


@dataclass(frozen=True)
class Watch:
    """Somebody who watches the hosts of the demo, from now on."""

    console: Console
    begun: float = field(default_factory=time.monotonic)

    def part(self, title: str) -> None:
        """Print the title of a part."""
        self.console.print(f"\n[bold]{title}[/]")

    def seen(self, sentence: str, check: Callable[[], T]) -> T:
        """Print a sentence once the check is true, with what it returns if that is a text. Raises ShowError."""
        found = awaited(sentence, check)
        told = f" {found}" if isinstance(found, str) else ""
        self.console.print(f"[green]✔[/] {time.monotonic() - self.begun:4.0f} s  {sentence}{told}")
        return found

    def entered(self, host: str, command: str, effect: str = "") -> None:
        """Print a command that is run on a host, and what it does."""
        self.console.print(f"  [bold]{host}#[/] {command}{f'    ({effect})' if effect else ''}")

    def act(self, host: str, command: str, effect: str = "", *, text: str = "") -> None:
        """Run a command on a host of the demo, which reads a text, and print it."""
        self.entered(host, command, effect)
        output_of(host, *command.split(), text=text)


def awaited(sentence: str, check: Callable[[], T]) -> T:
    """Return what the check returns, once that is something. Raises ShowError, with the sentence."""
    until, why = time.monotonic() + PATIENCE, ""
    while True:
        try:
            if found := check():
                return found
        except (requests.RequestException, ShowError) as error:
            why = f": {error}"
        if time.monotonic() > until:
            raise ShowError(f"within {PATIENCE:.0f} s it was not seen that {sentence}{why}")
        time.sleep(0.5)


def output_of(host: str, *words: str, text: str = "") -> str:
    """Return what a command prints on a host of the demo that reads this text. Raises ShowError if it fails."""
    command = ["docker", "exec", "--interactive", f"vigil-demo-{host}", *words]
    done = subprocess.run(command, check=False, input=text, capture_output=True, text=True)
    if done.returncode:
        raise ShowError(f"{words[0]} failed on {host}: {done.stderr.strip()}")
    return done.stdout


def analysed(what: str, page: Path, options: Mapping[str, str], reading: Mapping[str, str]) -> dict[str, Any]:
    """Return the result of the playbook that analyses logs or traces, and have it write its page.

    Args:
        what: `logs`, or `performance`, whose options begin with `traces`.
        page: Where the page goes.
        options: Further options.
        reading: Variables of the environment that name what is read, with its passwords.

    Raises:
        ShowError: The playbook failed.
    """
    result, prefix = page.with_suffix(".json"), {"performance": "traces"}.get(what, what)
    given = {**options, f"{prefix}_page": str(page), f"{prefix}_json": str(result)}
    command = ["ansible-playbook", f"vigil.observability.analysis.{what}", "-e", json.dumps(given)]
    done = subprocess.run(command, env={**os.environ, **reading}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ShowError(f"the analysis failed: {done.stdout}{done.stderr}")
    return dict(json.loads(result.read_text()))
