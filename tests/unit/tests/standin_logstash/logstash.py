"""Logstash as a program of an archive: started with the shipped pipeline, asked, sent to, and stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from pylogbeat import PyLogBeatClient

from ansible_collections.vigil.observability.tests.servers.archive import unpack
from ansible_collections.vigil.observability.tests.servers.debian import Debian
from ansible_collections.vigil.observability.tests.servers.golang import Go
from ansible_collections.vigil.observability.tests.servers.recipe import Workshop
from ansible_collections.vigil.observability.tests.servers.recipes import logstash_recipes
from ansible_collections.vigil.observability.tests.unit.tests.standin_logstash.bulk import until
from ansible_collections.vigil.observability.tests.unit.tests.standin_logstash.shipped import READ_AT, text_of

__all__ = ["Logstash", "unpacked"]

_STOP_SECONDS = 60
_START_SECONDS = 300


def unpacked(folder: Path) -> Path:
    """Unpack the archive that LOGSTASH_ARCHIVE names, or that of the stand-in, and return its directory."""
    recipe = logstash_recipes(os.environ.get("LOGSTASH_ARCHIVE"))[-1]
    (folder / "packed").mkdir()
    debian = Debian(folder / "apt")
    recipe.pack(folder / "packed", folder / "logstash.tar.gz", Workshop(folder, debian, Go(folder / "go", debian)))
    shutil.rmtree(folder / "packed")
    unpack(folder / "logstash.tar.gz", folder / "home")
    return folder / "home"


def free_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Logstash:
    """A Logstash with its settings in a folder of its own."""

    def __init__(self, home: Path, folder: Path, tls: Path, **settings: object) -> None:
        self.home, self.folder, self.tls = home, folder, tls
        self.port, self.api = free_port(), free_port()
        self.log = folder / "log"
        self.settings = {
            "path.data": str(folder / "data"),
            "api.http.port": self.api,
            "config.reload.automatic": True,
            "config.reload.interval": "1s",
            "dead_letter_queue.enable": True,
            "queue.type": "persisted",
            "queue.max_bytes": "64mb",
            "pipeline.ecs_compatibility": "v8",
            "pipeline.workers": 1,
            **settings,
        }
        (folder / "data").mkdir()
        # Hosts have no libraries: a Python in front that finds none.
        (folder / "bin").mkdir()
        (folder / "bin" / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} -E -S "$@"\n')
        (folder / "bin" / "python3").chmod(0o755)
        (folder / "logstash.yml").write_text(yaml.safe_dump(self.settings))
        self.pipelines({})

    def pipelines(self, texts: dict[str, str]) -> None:
        """Write the pipelines with their texts, all at once."""
        for name, text in texts.items():
            (self.folder / f"{name}.conf").write_text(text)
        listed = [{"pipeline.id": name, "path.config": f"{self.folder}/{name}.conf"} for name in texts]
        (self.folder / "pipelines.new").write_text(yaml.safe_dump(listed))
        (self.folder / "pipelines.new").rename(self.folder / "pipelines.yml")

    def shipped(self, name: str, *urls: str, **inputs: object) -> str:
        """Return the text of a shipped pipeline as it is on this Logstash."""
        return text_of(
            name,
            logstash_beats_port=self.port,
            logstash_certificate_file=f"{self.tls}/tls.crt",
            logstash_key_file=f"{self.tls}/tls.key",
            logstash_authority_file=f"{self.tls}/authorities.crt",
            logstash_elasticsearch_urls=list(urls or ("https://127.0.0.1:9200",)),
            logstash_data_dir=f"{self.folder}/data",
            **inputs,
        )

    def command(self, *words: str) -> list[str]:
        """Return a command line of Logstash."""
        return [f"{self.home}/bin/logstash", "--path.settings", str(self.folder), *words]

    @property
    def environment(self) -> dict[str, str]:
        """What it finds in its environment."""
        return os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}

    def tested(self) -> subprocess.CompletedProcess[str]:
        """Return how the test of its pipelines has ended."""
        return subprocess.run(
            self.command("--config.test_and_exit"), env=self.environment, capture_output=True, text=True, check=False
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run it until it listens, and then for as long as this lasts."""
        with self.log.open("a") as log:
            process = subprocess.Popen(self.command(), env=self.environment, stdout=log, stderr=log)
        try:
            until(lambda: process.poll() is not None or self._listens(), "Logstash listens", _START_SECONDS)
            assert process.poll() is None, self.log.read_text()
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_SECONDS)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0 and self.statistics() is not None

    def statistics(self) -> dict[str, Any] | None:
        """Return what its API has on its pipelines, None while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.api}/_node/stats/pipelines", timeout=5) as answer:
                found: dict[str, Any] = json.load(answer)["pipelines"]
        except (urllib.error.URLError, OSError):
            return None
        return found

    def send(self, events: Sequence[dict[str, Any]]) -> None:
        """Send events as a Beat with a certificate, and wait until they are acknowledged."""
        with self.connected() as client:
            client.send([{"@timestamp": READ_AT} | event for event in events])

    def connected(self) -> PyLogBeatClient:
        """Return a Beat with a certificate."""
        options = {"certfile": f"{self.tls}/tls.crt", "keyfile": f"{self.tls}/tls.key"}
        return PyLogBeatClient(
            "127.0.0.1", self.port, timeout=60, ssl_enable=True, ca_certs=f"{self.tls}/authorities.crt", **options
        )
