# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_service_account
short_description: Manage a service account of Grafana and its tokens
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, changes or deletes a service account, by its name, and its tokens.
  - Grafana shows a token only when it creates it. The module writes it to a file on the host, and to no result, diff or
    log.
  - Every run tries each token with one request. A token is replaced if the server does not accept the one in its file,
    and before it expires. The new one has the next name, V(bot (2\)) after V(bot), and the old one is deleted once the
    new one is in the file and accepted. The token in the file works even if the connection is lost in between.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
options:
  name:
    description: Exact name of the account.
    type: str
    required: true
  role:
    description: Role of the account in the organisation.
    type: str
    choices: [Viewer, Editor, Admin, None]
    default: Viewer
  disabled:
    description: Whether the account is disabled. Its tokens may continue to work; delete them to be sure.
    type: bool
    default: false
  tokens:
    description: Tokens of the account. Without this option they are left unchanged.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the token. It must be unique in the organisation, across all accounts.
        type: str
        required: true
      path:
        description:
          - File on the host for the token, readable only by its owner. An existing file keeps its owner, and its mode
            up to C(0640). The directory must exist.
        type: path
        required: true
      seconds_to_live: {description: Seconds until it expires; V(0) for never., type: int, default: 0}
      renew_before:
        description: A run replaces the token this many seconds before it expires.
        type: int
        default: 604800
  prune:
    description: Delete tokens of the account that are not in O(tokens).
    type: bool
    default: false
  state:
    description: Whether the account should exist. V(absent) also deletes its tokens, but not their files.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Create a service account that writes annotations for the incident service
  vigil.observability.grafana_service_account:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    name: incident-response
    role: Editor
    tokens:
      - name: incident-response-2026
        path: /etc/vigil/grafana_token
        seconds_to_live: 7776000
"""

RETURN = r"""
id: {description: Id of the account., returned: when there is one, type: int}
account: {description: "C(created), C(updated), C(deleted) or C(unchanged).", returned: success, type: str}
tokens:
  description: Names of the tokens, by C(created), C(updated), C(deleted) and C(unchanged).
  returned: success
  type: dict
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.service_account import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
