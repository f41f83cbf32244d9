# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of the service share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.servers import Server
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alone import Alone
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.grafana import Noted
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.intake import Intake
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.lister import Lister
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.looking import Looking
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.mesh import Mesh
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    """An intake with an empty journal."""
    found = Intake(tmp_path)
    yield found
    found.journal.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority with one certificate."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def lister() -> Iterator[Lister]:
    """An Alertmanager that lists what a test gives it."""
    with Lister() as server:
        yield server


@pytest.fixture
def replica() -> Iterator[Replica]:
    """A Prometheus that answers what a test gives it."""
    with Replica() as server:
        yield server


@pytest.fixture
def mesh() -> Iterator[Mesh]:
    """An Alertmanager that keeps what the engine posts."""
    with Mesh() as server:
        yield server


@pytest.fixture
def noted(certificates: Certificates, tmp_path: Path) -> Iterator[Noted]:
    """A Grafana, and a token for it."""
    with running(Settings()) as served:
        yield Noted(served, certificates, tmp_path / "token")


@pytest.fixture
def looking(intake: Intake, replica: Replica, certificates: Certificates, tmp_path: Path) -> Looking:
    """Decisions about what the intake has got, with what that Prometheus knows."""
    return Looking(intake, replica, certificates, tmp_path)


@pytest.fixture
def engine(tmp_path: Path, certificates: Certificates, lister: Lister) -> Iterator[Engine]:
    """The service as a process, which asks that Alertmanager."""
    with Engine(tmp_path, certificates, [lister.url]) as process:
        process.start()
        yield process


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Iterator[Engine]:
    """The service as a process that several tests ask, each for what changes nothing for the others."""
    with Lister() as server, Engine(tmp_path_factory.mktemp("lasting"), certificates, [server.url]) as process:
        process.start()
        yield process


@pytest.fixture
def alone(looking: Looking, intake: Intake, replica: Replica, mesh: Mesh, certificates: Certificates) -> Alone:
    """An exporter that does not answer."""
    looking.alertmanagers = [Server("mon1", mesh.url, "me", "word", str(certificates.authority))]
    return Alone(looking, intake, replica, mesh)
