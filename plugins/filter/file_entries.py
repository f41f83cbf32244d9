# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: file_entries
short_description: Files for staged_config from texts by name
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Makes an entry of C(files) of M(vigil.observability.staged_config) from each name and text.
positional: directory
options:
  _input: {description: Text by file name., type: dict, required: true}
  directory: {description: Directory in the configuration., type: str, required: true}
  secret: {description: Whether the texts are secret., type: bool, default: false}
"""

EXAMPLES = r"""
- name: Show the files
  ansible.builtin.debug:
    msg: "{{ {'mail.tmpl': 'text'} | vigil.observability.file_entries('templates') }}"
"""

RETURN = r"""
_value:
  description: Entries with C(path) and C(content) or C(secret_content).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def file_entries(texts: Mapping[str, str], directory: str, *, secret: bool = False) -> list[dict[str, str]]:
    """Return the entries in the order of their names."""
    key = "secret_content" if secret else "content"
    return [{"path": f"{directory}/{name}", key: str(texts[name])} for name in sorted(texts)]


class FilterModule:
    """The filter file_entries."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        """Return the filter by its name."""
        return {"file_entries": file_entries}
