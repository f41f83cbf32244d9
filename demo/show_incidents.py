"""Shows an alert that is fixed by a runbook, one while nothing can fix it, and one that no runbook fixes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ansible_collections.vigil.observability.demo.person import Page, Person
from ansible_collections.vigil.observability.demo.stack import Replica, Server, notifications, received
from ansible_collections.vigil.observability.demo.watch import ShowError, Watch

__all__ = ["Engine", "show_incidents"]

ALERT, ESCALATED = "ExporterDown", "IncidentEscalated"
ATTEMPTS = 2
DELAY = 31.0  # seconds of an alert until people get it, as in the inventory
SETTLED = 8.0  # seconds until both members of the mesh have taken notice
UNIT = "/run/systemd/system/node_exporter.service.d"


@dataclass(frozen=True)
class Engine:
    """The host of incident_response, the service there, and who is paged by it."""

    host: str
    server: Server
    person: Person

    def last(self, watched: str) -> dict[str, Any]:
        """Return the newest incident of the alert on a host. Raises ShowError while there is none."""
        for one in self.server.ask("/api/incidents", state="all")["incidents"]:
            found: dict[str, Any] = self.server.ask(f"/api/incidents/{one['id']}")
            if any(alert["labels"].get("host") == watched for alert in found["alerts"] if is_of(alert["labels"])):
                return found
        raise ShowError(f"there is no incident of {ALERT} on {watched}")

    def run(self, watched: str, after: int) -> Mapping[str, Any]:
        """Return the last run for the alert on a host, in an incident after another one, with how it ended."""
        found = self.last(watched)
        if found["id"] <= after:
            raise ShowError(f"incident {after} is the last one")
        decided = (found["decisions"] or [{"allowed": False, "guards": []}])[-1]
        if not decided["allowed"]:
            raise ShowError("; ".join(one["reason"] for one in decided["guards"] if one["answer"] == "refused"))
        return {"incident": found["id"], "events": found["events"], **decided}


def is_of(labels: Mapping[str, str]) -> bool:
    """Return whether these are labels of the alert that is shown."""
    return labels.get("alertname") == ALERT


def show_incidents(watch: Watch, engine: Engine, replicas: list[Replica], watched: str, receiver: str) -> None:
    """Show what becomes of an exporter that stops, thrice. Raises ShowError."""
    scene = Scene(watch, engine, replicas, receiver)
    number = show_fix(scene, watched)
    # Meanwhile passes the delay of the alert before: Alertmanager takes one that fires again until then for the same.
    other = next(one.name for one in replicas if one.name != engine.host)
    once = show_engine_down(scene, other)
    show_escalation(scene, watched, number)
    watch.seen(f"people were notified of {ALERT} on {other} exactly once", lambda: scene.paged(other)[ALERT] == once)


@dataclass(frozen=True)
class Scene:
    """Who watches, the engine, what fires alerts, and who is notified of them."""

    watch: Watch
    engine: Engine
    replicas: list[Replica]
    receiver: str

    def quiet(self, host: str) -> bool:
        """Return whether the alert does not fire on a host."""
        return not any(one.is_firing(ALERT, host) for one in self.replicas)

    def paged(self, host: str) -> dict[str, int]:
        """Return how often people were notified of the alert on a host, and of what could not be solved there."""
        return {alert: notifications(self.receiver, alert, host)["firing"] for alert in (ALERT, ESCALATED)}


def show_fix(scene: Scene, watched: str) -> int:
    """Show that the engine restarts an exporter, and return the number of the incident."""
    watch, engine, before = scene.watch, scene.engine, scene.paged(watched)
    watch.part("An alert fixes itself: an exporter stops")
    watch.seen(f"{ALERT} does not fire", partial(scene.quiet, watched))
    watch.act(watched, "systemctl stop node_exporter")
    watch.seen("the engine restarted it over SSH", lambda: outcome_of(engine.run(watched, 0), "done"))
    watch.seen("it verified that the exporter answers", lambda: ended(engine.run(watched, 0), "recovered"))
    watch.seen("the incident is closed", lambda: engine.last(watched)["state"] == "closed")
    watch.seen("nobody was paged", lambda: scene.paged(watched) == before)
    number = int(engine.last(watched)["id"])
    text = engine.server.text(f"/api/incidents/{number}/post-mortem.md")
    watch.console.print(*(f"    {line}" for line in text.splitlines()), sep="\n", markup=False)
    return number


def show_escalation(scene: Scene, watched: str, fixed: int) -> None:
    """Show that people are paged when an exporter cannot be started."""
    watch, engine, before = scene.watch, scene.engine, scene.paged(watched)
    watch.part("No runbook helps: the exporter cannot start")
    watch.seen("the delay of the alert before is over", lambda: is_over(engine.last(watched)["opened_at"]))
    watch.act(watched, f"mkdir --parents {UNIT}")
    watch.act(watched, f"cp /dev/stdin {UNIT}/broken.conf", text="[Service]\nExecStartPre=/bin/false\n")
    try:
        watch.act(watched, "systemctl daemon-reload")
        watch.act(watched, "systemctl stop node_exporter")
        watch.seen("two attempts failed", lambda: failures(engine.run(watched, fixed)) == ATTEMPTS)
        expected = {ALERT: before[ALERT], ESCALATED: before[ESCALATED] + 1}
        watch.seen("people were paged once", lambda: scene.paged(watched) == expected)
        show_page(scene, watched)
    finally:
        watch.act(watched, f"rm --recursive {UNIT}")
        watch.act(watched, "systemctl daemon-reload")
        watch.act(watched, "systemctl start node_exporter")


def is_over(opened_at: str) -> bool:
    """Return whether people would have got an alert by now that opened an incident then."""
    return time.time() > datetime.fromisoformat(opened_at).timestamp() + DELAY + SETTLED


def show_page(scene: Scene, watched: str) -> None:
    """Show what a person finds at the link of the notification. Raises ShowError if that is not the incident."""
    person, number = scene.engine.person, scene.engine.last(watched)["id"]
    link = received(scene.receiver, ESCALATED, watched)[-1]["annotations"].get("incident_url", "")
    scene.watch.console.print(f"  {person.name} opens the link of the notification: [bold]{link}[/]")
    found = scene.watch.seen("it leads to the incident", lambda: page_of(person.opened(link), number, watched))
    scene.watch.console.print(f"    {found.title}", *(f"    - {one}" for one in found.tried), sep="\n", markup=False)


def page_of(page: Page, number: int, watched: str) -> Page:
    """Return a page if it is that of the incident of an alert on a host, with both attempts. Raises ShowError."""
    if page.title != f"{ALERT} #{number}" or not page.facts["Cause"].startswith(f"{ALERT} on {watched}: "):
        raise ShowError(f"the page is {page.title}")
    begun, failed = (sum(word in one for one in page.tried) for word in (f" starts on {watched}, as ", " failed: "))
    if (begun, failed) != (ATTEMPTS, ATTEMPTS):
        raise ShowError(f"the page has {begun} attempts, of which {failed} failed")
    return page


def show_engine_down(scene: Scene, other: str) -> int:
    """Show that people get the alert without the engine, and return how often they have then, if it was once."""
    watch, before, begun = scene.watch, scene.paged(other)[ALERT], time.monotonic()
    watch.part("The engine is stopped: people get the alert from Alertmanager")
    watch.act(scene.engine.host, "systemctl stop incident_response")
    watch.act(other, "systemctl stop node_exporter")
    try:
        watch.seen(f"{ALERT} fires on {other}", lambda: not scene.quiet(other))
        watch.seen("every Alertmanager has it", lambda: all(one.has_alert(ALERT, other) for one in scene.replicas))
        watch.seen("people were notified", lambda: scene.paged(other)[ALERT] > before)
        watch.console.print(f"    after {time.monotonic() - begun:.0f} s")
    finally:
        watch.act(other, "systemctl start node_exporter")
        watch.act(scene.engine.host, "systemctl start incident_response")
    return before + 1


def outcome_of(run: Mapping[str, Any], outcome: str) -> str:
    """Return the attempt of a run that ended so, nothing without one."""
    return next((f"({one['attempt']})" for one in run["attempts"] if one["outcome"] == outcome), "")


def failures(run: Mapping[str, Any]) -> int:
    """Return how many attempts of a run failed."""
    return sum(one["outcome"] == "failed" for one in run["attempts"])


def ended(run: Mapping[str, Any], outcome: str) -> str:
    """Return why a run ended with an outcome, nothing while it goes on. Raises ShowError for another outcome."""
    found = run["verification"] or {"outcome": outcome, "reason": ""}
    if found["outcome"] != outcome:
        raise ShowError(f"it ended as {found['outcome']}: {found['reason']}")
    return f"({found['reason']})" if found["reason"] else ""
