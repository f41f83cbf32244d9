# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: filebeat_settings
short_description: The configuration of Filebeat
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Merges settings, each with one key with dots, and adds to each input its id, its type and, for files, an identity
    that is safe against reused inodes. Files are known by their first 256 bytes, unless the input has
    C(rotation.external.strategy.copytruncate.suffix_regex), whose copies have the content of their originals, which
    are then known by their inodes.
positional: inputs, settings
options:
  _input:
    description: Settings of the role.
    type: dict
    required: true
  inputs:
    description: Filebeat's options by the ids of inputs, as the input C(filebeat_inputs) has them.
    type: dict
    required: true
  settings:
    description: Settings over those of the role, with C(null) in place of those to remove.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the configuration
  ansible.builtin.debug:
    msg: >-
      {{ {'output.logstash.loadbalance': true}
         | vigil.observability.filebeat_settings({'shop': {'paths': ['/var/log/shop/*.log*']}}) }}
"""

RETURN = r"""
_value:
  description: The settings, with C(filebeat.inputs).
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.filebeat import (
    filebeat_input,
    flat,
    input_problems,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def filebeat_settings(
    base: Mapping[str, Any], inputs: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the configuration; raise AnsibleFilterError for an input that could not be shipped."""
    for name, options in inputs.items():
        for problem in input_problems(options):
            raise AnsibleFilterError(f"filebeat_inputs.{name} {problem}")
    merged = {**flat(base), **flat(settings or {})}
    kept = {key: value for key, value in merged.items() if value is not None}
    return {"filebeat.inputs": [filebeat_input(name, options) for name, options in inputs.items()], **kept}


class FilterModule:
    """The filter filebeat_settings."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"filebeat_settings": filebeat_settings}
