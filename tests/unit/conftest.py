"""What all unit tests share: a server that answers as Grafana was recorded to answer, and what runs on a real node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served, running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import LIVE, asks_a_real_node


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where real nodes of Elasticsearch answer, leave out the tests that ask none of them: other jobs run those."""
    if LIVE:
        config.hook.pytest_deselected(items=[item for item in items if not asks_a_real_node(item)])
        items[:] = filter(asks_a_real_node, items)


@dataclass
class Grafana:
    """A stand-in for Grafana 12 with an empty database, and what it has been asked since `forget`."""

    served: Served
    user: str = "admin"
    password: str = "admin"
    _connections: int = 0

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return self.served.url

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        """How often each method and path (without its query) has been asked for."""
        return self.served.application.requests

    @property
    def writes(self) -> int:
        """How many requests were neither GET nor HEAD."""
        return sum(count for (method, _path), count in self.requests.items() if method not in {"GET", "HEAD"})

    @property
    def connections(self) -> int:
        """How many connections have been opened."""
        return self.served.connections - self._connections

    @property
    def at_once(self) -> int:
        """The most requests that were under way at the same time."""
        return self.served.application.at_once

    def forget(self) -> None:
        """Start counting again."""
        self.served.application.requests.clear()
        self.served.application.at_once = 0
        self._connections = self.served.connections


@pytest.fixture
def grafana() -> Iterator[Grafana]:
    """A stand-in for Grafana 12 on a free port of loopback for the time of one test."""
    with running(Settings()) as served:
        yield Grafana(served)
