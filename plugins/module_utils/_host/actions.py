# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vigil-action on this host answers: the role runbook_target deploys it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

__all__ = ["PROGRAM", "answer_to"]

PROGRAM = "/usr/local/libexec/vigil-action"


def answer_to(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a request; one with the outcome "failed" if there is none.

    Not by a module's run_command: that fails with a broken pipe, rather than with the reason, when sudo reads nothing.
    """
    command, text = ["sudo", "-n", PROGRAM], json.dumps(request)
    done = subprocess.run(  # pylint: disable=ansible-bad-function
        command, input=text, capture_output=True, text=True, check=False
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        why = f"(status {done.returncode}): {done.stderr.strip()}"
        return {"outcome": "failed", "message": f"{PROGRAM} did not answer {why}"}
    return answer
