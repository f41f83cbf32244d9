#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_preflight
short_description: Check that a host can run its services before changing anything
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Checks a host once for all services that it should run, and fails with one sentence for each problem.
  - Refuses a host without systemd, Python older than 3.9, an architecture without an archive, a port in use by
    another process, a missing package of the distribution, a Python that is too old for a service, a unit, directory
    or link that this collection did not create, the account of a person or of another program, a data directory of
    the system or of somebody else, a retention larger than the disk, a record that is damaged or was written by a
    newer release of this collection, and a missing certificate. In check mode, a missing certificate is a warning,
    because an earlier task may issue it.
  - Reduces a default retention that does not fit to 80 % of the disk, with a warning.
  - Changes nothing, and returns facts about the host that the roles need.
options:
  services:
    description: The services of this host.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: Name of the service and of its unit., type: str, required: true}
      user: {description: System user that runs it. Defaults to its name., type: str}
      uid: {description: UID of this user., type: int}
      ports: {description: TCP ports that it listens on., type: list, elements: int, default: []}
      udp_ports: {description: UDP ports that it listens on., type: list, elements: int, default: []}
      data_dir: {description: Its data directory., type: path}
      architectures:
        description: Architectures of its release, as C(uname -m) names them. By default, any.
        type: list
        elements: str
        default: []
      packages:
        description: Packages of the distribution that it needs, each with a file by which it is found, as a glob.
        type: dict
        default: {}
      python:
        description: The oldest version of C(/usr/bin/python3) that it runs on, such as 3.11. By default, any.
        type: str
        default: ""
      files: {description: Certificate files that must exist., type: list, elements: path, default: []}
      retention_bytes: {description: Retention that the user set., type: int}
      default_retention_bytes: {description: Retention if the user set none., type: int}
      heap_bytes: {description: Heap of its Java that the user set., type: int}
  host: {description: Name of the host in warnings. Defaults to its own host name., type: str}
  key: {description: Key of the returned seals. The action plugin generates one in each run., type: str}
  unit_dirs:
    description: Directories of units.
    type: list
    elements: path
    default:
      - /etc/systemd/system
      - /run/systemd/system
      - /usr/local/lib/systemd/system
      - /usr/lib/systemd/system
      - /lib/systemd/system
  root: {description: Parent of C(opt) and C(etc)., type: path, default: /}
  records_dir: {description: Directory of the records of deployments., type: path, default: /var/lib/vigil}
attributes:
  check_mode: {support: full, description: Changes nothing in any mode.}
  diff_mode: {support: full, description: "Shows nothing, because nothing is changed."}
"""

EXAMPLES = r"""
- name: Check that the host can run its services
  vigil.observability.host_preflight:
    services:
      - {name: prometheus, ports: [9090], data_dir: /var/lib/prometheus}
      - {name: node_exporter, ports: [9100]}
"""

RETURN = r"""
ansible_facts:
  description: Facts about the host.
  type: dict
  returned: success
  contains:
    architecture: {description: Its architecture as C(uname -m) names it., type: str, sample: x86_64}
    vigil_disk_bytes: {description: "Size of the file system of the data directory, by service.", type: dict}
    vigil_retention_bytes: {description: "Retention of each service with a default retention.", type: dict}
    vigil_deployed: {description: Services that this collection has brought up before., type: list}
    vigil_stopped: {description: Those of them that listen on none of their ports., type: list}
    vigil_memory_bytes: {description: Its memory., type: int}
    vigil_host_time: {description: "Its clock, in seconds since the epoch.", type: float}
releases:
  description: Digest of each active release that is unchanged since it was staged, by directory.
  type: dict
  returned: success
  sample: {/opt/vigil/prometheus/3.5.0-e811827af26d: e811827af26d822afb09a4f28314f61b618b12cff5369835a67f674d8b46f39a}
configurations:
  description:
    - Seal of each active configuration that is unchanged since it was staged, by service, for the option
      C(already_staged) of M(vigil.observability.staged_config).
    - Without O(key), nobody can compare a sealed configuration, or guess a secret in it.
  type: dict
  returned: success
  sample: {prometheus: 5c1d9b0f0f6f7d3f4f1f0d4a1f5f5b9e0a8a1c8f7a3b2d1e0f9c8b7a6d5e4f3a}
"""

import platform
import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._deployment.host_checks import (
    Host,
    default_retentions,
    disk_bytes,
)
from ansible_collections.vigil.observability.plugins.module_utils._deployment.unmanaged import UNIT_DIRS
from ansible_collections.vigil.observability.plugins.module_utils._host.memory import memory_bytes
from ansible_collections.vigil.observability.plugins.module_utils._host.ports import silent

_SERVICE = {
    "name": {"type": "str", "required": True},
    "user": {"type": "str"},
    "uid": {"type": "int"},
    "ports": {"type": "list", "elements": "int", "default": []},
    "udp_ports": {"type": "list", "elements": "int", "default": []},
    "data_dir": {"type": "path"},
    "architectures": {"type": "list", "elements": "str", "default": []},
    "packages": {"type": "dict", "default": {}},
    "python": {"type": "str", "default": ""},
    "files": {"type": "list", "elements": "path", "default": []},
    "retention_bytes": {"type": "int"},
    "default_retention_bytes": {"type": "int"},
    "heap_bytes": {"type": "int"},
}


def main() -> None:
    """Check the host, and fail with everything that is wrong."""
    module = AnsibleModule(
        argument_spec={
            "services": {"type": "list", "elements": "dict", "required": True, "options": _SERVICE},
            "host": {"type": "str"},
            "key": {"type": "str", "no_log": True},
            "unit_dirs": {"type": "list", "elements": "path", "default": list(UNIT_DIRS)},
            "root": {"type": "path", "default": "/"},
            "records_dir": {"type": "path", "default": "/var/lib/vigil"},
        },
        supports_check_mode=True,
    )
    host = Host.of(module.params)
    missing = list(host.missing_files())
    problems = [*host.problems(), *([] if module.check_mode else missing)]
    if problems:
        module.fail_json(msg="\n".join(["This host cannot run its services:", *problems]), problems=problems)
    # In check mode, an earlier task has not created them.
    for warning in [*host.warnings(), *missing]:
        module.warn(warning)
    deployed = host.deployed()
    facts = {
        "architecture": platform.machine(),
        "vigil_disk_bytes": disk_bytes(host.services),
        "vigil_retention_bytes": default_retentions(host.services),
        "vigil_memory_bytes": memory_bytes(),
        "vigil_deployed": deployed,
        "vigil_stopped": [name for name in silent(host.services) if name in deployed],
        "vigil_host_time": time.time(),
    }
    configurations = host.configurations(module.params["key"]) if module.params["key"] else {}
    staged = {"releases": host.releases(), "configurations": configurations}
    module.exit_json(changed=False, ansible_facts=facts, **staged)


if __name__ == "__main__":
    main()
