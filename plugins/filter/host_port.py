# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: host_port
short_description: Address and port as one word
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Puts an IPv6 address in brackets. An empty address means all addresses.
positional: port
options:
  _input: {description: A DNS name or an IP address., type: str, required: true}
  port: {description: The port., type: int, required: true}
"""

EXAMPLES = r"""
- name: Show where a service is
  ansible.builtin.debug:
    msg: "https://{{ 'fd00::1' | vigil.observability.host_port(9090) }}"
"""

RETURN = r"""
_value:
  description: Such as C([fd00::1]:9090).
  type: str
"""

from collections.abc import Callable

from ansible_collections.vigil.observability.plugins.module_utils._host import addresses
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def host_port(address: str, port: int) -> str:
    """Return address and port as one word, an IPv6 address in brackets."""
    return addresses.host_port(address, port)


class FilterModule:
    """The filter host_port."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"host_port": host_port}
