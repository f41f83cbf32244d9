# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Panels about the services whose spans come in, and about questions for their traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.jaeger.series import (
    CHOSEN,
    REQUESTS,
    SECONDS,
    curves,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["question_panels", "service_panels"]

_ERRORS = Scale(unit="percent", maximum=100, steps=above((5, "red")))
_SERVED = 'span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER"'
_DURATIONS = f"traces_span_metrics_duration_seconds_bucket{{{_SERVED}}}"
_QUESTIONS = f'{CHOSEN},http_route=~"/api/.+"'
_NO_SPANS = "no service sends spans"
_UNASKED = "nobody has asked"


def service_panels() -> list[Builder[models.Panel]]:
    """Return what traced services answer: requests, errors and durations, with exemplars."""
    durations = f"histogram_quantile(0.95, sum by (le, service_name) (rate({_DURATIONS}[{RATE}]))) >= 0"
    return [
        table(
            "Traced services",
            "Services with requests in the last 5 minutes, from all spans of servers and consumers, whether or not "
            "their traces are kept.",
            Query("max by (service) (service:spans:rate5m)"),
            Query("100 * service:spans:error_ratio5m"),
            Query("max by (service) (service:spans:p95_5m)"),
            labels={"service": Column(head="service")},
            values=[
                Column(head="requests", scale=REQUESTS, width=140),
                Column(head="errors", scale=_ERRORS, width=140),
                Column(head="95th percentile", scale=SECONDS, width=140),
            ],
            sort="requests",
            no_value=_NO_SPANS,
        ),
        curves(
            "Requests",
            "Requests per second.",
            "service:spans:rate5m",
            REQUESTS,
            "requests",
            by="service",
            no_value=_NO_SPANS,
        ),
        curves(
            "Errors",
            "Share of the requests that fail. An alert fires above 5 %, if the service has no objective.",
            "100 * service:spans:error_ratio5m",
            _ERRORS,
            "share of the requests",
            by="service",
            no_value=_NO_SPANS,
        ),
        timeseries(
            "Durations",
            "95th percentile of the duration of requests. Each point beside the curves leads to a trace.",
            Query(durations, "{{service_name}}", exemplars=True),
            scale=SECONDS,
            axis="duration",
            size=(8, 8),
            no_value=_NO_SPANS,
        ),
    ]


def question_panels() -> list[Builder[models.Panel]]:
    """Return what Grafana and people ask, and how long answers take."""
    asked = f"http_server_request_duration_seconds_count{{{_QUESTIONS}}}"
    failed = f'http_server_request_duration_seconds_count{{{_QUESTIONS},http_response_status_code=~"5.."}}'
    buckets = f"http_server_request_duration_seconds_bucket{{{_QUESTIONS}}}"
    return [
        curves(
            "Asked",
            "Questions for traces per second, by their kind.",
            f"sum by (http_route) (rate({asked}[{RATE}]))",
            REQUESTS,
            "questions",
            by="http_route",
            no_value=_UNASKED,
        ),
        curves(
            "Failed",
            "Questions per second that end with a status of 500 and above, by their kind.",
            f"sum by (http_route) (rate({failed}[{RATE}]))",
            REQUESTS,
            "questions",
            by="http_route",
            no_value="none so far",
        ),
        curves(
            "Answers take",
            "95th percentile of the duration of questions, by their kind.",
            f"histogram_quantile(0.95, sum by (le, http_route) (rate({buckets}[{RATE}]))) >= 0",
            SECONDS,
            "duration",
            by="http_route",
            no_value=_UNASKED,
        ),
    ]
