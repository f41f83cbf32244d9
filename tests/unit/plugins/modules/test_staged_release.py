# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.tree import MARKER, staging_token
from ansible_collections.vigil.observability.plugins.modules import staged_release

Result = dict[str, Any]
Stage = Callable[..., Result]


def archive_with(**files: bytes) -> bytes:
    """Return an archive as upstream makes them, with these files executable."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"app-1.0.linux-amd64/{name}")
            info.size, info.mode = len(content), 0o755
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


ARCHIVE = archive_with(app=b"#!/bin/sh\n", tool=b"tool")
SHA256 = hashlib.sha256(ARCHIVE).hexdigest()


def snapshot(root: Path) -> dict[str, tuple[int, int, int]]:
    """Return inode and times of everything below root: any write shows."""
    found = {path: path.lstat() for path in (root, *root.rglob("*"))}
    return {str(path): (stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns) for path, stat in found.items()}


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    return tmp_path / "opt/vigil"


@pytest.fixture
def stage(run_module: Stage, server: Any, releases: Path, tmp_path: Path) -> Stage:
    """A function that stages the release from the loopback server; options lay over the usual ones."""
    server.bodies["/app.tar.gz"] = ARCHIVE

    def run(**options: Any) -> Result:
        usual = {"service": "app", "version": "1.0", "sha256": SHA256, "releases_dir": str(releases)}
        usual["locks_dir"] = str(tmp_path / "locks")
        usual["url"] = f"{server.url}/app.tar.gz"
        merged = {**usual, **options}
        return run_module(staged_release, **{name: value for name, value in merged.items() if value is not None})

    return run


def test_release_is_downloaded_verified_and_unpacked(stage: Stage, releases: Path) -> None:
    umask = os.umask(0o077)
    try:
        result = stage()
    finally:
        os.umask(umask)
    path = releases / f"app/1.0-{SHA256[:12]}"
    assert {key: result[key] for key in ("changed", "path", "version", "sha256", "downloaded")} == {
        "changed": True,
        "path": str(path),
        "version": "1.0",
        "sha256": SHA256,
        "downloaded": True,
    }
    assert (path / "app").read_bytes() == b"#!/bin/sh\n"
    assert os.access(path / "app", os.X_OK)
    assert [(path / name).stat().st_mode & 0o777 for name in ("", "..", "../..")] == [0o755] * 3
    assert sorted(entry.name for entry in path.parent.iterdir()) == [path.name]


def test_unchanged_run_downloads_nothing_and_writes_nothing(stage: Stage, releases: Path, server: Any) -> None:
    stage()
    before = snapshot(releases)
    result = stage(diff=True)
    assert (result["changed"], result["downloaded"]) == (False, False)
    assert snapshot(releases) == before
    assert len(server.requests) == 1


def test_check_mode_says_what_would_be_and_neither_downloads_nor_writes(
    stage: Stage, releases: Path, server: Any
) -> None:
    result = stage(check=True, diff=True)
    assert (result["changed"], result["downloaded"]) == (True, False)
    assert result["path"] == str(releases / f"app/1.0-{SHA256[:12]}")
    assert result["diff"]["before"] == {"state": "absent"}
    assert result["diff"]["after"] == {"state": "staged", "service": "app", "version": "1.0", "sha256": SHA256}
    assert (server.requests, releases.exists()) == ([], False)


def test_release_may_be_pinned_by_its_sha512(stage: Stage, releases: Path) -> None:
    digest = hashlib.sha512(ARCHIVE).hexdigest()
    result = stage(sha256=None, sha512=digest)
    assert (result["changed"], result["sha512"], "sha256" in result) == (True, digest, False)
    assert (releases / f"app/1.0-{digest[:12]}").is_dir()
    assert not stage(sha256=None, sha512=digest.upper())["changed"]


def test_wrong_sha512_leaves_nothing_behind(stage: Stage, releases: Path) -> None:
    result = stage(sha256=None, sha512="0" * 128)
    found = hashlib.sha512(ARCHIVE).hexdigest()
    assert f"has the wrong digest: expected sha512 {'0' * 128}, found {found} in " in result["msg"]
    assert not [path for path in releases.rglob("*") if path.is_file()]


def test_another_version_is_staged_beside_the_first(stage: Stage, releases: Path, server: Any) -> None:
    first = stage()["path"]
    other = archive_with(app=b"2")
    server.bodies["/app-2.tar.gz"] = other
    second = stage(version="2.0", sha256=hashlib.sha256(other).hexdigest().upper(), url=f"{server.url}/app-2.tar.gz")
    assert sorted(entry.name for entry in (releases / "app").iterdir()) == [Path(first).name, Path(second["path"]).name]


def test_leading_directory_stays_when_that_is_asked_for(stage: Stage) -> None:
    assert (Path(stage(keep_top_level_directory=True)["path"]) / "app-1.0.linux-amd64/app").is_file()


def edit(path: Path) -> None:
    (path / "app").write_text("tampered")


def edit_keeping_the_size(path: Path) -> None:
    (path / "tool").write_text("evil")


def open_to_everyone(path: Path) -> None:
    (path / "app").chmod(0o777)


def add(path: Path) -> None:
    (path / "extra").touch()


def delete(path: Path) -> None:
    (path / "tool").unlink()


@pytest.mark.parametrize(
    ("change", "name"),
    [(edit, "app"), (edit_keeping_the_size, "tool"), (open_to_everyone, "app"), (add, "extra"), (delete, "tool")],
)
def test_release_changed_on_the_host_is_named_and_staged_anew_with_a_new_token(
    stage: Stage, change: Callable[[Path], None], name: str
) -> None:
    path = Path(stage()["path"])
    token = staging_token(path)
    change(path)
    assert stage(check=True, diff=True)["diff"]["before"]["changed"] == [name]
    assert stage()["changed"] is True
    assert (path / "app").read_bytes() == b"#!/bin/sh\n"
    assert staging_token(path) not in (None, token)
    assert stage()["changed"] is False


def test_file_of_others_in_a_release_is_moved_aside_with_a_warning_before_it_is_staged_anew(
    stage: Stage, releases: Path
) -> None:
    path = Path(stage()["path"])
    (path / "plugin.so").write_text("mine")
    for options in ({"check": True}, {}):
        assert (
            f"{path} contains files that this collection did not create, plugin.so" in stage(**options)["warnings"][0]
        )
    assert (releases / "local/app/removed/plugin.so").read_text() == "mine"
    assert not (path / "plugin.so").exists()


@pytest.mark.parametrize("marker", [None, "{}", '{"token": "cu', f'{{"sha256": "{SHA256}"}}'])
def test_half_a_release_is_replaced(stage: Stage, releases: Path, marker: str | None) -> None:
    path = releases / f"app/1.0-{SHA256[:12]}"
    path.mkdir(parents=True)
    (path / "app").write_text("#!/bi")
    if marker:
        (path / MARKER).write_text(marker)
    assert stage(check=True, diff=True)["diff"]["before"] == {"state": "not staged"}
    assert stage()["changed"] is True
    assert (path / "tool").read_bytes() == b"tool"


def test_what_a_killed_run_left_is_cleaned_even_when_nothing_is_to_be_staged(stage: Stage, releases: Path) -> None:
    for _attempt in range(2):
        (releases / "app/.unpack-killed/members/app-1.0").mkdir(parents=True)
        stage()
        assert [entry.name for entry in (releases / "app").iterdir()] == [f"1.0-{SHA256[:12]}"]


def test_check_mode_leaves_what_a_killed_run_left(stage: Stage, releases: Path) -> None:
    (releases / "app/.unpack-killed").mkdir(parents=True)
    stage(check=True)
    assert [entry.name for entry in (releases / "app").iterdir()] == [".unpack-killed"]


def test_wrong_digest_names_url_and_both_digests_and_leaves_nothing_behind(
    stage: Stage, releases: Path, server: Any
) -> None:
    result = stage(sha256="0" * 64)
    assert result["msg"].startswith(
        f"{server.url}/app.tar.gz has the wrong digest: expected sha256 {'0' * 64}, found {SHA256} in "
    )
    assert list((releases / "app").iterdir()) == []


def test_truncated_download_is_found_by_its_digest(stage: Stage, releases: Path, server: Any) -> None:
    server.bodies["/app.tar.gz"] = ARCHIVE[:50]
    server.headers["Content-Length"] = str(len(ARCHIVE))
    assert "wrong digest" in stage()["msg"]
    assert list((releases / "app").iterdir()) == []


def test_pinned_archive_that_is_none_leaves_nothing_behind(stage: Stage, releases: Path, server: Any) -> None:
    server.bodies["/app.tar.gz"] = b"<html>"
    result = stage(sha256=hashlib.sha256(b"<html>").hexdigest())
    assert "is not a complete tar archive" in result["msg"]
    assert list((releases / "app").iterdir()) == []


def test_hostile_archive_leaves_nothing_behind(stage: Stage, releases: Path, server: Any) -> None:
    server.bodies["/app.tar.gz"] = hostile = archive_with(**{"../../../escaped": b"x"})
    result = stage(sha256=hashlib.sha256(hostile).hexdigest())
    assert result["msg"].startswith(f"{server.url}/app.tar.gz is not safe to unpack: it contains '")
    assert list((releases / "app").iterdir()) == []
    assert not list(releases.rglob("escaped"))


def test_server_that_lacks_the_archive_is_named_with_its_answer(stage: Stage, server: Any) -> None:
    result = stage(url=server.url.replace("//", "//ann:hidden@") + "/absent.tar.gz?token=hidden")
    assert result["msg"].startswith(f"Cannot download {server.url}/absent.tar.gz: HTTP Error 404: Not Found. Check ")
    assert "hidden" not in result["msg"]


def test_server_that_is_down_is_named_with_the_reason(stage: Stage) -> None:
    message = stage(url="http://127.0.0.1:1/app.tar.gz")["msg"]
    assert message.startswith("Cannot download http://127.0.0.1:1/app.tar.gz: ")
    assert "Connection refused" in message


def test_proxy_of_the_environment_is_used_and_the_url_left_as_given(
    stage: Stage, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://mirror.invalid/some/where/app.tar.gz"
    server.bodies[url] = ARCHIVE
    monkeypatch.setenv("http_proxy", server.url)
    assert stage(url=url)["downloaded"] is True
    assert [request[0] for request in server.requests] == [url]


def test_address_that_no_proxy_names_is_reached_directly(
    stage: Stage, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert stage()["downloaded"] is True


def test_archive_that_the_server_calls_an_encoding_is_taken_as_it_is_stored(stage: Stage, server: Any) -> None:
    server.headers["Content-Encoding"] = "gzip"
    assert stage()["changed"] is True


def test_local_file_of_the_host_may_be_named_as_a_url(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "app.tar.gz").write_bytes(ARCHIVE)
    assert stage(url=(tmp_path / "app.tar.gz").as_uri())["changed"] is True


def test_full_disk_is_a_clear_error_and_leaves_what_was_staged(stage: Stage, server: Any, full_disk: Path) -> None:
    first = stage(releases_dir=str(full_disk))
    before = snapshot(Path(first["path"]))
    big = archive_with(app=os.urandom(1 << 20))
    server.bodies["/big.tar.gz"] = big
    result = stage(
        url=f"{server.url}/big.tar.gz",
        version="2.0",
        sha256=hashlib.sha256(big).hexdigest(),
        releases_dir=str(full_disk),
    )
    assert result["msg"].startswith(f"Cannot stage app 2.0 in {full_disk}/app: ")
    assert "No space left on device" in result["msg"] or "File too large" in result["msg"]
    assert [str(entry) for entry in (full_disk / "app").iterdir()] == [first["path"]]
    assert snapshot(Path(first["path"])) == before


def test_disk_that_fills_while_unpacking_is_a_clear_error_too(stage: Stage, server: Any, full_disk: Path) -> None:
    server.bodies["/app.tar.gz"] = bomb = archive_with(app=bytes(8 << 20))
    result = stage(sha256=hashlib.sha256(bomb).hexdigest(), releases_dir=str(full_disk))
    assert result["msg"].startswith("Cannot stage app 1.0 in ")
    assert list((full_disk / "app").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"service": "../etc"}, "The service '../etc' cannot be the name of a directory"),
        ({"version": "1/0"}, "The version '1/0' cannot be the name of a directory"),
        ({"sha256": "abc"}, "The sha256 'abc' of app 1.0 is not 64 hexadecimal digits."),
        ({"sha256": None, "sha512": SHA256}, f"The sha512 '{SHA256}' of app 1.0 is not 128 hexadecimal digits."),
        ({"sha256": None}, "Cannot stage app 1.0: one of the following is required: sha256, sha512."),
        ({"sha512": "0" * 128}, "parameters are mutually exclusive: sha256|sha512"),
        ({"url": "ftp://u:p@mirror/a"}, "The url 'ftp://mirror/a' of app 1.0 is neither http, https nor file."),
        ({"url": None}, "Cannot stage app: set url or file."),
        ({"file": "app.tar.gz"}, "parameters are mutually exclusive: url|file"),
        ({"transferred": "/tmp/archive"}, "parameters are mutually exclusive: url|transferred"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(stage: Stage, releases: Path, options: Result, message: str) -> None:
    assert message in stage(**options)["msg"]
    assert not releases.exists()


@pytest.mark.parametrize("check", [False, True])
def test_file_on_the_controller_is_asked_for_only_when_it_is_needed(
    stage: Stage, releases: Path, tmp_path: Path, check: bool
) -> None:
    (tmp_path / "transferred").write_bytes(ARCHIVE)
    result = stage(url=None, file="app.tar.gz", check=check)
    assert (result["changed"], result["archive_needed"], releases.exists()) == (True, True, False)
    result = stage(url=None, file="app.tar.gz", transferred=str(tmp_path / "transferred"))
    assert (result["changed"], result["downloaded"], "archive_needed" in result) == (True, False, False)
    result = stage(url=None, file="app.tar.gz", check=check)
    assert (result["changed"], "archive_needed" in result) == (False, False)


def test_transferred_file_is_verified_on_the_host(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "transferred").write_bytes(b"damaged")
    result = stage(url=None, file="app.tar.gz", transferred=str(tmp_path / "transferred"))
    assert result["msg"].startswith(f"app.tar.gz has the wrong digest: expected sha256 {SHA256}, found ")
