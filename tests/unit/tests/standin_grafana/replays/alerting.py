"""Which recordings of alerting are replayed."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from ansible_collections.vigil.observability.tests.servers.standin_grafana.alerting_config import (
    config_of,
    disturb,
    put_config,
)
from ansible_collections.vigil.observability.tests.servers.standin_grafana.alerting_rule_records import add_rule
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay, recorded


def _rule(served: Served) -> None:
    """Make the rule that the recorded server had read from a file."""
    model = {"intervalMs": 1000, "maxDataPoints": 43200}
    threshold = {"type": "threshold", "expression": "A", "conditions": [{"evaluator": {"params": [1], "type": "gt"}}]}
    data: list[tuple[str, dict[str, int], str, dict[str, Any]]] = [
        ("A", {"from": 600, "to": 0}, "prov-prom-ro", {"expr": "up", "instant": True}),
        ("B", {"from": 0, "to": 0}, "-100", threshold),
    ]
    rule = {
        "uid": "file-rule-1",
        "folderUID": "CJlD04gdz",
        "ruleGroup": "file-group",
        "title": "File rule 1",
        "condition": "B",
        "data": [
            {
                "refId": name,
                "queryType": "",
                "relativeTimeRange": span,
                "datasourceUid": source,
                "model": {**model, "refId": name, **query},
            }
            for name, span, source, query in data
        ],
        "updated": "2026-11-23T08:29:15Z",
        "noDataState": "OK",
        "execErrState": "Error",
        "for": "5m",
        "annotations": {"summary": "s"},
        "labels": {"team": "a"},
        "provenance": "file",
    }
    with served.application.store.transaction():
        add_rule(served.application.store, 1, rule)


def _config(served: Served) -> None:
    """Make what the recorded server had read from files of contact points, mute timings and templates."""
    store = served.application.store
    config = copy.deepcopy(config_of(store, 1))
    integration = {"uid": "file-cp-1", "group": "file-cp", "name": "file-cp", "type": "webhook"}
    settings = {"settings": {"url": "http://127.0.0.1:9/hook"}, "secure": {}, "disableResolveMessage": False}
    config["integrations"].append({**integration, **settings})
    times = [{"times": [{"start_time": "06:00", "end_time": "07:00"}]}]
    config["mute_timings"].append({"name": "file-mute", "time_intervals": times})
    config["templates"]["file-tmpl"] = '{{ define "file-tmpl" }}x{{ end }}'
    config["provenance"]["contact-point/file-cp-1"] = "file"
    with store.transaction():
        put_config(store, 1, config)


def _without_leftovers(served: Served) -> None:
    """Remove what had gone meanwhile."""
    config = config_of(served.application.store, 1)
    config["integrations"] = [one for one in config["integrations"] if one["uid"] not in {"cpb", "cp2"}]
    config["mute_timings"] = []
    with served.application.store.transaction():
        put_config(served.application.store, 1, config)


def _disturb(served: Served) -> None:
    disturb(served.application.store, 1)


def _labels(name: str, places: Iterable[int]) -> list[str]:
    chosen = {str(place) for place in places}
    return [pair.label for pair in recorded(name) if pair.label.split()[0] in chosen]


_NO_CLIENT = "no client in this collection uses it"
_RACE = "the outcome of requests at the same moment, while these come one after the other"
_RACES = (1, 3, 4, 5, 7, 10, 13, 14, 17, 18, 19, 20, 21, 22, 23, 24, 31, 32, 34, 38, 41, 44, 47, 50, 51)

REPLAYS = {
    "09-alert-rules": Replay(
        after=("00-setup",),
        first_ids={"dashboard": 53},
        before={"0 folder": _rule},
        differs={"62 list as Prometheus API": _NO_CLIENT},
    ),
    "10-rule-groups": Replay(after=("00-setup", "09-alert-rules")),
    "09b-alert-rules-more": Replay(
        after=("00-setup", "09-alert-rules", "10-rule-groups"), first_ids={"alert_rule": 23}
    ),
    "12-contact-points": Replay(
        after=("00-setup",),
        before={"0 list (default email and the file-provisioned one)": _config},
        differs={
            "17 filter by name (in this version?)": "Grafana lists those of one name in an order of chance",
            "36 test a receiver": _NO_CLIENT,
            "37 alert notifiers (types and their option names)": "only what is secret or needed is listed",
        },
    ),
    "12b-contact-points-secrets": Replay(
        after=("00-setup", "12-contact-points"),
        before={"1 create": _without_leftovers},
        differs={
            "2 test receiver with the stored secret: after the create": _NO_CLIENT,
            "5 test receiver with the stored secret: after a PUT with [REDACTED]": _NO_CLIENT,
            "8 test receiver with the stored secret: after a PUT with another password": _NO_CLIENT,
            "11 test receiver with the stored secret: after a PUT without the password": _NO_CLIENT,
        },
    ),
    "13-policies": Replay(after=("00-setup", "12-contact-points")),
    "14-mute-timings": Replay(after=("00-setup", "12-contact-points", "13-policies")),
    "15-templates": Replay(after=("00-setup", "12-contact-points")),
    "23-concurrency": Replay(
        after=("00-setup", "12-contact-points"),
        first_ids={"dashboard": 861, "data_source": 238, "user": 15, "dashboard_version": 900},
        before={
            **dict.fromkeys(_labels("23-concurrency", (63, 65, 66, 67, 71, 72, 73, 74)), _disturb),
            **dict.fromkeys(_labels("23-concurrency", [62]), _without_leftovers),
        },
        differs={
            **dict.fromkeys(_labels("23-concurrency", _RACES), _RACE),
            **dict.fromkeys(_labels("23-concurrency", (*range(56, 62), 94, 95)), _NO_CLIENT),
            "88 folders": "folders that other recordings had left",
        },
    ),
}
