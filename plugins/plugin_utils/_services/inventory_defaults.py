# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory says of all services at once: the defaults of options that no role has to name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import release_of

__all__ = ["InventoryDefaults"]


class InventoryDefaults:
    """The variables of one task of one host."""

    def __init__(self, variables: Mapping[str, Any] | None, templar: Any) -> None:
        self._variables, self._templar = variables or {}, templar

    def _value(self, name: str) -> Any:
        return self._templar.template(self._variables[name]) if name in self._variables else None

    def lock_timeout(self) -> dict[str, Any]:
        """Return the option `lock_timeout`, nothing where the inventory does not say one."""
        seconds = self._value("vigil_lock_timeout")
        return {} if seconds is None else {"lock_timeout": seconds}

    def release(self, component: str, version: str | None) -> dict[str, Any]:
        """Return the release of the catalogue for this host as `release_of` does. Raises OperatorError."""
        architecture = (self._variables.get("ansible_facts") or {}).get("architecture")
        if architecture is None:
            raise OperatorError(
                f"The architecture of this host decides which archive of {component} it takes, and is not known: run "
                "host_preflight or ansible.builtin.setup first."
            )
        return release_of(
            component,
            version=version,
            architecture=str(architecture),
            mirror=self._value("vigil_mirror"),
            extra=self._value("vigil_catalogue_extra") or {},
        )
