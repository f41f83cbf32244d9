"""A Logstash to run, and a server that it sends to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.unit.tests.standin_logstash.bulk import (
    BulkServer,
    bulk_server,
    certificates,
)
from ansible_collections.vigil.observability.tests.unit.tests.standin_logstash.logstash import unpacked


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the archive is unpacked."""
    return unpacked(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with an authority, a certificate and its key."""
    return certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def elasticsearch(tls: Path) -> Iterator[BulkServer]:
    """A server that takes documents."""
    with bulk_server(tls) as server:
        yield server
