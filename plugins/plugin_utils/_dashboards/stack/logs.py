# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of log lines in Elasticsearch: how many there are, of which services and levels, and the newest ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.documents import counts, log_lines
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.links import to_explore
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import LEVELS
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import stack_page
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.variables import keyword, source

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["logs_page"]

_SOURCE = "logs"
_LINES = "service:$service"
_ERRORS = f"{_LINES} AND level:(ERROR OR CRITICAL OR FATAL)"


def logs_page() -> Page:
    """Return the page of log lines."""
    page = stack_page(
        "logs",
        "Logs",
        "Log lines of all services: how many, how many errors, and the newest ones.",
        (Row("Lines", _volume()), Row("Errors", _errors()), Row("Newest", _newest())),
    )
    chosen = (source(_SOURCE, "elasticsearch", "Logs"), keyword("service", _SOURCE, "Service"))
    query = {"query": _LINES, "timeField": "@timestamp", "metrics": [{"id": "1", "type": "logs"}]}
    search = to_explore("Search", _SOURCE, "elasticsearch", query)
    return replace(page, variables=chosen, links=(*page.links, search))


def _volume() -> list[Builder[models.Panel]]:
    return [
        counts(
            "Lines by service",
            "Log lines of the ten services that write most. A service that stops is down, or its lines do not arrive.",
            _LINES,
            by="service",
            source=_SOURCE,
        ),
        counts(
            "Lines by level",
            "Log lines of each level; none are lines without one.",
            _LINES,
            by="level",
            source=_SOURCE,
            colors=LEVELS,
        ),
    ]


def _errors() -> list[Builder[models.Panel]]:
    return [
        counts(
            "Errors by service",
            "Log lines of the levels ERROR, CRITICAL and FATAL, of the ten services with the most.",
            _ERRORS,
            by="service",
            source=_SOURCE,
        ),
        counts(
            "Errors by name",
            "The ten most frequent names of errors; none are errors without one.",
            _ERRORS,
            by="errorName",
            source=_SOURCE,
        ),
    ]


def _newest() -> list[Builder[models.Panel]]:
    return [
        log_lines(
            "Newest errors", "The newest lines of the levels ERROR, CRITICAL and FATAL.", _ERRORS, source=_SOURCE
        ),
        log_lines("Newest lines", "The newest lines of all levels.", _LINES, source=_SOURCE),
    ]
