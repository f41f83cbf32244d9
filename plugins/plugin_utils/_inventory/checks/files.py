# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the files of the host that configurations of an inventory name."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.located import located
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["unstaged_files"]

_NAMING = ("config", "scrape_configs", "remote_write", "remote_read", "flags")
_BROUGHT = ("certificate_file", "key_file", "authority_file")


def unstaged_files(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for each input that names a file of `/etc/<service>` which the role does not put there."""
    for service in host.services:
        secrets = host.value(f"{service}_secrets")
        if secrets is None and not host.is_missing(f"{service}_secrets"):
            continue
        own = services()[service]
        files = [*own.config_files, *(f"secrets/{name}" for name in (*own.secret_files, *(secrets or {})))]
        for name in (f"{service}_{part}" for part in _NAMING + _BROUGHT):
            try:
                located({name: plain(host.value(name))}, f"/etc/{service}", files)
            except OperatorError as error:
                yield Problem(name, host.name, f"cannot be used: {error}")
