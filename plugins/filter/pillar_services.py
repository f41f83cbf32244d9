# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: pillar_services
short_description: The services of pillars, in the order in which a run activates them
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads C(services.yml) of the collection.
options:
  _input:
    description: Pillars, such as V(metrics); none for all pillars.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what the playbook metrics deploys
  ansible.builtin.debug:
    msg: "{{ ['metrics'] | vigil.observability.pillar_services }}"
"""

RETURN = r"""
_value:
  description: The names of the services.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterable

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import (
    services,
    services_of,
)


@same_text
def pillar_services(pillars: Iterable[str]) -> list[str]:
    """Return the services; raise AnsibleFilterError for a pillar that there is not."""
    try:
        return [service for pillar in pillars for service in services_of(pillar)] or list(services())
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter pillar_services."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Return the filter by its name."""
        return {"pillar_services": pillar_services}
