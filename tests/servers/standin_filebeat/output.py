"""The output: each worker ships batches to one host at a time, and tries again for ever."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from .log import log
from .lumberjack import Connection, ShippingError
from .output_settings import Output
from .queue import Queue

__all__ = ["start"]


def start(output: Output, queue: Queue) -> None:
    """Start the workers: one for each host with load balancing, else one that goes to the next host on failure."""
    workers = [[host] for host in output.hosts] if output.balanced else [list(output.hosts)]
    for hosts in workers:
        threading.Thread(target=_ship, args=(output, queue, hosts), daemon=True).start()


def _ship(output: Output, queue: Queue, hosts: Sequence[tuple[str, int]]) -> None:
    first, most = output.backoff
    turn, wait = 0, first
    connection: Connection | None = None
    while not queue.stopped:
        host, port = hosts[turn % len(hosts)]
        try:
            # A worker takes a batch once it has a connection, so that a dead host keeps none from the others.
            connection = connection or Connection(output, host, port)
            _batch(output, queue, connection)
            wait = first
        except ShippingError as error:
            log("error", "Failed to publish events", host=f"{host}:{port}", reason=str(error), retry=wait)
            queue.counts["errors"] += 1
            if connection:
                connection.close()
            connection = None
            turn += 1
            queue.pause(wait)
            wait = min(most, 2 * wait)


def _batch(output: Output, queue: Queue, connection: Connection) -> None:
    """Ship one batch; give back what was not acknowledged."""
    events = queue.take(output.bulk)
    if not events:
        return
    done = 0
    try:
        for number in connection.send([event.document for event in events]):
            queue.acknowledge(events[done:number])
            done = max(done, number)
    finally:
        if events[done:]:
            queue.give_back(events[done:])
    queue.counts["batches"] += 1
