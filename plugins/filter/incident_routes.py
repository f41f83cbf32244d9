# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: incident_routes
short_description: A configuration of Alertmanager that also notifies the service incident_response
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Puts a route to the service C(incident_response) before the given tree of routes. It takes every alert whose
    severity is not C(none), at once and each by itself, and leaves it to the tree as well, which notifies as before.
  - Without URLs, returns the configuration as it is.
options:
  _input:
    description: The configuration of Alertmanager.
    type: dict
    required: true
  urls: {description: URLs of the service., type: list, elements: str, required: true}
  ca_file: {description: Path of the certificates of trusted authorities., type: path, required: true}
"""

EXAMPLES = r"""
- name: Show the routes
  ansible.builtin.debug:
    msg: >-
      {{ (alertmanager_config | vigil.observability.incident_routes(
            ['https://monitor1:9095'], '/etc/vigil/certificates/authorities.crt')).route.routes }}
"""

RETURN = r"""
_value:
  description: The configuration. The password of the receiver is in C(secrets/incident_response).
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text

_NAME = "incident_response"
# Each alert is a group of its own, so that none waits for another or hides in it. An interval is also that of attempts.
_ROUTE = {
    "receiver": _NAME,
    "matchers": ['severity!="none"'],
    "continue": True,
    "group_by": ["..."],
    "group_wait": "0s",
    "group_interval": "30s",
    "repeat_interval": "1d",
}


@same_text
def incident_routes(config: Mapping[str, Any], urls: Sequence[str], ca_file: str) -> dict[str, Any]:
    """Return the configuration with the route and its receiver; raise AnsibleFilterError if it has one of that name."""
    if not urls:
        return dict(config)
    if any(receiver.get("name") == _NAME for receiver in config["receivers"]):
        raise AnsibleFilterError(
            f"incident_routes: alertmanager_config.receivers has {_NAME}, the name of the collection's own receiver: "
            "rename yours."
        )
    login = {"username": "alertmanager", "password_file": f"secrets/{_NAME}"}
    client = {"basic_auth": login, "tls_config": {"ca_file": ca_file}}
    webhooks = [{"url": f"{url}/api/alerts", "send_resolved": True, "http_config": client} for url in urls]
    # An alert that a child takes, even one that continues, does not come back to its parent: the tree is a child too.
    tree = dict(config["route"])
    root = {key: value for key, value in tree.items() if key != "routes"}
    return {
        **config,
        "route": {**root, "routes": [{**_ROUTE}, tree]},
        "receivers": [*config["receivers"], {"name": _NAME, "webhook_configs": webhooks}],
    }


class FilterModule:
    """The filter incident_routes."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"incident_routes": incident_routes}
