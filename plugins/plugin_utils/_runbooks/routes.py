# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of Alertmanager for runbooks: the engine gets an alert at once, and people unless it is solved in time.

People do not depend on the engine for that: the alert waits in Alertmanager, in a copy of the user's tree of routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._applications.matcher import Matcher
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.description import ACTING

__all__ = ["with_runbook_routes"]

# What a copy decides itself: each alert is a group of its own, since one that joins a group which was notified before
# would not wait.
_OWN = ("group_by", "group_wait", "group_interval")
_GROUPING = {"group_by": ["..."]}
_INTERVAL = "1m"

Config = Mapping[str, Any]


def with_runbook_routes(config: Config, runbooks: Sequence[Config], receiver: Config) -> dict[str, Any]:
    """Return a configuration of Alertmanager with routes for runbooks before the user's.

    Args:
        config: The whole configuration, with its tree of routes.
        runbooks: Runbooks as the engine reads them.
        receiver: How the engine gets alerts; its name is that of no receiver yet.

    Raises OperatorError for a configuration that the routes cannot be added to.
    """
    tree, receivers = config.get("route"), list(config.get("receivers") or [])
    if not isinstance(tree, Mapping) or not tree.get("receiver"):
        raise OperatorError("The configuration of Alertmanager has no route with a receiver.")
    if receiver["name"] in (one.get("name") for one in receivers):
        raise OperatorError(f"There is a receiver {receiver['name']!r} already, which is the engine's name: rename it.")
    if not runbooks:
        return dict(config)
    routes = [_to_engine(one, receiver["name"]) for one in runbooks]
    routes += [_to_people(one, tree) for one in runbooks if one["level"] in ACTING]
    # The user's tree as a whole is the last route: its own receiver would not get what a route to the engine matched.
    return {
        **config,
        "route": {**tree, "routes": [*routes, dict(tree)]},
        "receivers": [*receivers, dict(receiver)],
    }


def _to_engine(runbook: Config, name: str) -> dict[str, Any]:
    waits = {"group_wait": "0s", "group_interval": _INTERVAL}
    return {"matchers": _matchers(runbook), "receiver": name, **_GROUPING, **waits, "continue": True}


def _to_people(runbook: Config, tree: Config) -> dict[str, Any]:
    """Return a copy of the user's tree in which each alert of a runbook waits for its delay."""
    waits = {**_GROUPING, "group_wait": f"{runbook['delay']}s", "group_interval": _INTERVAL}
    return {**_without_own(tree), "matchers": _matchers(runbook), **waits}


def _without_own(route: Config) -> dict[str, Any]:
    kept = {key: value for key, value in route.items() if key not in _OWN}
    if route.get("routes"):
        kept["routes"] = [_without_own(one) for one in route["routes"]]
    return kept


def _matchers(runbook: Config) -> list[str]:
    matchers: Iterable[Config] = runbook["matchers"]
    return [str(Matcher(one["label"], one["operator"], one["value"])) for one in matchers]
