# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.data import directories
from ansible_collections.vigil.observability.plugins.module_utils._deployment.data.directories import (
    make_writable,
    not_writable,
    refused_directory,
)

ME = pwd.getpwuid(os.geteuid()).pw_name
BLOCK = "01HV6Z0M4C8Q9RTXKD2W3E5F7G"


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user demo with UID 4711 and GID 4712, to whom root gives directories."""
    monkeypatch.setattr(directories, "uid_of", lambda _: 4711)
    monkeypatch.setattr(directories, "gid_of", lambda _: 4712)


def owner(path: Path) -> tuple[int, int]:
    return path.lstat().st_uid, path.lstat().st_gid


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_missing_directory_is_made_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "a/b"
    assert not_writable([str(path)], ME) == [path]
    assert refused_directory([str(path)], ME, "demo") is None
    make_writable([path], ME)
    assert (mode(path), mode(path.parent), path.stat().st_uid) == (0o750, 0o755, os.geteuid())
    assert not_writable([str(path)], ME) == []


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(("before", "after"), [(0o755, 0o750), (0o700, 0o700), (0o500, 0o700), (0o1777, 0o750)])
def test_empty_directory_of_root_is_taken_over_and_opened_to_nobody_else(
    tmp_path: Path, before: int, after: int
) -> None:
    path = tmp_path / "disk"
    (path / "lost+found").mkdir(parents=True)
    path.chmod(before)
    assert not_writable([str(path)], "demo") == [path]
    assert refused_directory([str(path)], "demo", "prometheus") is None
    make_writable([path], "demo")
    assert (owner(path), mode(path)) == ((4711, 4712), after)
    assert owner(path / "lost+found") == (0, 0)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("product", "names"),
    [
        ("prometheus", ["wal", "chunks_head", "lock", "queries.active", BLOCK, f"{BLOCK}.tmp-for-deletion"]),
        ("alertmanager", ["nflog", "silences", "silences.1a2b3c"]),
        ("grafana", ["grafana.db", "grafana.db-wal", "plugins", "png", "lost+found"]),
    ],
)
def test_directory_of_root_with_data_of_the_product_is_taken_over_with_that_data(
    tmp_path: Path, product: str, names: list[str]
) -> None:
    for name in names:
        (tmp_path / "data" / name / "inside").mkdir(parents=True)
    (tmp_path / "data" / names[0] / "link").symlink_to("/etc/passwd")
    (tmp_path / "data" / names[0] / "other").write_text("")
    os.chown(tmp_path / "data" / names[0] / "other", 4713, 4713)
    assert refused_directory([str(tmp_path / "data")], "demo", product) is None
    make_writable([tmp_path / "data"], "demo")
    for part in ("", "inside", "link"):
        assert owner(tmp_path / "data" / names[0] / part) == (4711, 4712)
    assert owner(tmp_path / "data" / names[0] / "other") == (4713, 4713)
    assert owner(Path("/etc/passwd")) == (0, 0)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("product", "names", "strange"),
    [
        ("prometheus", ["syslog"], "(syslog)"),
        ("prometheus", ["wal", "chunks"], "(chunks)"),
        ("prometheus", ["nflog", "a", "b", "c"], "(a, b, c and 1 more)"),
        ("grafana", ["wal"], "(wal)"),
        ("node_exporter", ["wal"], "(wal)"),
    ],
)
def test_directory_of_root_with_anything_else_in_it_is_refused_by_what_it_holds(
    tmp_path: Path, product: str, names: list[str], strange: str
) -> None:
    for name in names:
        (tmp_path / name).mkdir()
    said = str(refused_directory([str(tmp_path)], "demo", product))
    assert f"belongs to root and contains files that are not data of {product} {strange}" in said
    assert "Choose an empty or new directory" in said
    assert "(chown -R)" in said


@pytest.mark.parametrize("path", ["/", "/srv", "/var/log", "/var/log/", "/srv/../etc", "//usr/local/x", "/opt/vigil"])
def test_directory_of_the_system_is_refused_to_everyone_who_can_be_named(path: str) -> None:
    for user in (ME, "daemon"):
        assert f"{Path(path)} cannot be the directory of {user}: it" in str(
            refused_directory([path], user, "prometheus")
        )


def test_link_to_a_directory_of_the_system_is_refused_with_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to("/var")
    said = str(refused_directory([f"{tmp_path}/data/log"], ME, "prometheus"))
    assert said.startswith(
        f"{tmp_path}/data/log cannot be the directory of {ME}: it is a link to /var/log, which belongs to the"
    )


def test_directory_that_the_user_has_already_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "anything").write_text("")
    assert not_writable([str(tmp_path)], ME) == []
    assert refused_directory([str(tmp_path)], ME, "prometheus") is None
    assert mode(tmp_path) == 0o755


@pytest.mark.usefixtures("demo")
def test_directory_of_another_user_is_refused_with_what_to_do(tmp_path: Path) -> None:
    os.chown(tmp_path, 4713, -1)
    said = str(refused_directory([str(tmp_path)], "demo", "prometheus"))
    assert said == (
        f"{tmp_path} is configured as a directory of demo, but belongs to UID 4713. Change its owner to demo "
        "(chown -R), or choose another directory."
    )


@pytest.mark.parametrize(("uid", "refused"), [(4713, False), (pwd.getpwnam("daemon").pw_uid, True)])
def test_directory_that_a_user_to_be_made_may_get_is_not_refused(tmp_path: Path, uid: int, refused: bool) -> None:
    os.chown(tmp_path, uid, -1)
    assert (refused_directory([str(tmp_path)], "vigil-absent", "prometheus") is not None) == refused
    assert refused_directory([str(tmp_path)], "vigil-absent", "prometheus", coming=uid + 1)


@pytest.mark.parametrize("link", [False, True])
def test_something_else_in_place_of_a_directory_is_refused(tmp_path: Path, link: bool) -> None:
    path = tmp_path / "data"
    path.symlink_to("nowhere") if link else path.write_text("")
    assert "is not a directory, but is configured as one for" in str(refused_directory([str(path)], ME, "demo"))
