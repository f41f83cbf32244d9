# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prometheus's API: queries in PromQL and the state of the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.connection import endpoint_of
from .._api.durations import duration, instant
from .._api.module import run_module
from .._api.plan import PlanError
from .._http.secret_spellings import without_url_secrets
from .._http.session import Api, Session

__all__ = ["QUESTIONS", "Range", "ask", "fetch", "prometheus_api", "range_of", "run_prometheus_module"]

# What prometheus_info gathers, by path.
QUESTIONS: Mapping[str, str] = {
    "alerts": "/api/v1/alerts",
    "build": "/api/v1/status/buildinfo",
    "flags": "/api/v1/status/flags",
    "rules": "/api/v1/rules",
    "runtime": "/api/v1/status/runtimeinfo",
    "targets": "/api/v1/targets?state=active",
    "tsdb": "/api/v1/status/tsdb",
}
# A longer query is sent in the body: proxies limit the length of a URL.
_LONGEST_URL = 3000
_MOST_POINTS = 11000

# (start, end, step), in seconds since 1970 and seconds
Range = tuple[float, float, float]


def run_prometheus_module(options: Mapping[str, Any], act: Callable[[AnsibleModule, Session], dict[str, Any]]) -> None:
    """Run a module of Prometheus as run_module does."""
    run_module("PROMETHEUS", options, endpoint_of, act)


def prometheus_api(session: Session) -> Api:
    """Return the API of the server."""
    return Api(session, "Prometheus")


def range_of(parameters: Mapping[str, Any]) -> Range:
    """Return the range of the options start, end and step.

    Raises PlanError for one that ends before it starts, or has more points than Prometheus returns.
    """
    now = datetime.now(timezone.utc)
    start, end = (instant(parameters[name], name, now=now).timestamp() for name in ("start", "end"))
    step = duration(parameters["step"], "step").total_seconds()
    if end <= start or step <= 0:
        raise PlanError(
            f"end {parameters['end']!r} must come after start {parameters['start']!r}, and step must be above 0."
        )
    if (end - start) / step > _MOST_POINTS:
        least = (end - start) / _MOST_POINTS
        raise PlanError(
            f"step {parameters['step']!r} gives more than {_MOST_POINTS} points: use at least {least:.0f}s."
        )
    return start, end, step


def ask(api: Api, query: str, *, over: Range | None = None, at: float | None = None) -> dict[str, Any]:
    """Return {resultType, result, warnings, infos} of a query over a range or at an instant, now without one."""
    form: list[tuple[str, str]] = [("query", query)]
    if over:
        form += [(name, f"{value:.3f}") for name, value in zip(("start", "end", "step"), over)]
    elif at is not None:
        form.append(("time", f"{at:.3f}"))
    path = "/api/v1/query_range" if over else "/api/v1/query"
    attempt = f"evaluate {query!r}"
    if len(query) > _LONGEST_URL:
        answer = api.call("POST", path, attempt=attempt, form=form).json()
    else:
        answer = api.call("GET", path, attempt=attempt, query=form).json()
    return {**answer["data"], **{kind: answer.get(kind) or [] for kind in ("warnings", "infos")}}


def fetch(api: Api, wanted: Sequence[str]) -> dict[str, Any]:
    """Return {name: answer} for names of QUESTIONS, addresses without passwords and tokens."""
    found = {name: api.call("GET", QUESTIONS[name], attempt=f"read the {name}").json()["data"] for name in wanted}
    return {name: without_url_secrets(data) for name, data in found.items()}
