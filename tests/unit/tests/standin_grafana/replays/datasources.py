"""Which recordings of data sources are replayed."""

from __future__ import annotations

from ansible_collections.vigil.observability.tests.servers.standin_grafana.datasources import add_datasource
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay

_PROVISIONED = {"type": "prometheus", "access": "proxy", "url": "http://127.0.0.1:9"}


def _provision(served: Served) -> None:
    store = served.application.store
    with store.transaction():
        locked = {"httpMethod": "POST", "timeInterval": "15s"}, {"httpHeaderValue1": "x"}
        store.continue_from("data_source", 1)
        for name, (settings, secrets) in (("prov-prom-ro", locked), ("prov-prom-rw", ({}, {}))):
            given = {"uid": name, "name": name, "jsonData": settings, "secureJsonData": secrets}
            add_datasource(store, 1, {**_PROVISIONED, **given}, read_only=name.endswith("ro"))
        store.continue_from("data_source", 21)


REPLAYS = {
    "08-datasources": Replay(
        after=("00-setup",),
        before={"0 list": _provision},
        differs={
            "78 after the reload": "the stand-in provisions no data sources from files",
            "94 list": "the same data source",
        },
    ),
}
