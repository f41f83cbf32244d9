# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: jaeger_strategies
short_description: Sampling strategies as Jaeger reads them
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns the content of upstream's file of strategies from the input C(jaeger_sampling).
options:
  _input: {description: "C(default), and C(services) with C(operations).", type: dict, required: true}
"""

EXAMPLES = r"""
- name: Show the strategies
  ansible.builtin.debug:
    msg: "{{ jaeger_sampling | vigil.observability.jaeger_strategies }}"
"""

RETURN = r"""
_value:
  description: The strategies.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._jaeger_configuration.sampling import strategies


@same_text
def jaeger_strategies(sampling: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of the file."""
    return strategies(sampling)


class FilterModule:
    """The filter jaeger_strategies."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"jaeger_strategies": jaeger_strategies}
