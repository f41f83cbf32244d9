# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: step_actions
short_description: What a step of a runbook asks of a host
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Checks the parameters of a step, and returns its actions for M(vigil.observability.runbook_actions).
positional: step
options:
  _input:
    description: Parameters of the step, as each playbook in C(playbooks/steps) describes them.
    type: dict
    required: true
  step: {description: Name of the step., type: str, required: true}
"""

EXAMPLES = r"""
- name: Show what restart_service does
  ansible.builtin.debug:
    msg: "{{ {'unit': 'shop'} | vigil.observability.step_actions('restart_service') }}"
"""

RETURN = r"""
_value:
  description: >-
    Such as V([{"action": "restart", "name": "shop.service", "settle": 5}]).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def step_actions(parameters: Mapping[str, Any], step: str) -> list[dict[str, Any]]:
    """Return the actions; raise AnsibleFilterError for parameters that the step does not take."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks import steps

    try:
        return steps.step_actions(step, parameters)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter step_actions."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"step_actions": step_actions}
