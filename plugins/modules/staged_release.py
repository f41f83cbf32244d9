#!/usr/bin/python
# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: staged_release
short_description: Stage a verified release of a service beside existing ones
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Downloads or transfers the archive of a release to the host, verifies its pinned digest there, and unpacks it into a
    separate directory. Refuses an archive with absolute paths, C(..), links that point outside of it, or devices.
  - Never changes the running release; M(vigil.observability.active_service) switches to what was staged.
  - A staged release that was changed on the host is staged again. On failure, nothing is left behind.
  - An unchanged run downloads and writes nothing.
options:
  service:
    description: Name of the service.
    type: str
    required: true
  version:
    description: Version of the release. Defaults to the input of the service's role, otherwise to the catalogue's.
    type: str
  url:
    description:
      - URL of the archive for the host, a zip file or a tar file in any compression that its Python supports.
      - Proxies are taken from the environment of the task.
      - Without O(url) and O(file), the archive is taken from the catalogue, by O(service), O(version) and the
        architecture of the host, which M(vigil.observability.host_preflight) returns. The inventory variables
        C(vigil_catalogue_extra) and C(vigil_mirror) add releases and replace the server.
    type: str
  file:
    description: Archive on the controller. It is transferred only if the host needs it.
    type: path
  sha256:
    description: SHA-256 of the archive, in hexadecimal. This or O(sha512) is required with O(url) and O(file).
    type: str
  sha512:
    description: SHA-512 of the archive, in hexadecimal.
    type: str
  keep_top_level_directory:
    description: Whether to keep the top-level directory of the archive. By default, it is stripped.
    type: bool
    default: false
  releases_dir:
    description: Parent of the directories of releases, one per service.
    type: path
    default: /opt/vigil
  timeout:
    description: Seconds to wait for the server, per read.
    type: int
    default: 60
  transferred:
    description: Path of the transferred archive on the host. Set by the action plugin.
    type: path
  already_staged:
    description:
      - Digests, by directory, of the releases that M(vigil.observability.host_preflight) found unchanged in this run.
      - For one of these releases, the host is not contacted again.
    type: dict
    default: {}
extends_documentation_fragment: [vigil.observability.lock]
attributes:
  check_mode:
    description: Verifies the digest of a O(file) that is needed, but does not contact the server of an O(url).
    support: full
  diff_mode:
    description: Shows the release as found, with the names of changed files, and as staged.
    support: full
seealso:
  - module: vigil.observability.staged_config
  - module: vigil.observability.active_service
"""

EXAMPLES = r"""
- name: Stage the catalogue's default version of Prometheus
  vigil.observability.staged_release:
    service: prometheus

- name: Stage Prometheus
  vigil.observability.staged_release:
    service: prometheus
    version: 3.5.0
    url: https://github.com/prometheus/prometheus/releases/download/v3.5.0/prometheus-3.5.0.linux-amd64.tar.gz
    sha256: e811827af26d822afb09a4f28314f61b618b12cff5369835a67f674d8b46f39a
  register: prometheus_release

- name: Stage Prometheus on hosts that can only reach the controller
  vigil.observability.staged_release:
    service: prometheus
    version: 3.5.0
    file: archives/prometheus-3.5.0.linux-amd64.tar.gz
    sha256: e811827af26d822afb09a4f28314f61b618b12cff5369835a67f674d8b46f39a
"""

RETURN = r"""
path:
  description: Directory of the staged release.
  returned: success
  type: str
  sample: /opt/vigil/prometheus/3.5.0-e811827af26d
version:
  description: Version of the release.
  returned: success
  type: str
  sample: 3.5.0
sha256:
  description: Digest of the archive.
  returned: success, unless the digest is a SHA-512
  type: str
sha512:
  description: Digest of the archive.
  returned: success, when the digest is a SHA-512
  type: str
data_oldest_reader:
  description: Oldest release that can read the data that this release writes, if the catalogue defines one.
  returned: success, from the catalogue
  type: str
  sample: 2.55.0
downloaded:
  description: Whether this run downloaded the archive.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._deployment.lock import (
    LOCK_OPTIONS,
    locked,
)
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._staging.release import Release
from ansible_collections.vigil.observability.plugins.module_utils._staging.stage_release import outcome


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "service": {"type": "str", "required": True},
            "version": {"type": "str"},
            "url": {"type": "str"},
            "file": {"type": "path"},
            "sha256": {"type": "str"},
            "sha512": {"type": "str"},
            "keep_top_level_directory": {"type": "bool", "default": False},
            "releases_dir": {"type": "path", "default": "/opt/vigil"},
            "timeout": {"type": "int", "default": 60},
            "transferred": {"type": "path"},
            "already_staged": {"type": "dict", "default": {}},
            **LOCK_OPTIONS,
        },
        required_by={"url": ["version"], "file": ["version"]},
        mutually_exclusive=[("url", "file"), ("url", "transferred"), ("sha256", "sha512")],
        supports_check_mode=True,
    )
    try:
        release = Release.from_parameters(module.params)
        with locked(module, [release.service]):
            module.exit_json(**outcome(module, release, timeout=module.params["timeout"]))
    except OperatorError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
