# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labels and texts of an alert from logs, in its rule and in the tests of that."""

from __future__ import annotations

import json

from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.description import LogAlert
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import runbook_url

__all__ = ["labels", "texts"]


def labels(alert: LogAlert) -> dict[str, str]:
    """Return the labels that the rule adds."""
    action = {"action": alert.action} if alert.action else {}
    return {**alert.labels, "severity": alert.severity, **action}


def texts(alert: LogAlert, matches: str) -> dict[str, str]:
    """Return the annotations, with the number of matches."""
    query = alert.query if isinstance(alert.query, str) else json.dumps(alert.query, ensure_ascii=False)
    return {
        "summary": f"{alert.threshold} or more log lines within {alert.window} match {alert.name}",
        "description": f"{matches} log lines within {alert.window} match the query {query}",
        "runbook_url": runbook_url("log_alerts", "a-log-alert-fires"),
    }
