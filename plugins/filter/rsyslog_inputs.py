# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rsyslog_inputs
short_description: The inputs of rsyslog for log files
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns two inputs for each entry, for the name that its files have before and after they are rotated, so that lines
    of a file that is rotated while rsyslog is down are read.
options:
  _input:
    description: Log files, as the input C(rsyslog_files) describes them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the inputs
  ansible.builtin.debug:
    msg: "{{ [{'path': '/var/log/shop/*.json', 'service': 'shop'}] | vigil.observability.rsyslog_inputs }}"
"""

RETURN = r"""
_value:
  description: Objects for P(vigil.observability.rsyslog_configuration#filter).
  type: list
  elements: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text

# How often the position in a file is noted, in lines.
_NOTED = 1000


@same_text
def rsyslog_inputs(files: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the inputs."""
    return [
        {"input": _input(path, one.get("service") or "unnamed")}
        for one in files
        for path in (one["path"], one.get("rotated") or f"{one['path']}.1")
    ]


def _input(path: str, service: str) -> dict[str, Any]:
    return {
        "type": "imfile",
        "File": path,
        "Tag": service,
        "Ruleset": "file",
        "addMetadata": True,
        "persistStateInterval": _NOTED,
        "reopenOnTruncate": True,
    }


class FilterModule:
    """The filter rsyslog_inputs."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Return the filter by its name."""
        return {"rsyslog_inputs": rsyslog_inputs}
