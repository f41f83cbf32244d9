"""Metrics: those that a real backend was recorded to have, with what the stand-in knows of itself in their place."""

from __future__ import annotations

import time
from pathlib import Path

from .routing import Call
from .store import EVERYWHERE

__all__ = ["RECORDED", "exposition"]

RECORDED = (Path(__file__).resolve().parent / "metrics.txt").read_text(encoding="utf-8")
"""The exposition of a real backend after some requests, without what the Go runtime adds, each histogram once."""

_STARTED = time.time()
_REQUESTS = "grafana_http_request_duration_seconds"


def exposition(call: Call) -> str:
    """Return the recorded metrics. Every scrape counts as one request to everything that counts requests."""
    orgs = call.store.all(EVERYWHERE, "org")
    totals = {kind: sum(len(call.store.all(org["id"], kind)) for org in orgs) for kind in ("dashboard", "folder")}
    about = f'edition="oss",revision="{call.settings.commit}",version="{call.settings.version}"'
    scrapes = call.store.next_id("scrape")
    own = {
        "grafana_build_info": f'grafana_build_info{{branch="stand-in",goversion="none",{about}}} 1',
        "grafana_stat_totals_dashboard": f"grafana_stat_totals_dashboard {totals['dashboard']}",
        "grafana_stat_totals_folder": f"grafana_stat_totals_folder {totals['folder']}",
        "grafana_stat_total_users": f"grafana_stat_total_users {len(call.store.all(EVERYWHERE, 'user'))}",
        "grafana_stat_total_orgs": f"grafana_stat_total_orgs {len(orgs)}",
        "process_start_time_seconds": f"process_start_time_seconds {_STARTED:.3f}",
        "process_cpu_seconds_total": f"process_cpu_seconds_total {time.process_time():.3f}",
    }
    return "".join(f"{_line(line, own, scrapes)}\n" for line in RECORDED.splitlines())


def _line(line: str, own: dict[str, str], scrapes: int) -> str:
    name = line.partition("{")[0].partition(" ")[0]
    if name.startswith(_REQUESTS):
        series, _space, value = line.rpartition(" ")
        return f"{series} {float(value) * scrapes:g}"
    return own.get(name, line)
