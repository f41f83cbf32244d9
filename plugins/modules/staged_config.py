#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: staged_config
short_description: Stage a complete, validated configuration directory of a service
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Writes all files of a configuration to a separate directory, named after the digest of their paths, owners, groups,
    modes and contents. Only root and the group of the service's user can enter it.
  - The directory is created only if the product's own tools accept the configuration. They also run in check mode.
  - Never changes the configuration in use, unless it was edited on the host. It is then restored in one step, and
    M(vigil.observability.active_service), which switches to what was staged, treats it as a new one.
  - Creates the system user of the service if it is missing. An unchanged run writes nothing.
options:
  service:
    description: Name of the service.
    type: str
    required: true
  user:
    description:
      - System user that reads the files through its group of the same name. Created if missing.
      - Like O(uid), defaults to the input of the service's role, otherwise to the name of the service.
    type: str
  uid:
    description: UID that the user must have. By default, any.
    type: int
  files:
    description: All files of the configuration.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Path relative to the directory. Parent directories are created.
        type: str
        required: true
      content:
        description: Content that may appear in diffs. Set this or one of the options below.
        type: str
      secret_content:
        description: Content that is never shown. The mode must not grant access to everyone on the host.
        type: str
      secret_base64:
        description: Binary content in Base64, treated like O(files[].secret_content).
        type: str
      host_file:
        description:
          - File on the host to copy, treated like O(files[].secret_content), for services that read certificates
            below their configuration only. When it changes, so does the configuration.
          - In check mode, a file that does not exist yet is empty.
        type: path
      mode:
        description: Permissions as four octal digits, quoted.
        type: raw
        default: "0640"
      tests:
        description:
          - Paths of the other files that this file tests, for O(test).
          - Set an empty list if they are unknown. The test then runs on every change of the configuration, as does a
            test of a file that is not in O(files).
        type: list
        elements: str
  validate:
    description:
      - Commands that must accept the configuration, each a list of program and arguments, without a shell.
      - V({dir}) stands for the directory that contains the files during validation.
      - They run in parallel, one per CPU, at a lower priority than services.
      - A missing program fails the task. In check mode, a warning names what was not validated.
      - V(/usr/bin/env) and assignments may precede the program, for its environment.
    type: list
    elements: list
    default: []
  test:
    description:
      - Command that must accept each file with O(files[].tests). It runs once per file, with its path as last argument.
      - A test that passed on this host runs again only if it, a file that it tests or the program has changed.
        Digests of passed tests are stored in O(configurations_dir), beside the configurations of the service.
    type: list
    elements: str
    default: []
  configurations_dir:
    description: Parent of the directories of configurations, one per service.
    type: path
    default: /etc/vigil
  active:
    description: Configuration in use, to compare with in the diff. Defaults to C(/etc/<service>).
    type: path
  already_staged:
    description:
      - Seals, by service, of the configurations that M(vigil.observability.host_preflight) found unchanged in this run.
      - A configuration with one of these seals is neither sent to the host nor compared again.
    type: dict
    default: {}
extends_documentation_fragment: [vigil.observability.lock]
attributes:
  check_mode:
    description: Validates in a temporary directory.
    support: full
  diff_mode:
    description: Shows each file that differs from the configuration in use. The content of secret files is masked.
    support: full
seealso:
  - module: vigil.observability.staged_release
  - module: vigil.observability.active_service
"""

EXAMPLES = r"""
- name: Stage the configuration of Prometheus
  vigil.observability.staged_config:
    service: prometheus
    user: prometheus
    files:
      - path: prometheus.yml
        content: "{{ prometheus_configuration | to_nice_yaml }}"
      - path: passwords/alertmanager
        secret_content: "{{ alertmanager_passwords.prometheus }}"
      - path: rules/shop.yml
        content: "{{ lookup('ansible.builtin.file', 'rules/shop.yml') }}"
      - path: tests/shop.yml
        content: "{{ lookup('ansible.builtin.file', 'tests/shop.yml') }}"
        tests: [rules/shop.yml]
    validate:
      - ["{{ prometheus_release.path }}/promtool", check, config, "{dir}/prometheus.yml"]
    test: ["{{ prometheus_release.path }}/promtool", test, rules]
  register: prometheus_configuration_directory
"""

RETURN = r"""
path:
  description: Directory of the staged configuration.
  returned: success
  type: str
  sample: /etc/vigil/prometheus/0b5cf7a8a8a1
digest:
  description: SHA-256 of paths, owners, groups, modes and contents.
  returned: success
  type: str
validated:
  description: Whether there were commands in O(validate) or O(test), and all of them accepted the configuration.
  returned: success
  type: bool
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._deployment.lock import (
    LOCK_OPTIONS,
    locked,
)
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.configuration import Configuration
from ansible_collections.vigil.observability.plugins.module_utils._staging.stage_configuration import outcome


class _Module(AnsibleModule):  # type: ignore[misc]  # Ansible publishes no types
    """Logs the paths of its files to the system log, without their content.

    Ansible would log them as one text, in which it does not recognize a secret of several lines.
    """

    def _log_invocation(self) -> None:
        paths = ", ".join(str(file["path"]) for file in self.params["files"])
        self.log(f"Invoked for {self.params['service']} with {paths}")


def _planned(module: AnsibleModule) -> dict[str, Any]:
    """Return the parameters with nothing in the place of files that an earlier task would have created."""
    files = [
        {**file, "host_file": None, "secret_content": ""}
        if file["host_file"] and not Path(file["host_file"]).exists()
        else file
        for file in module.params["files"]
    ]
    return {**module.params, "files": files}


def main() -> None:
    file_spec = {
        "path": {"type": "str", "required": True},
        "content": {"type": "str"},
        "secret_content": {"type": "str", "no_log": True},
        "secret_base64": {"type": "str", "no_log": True},
        "host_file": {"type": "path"},
        "mode": {"type": "raw", "default": "0640"},
        "tests": {"type": "list", "elements": "str"},
    }
    contents = ("content", "secret_content", "secret_base64", "host_file")
    module = _Module(
        argument_spec={
            "service": {"type": "str", "required": True},
            "user": {"type": "str"},
            "uid": {"type": "int"},
            "files": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": file_spec,
                "required_one_of": [contents],
                "mutually_exclusive": [contents],
            },
            "validate": {"type": "list", "elements": "list", "default": []},
            "test": {"type": "list", "elements": "str", "default": []},
            "configurations_dir": {"type": "path", "default": "/etc/vigil"},
            "active": {"type": "path"},
            "already_staged": {"type": "dict", "default": {}},
            **LOCK_OPTIONS,
        },
        supports_check_mode=True,
    )
    try:
        configuration = Configuration.from_parameters(module.params if not module.check_mode else _planned(module))
        with locked(module, [configuration.service]):
            module.exit_json(**outcome(module, configuration))
    except OperatorError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
