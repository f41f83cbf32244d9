#!/usr/bin/python

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: inventory_secrets
short_description: Generate the missing secrets of an inventory
version_added: 1.0.0
description:
  - Generates missing secrets, once, in a vault-encrypted file beside the inventory, and rotates secrets on request. It
    runs on the controller.
  - Existing values, and values that are defined elsewhere in the inventory, are changed only on request.
  - The file is encrypted with the vault password of the run, which is required. Its mode is 0600. It is written in one
    step, and its comments and order are kept.
  - Values are never shown, not even in check mode and diff mode.
author: Vigil contributors (@vigil-observability)
attributes:
  check_mode:
    support: full
    description: Names what would be created or changed.
  diff_mode:
    support: full
    description: Shows names, never values.
requirements:
  - cryptography >= 42
options:
  wanted:
    description: The secrets that the inventory must contain. Defaults to those of the services of this collection.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the variable.
        type: str
        required: true
      kind:
        description:
          - V(password) is one password of 32 random characters that are safe in URLs.
          - V(passwords) is a mapping with such a password for each of O(wanted[].members).
          - V(key) is like V(password), but is never rotated, because data is encrypted with it.
          - V(authority) is a certificate authority in two variables, C(<name>_certificate) and C(<name>_key).
        type: str
        choices: [password, passwords, key, authority]
        required: true
      members:
        description: The keys of a mapping of passwords.
        type: list
        elements: str
        default: []
  rotate:
    description: Passwords to replace with new ones, each as C(variable) or C(variable.member).
    type: list
    elements: str
    default: []
  authority:
    description:
      - A phase of replacing the certificate authority. After each phase, run the site playbook on all hosts.
      - V(prepare) creates the new authority, which hosts then trust.
      - V(switch) signs with the new authority; the previous one is still trusted.
      - V(finish) ends the trust in the previous authority.
    type: str
    choices: [prepare, switch, finish]
  path:
    description:
      - File to write.
      - Defaults to C(group_vars/all/secrets.yml) in the directory of the inventory.
    type: path
"""

EXAMPLES = r"""
- name: Generate missing secrets
  vigil.observability.inventory_secrets:

- name: Rotate the password of Prometheus' administrator
  vigil.observability.inventory_secrets:
    wanted:
      - name: prometheus_passwords
        kind: passwords
        members: [admin, prometheus]
    rotate: [prometheus_passwords.admin]
"""

RETURN = r"""
path:
  description: The file that was written, or would be in check mode.
  returned: success
  type: str
made:
  description: Names of the secrets that were missing.
  returned: success
  type: list
  elements: str
  sample: [certificates_authority_certificate, certificates_authority_key, prometheus_passwords.admin]
replaced:
  description: Names of the values that were changed or removed on request.
  returned: success
  type: list
  elements: str
defined_elsewhere:
  description: Wanted variables that are defined outside of the file and were therefore not changed.
  returned: success
  type: list
  elements: str
msg:
  description: What was done, and the next steps.
  returned: success
  type: str
"""
