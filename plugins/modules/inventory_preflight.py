#!/usr/bin/python

# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: inventory_preflight
short_description: Validate an inventory before connecting to any host
version_added: 1.0.0
description:
  - Reads the variables of all hosts in the inventory, also those outside of C(--limit), and fails with one sentence for
    each problem. It runs once, on the controller, and changes nothing.
  - Refuses misspelt names of inputs of roles that a host runs, values of the wrong type, templates that cannot be
    evaluated, and missing inputs and secrets.
  - Refuses versions without a digest in the catalogue, invalid ports and ports that two services of a host would use,
    hosts of a service with the same address, replicas of Prometheus with the same label, passwords that cannot be
    hashed, invalid sizes, missing rule files, and an authority that cannot sign certificates.
  - Refuses labels that would hide a label of the stack.
  - Refuses directories of the system or of another service, and values that a unit cannot contain or that systemd would
    ignore, such as invalid URLs, users, durations, flags and paths.
  - Warns of inputs that have no effect, and once of all variables that are named like inputs but may belong to others.
    List the prefixes of those in C(vigil_foreign_prefixes). Variables of hosts that run no service are ignored.
  - A service runs on the hosts of the group with its name. Values that refer to facts are checked after the facts have
    been gathered. Values that other hosts need, such as addresses, must not refer to facts, and no value may refer to
    facts of other hosts.
  - Secrets are never shown.
author: Vigil contributors (@vigil-observability)
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode.
  diff_mode:
    support: full
    description: Shows nothing, because nothing is changed.
requirements:
  - cryptography >= 42
options:
  tags:
    description:
      - The tags of the run, in the form that P(vigil.observability.chosen_services#filter) accepts.
      - Refuses tags that do not name a service, pillar or stage, and tags that would activate what is not staged.
    type: dict
    default: {run: [all], skip: []}
  deployed:
    description:
      - Services that the playbook deploys. A warning names those without any host in C(--limit).
    type: list
    elements: str
    default: []
  gathered:
    description: Whether the facts of the hosts in RV(fact_hosts) have been gathered. Then, only values are checked.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Validate the inventory
  vigil.observability.inventory_preflight:
  run_once: true
"""

RETURN = r"""
fact_hosts:
  description: The hosts with inputs that refer to their facts.
  returned: always
  type: list
  elements: str
  sample: [web1]
msg:
  description: All problems, one sentence per line.
  returned: failure
  type: str
  sample: "The inventory is not valid. No host was contacted. Correct the following:\n- prometheus_retension of web1 is
    no input of the role prometheus: correct it to prometheus_retention_time, or remove it."
"""
