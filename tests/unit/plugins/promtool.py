# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real promtool, which evaluates expressions over series that a test makes up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["evaluate", "judge"]

_ROOT = Path(__file__).resolve().parents[3]


@cache
def _program() -> str:
    usual = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "vigil-observability"
    environment = {"VIGIL_CACHE": str(usual), **os.environ}
    command = [sys.executable, str(_ROOT / "tests" / "servers" / "assemble.py"), "promtool"]
    return subprocess.check_output(command, text=True, env=environment).strip()


def evaluate(
    folder: Path, test: dict[str, Any], groups: list[dict[str, Any]] | None = None, *, step: str = "1m"
) -> str:
    """Run one test of promtool, with rule groups where some are given; return what it says, "SUCCESS" among it.

    Rules are evaluated at each step. JSON is YAML, so promtool reads what Python writes.
    """
    (folder / "rules.json").write_text(json.dumps({"groups": groups or []}))
    whole = {"rule_files": ["rules.json"] if groups else [], "evaluation_interval": step, "tests": [test]}
    (folder / "test.json").write_text(json.dumps(whole))
    command = [_program(), "test", "rules", str(folder / "test.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def judge(folder: Path, files: Iterable[Mapping[str, str]]) -> str:
    """Write files {path, content} and run those below tests/; return what promtool finds wrong, empty when nothing.

    Rules are checked too, and every lint that promtool knows is an error.
    """
    for file in files:
        path = folder / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["content"], encoding="utf-8")
    check = [_program(), "check", "rules", "--lint=all", "--lint-fatal", *map(str, sorted(folder.glob("rules/*")))]
    test = [_program(), "test", "rules", *map(str, sorted(folder.glob("tests/*")))]
    done = [subprocess.run(command, capture_output=True, text=True, check=False) for command in (check, test)]
    return "".join(one.stdout + one.stderr for one in done if one.returncode)
