# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_service_account
short_description: A service account of Grafana and its tokens
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, changes or deletes a service account, by its name, and the tokens that programs use.
  - Grafana shows a token once, when it makes it. It goes into a file of the host, and into no result, diff or log.
  - A token is tried at the server, with one request each on every run, and made anew when its file holds none that is
    accepted, and before it expires. The new one has the next name, V(bot (2\)) after V(bot), and the former one is
    deleted when the new one lies in its file and is accepted. Whatever a connection loses, what is in the file works.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
options:
  name:
    description: Name of the account, exactly.
    type: str
    required: true
  role:
    description: What it may do in the organisation.
    type: str
    choices: [Viewer, Editor, Admin, None]
    default: Viewer
  disabled:
    description: Whether the account is switched off. Its tokens may continue to work; delete them to be sure.
    type: bool
    default: false
  tokens:
    description: Tokens of the account. Without this option they are left alone.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the token, of which an organisation has one only, whichever account has it.
        type: str
        required: true
      path:
        description:
          - File on the host that gets it, readable for its owner alone; a file that is there keeps its owner and mode,
            up to C(0640). Its directory must exist.
        type: path
        required: true
      seconds_to_live: {description: Seconds until it expires; V(0) is never., type: int, default: 0}
      renew_before:
        description: Seconds before its end from which on a run makes a new one.
        type: int
        default: 604800
  prune:
    description: Delete tokens of the account that are not among O(tokens).
    type: bool
    default: false
  state:
    description: Whether the account is to be there. When it goes, its tokens go with it; their files stay.
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
        path: /etc/incident_response/secrets/grafana
        seconds_to_live: 7776000
"""

RETURN = r"""
id: {description: Number of the account., returned: when there is one, type: int}
account: {description: "C(created), C(updated), C(deleted) or C(unchanged).", returned: success, type: str}
tokens:
  description: Names of tokens by what became of them, C(created), C(updated), C(deleted), C(unchanged).
  returned: success
  type: dict
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.service_account import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
