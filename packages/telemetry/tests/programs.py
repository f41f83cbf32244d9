"""Small programs that use the library, each run in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["PLENTY", "SOURCE", "begun", "environment", "ran"]

PLENTY = 60.0
"""Seconds that a machine may need for what a test waits for, however busy it is; most of the time it needs none."""

SOURCE = Path(__file__).resolve().parents[1] / "src"


def environment(changed: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a program that finds the library, without what this process has for telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "VIGIL_TELEMETRY_"))}
    return {**kept, "PYTHONPATH": str(SOURCE), **(changed or {})}


def begun(program: str, *arguments: str, changed: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a program, given as its source; its output and errors are pipes of text."""
    command = [sys.executable, "-c", program, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment(changed), stdout=pipe, stderr=pipe, text=True)


def ran(program: str, *arguments: str, changed: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return its status, output and errors."""
    process = begun(program, *arguments, changed=changed)
    output, errors = process.communicate(timeout=180)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)
