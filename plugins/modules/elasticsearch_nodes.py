# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_nodes
short_description: Nodes that join an Elasticsearch cluster, are drained, or leave it for good
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Moves all shards from nodes and withholds their votes, so that they can be stopped for good, and removes what was
    set for that once they are gone. Refuses that when the other nodes could not elect a master or hold the data.
  - Shows how many shards are left while it waits.
  - The setting C(cluster.metadata.vigil_drains) names the nodes that are being drained, so that the next run finishes
    what a killed run has begun.
  - Services are started and stopped by the playbook C(vigil.observability.elasticsearch_nodes).
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.elasticsearch
options:
  nodes:
    description: Names of nodes, as the cluster lists them.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(drained) moves the shards of these nodes to others, and then withholds their votes. A name that the cluster
        does not have is skipped, as that node has already left.
      - V(removed) waits until these nodes, whose services were stopped, have left the cluster, and removes what
        V(drained) has set.
      - V(present) is for nodes that have joined. It removes what V(drained) has set, and waits until the cluster has
        built all copies that it can have.
      - V(replaced) is for nodes that are to join with an empty disk. It refuses that, with the names of the shards, if
        shards have no whole copy on any node.
    type: str
    choices: [present, drained, removed, replaced]
    required: true
  accept_two_masters:
    description: Whether two master-eligible nodes may be left, of which neither serves without the other.
    type: bool
    default: false
  accept_lost_shards:
    description:
      - Whether shards without a whole copy begin anew. Of a shard with an outdated copy, that one is used; any other is
        empty. Documents that only the lost copies had are lost for good.
    type: bool
    default: false
  shards_timeout:
    description:
      - Seconds until shards must have been moved or built. After that, the task fails with the reason. Elasticsearch
        continues, and another run waits again.
    type: float
    default: 3600.0
seealso:
  - module: vigil.observability.elasticsearch_info
"""

EXAMPLES = r"""
- name: Drain a node before its service is stopped
  vigil.observability.elasticsearch_nodes:
    url: https://search1:9200
    more_urls: [https://search2:9200]
    username: admin
    password: "{{ elasticsearch_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    nodes: [search3]
    state: drained

- name: Remove what was set for it, once its service is stopped
  vigil.observability.elasticsearch_nodes:
    url: https://search1:9200
    more_urls: [https://search2:9200]
    username: admin
    password: "{{ elasticsearch_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    nodes: [search3]
    state: removed
"""

RETURN = r"""
shards: {description: How many shards the nodes have., returned: when state is drained, type: int}
bytes: {description: Bytes of these shards., returned: when state is drained, type: int}
lost_shards:
  description: Shards that no node has a whole copy of.
  returned: when state is replaced
  type: list
  elements: str
  sample: ["logs-shop-2026.01.31[0]"]
progress: {description: What was waited for., returned: when shards_timeout has passed, type: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import run_elasticsearch_module
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.nodes.task import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_elasticsearch_module(OPTIONS, act)


if __name__ == "__main__":
    main()
