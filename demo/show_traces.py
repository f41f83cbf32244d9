"""Shows what traces are good for: of a slow report, which statement is to blame, and what a fix gains."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import shorten
from typing import Any

from ansible_collections.vigil.observability.demo.stack import Replica, Server
from ansible_collections.vigil.observability.demo.visits import Shop
from ansible_collections.vigil.observability.demo.watch import Watch, analysed

__all__ = ["Traces", "show_traces"]

REPORT = "/reports/sales"
REPORTS = 10
# So that a report that asks for each of them takes long enough to be worth a fix, on a fast machine too.
ORDERS = 250


@dataclass(frozen=True)
class Traces:
    """The traces of the shop in Jaeger, and the page that shows what makes requests slow."""

    jaeger: Server
    page: Path

    def of(self, trace: str, services: Collection[str]) -> str:
        """Return what a trace consists of, nothing unless all of these services have a part in it."""
        found = self.jaeger.ask(f"/api/v3/traces/{trace}")["result"]["resourceSpans"]
        spans = sum(len(scope["spans"]) for one in found for scope in one["scopeSpans"])
        names = {
            one["value"]["stringValue"]
            for part in found
            for one in part["resource"]["attributes"]
            if one["key"] == "service.name"
        }
        return f"({spans} spans of {' and '.join(sorted(names))})" if names.issuperset(services) else ""

    def analyse(self, replica: Replica, since: float) -> dict[str, Any]:
        """Return what has made requests slow since a time; raise ShowError when the playbook fails."""
        options = {"traces_services": "shop", "traces_start": f"{since:.3f}"}
        reading = self.jaeger.environment("JAEGER") | replica.prometheus.environment("PROMETHEUS")
        return analysed("performance", self.page, options, reading)


def show_traces(watch: Watch, shop: Shop, traces: Traces, replica: Replica) -> None:
    """Show what is found out about a slow report. Raises ShowError."""
    watch.part("Traces: why is the report slow?")
    shop.orders(max(1, ORDERS - shop.order().body["number"]))
    with shop.fault(watch, "n_plus_one", f"then {REPORTS} reports of sales") as since:
        reports = [shop.ask("GET", f"{REPORT}?latest={ORDERS}") for _number in range(REPORTS)]
    watch.seen("Jaeger has their traces", partial(traces.of, reports[-1].id, ("shop",)))
    watch.entered("controller", "ansible-playbook vigil.observability.analysis.performance")
    analysis = traces.analyse(replica, since)
    watch.seen("the analysis names statements in a loop", partial(in_a_loop, analysis))


def in_a_loop(analysis: Mapping[str, Any]) -> str:
    """Return how often which statement of the report runs, and what a fix gains, nothing without one."""
    loops = (one for one in analysis["findings"] if one["kind"] == "n_plus_one" and one["entry"].endswith(REPORT))
    return next((f"({shown_loop(one)})" for one in loops), "")


def shown_loop(found: Mapping[str, Any]) -> str:
    """Return a finding in few words."""
    statement = shorten(found["where"].partition(": ")[2], 60, placeholder=" ...")
    return f"{statement} {found['count']} times in each {found['entry']}; a fix gains {found['gain_ms']:.0f} ms"
