# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rsyslog_configuration
short_description: A configuration of rsyslog from data
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Writes objects of rsyslog's configuration in RainerScript, with values quoted so that rsyslog reads exactly them.
options:
  _input:
    description:
      - Parts of the configuration, each a text or an object as a mapping with its kind and parameters. Objects that it
        contains are in the list C(do).
    type: list
    elements: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a configuration
  ansible.builtin.debug:
    msg: >-
      {{ [{'global': {'workDirectory': '/var/lib/vigil-rsyslog'}},
          {'ruleset': {'name': 'shipped'}, 'do': [{'action': {'type': 'omfile', 'file': '/tmp/lines'}}]}]
         | vigil.observability.rsyslog_configuration }}
"""

RETURN = r"""
_value:
  description: The text of the configuration.
  type: str
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.rsyslog import rsyslog_text
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def rsyslog_configuration(parts: Iterable[str | Mapping[str, Any]]) -> str:
    """Return the text; raise AnsibleFilterError for a value that no text can hold."""
    try:
        return rsyslog_text(parts)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter rsyslog_configuration."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"rsyslog_configuration": rsyslog_configuration}
