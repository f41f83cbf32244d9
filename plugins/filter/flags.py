# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: flags
short_description: A command line of long options from a mapping
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - V(true) gives the bare option, V(false) its C(no-) form, a list one option for each of its values, null none.
options:
  _input: {description: Values by option., type: dict, required: true}
  prefix: {description: What options begin with., type: str, default: "--"}
"""

EXAMPLES = r"""
- name: Show a command line
  ansible.builtin.debug:
    msg: "{{ {'web.enable-lifecycle': true, 'log.level': 'info'} | vigil.observability.flags }}"
"""

RETURN = r"""
_value:
  description: The options, a word each.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def flags(options: Mapping[str, Any], prefix: str = "--") -> list[str]:
    """Return the words of the command line, in the order of the mapping."""
    return [word for option, value in options.items() for word in _words(prefix, option, value)]


def _words(prefix: str, option: str, value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return [f"{prefix}{'' if value else 'no-'}{option}"]
    if isinstance(value, list):
        return [f"{prefix}{option}={item}" for item in value]
    return [f"{prefix}{option}={value}"]


class FilterModule:
    """The filter flags."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filter by its name."""
        return {"flags": flags}
