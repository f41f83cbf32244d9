# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of Prometheus for alerts from logs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.description import LogAlert
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.tests import tests
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.log_alerts.words import labels, texts
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.tested import Rule, RuleSet, quoted

__all__ = ["log_alert_rule_set"]

_NAME = "log_queries"


def log_alert_rule_set(alerts: Sequence[LogAlert]) -> RuleSet:
    """Return the rules of all alerts, evaluated as often as Prometheus evaluates rules by default."""
    groups = [{"name": _NAME, "rules": [_rule(one) for one in alerts]}]
    return RuleSet(name=_NAME, groups=groups, tests=tests(alerts), evaluation_interval="1m")


def _rule(alert: LogAlert) -> Rule:
    # Several exporters count the same documents: the highest count is that of one that knows them all.
    expr = f"max by (alert) (log_alert_matches{{alert={quoted(alert.name)}}}) >= {alert.threshold}"
    words = {name: _as_template(text) for name, text in texts(alert, "").items()}
    words["description"] = f'{{{{ $value | printf "%.0f" }}}}{words["description"]}'
    return {"alert": alert.name, "expr": expr, "labels": labels(alert), "annotations": words}


def _as_template(text: str) -> str:
    """Return what Prometheus renders as the text, whatever is in it."""
    return text.replace("{{", f"{{{{ {json.dumps('{{')} }}}}")
