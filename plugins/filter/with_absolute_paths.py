# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: with_absolute_paths
short_description: A configuration with absolute paths, so that the service finds its files
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Puts the directory before every relative path under a key that ends in C(_file), and in Grafana's C($__file{}).
    Servers read some of those relative to the directory they were started in, not to their configuration.
  - Refuses a path in that directory that is not one of the files, under whatever key, and relative patterns that match
    none, such as those of C(file_sd_configs). The product's own check does not open most of them; what it names would
    fail later instead. A file that another tool writes there is removed by the next change of the configuration.
positional: directory, files
options:
  _input: {description: The configuration., type: dict, required: true}
  directory: {description: Directory of the active configuration., type: path, required: true}
  files:
    description: Paths of the files in it. One that ends in C(/) stands for everything below it.
    type: list
    elements: str
    required: true
  as_written:
    description: Whether paths stay as they are, for a server that looks for them beside its configuration.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the configuration
  ansible.builtin.debug:
    msg: >-
      {{ {'slack_api_url_file': 'secrets/slack'}
         | vigil.observability.with_absolute_paths('/etc/alertmanager', ['secrets/slack']) }}
"""

RETURN = r"""
_value:
  description: The configuration with absolute paths.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.located import located
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def with_absolute_paths(
    configuration: Mapping[str, Any], directory: str, files: Iterable[str], *, as_written: bool = False
) -> dict[str, Any]:
    """Return the configuration with absolute paths; raise AnsibleFilterError for one that names no file."""
    try:
        return located(configuration, directory, files, as_written=as_written)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter with_absolute_paths."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"with_absolute_paths": with_absolute_paths}
