"""A proxy on loopback that breaks off where it is told to, before or after the server has done its work."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from .counting_proxy import CountingProxy, Passed, Passing, serving

__all__ = ["FAULTS", "BreakingProxy", "Fault", "breaking_proxy"]


@dataclass
class Fault:
    """What happens to the next requests of a method to paths that a pattern matches, one of FAULTS."""

    name: str
    method: str
    path: str
    times: int = 1

    def meets(self, request: Passed) -> bool:
        """Tell whether the request is one of those, and count it."""
        method, path = request.line
        met = self.times > 0 and method == self.method and bool(re.search(self.path, path))
        self.times -= met
        return met


class BreakingProxy(CountingProxy):
    """Passes requests on, except as its faults say; `held` are those that it still works on."""

    def __init__(self, port: int, trusted: ssl.SSLContext | None = None) -> None:
        super().__init__(port, _Breaking, trusted)
        self.faults: list[Fault] = []
        self.held: list[Passed] = []

    def broken(self) -> bool:
        """Tell whether every fault has met its requests."""
        return not any(fault.times for fault in self.faults)


class _Breaking(Passing):
    server: BreakingProxy

    def pass_on(self) -> None:
        request = self.received()
        fault = next((one for one in self.server.faults if one.meets(request)), None)
        if fault:
            FAULTS[fault.name](self, request)
            return
        # Who asks once more for a change gets to the server just when that has made it.
        for held in [one for one in self.server.held if one.line == request.line]:
            self.server.held.remove(held)
            self.answered(held)
        self.pass_back(self.answered(request))

    def hang_up(self) -> None:
        """Close the connection without a word."""
        self.close_connection = True


def _lose_request(proxy: _Breaking, _request: Passed) -> None:
    proxy.hang_up()


def _lose_answer(proxy: _Breaking, request: Passed) -> None:
    proxy.answered(request)
    proxy.hang_up()


def _be_late(proxy: _Breaking, request: Passed) -> None:
    proxy.server.held.append(request)
    proxy.hang_up()


def _tell_of_a_bad_gateway(proxy: _Breaking, request: Passed) -> None:
    proxy.answered(request)
    proxy.pass_back(Passed(("502", "Bad Gateway"), {"Content-Type": "text/html"}, b"<html>Bad Gateway</html>"))


def _tell_of_a_late_gateway(proxy: _Breaking, request: Passed) -> None:
    proxy.server.held.append(request)
    proxy.pass_back(Passed(("504", "Gateway Timeout"), {"Content-Type": "text/html"}, b"<html>Timeout</html>"))


FAULTS: dict[str, Callable[[_Breaking, Passed], None]] = {
    "the request is lost": _lose_request,
    "the answer is lost": _lose_answer,
    "the server is still at it": _be_late,
    "502 though it is done": _tell_of_a_bad_gateway,
    "504 and it is still at it": _tell_of_a_late_gateway,
}
"""What can happen to a request, by name."""


def breaking_proxy(port: int, trusted: ssl.SSLContext | None = None) -> AbstractContextManager[BreakingProxy]:
    """A proxy before the server on this port of loopback, for the time of the block; with TLS if it is trusted."""
    return serving(BreakingProxy(port, trusted))
