# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options and attributes of all modules that use an API."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of plugins/module_utils/_api/connection.py and owner.py."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the server, such as V(https://monitor1:3000), optionally with a path.
      - Proxies in environment variables are not used, and redirects are not followed.
      - All connection options can be set with environment variables instead, named after the product and the option in
        capitals (E(GRAFANA_URL), E(PROMETHEUS_PASSWORD), E(ALERTMANAGER_CA_PATH) and so on).
    type: str
    required: true
  username:
    description: User to log in as, with O(password).
    type: str
  password:
    description: Password of O(username).
    type: str
  token:
    description: Token to use instead of O(username) and O(password).
    type: str
  ca_path:
    description: File with the trusted certificate authorities. Defaults to those of the system.
    type: path
  client_cert:
    description: File with a client certificate, and with its key unless O(client_key) is set.
    type: path
  client_key:
    description: File with the key of O(client_cert).
    type: path
  validate_certs:
    description: Whether the certificate of the server must be valid. Use V(false) only for a first try.
    type: bool
    default: true
  timeout:
    description: Timeout for one answer, in seconds.
    type: float
    default: 30.0
  deadline:
    description: Timeout for all requests of the task together, in seconds.
    type: float
    default: 300.0
  retries:
    description:
      - How often a request is retried after a lost connection, or after 429, 502, 503 or 504.
      - C(Retry-After) is honoured. If the answer to a change was lost, the server may have made the change or may still
        be making it, so the module checks that before it repeats the change and before it reports a refusal.
    type: int
    default: 3
"""

    CHANGES = r"""
attributes:
  check_mode:
    description: In check mode the module reads and plans, but writes nothing.
    support: full
  diff_mode:
    description: Shows each object that changes, without secrets.
    support: full
"""

    READS = r"""
attributes:
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: The module changes nothing, so there is no difference to show.
    support: none
"""

    OWNER = r"""
options:
  owner:
    description:
      - Owner of this list, in 1 to 30 letters, digits, C(_), C(.) or C(-). Objects that the task writes carry a mark of
        the owner, and O(prune) deletes only objects with that mark.
      - Lists that are applied separately need different owners. A playbook of this collection uses its own name, such
        as V(provision_grafana).
      - A listed object with the mark of another owner is refused by name, before anything is written.
    type: str
    default: vigil.observability
  take_over:
    description:
      - Owners from whom listed objects are taken over. Other objects with their mark are left unchanged; the run that
        takes something over names them in a warning.
    type: list
    elements: str
    default: []
"""
