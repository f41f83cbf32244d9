"""Shows what logs are good for: a burst of errors is an alert, and what is new in them has a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.demo.stack import Replica, Server, notifications, pages
from ansible_collections.vigil.observability.demo.visits import Shop
from ansible_collections.vigil.observability.demo.watch import Watch, analysed
from ansible_collections.vigil.observability.tests.dashboards.searches import searches

__all__ = ["Logs", "show_end_of_errors", "show_logs"]

ALERT = "high_error_rate"
ORDERS = 12  # each of which logs an error


@dataclass(frozen=True)
class Logs:
    """The lines of the shop in Elasticsearch, and the page that shows what is new in them."""

    elasticsearch: Server
    passwords: Mapping[str, str]
    page: Path

    def reader(self, user: str) -> Server:
        """Return Elasticsearch with a user who only reads."""
        return replace(self.elasticsearch, user=user, password=self.passwords[user])

    def of(self, request: str, services: Collection[str]) -> str:
        """Return what was logged for a request, nothing unless all of these services have logged something."""
        query = {"query": {"term": {"correlationId": request}}, "sort": ["@timestamp"], "size": 100}
        lines = [one["_source"] for one in self.reader("grafana").ask("/logs-*/_search", query)["hits"]["hits"]]
        told = ", ".join(f'"{one["message"]}"' for one in lines)
        return f"({len(lines)}: {told})" if {one["service"] for one in lines}.issuperset(services) else ""

    def analyse(self, since: float) -> dict[str, Any]:
        """Return what is new since a time, compared with the hour before; raise ShowError when the playbook fails."""
        # The window is the hour that begins then, as far as it has come.
        end = (datetime.fromtimestamp(since, UTC) + timedelta(hours=1)).isoformat()
        options = {"logs_query": "service:shop", "logs_window": "1h", "logs_baseline": "1h", "logs_end": end}
        return analysed("logs", self.page, options, self.reader("analysis").environment("ELASTICSEARCH"))


def show_logs(watch: Watch, shop: Shop, logs: Logs, replicas: list[Replica], receiver: str) -> None:
    """Show what happens when payments fail, except its end. Raises ShowError."""
    watch.part("Logs: payments fail")
    with shop.fault(watch, "payment", f"then {ORDERS} orders", unit="shop-payment") as since:
        for _number in range(ORDERS):
            shop.order(expected=HTTPStatus.SERVICE_UNAVAILABLE)
        for replica in replicas:
            watch.seen(f"Prometheus on {replica.name} fires {ALERT}", partial(replica.has_fired, ALERT))
    watch.seen("the receiver was notified", lambda: notifications(receiver, ALERT)["firing"])
    for grafana in (one.grafana for one in replicas if one.grafana):
        watch.seen("every panel of log lines in Grafana has data", partial(every_panel_has_lines, grafana, logs))
    watch.entered("controller", "ansible-playbook vigil.observability.analysis.logs")
    analysis = logs.analyse(since)
    watch.seen("the analysis names the message that is new", partial(new_error, analysis))


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
