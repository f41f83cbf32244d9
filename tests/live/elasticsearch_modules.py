"""Runs the tests of what asks Elasticsearch on a real node of each release, one after the other, on loopback."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from signal import SIGKILL, SIGTERM

from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, HttpError, Session
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS, ROOT
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release

RELEASES = ("8.9.0", "8.19.20")
TESTS = (
    "tests/unit/plugins/modules/elasticsearch",
    "tests/unit/plugins/action/test_log_analysis_of_elasticsearch.py",
    "tests/unit/packages/log_exporter/test_elasticsearch.py",
    "tests/unit/playbooks/test_provision_elasticsearch.py",
)
PASSWORD = "recorded-pass-1"
NOBODY = 65534  # Elasticsearch refuses to run as root
PATIENCE = 300.0
SETTINGS = """\
discovery.type: single-node
http.host: 127.0.0.1
transport.host: 127.0.0.1
http.port: {port}
transport.port: 0
path.repo: {folder}/repositories
xpack.security.enabled: true
xpack.security.http.ssl.enabled: false
xpack.security.transport.ssl.enabled: false
cluster.routing.allocation.disk.threshold_enabled: false
"""


@contextmanager
def unpacked(release: str) -> Iterator[Path]:
    """Yield the folder of the release for the time of its tests, readable for everyone."""
    folder = Path(tempfile.mkdtemp(prefix="vigil-elasticsearch-"))
    folder.chmod(0o755)
    try:
        unpack_release("elasticsearch", release, folder)
        yield folder / f"elasticsearch-{release}"
    finally:
        shutil.rmtree(folder)


def free_port() -> int:
    """Return a port of loopback that nobody listens on, below those that a socket gets which may have any."""
    while True:
        port = 16384 + secrets.randbelow(16384)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


def configure(folder: Path, port: int) -> None:
    """Write the settings and the first password of the node, and give the folder to whom it runs as."""
    (folder / "repositories").mkdir()
    (folder / "config/elasticsearch.yml").write_text(SETTINGS.format(port=port, folder=folder))
    keystore = folder / "bin/elasticsearch-keystore"
    subprocess.run([keystore, "create"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([keystore, "add", "-x", "-f", "bootstrap.password"], check=True, input=PASSWORD.encode())
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", folder], check=True)


def launched(folder: Path) -> subprocess.Popen[bytes]:
    """Return the process of a node, which leads a group of its own."""
    as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    # A node lives for a minute: the second compiler would cost more than it saves.
    options = "-Xms512m -Xmx512m -XX:TieredStopAtLevel=1"
    environment = {**os.environ, "ES_JAVA_OPTS": options, "HOME": str(folder)}
    environment.pop("ES_JAVA_HOME", None)
    command = [*as_nobody, str(folder / "bin/elasticsearch")]
    with (LOGS / f"{folder.name}.log").open("ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


@contextmanager
def started(folder: Path, port: int) -> Iterator[str]:
    """Yield the URL of the node while it runs."""
    node = launched(folder)
    try:
        url = f"http://127.0.0.1:{port}"
        await_node(node, url)
        yield url
    finally:
        os.killpg(node.pid, SIGTERM)
        try:
            node.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(node.pid, SIGKILL)
            node.wait()


def await_node(node: subprocess.Popen[bytes], url: str) -> None:
    """Return once the node answers, and keeps users and roles.

    Releases since 8.16 make the index of these at some moment after the start, and answer 503 meanwhile.
    """
    until, role = time.monotonic() + PATIENCE, "/_security/role/started"
    while node.poll() is None and time.monotonic() < until:
        with suppress(HttpError):
            asked = Session(Endpoint(url, "elastic", PASSWORD, retries=0))
            if asked.request("PUT", role, body={}).status == asked.request("DELETE", role).status == HTTPStatus.OK:
                return
        time.sleep(0.5)
    sys.exit(f"{url} does not answer. The log of the node is in {LOGS}.")


def main() -> int:
    """Return the exit code: 0 where the tests pass on every release."""
    LOGS.mkdir(parents=True, exist_ok=True)
    failed = False
    for release in RELEASES:
        with unpacked(release) as folder:
            port = free_port()
            configure(folder, port)
            with started(folder, port) as url:
                environment = {**os.environ, "LIVE_ELASTICSEARCH": f"{release}={url}"}
                command = ["pytest", "-q", *TESTS, f"--junitxml={LOGS}/elasticsearch_modules-{release}.xml"]
                failed |= bool(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
