#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: staged_venv
short_description: Stage the Python environment of a service as a release
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Installs locked Python packages in a separate virtual environment, beside existing releases.
  - Its program is C(bin/python). Start a service with C(bin/python -m) and its module; the programs of packages are
    not installed.
  - The controller downloads the packages with its own pip, as wheels for the Python and the architecture of the host,
    verifies their digests, and transfers them. The host needs Python, but no network, pip or compiler.
  - Never changes the running release; M(vigil.observability.active_service) switches to what was staged.
  - The environment is staged again when the lock, the packages, the minor version of the host's Python or a file in it
    changed. On failure, nothing is left behind.
  - An unchanged run downloads, transfers and writes nothing.
options:
  service:
    description: Service that runs in the environment.
    type: str
    required: true
  version:
    description: Version of the service. Defaults to that in C(pyproject.toml) of the first directory in O(packages).
    type: str
  requirements:
    description:
      - The content of a pip requirements file. It pins every package that is needed to one version and its wheels to
        digests, as C(pip-compile --generate-hashes) and C(uv pip compile --generate-hashes) write it.
      - Environment markers are evaluated for the Python of the host.
    type: str
    required: true
  packages:
    description:
      - Wheels on the controller to install as well, such as the service's own, and directories with a
        C(pyproject.toml), of which the controller's pip builds wheels.
      - The build back end that a directory names has to be installed on the controller.
    type: list
    elements: path
    default: []
  wheels:
    description:
      - Directory on the controller with the wheels of O(requirements). Nothing is downloaded then.
      - By default, pip downloads from the index that is configured on the controller.
    type: path
  python:
    description: Python on the host that runs the service.
    type: path
    default: /usr/bin/python3
  releases_dir:
    description: Parent of the directories of releases, one per service.
    type: path
    default: /opt/vigil
  inputs_sha256:
    description: Digest of the lock and the packages. Set by the action plugin.
    type: str
  transferred:
    description: Path of the transferred archive of packages on the host. Set by the action plugin.
    type: path
  transferred_sha256:
    description: Digest of the archive. Set by the action plugin.
    type: str
extends_documentation_fragment: [vigil.observability.lock]
attributes:
  check_mode:
    description: Does not download; compares the lock, the packages and the Python of the host with what is staged.
    support: full
  diff_mode:
    description: Shows the environment as found, with the names of changed files, and as staged.
    support: full
seealso:
  - module: vigil.observability.staged_release
  - module: vigil.observability.active_service
"""

EXAMPLES = r"""
- name: Stage the shop
  vigil.observability.staged_venv:
    service: shop
    version: 1.4.0
    requirements: "{{ lookup('ansible.builtin.file', 'requirements.txt') }}"
    packages: [dist/shop-1.4.0-py3-none-any.whl]
  register: shop_release

- name: Run the shop
  vigil.observability.active_service:
    name: shop
    release: "{{ shop_release.path }}"
    program: [bin/python, -m, shop]

- name: Stage the shop from its source
  vigil.observability.staged_venv:
    service: shop
    requirements: "{{ lookup('ansible.builtin.file', 'shop/requirements.txt') }}"
    packages: [shop]

- name: Stage the shop from a controller without network
  vigil.observability.staged_venv:
    service: shop
    version: 1.4.0
    requirements: "{{ lookup('ansible.builtin.file', 'requirements.txt') }}"
    packages: [dist/shop-1.4.0-py3-none-any.whl]
    wheels: bundle/wheels
"""

RETURN = r"""
path:
  description: Directory of the staged environment.
  returned: success
  type: str
  sample: /opt/vigil/shop/1.4.0-e811827af26d
version:
  description: Version of the service.
  returned: success
  type: str
  sample: 1.4.0
sha256:
  description: Digest of the lock, the packages and the Python version.
  returned: success
  type: str
downloaded:
  description: Always false, since the host does not download.
  returned: success
  type: bool
"""

from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._deployment.lock import (
    LOCK_OPTIONS,
    locked,
)
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.python_environment import (
    Interpreter,
    environment_release,
    finish,
)
from ansible_collections.vigil.observability.plugins.module_utils._staging.stage_release import outcome


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "service": {"type": "str", "required": True},
            "version": {"type": "str"},
            "requirements": {"type": "str", "required": True},
            "packages": {"type": "list", "elements": "path", "default": []},
            "wheels": {"type": "path"},
            "python": {"type": "path", "default": "/usr/bin/python3"},
            "releases_dir": {"type": "path", "default": "/opt/vigil"},
            "inputs_sha256": {"type": "str"},
            "transferred": {"type": "path"},
            "transferred_sha256": {"type": "str"},
            **LOCK_OPTIONS,
        },
        required_together=[("transferred", "transferred_sha256")],
        supports_check_mode=True,
    )

    try:
        interpreter = Interpreter.at(module.params["python"], module.run_command)
        release = environment_release(module.params, interpreter)

        def completed(environment: Path) -> None:
            finish(environment, release.path, interpreter, module.run_command)

        with locked(module, [release.service]):
            result = outcome(module, release, finish=completed)
        if "archive_needed" in result:
            result["archive_needed"] = asdict(interpreter)
        module.exit_json(**result)
    except OperatorError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
