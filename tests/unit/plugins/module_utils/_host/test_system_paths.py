# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.system_paths import (
    normal_path,
    overlap,
    system_directory,
    unfit_data_directory,
    unfit_path,
    unfit_shared_directory,
)

SYSTEM = [
    "/",
    "//",
    "/.",
    "/srv",
    "/data",
    "/mnt",
    "/opt",
    "/home",
    "/run",
    "/tmp",
    "/var",
    "/etc",
    "/etc/prometheus",
    "/usr/local/prometheus",
    "/bin/x",
    "/dev/shm/x",
    "/proc/1",
    "/sys/fs",
    "/boot/x",
    "/root",
    "/lib64/x",
    "/var/lib",
    "/var/log",
    "/var/log/",
    "/var/../var/log",
    "//var//log",
    "/var/./cache",
    "/var/spool",
    "/var/www",
    "/var/mail",
    "/var/lib/docker/volumes/x",
    "/var/lib/dpkg",
    "/var/lib/systemd/x",
    "/var/log/journal",
    "/opt/vigil/x",
    "/var/lib/vigil",
    "/var/lib/vigil/grafana-data",
]
OWN = [
    "/var/lib/prometheus",
    "/var/lib/prometheus/metrics",
    "/srv/prometheus",
    "/data/prometheus",
    "/mnt/disk",
    "/opt/metrics",
    "/var/metrics",
    "/var/log/prometheus",
    "/var/library",
    "/etcetera/x",
    "/home2/x",
    "/var/lib/dpkg-data",
]


@pytest.mark.parametrize("path", SYSTEM)
def test_directory_of_the_system_is_nobodys_however_it_is_written(path: str) -> None:
    assert system_directory(path)
    assert unfit_data_directory(path)
    assert unfit_shared_directory(path)


@pytest.mark.parametrize("path", OWN)
def test_directory_of_its_own_can_be_given_to_a_service(path: str) -> None:
    assert system_directory(path) is None
    assert unfit_data_directory(path) is None
    assert unfit_shared_directory(path) is None


@pytest.mark.parametrize("path", ["/home/jo/data", "/tmp/data", "/run/data", "/var/run/x", "/var/tmp/x", "/var/lock/x"])
def test_data_is_not_kept_where_it_is_lost_or_hidden_though_others_may_leave_files_there(path: str) -> None:
    assert unfit_data_directory(path)
    assert unfit_shared_directory(path) is None


def test_directory_for_metrics_of_others_may_be_that_of_this_collection_where_no_data_is_kept() -> None:
    assert unfit_shared_directory("/var/lib/vigil/textfile/") is None
    assert unfit_data_directory("/var/lib/vigil/textfile")


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("data", "is not an absolute path"),
        ("~/data", "is not an absolute path"),
        ("/a\nb", "control character"),
        ("/srv/$HOME", "contains a $: write the full path."),
    ],
)
def test_what_is_no_path_is_told(path: str, wrong: str) -> None:
    assert wrong in str(unfit_path(path))
    assert unfit_path("/a b") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/a", "/a/", True),
        ("/a/b", "/a", True),
        ("/a", "//a/b/../c", True),
        ("/a", "/ab", False),
        ("/a/b", "/a/c", False),
    ],
)
def test_directories_overlap_when_one_lies_in_the_other(one: str, other: str, same: bool) -> None:
    assert overlap(one, other) is same
    assert normal_path("///a/./b/..") == "/a"
