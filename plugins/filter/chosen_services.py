# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: chosen_services
short_description: The services that the tags of a run ask for
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns the services of which Ansible would run a task with the tags of the service, of its pillar and of the
    stages. Tasks that are about several services at once cannot have these tags themselves.
positional: stages, tags
options:
  _input: {description: Services., type: list, elements: str, required: true}
  stages: {description: Tags of the task beside those of the service., type: list, elements: str, required: true}
  tags:
    description: The tags of the run.
    type: dict
    required: true
    suboptions:
      run: {description: C(ansible_run_tags)., type: list, elements: str, required: true}
      skip: {description: C(ansible_skip_tags)., type: list, elements: str, required: true}
      own: {description: C(vigil_tags)., type: dict}
"""

EXAMPLES = r"""
- name: Show what is staged
  ansible.builtin.debug:
    msg: "{{ ['node_exporter'] | vigil.observability.chosen_services(['stage'], tags) }}"
  vars:
    tags: {run: "{{ ansible_run_tags }}", skip: "{{ ansible_skip_tags }}"}
"""

RETURN = r"""
_value:
  description: The services, in their order.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.run_tags import RunTags


@same_text
def chosen_services(services: Iterable[str], stages: Iterable[str], tags: Mapping[str, Any]) -> list[str]:
    """Return the services that the tags ask for."""
    return RunTags.of(tags).chosen(services, stages)


class FilterModule:
    """The filter chosen_services."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filter by its name."""
        return {"chosen_services": chosen_services}
