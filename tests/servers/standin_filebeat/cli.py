"""The command `filebeat` of the stand-in: it runs, tests its configuration, or prints its version."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path

from . import output
from .documents import Documents
from .files import Files
from .http_endpoint import serve, stats
from .journal import Journal
from .log import log, set_level
from .options import SettingsError
from .queue import Queue
from .registry import Registry, RegistryError
from .scanner import matching
from .settings import FileInput, Settings, read

__all__ = ["main"]


def _arguments(home: Path, words: Sequence[str]) -> argparse.Namespace:
    # Options stand before or after a command, so a command must not set those to their defaults that it lacks.
    shared = argparse.ArgumentParser(add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    shared.add_argument("-c", "--c", dest="config", type=Path, help="the configuration")
    shared.add_argument("-e", "--e", action="store_true", help="log to standard error, as it does anyway")
    shared.add_argument("-E", "--E", dest="overrides", action="append", help="name=value")
    shared.add_argument("--environment", choices=["systemd", "default"], help="where it runs")
    for name in ("home", "config", "data", "logs"):
        shared.add_argument(f"--path.{name}", dest=f"path_{name}", type=Path, help=f"folder of {name}")
    parser = argparse.ArgumentParser(prog="filebeat", parents=[shared], description="A stand-in for Filebeat.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("version", help="print the version")
    commands.add_parser("run", parents=[shared], help="run, as without a command")
    test = commands.add_parser("test", help="test").add_subparsers(dest="what", required=True)
    test.add_parser("config", parents=[shared], help="test the configuration")
    paths = {"path_home": home, "path_config": None, "path_data": None}
    return parser.parse_args(words, argparse.Namespace(config=Path("filebeat.yml"), overrides=[], **paths))


def main(home: Path, words: Sequence[str]) -> int:
    """Do what the command line asks and return the exit code; `home` is where the program was unpacked."""
    options = _arguments(home, words)
    version = (home / "VERSION").read_text().strip()
    if options.command == "version":
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        print(f"filebeat version {version} ({machine}), libbeat {version} [stand-in]")
        return 0
    try:
        folder = options.path_config or options.path_home
        settings = read(options.config, options.overrides, home=options.path_home, config=folder)
        for pattern in (path for one in settings.inputs if isinstance(one, FileInput) for path in one.paths):
            matching(pattern)
        if options.command == "test":
            print("Config OK")
            return 0
        return _run(settings, options.path_data or options.path_home / "data", version)
    except (SettingsError, RegistryError, OSError) as error:
        print(f"Exiting: {error}", file=sys.stderr)
        return 1


def _run(settings: Settings, data: Path, version: str) -> int:
    set_level(settings.level)
    registry = Registry(data)
    queue = Queue(registry, settings.events, settings.flush)
    documents = Documents(version, settings.name, settings.common, _identity(data))
    parts = registry, queue, documents
    inputs = [Files(one, *parts) if isinstance(one, FileInput) else Journal(one, *parts) for one in settings.inputs]
    if settings.http:
        own = {"beat": "filebeat", "hostname": os.uname().nodename, "uuid": documents.identity, "version": version}
        serve(settings.http, {"/": lambda: own, "/stats": lambda: stats(queue, sum(len(one.open) for one in inputs))})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: queue.stop())
    output.start(settings.output, queue)
    threads = [threading.Thread(target=_guarded, args=(one, queue), daemon=True) for one in inputs]
    for thread in threads:
        thread.start()
    log("info", "filebeat start running.", version=version, inputs=len(inputs))
    while not queue.stopped:
        queue.pause(3600)
    log("info", "filebeat stopped.")
    return 1 if queue.counts["crashes"] else 0


def _guarded(one: Files | Journal, queue: Queue) -> None:
    """Run an input; when it ends by an error, so does the program, instead of shipping a part."""
    try:
        one.run()
    except Exception as error:
        log("error", "An input has failed", reason=repr(error))
        queue.counts["crashes"] += 1
        queue.stop()
        raise


def _identity(data: Path) -> str:
    file = data / "meta.json"
    if not file.exists():
        file.write_text(str(uuid.uuid4()))
    return file.read_text()
