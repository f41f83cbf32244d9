# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: release
short_description: Which archive a version of a component is, and which digest it must have
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Looks a release up in the catalogue of the collection and in entries of the inventory's own.
positional: version
options:
  _input: {description: Name of the component., type: str, required: true}
  version: {description: Its version. Without it the default of the catalogue., type: str}
  architecture: {description: Architecture as C(uname -m) names it., type: str, default: x86_64}
  mirror: {description: Address in place of the host of every URL., type: str}
  extra: {description: Entries that override the catalogue., type: dict, default: {}}
"""

EXAMPLES = r"""
- name: Show where Prometheus comes from
  ansible.builtin.debug:
    msg: "{{ 'prometheus' | vigil.observability.release(architecture=ansible_facts['architecture']) }}"
"""

RETURN = r"""
_value:
  description: The version with C(url), C(sha256) and C(data_oldest_reader).
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import release_of


@same_text
def release(
    component: str,
    version: str | None = None,
    architecture: str = "x86_64",
    mirror: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the release as the documentation above says; raise AnsibleFilterError when there is none."""
    try:
        return release_of(component, version=version, architecture=architecture, mirror=mirror, extra=extra or {})
    except OperatorError as exc:
        raise AnsibleFilterError(str(exc)) from exc


class FilterModule:
    """The filter release."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the filter by its name."""
        return {"release": release}
