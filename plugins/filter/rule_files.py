# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rule_files
short_description: Files for staged_config from rule files and directories of the controller
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads every file, and every C(*.yml) and C(*.yaml) of every directory, into C(rules/) of a configuration.
  - Adjusts alerts of the shipped files. A file none of whose alerts is adjusted keeps its text.
positional: shipped, alerts
options:
  _input: {description: Files and directories on the controller., type: list, elements: path, required: true}
  shipped: {description: A directory that always is among them., type: path, required: true}
  alerts:
    description:
      - What to adjust, by the name of a shipped alert.
      - C(threshold) replaces the number that its expression compares with, C(for) how long that has to
        hold, C(labels) are merged over its labels, and C(enabled) set to V(false) leaves it out.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the files
  ansible.builtin.debug:
    msg: >-
      {{ ['rules/shop.yml'] | vigil.observability.rule_files('roles/prometheus/files/rules',
         {'HostDiskFillsSoon': {'threshold': 48, 'labels': {'severity': 'critical'}}}) }}
"""

RETURN = r"""
_value:
  description: Entries with C(path) and C(content).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def rule_files(
    paths: Iterable[str], shipped: str, alerts: Mapping[str, Mapping[str, Any]] | None = None
) -> list[dict[str, str]]:
    """Return the entries; raise AnsibleFilterError for files or settings of alerts that cannot be used."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._rules.configuration import files_of_rules

    try:
        return files_of_rules(paths, shipped, alerts)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter rule_files."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        """Return the filter by its name."""
        return {"rule_files": rule_files}
