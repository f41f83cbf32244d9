# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment import host_checks
from ansible_collections.vigil.observability.plugins.module_utils._deployment.definition import Deployment
from ansible_collections.vigil.observability.plugins.module_utils._deployment.record import Record
from ansible_collections.vigil.observability.plugins.module_utils._host.ports import Listener
from ansible_collections.vigil.observability.plugins.module_utils._host.tree import mark_staged
from ansible_collections.vigil.observability.plugins.module_utils._staging.manifest import manifest_of
from ansible_collections.vigil.observability.plugins.modules import host_preflight

Look = Callable[..., Any]
Disk = Callable[[int], str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a Debian 12 with systemd and nothing of ours."""
    for folder in ("run/systemd/system", "etc/systemd/system", "opt"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/os-release").write_text('PRETTY_NAME="Debian 12"\nID=debian\nVERSION_ID="12"\n')
    return tmp_path


@pytest.fixture
def look(root: Path, run_module: Callable[..., Any]) -> Look:
    """A function that looks at that host for the services given, as mappings."""

    def run(*services: dict[str, Any], check: bool = False, **options: Any) -> Any:
        places = {
            "root": str(root),
            "unit_dirs": [str(root / "etc/systemd/system")],
            "records_dir": str(root / "records"),
        }
        return run_module(host_preflight, check=check, services=services, **{**places, **options})

    return run


@pytest.fixture
def disk_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """A function that gives a directory on a file system of this many bytes."""

    def sized(total: int) -> str:
        usage = shutil.disk_usage(tmp_path)._replace(total=total)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        return str(tmp_path / "data")

    return sized


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("check", [False, True])
def test_fitting_host_tells_its_facts(look: Look, tmp_path: Path, check: bool) -> None:
    result = look({"name": "demo", "data_dir": str(tmp_path / "to/come")}, {"name": "exporter"}, check=check)
    assert (result["failed"], result["changed"], result["warnings"]) == (False, False, [])
    facts = result["ansible_facts"]
    assert facts["architecture"] == platform.machine()
    assert facts["vigil_disk_bytes"] == {"demo": shutil.disk_usage(tmp_path).total}
    assert abs(facts["vigil_host_time"] - time.time()) < 60


def test_services_that_were_healthy_once_are_told(look: Look, root: Path) -> None:
    assert look({"name": "demo"})["ansible_facts"]["vigil_deployed"] == []
    (root / "records").mkdir()
    Record().write(root / "records/demo.json")
    facts = look({"name": "demo"}, {"name": "exporter"})["ansible_facts"]
    assert (facts["vigil_deployed"], facts["vigil_memory_bytes"] > 2**20) == (["demo"], True)


def test_services_that_were_healthy_once_and_have_no_open_port_are_stopped(look: Look, root: Path) -> None:
    (root / "records").mkdir()
    assert look({"name": "demo", "ports": [1]})["ansible_facts"]["vigil_stopped"] == []
    Record().write(root / "records/demo.json")
    assert look({"name": "demo", "ports": [1]})["ansible_facts"]["vigil_stopped"] == ["demo"]


@pytest.mark.parametrize(("areas", "refused"), [(65_530, True), (262_144, False)])
def test_kernel_that_maps_too_few_areas_for_elasticsearch_is_refused(
    look: Look, root: Path, areas: int, refused: bool
) -> None:
    (root / "proc/sys/vm").mkdir(parents=True)
    (root / "proc/sys/vm/max_map_count").write_text(f"{areas}\n")
    assert not look({"name": "demo"})["failed"]
    problems = look({"name": "elasticsearch"}).get("problems", [])
    assert [f"vm.max_map_count of at least 262144, but it is {areas}" in one for one in problems] == [True] * refused


def test_heap_that_is_larger_than_the_memory_is_refused(look: Look) -> None:
    assert not look({"name": "demo", "heap_bytes": 2**20})["failed"]
    (problem,) = look({"name": "demo", "heap_bytes": 2**50})["problems"]
    assert re.fullmatch(
        r"demo is configured to use a heap of 1048576\.0 GiB, but the host has \d+\.\d GiB of memory\. Use at most "
        r"half of it\.",
        problem,
    )


def test_port_of_another_process_is_refused_with_its_name(look: Look, taken: int) -> None:
    (problem,) = look({"name": "demo", "ports": [taken]})["problems"]
    name = Path("/proc/self/comm").read_text().strip()
    assert problem.startswith(f"Port {taken} of demo is in use by {name} (pid {os.getpid()}")


def test_port_of_the_service_itself_is_fine(look: Look, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener(taken, os.getpid(), "demo", ("system.slice", "demo.service"))
    monkeypatch.setattr(host_checks, "listeners", lambda _tcp, udp: [listener])
    assert not look({"name": "demo", "ports": [taken]})["failed"]
    assert look({"name": "other", "ports": [taken]})["failed"]


def test_udp_port_of_another_process_is_refused_where_datagrams_are_taken(look: Look) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert not look({"name": "demo", "ports": [port]})["failed"]
        (problem,) = look({"name": "demo", "ports": [port], "udp_ports": [port]})["problems"]
    assert problem.startswith(f"UDP port {port} of demo is in use by ")


def test_host_without_systemd_is_refused(look: Look, root: Path) -> None:
    (root / "run/systemd/system").rmdir()
    assert "systemd is not running as PID 1" in look({"name": "demo"})["msg"]


def test_old_python_is_refused_by_its_version(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_checks, "_PYTHON", (4, 0))
    result = look({"name": "demo"})
    assert f"Ansible uses Python {platform.python_version()} ({sys.executable})" in result["msg"]


def test_architecture_without_an_archive_is_refused_for_each_service(look: Look) -> None:
    own = {"name": "own", "architectures": ["s390x", platform.machine()]}
    result = look({"name": "demo", "architectures": ["s390x"]}, own)
    [problem] = result["problems"]
    assert problem == (
        f"demo has no archive for the architecture {platform.machine()} in this version, only for s390x. Choose "
        "another version, or add the archive with its digest to vigil_catalogue_extra."
    )


SHIPPER = {"name": "shipper", "packages": {"ship": "/usr/sbin/ship", "ship-es": "/usr/lib/*/ship/es.so"}}


def test_missing_packages_of_the_distribution_are_refused_by_their_names(look: Look, root: Path) -> None:
    (problem,) = look(SHIPPER)["problems"]
    assert problem == (
        "shipper runs a program of the distribution, but /usr/sbin/ship and /usr/lib/*/ship/es.so do not exist. "
        "Run: apt-get install ship ship-es"
    )
    for path in ("usr/sbin/ship", "usr/lib/x/ship/es.so"):
        (root / path).parent.mkdir(parents=True)
        (root / path).touch()
    assert not look(SHIPPER)["failed"]
    (root / "usr/sbin/ship").unlink()
    (problem,) = look(SHIPPER)["problems"]
    assert problem.endswith("but /usr/sbin/ship does not exist. Run: apt-get install ship")


def test_program_of_a_distribution_that_has_other_packages_is_refused_by_its_name(look: Look, root: Path) -> None:
    (root / "etc/os-release").write_text('PRETTY_NAME="Rocky Linux 9.4"\nID=rocky\nID_LIKE="rhel centos fedora"\n')
    (problem,) = look(SHIPPER)["problems"]
    assert problem == (
        "shipper runs a program of Debian or Ubuntu, and the host runs Rocky Linux 9.4. Choose another host."
    )
    (root / "etc/os-release").write_text('ID=mint\nID_LIKE="ubuntu debian"\n')
    (problem,) = look(SHIPPER)["problems"]
    assert problem.endswith("Run: apt-get install ship ship-es")


def test_python_that_is_too_old_for_a_service_is_refused_by_its_name(look: Look, root: Path) -> None:
    service = {"name": "engine", "python": "3.11"}
    (problem,) = look(service)["problems"]
    assert problem == (
        "engine runs on Python 3.11 or newer, but /usr/bin/python3 is missing. "
        "Choose a host with a newer one, such as Debian 12."
    )
    python = root / "usr/bin/python3"
    python.parent.mkdir(parents=True)
    for version, refused in (("3.9.2", True), ("3.11.2", False), ("3.13.5", False)):
        python.write_text(f"#!/bin/sh\necho {version}\n")
        python.chmod(0o755)
        assert look(service)["failed"] is refused
    assert not look({"name": "other"})["failed"]


def test_retention_larger_than_the_disk_is_refused(look: Look, tmp_path: Path) -> None:
    size = shutil.disk_usage(tmp_path).total
    place = {"name": "demo", "data_dir": str(tmp_path / "data")}
    assert not look({**place, "retention_bytes": size})["failed"]
    assert not look({"name": "demo", "retention_bytes": size + 1})["failed"]
    result = look({**place, "retention_bytes": 2 * size})
    assert "demo is configured to keep" in result["msg"]
    assert f"but the file system of {tmp_path}/data has" in result["msg"]


def test_default_retention_shrinks_to_what_fits_on_the_disk_with_a_warning(look: Look, disk_of: Disk) -> None:
    path = disk_of(64 << 20)
    result = look({"name": "demo", "data_dir": path, "default_retention_bytes": 50 << 30}, host="monitor1")
    assert result["ansible_facts"]["vigil_retention_bytes"] == {"demo": int((64 << 20) * 0.8)}
    (warning,) = result["warnings"]
    assert warning == (
        f"demo on monitor1 keeps 51.2 MiB instead of the default of 50.0 GiB: 80 % of the file system of {path}, "
        "which has 64.0 MiB. To change that, set demo_retention_size."
    )


def test_default_retention_that_fits_is_kept_without_a_word(look: Look, disk_of: Disk) -> None:
    services = [
        {"name": "demo", "data_dir": disk_of(1 << 40), "default_retention_bytes": 50 << 30},
        {"name": "diskless", "default_retention_bytes": 1 << 30},
    ]
    result = look(*services)
    assert result["ansible_facts"]["vigil_retention_bytes"] == {"demo": 50 << 30, "diskless": 1 << 30}
    assert result["warnings"] == []


def test_retention_of_the_users_own_choice_is_not_shrunk(look: Look, disk_of: Disk) -> None:
    place = {"name": "demo", "data_dir": disk_of(64 << 20), "default_retention_bytes": 50 << 30}
    result = look({**place, "retention_bytes": 60 << 20})
    assert (result["ansible_facts"]["vigil_retention_bytes"], result["warnings"]) == ({}, [])


@pytest.mark.parametrize(("size", "text"), [(512, "512.0 B"), (51 << 20, "51.0 MiB"), (3 << 60, "3072.0 PiB")])
def test_sizes_are_told_in_the_unit_that_fits(size: int, text: str) -> None:
    assert host_checks._text(size) == text


def test_parts_of_another_installation_are_refused_all_at_once(look: Look, root: Path) -> None:
    (root / "etc/systemd/system/demo.service").write_text("[Service]\n")
    (root / "etc/demo").mkdir()
    (root / "opt/demo").symlink_to("/usr/lib/demo")
    problems = look({"name": "demo", "user": "root"})["problems"]
    for part in ("demo.service is a unit", "/opt/demo is a link", "/etc/demo is a directory", "The user root (UID 0"):
        assert any(part in problem for problem in problems)
    assert len(problems) == 4


def test_parts_of_ours_are_fine(look: Look, root: Path) -> None:
    (root / "opt/demo").symlink_to(root / "opt/vigil/demo/1.0.0")
    (root / "etc/demo").symlink_to(root / "etc/vigil/demo/abc")
    assert not look({"name": "demo"})["failed"]


def test_what_is_recorded_is_ours_even_when_it_was_edited(look: Look, root: Path) -> None:
    Record().write(root / "records/demo.json")
    (root / "etc/systemd/system/demo.service").write_text("[Service]\n")
    assert not look({"name": "demo"})["failed"]


def test_record_that_cannot_be_used_is_refused_before_any_service_of_the_host_is_switched(
    look: Look, root: Path
) -> None:
    record = root / "records/demo.json"
    Record().write(record)
    record.write_text(record.read_text()[:-5])
    (problem,) = look({"name": "other"}, {"name": "demo"})["problems"]
    assert problem.startswith(f"demo: The record {record} is damaged (JSONDecodeError")


def test_user_that_the_service_has_run_as_before_is_not_judged_again(look: Look, root: Path) -> None:
    unit = "[Service]\nUser=root\n"
    active = Deployment(release="/r", release_token="t", config=None, config_token=None, unit=unit, links={})
    assert "cannot run demo: it is root. Set demo_user to another name" in look({"name": "demo", "user": "root"})["msg"]
    Record(active, known_good=True).write(root / "records/demo.json")
    assert not look({"name": "demo", "user": "root"})["failed"]
    assert "cannot run demo: it is an account of the op" in look({"name": "demo", "user": "daemon"})["msg"]
    assert "exists with UID 0, but demo_uid is 4711" in look({"name": "demo", "user": "root", "uid": 4711})["msg"]


def test_data_directory_in_use_is_refused_before_any_service_is_switched(look: Look, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/syslog").write_text("")
    service = {"name": "prometheus", "user": "vigil-absent", "data_dir": str(tmp_path / "logs")}
    [problem] = look(service)["problems"]
    assert f"{tmp_path}/logs is configured as a directory of vigil-absent, but belongs to root" in problem
    assert "contains files that are not data of prometheus (syslog)" in problem


def test_data_of_a_former_host_is_refused_unless_its_uid_is_asked_for(look: Look, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", 47110, -1)
    service = {"name": "demo", "user": "vigil-absent", "data_dir": str(tmp_path / "data")}
    assert "belongs to UID 47110" in look({**service, "uid": 47111})["msg"]
    assert ", set demo_uid to 47110, or choose another" in look(service)["msg"]
    assert not look({**service, "uid": 47110})["failed"]


def test_missing_certificate_is_refused_with_the_role_that_makes_it(look: Look, tmp_path: Path) -> None:
    (tmp_path / "tls.crt").touch()
    files = [str(tmp_path / name) for name in ("tls.crt", "tls.key", "authorities.crt")]
    said = (
        f"blackbox_exporter needs files that do not exist: {files[1]}, {files[2]}. Run the role "
        "vigil.observability.certificates for blackbox_exporter first, or set "
        "blackbox_exporter_certificate_file, blackbox_exporter_key_file and blackbox_exporter_authority_file to "
        "existing files."
    )
    result = look({"name": "blackbox_exporter", "files": files})
    assert (result["failed"], result["problems"]) == (True, [said])
    # A role before it may be going to make them.
    result = look({"name": "blackbox_exporter", "files": files}, check=True)
    assert (result["failed"], result["warnings"]) == (False, [said])


def test_untested_platform_is_a_warning(look: Look, root: Path) -> None:
    (root / "etc/os-release").write_text('PRETTY_NAME="Rocky Linux 9.4"\nID=rocky\n# comment\n')
    (warning,) = look({"name": "demo"})["warnings"]
    assert "Rocky Linux 9.4 is not a tested platform" in warning
    (root / "etc/os-release").unlink()
    assert "This operating system is not a tested platform" in look({"name": "demo"})["warnings"][0]


def a_release(root: Path) -> Path:
    path = root / "opt/vigil/app/1.0-abc"
    path.mkdir(parents=True)
    (path / "app").write_text("#!/bin/sh\n")
    mark_staged(path, sha256="abc", files=manifest_of(path))
    return path


def test_untouched_releases_are_told_with_their_digests(look: Look, root: Path) -> None:
    path = a_release(root)
    (root / "opt/app").symlink_to(path)
    assert look({"name": "app"})["releases"] == {str(path): "abc"}


def test_release_that_is_not_active_is_not_told_as_its_run_has_to_claim_it(look: Look, root: Path) -> None:
    a_release(root)
    (root / "opt/app").symlink_to(root / "opt/vigil/app/2.0-abc")
    assert look({"name": "app"})["releases"] == {}


def test_release_that_was_changed_on_the_host_is_not_told(look: Look, root: Path) -> None:
    path = a_release(root)
    (path / "app").chmod(0o777)
    (root / "opt/app").symlink_to(path)
    assert look({"name": "app"})["releases"] == {}


def test_no_release_is_told_where_a_killed_run_left_something_to_clear_away(look: Look, root: Path) -> None:
    path = a_release(root)
    (root / "opt/app").symlink_to(path)
    path.with_name(".unpack-1").mkdir()
    assert look({"name": "app"})["releases"] == {}
