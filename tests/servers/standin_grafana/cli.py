"""The command `grafana` of the stand-in: `server`, and of `cli` what resets the administrator's password."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .access import administrator, set_password
from .app import Application
from .file_dashboards import ProvisioningError
from .log import log
from .provisioning import provision
from .server import ServerError, make_server
from .settings import Settings, SettingsError, read_settings
from .store import NewerDatabaseError, Store

__all__ = ["main"]


class StartError(Exception):
    """The server cannot start."""


def _arguments(home: Path, words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="grafana", description="A stand-in for Grafana, for tests.")
    parser.add_argument("-v", "--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--homepath", "-homepath", type=Path, default=home, help="where conf and VERSION lie")
    shared.add_argument("--config", "-config", type=Path, help="the configuration")
    shared.add_argument("--configOverrides", default="", help="cfg: arguments in one string")
    server = commands.add_parser("server", parents=[shared], help="run the server")
    server.add_argument("-v", "--version", action="store_true", help="print the version")
    server.add_argument("--pidfile", "-pidfile", type=Path, help="where the process id is written")
    server.add_argument("--packaging", "-packaging", default="unknown", help="what the archive was made from")
    server.add_argument("overrides", nargs="*", help="cfg:section.key=value")
    admin = commands.add_parser("cli", parents=[shared], help="administer").add_subparsers(dest="group", required=True)
    reset = admin.add_parser("admin").add_subparsers(dest="task", required=True).add_parser("reset-admin-password")
    reset.add_argument("--password-from-stdin", action="store_true", help="read the password from standard input")
    reset.add_argument("--user-id", type=int, default=0, help="the administrator, by default the first one")
    reset.add_argument("password", nargs="?", default="", help="the new password")
    return parser.parse_args(words)


def main(home: Path, words: Sequence[str]) -> int:
    """Do what the command line asks and return the exit code; `home` is where the program was unpacked."""
    options = _arguments(home, words)
    if options.version or options.command is None:
        print(f"Version {(home / 'VERSION').read_text().strip()} (commit: stand-in, branch: stand-in)")
        return 0
    try:
        overrides = [*options.configOverrides.split(), *getattr(options, "overrides", ())]
        settings = read_settings(options.homepath.resolve(), options.config, overrides)
        return _reset(settings, options) if options.command == "cli" else _serve(settings, options)
    except (SettingsError, ServerError, StartError) as error:
        log("server", "error", "Stopped background service", reason=error)
        print(f"Error: ✗ {error}", file=sys.stderr)
        return 1


def _opened(settings: Settings) -> Store:
    """Return the store of the settings, migrated to this version."""
    if settings.get("database", "type") != "sqlite3":
        raise StartError(f"cannot use a {settings.get('database', 'type')} database: the stand-in knows sqlite3")
    settings.database.parent.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database)
    try:
        before = store.migrate(settings.version)
    except NewerDatabaseError as error:
        store.close()
        raise StartError(
            f"cannot use the database {settings.database}: {error} has migrated it, and this is {settings.version}"
        ) from error
    log("migrator", "info", "migrations completed", before=before or "none", version=settings.version)
    return store


def _reset(settings: Settings, options: argparse.Namespace) -> int:
    password = options.password
    if options.password_from_stdin:
        print("New Password: ", end="", flush=True)
        password = sys.stdin.readline().rstrip("\n")
        print()
    if len(password) < 4:
        raise StartError("new password is too short")
    store = _opened(settings)
    Application(settings, store)
    with store.transaction():
        user = administrator(store, options.user_id)
        if user is None:
            raise StartError(f"cannot reset the password: no administrator has the id {options.user_id}")
        set_password(store, user, password)
    store.close()
    print("Admin password changed successfully ✔")
    return 0


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    log("settings", "info", "Starting Grafana (stand-in)", version=settings.version, home=settings.home)
    store = _opened(settings)
    address, port = settings.get("server", "http_addr") or "0.0.0.0", int(settings.get("server", "http_port"))
    server = make_server(Application(settings, store), address, port)
    try:
        server.prepare()
    except OSError as error:
        raise StartError(f"cannot listen on {address}:{port}: {error.strerror or error}") from error
    if options.pidfile:
        options.pidfile.write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    log("http.server", "info", "HTTP Server Listen", address=f"{address}:{port}")
    # Recorded: the server is healthy before the dashboards of files are there.
    threading.Thread(target=_provision, args=(settings, store), daemon=True).start()
    _tell_systemd()
    try:
        server.serve()
    except SystemExit:
        log("server", "info", "Shutdown started", reason="System signal: terminated")
    server.stop()
    store.close()
    return 0


def _stop(number: int, frame: object) -> None:
    raise SystemExit(0)


def _provision(settings: Settings, store: Store) -> None:
    try:
        with store.transaction():
            provision(settings, store)
    except ProvisioningError as error:
        log("provisioning", "error", "Failed to provision", error=error)


def _tell_systemd() -> None:
    """Say that the server is ready, when the unit asked for it."""
    if address := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"READY=1", address.replace("@", "\0", 1))
