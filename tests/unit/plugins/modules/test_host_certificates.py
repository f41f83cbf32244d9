# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.vigil.observability.plugins.module_utils._certificates import issuance, store
from ansible_collections.vigil.observability.plugins.modules import host_certificates

Result = dict[str, Any]
RunModule = Callable[..., Result]
MakeProgram = Callable[[str, str], Path]

ME = pwd.getpwuid(os.geteuid()).pw_name
DAY = 86400
CERTIFICATE = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
BUNDLE = CERTIFICATE.format("ROOT")


class Host:
    """A host below a directory, with a controller that answers every request with a certificate of its token."""

    def __init__(self, root: Path, run_module: RunModule) -> None:
        self.directory = root / "etc" / "certificates"
        self.metrics = root / "textfile" / "certificates.prom"
        self.locks = root.with_name("locks")
        self.run_module = run_module

    def options(self, **changed: Any) -> dict[str, Any]:
        services = changed.pop("services", ["prometheus", "node_exporter"])
        return {
            "services": [{"name": name, "user": ME, "names": [f"DNS:{name}"]} for name in services],
            "host": "web1",
            "issuer": "authority",
            "issuer_not_after": 2000000000,
            "bundle": BUNDLE,
            "lifetime_days": 365,
            "time": time.time(),
            "certificates_dir": str(self.directory),
            "textfile_dir": str(self.metrics.parent),
            "locks_dir": str(self.locks),
            **changed,
        }

    def call(self, *, check: bool = False, **changed: Any) -> Result:
        return self.run_module(host_certificates, check=check, **self.options(**changed))

    def sign(self, requests: list[dict[str, str]], start: int | None = None) -> list[dict[str, Any]]:
        start = int(time.time()) if start is None else start
        return [
            {
                "service": request["service"],
                "token": request["token"],
                "certificate": CERTIFICATE.format(request["token"]),
                "not_before": start,
                "not_after": start + 365 * DAY,
            }
            for request in requests
        ]

    def provision(self, *, start: int | None = None, **changed: Any) -> Result:
        """Do what the controller does: call, and call again with what was signed when there are requests."""
        result = self.call(**changed)
        return self.call(**changed, signed=self.sign(result["requests"], start)) if result["requests"] else result

    def tree(self) -> dict[str, tuple[int, int, int]]:
        """Return inode, mode and time of change of everything on the host."""
        root = self.directory.parent.parent
        found = {str(path): path.lstat() for path in [root, *root.rglob("*")]}
        return {path: (status.st_ino, status.st_mode, status.st_mtime_ns) for path, status in found.items()}

    def after_an_hour(self) -> None:
        """Let all that was begun so far have been begun an hour ago."""
        for path in (self.directory / ".issued").glob("*"):
            os.utime(path, (time.time() - 3601,) * 2)

    def issued(self) -> list[str]:
        """Return the services of which there are directories, once for each directory."""
        return sorted(path.name.rpartition(".")[0] for path in (self.directory / ".issued").iterdir())


@pytest.fixture
def host(tmp_path: Path, run_module: RunModule) -> Host:
    (tmp_path / "host").mkdir()
    return Host(tmp_path / "host", run_module)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_file_of_others_beside_a_certificate_is_moved_aside_with_a_warning_when_that_is_renewed(host: Host) -> None:
    host.provision(start=int(time.time()) - 300 * DAY)
    (host.directory / "prometheus/full.pem").write_text("both")
    warnings = host.provision()["warnings"]
    moved = host.directory.parent / "local/prometheus/removed"
    told = f"{host.directory}/prometheus contains files that this collection did not create, full.pem: they are moved"
    assert [warning.partition(". Keep")[0] for warning in warnings] == [f"{told} to {moved}"]
    assert (moved / "full.pem").read_text() == "both"


def test_fresh_host_gets_keys_certificates_and_authorities(host: Host) -> None:
    result = host.provision()
    assert result["changed"]
    assert result["due"] == {"prometheus": "it has none", "node_exporter": "it has none"}
    assert (host.directory / "authorities.crt").read_text() == BUNDLE
    for service in ("prometheus", "node_exporter"):
        assert result["services"][service]["key_file"] == str(host.directory / service / "tls.key")
        assert (host.directory / service / "tls.crt").read_text().startswith("-----BEGIN CERTIFICATE-----")
        assert (host.directory / service / "tls.key").read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert host.issued() == ["node_exporter", "prometheus"]


def test_request_is_signed_by_a_new_p256_key_of_this_host(host: Host) -> None:
    first, second = host.call()["requests"], host.call()["requests"]
    assert first[0]["request"] != second[0]["request"]
    shown = subprocess.run(
        ["openssl", "req", "-noout", "-text", "-verify"],
        input=second[0]["request"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "P-256" in shown.stdout
    assert "CN = prometheus" in shown.stdout or "CN=prometheus" in shown.stdout


def test_files_are_readable_by_their_service_alone_whatever_the_umask(host: Host) -> None:
    for umask in (0o077, 0):
        before = os.umask(umask)
        host.provision(renew=["prometheus"])
        os.umask(before)
        active = host.directory / "prometheus"
        assert (mode(active), mode(active / "tls.key"), mode(active / "tls.crt")) == (0o750, 0o640, 0o644)
        assert mode(host.directory) == 0o755
        assert (mode(host.directory / "authorities.crt"), mode(host.metrics)) == (0o644, 0o644)


def test_key_is_readable_by_its_maker_alone_until_its_certificate_is_there(host: Host) -> None:
    host.call(services=["prometheus"])
    (begun,) = (host.directory / ".issued").iterdir()
    assert (mode(begun), mode(begun / "tls.key")) == (0o700, 0o600)


def test_unchanged_run_writes_nothing_and_starts_no_openssl(host: Host, make_program: MakeProgram) -> None:
    host.provision()
    before = host.tree()
    make_program("openssl", f"touch {host.directory}/started; exit 1")
    result = host.call()
    assert not result["changed"]
    assert result["requests"] == []
    assert host.tree() == before


def test_check_mode_on_a_fresh_host_says_what_is_due_and_makes_nothing(host: Host) -> None:
    before = host.tree()
    result = host.call(check=True)
    assert result["changed"]
    assert result["requests"] == []
    assert result["diff"]["before"] == {"certificates": {}, "trusted": []}
    assert result["diff"]["after"]["certificates"]["prometheus"]["not_after"] == "(new: it has none)"
    assert host.tree() == before


def test_check_mode_on_an_unchanged_host_changes_nothing(host: Host) -> None:
    host.provision()
    before = host.tree()
    assert not host.call(check=True)["changed"]
    assert host.tree() == before


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"renew": ["prometheus"]}, "asked for"),
        ({"issuer": "another"}, "the authority changed"),
        ({"lifetime_days": 90}, "the requested lifetime changed"),
        ({"services": [{"name": "prometheus", "user": ME, "names": ["DNS:other"]}]}, "its names changed"),
    ],
)
def test_certificate_that_is_no_longer_what_is_asked_for_is_due(
    host: Host, changed: dict[str, Any], reason: str
) -> None:
    host.provision(services=["prometheus"])
    before = (host.directory / "prometheus").readlink()
    options = {**host.options(services=["prometheus"]), **changed, "time": time.time()}
    result = host.run_module(host_certificates, **options)
    assert result["due"] == {"prometheus": reason}
    installed = host.run_module(host_certificates, **{**options, "signed": host.sign(result["requests"])})
    assert installed["changed"]
    assert (host.directory / "prometheus").readlink() != before
    assert host.issued() == ["prometheus"]


@pytest.mark.parametrize(("age", "due"), [(243, False), (244, True), (500, True)])
def test_certificate_is_due_at_a_third_of_its_lifetime_left(host: Host, age: int, due: bool) -> None:
    host.provision(start=int(time.time()) - age * DAY)
    result = host.call(check=True)
    assert set(result["due"]) == ({"prometheus", "node_exporter"} if due else set())
    assert not due or result["due"]["prometheus"] == "a third of its lifetime or less is left"


def tampered(active: Path, kind: str) -> None:
    actions: dict[str, Callable[[], Any]] = {
        "certificate edited": lambda: (active / "tls.crt").write_text("edited"),
        "key edited": lambda: (active / "tls.key").write_text("edited"),
        "key removed": (active / "tls.key").unlink,
        "key readable by all": lambda: (active / "tls.key").chmod(0o644),
        "directory open to all": lambda: active.chmod(0o755),
        "record removed": (active / "record.json").unlink,
        "record is no JSON": lambda: (active / "record.json").write_text("{"),
        "record is a list": lambda: (active / "record.json").write_text("[]"),
        "record without validity": lambda: (active / "record.json").write_text("{}"),
        "record with another validity": lambda: (active / "record.json").write_text('{"not_after": "x"}'),
    }
    actions[kind]()


@pytest.mark.parametrize(
    "kind",
    [
        "certificate edited",
        "key edited",
        "key removed",
        "key readable by all",
        "directory open to all",
        "record removed",
        "record is no JSON",
        "record is a list",
        "record without validity",
        "record with another validity",
    ],
)
def test_files_changed_by_hand_are_replaced_by_a_new_key_and_certificate(host: Host, kind: str) -> None:
    host.provision()
    tampered(host.directory / "prometheus", kind)
    assert list(host.provision()["due"]) == ["prometheus"]
    assert not host.call()["changed"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_key_belongs_to_root_and_is_read_by_the_group_of_the_service(host: Host) -> None:
    service = {"name": "prometheus", "user": "daemon", "names": []}
    host.provision(services=["prometheus"])
    options = {**host.options(), "services": [service]}
    requests = host.run_module(host_certificates, **options)["requests"]
    host.run_module(host_certificates, **{**options, "signed": host.sign(requests)})
    status = (host.directory / "prometheus" / "tls.key").stat()
    assert (status.st_uid, status.st_gid) == (0, pwd.getpwnam("daemon").pw_gid)


@pytest.fixture
def made(make_program: MakeProgram, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What useradd was told, in a file that is not there before; it makes nobody."""
    told = tmp_path / "made"
    make_program("useradd", f"echo $* > {told}")
    monkeypatch.setattr(store, "gid_of", lambda _user: os.getegid() if told.exists() else None)
    return told


def test_missing_user_is_made_before_the_key_is_given_to_it(host: Host, made: Path) -> None:
    options = {**host.options(), "services": [{"name": "prometheus", "user": "vigil-absent", "uid": 4123, "names": []}]}
    assert host.run_module(host_certificates, check=True, **options)["changed"]
    assert not made.exists()
    requests = host.run_module(host_certificates, **options)["requests"]
    host.run_module(host_certificates, **{**options, "signed": host.sign(requests)})
    assert "--uid 4123" in made.read_text()


def test_user_is_named_like_the_service_where_nothing_says_otherwise(host: Host, made: Path) -> None:
    options = {**host.options(), "services": [{"name": "vigil-absent", "names": []}]}
    requests = host.run_module(host_certificates, **options)["requests"]
    host.run_module(host_certificates, **{**options, "signed": host.sign(requests)})
    assert made.read_text().split()[-1] == "vigil-absent"


def test_uid_of_another_user_is_refused(host: Host) -> None:
    options = {**host.options(), "services": [{"name": "prometheus", "user": ME, "uid": 4123, "names": []}]}
    result = host.run_module(host_certificates, check=True, **options)
    assert "UID 4123 was requested" in result["msg"]


def test_another_bundle_is_written_without_new_certificates(host: Host) -> None:
    host.provision()
    both = BUNDLE + CERTIFICATE.format("NEXT")
    before = (host.directory / "prometheus").readlink()
    assert host.call(check=True, bundle=both)["changed"]
    result = host.call(bundle=both)
    assert result["changed"]
    assert result["due"] == {}
    assert len(result["diff"]["after"]["trusted"]) == 2
    assert (host.directory / "authorities.crt").read_text() == both
    assert (host.directory / "prometheus").readlink() == before


def test_chain_is_served_after_the_certificate(host: Host) -> None:
    host.provision(chain=CERTIFICATE.format("INTERMEDIATE"))
    assert (host.directory / "prometheus" / "tls.crt").read_text().endswith(CERTIFICATE.format("INTERMEDIATE"))


def test_services_that_are_not_listed_keep_certificate_and_metric(host: Host) -> None:
    host.provision()
    before = (host.directory / "node_exporter").readlink()
    assert not host.call(services=["prometheus"])["changed"]
    host.provision(services=["prometheus"], issuer="another")
    assert (host.directory / "node_exporter").readlink() == before
    assert 'service="node_exporter"' in host.metrics.read_text()


def test_service_whose_directory_was_removed_is_no_longer_in_the_metrics(host: Host) -> None:
    host.provision()
    (host.directory / "node_exporter").unlink()
    (host.directory / "notes.txt").write_text("not a link")
    assert host.call(check=True, services=["prometheus"])["changed"]
    host.provision(services=["prometheus"])
    assert 'service="node_exporter"' not in host.metrics.read_text()


def test_expiry_is_a_metric_of_the_host(host: Host) -> None:
    result = host.provision(services=["prometheus"], start=int(time.time()))
    expected = result["services"]["prometheus"]["not_after"]
    lines = host.metrics.read_text().splitlines()
    assert f'vigil_certificate_not_after_timestamp_seconds{{service="prometheus",host="web1"}} {expected}' in lines
    assert 'vigil_certificate_authority_not_after_timestamp_seconds{host="web1"} 2000000000' in lines


@pytest.mark.parametrize(("off", "word"), [(301, "behind"), (-301, "ahead of")])
@pytest.mark.parametrize("check", [True, False])
def test_clock_more_than_five_minutes_off_is_refused_before_anything_is_made(
    host: Host, off: int, word: str, check: bool
) -> None:
    before = host.tree()
    result = host.call(check=check, time=time.time() + off)
    assert result["failed"]
    assert re.search(rf"the clock of web1 is \d+ seconds {word} the controller's", result["msg"])
    assert host.tree() == before


def test_clock_less_than_five_minutes_off_is_accepted(host: Host) -> None:
    assert host.call(time=time.time() + 290)["requests"]


def test_wrong_clock_does_not_matter_while_nothing_is_due(host: Host) -> None:
    host.provision()
    assert not host.call(time=time.time() + 3600)["changed"]


def test_host_without_openssl_is_told_to_install_it(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basic.AnsibleModule, "get_bin_path", lambda *_args, **_options: None)
    before = host.tree()
    assert host.call(check=True)["warnings"] == [
        "This host has no openssl command. A run without check mode needs the package openssl."
    ]
    assert host.tree() == before
    assert "Install the package openssl and run again" in host.call()["msg"]
    assert host.issued() == []


def test_failing_openssl_is_quoted_and_leaves_nothing_behind(host: Host, make_program: MakeProgram) -> None:
    real = shutil.which("openssl")
    make_program("openssl", f'case "$*" in *node_exporter*) echo no entropy >&2; exit 1;; esac; exec {real} "$@"')
    result = host.call()
    assert "Cannot create a key for node_exporter" in result["msg"]
    assert "openssl failed with: no entropy" in result["msg"]
    assert host.issued() == []


def test_full_disk_is_named_and_leaves_what_is_active(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.provision()
    before = (host.directory / "prometheus").readlink()

    def full(*_arguments: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device", str(host.directory / "authorities.crt"))

    monkeypatch.setattr(issuance, "write_atomically", full)
    result = host.call(bundle=BUNDLE * 2)
    assert f"Cannot store certificates in {host.directory}: No space left on device" in result["msg"]
    assert (host.directory / "prometheus").readlink() == before


def test_two_runs_that_make_keys_at_the_same_time_do_not_remove_each_others(host: Host) -> None:
    first, second = (host.sign(host.call(services=["prometheus"])["requests"]) for _run in range(2))
    assert host.call(services=["prometheus"], signed=first)["changed"]
    active = (host.directory / "prometheus").readlink()
    result = host.call(services=["prometheus"], signed=second)
    assert (result["failed"], result["changed"]) == (False, False)
    assert ((host.directory / "prometheus").readlink(), host.issued()) == (active, ["prometheus"])


def test_two_runs_that_renew_the_same_certificate_each_do(host: Host) -> None:
    host.provision(services=["prometheus"])
    renew: dict[str, Any] = {"services": ["prometheus"], "renew": ["prometheus"]}
    first, second = (host.sign(host.call(**renew)["requests"]) for _run in range(2))
    assert [host.call(**renew, signed=signed)["changed"] for signed in (first, second)] == [True, True]
    assert (host.directory / "prometheus").readlink().name.endswith(second[0]["token"])
    assert host.issued() == ["prometheus"]


def test_certificate_for_a_key_that_is_gone_is_refused(host: Host) -> None:
    signed = host.sign(host.call()["requests"])
    host.after_an_hour()
    host.provision()
    result = host.call(signed=signed, renew=["prometheus"])
    assert "The key created for prometheus no longer exists on web1" in result["msg"]
    assert not host.call()["changed"]


def test_record_that_cannot_be_read_of_a_service_that_is_not_listed_is_warned_about(host: Host) -> None:
    host.provision()
    (host.directory / "node_exporter/record.json").write_text("{")
    (warning,) = host.call(services=["prometheus"])["warnings"]
    assert "The record of the certificate of node_exporter cannot be read" in warning
    result = host.provision()
    assert (result["due"], result["warnings"]) == ({"node_exporter": "its record cannot be read"}, [])


@pytest.mark.parametrize("check", [False, True])
def test_bundle_and_metrics_that_are_no_text_are_written_anew(host: Host, check: bool) -> None:
    host.provision()
    (host.directory / "authorities.crt").write_bytes(b"\xff")
    host.metrics.write_bytes(b"\xff")
    assert host.call(check=check)["changed"]
    assert check or (host.directory / "authorities.crt").read_text() == BUNDLE


@pytest.mark.parametrize("token", ["../../x", "0123456789abcdef"])
def test_certificate_for_an_unknown_key_is_refused(host: Host, token: str) -> None:
    signed = [{**each, "token": token} for each in host.sign(host.call(services=["prometheus"])["requests"])]
    assert "no longer exists on web1" in host.call(services=["prometheus"], signed=signed)["msg"]


def test_service_that_cannot_name_a_directory_is_refused(host: Host) -> None:
    assert "cannot be the name of a directory" in host.call(services=["../x"])["msg"]


def test_what_a_killed_run_left_is_removed_even_when_nothing_is_due(host: Host) -> None:
    host.provision()
    leftover = host.directory / ".issued" / "prometheus.0123456789abcdef"
    leftover.mkdir()
    (leftover / "tls.key").write_text("left")
    assert not host.call()["changed"]
    host.after_an_hour()
    assert host.call(check=True)["changed"]
    assert host.call()["changed"]
    assert host.issued() == ["node_exporter", "prometheus"]


def test_file_in_the_place_of_a_link_is_refused_by_its_path(host: Host) -> None:
    host.directory.mkdir(parents=True)
    (host.directory / "prometheus").mkdir()
    result = host.provision(services=["prometheus"])
    assert "something other than a symbolic link" in result["msg"]
    assert str(host.directory / "prometheus") in result["msg"]


def killed_at(step: int, host: Host, options: dict[str, Any], scratch: Path) -> bool:
    """Provision in a process that is killed at its n-th change to the host. Return whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            _provision_until(step, host, options, scratch)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _provision_until(step: int, host: Host, options: dict[str, Any], scratch: Path) -> None:
    root, count = str(host.directory.parent.parent), 0

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        writes = event in {"os.rename", "os.mkdir", "os.symlink", "os.chmod", "os.chown", "os.remove", "os.rmdir"}
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_WRONLY
        if (writes or opens) and str(arguments[-1 if event == "os.symlink" else 0]).startswith((root, "/proc")):
            count += 1
            if count == step:
                os.kill(os.getpid(), 9)

    sys.addaudithook(on_event)
    out = scratch / "out"

    def call(**more: Any) -> Result:
        args = {**options, **more, "_ansible_remote_tmp": str(scratch)}
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        basic._ANSIBLE_PROFILE = "legacy"
        with out.open("w") as file:
            sys.stdout = file
            with contextlib.suppress(SystemExit):
                host_certificates.main()
        result: Result = json.loads(out.read_text())
        return result

    requests = call()["requests"]
    call(signed=host.sign(requests))


@pytest.mark.every_step
def test_run_killed_at_any_step_and_repeated_converges(tmp_path: Path, run_module: RunModule) -> None:
    steps = 0
    for step in range(1, 200):
        root = tmp_path / str(step)
        root.mkdir()
        host = Host(root, run_module)
        host.provision(services=["prometheus"], start=1)
        active = host.directory / "prometheus"
        if not killed_at(step, host, host.options(services=["prometheus"]), tmp_path):
            break
        steps += 1
        assert (active / "tls.key").is_file()
        assert (active / "tls.crt").is_file()
        host.after_an_hour()
        host.provision(services=["prometheus"])
        assert host.issued() == ["prometheus"]
        assert not [path for path in host.directory.iterdir() if path.name.endswith(".new")]
        assert (active / "tls.crt").read_text() == CERTIFICATE.format(active.readlink().name.rpartition(".")[2])
        assert not host.call(services=["prometheus"])["changed"]
    assert steps > 10
