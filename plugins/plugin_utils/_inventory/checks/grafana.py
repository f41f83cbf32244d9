# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with Grafana in an inventory: its key, settings beside their inputs, its dashboards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._api.secret_digest import PUBLIC_KEY
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.directory import dashboards_in
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem
from ansible_collections.vigil.observability.plugins.plugin_utils._secrets.password import SHORTEST

__all__ = ["PUBLIC", "invalid_grafana", "public_keys", "weak_key"]

PUBLIC = (
    "is Grafana's default secret_key, which everybody knows: set your own. What Grafana has "
    "encrypted with it until now (passwords of data sources) has to be entered again."
)
_OVER_TLS = ("https", "h2")


def public_keys(key: str, config: Mapping[str, Any]) -> list[str]:
    """Return the names of the inputs that give Grafana the key of every Grafana."""
    given = {
        "grafana_secret_key": key,
        "grafana_config.security.secret_key": _section(config, "security").get("secret_key"),
    }
    return [name for name, value in given.items() if value == PUBLIC_KEY]


def invalid_grafana(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for each input of Grafana that is of the right type and yet cannot be used."""
    if "grafana" not in host.services:
        return
    config = host.value("grafana_config", {})
    for name in public_keys(str(host.value("grafana_secret_key", "")), config):
        yield Problem(name, host.name, PUBLIC)
    server = _section(config, "server")
    if server.get("http_addr") not in (None, host.value("grafana_listen_address", "")):
        rest = "is set, but the playbooks connect to grafana_listen_address: set that instead."
        yield Problem("grafana_config.server.http_addr", host.name, rest)
    if (protocol := server.get("protocol", "https")) not in _OVER_TLS:
        rest = f"is {protocol}, but its health is checked over TLS, which it has to serve: remove it."
        yield Problem("grafana_config.server.protocol", host.name, rest)
    if directory := host.value("provision_dashboard_directory"):
        try:
            dashboards_in(str(directory), keep_unusable=True)
        except OperatorError as error:
            yield Problem("provision_dashboard_directory", host.name, f"cannot be used: {error}")


def weak_key(host: HostInputs) -> Iterator[Problem]:
    """Yield a warning for a key that is guessed sooner or later."""
    key = str(host.value("grafana_secret_key", "")) if "grafana" in host.services else ""
    if 0 < len(key.encode()) < SHORTEST:
        rest = f"has fewer than {SHORTEST} bytes and can be guessed: use a longer one for a new Grafana."
        yield Problem("grafana_secret_key", host.name, rest)


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = config.get(name)
    return section if isinstance(section, Mapping) else {}
