# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Intervals between scrapes that a service has to itself."""

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.enumeration import listed
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.texts import unfit_duration
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services

__all__ = ["unfit_interval"]


def unfit_interval(service: str, interval: object) -> str | None:
    """Return why a service cannot be read at this interval, as the end of a message, None if it can."""
    known = sorted(name for name, one in services().items() if one.metrics)
    if service not in known:
        return f"belongs to no service that is read: {listed(known)} are."
    return unfit_duration(str(interval))
