"""The listing of groups of alert rules, which Grafana gives in an order of chance, so that no replay compares it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.recorded_start import recorded_server
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay, Session, recorded
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replays.alerting import REPLAYS

VARYING = ("uid", "updated", "namespace_id", "version")


def plain(listing: dict[str, Any]) -> list[str]:
    """Return the groups in one order, without what another run makes otherwise."""
    lines = []
    for folder, groups in listing.items():
        for group in groups:
            rules = [{**rule, "grafana_alert": {**rule["grafana_alert"]}} for rule in group["rules"]]
            for rule in rules:
                for name in VARYING:
                    rule["grafana_alert"].pop(name, None)
            lines.append(json.dumps([folder, group["name"], group["interval"], rules], sort_keys=True))
    return sorted(lines)


def test_groups_are_listed_with_their_rules_as_recorded(tmp_path: Path) -> None:
    with recorded_server(tmp_path) as served:
        session = Session(served)
        for name in ("00-setup", "09-alert-rules", "10-rule-groups"):
            list(session.play(name, REPLAYS.get(name, Replay())))
        pair = next(pair for pair in recorded("11-ruler") if pair.label == "1 list all")
        login = {"Authorization": f"Basic {base64.b64encode(b'admin:admin').decode()}"}
        with urlopen(Request(served.url + pair.request["path"], headers=login), timeout=20) as answer:  # noqa: S310
            listing = json.load(answer)
    assert plain(listing) == plain(pair.body)
