"""Pipelines that run: from their inputs over a queue on disk and their filters to their outputs."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .beats import BeatsServer
from .disk_queue import DiskQueue
from .elasticsearch import Elasticsearch
from .event import Event
from .pipeline import Pipeline
from .settings import size

__all__ = ["Running"]

_BATCH = 125
_TURN = 0.1
_KEEP_ALIVE = 5.0


class Running:
    """A pipeline with its threads."""

    def __init__(self, name: str, parts: Pipeline, settings: Mapping[str, Any], letters: DiskQueue | None) -> None:
        self.name, self.parts, self.letters = name, parts, letters
        self.hash = secrets.token_hex(32)
        self._stopped = threading.Event()
        self.outputs = [Elasticsearch(one, lambda wait: not self._stopped.wait(wait)) for one in parts.outputs]
        data = Path(settings["path.data"])
        self.queue = DiskQueue(data / "queue" / name / "events.sqlite", size(settings["queue.max_bytes"]))
        self.came = self.filtered = self.went = self.refused = 0
        self.servers: list[BeatsServer] = []
        self._threads = [threading.Thread(target=self._work, daemon=True)]

    def start(self, dead: Callable[[str], DiskQueue]) -> None:
        """Open the inputs; `dead` returns the dead letters of a pipeline."""
        for kind, options in self.parts.inputs:
            if kind == "beats":
                server = BeatsServer(options, self._store)
                self.servers.append(server)
                self._threads.append(threading.Thread(target=server.serve_forever, args=(_TURN,), daemon=True))
            else:
                letters = dead(options["pipeline_id"])
                self._threads.append(threading.Thread(target=self._reread, args=(letters,), daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop; what has not been sent stays in the queue."""
        self._stopped.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()
        self.queue.close()

    def _store(self, events: list[Event]) -> bool:
        stored = not self._stopped.is_set() and self.queue.put(events, wait=_KEEP_ALIVE)
        self.came += len(events) if stored else 0
        return stored

    def _reread(self, letters: DiskQueue) -> None:
        while not self._stopped.is_set():
            batch = letters.first(_BATCH, _TURN)
            if batch and self._store([event for _id, event in batch]):
                letters.remove(row for row, _event in batch)

    def _work(self) -> None:
        while not self._stopped.is_set():
            batch = self.queue.first(_BATCH, _TURN)
            for _id, event in batch:
                self.parts.filtered(event)
            self.filtered += len(batch)
            if all(output.send([event for _id, event in batch], self._bury) for output in self.outputs):
                self.queue.remove(row for row, _event in batch)
                self.went += len(batch)

    def _bury(self, event: Event, reason: str) -> None:
        self.refused += 1
        event.metadata["dead_letter_queue"] = {"plugin_type": "elasticsearch", "reason": reason}
        print(f"[WARN ][{self.name}] refused by Elasticsearch: {reason}", flush=True)
        if self.letters is not None and not self.letters.put([event], wait=0):
            self.letters.dropped += 1
