# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_security
short_description: Roles, role mappings, native users and API keys of Elasticsearch
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, updates and deletes roles, role mappings and native users with upstream's own keys, and API keys in files.
    Reads each kind that is given with one request and writes only what differs.
  - Roles are compared as Elasticsearch keeps them, so the order of privileges, or a default that is left out, is no
    difference.
  - Elasticsearch never shows a password again. A keyed digest lies beside the mark of O(owner) (C(metadata.vigil)), so
    that a changed password is written and an unchanged one is not.
  - What Elasticsearch reserves (C(elastic), C(superuser) and so on) is refused by name, and never pruned.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.connection.owner
  - vigil.observability.elasticsearch
  - vigil.observability.elasticsearch.definitions
options:
  roles:
    description: Roles by name, as in the body of C(PUT /_security/role).
    type: dict
  role_mappings:
    description: Role mappings by name, as in the body of C(PUT /_security/role_mapping). Enabled unless they say not.
    type: dict
  users:
    description:
      - Native users by name, as in the body of C(PUT /_security/user), without a password.
      - A user of the realm C(file) is answered while the cluster recovers, when native users are refused. Machines that
        write are better there.
    type: dict
  passwords:
    description:
      - Passwords by user. Those of users that are not in O(users) are not used, so that it may be the whole dictionary
        of an inventory. A user that exists keeps its password without one.
    type: dict
    default: {}
  secret_digest_key:
    description:
      - Secret that the key of the digests is derived from, in a way that makes guessing it slow. Needed for
        O(passwords).
    type: str
  api_keys:
    description:
      - API keys by name, of the user that logs in. C(path) is the file that its owner may read, which gets the key in
        its encoded form; C(role_descriptors), C(metadata) and C(expiration) are upstream's; a key that expires within
        C(renew_before) (such as V(7d)) is replaced.
      - A key is replaced if its file has no key that is accepted. The old one is invalidated once the new one is in the
        file and accepted. Another role descriptor or other metadata change the key in place.
    type: dict
seealso:
  - module: vigil.observability.elasticsearch_info
  - module: vigil.observability.elasticsearch_settings
"""

EXAMPLES = r"""
- name: Add the role of a reader, who uses it, and a key for a program
  vigil.observability.elasticsearch_security:
    url: https://search1:9200
    more_urls: [https://search2:9200, https://search3:9200]
    username: admin
    password: "{{ elasticsearch_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    secret_digest_key: "{{ elasticsearch_secret_digest_key }}"
    roles:
      log-reader:
        cluster: [monitor]
        indices:
          - {names: [logs-*], privileges: [read, view_index_metadata]}
    users:
      reports: {roles: [log-reader], full_name: Weekly reports}
    passwords: "{{ elasticsearch_passwords }}"
    api_keys:
      importer:
        path: /etc/importer/elasticsearch.key
        expiration: 90d
        renew_before: 14d
        role_descriptors:
          writer:
            indices:
              - {names: [imports-*], privileges: [create_doc, auto_configure]}
"""

RETURN = r"""
created:
  description: Roles, role mappings, users and API keys that were created.
  returned: success
  type: list
  elements: str
  sample: ["role 'log-reader'"]
updated: {description: Those that were changed., returned: success, type: list, elements: str}
deleted: {description: Those that were deleted., returned: success, type: list, elements: str}
unchanged: {description: Those that already were as wanted., returned: success, type: list, elements: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import run_elasticsearch_module
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.security import OPTIONS, act


def main() -> None:
    """Run the module."""
    run_elasticsearch_module(OPTIONS, act)


if __name__ == "__main__":
    main()
