# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: declared_actions
short_description: What automation may do on a host, as vigil-action reads it
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Checks the actions that a host declares for runbooks, and completes them with defaults.
options:
  _input:
    description:
      - C(units) is a list of units that may be started, stopped and restarted, or a mapping of units to those of the
        three that are allowed. Names without a suffix are services.
      - C(clear) names directories that may be emptied. Each has a C(path), and may have C(older_than_days).
      - C(run) names commands. Each has an C(argv), whose first word is a path, and may have C(seconds), after which it
        is ended (300).
      - C(vacuum) is a size such as V(500M), to which the journal may be cut.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what automation may do
  ansible.builtin.debug:
    msg: "{{ actions | vigil.observability.declared_actions }}"
  vars:
    actions:
      units: {shop: [restart]}
      clear: {pages: {path: /var/cache/shop/pages}}
      run: {promote: {argv: [/usr/local/bin/promote, --now]}}
      vacuum: 500M
"""

RETURN = r"""
_value:
  description: The same with whole names of units and all values.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def declared_actions(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the actions; raise AnsibleFilterError for those that cannot be declared."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks import declared

    try:
        return declared.declared_actions(described)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter declared_actions."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"declared_actions": declared_actions}
