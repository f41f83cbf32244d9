from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomli

PACKAGE = Path(__file__).resolve().parents[1]
LOCKS = PACKAGE.parents[1] / "requirements"


def bounds() -> dict[str, str]:
    project = tomli.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    return dict(requirement.split(">=") for requirements in lists for requirement in requirements)


def locked(kind: str) -> dict[str, str]:
    text = (LOCKS / f"telemetry_{kind}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE))


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version; trailing zeros do not matter."""
    return tuple(int(number) for number in re.findall(r"\d+", re.sub(r"(\.0)+$", "", version)))


def test_the_oldest_environment_has_exactly_the_lower_bounds() -> None:
    oldest = locked("oldest")
    found = {name: oldest.get(name, "missing") for name in bounds()}
    assert {name: release(version) for name, version in found.items()} == {
        name: release(version) for name, version in bounds().items()
    }


def test_the_newest_environment_has_every_dependency_and_none_below_its_bound() -> None:
    newest = locked("newest")
    assert [name for name, bound in bounds().items() if release(newest.get(name, "0")) < release(bound)] == []


@pytest.mark.parametrize("kind", ["oldest", "newest"])
def test_a_lock_holds_a_version_of_everything_once(kind: str) -> None:
    lines = [
        line
        for line in (LOCKS / f"telemetry_{kind}.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+]+", line) for line in lines)
    assert len(locked(kind)) == len(lines)
