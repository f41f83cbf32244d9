"""Which recordings of service accounts are replayed."""

from __future__ import annotations

import time

from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay


def _expire(_served: Served) -> None:
    time.sleep(2.1)


REPLAYS = {
    "20-service-accounts": Replay(
        after=("00-setup",),
        first_ids={"user": 10, "dashboard": 58},
        keys={
            "sa-token": "22 token create",
            "sa-ttl": "24 token with secondsToLive 2",
            "sa-t3": "43 token for the disabled test",
        },
        before={"38 an expired token": _expire},
    ),
}
