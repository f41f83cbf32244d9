# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.unit import Unit, render
from ansible_collections.vigil.observability.plugins.module_utils._deployment.unmanaged import (
    foreign_link,
    foreign_unit,
)

MakeProgram = Callable[[str, str], Path]


def test_unit_of_ours_is_not_foreign(tmp_path: Path) -> None:
    (tmp_path / "demo.service").write_text(render(Unit("demo", "demo", ["/bin/true"])))
    assert foreign_unit("demo", [tmp_path, tmp_path / "nowhere"]) is None


def test_unit_of_a_package_is_named_with_it(tmp_path: Path, make_program: MakeProgram) -> None:
    unit = tmp_path / "demo.service"
    unit.write_text("[Service]\n")
    make_program("dpkg-query", f'echo "demo-package: {unit}"')
    expected = f"{unit} is a unit from the package demo-package: remove that package, then run again."
    assert foreign_unit("demo", [tmp_path]) == expected


def test_masked_unit_is_said_to_be_masked(tmp_path: Path) -> None:
    (tmp_path / "demo.service").symlink_to("/dev/null")
    assert f"{tmp_path}/demo.service (masked) is a unit" in str(foreign_unit("demo", [tmp_path]))


def test_unit_that_links_to_nothing_is_foreign(tmp_path: Path) -> None:
    (tmp_path / "demo.service").symlink_to(tmp_path / "nowhere")
    assert "is a unit that this collection did not create: disable demo" in str(foreign_unit("demo", [tmp_path]))


@pytest.mark.parametrize("target", ["/opt/vigil/demo/1.0.0", "/recorded"])
def test_link_to_what_was_staged_or_recorded_is_ours(tmp_path: Path, target: str) -> None:
    link = tmp_path / "demo"
    assert foreign_link(link, Path("/opt/vigil/demo")) is None
    link.symlink_to(target)
    assert foreign_link(link, Path("/opt/vigil/demo"), "/recorded") is None


def test_link_to_elsewhere_is_foreign(tmp_path: Path) -> None:
    (tmp_path / "demo").symlink_to("/usr/lib/demo")
    found = foreign_link(tmp_path / "demo", Path("/opt/vigil/demo"))
    assert f"{tmp_path}/demo is a link to /usr/lib/demo that this collection did not create: remove it" in str(found)


def test_directory_and_file_in_place_of_a_link_are_foreign(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "directory").mkdir()
    assert "is a file that" in str(foreign_link(tmp_path / "file", None))
    assert "is a directory that" in str(foreign_link(tmp_path / "directory", None))
