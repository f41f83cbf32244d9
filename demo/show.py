"""Shows a deployed stack working: targets up, an alert on its way through the mesh, one notification and its end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from ansible_collections.vigil.observability.demo.stack import Replica, Server, notifications, pages
from ansible_collections.vigil.observability.demo.watch import ShowError, Watch
from ansible_collections.vigil.observability.tests.dashboards.expressions import expressions

__all__ = ["show_alert", "show_metrics"]

ALERT = "ExporterDown"
# Longer than a member of the mesh waits for the one before it, so that a second notification would have come.
SILENCE = 8.0  # seconds


def show_metrics(watch: Watch, replicas: list[Replica]) -> None:
    """Show that everything is watched. Raises ShowError."""
    watch.part("Metrics of every host, service and application")
    for replica in replicas:
        watch.seen(f"Prometheus on {replica.name} sees every target up", partial(every_target_up, replica))
    for replica in replicas:
        if grafana := replica.grafana:
            told = f"Grafana on {replica.name} has its data sources and dashboards"
            watch.seen(told, partial(dashboards, grafana))
            watch.seen("every panel has data", every_panel_has_data(replica, grafana))
    watch.seen("the burn rates of the shop's error budgets are recorded", partial(burn_rates, replicas[0]))
    watch.seen("the Alertmanagers have formed a mesh", lambda: all(mesh_size(one) == len(replicas) for one in replicas))


def show_alert(watch: Watch, replicas: list[Replica], watched: str, receiver: str) -> None:
    """Show what happens when an exporter stops. Raises ShowError."""
    watch.part("An alert: an exporter stops")
    watch.seen(f"{ALERT} does not fire", lambda: not any(one.is_firing(ALERT, watched) for one in replicas))
    before = notifications(receiver, ALERT, watched)

    def notified() -> Counter[str]:
        return notifications(receiver, ALERT, watched) - before

    watch.act(watched, "systemctl stop node_exporter")
    try:
        for replica in replicas:
            watch.seen(f"Prometheus on {replica.name} fires {ALERT}", partial(replica.is_firing, ALERT, watched))
        watch.seen("every Alertmanager has the alert", lambda: all(one.has_alert(ALERT, watched) for one in replicas))
        watch.seen("the receiver was notified", lambda: notified()["firing"])
        time.sleep(SILENCE)
        watch.seen("the receiver was notified exactly once", lambda: notified()["firing"] == 1)
    finally:
        watch.act(watched, "systemctl start node_exporter")
    watch.seen("the receiver was notified that it is resolved", lambda: notified()["resolved"])
    time.sleep(SILENCE)
    watch.seen("the receiver was notified of that exactly once", lambda: notified() == Counter(firing=1, resolved=1))


def every_target_up(replica: Replica) -> str:
    """Return how many targets there are, nothing unless all of them are up."""
    targets = replica.prometheus.ask("/api/v1/targets", state="active")["data"]["activeTargets"]
    down = [target for target in targets if target["health"] != "up"]
    jobs = Counter(target["labels"]["job"] for target in targets)
    return "" if down or not targets else f"({', '.join(f'{count} {job}' for job, count in sorted(jobs.items()))})"


def dashboards(grafana: Server) -> str:
    """Return how many data sources and dashboards there are, nothing unless there are some."""
    found = Counter(one["folderTitle"] for one in grafana.ask("/api/search", type="dash-db") if "folderTitle" in one)
    sources = len(grafana.ask("/api/datasources"))
    told = ", ".join(f"{count} in {folder}" for folder, count in sorted(found.items()))
    return f"({sources} data sources; {told})" if found and sources else ""


def every_panel_has_data(replica: Replica, grafana: Server) -> Callable[[], str]:
    """Return a check that returns how many questions panels ask, once Prometheus has answered each of them with data.

    What slow rules record, such as error budgets every two minutes, takes longer than a demo and is left out, and so
    are panels that tell what it means when they are empty.
    """
    asked = {
        one.expr: f"{page['title']}: {one.panel}"
        for page in pages(grafana)
        for one in expressions(page)
        if not one.when_empty and not any(recorded in one.expr for recorded in ("slo:", "business:"))
    }
    missing = dict(asked)

    def answered() -> str:
        for expr in [expr for expr in missing if replica.query(expr)]:
            del missing[expr]
        if missing:
            raise ShowError(f"no data for {', '.join(sorted(set(missing.values())))}")
        return f"({len(asked)} queries)"

    return answered


def burn_rates(replica: Replica) -> str:
    """Return how fast error budgets go, 1 being as fast as they may, nothing unless that is known."""
    rates = replica.query("slo:burn_rate:ratio5m")
    told = (f"{one['metric']['slo']} {float(one['value'][1]):.2f}" for one in rates)
    return f"({', '.join(sorted(told))})" if rates else ""


def mesh_size(replica: Replica) -> int:
    """Return how many Alertmanagers the one of this host knows, itself included."""
    return len(replica.alertmanager.ask("/api/v2/status")["cluster"].get("peers") or [None])
