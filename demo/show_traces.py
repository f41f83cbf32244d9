"""Shows what traces are good for: of a slow request, what is to blame, what is not, and what a fix gains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.demo.spans import BESIDE, WAITED_FOR
from ansible_collections.vigil.observability.demo.stack import Replica, Server
from ansible_collections.vigil.observability.demo.terminal import ROOT, run
from ansible_collections.vigil.observability.demo.watch import Watch, analysed

__all__ = ["Traces", "show_traces"]

WORTH_IT = 50  # milliseconds


@dataclass(frozen=True)
class Traces:
    """The traces of the shop on a host, in Jaeger, and the page that shows what makes requests slow."""

    host: str
    jaeger: Server
    collector: str
    page: Path

    def stored(self) -> str:
        """Return which services have traces, nothing unless all of them have."""
        found = self.jaeger.ask("/api/v3/services").get("services", [])
        return f"({', '.join(sorted(found))})" if {"shop", "payments", "recommendations"} <= set(found) else ""

    def analyse(self, replica: Replica) -> dict[str, Any]:
        """Return what makes requests slow; raise ShowError when the playbook fails."""
        reading = self.jaeger.environment("JAEGER") | replica.prometheus.environment("PROMETHEUS")
        return analysed("performance", self.page, {"traces_services": "shop"}, reading)


def show_traces(watch: Watch, traces: Traces, replicas: list[Replica]) -> None:
    """Show what is found out about slow requests. Raises ShowError."""
    watch.part("Traces: why is a checkout slow?")
    run("docker", "cp", "--quiet", ROOT / "demo/spans.py", f"vigil-demo-{traces.host}:/opt")
    watch.act(traces.host, f"python3 /opt/spans.py {traces.collector}", "customers check out")
    watch.seen("their traces are found", traces.stored)
    watch.entered("controller", "ansible-playbook vigil.observability.analysis.performance")
    analysis = traces.analyse(replicas[0])
    watch.seen("the analysis names statements in a loop", partial(in_a_loop, analysis))
    watch.seen("of two slow calls, it blames the one that customers wait for", partial(blamed, analysis))


def in_a_loop(analysis: Mapping[str, Any]) -> str:
    """Return the sentence on statements in a loop, nothing without one."""
    return next((f"({one['sentence']})" for one in analysis["findings"] if one["kind"] == "n_plus_one"), "")


def blamed(analysis: Mapping[str, Any]) -> str:
    """Return what a fix of each slow call gains, nothing unless only that gains which a request waits for."""
    gains = {one["operation"]: one["drag_ms"] for one in analysis["operations"]}
    waited_for, beside = gains.get(WAITED_FOR, 0), gains.get(BESIDE, 0)
    found = f"({WAITED_FOR} gains {waited_for:.0f} ms, {BESIDE} {beside:.0f} ms)"
    return found if waited_for > WORTH_IT and beside < 1 else ""
