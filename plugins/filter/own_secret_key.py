# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: own_secret_key
short_description: The key that Grafana encrypts with, unless everybody knows it
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Refuses Grafana's default C(secret_key), wherever it is set.
positional: config
options:
  _input: {description: The key., type: str, required: true}
  config: {description: "Keys of C(grafana.ini) by section, which can hold another one.", type: dict, default: {}}
"""

EXAMPLES = r"""
- name: Use the key
  ansible.builtin.debug:
    msg: "{{ 'one that nobody knows' | vigil.observability.own_secret_key }}"
"""

RETURN = r"""
_value:
  description: The key.
  type: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def own_secret_key(key: str, config: Mapping[str, Any] | None = None) -> str:
    """Return the key; raise AnsibleFilterError for one that everybody knows, by the input that gives it."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.checks.grafana import (
        PUBLIC,
        public_keys,
    )

    if names := public_keys(str(key), config or {}):
        raise AnsibleFilterError(f"{names[0]} {PUBLIC}")
    return key


class FilterModule:
    """The filter own_secret_key."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"own_secret_key": own_secret_key}
