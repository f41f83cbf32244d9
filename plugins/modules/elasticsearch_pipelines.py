# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_pipelines
short_description: Ingest pipelines of Elasticsearch
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, updates and deletes ingest pipelines with upstream's own keys. Reads all of them with one request and
    writes only those that differ.
  - Before anything is written, in check mode too, Elasticsearch makes each pipeline that would change without storing
    it. One that it rejects, such as for an unknown processor, is refused by that, so nothing is written.
  - What it writes carries a mark of O(owner) (C(_meta.vigil)), so that O(prune) deletes nothing that others made.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.connection.owner
  - vigil.observability.elasticsearch
  - vigil.observability.elasticsearch.definitions
options:
  pipelines:
    description: Ingest pipelines by name, as in the body of C(PUT /_ingest/pipeline).
    type: dict
    required: true
seealso:
  - module: vigil.observability.elasticsearch_info
  - module: vigil.observability.elasticsearch_templates
"""

EXAMPLES = r"""
- name: Note when a document arrived
  vigil.observability.elasticsearch_pipelines:
    url: https://search1:9200
    more_urls: [https://search2:9200, https://search3:9200]
    username: admin
    password: "{{ elasticsearch_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    pipelines:
      arrival:
        description: Notes when a document arrived
        processors:
          - set: {field: event.ingested, value: "{% raw %}{{{_ingest.timestamp}}}{% endraw %}"}
"""

RETURN = r"""
created:
  description: Ingest pipelines that were created.
  returned: success
  type: list
  elements: str
  sample: ["ingest pipeline 'arrival'"]
updated: {description: Ingest pipelines that were changed., returned: success, type: list, elements: str}
deleted: {description: Ingest pipelines that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Ingest pipelines that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import run_elasticsearch_module
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.pipelines import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_elasticsearch_module(OPTIONS, act)


if __name__ == "__main__":
    main()
