"""Which recordings of dashboards and of the search are replayed."""

from __future__ import annotations

from ansible_collections.vigil.observability.tests.servers.standin_grafana import dashboard_records
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay


def _thousand(served: Served) -> None:
    """Make the dashboards that eight threads had made, with the recorded ids of the two that are shown."""
    store = served.application.store
    with store.transaction():
        for thread in range(8):
            for number in range(130):
                if (thread, number) in _IDS:
                    store.continue_from("dashboard", _IDS[thread, number])
                names = {"uid": f"lg-{thread}-{number}", "title": f"LG {thread} {number:03}", "folderUid": "lg"}
                dashboard_records.save(store, 1, {}, over=None, by="admin", **names)


def _next_id(served: Served) -> None:
    with served.application.store.transaction():
        served.application.store.continue_from("dashboard", 1905)


_IDS = {(7, 86): 1568, (7, 87): 1574}

REPLAYS = {
    "04-dashboards": Replay(
        after=("00-setup", "03-folders"),
        first_ids={"dashboard": 20, "dashboard_version": 30},
        differs={"84 home dashboard": "a page of the user interface"},
    ),
    "05-search": Replay(after=("00-setup", "03-folders", "04-dashboards"), first_ids={"dashboard": 38}),
    "04b-dashboards-more": Replay(
        after=("00-setup", "03-folders", "04-dashboards"), first_ids={"dashboard": 55, "dashboard_version": 82}
    ),
    "24-large": Replay(
        after=("00-setup", "03-folders", "04-dashboards"),
        first_ids={"dashboard": 864},
        before={
            "2 search without a limit: at most 1000": _thousand,
            "6 a dashboard of 6 MiB (pad cut here to 20 characters)": _next_id,
        },
    ),
}
