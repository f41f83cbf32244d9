# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_settings
short_description: Persistent settings of an Elasticsearch cluster
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Sets and resets persistent settings of a cluster. Reads all of them with one request and writes what differs with
    another one, which changes all of them or, if one is unknown or has a wrong value, none.
  - Settings are compared as Elasticsearch keeps them, so nested or flat, C(3) or C("3"), C(60s) or C(1m) is the same.
  - Which settings an O(owner) has set is kept in the setting C(cluster.metadata.vigil.<owner>), so that O(prune) resets
    nothing that others set.
  - A transient setting takes precedence over a persistent one. A warning names it.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.connection.owner
  - vigil.observability.elasticsearch
  - vigil.observability.elasticsearch.definitions
options:
  settings:
    description: Settings, nested, flat or both. Null resets one to its default.
    type: dict
    required: true
seealso:
  - module: vigil.observability.elasticsearch_info
  - module: vigil.observability.elasticsearch_templates
"""

EXAMPLES = r"""
- name: Allow two recoveries at once
  vigil.observability.elasticsearch_settings:
    url: https://search1:9200
    more_urls: [https://search2:9200, https://search3:9200]
    username: admin
    password: "{{ elasticsearch_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    prune: true
    settings:
      cluster.routing.allocation.node_concurrent_recoveries: 2
      indices:
        recovery.max_bytes_per_sec: 100mb
"""

RETURN = r"""
created:
  description: Names of settings that were created.
  returned: success
  type: list
  elements: str
  sample: ["indices.recovery.max_bytes_per_sec"]
updated: {description: Names of settings that were changed., returned: success, type: list, elements: str}
deleted: {description: Names of settings that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Names of settings that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import run_elasticsearch_module
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.settings import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_elasticsearch_module(OPTIONS, act)


if __name__ == "__main__":
    main()
