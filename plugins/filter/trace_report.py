# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: trace_report
short_description: Write an analysis of traces as a page of HTML
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - The page loads nothing and prints well. It has the findings, what differs from the earlier window, operations by
    what a fix gains, a flame graph of the critical path of each entry, and its slowest request as a waterfall.
positional: _input
options:
  _input: {description: "RV(vigil.observability.trace_analysis#module:analysis).", type: dict, required: true}
  title: {description: Title of the page., type: str, default: Traces}
"""

EXAMPLES = r"""
- name: Write the report
  ansible.builtin.copy:
    content: "{{ traces.analysis | vigil.observability.trace_report(title='Shop, last hour') }}"
    dest: traces.html
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
_value: {description: The page., type: str}
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._trace_report.report import report


@same_text
def trace_report(analysis: Mapping[str, Any], title: str = "Traces") -> str:
    """Return the page."""
    return report(analysis, title)


class FilterModule:
    """The filter trace_report."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"trace_report": trace_report}
