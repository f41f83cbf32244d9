"""Which recordings of users, organisations and access are replayed."""

from __future__ import annotations

from ansible_collections.vigil.observability.tests.servers.standin_grafana.datasources import add_datasource
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay


def _data_sources(served: Served) -> None:
    store = served.application.store
    shared = {"type": "prometheus", "access": "proxy", "url": "http://127.0.0.1:9"}
    options = {"httpMethod": "POST", "timeInterval": "15s"}
    with store.transaction():
        for name, json_data in (("prov-prom-ro", options), ("prov-prom-rw", {})):
            source = {"name": name, "uid": name, **shared, "jsonData": json_data}
            add_datasource(store, 1, source, read_only=bool(json_data))


_NO_CLIENT = "no client in this collection uses it"

REPLAYS = {
    "00-setup": Replay(),
    "01-health": Replay(differs={"7 unknown non-api path": "a page of the user interface, which is not there"}),
    "02-auth": Replay(
        after=("00-setup",),
        first_ids={"dashboard": 8},
        before={"12 viewer: list data sources": _data_sources},
        differs={
            "16 viewer: teams search": _NO_CLIENT,
            "21 editor: create team": _NO_CLIENT,
            "27 org admin: admin settings": _NO_CLIENT,
        },
    ),
    "02b-auth-more": Replay(
        after=("00-setup",), first_ids={"user": 14}, differs={"15 admin settings without credentials": _NO_CLIENT}
    ),
    "17-orgs": Replay(
        after=("00-setup", "03-folders", "04-dashboards", "06-provisioned-dashboards", "07-provisioning-reload"),
        first_ids={"dashboard": 56},
        differs={
            "51 quotas": _NO_CLIENT,
        },
    ),
    "18-users": Replay(
        after=("00-setup",),
        differs={
            "19 search": _NO_CLIENT,
            "21 teams of a user": _NO_CLIENT,
            "40 change own password: wrong old": _NO_CLIENT,
            "43 auth tokens of a user": _NO_CLIENT,
            "44 logout a user": _NO_CLIENT,
            "57 settings": _NO_CLIENT,
        },
    ),
}
