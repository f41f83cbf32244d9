"""The deployed services, as people who know their passwords ask them."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

__all__ = ["Replica", "Server", "notifications", "pages", "received"]


@dataclass(frozen=True)
class Server:
    """A service: its address on this machine, and a user who logs in."""

    url: str
    user: str
    password: str
    authority: Path

    def ask(self, path: str, body: Mapping[str, Any] | None = None, **parameters: str) -> Any:
        """Return an answer, read from JSON; a question with a body is sent by POST."""
        return self._answer(path, body, parameters).json()

    def text(self, path: str) -> str:
        """Return an answer as it is."""
        return self._answer(path, None, {}).text

    def _answer(self, path: str, body: Mapping[str, Any] | None, parameters: Mapping[str, str]) -> requests.Response:
        answer = requests.request(
            "POST" if body else "GET",
            f"{self.url}{path}",
            params=parameters,
            json=body,
            auth=(self.user, self.password),
            verify=str(self.authority),
            timeout=10,
        )
        answer.raise_for_status()
        return answer

    def environment(self, product: str) -> dict[str, str]:
        """Return what modules read the connection from."""
        values = {"URL": self.url, "USERNAME": self.user, "PASSWORD": self.password, "CA_PATH": str(self.authority)}
        return {f"{product}_{name}": value for name, value in values.items()}


@dataclass(frozen=True)
class Replica:
    """A host with Prometheus, Alertmanager and perhaps Grafana."""

    name: str
    prometheus: Server
    alertmanager: Server
    grafana: Server | None

    def query(self, expr: str) -> list[dict[str, Any]]:
        """Return what Prometheus has for an expression."""
        return list(self.prometheus.ask("/api/v1/query", query=expr)["data"]["result"])

    def exemplars(self, expr: str) -> list[dict[str, Any]]:
        """Return the exemplars of the last minutes that Prometheus has for a selector, by series."""
        now = time.time()
        found = self.prometheus.ask("/api/v1/query_exemplars", query=expr, start=str(now - 300), end=str(now + 60))
        return list(found["data"])

    def is_firing(self, alert: str, host: str) -> bool:
        """Tell whether an alert on a host fires."""
        return bool(self.query(f'ALERTS{{alertname="{alert}",host="{host}",alertstate="firing"}}'))

    def has_fired(self, alert: str) -> bool:
        """Tell whether an alert fires, or did a moment ago."""
        return bool(self.query(f'max_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}[5m])'))

    def has_alert(self, alert: str, host: str) -> bool:
        """Tell whether Alertmanager has an alert on a host."""
        found = self.alertmanager.ask("/api/v2/alerts", filter=f"alertname={alert}")
        return any(one["labels"].get("host") == host for one in found)


def notifications(receiver: str, alert: str, host: str | None = None) -> Counter[str]:
    """Return how often the receiver was notified of an alert, which may be on a host, by status."""
    return Counter(one["status"] for one in received(receiver, alert, host))


def received(receiver: str, alert: str, host: str | None = None) -> list[dict[str, Any]]:
    """Return what the receiver got about an alert: its status, labels and annotations."""
    log = subprocess.run(["docker", "logs", receiver], capture_output=True, text=True, check=True).stdout
    alerts = [json.loads(line) for line in log.splitlines()]
    return [one for one in alerts if (one["alertname"], one.get("host")) == (alert, host)]


def pages(grafana: Server) -> list[dict[str, Any]]:
    """Return every dashboard."""
    found = grafana.ask("/api/search", type="dash-db")
    return [grafana.ask(f"/api/dashboards/uid/{one['uid']}")["dashboard"] for one in found]
