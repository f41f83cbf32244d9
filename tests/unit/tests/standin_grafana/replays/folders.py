"""Which recordings of folders are replayed."""

from __future__ import annotations

from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay


def _empty(served: Served) -> None:
    with served.application.store.transaction():
        served.application.store.delete_organisation(1)


REPLAYS = {
    "03b-folders-nested-toggle-ignored-in-production": Replay(
        first_ids={"dashboard": 1}, before={"1 create viewer": _empty}
    ),
    "03-folders": Replay(after=("00-setup",), first_ids={"dashboard": 10}),
}
