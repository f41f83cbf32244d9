# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: java_heap
short_description: The heap of a Java process
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns the given size, or half of the memory, at most 31 GiB. Beyond that, Java needs longer pointers, and a larger
    heap holds less.
positional: memory, limit
options:
  _input: {description: "Size in Java's notation, such as V(2g). Empty for the default.", type: str, required: true}
  memory: {description: Bytes of memory of the host., type: int, required: true}
  limit: {description: "The C(MemoryMax) of the unit, in systemd's notation.", type: str, default: infinity}
"""

EXAMPLES = r"""
- name: Show the heap for a host of 16 GiB with a limit of 4 GiB
  ansible.builtin.debug:
    msg: "{{ '' | vigil.observability.java_heap(17179869184, '4G') }}"
"""

RETURN = r"""
_value:
  description: "The size in Java's notation."
  type: str
  sample: 2048m
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.java_heap import heap
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def java_heap(size: str, memory: int, limit: str = "infinity") -> str:
    """Return the size; raise AnsibleFilterError for one that is larger than the memory or than 31 GiB."""
    try:
        return heap(size, int(memory), limit)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter java_heap."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"java_heap": java_heap}
