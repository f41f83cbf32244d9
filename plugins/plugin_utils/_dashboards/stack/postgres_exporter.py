# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of PostgreSQL servers."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.page import Page, Row
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import (
    Query,
    stat,
    timeseries,
    worst,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.promql import or_unknown
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import (
    COUNT,
    FAILURES,
    INSTANCE,
    service_panels,
    stack_page,
)

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["page"]

_DATABASE = "{{instance}} {{datname}}"
_MOST = f"max by (instance) (pg_settings_max_connections{{{INSTANCE}}})"
_RESERVED = f"max by (instance) (pg_settings_superuser_reserved_connections{{{INSTANCE}}})"
_USED = f"sum by (instance) (pg_stat_database_numbackends{{{INSTANCE}}})"
# Those that PostgreSQL makes for itself have no name in this metric.
_NAMED = f'datname!="",{INSTANCE}'


def page(pages: Collection[str]) -> Page:
    """Return the page of PostgreSQL, which leads to those of `pages`."""
    return stack_page(
        "postgres_exporter",
        "PostgreSQL",
        "Whether databases accept connections, and what applications ask of them.",
        (
            Row("Now", [*service_panels("postgres_exporter", "postgres_exporter_build_info", pages), *_now()]),
            Row("Connections and transactions", _transactions()),
            Row("Storage", _storage()),
        ),
        choose=("instance", 'up{job="postgres_exporter"}', "Instance"),
    )


def _now() -> list[Builder[models.Panel]]:
    oldest = f"max(pg_long_running_transactions_oldest_timestamp_seconds{{{INSTANCE}}})"
    frozen = f"100 * max(pg_database_wraparound_age_datfrozenxid_seconds{{{INSTANCE}}}) / 2 ^ 31"
    return [
        stat(
            "Servers down",
            "Servers that postgres_exporter cannot log in to. Nothing else is known about them.",
            Query(or_unknown(f"count(pg_up{{{INSTANCE}}}) - sum(pg_up{{{INSTANCE}}})")),
            scale=FAILURES,
            size=(6, 4),
        ),
        stat(
            "Connections used",
            "Share of the connections that applications can open, of the server with the highest share.",
            Query(or_unknown(f"100 * max({_USED} / ({_MOST} - {_RESERVED}))")),
            scale=Scale(unit="percent", decimals=0, steps=above((90, "orange")), unknown="unknown"),
            size=(6, 4),
            since=True,
        ),
        stat(
            "Oldest transaction",
            "Age of the oldest open transaction. Rows that it could read are not cleaned up.",
            Query(or_unknown(oldest)),
            scale=Scale(unit="s", decimals=0, steps=above((3600, "orange")), unknown="unknown"),
            size=(6, 4),
            since=True,
        ),
        stat(
            "Transaction numbers used",
            "Share of transaction numbers that are used up until old rows are frozen. At 100 %, writes are refused.",
            Query(or_unknown(frozen)),
            scale=Scale(unit="percent", decimals=0, steps=above((46.6, "red")), unknown="unknown"),
            size=(6, 4),
            since=True,
        ),
    ]


def _transactions() -> list[Builder[models.Panel]]:
    ended = " + ".join(f"rate(pg_stat_database_xact_{how}{{{_NAMED}}}[{RATE}])" for how in ("commit", "rollback"))
    deadlocks = f"sum by (instance, datname) (increase(pg_stat_database_deadlocks{{{_NAMED}}}[15m]))"
    waiting = f'sum by (instance, state) (pg_stat_activity_count{{state!="disabled",{INSTANCE}}}) > 0'
    return [
        timeseries(
            "Connections by state",
            "Open connections by what they do. Those that are idle in transaction hold locks and keep old rows.",
            Query(waiting, "{{instance}} {{state}}"),
            scale=COUNT,
            axis="connections",
            size=(8, 8),
        ),
        timeseries(
            "Transactions",
            "Transactions that ended, for the ten busiest databases.",
            Query(worst(f"sum by (instance, datname) ({ended})"), _DATABASE),
            scale=Scale(unit="ops", soft_maximum=1),
            axis="transactions per second",
            size=(8, 8),
        ),
        timeseries(
            "Deadlocks",
            "Deadlocks within 15 minutes, each of which ended a transaction.",
            Query(worst(deadlocks), _DATABASE),
            scale=COUNT,
            axis="deadlocks within 15 min",
            size=(8, 8),
        ),
    ]


def _storage() -> list[Builder[models.Panel]]:
    hit, read = (f"increase(pg_stat_database_blks_{how}{{{_NAMED}}}[5m])" for how in ("hit", "read"))
    files = f"sum by (instance, datname) (rate(pg_stat_database_temp_bytes{{{_NAMED}}}[{RATE}]))"
    return [
        timeseries(
            "Size",
            "Size on disk of the ten largest databases.",
            Query(worst(f"max by (instance, datname) (pg_database_size_bytes{{{INSTANCE}}})"), _DATABASE),
            scale=Scale(unit="bytes"),
            axis="size",
            size=(8, 8),
        ),
        timeseries(
            "Read from memory",
            "Share of blocks found in the buffers of the server, for the ten databases with the lowest share.",
            Query(worst(f"100 * {hit} / ({hit} + {read} > 0)", lowest=True), _DATABASE),
            scale=Scale(unit="percent", maximum=100),
            axis="blocks found in memory",
            size=(8, 8),
            lowest_first=True,
            no_value="nothing was read",
        ),
        timeseries(
            "Temporary files",
            "Written to temporary files, because sorts and joins need more than work_mem.",
            Query(worst(files), _DATABASE),
            scale=Scale(unit="Bps", soft_maximum=1e6),
            axis="written per second",
            size=(8, 8),
        ),
    ]
