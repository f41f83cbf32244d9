# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: log_services
short_description: The services that an inventory names
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns the names of applications in C(vigil_applications), and of services in C(rsyslog_files) and in the fields of
    C(filebeat_inputs), of all hosts. Their log lines get an index of their own.
  - Names are in lower case, as they are in names of indices. A name that no index can have is left out.
options:
  _input:
    description: The variables of hosts by their names, such as C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the services that get an index of their own
  ansible.builtin.debug:
    msg: "{{ hostvars | vigil.observability.log_services }}"
"""

RETURN = r"""
_value:
  description: The names, sorted.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.log_services import log_service_names
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain

_INPUTS = ("vigil_applications", "rsyslog_files", "filebeat_inputs")


def log_services(hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the names of services of all hosts."""
    # Of the variables of a host only these are evaluated.
    given = ({name: variables[name] for name in _INPUTS if name in variables} for variables in hostvars.values())
    return sorted({name for variables in given for name in log_service_names(plain(variables))})


class FilterModule:
    """The filter log_services."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filter by its name."""
        return {"log_services": log_services}
