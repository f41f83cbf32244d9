# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_datasources
short_description: The data sources of an organisation of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, updates and deletes data sources of any type, with upstream's own keys. Reads all of them with one request
    and each of O(datasources) with one more; writes what differs, and nothing when nothing does.
  - What it writes carries a mark of O(owner) (C(jsonData.vigil)), so that O(prune) removes nothing that others made.
  - C(url), C(database) and C(basicAuthUser) cannot be emptied. What an update leaves out of them stays.
  - Grafana never shows a secret again. A keyed digest of the secrets lies beside the mark, so that a changed secret is
    written and an unchanged one is not.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
  - vigil.observability.grafana.owner
options:
  datasources:
    description: Data sources. Each O(datasources[].uid) and each O(datasources[].name) may be there once.
    type: list
    elements: dict
    required: true
    suboptions:
      uid:
        description: By what dashboards and other data sources refer to it.
        type: str
        required: true
      name:
        description: Name that people see. Without it the uid.
        type: str
      type:
        description: Any type that the server has a plugin for. Needed unless O(state=absent).
        type: str
      url:
        description: Where Grafana reaches it.
        type: str
      access:
        description: Who connects, Grafana (V(proxy)) or the browser (V(direct)).
        type: str
        default: proxy
      user:
        description: User of a database.
        type: str
      database:
        description: Database or index.
        type: str
      basicAuth:
        description: Whether to log in with O(datasources[].basicAuthUser) and C(basicAuthPassword) of the secrets.
        type: bool
        default: false
      basicAuthUser:
        description: User of that login.
        type: str
      withCredentials:
        description: Whether browsers send cookies and certificates along.
        type: bool
        default: false
      isDefault:
        description: Whether panels without a data source use it. Without this option it stays as it is.
        type: bool
      jsonData:
        description: Settings of its type. They replace all that is there.
        type: dict
      secureJsonData:
        description:
          - Secrets of its type, such as C(basicAuthPassword) or C(tlsCACert). Others are removed; an empty one is none.
        type: dict
  secret_digest_key:
    description:
      - Secret that the key of the digests is derived from, in a way that makes guessing it slow. Needed with
        C(secureJsonData).
    type: str
  state:
    description: Whether they are to be there.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description: Delete the data sources with the mark of O(owner) that are not listed.
    type: bool
    default: false
seealso:
  - module: vigil.observability.grafana_dashboards
"""

EXAMPLES = r"""
- name: Add Prometheus and Alertmanager as data sources
  vigil.observability.grafana_datasources:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    secret_digest_key: "{{ grafana_secret_key }}"
    prune: true
    datasources:
      - uid: prometheus
        type: prometheus
        url: https://monitor1:9090
        basicAuth: true
        basicAuthUser: grafana
        isDefault: true
        jsonData: {httpMethod: POST, timeInterval: 15s, tlsAuthWithCACert: true}
        secureJsonData:
          basicAuthPassword: "{{ prometheus_passwords.grafana }}"
          tlsCACert: "{{ certificates_authority_certificate }}"
      - uid: alertmanager
        type: alertmanager
        url: https://monitor1:9093
        jsonData: {implementation: prometheus}
"""

RETURN = r"""
created: {description: Uids of the data sources that were created., returned: success, type: list, elements: str}
updated: {description: Uids of the data sources that were changed., returned: success, type: list, elements: str}
deleted: {description: Uids of the data sources that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Uids of those that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.datasources import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
