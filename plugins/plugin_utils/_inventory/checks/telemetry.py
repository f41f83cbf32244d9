# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the inputs of the sample shop, one beside the other."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.host_inputs import HostInputs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.problem import Problem

__all__ = ["invalid_telemetry"]


def invalid_telemetry(host: HostInputs) -> Iterator[Problem]:
    """Yield a problem for customers that no unit is there for."""
    if "telemetry" not in host.services or not float(host.value("telemetry_load_rate", 0)):
        return
    units = host.value("telemetry_units")
    if units and not any(unit["process"] == "load" for unit in units.values()):
        rest = "has no unit for customers, but telemetry_load_rate is set: add shop-load: {process: load}."
        yield Problem("telemetry_units", host.name, rest)
