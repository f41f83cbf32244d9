# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The socket through which the engine has steps started, without systemd."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

__all__ = ["StepSocket"]


class StepSocket:
    """A socket that has something started for each connection, which gets it."""

    def __init__(self, path: Path, start: Callable[[socket.socket], None]) -> None:
        self._start = start
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Refuse further connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            with connection:
                self._start(connection)
