"""Shows what logs are good for: a line is found, a burst of errors is an alert, and what is new in them has a name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.demo.stack import Replica, Server, notifications, pages
from ansible_collections.vigil.observability.demo.watch import Watch, analysed, output_of
from ansible_collections.vigil.observability.tests.dashboards.searches import searches

__all__ = ["Logs", "show_end_of_errors", "show_logs"]

ALERT = "high_error_rate"


@dataclass(frozen=True)
class Logs:
    """The log of the shop on a host, in Elasticsearch, and the page that shows what is new in it."""

    host: str
    elasticsearch: Server
    passwords: Mapping[str, str]
    page: Path

    def reader(self, user: str) -> Server:
        """Return Elasticsearch with a user who only reads."""
        return replace(self.elasticsearch, user=user, password=self.passwords[user])

    def last_order(self) -> str:
        """Return the number of the newest order in the shop's log file."""
        lines = output_of(self.host, "tail", "-n", "1", "/var/log/shop/shop.log")
        return str(json.loads(lines)["orderNumber"])

    def order(self, number: str) -> str:
        """Return where Elasticsearch has the line of an order, nothing without one."""
        query = {"query": {"query_string": {"query": f"service:shop AND message:{number}"}}}
        hits = self.reader("grafana").ask("/logs-*/_search", query)["hits"]["hits"]
        return next((f'("{one["_source"]["message"]}" in {one["_index"]})' for one in hits), "")

    def analyse(self, replica: Replica) -> dict[str, Any]:
        """Return what is new in the shop's log of this hour; raise ShowError when the playbook fails."""
        options = {"logs_query": "service:shop", "logs_window": "1h", "logs_baseline": "1d"}
        reading = self.reader("analysis").environment("ELASTICSEARCH") | replica.prometheus.environment("PROMETHEUS")
        return analysed("logs", self.page, options, reading)


def show_logs(watch: Watch, logs: Logs, replicas: list[Replica], receiver: str) -> None:
    """Show what happens when payments fail, except its end. Raises ShowError."""
    watch.part("Logs: payments fail")
    number = logs.last_order()
    told = f"the line of order {number} in the shop's log on {logs.host} is found by that number"
    watch.seen(told, partial(logs.order, number))
    watch.act(logs.host, "systemctl kill --signal=SIGUSR1 shop", "20 payments fail")
    for replica in replicas:
        watch.seen(f"Prometheus on {replica.name} fires {ALERT}", partial(replica.has_fired, ALERT))
    watch.seen("the receiver was notified", lambda: notifications(receiver, ALERT)["firing"])
    for grafana in (one.grafana for one in replicas if one.grafana):
        watch.seen("every panel of log lines in Grafana has data", partial(every_panel_has_lines, grafana, logs))
    watch.entered("controller", "ansible-playbook vigil.observability.analysis.logs")
    analysis = logs.analyse(replicas[0])
    watch.seen("the analysis names the message that is new", lambda: new_error(analysis))


def show_end_of_errors(watch: Watch, receiver: str) -> None:
    """Show that their alert ends, which takes as long as its window. Raises ShowError."""
    watch.part("Logs: half a minute later")
    resolved = f"the receiver was notified that {ALERT} is resolved"
    watch.seen(resolved, lambda: notifications(receiver, ALERT)["resolved"])


def every_panel_has_lines(grafana: Server, logs: Logs) -> str:
    """Return how many questions the panels ask, nothing unless Elasticsearch answers Grafana's user each with lines."""
    source = grafana.ask("/api/datasources/uid/elasticsearch")
    path = f"/{source['jsonData']['index']}/_search"
    asked = [one.body for page in pages(grafana) for one in searches(page)]
    reader = logs.reader(source["basicAuthUser"])
    lines = [reader.ask(path, body)["hits"]["total"]["value"] for body in asked]
    return f"({len(asked)} searches)" if lines and all(lines) else ""


def new_error(analysis: Mapping[str, Any]) -> str:
    """Return the pattern of the errors that were not there before, and how often, nothing without one."""
    new = (one for one in analysis["messages"]["new"] if one["level"] == "error")
    return next((f'("{one["pattern"]}", {one["window"]} times)' for one in new), "")
