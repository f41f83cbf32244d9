# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notifications by receiver and integration: those alone that were used within the time shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.panels import Query, timeseries, worst
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import COUNT, INSTANCE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.tables import Column, table

if TYPE_CHECKING:
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["notifications"]

_BY = "receiver_name, integration"
_WAY = "{{receiver_name}} {{integration}}"
_SENT = "alertmanager_notifications_total"
_FAILED = "alertmanager_notifications_failed_total"
_COUNT = Scale(unit="none", decimals=0)


def _grew(name: str, window: str, by: str = _BY) -> str:
    return f"sum by ({by}) (increase({name}{{{INSTANCE}}}[{window}]))"


def _took(window: str) -> str:
    took, times = (_grew(f"alertmanager_notification_latency_seconds_{part}", window) for part in ("sum", "count"))
    return f"{took} / ({times} > 0)"


def notifications() -> list[Builder[models.Panel]]:
    """Return what was sent and what failed."""
    return [_receivers(), *_curves()]


def _receivers() -> Builder[models.Panel]:
    sent, failed = _grew(_SENT, "$__range"), _grew(_FAILED, "$__range")
    return table(
        "Receivers",
        "All receivers and integrations, such as mail or a webhook, that were used in the selected time range. The "
        "receiver is empty for members that do not include it in their metrics.",
        Query(f"{sent} > 0"),
        Query(f"{failed} and on ({_BY}) {sent} > 0"),
        Query(f"100 * {failed} / ({sent} > 0)"),
        Query(_took("$__range")),
        labels={"receiver_name": Column(head="receiver"), "integration": Column(head="integration")},
        values=[
            Column(head="attempted", scale=_COUNT),
            Column(head="failed", scale=Scale(unit="none", decimals=0, steps=above((0.5, "red")))),
            Column(head="share failed", scale=Scale(unit="percent", decimals=1, steps=above((5, "red")))),
            Column(head="mean time", scale=Scale(unit="s")),
        ],
        sort="share failed",
        no_value="no notifications seen",
        size=(24, 6),
    )


def _curves() -> list[Builder[models.Panel]]:
    return [
        timeseries(
            "Notifications attempted",
            "Notifications within 15 minutes by receiver and integration, including failed ones.",
            Query(worst(_grew(_SENT, "15m"), used=True), _WAY),
            scale=COUNT,
            axis="within 15 min",
            size=(8, 8),
            no_value="no notifications seen",
        ),
        timeseries(
            "Notifications that failed",
            "Notifications within 15 minutes that could not be delivered, by receiver, integration and reason. "
            "clientError: wrong address or token; serverError: the provider failed; contextDeadlineExceeded: timeout.",
            Query(worst(_grew(_FAILED, "15m", f"{_BY}, reason"), used=True), f"{_WAY}: {{{{reason}}}}"),
            scale=COUNT,
            axis="within 15 min",
            size=(8, 8),
            no_value="no failures seen",
        ),
        timeseries(
            "Delivery time",
            "Average duration of a delivery over the previous hour.",
            Query(worst(_took("1h")), _WAY),
            scale=Scale(unit="s", soft_maximum=1),
            axis="duration",
            size=(8, 8),
            no_value="no notifications seen",
        ),
    ]
