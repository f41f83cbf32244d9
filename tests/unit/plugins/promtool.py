# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real promtool, which evaluates expressions over series that a test makes up.

What it said of the same files is remembered in the cache of this machine, and forgotten when nobody asked for a month.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.tests.runner.jobs import CACHE

__all__ = ["answered", "evaluate", "judge", "range_includes_its_start"]

_ROOT = Path(__file__).resolve().parents[3]
_MONTH = 30 * 86_400


@cache
def _program() -> str:
    environment = {**os.environ, "VIGIL_CACHE": str(CACHE)}
    command = [str(_ROOT / ".venv/bin/python"), str(_ROOT / "tests/servers/assemble.py"), "promtool"]
    return subprocess.check_output(command, text=True, env=environment).strip()


def range_includes_its_start() -> bool:
    """Return whether a range holds the sample at its very start too, as it did before Prometheus 3."""
    return Path(_program()).name < "promtool-3"


@cache
def _answers() -> Path:
    """Return the folder of what is remembered, without what nobody asked for in a month."""
    folder = CACHE / "promtool_answers"
    folder.mkdir(parents=True, exist_ok=True)
    for answer in folder.iterdir():
        if answer.stat().st_mtime < time.time() - _MONTH:
            answer.unlink(missing_ok=True)
    return folder


def _ask(folder: Path, words: list[str], asked: list[str], read: Iterable[str] = ()) -> tuple[int, str]:
    """Return the exit status of promtool, and what it says of the files that it is asked about and reads besides.

    Files are named below the folder. The name of the program tells its release and digest.
    """
    digest = hashlib.sha256(json.dumps([_program(), words, asked]).encode())
    for name in (*asked, *read):
        content = (folder / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    answer = _answers() / digest.hexdigest()
    try:
        status, said = json.loads(answer.read_text(encoding="utf-8"))
        os.utime(answer)
    except (OSError, ValueError):
        command = [_program(), *words, *asked]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        status, said = done.returncode, done.stdout + done.stderr
        if status >= 0:  # nothing killed it
            new = answer.with_name(f"{answer.name}-{os.getpid()}")
            new.write_text(json.dumps([status, said]), encoding="utf-8")
            new.replace(answer)
    return status, said


def evaluate(
    folder: Path, test: dict[str, Any], groups: list[dict[str, Any]] | None = None, *, step: str = "1m"
) -> str:
    """Run one test of promtool, with rule groups where some are given; return what it says, "SUCCESS" among it.

    Rules are evaluated at each step. JSON is YAML, so promtool reads what Python writes.
    """
    (folder / "rules.json").write_text(json.dumps({"groups": groups or []}))
    whole = {"rule_files": ["rules.json"] if groups else [], "evaluation_interval": step, "tests": [test]}
    (folder / "test.json").write_text(json.dumps(whole))
    return _ask(folder, ["test", "rules"], ["test.json"], ["rules.json"])[1]


def answered(folder: Path, expr: str, expected: dict[str, float], *series: dict[str, str], at: str = "10m") -> None:
    """Check that the expression has exactly these answers, by their labels, up to rounding."""
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    test = {
        "interval": "1m",
        "input_series": list(series),
        "promql_expr_test": [{"expr": f"round({expr}, 0.001)", "eval_time": at, "exp_samples": samples}],
    }
    assert "SUCCESS" in evaluate(folder, test)


def judge(folder: Path, files: Iterable[Mapping[str, str]]) -> str:
    """Write files {path, content} and run those below tests/; return what promtool finds wrong, empty when nothing.

    Rules are checked too, and every lint that promtool knows is an error.
    """
    for file in files:
        path = folder / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["content"], encoding="utf-8")
    rules, tests = (
        sorted(str(path.relative_to(folder)) for path in folder.glob(f"{kind}/*")) for kind in ("rules", "tests")
    )
    checked = _ask(folder, ["check", "rules", "--lint=all", "--lint-fatal"], rules)
    tested = _ask(folder, ["test", "rules"], tests, rules)
    return "".join(said for status, said in (checked, tested) if status)
