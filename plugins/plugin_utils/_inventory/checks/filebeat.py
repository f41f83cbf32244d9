# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the inputs of Filebeat."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.filebeat import flat, input_problems
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem

__all__ = ["invalid_filebeat", "unreceived_logs"]

_WITH_FINGERPRINTS = [8, 10]
# Settings that inputs of the role make, with those inputs; a dot at the end stands for all below.
_OWN = {
    "filebeat.": "filebeat_inputs",
    "http.": "nothing, because alerts depend on it",
    "output.logstash.hosts": "the group logstash",
    "output.logstash.ssl.certificate": "filebeat_certificate_file",
    "output.logstash.ssl.certificate_authorities": "filebeat_authority_file",
    "output.logstash.ssl.key": "filebeat_key_file",
    "path.": "filebeat_data_dir",
}


def invalid_filebeat(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for each input of Filebeat that is of the right type and yet cannot be used."""
    if "filebeat" not in host.services:
        return
    version = str(host.value("filebeat_version", ""))
    if version and [int(number) for number in re.findall(r"\d+", version)[:2]] < _WITH_FINGERPRINTS:
        rest = f"is {version}, which knows files only by their inodes, and these are reused: use 8.10.0 or newer."
        yield Problem("filebeat_version", host.name, rest)
    inputs: Mapping[str, object] = host.value("filebeat_inputs", {})
    if not inputs and not host.is_missing("filebeat_inputs"):
        yield Problem("filebeat_inputs", host.name, "is empty: name the files and journals to ship.")
    for name, options in inputs.items():
        yield from (Problem(f"filebeat_inputs.{name}", host.name, wrong) for wrong in input_problems(options))
    for key in flat(host.value("filebeat_config", {})):
        for own, instead in _OWN.items():
            if key == own or (own.endswith(".") and key.startswith(own)):
                yield Problem(f"filebeat_config.{key}", host.name, f"belongs to the role: set {instead} instead.")


def unreceived_logs(hosts: Sequence[HostInputs]) -> Iterator[Problem]:
    """Yield a problem for each Filebeat whose lines no Logstash is there for."""
    if not any("logstash" in host.services for host in hosts):
        rest = "cannot be deployed, because the group logstash has no host: add one."
        yield from (Problem("filebeat", host.name, rest) for host in hosts if "filebeat" in host.services)
