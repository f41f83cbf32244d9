"""Metrics: those that a real backend was recorded to have, with what the stand-in knows of itself in their place."""

from __future__ import annotations

import time
from pathlib import Path

from .documented import seen
from .routing import Call
from .store import EVERYWHERE, Store

__all__ = ["RECORDED", "count_stored", "exposition"]

RECORDED = (Path(__file__).resolve().parent / "metrics.txt").read_text(encoding="utf-8")
"""The exposition of a real backend after some requests, without what the Go runtime adds, each histogram once."""

_STARTED = time.time()
_HALF_HOUR = 1800.0
_REQUESTS = "grafana_http_request_duration_seconds"


@seen("metrics count what is stored at the start, where a new server has nothing yet, and then every half hour")
def count_stored(store: Store) -> dict[str, float]:
    """Note how much is stored now, for metrics to tell until it is counted again."""
    orgs = store.all(EVERYWHERE, "org")
    totals = {
        f"totals_{kind}": sum(len(store.all(org["id"], kind)) for org in orgs) for kind in ("dashboard", "folder")
    }
    counted = {**totals, "total_users": len(store.all(EVERYWHERE, "user")), "total_orgs": len(orgs), "at": time.time()}
    store.put(EVERYWHERE, "statistics", "stored", counted)
    return counted


def exposition(call: Call) -> str:
    """Return the recorded metrics. Every scrape counts as one request to everything that counts requests."""
    counted = call.store.get(EVERYWHERE, "statistics", "stored")
    if not counted or time.time() - counted["at"] > _HALF_HOUR:
        counted = count_stored(call.store)
    about = f'edition="oss",revision="{call.settings.commit}",version="{call.settings.version}"'
    scrapes = call.store.next_id("scrape")
    own = {
        "grafana_build_info": f'grafana_build_info{{branch="stand-in",goversion="none",{about}}} 1',
        **{f"grafana_stat_{name}": f"grafana_stat_{name} {value}" for name, value in counted.items() if name != "at"},
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
