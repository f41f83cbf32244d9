# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module that talks to an API says of its options and abilities."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of plugins/module_utils/_api/connection.py."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Where the server is, such as V(https://monitor1:3000). A path is kept.
      - Proxies that the environment names are not used, and redirects are not followed.
      - Every option of the connection can come from the environment instead, as the product and the name of the option
        in capitals (E(GRAFANA_URL), E(PROMETHEUS_PASSWORD), E(ALERTMANAGER_CA_PATH) and so on).
    type: str
    required: true
  username:
    description: User to log in as, with O(password).
    type: str
  password:
    description: Password of O(username).
    type: str
  token:
    description: Token in place of O(username) and O(password).
    type: str
  ca_path:
    description: File with the authorities that certificates are checked with. Without it, those of the system.
    type: path
  client_cert:
    description: File with a certificate to show to the server, and with its key unless O(client_key) names that.
    type: path
  client_key:
    description: File with the key of O(client_cert).
    type: path
  validate_certs:
    description: Whether the certificate of the server must be valid. V(false) is for a first look only.
    type: bool
    default: true
  timeout:
    description: Seconds that one answer may take.
    type: float
    default: 30.0
  deadline:
    description: Seconds that all requests of the task may take together.
    type: float
    default: 300.0
  retries:
    description:
      - How often a request is tried again after a lost connection, or after 429, 502, 503 or 504.
      - C(Retry-After) is honoured. The server may have made a change whose answer was lost, or still be at it, so that
        a module looks before it asks for it once more, and before it believes that it was refused.
    type: int
    default: 3
"""

    CHANGES = r"""
attributes:
  check_mode:
    description: Reads and plans in check mode, and writes nothing.
    support: full
  diff_mode:
    description: Shows each object that changes, without secrets.
    support: full
"""

    READS = r"""
attributes:
  check_mode:
    description: Reads only, in check mode too.
    support: full
  diff_mode:
    description: Changes nothing, so there is no difference to show.
    support: none
"""
