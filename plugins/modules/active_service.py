#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: active_service
short_description: Switch a service to what was staged, and roll back on failure
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Points the links at a staged release and configuration, writes a hardened systemd unit, restarts or reloads
    the service and waits until it is healthy. Only then does it record them as the last known good.
  - When the service does not become healthy, the module rolls back to the previous version and configuration and fails
    with the last lines of the journal. A first installation that never becomes healthy is removed.
  - Refuses to replace a unit, link or directory that this collection did not create, and names its origin.
  - Options that a task omits default to the input of the service's role, such as C(prometheus_user) for O(user). This
    applies to O(user), O(environment), O(resources), O(start_timeout), O(listen_address), O(port),
    O(accept_irreversible) and for the files of O(health). Its certificate and key only without O(health.username).
options:
  name: {description: Name of the service and of its unit., type: str, required: true}
  description: {description: Description of the service in its unit., type: str, default: ""}
  documentation:
    description: URL of the documentation. For services of this collection, defaults to the one in C(services.yml).
    type: str
    default: ""
  version: {description: Version of the release., type: str}
  data_oldest_reader:
    description: Oldest release that can read the data that this release writes.
    type: str
  accept_irreversible:
    description: Whether to continue where the data rules out a rollback. A failed upgrade is then left as it is.
    type: bool
    default: false
  release:
    description:
      - Directory of the staged release.
      - The result of M(vigil.observability.staged_release) also sets O(version) and O(data_oldest_reader).
      - Without it, the service runs a program of the host, which O(program) names by its absolute path.
    type: path
    default: ""
  config:
    description: Directory of the staged configuration, or the result of M(vigil.observability.staged_config).
    type: path
  user:
    description: System user (and group) that runs the service. Defaults to the name of the service.
    type: str
  program:
    description:
      - The program, as a path below the release, and arguments before its flags. systemd does not interpret them.
      - Defaults to the program with the name of the service.
    type: list
    elements: str
  flags:
    description:
      - Long options of the program. V(true) sets the bare option, V(false) its C(no-) form, a list repeats the option
        for each of its values, and null omits it.
    type: dict
    default: {}
  listen_address:
    description: Address to listen on. Empty, C(0.0.0.0) and C(::) are all addresses; checks then use C(localhost).
    type: str
    default: ""
  port: {description: Port that O(health) and O(reload_path) use., type: int}
  binaries: {description: Programs to link into O(binaries_dir)., type: list, elements: str, default: []}
  writable_paths:
    description: Directories that the service owns and may write to.
    type: list
    elements: path
    default: []
  environment:
    description: Environment variables. A unit is readable by everyone, so secrets do not belong here.
    type: dict
    default: {}
  resources: {description: "Further keys of the unit's Service section, such as C(MemoryMax).", type: dict, default: {}}
  hardening_overrides:
    description: Keys that override the hardening, each with C(value) and the C(reason) to note in the unit.
    type: dict
    default: {}
  per_connection:
    description:
      - Sockets below C(/run), each with the name of its unit, to which only the user of the service can connect.
        systemd starts a process for each connection, with the connection as its input and answer, in a unit of its own
        with the same hardening. It outlives the service, whose O(release), O(user) and O(writable_paths) it has.
      - A change restarts neither the service nor such processes.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: "Name of the units, V(NAME.socket) and V(NAME@.service).", type: str, required: true}
      description: {description: Description of the units., type: str, default: ""}
      program:
        description: The program, as O(program).
        type: list
        elements: str
        required: true
      flags: {description: Long options of the program., type: dict, default: {}}
      at_once: {description: Connections at once. A further one is closed., type: int, required: true}
      resources:
        description: "Further keys of the Service section, such as C(RuntimeMaxSec)."
        type: dict
        default: {}
      hardening_overrides: {description: As O(hardening_overrides)., type: dict, default: {}}
  restart_on:
    description: Files whose content the process reads only when it starts.
    type: list
    elements: path
    default: []
  extra_directories:
    description: Further staged directories that the process reads only when it starts, such as plugins.
    type: list
    elements: path
    default: []
  data_copy:
    description:
      - Stored data to copy, while the service is stopped, before another release may change it. A failed switch
        restores it. The last two copies are kept below O(records_dir), in a directory named after the service.
    type: dict
    suboptions:
      path: {description: "An SQLite database, with its journal files.", type: path}
      command:
        description: A command that makes the copy instead. V({dir}) stands for a new directory to write to.
        type: list
        elements: str
      restore:
        description: A command that restores what O(data_copy.command) wrote. Without it, nothing is rolled back.
        type: list
        elements: str
  reload: {description: Whether the service reads its configuration again on SIGHUP., type: bool, default: false}
  watches_config:
    description: Whether the service notices by itself that the link to its configuration has changed.
    type: bool
    default: false
  reload_path:
    description: Path to POST to for a reload that reports whether it succeeded. Requested like O(health.path).
    type: str
  health:
    description: How to check that the service is healthy. By default, it must only keep running for two seconds.
    type: dict
    suboptions:
      path: {description: Path that returns 2xx when the service is ready., type: str}
      ca_file:
        description: Authorities that the certificate of the service is verified with. If set, HTTPS is used.
        type: path
      username: {description: User for basic authentication., type: str}
      password_file: {description: File on the host that holds the password., type: path}
      certificate: {description: Client certificate on the host., type: path}
      key: {description: Key of the client certificate., type: path}
      presents:
        description: Certificate on the host that the service must present, for one that reads new files a while later.
        type: path
      progress_path: {description: Path that returns the progress of a long start., type: str}
      also:
        description: Further checks that have to succeed, such as of another port. Options as those of O(health).
        type: list
        elements: dict
        default: []
        suboptions:
          port: {description: Port of this check. Defaults to O(port)., type: int}
          path: {description: Path that returns 2xx when the service is ready., type: str}
          ca_file: {description: "As O(health.ca_file).", type: path}
          username: {description: User for basic authentication., type: str}
          password_file: {description: File on the host that holds the password., type: path}
          certificate: {description: Client certificate on the host., type: path}
          key: {description: Key of the client certificate., type: path}
          presents: {description: "As O(health.presents).", type: path}
          progress_path: {description: Path that returns the progress of a long start., type: str}
  cluster:
    description:
      - The Elasticsearch cluster that the service is a node of, where it has other nodes. A restart then waits until
        every shard has its copies, restricts the allocation to primaries, flushes, stops the node, and gives the
        allocation back when it has returned or has failed. What a killed run has left is removed by the next one.
      - A release that upstream does not let follow the active one is refused.
    type: dict
    suboptions:
      node: {description: Name of the node., type: str, required: true}
      urls: {description: "URLs of all nodes, with its own first.", type: list, elements: str, required: true}
      username: {description: User who may change settings of the cluster., type: str, required: true}
      password_file: {description: File on the host that holds the password., type: path, required: true}
      accept_yellow:
        description: Whether the node may leave while shards lack copies. Those of which it has the last one are then
          unavailable until it returns.
        type: bool
        default: false
      emptied_after_failure:
        description:
          - Directory of the node's data, to be emptied if an upgrade has failed and left data that O(version) cannot
            read. The other nodes then fill it again.
          - Refused if a shard has no other copy, if too few nodes would be left to elect a master, or if another node
            has the newer release already.
        type: path
      elected_waits:
        description: Whether the elected master is left alone, to be changed by a later task, after all other nodes.
        type: bool
        default: false
  start_timeout: {description: Seconds to wait until the service is healthy., type: int, default: 120}
  keep: {description: "Number of staged releases, and of configurations, to keep.", type: int, default: 3}
  unit_dir: {description: Directory of the unit., type: path, default: /etc/systemd/system}
  release_link: {description: Link to the active release. Defaults to C(/opt/<name>)., type: path}
  config_link: {description: Link to the active configuration. Defaults to C(/etc/<name>)., type: path}
  records_dir: {description: Directory of records of deployments., type: path, default: /var/lib/vigil}
  binaries_dir: {description: Directory of the links to O(binaries)., type: path, default: /usr/local/bin}
  textfile_dir:
    description:
      - Directory that node_exporter reads metrics from. Each deployment, also one that failed, replaces the metric
        C(vigil_deployment_timestamp_seconds) of the service there, with the labels C(service), C(version) and
        C(change).
      - Defaults to C(node_exporter_textfile_dir), to C(vigil_textfile_dir), or else to C(textfile) in O(records_dir).
    type: path
extends_documentation_fragment: [vigil.observability.lock]
attributes:
  check_mode: {support: full, description: Reports what would change and changes nothing.}
  diff_mode: {support: full, description: Shows the unit and the links before and after.}
"""

EXAMPLES = r"""
- name: Activate the staged Prometheus
  vigil.observability.active_service:
    name: prometheus
    release: "{{ staged_release }}"
    config: "{{ staged_config }}"
    user: prometheus
    flags: {config.file: /etc/prometheus/prometheus.yml, web.enable-lifecycle: true}
    port: 9090
    binaries: [promtool]
    writable_paths: [/var/lib/prometheus]
    resources: {MemoryMax: 4G}
    reload_path: /-/reload
    reload: true
    health: {path: /-/ready}
"""

RETURN = r"""
action:
  description: What was done to the process, or would be done in check mode.
  type: str
  returned: always
  choices: [none, installed, started, reloaded, restarted]
waits:
  description: Whether the change was left to a later task, as O(cluster.elected_waits) demands.
  type: bool
  returned: unchanged
rolled_back:
  description: Whether the service was rolled back, or a first installation was removed.
  type: bool
  returned: when activated, also on failure
journal:
  description: The last lines that the service logged.
  type: list
  elements: str
  returned: on failed activation
pruned:
  description: Staged directories that were removed.
  type: list
  elements: str
  returned: changed
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._deployment.activation import ActivationError
from ansible_collections.vigil.observability.plugins.module_utils._deployment.lock import LockError, locked
from ansible_collections.vigil.observability.plugins.module_utils._deployment.options import OPTIONS, REQUIRED_BY
from ansible_collections.vigil.observability.plugins.module_utils._deployment.record import RecordError
from ansible_collections.vigil.observability.plugins.module_utils._deployment.service import Service
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError


def main() -> None:
    """Compare the host with the options, and bring the service up to date."""
    module = AnsibleModule(argument_spec=OPTIONS, required_by=REQUIRED_BY, supports_check_mode=True)
    name = module.params["name"]
    try:
        with locked(module, [name]):
            bring_up(module, name)
    except LockError as exc:
        module.fail_json(msg=f"{name} was not touched. {exc}")


def bring_up(module: AnsibleModule, name: str) -> None:
    """Make the change, and return what was done."""
    service = Service.of(module)
    try:
        change = service.change(only_planned=module.check_mode)
    except RecordError as exc:
        module.fail_json(msg=f"{name} was not touched. {exc}")
    except (OSError, OperatorError) as exc:
        module.fail_json(msg=f"Cannot determine the state of {name}: {exc}")
    if change.before.unrecorded:
        module.warn(f"There is no record of {name}: the running deployment is taken as the last known good one.")
    if change.refusal:
        module.fail_json(msg=f"{name} was not touched. {change.refusal}")
    if change.waits or not change.is_needed:
        module.exit_json(changed=False, waits=change.waits, action="none")
    result: dict[str, Any] = {"action": change.action.value}
    result["diff"] = change.diff()
    if module.check_mode:
        module.exit_json(changed=True, **result)
    try:
        pruned = service.activate(change)
    except ActivationError as exc:
        module.fail_json(msg=str(exc), rolled_back=exc.rolled_back, journal=exc.journal, **result)
    module.exit_json(changed=True, rolled_back=False, pruned=pruned, **result)


if __name__ == "__main__":
    main()
