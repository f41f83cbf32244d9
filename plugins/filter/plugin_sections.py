# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: plugin_sections
short_description: The sections of grafana.ini with the paths of plugins
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Makes a section for each plugin that a loop over M(vigil.observability.staged_release) has staged. With these,
    plugins are added and removed together with the configuration.
options:
  _input: {description: "Results of that loop, whose items have a C(name).", type: list, elements: dict, required: true}
"""

EXAMPLES = r"""
- name: Show the sections
  ansible.builtin.debug:
    msg: "{{ staged.results | vigil.observability.plugin_sections }}"
  vars:
    staged: {results: [{item: {name: grafana-clock-panel}, path: /opt/vigil/grafana-clock-panel/2.1.3-7bbc4c9a3f0e}]}
"""

RETURN = r"""
_value:
  description: Keys by section.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text

Sections = dict[str, dict[str, str]]


@same_text
def plugin_sections(results: Iterable[Mapping[str, Any]]) -> Sections:
    """Return {"plugin.<name>": {"path": directory}}; raise AnsibleFilterError for a plugin that is named twice."""
    sections: Sections = {}
    for result in results:
        name = str(result["item"]["name"])
        if f"plugin.{name}" in sections:
            raise AnsibleFilterError(f"grafana_plugins names {name} twice: Grafana takes one version of a plugin.")
        sections[f"plugin.{name}"] = {"path": str(result["path"])}
    return sections


class FilterModule:
    """The filter plugin_sections."""

    def filters(self) -> dict[str, Callable[..., Sections]]:
        """Return the filter by its name."""
        return {"plugin_sections": plugin_sections}
