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
  - Writes all files of a configuration to a directory of its own, which is named by the digest over their paths,
    owners, groups, modes and contents, and which only root and the group of the service's user may enter.
  - The directory appears only once the product's own tools accept it. They run in check mode too.
  - Never touches the configuration in use, unless that was edited on the host; then it is restored in one step, so
    that M(vigil.observability.active_service), which switches to what was staged, sees a new one.
  - Makes the system user of the service when it is missing. An unchanged run writes nothing.
options:
  service:
    description: Service that the configuration is of.
    type: str
    required: true
  user:
    description:
      - System user that reads the files by its group of the same name. Made when missing.
      - By default, as O(uid), the input of that name of the service's role, else of the service's name.
    type: str
  uid:
    description: UID that the user must have. Any, when omitted.
    type: int
  files:
    description: All files of the configuration.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Path relative to the directory. Directories in it are made.
        type: str
        required: true
      content:
        description: Content that may be shown in diffs. Exactly one of this and O(files[].secret_content) is needed.
        type: str
      secret_content:
        description: Content that is never shown. The file must not be open to everyone on the host.
        type: str
      mode:
        description: Permissions as four octal digits, quoted.
        type: raw
        default: "0640"
      tests:
        description:
          - Paths of the other files that this one is a test of, for O(test).
          - An empty list when they are not known. That test runs on every change of the configuration, as does one of a
            file that is not among O(files).
        type: list
        elements: str
  validate:
    description:
      - Commands that must accept the configuration, each a list of program and arguments, without a shell.
      - V({dir}) stands for the directory that holds the files at that moment.
      - They run side by side, one for each CPU, with a lower priority than services have.
      - A program that is missing fails the task. In check mode a warning names what was not validated.
    type: list
    elements: list
    default: []
  test:
    description:
      - Command that must accept each file with O(files[].tests), one at a time, with its path as last argument.
      - A test that passed on this host runs again only when it, one of the files that it tests or the program has
        changed. What passed is kept below O(configurations_dir), as digests, beside the configurations of the service.
    type: list
    elements: str
    default: []
  configurations_dir:
    description: Directory below which every service has a directory of configurations.
    type: path
    default: /etc/vigil
  active:
    description: Configuration in use, which the diff is made against. By default the service's name below C(/etc).
    type: path
  already_staged:
    description:
      - Seals by service of what M(vigil.observability.host_preflight) found staged and untouched in the same run.
      - A configuration that is among them is there, and neither sent to the host nor compared again.
    type: dict
    default: {}
extends_documentation_fragment: [vigil.observability.lock]
attributes:
  check_mode:
    description: Validates in a temporary directory.
    support: full
  diff_mode:
    description: Shows each file that differs from the configuration in use. Secret files are masked one by one.
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
  description: SHA-256 over paths, owners, groups, modes and contents.
  returned: success
  type: str
validated:
  description: Whether the commands of O(validate) and O(test), one at least, have all accepted this configuration.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._deployment.lock import (
    LOCK_OPTIONS,
    locked,
)
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.configuration import Configuration
from ansible_collections.vigil.observability.plugins.module_utils._staging.stage_configuration import outcome


class _Module(AnsibleModule):  # type: ignore[misc]  # Ansible publishes no types
    """Tells the system log which files it got, and nothing of what is in them.

    Ansible would log them as one text, in which it does not recognize a secret of several lines.
    """

    def _log_invocation(self) -> None:
        paths = ", ".join(str(file["path"]) for file in self.params["files"])
        self.log(f"Invoked for {self.params['service']} with {paths}")


def main() -> None:
    file_spec = {
        "path": {"type": "str", "required": True},
        "content": {"type": "str"},
        "secret_content": {"type": "str", "no_log": True},
        "mode": {"type": "raw", "default": "0640"},
        "tests": {"type": "list", "elements": "str"},
    }
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
                "required_one_of": [("content", "secret_content")],
                "mutually_exclusive": [("content", "secret_content")],
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
        configuration = Configuration.from_parameters(module.params)
        with locked(module, [configuration.service]):
            module.exit_json(**outcome(module, configuration))
    except OperatorError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
