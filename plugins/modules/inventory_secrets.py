#!/usr/bin/python

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: inventory_secrets
short_description: Make the secrets that an inventory is missing
version_added: 1.0.0
description:
  - Makes what is missing among the wanted secrets, once, into a vault-encrypted file beside the inventory, and rotates
    on request. It runs on the controller.
  - Values that are there, or that are defined elsewhere in the inventory, are never changed unless asked.
  - The file is encrypted with the vault password of the run and refused without one. Its mode is 0600. It is written
    in one step, and its comments and order are kept.
  - No value is shown, in check mode and diff mode neither.
author: Vigil contributors (@vigil-observability)
attributes:
  check_mode:
    support: full
    description: Names what would be made or changed.
  diff_mode:
    support: full
    description: Shows names, never values.
requirements:
  - cryptography >= 42
options:
  wanted:
    description: The secrets that the inventory has to hold. Defaults to those of the services of this collection.
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
          - V(key) is like V(password), but is never rotated, as something is encrypted with it.
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
    description: Passwords to replace by new ones, each as C(variable) or C(variable.member).
    type: list
    elements: str
    default: []
  authority:
    description:
      - A phase of replacing the certificate authority. Between two of them all hosts need a run of the site playbook.
      - V(prepare) makes the next authority and has it trusted.
      - V(switch) has it sign, and the one before trusted.
      - V(finish) ends the trust in the one before.
    type: str
    choices: [prepare, switch, finish]
  path:
    description:
      - The file.
      - Without it, C(group_vars/all/secrets.yml) in the directory of the inventory.
    type: path
"""

EXAMPLES = r"""
- name: Make the secrets that are missing
  vigil.observability.inventory_secrets:

- name: Give the administrators of Prometheus another password
  vigil.observability.inventory_secrets:
    wanted:
      - name: prometheus_passwords
        kind: passwords
        members: [admin, prometheus]
    rotate: [prometheus_passwords.admin]
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
made:
  description: Names of the secrets that were missing.
  returned: success
  type: list
  elements: str
  sample: [certificates_authority_certificate, certificates_authority_key, prometheus_passwords.admin]
replaced:
  description: Names of the values that were changed or removed because that was asked for.
  returned: success
  type: list
  elements: str
defined_elsewhere:
  description: Wanted variables that are defined outside the file and therefore were left to it.
  returned: success
  type: list
  elements: str
msg:
  description: What was done, and what to do next.
  returned: success
  type: str
"""
