# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_snapshots
short_description: Repositories of snapshots of Elasticsearch
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Registers, changes and unregisters repositories of snapshots with upstream's own keys. Reads all of them with one
    request and writes only those that differ. Unregistering one leaves its snapshots where they are.
  - Every node tries a repository that is written. If one cannot use it, it is restored to what it was before,
    and the error names the node.
  - What it writes carries a mark of O(owner), the setting C(vigil.owner), which Elasticsearch keeps and does not use.
  - Credentials of a store belong into the keystore of each node, not into the settings of a repository.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.connection.owner
  - vigil.observability.elasticsearch
  - vigil.observability.elasticsearch.definitions
options:
  repositories:
    description: Repositories by name, as in the body of C(PUT /_snapshot).
    type: dict
    required: true
seealso:
  - module: vigil.observability.elasticsearch_lifecycle
"""

EXAMPLES = r"""
- name: Register the directory that all nodes have mounted
  vigil.observability.elasticsearch_snapshots:
    url: https://search1:9200
    more_urls: [https://search2:9200, https://search3:9200]
    username: admin
    password: "{{ elasticsearch_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    repositories:
      backup:
        type: fs
        settings: {location: /srv/elasticsearch-backup, compress: true}
"""

RETURN = r"""
created:
  description: Repositories that were created.
  returned: success
  type: list
  elements: str
  sample: ["repository 'backup'"]
updated: {description: Those that were changed., returned: success, type: list, elements: str}
deleted: {description: Those that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Those that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import run_elasticsearch_module
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.repositories import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_elasticsearch_module(OPTIONS, act)


if __name__ == "__main__":
    main()
