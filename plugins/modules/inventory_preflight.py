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
  - Reads what the inventory gives all its hosts, also those outside of C(--limit), and fails with everything that is
    wrong with it, a sentence each. It runs on the controller, once for a run, and changes nothing.
  - Refuses slips in the names of inputs of roles that a host runs, values of the wrong type, templates that cannot be
    evaluated, and missing inputs and secrets.
  - Refuses versions without a digest in the catalogue, ports that are none or that two services of a host would listen
    on, hosts of a service with one address, replicas of Prometheus with one label, passwords that cannot be hashed,
    sizes that are none, missing rule files, and an authority that cannot sign certificates.
  - Refuses labels that would hide one of the stack's.
  - Refuses directories of the system or of another service, and values that a unit cannot hold or systemd would ignore,
    URLs, users, durations, flags and paths among them.
  - Warns of inputs that have no effect, and once of all variables that are named like inputs and may be others'.
    C(vigil_foreign_prefixes) names the prefixes of those. Variables of hosts that run no service are left alone.
  - A service runs on the hosts of the group of its name. Values that are made of facts are judged when
    the facts have been gathered; those that other hosts need, such as addresses, and those of other hosts' facts are
    refused.
  - No secret is shown.
author: Vigil contributors (@vigil-observability)
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode.
  diff_mode:
    support: full
    description: There is never a difference to show.
requirements:
  - cryptography >= 42
options:
  tags:
    description:
      - The tags of the run as P(vigil.observability.chosen_services#filter) takes them.
      - Tags that are no service, pillar or stage are refused, and those that would activate what is not staged.
    type: dict
    default: {run: [all], skip: []}
  deployed:
    description:
      - Services that the playbook deploys. A warning names those of which C(--limit) holds no host.
    type: list
    elements: str
    default: []
  gathered:
    description: Whether the facts of the hosts in RV(fact_hosts) have been gathered, so that only values are judged.
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
  description: The hosts with inputs that are made of their facts.
  returned: always
  type: list
  elements: str
  sample: [web1]
msg:
  description: Everything that is wrong, a sentence in each line.
  returned: failure
  type: str
  sample: "The inventory is not valid. No host was contacted. Correct the following:\n- prometheus_retension of web1 is
    no input of the role prometheus: correct it to prometheus_retention_time, or remove it."
"""
