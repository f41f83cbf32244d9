# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with settings that products of Elastic take as keys with dots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem

__all__ = ["invalid_flat_settings"]


def invalid_flat_settings(host: HostInputs, name: str, own: Mapping[str, str], example: str) -> Iterator[Problem]:
    """Yield a problem for each setting of this input that the role makes, with what to set instead, or that is nested.

    `own` is {setting: input that makes it}; `example` is a setting, as it is to be written.
    """
    config: Mapping[str, object] = host.value(name, {})
    for key in (key for key in config if key in own):
        yield Problem(f"{name}.{key}", host.name, f"belongs to the role: set {own[key]} instead.")
    for key in (key for key, value in config.items() if isinstance(value, Mapping)):
        rest = f"is a mapping: write each setting as one key with dots, such as `{example}`."
        yield Problem(f"{name}.{key}", host.name, rest)
