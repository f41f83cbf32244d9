# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_datasources
short_description: Manage the data sources of an organisation of Grafana
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, updates and deletes data sources of any type, with upstream's own keys. Reads all of them with one request
    and each of O(datasources) with one more, and writes only what differs.
  - Data sources that it writes carry a mark of O(owner) (C(jsonData.vigil)), so O(prune) deletes nothing that others
    created.
  - C(url), C(database) and C(basicAuthUser) cannot be emptied. Without a new value, they keep their old one.
  - Grafana never shows a secret again. A keyed digest of the secrets is stored with the mark, so changed secrets are
    written and unchanged ones are not.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
  - vigil.observability.connection.owner
options:
  datasources:
    description: Data sources. Each O(datasources[].uid) and each O(datasources[].name) must be unique.
    type: list
    elements: dict
    required: true
    suboptions:
      uid:
        description: Uid with which dashboards and other data sources refer to it.
        type: str
        required: true
      name:
        description: Name that people see. Defaults to the uid.
        type: str
      type:
        description: Any type for which the server has a plugin. Required unless O(state=absent).
        type: str
      url:
        description: Address for Grafana.
        type: str
      access:
        description: Who connects to it, Grafana (V(proxy)) or the browser (V(direct)).
        type: str
        default: proxy
      user:
        description: User for a database.
        type: str
      database:
        description: Database or index.
        type: str
      basicAuth:
        description: Whether to log in with O(datasources[].basicAuthUser) and the secret C(basicAuthPassword).
        type: bool
        default: false
      basicAuthUser:
        description: User for that login.
        type: str
      withCredentials:
        description: Whether browsers send cookies and certificates.
        type: bool
        default: false
      isDefault:
        description: Whether panels without a data source use it. Without this option, the setting stays unchanged.
        type: bool
      jsonData:
        description: Settings of the type. They replace all existing settings.
        type: dict
      secureJsonData:
        description:
          - Secrets of the type, such as C(basicAuthPassword) or C(tlsCACert). Others are removed, as are empty ones.
        type: dict
  secret_digest_key:
    description:
      - Secret from which the key for the digests is derived, slowly, to protect it from guessing. Required with
        C(secureJsonData).
    type: str
  state:
    description: Whether the data sources should exist.
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
unchanged: {description: Uids of those that needed no change., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.datasources import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_grafana_module(OPTIONS, act)


if __name__ == "__main__":
    main()
