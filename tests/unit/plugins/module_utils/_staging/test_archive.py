# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.archive import shown, unpack

Unpack = Callable[..., Path]


def member(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644
) -> tuple[tarfile.TarInfo, bytes]:
    """Return a member and its content; directories, links and devices have none."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    content = f"content of {name}".encode() if kind == tarfile.REGTYPE else b""
    info.size = len(content)
    return info, content


@pytest.fixture
def unpacked(tmp_path: Path) -> Unpack:
    """A function that packs members to an archive and unpacks that again."""

    def pack_and_unpack(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> Path:
        archive, scratch = tmp_path / "archive", tmp_path / "scratch"
        with tarfile.open(archive, mode) as tar:  # type: ignore[call-overload]
            for info, content in members:
                tar.addfile(info, io.BytesIO(content))
        scratch.mkdir()
        return unpack(archive, scratch, source="https://mirror/app.tar.gz")

    return pack_and_unpack


@pytest.mark.parametrize("compression", ["w", "w:gz", "w:bz2", "w:xz"])
def test_leading_directory_is_stripped_in_every_compression(unpacked: Unpack, compression: str) -> None:
    release = unpacked(member("app-1/bin/app"), member("./app-1/LICENSE"), mode=compression)
    assert (release / "bin/app").read_text() == "content of app-1/bin/app"
    assert sorted(path.name for path in release.iterdir()) == ["LICENSE", "bin"]


def test_leading_directory_is_kept_when_that_is_asked_for(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "archive", "w") as tar:
        info, content = member("app-1/app")
        tar.addfile(info, io.BytesIO(content))
    release = unpack(tmp_path / "archive", tmp_path, source="https://mirror/app.tar", keep_top_level_directory=True)
    assert (release / "app-1/app").is_file()


def test_archive_without_a_leading_directory_is_unpacked_as_it_is(unpacked: Unpack) -> None:
    release = unpacked(member("app"), member("LICENSE"))
    assert sorted(path.name for path in release.iterdir()) == ["LICENSE", "app"]


def test_archive_of_a_single_file_is_unpacked_as_it_is(unpacked: Unpack) -> None:
    assert (unpacked(member("app")) / "app").is_file()


def test_modes_are_sane_whatever_the_archive_and_the_umask_say(unpacked: Unpack) -> None:
    umask = os.umask(0o077)
    try:
        release = unpacked(
            member("app-1", tarfile.DIRTYPE, mode=0o700),
            member("app-1/app", mode=0o6777),
            member("app-1/data", mode=0o666),
            member("app-1/private", mode=0o600),
            member("app-1/lib/part"),
        )
    finally:
        os.umask(umask)
    names = {".": 0o755, "app": 0o755, "data": 0o644, "private": 0o644, "lib": 0o755}
    assert {name: (release / name).stat().st_mode & 0o7777 for name in names} == names
    assert (release / "app").stat().st_uid == os.geteuid()


def test_links_that_stay_inside_are_kept(unpacked: Unpack) -> None:
    release = unpacked(
        member("app-1/lib/current", tarfile.SYMTYPE, "v1"),
        member("app-1/lib/v1/part"),
        member("app-1/tool", tarfile.LNKTYPE, "app-1/lib/v1/part"),
        member("app-1/bin/part", tarfile.SYMTYPE, "../lib/current/part"),
        member("app-1/here", tarfile.SYMTYPE, "."),
    )
    assert (release / "bin/part").read_text() == "content of app-1/lib/v1/part"
    assert (release / "tool").samefile(release / "lib/v1/part")


HOSTILE = {
    "absolute name": ([member("/etc/app")], "the absolute path '/etc/app'"),
    "name that climbs out": ([member("app-1/../../app")], "a path outside of it"),
    "directory that climbs out": ([member("../app", tarfile.DIRTYPE)], "a path outside of it"),
    "absolute symbolic link": (
        [member("app-1/a", tarfile.SYMTYPE, "/etc/passwd")],
        "points to the absolute path '/etc/passwd'",
    ),
    "symbolic link that climbs out": (
        [member("app-1/a"), member("app-1/b", tarfile.SYMTYPE, "../../x")],
        "points outside of it",
    ),
    "symbolic link to beside the leading directory": (
        [member("app-1/a"), member("app-1/b", tarfile.SYMTYPE, "../app-1/a")],
        "points outside of it, to '../app-1/a'",
    ),
    "symbolic links that climb out together": (
        [
            member("app-1/d/a"),
            member("app-1/x/y/z/s", tarfile.SYMTYPE, "../../../d"),
            member("app-1/t", tarfile.SYMTYPE, "x/y/z/s/../../.."),
        ],
        "points outside of it",
    ),
    "file below a symbolic link": (
        [member("app-1/a", tarfile.SYMTYPE, ".."), member("app-1/a/b")],
        "it contains 'a' twice",
    ),
    "symbolic link below a symbolic link": (
        [member("app-1/a", tarfile.SYMTYPE, "d"), member("app-1/d/f"), member("app-1/a/b", tarfile.SYMTYPE, "f")],
        "'app-1/a/b' is below another link",
    ),
    "hard link that climbs out": ([member("app-1/a", tarfile.LNKTYPE, "../../etc/passwd")], "a path outside of it"),
    "absolute hard link": ([member("app-1/a", tarfile.LNKTYPE, "/etc/passwd")], "the absolute path '/etc/passwd'"),
    "hard link to nothing": ([member("app-1/a", tarfile.LNKTYPE, "app-1/b")], "'app-1/b', which is not a file in it"),
    "hard link to a symbolic link": (
        [member("app-1/a", tarfile.SYMTYPE, "/etc/passwd"), member("app-1/b", tarfile.LNKTYPE, "app-1/a")],
        "'app-1/a', which is not a file in it",
    ),
    "hard link over a file": (
        [member("app-1/a"), member("app-1/b"), member("app-1/a", tarfile.LNKTYPE, "app-1/b")],
        "it contains 'a' twice",
    ),
    "character device": ([member("app-1/null", tarfile.CHRTYPE)], "'app-1/null' is a device"),
    "block device": ([member("app-1/disk", tarfile.BLKTYPE)], "'app-1/disk' is a device"),
    "pipe": ([member("app-1/pipe", tarfile.FIFOTYPE)], "'app-1/pipe' is a device, a pipe"),
    "name given twice": ([member("app-1/a"), member("app-1/a")], "it contains 'a' twice"),
    "file that is a directory too": ([member("app-1/a"), member("app-1/a/b")], "twice"),
    "no members": ([], "it is empty"),
}


@pytest.mark.parametrize(("members", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_archive_is_refused_by_name_and_writes_nothing_outside(
    unpacked: Unpack, tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]], reason: str
) -> None:
    with pytest.raises(OperatorError, match="is not safe to unpack") as refusal:
        unpacked(*members)
    assert reason in str(refusal.value)
    assert "https://mirror/app.tar.gz" in str(refusal.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "scratch"]
    assert all(path.name == "members" or len(path.name) == 32 for path in (tmp_path / "scratch").iterdir())


def zipped(name: str, content: str = "", mode: int = stat.S_IFREG | 0o644) -> tuple[zipfile.ZipInfo, str]:
    """Return a member of a zip file and its content, for a link where it points to; no mode as of another system."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info, content


@pytest.fixture
def unzipped(tmp_path: Path) -> Unpack:
    """A function that packs members to a zip file and unpacks that again."""

    def pack_and_unpack(*members: tuple[zipfile.ZipInfo, str]) -> Path:
        archive, scratch = tmp_path / "archive", tmp_path / "scratch"
        with zipfile.ZipFile(archive, "w") as packed:
            for info, content in members:
                packed.writestr(info, content, zipfile.ZIP_DEFLATED)
        scratch.mkdir()
        return unpack(archive, scratch, source="https://mirror/plugin.zip")

    return pack_and_unpack


def test_zip_file_is_unpacked_like_a_tar_file(unzipped: Unpack) -> None:
    release = unzipped(
        zipped("plugin/"),
        zipped("plugin/plugin.json", "{}"),
        zipped("plugin/backend", "program", stat.S_IFREG | 0o755),
        zipped("plugin/of another system", "data", 0),
        zipped("plugin/current", "backend", stat.S_IFLNK | 0o777),
    )
    assert (release / "current").read_text() == "program"
    modes = {path.name: path.stat().st_mode & 0o7777 for path in release.iterdir() if not path.is_symlink()}
    assert modes == {"plugin.json": 0o644, "backend": 0o755, "of another system": 0o644}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ([zipped("/etc/app")], "the absolute path '/etc/app'"),
        ([zipped("plugin/../../app")], "a path outside of it"),
        ([zipped("plugin/a", "/etc/passwd", stat.S_IFLNK)], "points to the absolute path '/etc/passwd'"),
        ([zipped("plugin/a"), zipped("plugin/b", "../../x", stat.S_IFLNK)], "points outside of it"),
        ([zipped("plugin/pipe", mode=stat.S_IFIFO)], "'plugin/pipe' is a device, a pipe"),
        ([], "it is empty"),
    ],
)
def test_hostile_zip_file_is_refused_by_name(
    unzipped: Unpack, members: list[tuple[zipfile.ZipInfo, str]], reason: str
) -> None:
    with pytest.raises(OperatorError, match="is not safe to unpack") as refusal:
        unzipped(*members)
    assert reason in str(refusal.value)


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_damaged_zip_file_is_called_incomplete(tmp_path: Path, damage: str) -> None:
    with zipfile.ZipFile(tmp_path / "archive", "w") as packed:
        packed.writestr("plugin/a", os.urandom(10_000))
    content = (tmp_path / "archive").read_bytes()
    broken = content[:5000] if damage == "cut" else content[:5000] + bytes(100) + content[5100:]
    (tmp_path / "archive").write_bytes(broken)
    with pytest.raises(OperatorError, match=r"^plugin\.zip is not a complete zip archive: .+ Nothing was installed\.$"):
        unpack(tmp_path / "archive", tmp_path, source="plugin.zip")


def archive_of(compress: str) -> bytes:
    """Return an archive with one file that compresses to its half."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{compress}") as tar:  # type: ignore[call-overload]
        info = tarfile.TarInfo("app-1/app")
        info.size = 2_000_000 if compress == "bz2" else 200_000  # bzip2 checks blocks of 900 kB
        tar.addfile(info, io.BytesIO(os.urandom(info.size // 2).hex().encode()))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("compress", "damage"),
    [*((compress, "cut") for compress in ("", "gz", "bz2", "xz")), *((c, "overwritten") for c in ("", "bz2", "xz"))],
)
def test_damaged_archive_is_called_incomplete(tmp_path: Path, compress: str, damage: str) -> None:
    content = archive_of(compress)
    half = len(content) // 2
    if damage == "overwritten" and not compress:
        half = 0
    broken = content[:half] + (b"" if damage == "cut" else b"\xff" * 600 + content[half + 600 :])
    (tmp_path / "archive").write_bytes(broken)
    with pytest.raises(OperatorError, match=r"^app\.tar is not a complete tar archive: .+ Nothing was installed\.$"):
        unpack(tmp_path / "archive", tmp_path, source="app.tar")


def test_something_else_than_an_archive_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(gzip.compress(b"<html>Sign in to the proxy</html>"))
    with pytest.raises(OperatorError, match="not a complete tar archive"):
        unpack(tmp_path / "archive", tmp_path, source="https://mirror/app.tar.gz")


def test_archive_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        unpack(tmp_path / "archive", tmp_path, source="https://mirror/app.tar.gz")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://mirror/a.tar.gz", "https://mirror/a.tar.gz"),
        ("https://ann:pa@ss@mirror:8443/a.tar.gz", "https://mirror:8443/a.tar.gz"),
        ("https://mirror/a.tar.gz?token=hidden#part", "https://mirror/a.tar.gz"),
        ("https://[2001:db8::1]:80/a", "https://[2001:db8::1]:80/a"),
    ],
)
def test_url_is_shown_without_what_may_be_secret_in_it(url: str, expected: str) -> None:
    assert shown(url) == expected
