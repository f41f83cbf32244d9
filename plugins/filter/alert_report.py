# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: alert_report
short_description: Write an analysis of alerts as a page of HTML, or as Markdown
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - The page loads nothing and prints well. It has the alerts that come most often, the teams that they reach, the hours
    in which they begin, which come together, and which did not fire. Names of alerts link to their samples.
positional: _input
options:
  _input: {description: "RV(vigil.observability.alert_fatigue#module:analysis).", type: dict, required: true}
  title: {description: Title of the page., type: str, default: Alerts}
  kind: {description: What to write., type: str, choices: [html, md], default: html}
"""

EXAMPLES = r"""
- name: Write the report
  ansible.builtin.copy:
    content: "{{ fatigue.analysis | vigil.observability.alert_report(title='Alerts of November') }}"
    dest: alerts.html
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
_value: {description: The page., type: str}
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._alert_report.page import html, markdown
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text

_FORMATS = {"html": html, "md": markdown}


@same_text
def alert_report(analysis: Mapping[str, Any], title: str = "Alerts", kind: str = "html") -> str:
    """Return the page."""
    if kind not in _FORMATS:
        raise AnsibleFilterError(f"alert_report: kind {kind!r} must be one of {', '.join(_FORMATS)}.")
    return _FORMATS[kind](analysis, title)


class FilterModule:
    """The filter alert_report."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"alert_report": alert_report}
