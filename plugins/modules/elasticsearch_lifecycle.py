# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_lifecycle
short_description: Lifecycle policies of indices and snapshots of Elasticsearch
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, updates and deletes lifecycle policies of indices (ILM) and of snapshots (SLM) with upstream's own keys.
    Reads each kind with one request and writes only those that differ.
  - Policies are compared with the defaults that Elasticsearch adds, such as C(min_age=0ms), and durations and sizes in
    any unit, so C(24h) and C(1d) are the same.
  - What it writes carries a mark of O(owner), C(_meta.vigil) of a lifecycle policy and C(config.metadata.vigil) of a
    snapshot policy. Elasticsearch adds the latter to each snapshot.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.connection.owner
  - vigil.observability.elasticsearch
  - vigil.observability.elasticsearch.definitions
options:
  lifecycle_policies:
    description: Lifecycle policies of indices by name, as in C(policy) of C(PUT /_ilm/policy).
    type: dict
  snapshot_policies:
    description: Policies of snapshots by name, as in the body of C(PUT /_slm/policy). Their repository must exist.
    type: dict
seealso:
  - module: vigil.observability.elasticsearch_info
  - module: vigil.observability.elasticsearch_templates
"""

EXAMPLES = r"""
- name: Keep logs for 30 days, and a snapshot of each night
  vigil.observability.elasticsearch_lifecycle:
    url: https://search1:9200
    more_urls: [https://search2:9200, https://search3:9200]
    username: admin
    password: "{{ elasticsearch_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    lifecycle_policies:
      vigil-logs:
        phases:
          hot: {actions: {set_priority: {priority: 100}}}
          delete: {min_age: 30d, actions: {delete: {}}}
    snapshot_policies:
      nightly:
        schedule: 0 30 1 * * ?
        name: <nightly-{now/d}>
        repository: backup
        retention: {expire_after: 30d, min_count: 5}
"""

RETURN = r"""
created:
  description: Policies that were created.
  returned: success
  type: list
  elements: str
  sample: ["lifecycle policy 'vigil-logs'"]
updated: {description: Policies that were changed., returned: success, type: list, elements: str}
deleted: {description: Policies that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Policies that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import run_elasticsearch_module
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.lifecycle import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_elasticsearch_module(OPTIONS, act)


if __name__ == "__main__":
    main()
