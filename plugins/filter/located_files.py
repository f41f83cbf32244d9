# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: located_files
short_description: A configuration that names its files so that the service finds them
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Puts the directory before every relative path under a key that ends in C(_file), and in Grafana's C($__file{}).
    Servers read some of those relative to the directory they were started in and not to their configuration.
  - Refuses a path in that directory which is none of the files, since the product's own check does not open them; the
    first notification would fail instead.
positional: directory, files
options:
  _input: {description: The configuration., type: dict, required: true}
  directory: {description: Directory of the active configuration., type: path, required: true}
  files: {description: Paths of the files in it., type: list, elements: str, required: true}
"""

EXAMPLES = r"""
- name: Show the configuration
  ansible.builtin.debug:
    msg: >-
      {{ {'slack_api_url_file': 'secrets/slack'}
         | vigil.observability.located_files('/etc/alertmanager', ['secrets/slack']) }}
"""

RETURN = r"""
_value:
  description: The configuration with absolute paths.
  type: dict
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._same_text import same_text

_EXPANDED = re.compile(r"(\$__file\{)([^}]+)(?=\})")


@same_text
def located_files(configuration: Mapping[str, Any], directory: str, files: Iterable[str]) -> dict[str, Any]:
    """Return the configuration with absolute paths; raise AnsibleFilterError for one that names no file."""
    located: dict[str, Any] = _located(configuration, directory.rstrip("/"), frozenset(files))
    return located


def _located(tree: Any, directory: str, files: frozenset[str], key: str = "") -> Any:
    if isinstance(tree, Mapping):
        return {name: _located(value, directory, files, str(name)) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_located(value, directory, files) for value in tree]
    if not isinstance(tree, str) or not tree:
        return tree
    if _EXPANDED.search(tree):
        return _EXPANDED.sub(lambda found: found[1] + _path(key, found[2], directory, files), tree)
    return _path(key, tree, directory, files) if key.endswith("_file") else tree


def _path(key: str, value: str, directory: str, files: frozenset[str]) -> str:
    relative = value.removeprefix(f"{directory}/")
    if relative.startswith("/"):
        return value
    if relative not in files:
        there = f"those are {', '.join(sorted(files))}" if files else "there are none"
        raise AnsibleFilterError(
            f"{key} names {value}, which is none of the files that are staged in {directory}: {there}. "
            "Add it, or name a file of the host by its absolute path."
        )
    return f"{directory}/{relative}"


class FilterModule:
    """The filter located_files."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"located_files": located_files}
