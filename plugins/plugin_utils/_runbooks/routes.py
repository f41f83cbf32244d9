# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of Alertmanager to the engine, of escalations, and for runbooks that act.

People get an alert unless it is solved in time. They do not depend on the engine for that: the alert waits in
Alertmanager, in a copy of the user's tree of routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.matcher import Matcher
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.description import ACTING
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.escalations import (
    faults_of_receivers,
    receivers_of,
)

__all__ = ["with_incident_routes"]

_NAME = "incident_response"
_TAKEN = 'severity!="none"'
# Each alert is a group of its own, so that none waits for another or hides in it: one that joins a group which was
# notified before would not wait for its delay. An interval is also that of attempts.
_ALONE = {"group_by": ["..."], "group_interval": "30s"}
_TO_ENGINE = {
    "receiver": _NAME,
    "matchers": [_TAKEN],
    "continue": True,
    **_ALONE,
    "group_wait": "0s",
    "repeat_interval": "1d",
}
# What the engine posts for people. Nobody waits for others, and until somebody acknowledges it, it is sent again.
_ESCALATED = {
    "matchers": ['alertname=~"IncidentEscalated|IncidentNeedsApproval"'],
    **_ALONE,
    "group_wait": "0s",
    "repeat_interval": "1h",
}
# What a copy decides itself.
_OWN = ("group_by", "group_wait", "group_interval")

Config = Mapping[str, Any]


def with_incident_routes(
    config: Config,
    urls: Sequence[str],
    ca_file: str,
    runbooks: Sequence[Config],
    escalations: Sequence[Config] = (),
) -> dict[str, Any]:
    """Return a configuration of Alertmanager with routes to the engine, of paths and of runbooks before the user's.

    Args:
        config: The whole configuration, with its tree of routes.
        urls: URLs of the engine; without any, the configuration stays as it is.
        ca_file: Path of the authorities that its certificate is checked with.
        runbooks: Runbooks as the engine reads them.
        escalations: Escalation paths as the engine reads them.

    Raises OperatorError for a configuration that has a receiver of the engine's name, or lacks one of a path.
    """
    if not urls:
        return dict(config)
    receivers = list(config.get("receivers") or [])
    if any(one.get("name") == _NAME for one in receivers):
        raise OperatorError(
            f"alertmanager_config.receivers has {_NAME}, the name of the collection's own receiver: rename yours."
        )
    for fault in faults_of_receivers(escalations, [str(one.get("name")) for one in receivers], "alertmanager_config"):
        raise OperatorError(f"incident_response_escalations cannot be used: {fault}")
    login = {"username": "alertmanager", "password_file": f"secrets/{_NAME}"}
    client = {"basic_auth": login, "tls_config": {"ca_file": ca_file}}
    webhooks = [{"url": f"{url}/api/alerts", "send_resolved": True, "http_config": client} for url in urls]
    tree = dict(config["route"])
    escalated = [_to_receiver(name) for name in receivers_of(escalations)]
    copies = [_to_people(one, tree) for one in runbooks if one["level"] in ACTING]
    # An alert that a child takes, even one that continues, does not come back to its parent: the tree is a child too.
    return {
        **config,
        "route": {**tree, "routes": [dict(_TO_ENGINE), *escalated, *copies, tree]},
        "receivers": [*receivers, {"name": _NAME, "webhook_configs": webhooks}],
    }


def _to_receiver(name: str) -> dict[str, Any]:
    """Return the route of what the engine posts for a receiver of an escalation path."""
    matchers = [*_ESCALATED["matchers"], str(Matcher("escalation", "=", name))]
    return {"receiver": name, **_ESCALATED, "matchers": matchers}


def _to_people(runbook: Config, tree: Config) -> dict[str, Any]:
    """Return a copy of the user's tree in which each alert of a runbook waits for its delay."""
    matchers = [_TAKEN, *_matchers(runbook)]
    return {**_without_own(tree), "matchers": matchers, **_ALONE, "group_wait": f"{runbook['delay']}s"}


def _without_own(route: Config) -> dict[str, Any]:
    kept = {key: value for key, value in route.items() if key not in _OWN}
    if route.get("routes"):
        kept["routes"] = [_without_own(one) for one in route["routes"]]
    return kept


def _matchers(runbook: Config) -> list[str]:
    matchers: Iterable[Config] = runbook["matchers"]
    return [str(Matcher(one["label"], one["operator"], one["value"])) for one in matchers]
