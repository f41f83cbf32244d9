"""The command `logstash` of the stand-in: tests pipelines, or runs them until it is terminated."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .api import serve
from .disk_queue import DiskQueue
from .errors import ConfigurationError
from .node_stats import Reloads, statistics
from .pipeline import Pipeline, compiled
from .running import Running
from .settings import pipelines, settings, size

__all__ = ["main"]

Compiled = dict[str, tuple[Pipeline, dict[str, Any]]]


def _arguments(words: Sequence[str], home: Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="logstash", description="A stand-in for Logstash, for tests.")
    parser.add_argument("-V", "--version", action="store_true", help="print the version")
    parser.add_argument("-t", "--config.test_and_exit", dest="test", action="store_true", help="test pipelines")
    parser.add_argument("-f", "--path.config", dest="config", help="the files of one pipeline")
    parser.add_argument("--path.settings", dest="settings", type=Path, default=home / "config", help="of logstash.yml")
    parser.add_argument("--path.data", dest="data", help="directory of the queues")
    parser.add_argument("--path.logs", dest="logs", help="directory of the logs")
    return parser.parse_args(words)


def main(home: Path, words: Sequence[str]) -> int:
    """Do what the command line asks for and return the exit code; `home` is where the program was unpacked."""
    options = _arguments(words, home)
    version = (home / "VERSION").read_text(encoding="utf-8").strip()
    if options.version:
        print(f"logstash {version} (stand-in)")
        return 0
    try:
        given = settings(options.settings, {"path.data": options.data, "path.logs": options.logs})
        if options.test:
            _compiled(options)
            print("Configuration OK")
            return 0
        return Server(options, given, version, home).run()
    except ConfigurationError as error:
        print(f"[FATAL][logstash.runner] The given configuration is invalid. Reason: {error}", file=sys.stderr)
        return 1


def _compiled(options: argparse.Namespace) -> Compiled:
    texts = pipelines(options.settings, options.config)
    found = {}
    for name, (text, own) in texts.items():
        with _naming(name):
            found[name] = compiled(text, name), own
    return found


@contextmanager
def _naming(pipeline: str) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        error.pipeline = pipeline
        raise


class Server:
    """Runs the pipelines, and takes changes of their files."""

    def __init__(self, options: argparse.Namespace, given: dict[str, Any], version: str, home: Path) -> None:
        self.options, self.settings, self.version = options, given, version
        self.settings["path.data"] = given["path.data"] or str(home / "data")
        self.running: dict[str, Running] = {}
        self.letters: dict[str, DiskQueue] = {}
        self.sources: Any = None
        self.reloads = Reloads()
        self.woken, self.ended = threading.Event(), threading.Event()

    def run(self) -> int:
        """Run until the process is terminated."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGHUP, lambda *_words: self.woken.set())
        self._load()
        api = serve(self.settings["api.http.host"], int(self.settings["api.http.port"]), self.answer)
        print(f"[INFO ][logstash.agent] Pipelines running: {sorted(self.running)} (stand-in)", flush=True)
        interval = float(self.settings["config.reload.interval"].rstrip("s"))
        while not self.ended.is_set():
            told = self.woken.wait(interval)
            self.woken.clear()
            if not self.ended.is_set() and (told or self.settings["config.reload.automatic"]):
                self._reload()
        for one in self.running.values():
            one.stop()
        api.shutdown()
        return 0

    def answer(self, path: str) -> dict[str, Any] | None:
        """Return what the API has at a path."""
        node: dict[str, Any] = {
            "host": socket.gethostname(),
            "version": self.version,
            "http_address": f"{self.settings['api.http.host']}:{self.settings['api.http.port']}",
            "name": self.settings["node.name"] or socket.gethostname(),
            "status": "green",
        }
        pipelines = {"pipelines": statistics(dict(self.running), self.reloads)}
        answers = {
            "/": node,
            "/_node/stats": node | pipelines | {"reloads": self.reloads.total},
            "/_node/stats/pipelines": node | pipelines,
        }
        return answers.get(path)

    def _end(self, *_words: object) -> None:
        self.ended.set()
        self.woken.set()

    def _reload(self) -> None:
        try:
            if pipelines(self.options.settings, self.options.config) != self.sources:
                self._load()
        except ConfigurationError as error:
            if error.pipeline:
                self.reloads.failed(error.pipeline, str(error))
            print(f"[ERROR][logstash.agent] Failed to reload, the pipelines stay as they were: {error}", flush=True)

    def _load(self) -> None:
        """Start what is new or changed, after all of it has been compiled."""
        sources = pipelines(self.options.settings, self.options.config)
        found, before = _compiled(self.options), self.sources or {}
        for name in [name for name in self.running if before[name] != sources.get(name)]:
            self.running.pop(name).stop()
        for name, (parts, own) in found.items():
            if name not in self.running:
                with _naming(name):
                    self.running[name] = Running(name, parts, self.settings | own, self._letters(name))
        for name in found:
            if before.get(name) != sources[name]:
                self.running[name].start(self._opened)
                if name in before:
                    self.reloads.succeeded(name)
        self.sources = sources

    def _letters(self, name: str) -> DiskQueue | None:
        if not self.settings["dead_letter_queue.enable"]:
            return None
        return self._opened(name)

    def _opened(self, name: str) -> DiskQueue:
        """Return the dead letters of a pipeline, whether it runs or not."""
        if name not in self.letters:
            path = Path(self.settings["path.data"], "dead_letter_queue", name, "events.sqlite")
            self.letters[name] = DiskQueue(path, size(self.settings["dead_letter_queue.max_bytes"]), stays=False)
        return self.letters[name]
