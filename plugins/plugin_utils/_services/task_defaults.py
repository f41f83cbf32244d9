# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What options of a task are by default: inputs of its role, and what the inventory sets for all services at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import release_of

__all__ = ["TaskDefaults"]


class TaskDefaults:
    """The variables of one task of one host."""

    def __init__(self, variables: Mapping[str, Any] | None, templar: Any) -> None:
        self._variables, self._templar = variables or {}, templar

    def _value(self, name: str) -> Any:
        return self._templar.template(self._variables[name]) if name in self._variables else None

    def options(self, service: str, *names: str) -> dict[str, Any]:
        """Return those of the options that are inputs of the service's role, and how long a lock is waited for."""
        variables = {name: f"{service}_{name}" for name in names} | {"lock_timeout": "vigil_lock_timeout"}
        return {name: self._value(variable) for name, variable in variables.items() if variable in self._variables}

    def release(self, component: str, version: str | None) -> dict[str, Any]:
        """Return the release of the catalogue for this host as `release_of` does. Raises OperatorError."""
        architecture = (self._variables.get("ansible_facts") or {}).get("architecture")
        if architecture is None:
            raise OperatorError(
                f"Cannot choose the archive of {component}, because the architecture of this host is not known: run "
                "host_preflight or ansible.builtin.setup first."
            )
        return release_of(
            component,
            version=version,
            architecture=str(architecture),
            mirror=self._value("vigil_mirror"),
            extra=self._value("vigil_catalogue_extra") or {},
        )
