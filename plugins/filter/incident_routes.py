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
  - For every runbook at the level V(partial) or V(full), the user's own receivers get an alert after the delay of the
    runbook, unless it is solved or silenced by then, by a copy of the tree in which every alert is a group of its own.
  - What the service posts for people goes to the receiver of its escalation path, if it has one.
  - Without URLs, returns the configuration as it is.
options:
  _input:
    description: The configuration of Alertmanager.
    type: dict
    required: true
  urls: {description: URLs of the service., type: list, elements: str, required: true}
  ca_file: {description: Path of the certificates of trusted authorities., type: path, required: true}
  runbooks:
    description: Runbooks as the filter P(vigil.observability.runbooks#filter) returns them.
    type: list
    elements: dict
    default: []
  escalations:
    description: Escalation paths as the filter P(vigil.observability.escalation_paths#filter) returns them.
    type: list
    elements: dict
    default: []
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

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def incident_routes(
    config: Mapping[str, Any],
    urls: Sequence[str],
    ca_file: str,
    runbooks: Sequence[Mapping[str, Any]] = (),
    escalations: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the configuration with routes and their receiver; raise AnsibleFilterError if its own do not fit."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.routes import with_incident_routes

    try:
        return with_incident_routes(config, urls, ca_file, runbooks, escalations)
    except OperatorError as error:
        raise AnsibleFilterError(f"incident_routes: {error}") from error


class FilterModule:
    """The filter incident_routes."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"incident_routes": incident_routes}
