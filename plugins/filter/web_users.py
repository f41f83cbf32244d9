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

import base64
import hashlib
import json
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.password import LONGEST, SHORTEST, fits

try:
    import bcrypt
except ImportError:
    bcrypt = None  # type: ignore[assignment]

_ROUNDS = 10
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BCRYPT64 = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _salt(place: str, user: str) -> bytes:
    drawn = hashlib.sha256(json.dumps(["vigil.observability", place, user]).encode()).digest()[:16]
    letters = base64.b64encode(drawn).decode().rstrip("=").translate(str.maketrans(_BASE64, _BCRYPT64))
    return f"$2b${_ROUNDS:02d}${letters}".encode()


@same_text
def web_users(passwords: Mapping[str, str], place: str = "") -> dict[str, str]:
    """Return {user: bcrypt hash}; raise AnsibleFilterError for a password that is too short or too long."""
    if bcrypt is None:
        raise AnsibleFilterError("Passwords cannot be hashed: install the Python library bcrypt on the controller.")
    for user, password in passwords.items():
        if not fits(password):
            raise AnsibleFilterError(f"The password of {user} must have {SHORTEST} to {LONGEST} bytes.")
    return {user: bcrypt.hashpw(str(word).encode(), _salt(place, user)).decode() for user, word in passwords.items()}


class FilterModule:
    """The filter web_users."""

    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        """Return the filter by its name."""
        return {"web_users": web_users}
