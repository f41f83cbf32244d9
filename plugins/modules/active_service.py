#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: active_service
short_description: Run a service from what was staged, or put everything back
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Points the links at a staged release and configuration, writes a hardened systemd unit, restarts or reloads
    the service and waits until it is healthy. Only then does it record them as the last known good.
  - When the service does not become healthy, the module rolls back to the previous version and configuration and fails
    with the last lines of the journal. A first installation that never becomes healthy is removed.
  - What was not made by this collection is refused with its origin.
  - Options that a task leaves out have the value of the input of the service's role, such as C(prometheus_user) for
    O(user). That goes for O(user), O(environment), O(resources), O(start_timeout), O(listen_address), O(port),
    O(accept_irreversible) and for the files of O(health). Its certificate and key only without O(health.username).
options:
  name: {description: Name of the service and of its unit., type: str, required: true}
  description: {description: Description of the service in its unit., type: str, default: ""}
  documentation:
    description: URL of the documentation. Of services of this collection, that of C(services.yml).
    type: str
    default: ""
  version: {description: Version of the release., type: str}
  data_oldest_reader:
    description: Oldest release that can read the data which this one writes.
    type: str
  accept_irreversible:
    description: Whether to go on where the data rules out a rollback. A failed upgrade is then left as it is.
    type: bool
    default: false
  release:
    description:
      - Directory of the staged release.
      - What M(vigil.observability.staged_release) returned is taken as well, with O(version) and O(data_oldest_reader).
    type: path
    required: true
  config:
    description: Directory of the staged configuration, or what M(vigil.observability.staged_config) returned.
    type: path
  user:
    description: System user (and group) that runs the service. By default of the same name.
    type: str
  program:
    description:
      - The program, as a path below the release, and words that come before its flags. None are interpreted by systemd.
      - By default the program that is called like the service.
    type: list
    elements: str
  flags:
    description:
      - Its long options. V(true) gives the bare option, V(false) its C(no-) form, a list one option for each of its
        values, null none.
    type: dict
    default: {}
  listen_address:
    description: Where it listens. On every address when empty, C(0.0.0.0) or C(::); it is then asked at C(localhost).
    type: str
    default: ""
  port: {description: Port that answers O(health) and O(reload_path)., type: int}
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
      - What to copy of the stored data, while the service is stopped, before another release may change it. A failed
        switch puts it back. The last two copies stay below O(records_dir), in a directory named by the service.
    type: dict
    suboptions:
      path: {description: "An SQLite database, with what belongs to it.", type: path}
      command:
        description: A command that copies instead. V({dir}) stands for a directory made for it.
        type: list
        elements: str
      restore:
        description: A command that puts back what O(data_copy.command) wrote. Without it, nothing is rolled back.
        type: list
        elements: str
  reload: {description: Whether the service reads its configuration again on SIGHUP., type: bool, default: false}
  reload_path:
    description: Path to POST to for a reload that answers whether it worked. Asked like O(health.path).
    type: str
  health:
    description: How to ask the service whether it serves. Without it, living for two seconds is enough.
    type: dict
    suboptions:
      path: {description: Path that answers 2xx when the service is ready., type: str}
      ca_file:
        description: Authorities that may have issued the certificate of the service, which is then asked over HTTPS.
        type: path
      username: {description: User for basic authentication., type: str}
      password_file: {description: File on the host that holds the password., type: path}
      certificate: {description: Client certificate on the host., type: path}
      key: {description: Key of the client certificate., type: path}
      progress_path: {description: Path whose answer reports the progress of a long start., type: str}
  start_timeout: {description: Seconds to wait for health while the process lives., type: int, default: 120}
  keep: {description: "Staged releases, and configurations, to keep.", type: int, default: 3}
  unit_dir: {description: Where the unit lies., type: path, default: /etc/systemd/system}
  release_link: {description: Link to the active release. By default C(/opt/) and the name., type: path}
  config_link: {description: Link to the active configuration. By default C(/etc/) and the name., type: path}
  records_dir: {description: Where the last known good deployment lies., type: path, default: /var/lib/vigil}
  binaries_dir: {description: Where O(binaries) are linked., type: path, default: /usr/local/bin}
extends_documentation_fragment: [vigil.observability.lock]
attributes:
  check_mode: {support: full, description: Reports what would change and changes nothing.}
  diff_mode: {support: full, description: Shows the unit and the links before and after.}
"""

EXAMPLES = r"""
- name: Run Prometheus from what was staged
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
  description: What was done to the process, or would be in check mode.
  type: str
  returned: always
  choices: [none, installed, started, reloaded, restarted]
rolled_back:
  description: Whether the service was rolled back, or a first installation was removed.
  type: bool
  returned: when activated, failed included
journal:
  description: Last lines that the service logged.
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
    """Read what is there, and bring the service to what the options say."""
    module = AnsibleModule(argument_spec=OPTIONS, required_by=REQUIRED_BY, supports_check_mode=True)
    name = module.params["name"]
    try:
        with locked(module, [name]):
            bring_up(module, name)
    except LockError as exc:
        module.fail_json(msg=f"{name} was not touched. {exc}")


def bring_up(module: AnsibleModule, name: str) -> None:
    """Answer with what had to be done, once it is done."""
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
    result: dict[str, Any] = {"action": change.action.value}
    if not change.is_needed:
        module.exit_json(changed=False, **result)
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
