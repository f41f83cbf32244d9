# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_info
short_description: What an Elasticsearch cluster shows of itself
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Reads build, health, nodes, indices, shards and definitions of a cluster.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.reads
  - vigil.observability.elasticsearch
options:
  gather:
    description: What to read, each with one request.
    type: list
    elements: str
    choices:
      - build
      - component_templates
      - health
      - index_templates
      - indices
      - lifecycle_policies
      - nodes
      - pipelines
      - repositories
      - settings
      - shards
      - snapshot_policies
    default: [build, health, indices, nodes, settings]
seealso:
  - module: vigil.observability.elasticsearch_templates
"""

EXAMPLES = r"""
- name: Read the health
  vigil.observability.elasticsearch_info:
    url: https://search1:9200
    more_urls: [https://search2:9200, https://search3:9200]
    username: admin
    password: "{{ elasticsearch_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    gather: [health]
  register: elasticsearch

- name: Show how many shards have no node
  ansible.builtin.debug:
    msg: "{{ elasticsearch.health.status }}, {{ elasticsearch.health.unassigned_shards }} unassigned"
"""

RETURN = r"""
build: {description: Name and version of the node that answered., returned: when gathered, type: dict}
component_templates: {description: Component templates by name., returned: when gathered, type: dict}
health: {description: Status of the cluster and counts of its shards., returned: when gathered, type: dict}
index_templates: {description: Index templates by name., returned: when gathered, type: dict}
lifecycle_policies: {description: Lifecycle policies by name., returned: when gathered, type: dict}
nodes: {description: Nodes with their versions by id., returned: when gathered, type: dict}
pipelines: {description: Ingest pipelines by name., returned: when gathered, type: dict}
repositories: {description: Repositories of snapshots by name., returned: when gathered, type: dict}
settings: {description: Persistent and transient settings by their flat names., returned: when gathered, type: dict}
snapshot_policies: {description: Policies of snapshots by name., returned: when gathered, type: dict}
indices:
  description: Indices with health, documents and bytes.
  returned: when gathered
  type: list
  elements: dict
shards:
  description: Shards with state, documents, bytes and node.
  returned: when gathered
  type: list
  elements: dict
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import run_elasticsearch_module
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.info import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_elasticsearch_module(OPTIONS, act)


if __name__ == "__main__":
    main()
