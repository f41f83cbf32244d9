"""What has been shipped: the position in each source, kept over restarts and a kill."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any

__all__ = ["Registry", "RegistryError"]

State = dict[str, Any]


class RegistryError(Exception):
    """The registry cannot be used."""


class Registry:
    """States by key; a change is on the disk when `save` returns."""

    def __init__(self, data: Path) -> None:
        folder = data / "registry" / "filebeat"
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        # Held until the process ends: two with one registry would overwrite each other's positions.
        self._lock_file = (data / "filebeat.lock").open("a")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RegistryError(f"data path {data} is already locked by another beat") from error
        self._file = folder / "states.json"
        self._mutex = threading.Lock()
        self._states: dict[str, State] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def get(self, key: str) -> State | None:
        """Return the state of a source, None of an unknown one."""
        with self._mutex:
            found = self._states.get(key)
            return dict(found) if found else None

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin so."""
        with self._mutex:
            return [key for key in self._states if key.startswith(prefix)]

    def update(self, states: dict[str, State | None]) -> None:
        """Replace states, or remove those that are None, and write all of them."""
        with self._mutex:
            for key, state in states.items():
                if state is None:
                    self._states.pop(key, None)
                else:
                    self._states[key] = state
            self._save()

    def _save(self) -> None:
        beside = self._file.with_suffix(".new")
        with beside.open("w") as file:
            json.dump(self._states, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._file)
