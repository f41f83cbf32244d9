"""What promtool said is remembered by the content of its files, and for no other."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.unit.plugins import promtool


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A promtool that finds something wrong with every file, and a file of how often it was asked."""
    program, log = tmp_path / "promtool", tmp_path / "log"
    program.write_text(f"#!/bin/sh\necho asked >>{log}\necho FAILED $1; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(promtool, "_program", lambda: str(program))
    monkeypatch.setattr(promtool, "_answers", lambda: tmp_path)
    return log


def test_same_files_are_asked_about_once_in_whatever_folder(asked: Path, tmp_path: Path) -> None:
    answers = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        answers.append(promtool.evaluate(tmp_path / name, {"name": "one"}))
    assert answers == ["FAILED test\n"] * 2
    assert asked.read_text().splitlines() == ["asked"]


def test_another_test_rule_or_program_is_asked_about_anew(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promtool.evaluate(tmp_path, {"name": "one"})
    promtool.evaluate(tmp_path, {"name": "two"})
    promtool.evaluate(tmp_path, {"name": "one"}, [{"name": "rules"}])
    newer = (tmp_path / "promtool").rename(tmp_path / "newer")
    monkeypatch.setattr(promtool, "_program", lambda: str(newer))
    promtool.evaluate(tmp_path, {"name": "one"})
    assert asked.read_text().splitlines() == ["asked"] * 4


def test_files_that_differ_in_what_is_tested_or_checked_are_judged_anew(asked: Path, tmp_path: Path) -> None:
    for rule in ("sum(a)", "sum(b)", "sum(a)"):
        files = [{"path": "rules/a.yml", "content": rule}, {"path": "tests/a.yml", "content": "one"}]
        assert promtool.judge(tmp_path, files) == "FAILED check\nFAILED test\n"
    assert asked.read_text().splitlines() == ["asked"] * 4


def test_answers_that_nobody_asked_for_in_a_month_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promtool, "CACHE", tmp_path)
    folder = tmp_path / "promtool_answers"
    folder.mkdir()
    for name, days in (("recent", 29), ("old", 31)):
        (folder / name).touch()
        os.utime(folder / name, (time.time() - days * 86_400,) * 2)
    forget = promtool._answers.__wrapped__
    assert [path.name for path in forget().iterdir()] == ["recent"]
