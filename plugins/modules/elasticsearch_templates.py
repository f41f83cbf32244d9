# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_templates
short_description: Component and index templates of Elasticsearch
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, updates and deletes component and index templates with upstream's own keys. Reads all of them with two
    requests, however many there are, and writes only those that differ.
  - Settings are compared as Elasticsearch keeps them, so nested or flat, C(3) or C("3"), with or without C(index.) is
    the same.
  - Before anything is written, in check mode too, Elasticsearch composes each template that would change without
    storing it. An unknown setting or field type is refused by that, so nothing is written.
  - Two index templates of one priority that match the same indices are refused by name, and so is one that is composed
    of a component template that does not exist.
  - What it writes carries a mark of O(owner) (C(_meta.vigil)), so that O(prune) deletes nothing that others made.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.connection.owner
  - vigil.observability.elasticsearch
  - vigil.observability.elasticsearch.definitions
options:
  component_templates:
    description: Component templates by name, as in the body of C(PUT /_component_template).
    type: dict
  index_templates:
    description: Index templates by name, as in the body of C(PUT /_index_template). Each needs C(index_patterns).
    type: dict
seealso:
  - module: vigil.observability.elasticsearch_info
  - module: vigil.observability.elasticsearch_lifecycle
"""

EXAMPLES = r"""
- name: Add the template of our logs
  vigil.observability.elasticsearch_templates:
    url: https://search1:9200
    more_urls: [https://search2:9200, https://search3:9200]
    username: admin
    password: "{{ elasticsearch_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    prune: true
    component_templates:
      log-fields:
        template:
          mappings:
            properties:
              "@timestamp": {type: date}
              level: {type: keyword, ignore_above: 256}
              message: {type: text}
    index_templates:
      vigil-logs:
        index_patterns: [logs-*]
        priority: 500
        composed_of: [log-fields]
        template:
          settings: {number_of_shards: 1, mapping.total_fields.limit: 1000}
"""

RETURN = r"""
created:
  description: Templates that were created, each by its kind and name.
  returned: success
  type: list
  elements: str
  sample: ["index template 'vigil-logs'"]
updated: {description: Templates that were changed., returned: success, type: list, elements: str}
deleted: {description: Templates that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Templates that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import run_elasticsearch_module
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.templates import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_elasticsearch_module(OPTIONS, act)


if __name__ == "__main__":
    main()
