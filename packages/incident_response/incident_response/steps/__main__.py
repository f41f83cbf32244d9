# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts the attempt whose name comes by standard input, as systemd does for each connection to the socket."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from .runner import Runner
from .spec import StepError

__all__ = ["main"]

_LONGEST_NAME = 128


def main(words: list[str] | None = None) -> int:
    """Return the exit code: that of the playbook, or 1 if nothing was started or it was killed."""
    parser = argparse.ArgumentParser(prog="incident_response.steps", description=__doc__)
    parser.add_argument("--attempts", type=Path, required=True, help="directory of the attempts")
    parser.add_argument("--ssh", type=Path, required=True, help="directory of id_ed25519 and known_hosts")
    given = parser.parse_args(words)
    name = sys.stdin.buffer.readline(_LONGEST_NAME).decode("ascii", errors="replace").removesuffix("\n")
    try:
        claimed = Runner(given.attempts, given.ssh).claimed(name)
    except (OSError, StepError) as error:
        _answer(str(error))
        return 1
    _answer(f"The attempt {name} has started.")
    code = claimed.run()
    return 1 if code is None else code


def _answer(sentence: str) -> None:
    """Answer, and let go of the connection. Who asked may be gone, which stops nothing."""
    with suppress(OSError):
        os.write(1, f"{' '.join(sentence.split())}\n".encode())
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)


if __name__ == "__main__":
    sys.exit(main())
