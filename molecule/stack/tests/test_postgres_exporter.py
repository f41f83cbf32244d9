"""postgres_exporter logs in to the PostgreSQL of its host without a password, and reports when that is down."""

from __future__ import annotations

import pytest

testinfra_hosts = ["stack-1"]


@pytest.fixture
def up(prometheus):
    """Return a function that returns whether the exporter and the database are up, according to Prometheus."""

    def state():
        found = prometheus("query", query='{__name__=~"up|pg_up",job="postgres_exporter"}')["result"]
        return {one["metric"]["__name__"]: one["value"][1] for one in found}

    return state


@pytest.mark.restart
def test_the_database_of_the_host_is_asked(up, eventually):
    eventually(up, {"up": "1", "pg_up": "1"})


def test_a_database_that_is_down_is_told_by_an_exporter_that_is_up(host, up, eventually):
    try:
        host.check_output("systemctl stop postgresql")
        eventually(up, {"up": "1", "pg_up": "0"})
    finally:
        host.check_output("systemctl start postgresql")
    eventually(up, {"up": "1", "pg_up": "1"})


def test_every_database_is_told_by_name(prometheus, eventually):
    def names():
        found = prometheus("query", query="pg_database_wraparound_age_datfrozenxid_seconds")["result"]
        return {one["metric"]["datname"] for one in found}

    eventually(names, {"postgres", "shop", "template1"})
