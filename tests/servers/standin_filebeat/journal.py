"""An input of type journald at work: journalctl, from the cursor in the registry on."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from .documents import Documents, instant
from .log import log
from .queue import Event, Queue
from .registry import Registry
from .settings import JournalInput

__all__ = ["Journal"]

# The names that Filebeat gives to fields of the journal; the others stay below journald.custom.
_NAMES = {
    "MESSAGE": "message",
    "PRIORITY": "syslog.priority",
    "SYSLOG_FACILITY": "syslog.facility.code",
    "SYSLOG_IDENTIFIER": "syslog.identifier",
    "SYSLOG_PID": "syslog.pid",
    "_BOOT_ID": "host.boot_id",
    "_COMM": "process.name",
    "_CMDLINE": "process.command_line",
    "_EXE": "process.executable",
    "_GID": "process.group.id",
    "_HOSTNAME": "host.hostname",
    "_MACHINE_ID": "host.id",
    "_PID": "process.pid",
    "_SYSTEMD_CGROUP": "systemd.cgroup",
    "_SYSTEMD_INVOCATION_ID": "systemd.invocation_id",
    "_SYSTEMD_SLICE": "systemd.slice",
    "_SYSTEMD_UNIT": "systemd.unit",
    "_TRANSPORT": "systemd.transport",
    "_UID": "process.user.id",
}
_INTEGERS = {"PRIORITY", "SYSLOG_FACILITY", "_PID"}
_PAUSE = 5.0


class Journal:
    """Reads the journal until the shipper stops."""

    def __init__(self, wanted: JournalInput, registry: Registry, queue: Queue, documents: Documents) -> None:
        self._wanted, self._registry, self._queue, self._documents = wanted, registry, queue, documents
        self._key = f"journald::{wanted.id}"
        self.open: dict[str, object] = {}

    def run(self) -> None:
        """Run journalctl, and again when it ends, from the last entry that was acknowledged."""
        while not self._queue.stopped:
            with subprocess.Popen(self._command(), stdout=subprocess.PIPE, text=True, errors="replace") as program:
                assert program.stdout is not None
                for line in program.stdout:
                    if not self._ship(line):
                        break
                program.kill()
            log("error", "journalctl has ended", code=program.returncode)
            while self._queue.is_pending(self._key) and not self._queue.stopped:
                self._queue.pause(0.1)
            self._queue.pause(_PAUSE)

    def _command(self) -> list[str]:
        state = self._registry.get(self._key)
        command = ["journalctl", "--output=json", "--follow", "--no-pager", "--all"]
        if state:
            command.append(f"--after-cursor={state['cursor']}")
        else:
            command.append("--no-tail" if self._wanted.seek == "head" else "--lines=0")
        command += [f"--unit={unit}" for unit in self._wanted.units]
        command += [f"--identifier={identifier}" for identifier in self._wanted.identifiers]
        return [*command, *self._wanted.matches]

    def _ship(self, line: str) -> bool:
        entry: dict[str, Any] = json.loads(line)
        own: dict[str, Any] = {}
        for name, value in entry.items():
            if name in _NAMES:
                _put(own, _NAMES[name], _value(name, value))
            elif not name.startswith("__"):
                _put(own, f"journald.custom.{name.lower().lstrip('_')}", _value(name, value))
        at = instant(int(entry["__REALTIME_TIMESTAMP"]) / 1e6)
        document = self._documents.of("journald", self._wanted.common, own, at)
        return self._queue.put(Event(self._key, {"cursor": entry["__CURSOR"]}, document))


def _value(name: str, value: Any) -> Any:
    """Return what a field of an entry holds: what is no text comes as a list of bytes."""
    if isinstance(value, list) and all(isinstance(one, int) for one in value):
        return bytes(value).decode("utf-8", "replace")
    return int(value) if name in _INTEGERS and str(value).isdigit() else value


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    *levels, last = name.split(".")
    for level in levels:
        values = values.setdefault(level, {})
    values[last] = value
