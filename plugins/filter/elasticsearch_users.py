# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: elasticsearch_users
short_description: The files of users in which Elasticsearch looks first
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns the files C(users) and C(users_roles). These users exist before the cluster, and are authenticated while it
    recovers.
  - Passwords are hashed like those of P(vigil.observability.web_users#filter).
positional: roles, place
options:
  _input: {description: Passwords by user., type: dict, required: true}
  roles: {description: Names of the roles of each user., type: dict, required: true}
  place: {description: Name of what the users log in to., type: str, required: true}
"""

EXAMPLES = r"""
- name: Stage users
  vigil.observability.staged_config:
    service: elasticsearch
    files: >-
      {{ elasticsearch_passwords | vigil.observability.elasticsearch_users({'admin': ['superuser']}, 'elasticsearch') }}
"""

RETURN = r"""
_value:
  description: Entries of the option O(vigil.observability.staged_config#module:files).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.password_hashes import password_hashes

# The same algorithm; Elasticsearch knows it by its older name only.
_PREFIXES = ("$2b$", "$2a$")


@same_text
def elasticsearch_users(
    passwords: Mapping[str, str], roles: Mapping[str, Sequence[str]], place: str
) -> list[dict[str, str]]:
    """Return the entries of both files; raise AnsibleFilterError for what they cannot hold."""
    for user in sorted(roles.keys() - passwords.keys()):
        raise AnsibleFilterError(f"The user {user} has roles, but no password in elasticsearch_passwords.")
    try:
        hashes = password_hashes(passwords, place)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error
    users = [f"{user}:{found.replace(*_PREFIXES, 1)}\n" for user, found in sorted(hashes.items())]
    names = sorted({role for mine in roles.values() for role in mine})
    members = {role: sorted(user for user, mine in roles.items() if role in mine) for role in names}
    lines = [f"{role}:{','.join(having)}\n" for role, having in members.items()]
    return [{"path": "users", "secret_content": "".join(users)}, {"path": "users_roles", "content": "".join(lines)}]


class FilterModule:
    """The filter elasticsearch_users."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        """Return the filter by its name."""
        return {"elasticsearch_users": elasticsearch_users}
