"""The stand-in for Grafana as a program: unpacked from its archive, run with no library of ours, configured."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.servers.archive import pack, unpack
from ansible_collections.vigil.observability.tests.servers.debian import Debian
from ansible_collections.vigil.observability.tests.servers.golang import Go
from ansible_collections.vigil.observability.tests.servers.recipe import GivenArchive, Workshop
from ansible_collections.vigil.observability.tests.servers.recipes import grafana_recipes
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import (
    SettingsError,
    read_settings,
)
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.client import ask


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where the archives of both versions are unpacked, by version."""
    folder = tmp_path_factory.mktemp("grafana")
    found = {}
    for recipe in grafana_recipes(None):
        (folder / recipe.name).mkdir()
        recipe.pack(folder / recipe.name, folder / f"{recipe.name}.tar.gz", workshop(folder))
        shutil.rmtree(folder / recipe.name)
        unpack(folder / f"{recipe.name}.tar.gz", folder / recipe.name)
        found[recipe.version] = folder / recipe.name
    return found


def workshop(folder: Path) -> Workshop:
    """A workshop in which nothing is downloaded."""
    debian = Debian(folder / "apt")
    return Workshop(folder, debian, Go(folder / "go", debian))


def free_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def configured(folder: Path, port: int, more: str = "") -> Path:
    """Write a configuration and return where it lies."""
    (folder / "admin").write_text("first#pass;word\n")
    config = folder / "grafana.ini"
    config.write_text(
        f"app_mode = production\n[paths]\ndata = {folder}/data\n[security]\n"
        f"admin_password = $__file{{{folder}/admin}}\n"
        f"[server]\nhttp_addr = 127.0.0.1\nhttp_port = {port}\n{more}"
    )
    return config


def run(home: Path, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run the program with nothing of this test's environment and return how it ended."""
    env = {"PATH": os.defpath, **more.pop("env", {})}
    command = [sys.executable, "-I", "-S", str(home / "bin/grafana"), *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False, **more)


@contextmanager
def serving(home: Path, config: Path, url: str, *words: str, trust: ssl.SSLContext | None = None) -> Iterator[None]:
    """Run the server until its health is 200, and stop it as systemd does."""
    command = [sys.executable, "-I", "-S", str(home / "bin/grafana"), "server", "--homepath", str(home)]
    with subprocess.Popen([*command, "--config", str(config), *words], env={"PATH": os.defpath}) as process:
        try:
            for _attempt in range(200):
                try:
                    assert ask(f"{url}/api/health", user=None, trust=trust)[0] == 200
                    break
                except OSError:
                    time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_version_is_printed(homes: dict[str, Path]) -> None:
    for version, home in homes.items():
        for words in (["--version"], ["server", "-v"]):
            assert run(home, *words).stdout == f"Version {version} (commit: stand-in, branch: stand-in)\n"


def test_archive_has_the_layout_of_upstreams(homes: dict[str, Path]) -> None:
    for version, home in homes.items():
        found = {path.name for path in home.iterdir()}
        assert found == {"LICENSE", "NOTICE.md", "VERSION", "bin", "conf", "lib", "public"}
        assert (home / "VERSION").read_text() == version
        assert "This is not Grafana" in (home / "NOTICE.md").read_text()
        assert os.access(home / "bin/grafana", os.X_OK)


def test_password_of_the_configuration_counts_on_the_first_start_alone(homes: dict[str, Path], tmp_path: Path) -> None:
    home, port = homes["12.1.1"], free_port()
    config, url = configured(tmp_path, port), f"http://127.0.0.1:{port}"
    with serving(home, config, url):
        assert ask(f"{url}/api/org", user="admin:first#pass;word")[0] == 200
    (tmp_path / "admin").write_text("second")
    with serving(home, config, url):
        assert ask(f"{url}/api/org", user="admin:second")[0] == 401
        reset = ["cli", "--homepath", str(home), "--config", str(config), "admin", "reset-admin-password"]
        done = run(home, *reset, "--password-from-stdin", input="second\n")
        assert (done.returncode, "Admin password changed successfully" in done.stdout) == (0, True)
        assert ask(f"{url}/api/org", user="admin:second")[0] == 200
        assert run(home, *reset, "abc").returncode == 1
        assert run(home, *reset, "--user-id", "7", "longer").returncode == 1


def test_newer_version_migrates_and_the_older_one_then_refuses(homes: dict[str, Path], tmp_path: Path) -> None:
    port = free_port()
    config, url = configured(tmp_path, port), f"http://127.0.0.1:{port}"
    with serving(homes["11.6.16"], config, url):
        assert ask(f"{url}/api/folders", {"title": "kept"}, user="admin:first#pass;word")[0] == 200
    with serving(homes["12.1.1"], config, url):
        assert ask(f"{url}/api/health")[1] == {"commit": "stand-in", "database": "ok", "version": "12.1.1"}
        assert ask(f"{url}/api/folders", user="admin:first#pass;word")[1][0]["title"] == "kept"
    old = homes["11.6.16"]
    refused = run(old, "server", "--homepath", str(old), "--config", str(config))
    assert refused.returncode == 1
    assert "12.1.1 has migrated it, and this is 11.6.16" in refused.stdout


def test_https_is_served_with_the_certificate_and_no_older_tls(homes: dict[str, Path], tmp_path: Path) -> None:
    port = free_port()
    tls, trust = certified(tmp_path)
    url = f"https://127.0.0.1:{port}"
    with serving(homes["12.1.1"], configured(tmp_path, port, f"{tls}min_tls_version = TLS1.3\n"), url, trust=trust):
        trust.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(OSError, match=r"(?i)protocol"):
            ask(f"{url}/api/health", user=None, trust=trust)
        assert [curve for curve in ("X25519", "P-521", "X448") if accepts(port, "-tls1_3", "-groups", curve)] == [
            "X25519",
            "P-521",
        ]


@pytest.mark.parametrize(("suite", "accepted"), [("ECDHE-RSA-AES128-GCM-SHA256", True), ("AES256-SHA", False)])
def test_suites_of_tls_1_2_are_those_that_grafana_has(
    homes: dict[str, Path], tmp_path: Path, suite: str, accepted: bool
) -> None:
    port = free_port()
    tls, trust = certified(tmp_path)
    with serving(homes["12.1.1"], configured(tmp_path, port, tls), f"https://127.0.0.1:{port}", trust=trust):
        assert accepts(port, "-tls1_2", "-cipher", suite) is accepted


def test_renewed_certificate_is_served_once_the_interval_is_over(homes: dict[str, Path], tmp_path: Path) -> None:
    port = free_port()
    tls, trust = certified(tmp_path)
    watched = f"{tls}certs_watch_interval = 1s\n"
    with serving(homes["12.1.1"], configured(tmp_path, port, watched), f"https://127.0.0.1:{port}", trust=trust):
        certified(tmp_path)
        renewed, end = (tmp_path / "cert.pem").read_text(), time.monotonic() + 10
        while ssl.get_server_certificate(("127.0.0.1", port)) != renewed and time.monotonic() < end:
            time.sleep(0.2)
        assert ssl.get_server_certificate(("127.0.0.1", port)) == renewed


def accepts(port: int, *options: str) -> bool:
    """Return whether the server agrees on TLS with a client of these options."""
    client = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options]
    return subprocess.run(client, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def certified(folder: Path) -> tuple[str, ssl.SSLContext]:
    """Return settings of a server with TLS, and who trusts its certificate."""
    subject = ["-subj", "/CN=grafana", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    key = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(folder / "key.pem")]
    made = ["openssl", "req", "-x509", *key, "-out", str(folder / "cert.pem"), *subject]
    subprocess.run(made, check=True, capture_output=True)
    files = f"protocol = https\ncert_file = {folder}/cert.pem\ncert_key = {folder}/key.pem\n"
    return files, ssl.create_default_context(cafile=folder / "cert.pem")


def test_dashboards_of_files_are_there_soon_after_the_start(homes: dict[str, Path], tmp_path: Path) -> None:
    port = free_port()
    config, url = configured(tmp_path, port), f"http://127.0.0.1:{port}"
    folder = tmp_path / "provisioning" / "dashboards"
    folder.mkdir(parents=True)
    (folder / "own.json").write_text('{"title": "Own", "uid": "own"}')
    (folder / "own.yaml").write_text(f"providers: [{{name: own, folder: Mine, options: {{path: {folder}}}}}]")
    with serving(homes["12.1.1"], config, url, f"cfg:paths.provisioning={tmp_path}/provisioning"):
        for _attempt in range(100):
            status, found = ask(f"{url}/api/dashboards/uid/own", user="admin:first#pass;word")
            if status == 200:
                break
            time.sleep(0.05)
    assert (found["meta"]["folderTitle"], found["meta"]["provisioned"]) == ("Mine", True)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("protocol = ftp\n", "cannot serve the protocol ftp"),
        ("protocol = https\ncert_file = /nowhere\ncert_key = /nowhere\n", "cannot use the certificate /nowhere"),
        ("protocol = https\nmin_tls_version = SSL3\n", "cannot serve min_tls_version SSL3"),
        ("protocol = https\ncerts_watch_interval = often\n", "cannot watch certificates each often"),
        ("[database]\ntype = postgres\n", "cannot use a postgres database"),
        (
            "[security]\nadmin_password = $__file{/nowhere}\n",
            "cannot read the value $__file{/nowhere}",
        ),
        ("[[[\nadmin_password = se-cret\n", "it is not an ini file"),
    ],
)
def test_server_that_cannot_start_says_why(homes: dict[str, Path], tmp_path: Path, more: str, says: str) -> None:
    home = homes["12.1.1"]
    ended = run(home, "server", "--homepath", str(home), "--config", str(configured(tmp_path, free_port(), more)))
    assert ended.returncode == 1
    assert says in ended.stdout
    assert "se-cret" not in ended.stdout + ended.stderr


def test_taken_port_is_named(homes: dict[str, Path], tmp_path: Path) -> None:
    home = homes["12.1.1"]
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = int(listener.getsockname()[1])
        ended = run(home, "server", "--homepath", str(home), "--config", str(configured(tmp_path, port)))
    assert (ended.returncode, f"cannot listen on 127.0.0.1:{port}" in ended.stdout) == (1, True)


def test_environment_and_command_line_are_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "VERSION").write_text("v12.1.1\n")
    (tmp_path / "grafana.ini").write_text(
        '[server]\nhttp_port = 1 ; a comment\n[security]\nadmin_user = "some#one"\nadmin_password = ${OWN}\n'
        "[auth.anonymous]\nenabled = false\n"
    )
    monkeypatch.setenv("OWN", "from the environment")
    monkeypatch.setenv("GF_AUTH_ANONYMOUS_ENABLED", "true")
    settings = read_settings(tmp_path, tmp_path / "grafana.ini", ["cfg:default.paths.data=/elsewhere"])
    assert settings.get("server", "http_port") == "1"
    assert settings.get("security", "admin_user") == "some#one"
    assert settings.get("security", "admin_password") == "from the environment"
    assert settings.flag("auth.anonymous", "enabled")
    assert settings.path("data") == Path("/elsewhere")
    assert settings.release == (12, 1, 1)
    with pytest.raises(SettingsError, match="no such file"):
        read_settings(tmp_path, tmp_path / "absent.ini")


@pytest.mark.parametrize("version", ["12.3.0", "v12.3.0\n"])
def test_given_archive_takes_the_place_of_the_newest_and_stays_as_it_is(tmp_path: Path, version: str) -> None:
    folder = tmp_path / "grafana-12.2.9"
    folder.mkdir()
    (folder / "VERSION").write_text(version)
    pack(folder, tmp_path / "given.tar.gz")
    older, given = grafana_recipes(str(tmp_path / "given.tar.gz"))
    assert (older.version, given.version, type(given)) == ("11.6.16", "12.3.0", GivenArchive)
    given.pack(tmp_path / "unused", tmp_path / "packed.tar.gz", workshop(tmp_path))
    assert (tmp_path / "packed.tar.gz").read_bytes() == (tmp_path / "given.tar.gz").read_bytes()
    given.fill(tmp_path / "filled", workshop(tmp_path))
    assert (tmp_path / "filled/VERSION").read_text() == version
    before = given.digest
    os.utime(tmp_path / "given.tar.gz", (1, 1))
    assert given.digest != before


def test_given_archive_without_a_file_of_its_version_has_it_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "grafana-v12.2.9.linux-amd64"
    folder.mkdir()
    (folder / "README").write_text("")
    pack(folder, tmp_path / "given.tar.gz")
    assert grafana_recipes(str(tmp_path / "given.tar.gz"))[1].version == "12.2.9"


def test_given_archive_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="GRAFANA_ARCHIVE names .*absent, which is not a file"):
        grafana_recipes(str(tmp_path / "absent"))
