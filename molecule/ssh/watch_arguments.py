"""Prints the arguments of every process that it sees, once, until it is killed."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

seen = set()
while True:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            arguments = (process / "cmdline").read_bytes()
            if arguments not in seen:
                seen.add(arguments)
                print(arguments.replace(b"\0", b" ").decode(errors="replace"))
    time.sleep(0.05)
