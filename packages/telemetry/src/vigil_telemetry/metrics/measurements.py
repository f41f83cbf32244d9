"""The metrics of a process: what records them, and what shows them."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.registry import Collector

from ..errors import TelemetryError
from ..parts import Part
from ..settings import Settings
from .book import Book
from .exposition import Page, asgi_page, wsgi_page
from .files import Token
from .names import METHODS, OTHER, UNMATCHED, status_text
from .own import NAMES, ProcessUse
from .pools import Pools
from .port import Port, checked
from .processes import Group, GroupCollector, Held
from .system import SystemCollector

__all__ = ["Metrics"]

_TICK = 2.0  # seconds
_log = logging.getLogger("vigil_telemetry")


class Metrics(Part):
    """The metrics of this process, or of all processes that share `metrics_multiprocess_dir`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._group = Group(settings.metrics_multiprocess_dir) if settings.metrics_multiprocess_dir else None
        self._serving = Held(self._group.directory / "port.lock") if self._group else None
        self._port: Port | None = None
        self._pools = Pools()
        self._stopped = threading.Event()
        self.before_refresh: Callable[[], None] = lambda: None
        self._unseen = False  # a fork of a process with a port of its own, where nobody asks for its metrics
        # Held while metrics are read or recorded, so that a fork finds no lock of prometheus_client taken: the order
        # is reading, then recording.
        self._reading, self._recording = threading.RLock(), threading.RLock()

    def start(self) -> None:
        """Make the metrics and open the port. Raises TelemetryError when that is impossible."""
        checked(self._settings)
        token = self._settings.metrics_token_file
        self._token = Token(token) if token else None
        if self._settings.metrics_port is not None:
            self._port = Port(self._settings, self.render, self._token)
        if self._group:
            self._group.join()
        with self._unread():
            self._book = Book(self._settings.metrics_series_budget)
            self.registry = self._book.registry
            self._requests = self._book["http_requests_total"]
            self._durations = self._book["http_request_duration_seconds"]
            self._use = ProcessUse({name: self._book[name] for name in NAMES}, shared=self._group is not None)
            own: Collector = GroupCollector(self._group) if self._group else self.registry
            paths = ["/", *([str(self._settings.log_directory)] if self._settings.log_directory else [])]
            self._page = Page(own, SystemCollector(paths))
            self._begin()

    def stop(self, timeout: float) -> None:
        """Record the last use and close the port; what several processes have counted stays in their directory."""
        self._stopped.set()
        if self._reading.acquire(timeout=max(0.0, timeout)):
            self._try(self._refresh)
            self._reading.release()
        if self._port:
            self._port.close()
        if self._group and self._serving:
            self._serving.give_up()
            self._group.leave()

    def before_fork(self) -> None:
        """Wait until nothing is being read or recorded."""
        self._reading.acquire()
        self._recording.acquire()

    def after_fork(self, *, child: bool) -> None:
        """Go on; the child counts from zero if several processes share a directory."""
        self._recording.release()
        self._reading.release()
        if child:
            # The application may have recorded metrics of its own in another thread.
            self._book.forked()
        if not child or self._stopped.is_set():
            return
        self._stopped = threading.Event()
        if self._port:
            self._port.forget()
        if self._group and self._serving:
            self._serving.forget()
            self._group.forked()
            self._use.forked()
            with self._unread():
                self._begin()
        else:
            self._unseen = self._port is not None

    def http(self, method: str, route: str | None, status: int, seconds: float, trace_id: str | None = None) -> None:
        """Count a request: the template of its route (None: no route matches), and its trace if that is sampled."""
        labels = (method if method in METHODS else OTHER, route or UNMATCHED, status_text(status))
        with self._recording:
            self._requests.labels(*labels).inc()
            self._durations.labels(*labels).observe(seconds, {"trace_id": trace_id} if trace_id else None)
        if self._unseen:
            self._warn_unseen()

    def record_order_processing(
        self,
        order_type: str,
        payment_method: str,
        seconds: float,
        *,
        product_category: str | None = None,
        status: str = "completed",
    ) -> None:
        """Count an order, and how long it took; its category is its type unless there is a better one."""
        if not _is_number(seconds, "Duration of an order"):
            return
        with self._recording:
            self._book["order_processing_duration_seconds"].labels(order_type, payment_method).observe(seconds)
            self._book["orders_total"].labels(status, product_category or order_type).inc()

    def update_active_users(self, user_type: str, count: float) -> None:
        """Set how many users of a type are active now; of several processes, the latest number counts."""
        if _is_number(count, "Number of active users"):
            with self._recording:
                self._book["active_users_total"].labels(user_type).set(count)

    def watch_pool(self, name: str, pool: object) -> None:
        """Measure a pool of SQLAlchemy or psycopg whenever metrics are read. Raises TelemetryError for others."""
        self._pools.watch(name, pool)

    def declare(self, declarations: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the metrics of prometheus-client that these mappings declare, by name. Raises TelemetryError."""
        return self._book.declare(declarations)

    def count(self, name: str, label: str, amount: float = 1) -> None:
        """Add to one of the library's own counters, which has one label."""
        with self._recording:
            self._book[name].labels(label).inc(amount)

    def render(self, accept: str = "") -> tuple[str, bytes]:
        """Return the content type and the page of metrics for an Accept header."""
        with self._reading:
            self._refresh()
            return self._page.render(accept)

    def asgi(self) -> Callable[..., Awaitable[None]]:
        """Return the page as an ASGI application for those who have the token of metrics_token_file."""
        return asgi_page(self.render, self._needed_token())

    def wsgi(self) -> Callable[..., Iterable[bytes]]:
        """Return the page as a WSGI application for those who have the token of metrics_token_file."""
        return wsgi_page(self.render, self._needed_token())

    def _needed_token(self) -> Token:
        if self._token is None:
            raise TelemetryError(
                "Serving metrics at a path: everyone could read them, because no metrics_token_file is set; set it."
            )
        return self._token

    @contextlib.contextmanager
    def _unread(self) -> Iterator[None]:
        """Have nobody read gauges that are still 0, as they are made."""
        with self._reading, self._group.locked() if self._group else contextlib.nullcontext():
            yield

    def _begin(self) -> None:
        self._identify()
        if self._group:
            self._refresh()
        self._open()
        if self._group:
            threading.Thread(target=self._tick, args=(self._stopped,), name="telemetry-metrics", daemon=True).start()

    def _identify(self) -> None:
        self._book["application_build_info"].labels(self._settings.version, self._settings.revision).set(1)

    def _refresh(self) -> None:
        self.before_refresh()
        with self._recording:
            self._use.refresh()
            for name, reading in self._pools.readings():
                pair = (self._book["connection_pool_in_use"], self._book["connection_pool_size"])
                for metric, value in zip(pair, reading or (0, 0)):
                    if reading or self._group:
                        metric.labels(name).set(value)
                    else:
                        metric.remove(name)

    def _open(self) -> None:
        """Serve the port, unless another process of the group does. Raises TelemetryError when it is taken."""
        if self._port is None or not (self._serving is None or self._serving.take()):
            return
        try:
            self._port.open()
        except OSError as error:
            if self._serving:
                self._serving.give_up()
            raise TelemetryError(
                f"Opening the port {self._settings.metrics_port} of metrics on {self._settings.metrics_address} "
                f"failed: {error.strerror}; set another metrics_port for each process, or PROMETHEUS_MULTIPROC_DIR to "
                "a directory that all processes of this server share."
            ) from None

    def _tick(self, stopped: threading.Event) -> None:
        """Keep gauges fresh for whoever serves them, and take over the port when its process has ended."""
        while not stopped.wait(_TICK):
            with self._reading:
                self._try(self._refresh)
                self._try(self._open)

    def _try(self, step: Callable[[], None]) -> None:
        """Do what nobody waits for, and what may work the next time if it fails."""
        try:
            step()
        except Exception:  # noqa: BLE001
            _log.warning("Measuring this process failed.", exc_info=True)

    def _warn_unseen(self) -> None:
        self._unseen = False
        _log.warning(
            "The metrics of this process are not read, because it was forked from one that serves port %s: set "
            "PROMETHEUS_MULTIPROC_DIR to a directory that all processes of this server share.",
            self._settings.metrics_port,
        )


def _is_number(value: object, what: str) -> bool:
    if isinstance(value, (int, float)) and math.isfinite(value) and value >= 0:
        return True
    _log.warning("%s is not recorded: %.100r is not a number that is 0 or more.", what, value)
    return False
