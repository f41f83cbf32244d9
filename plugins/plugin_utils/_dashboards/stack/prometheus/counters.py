# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the parts of Prometheus' page ask alike: counters of its instances, and names that people read."""

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.parts.processes import RATE
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import INSTANCE

__all__ = ["EACH", "grew", "lost_alerts", "named_alertmanager", "named_group", "rate", "total"]

EACH = "{{instance}}"


def lost_alerts(function: str, window: str) -> str:
    """Return how many alerts no Alertmanager took, of each instance; the function is increase or rate.

    Newer releases count for each Alertmanager what it did not get: lost is what none of them got.
    """
    return f"min without (alertmanager) ({function}(prometheus_notifications_dropped_total{{{INSTANCE}}}[{window}]))"


def grew(name: str, window: str, *by: str) -> str:
    """Return by how much a counter grew within the window."""
    inner = f"increase({name}{{{INSTANCE}}}[{window}])"
    return f"sum by ({', '.join(by)}) ({inner})" if by else f"sum({inner})"


def total(names: tuple[str, ...], window: str) -> str:
    """Return by how much counters grew within the window, all of them together."""
    return " + ".join(grew(name, window) for name in names)


def rate(name: str, *by: str) -> str:
    """Return how fast a counter grows, by instance unless said otherwise."""
    return f"sum by ({', '.join(by or ('instance',))}) (rate({name}{{{INSTANCE}}}[{RATE}]))"


def named_alertmanager(expr: str) -> str:
    """Return the expression with the address of the Alertmanager as label `to`; "all" where releases count together."""
    everyone = f'label_replace({expr}, "to", "all", "alertmanager", "")'
    return f'label_replace({everyone}, "to", "$1", "alertmanager", "(?:https?://)?([^/]+).*")'


def named_group(expr: str) -> str:
    """Return the expression with the name of the rule group and of its file as labels `group` and `file`."""
    named = f'label_replace({expr}, "group", "$1", "rule_group", ".*;(.+)")'
    return f'label_replace({named}, "file", "$1", "rule_group", "(?:.*/)?(.+);.+")'
