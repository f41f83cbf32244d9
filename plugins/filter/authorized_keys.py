# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: authorized_keys
short_description: Public keys as sshd reads them, for commands from known addresses
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Each key is accepted from its addresses alone, and without terminals and forwarding.
options:
  _input:
    description: Keys, each with its C(key), and C(from), a list of addresses or networks.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what sshd reads
  ansible.builtin.debug:
    msg: "{{ keys | vigil.observability.authorized_keys }}"
  vars:
    keys: [{key: "{{ lookup('ansible.builtin.file', 'engine.pub') }}", from: [192.0.2.10]}]
"""

RETURN = r"""
_value:
  description: The content of C(authorized_keys).
  type: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def authorized_keys(accepted: Sequence[Mapping[str, Any]]) -> str:
    """Return the text; raise AnsibleFilterError for keys that cannot be accepted."""
    from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks import keys

    try:
        return keys.authorized_keys(accepted)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter authorized_keys."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return the filter by its name."""
        return {"authorized_keys": authorized_keys}
