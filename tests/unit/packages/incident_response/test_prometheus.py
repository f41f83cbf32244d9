# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What replicas of Prometheus answer, and what counts of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.prometheus import (
    Prometheus,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.servers import Server
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.replica import Replica


@pytest.fixture
def replicas() -> Iterator[list[Replica]]:
    """Two replicas."""
    with Replica() as first, Replica() as second:
        yield [first, second]


@pytest.fixture
def prometheus(replicas: list[Replica], certificates: Certificates) -> Prometheus:
    """A client of both."""
    ca_file = str(certificates.authority)
    return Prometheus([Server(f"mon{at}", one.url, "me", "word", ca_file) for at, one in enumerate(replicas)])


def values(prometheus: Prometheus, expression: str = "up") -> list[float] | None:
    found = asyncio.run(prometheus.query(expression))
    return None if found is None else [one.value for one in found]


def test_the_newer_samples_count(replicas: list[Replica], prometheus: Prometheus) -> None:
    for replica, newest, value in zip(replicas, (10, 20), (1, 0), strict=True):
        replica.newest, replica.samples = newest, {"up": [({"job": "shop"}, value)]}
    assert values(prometheus) == [0]
    replicas[0].newest = 30
    assert values(prometheus) == [1]


@pytest.mark.parametrize("newest", [20, None])
def test_a_replica_without_samples_leaves_it_to_the_other(
    replicas: list[Replica], prometheus: Prometheus, newest: float | None
) -> None:
    replicas[0].newest = newest
    replicas[1].samples = {"up": [({}, 1)]}
    assert values(prometheus) == [1]


def test_no_sample_is_not_the_same_as_no_answer(replicas: list[Replica], prometheus: Prometheus) -> None:
    assert values(prometheus) == []
    replicas[0].status = 503
    assert values(prometheus) == []
    assert {name: bool(failure) for name, failure in prometheus.answers.failures.items()} == {
        "mon0": True,
        "mon1": False,
    }
    replicas[1].stop()
    assert values(prometheus) is None
    assert asyncio.run(prometheus.firing()) is None


def test_what_is_no_number_is_no_sample(replicas: list[Replica], prometheus: Prometheus) -> None:
    replicas[0].samples = {"a / b": [({}, float("nan")), ({}, 2)]}
    assert values(prometheus, "a / b") == [2]


def test_a_scalar_is_a_sample(replicas: list[Replica], prometheus: Prometheus) -> None:
    replicas[0].scalars = {"1 + 1": 2}
    assert values(prometheus, "1 + 1") == [2]


@pytest.mark.parametrize("status", [400, 422])
def test_an_expression_that_cannot_be_evaluated_has_no_samples(
    replicas: list[Replica], prometheus: Prometheus, status: int
) -> None:
    for replica in replicas:
        replica.wrong = {"up{": status}
    assert values(prometheus, "up{") == []
    assert set(prometheus.answers.failures.values()) == {""}


def test_only_samples_of_the_time_that_is_asked_for_are_found(replicas: list[Replica], prometheus: Prometheus) -> None:
    asyncio.run(prometheus.query("up", since=42.4))
    assert {one["query"]: one.get("lookback_delta") for one in replicas[0].queries} == {
        "up": "42s",
        "max(timestamp(up))": None,
    }


def test_alerts_are_those_of_all_replicas_as_the_newest_has_them(
    replicas: list[Replica], prometheus: Prometheus
) -> None:
    replicas[0].fire({"alertname": "A"}, loss_per_minute="3.00 EUR")
    replicas[0].alerts.append({"labels": {"alertname": "B"}, "annotations": {}, "state": "pending"})
    replicas[1].fire({"alertname": "A"}, {"alertname": "C"}, loss_per_minute="2.00 EUR")
    replicas[0].newest = 2
    found = {one.labels["alertname"]: one.annotations for one in asyncio.run(prometheus.firing()) or ()}
    assert found == {"A": {"loss_per_minute": "3.00 EUR"}, "C": {"loss_per_minute": "2.00 EUR"}}
    replicas[0].fire()
    replicas[1].fire()
    assert asyncio.run(prometheus.firing()) == ()


def test_the_authorities_are_read_again_when_they_change(
    replicas: list[Replica], prometheus: Prometheus, certificates: Certificates, tmp_path: Path
) -> None:
    ca_file = tmp_path / "ca.crt"
    ca_file.write_bytes(certificates.authority.read_bytes())
    one = Prometheus([Server("mon1", replicas[0].url, "me", "word", str(ca_file))])
    assert values(one) == []
    ca_file.write_text("no certificate")
    assert values(one) is None
    assert "SSLError" in one.answers.failures["mon1"]
