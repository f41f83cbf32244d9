# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: web_users
short_description: Passwords as the bcrypt hashes that the web configuration of Prometheus takes
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - The salt derives from the place and the user, so the same input gives the same hashes and nothing changes in a run
    that changes nothing. It contains nothing of the password, because that could be guessed without the cost of bcrypt.
positional: place
options:
  _input: {description: Passwords by user., type: dict, required: true}
  place: {description: "What the users log in to, another word for each service of each host.", type: str, default: ""}
"""

EXAMPLES = r"""
- name: Make users for a web configuration
  ansible.builtin.copy:
    content: >-
      {{ {'basic_auth_users': prometheus_passwords | vigil.observability.web_users(inventory_hostname)}
         | to_nice_yaml }}
    dest: /etc/prometheus/web.yml
    mode: "0640"
"""

RETURN = r"""
_value:
  description: Hashes by user.
  type: dict
"""

from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.password_hashes import password_hashes


@same_text
def web_users(passwords: Mapping[str, str], place: str = "") -> dict[str, str]:
    """Return {user: bcrypt hash}; raise AnsibleFilterError for a password that is too short or too long."""
    try:
        return password_hashes(passwords, place)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter web_users."""

    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        """Return the filter by its name."""
        return {"web_users": web_users}
