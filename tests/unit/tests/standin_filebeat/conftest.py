"""A stand-in for Filebeat and the peer that it ships to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.unit.tests.standin_filebeat.peer import Peer
from ansible_collections.vigil.observability.tests.unit.tests.standin_filebeat.shipper import Shipper


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A server of the Beats protocol."""
    found = Peer()
    yield found
    found.stop()


@pytest.fixture
def shipper(tmp_path: Path, peer: Peer) -> Iterator[Shipper]:
    """The stand-in, not yet running, which ships files to the peer."""
    found = Shipper(tmp_path, [peer.port])
    yield found
    found.kill()
