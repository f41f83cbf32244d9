"""This terminal: commands that are run in it, and what comes next."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

__all__ = ["ROOT", "SECRETS", "STATE", "console", "environment", "run", "step"]

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".build/demo"
SECRETS = STATE / "inventory"

BEGUN = time.monotonic()
console = Console(highlight=False, soft_wrap=True)


def environment() -> dict[str, str]:
    """Return the environment of Ansible's commands."""
    return os.environ | {
        "ANSIBLE_COLLECTIONS_PATH": str(STATE / "collections"),
        "ANSIBLE_VAULT_PASSWORD_FILE": f"{SECRETS}.vault-password",
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_HOST_PATTERN_MISMATCH": "ignore",
        "ANSIBLE_FORCE_COLOR": str(console.is_terminal).lower(),
    }


def run(*words: str | Path, output: int | None = None) -> None:
    """Run a command in this terminal; leave with its exit code when it fails."""
    code = subprocess.run(words, cwd=ROOT, env=environment(), stdout=output, check=False).returncode
    if code:
        console.print(f"\n[bold red]The demo ended early[/]: {' '.join(map(str, words[:3]))} ... failed, see above.")
        console.print("Its hosts are kept for inspection; make demo-down removes them.")
        sys.exit(code)


def step(text: str) -> None:
    """Print what comes next."""
    console.print(f"\n[bold cyan]{time.monotonic() - BEGUN:4.0f} s  {text}[/]")
