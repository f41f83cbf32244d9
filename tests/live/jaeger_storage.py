"""Has the storage of a real Jaeger fail, and requires that every span that it has accepted is found afterwards.

Elasticsearch has the user and the role that the role elasticsearch gives to Jaeger.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, HttpError, Session
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.password_hashes import password_hashes
from ansible_collections.vigil.observability.tests.live import elasticsearch_modules as elasticsearch
from ansible_collections.vigil.observability.tests.live.jaeger_configuration import (
    NEWEST,
    Jaeger,
    await_that,
    prepare,
    span,
)
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS, ROOT
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release

RELEASE, PROMETHEUS = "8.19.20", "3.13.2"
PATIENCE = 120.0
SPANS_PER_SECOND = 1000.0
ALERT = "JaegerSpansNotStored"
FLOOD, SENDERS, MEMORY = 15.0, 4, 300 * 10**6
BATCH = 100
USER, ROLE = "jaeger", "traces"
PAGE = 10_000


class Storage:
    """A node on loopback that can be killed, frozen and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, elasticsearch.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.session = Session(Endpoint(self.url, "elastic", elasticsearch.PASSWORD, retries=0))
        elasticsearch.configure(folder, self.port)
        roles = yaml.safe_load((ROOT / "roles/elasticsearch/files/roles.yml").read_text())
        hashed = password_hashes({USER: elasticsearch.PASSWORD}, "live")[USER].replace("$2b$", "$2a$", 1)
        for name, text in (
            ("roles.yml", json.dumps({ROLE: roles[ROLE]})),
            ("users", f"{USER}:{hashed}\n"),
            ("users_roles", f"{ROLE}:{USER}\n"),
        ):
            (folder / "config" / name).write_text(text)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.node = elasticsearch.launched(self.folder)
        elasticsearch.await_node(self.node, self.url)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its processes."""
        os.killpg(self.node.pid, number)

    def kill(self) -> None:
        """End it as a power failure does, unless it has ended."""
        if self.node.poll() is None:
            self.signal(signal.SIGKILL)
            self.node.wait()

    def found(self) -> set[str]:
        """Return the ids of all spans."""
        found: set[str] = set()
        body: dict[str, Any] = {"size": PAGE, "_source": False, "fields": ["spanID"], "sort": [{"spanID": "asc"}]}
        self.session.request("POST", "/jaeger-*/_refresh")
        while hits := self.session.request("POST", "/jaeger-*span*/_search", body=body).json()["hits"]["hits"]:
            found.update(hit["fields"]["spanID"][0] for hit in hits)
            body["search_after"] = hits[-1]["sort"]
        return found


@dataclass
class Sender:
    """Sends spans from a thread of its own, so many a second, or as many as it can."""

    jaeger: Jaeger
    rate: float = 0
    accepted: dict[str, set[str]] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send for as long as this is open."""
        end = threading.Event()
        thread = threading.Thread(target=self._send, args=(end,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def _send(self, end: threading.Event) -> None:
        begun, sent = time.monotonic(), 0
        while not end.wait(max(0, begun + sent / self.rate - time.monotonic()) if self.rate else 0):
            self.batch()
            sent += BATCH

    def batch(self) -> None:
        """Send one trace."""
        trace = secrets.token_hex(16)
        spans = [span(trace, f"operation {place % 20}", 10) for place in range(BATCH)]
        attributes = [{"key": "service.name", "value": {"stringValue": "shop"}}]
        sent = {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [{"spans": spans}]}]}
        status, _text = self.jaeger.ask("otlp_http", body=json.dumps(sent))
        if status == HTTPStatus.OK:
            self.accepted[trace] = {one["spanId"] for one in spans}
        else:
            self.refused += [status] * BATCH

    @property
    def spans(self) -> set[str]:
        """The ids of all accepted spans."""
        return set().union(*self.accepted.values())


def of_elasticsearch(folder: Path, storage: Storage, **inputs: Any) -> Jaeger:
    """Return a Jaeger that stores in Elasticsearch."""
    (folder / "password").write_text(elasticsearch.PASSWORD)
    login = {"urls": [storage.url], "user": USER, "password_file": str(folder / "password"), "replicas": 0}
    return Jaeger(folder, NEWEST, storage="elasticsearch", elasticsearch=login, **inputs)


class Alerts:
    """A Prometheus that scrapes a Jaeger and evaluates the shipped rules, of which a minute lasts ten seconds."""

    def __init__(self, jaeger: Jaeger) -> None:
        self.folder = jaeger.folder / f"prometheus-{PROMETHEUS}.linux-amd64"
        self.session = Session(Endpoint(f"http://127.0.0.1:{elasticsearch.free_port()}", retries=0))
        rules = (ROOT / "roles/prometheus/files/rules/jaeger.yml").read_text()
        (self.folder / "jaeger.yml").write_text(rules.replace("[1m]", "[10s]").replace("[5m]", "[50s]"))
        own = {"ca_file": "trusted.crt", "cert_file": "own.crt", "key_file": "own.key"}
        scraped = {
            "job_name": "jaeger",
            "scheme": "https",
            "tls_config": {key: str(jaeger.folder / name) for key, name in own.items()},
            "static_configs": [{"targets": [f"127.0.0.1:{jaeger.ports['metrics']}"]}],
        }
        often = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        settings = {"global": often, "rule_files": ["jaeger.yml"], "scrape_configs": [scraped]}
        (self.folder / "prometheus.yml").write_text(json.dumps(settings))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Evaluate for as long as this is open."""
        address = self.session.endpoint.url.removeprefix("http://")
        command = [str(self.folder / "prometheus"), f"--web.listen-address={address}"]
        with (LOGS / "jaeger_storage_prometheus.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.kill()
            process.wait()

    def firing(self) -> bool:
        """Return whether the alert fires."""
        alerts = self.session.request("GET", "/api/v1/alerts").json()["data"]["alerts"]
        return ALERT in {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}


def require_found(storage: Storage, accepted: set[str]) -> None:
    """Wait until every accepted span is found."""
    until = time.monotonic() + PATIENCE
    while missing := accepted - storage.found():
        if time.monotonic() > until:
            raise AssertionError(f"{len(missing)} of {len(accepted)} accepted spans are not found")
        time.sleep(1)


def killed(folder: Path, storage: Storage) -> None:
    """Kill Elasticsearch for a while under load: the alert fires and resolves, and all that is accepted is found."""
    jaeger = of_elasticsearch(folder, storage)
    sender = Sender(jaeger, rate=SPANS_PER_SECOND)
    alerts = Alerts(jaeger)
    with jaeger.running(), alerts.watching():
        with sender.sending():
            time.sleep(15)
            assert not alerts.firing()
            storage.kill()
            dead = time.monotonic()
            await_that("Jaeger accepts spans and stores none", partial(accepting_in_vain, jaeger))
            await_that(f"{ALERT} fires", alerts.firing)
            storage.start()
            back = time.monotonic()
        require_found(storage, sender.spans)
        await_that(f"{ALERT} is resolved", lambda: not alerts.firing())
    print(f"killed for {back - dead:.0f} s: {len(sender.spans)} accepted and found, {len(sender.refused)} refused")


def accepting_in_vain(jaeger: Jaeger) -> bool:
    """Return whether more spans were accepted within ten seconds, and none stored."""
    names = ("jaeger_storage_bulk_index_inserts_total", "otelcol_receiver_accepted_spans_total")
    inserts, accepted = map(jaeger.metric, names)
    time.sleep(10)
    now_inserts, now_accepted = map(jaeger.metric, names)
    return now_inserts == inserts and now_accepted > accepted


def flooded(folder: Path, storage: Storage) -> None:
    """Send more than a frozen Elasticsearch takes: senders get 503, and the process lives within its memory."""
    jaeger = of_elasticsearch(folder, storage, memory_limit=str(MEMORY), queue_spans=20_000)
    senders = [Sender(jaeger) for _number in range(SENDERS)]
    with jaeger.running() as process:
        storage.signal(signal.SIGSTOP)
        try:
            with ExitStack() as stack:
                for sender in senders:
                    stack.enter_context(sender.sending())
                time.sleep(FLOOD)
        finally:
            storage.signal(signal.SIGCONT)
        accepted: set[str] = set().union(*(sender.spans for sender in senders))
        require_found(storage, accepted)
        refused = [status for sender in senders for status in sender.refused]
        assert set(refused) == {HTTPStatus.SERVICE_UNAVAILABLE}
        name = "otelcol_receiver_refused_spans_total"
        await_that("refused spans are counted", lambda: jaeger.metric(name) == len(refused))
        most = memory_of(process.pid)
        assert process.poll() is None
        assert most < MEMORY, most
    print(f"flooded: {len(accepted)} accepted and found, {len(refused)} refused, {most // 2**20} MiB")


def memory_of(pid: int) -> int:
    """Return the most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def full(folder: Path) -> None:
    """Fill the disk under badger: Jaeger ends with an error, and reads what it had once there is space again."""
    with disk(folder / "data", "24m"):
        jaeger = Jaeger(folder, NEWEST, storage="badger")
        earlier = Sender(jaeger)
        with jaeger.running() as process:
            for _number in range(20):
                earlier.batch()
            assert not earlier.refused
            await_that("earlier spans are found", lambda: all_found(jaeger, earlier))
            with Sender(jaeger).sending():
                assert process.wait(PATIENCE)
        subprocess.run(["mount", "-o", "remount,size=400m", folder / "data"], check=True)
        with jaeger.running():
            assert all_found(jaeger, earlier)
    print(f"full disk: {len(earlier.spans)} earlier spans found")


def all_found(jaeger: Jaeger, sender: Sender) -> bool:
    """Return whether the query finds all spans that were accepted."""
    asked = (jaeger.ask("web", f"/api/v3/traces/{trace}")[1] for trace in sender.accepted)
    return sum(text.count('"spanId"') for text in asked) == len(sender.spans)


@contextmanager
def disk(path: Path, size: str) -> Iterator[None]:
    """Have a small disk at a path."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


def main() -> int:
    """Return the exit code: 0 where nothing was lost."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vigil-jaeger-") as name, elasticsearch.unpacked(RELEASE) as unpacked:
        folder, storage = Path(name), Storage(unpacked)
        prepare(folder)
        unpack_release("prometheus", PROMETHEUS, folder)
        full(folder)
        storage.start()
        try:
            killed(folder, storage)
            flooded(folder, storage)
        except HttpError as error:
            sys.exit(str(error))
        finally:
            storage.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
