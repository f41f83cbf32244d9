# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: jaeger_configuration
short_description: The configuration of Jaeger 2.x
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns upstream's configuration of a collector, a query or both in one process from the inputs of the role
    C(jaeger), by their names without C(jaeger_).
  - It also takes C(address), C(ports), C(tls) (C(certificate), C(key), C(authorities), and upstream's settings as
    C(protocol)), C(directory) of the configuration, C(data) and C(elasticsearch) (C(urls), C(user), C(password_file)).
options:
  _input: {description: The inputs., type: dict, required: true}
"""

EXAMPLES = r"""
- name: Show the configuration
  ansible.builtin.debug:
    msg: "{{ inputs | vigil.observability.jaeger_configuration }}"
"""

RETURN = r"""
_value:
  description: The configuration.
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._jaeger_configuration.configuration import (
    configuration,
)


@same_text
def jaeger_configuration(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration; raise AnsibleFilterError for a value that is none."""
    try:
        return configuration(inputs)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter jaeger_configuration."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"jaeger_configuration": jaeger_configuration}
